"""Sockets: listening, reading, writing, TLS, HTTP and WebSocket around them. The only clock is in `server.py`."""
