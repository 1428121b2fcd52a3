"""TLS without a socket: ciphertext in, plain bytes out, and back (ssl.MemoryBIO)."""

from __future__ import annotations

import contextlib
import ssl

CHUNK_BYTES = 65_536


class TlsLayer:
    """The server's side of one TLS connection."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._shaken = False
        self._early: list[bytes] = []

    def receive(self, data: bytes) -> bytes:
        """Ciphertext from the client; returns the plain bytes it held. Raises ssl.SSLError, which ends the connection."""
        self._incoming.write(data)
        if not self._shaken:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                return b""
            self._shaken = True
            for each in self._early:
                self._tls.write(each)
            self._early.clear()
        plain = []
        with contextlib.suppress(ssl.SSLWantReadError, ssl.SSLZeroReturnError):
            while chunk := self._tls.read(CHUNK_BYTES):
                plain.append(chunk)
        return b"".join(plain)

    def send(self, data: bytes) -> None:
        """Plain bytes for the client; fetch the ciphertext with `take`."""
        if not data:
            return
        if self._shaken:
            self._tls.write(data)
        else:
            self._early.append(data)

    def take(self) -> bytes:
        """Ciphertext to write."""
        return self._outgoing.read()
