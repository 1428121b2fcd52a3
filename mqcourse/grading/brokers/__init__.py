"""What the labs' checks share, broker by broker: a connection of the check's own, and the traffic on the answer's."""
