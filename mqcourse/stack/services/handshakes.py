"""The first bytes of each protocol: enough to see that a server answers, without its client library."""

import contextlib
import http.client
import socket
import struct

AMQP_SASL_HEADER = b"AMQP\x03\x01\x00\x00"
API_VERSIONS = 18
SSL_REQUEST = struct.pack(">ii", 8, 80877103)


def answers_amqp_1_0(port: int, timeout_s: float) -> bool:
    """An AMQP 1.0 server answers the SASL header with the same header."""
    return _exchange(port, AMQP_SASL_HEADER, 8, timeout_s)[:4] == b"AMQP"


def answers_kafka(port: int, timeout_s: float) -> bool:
    """Kafka answers an ApiVersions request (version 0, no body) with the request's correlation id and no error."""
    client = b"mq-status"
    request = struct.pack(">hhih", API_VERSIONS, 0, 7, len(client)) + client
    reply = _exchange(port, struct.pack(">i", len(request)) + request, 10, timeout_s)
    return len(reply) == 10 and struct.unpack(">ih", reply[4:10]) == (7, 0)


def answers_postgresql(port: int, timeout_s: float) -> bool:
    """PostgreSQL answers a request for TLS with one byte: S or N."""
    return _exchange(port, SSL_REQUEST, 1, timeout_s) in (b"S", b"N")


def answers_http(port: int, path: str, timeout_s: float) -> bool:
    """An HTTP server answers without a server error."""
    status = http_status(port, path, timeout_s)
    return status is not None and status < 500


def http_status(port: int, path: str, timeout_s: float) -> int | None:
    """The status of a GET, or None when nothing speaks HTTP there."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout_s)
    with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException):
        connection.request("GET", path, headers={"Connection": "close"})
        return connection.getresponse().status
    return None


def _exchange(port: int, request: bytes, reply_bytes: int, timeout_s: float) -> bytes:
    with (
        contextlib.suppress(OSError),
        socket.create_connection(("127.0.0.1", port), timeout=timeout_s) as connection,
    ):
        connection.sendall(request)
        reply = b""
        while len(reply) < reply_bytes and (more := connection.recv(reply_bytes - len(reply))):
            reply += more
        return reply
    return b""
