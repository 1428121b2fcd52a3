"""The thin client leaves nothing behind when a connection does not come about."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from servicebus_emulator.client import AmqpClient, ClientError

KEY = "SharedAccessKeyName=n;SharedAccessKey=a2V5"


@contextmanager
def server(answer: bytes) -> Iterator[tuple[int, list[bytes]]]:
    """One connection: reads, writes `answer`, then reads until the client closes; what came last is kept."""
    ends: list[bytes] = []

    def serve() -> None:
        connection, _ = listening.accept()
        with connection:
            connection.recv(4096)
            connection.sendall(answer)
            if not answer:
                connection.shutdown(socket.SHUT_WR)
            connection.settimeout(30)
            while received := connection.recv(4096):
                ends.append(received)
            ends.append(b"")

    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        thread = threading.Thread(target=serve)
        thread.start()
        yield listening.getsockname()[1], ends
        thread.join(30)


@pytest.mark.parametrize(
    ("answer", "tls"),
    [
        (b"", False),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", False),
        (b"AMQP\x03\x01\x00\x00", False),
        (b"", True),
    ],
)
def test_a_handshake_that_fails_closes_its_socket(answer: bytes, tls: bool) -> None:
    """ResourceWarning is an error in this suite; the server sees the end of the connection besides."""
    with server(answer) as (port, ends):
        development = "" if tls else ";UseDevelopmentEmulator=true"
        with pytest.raises((ClientError, OSError)):
            AmqpClient(f"Endpoint=sb://127.0.0.1:{port}/;{KEY}{development}", timeout_s=1)
    assert ends[-1] == b""
