"""The services of the stack, one file each: how to install, configure, start, probe and empty it."""
