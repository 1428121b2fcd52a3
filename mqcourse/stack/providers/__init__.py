"""The ways of running a service: a process here, a container, or a broker of elsewhere."""
