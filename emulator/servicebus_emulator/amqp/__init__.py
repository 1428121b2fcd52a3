"""AMQP 1.0 without input or output: codec, performatives, and connection, session and link state machines.

The shape is h11's: bytes in, events out, bytes to send. This package has no socket, no clock and no broker.
Sections named in comments are those of the OASIS standard "AMQP Version 1.0" (29 October 2012), part 1 (types),
2 (transport), 3 (messaging), 4 (transactions) and 5 (security).
"""
