"""An HTTP request and an HTTP response as values: what the server and the administration exchange.

The server reads a request to its end (h11), calls ``respond`` of `servicebus_emulator.admin.routes`
and writes the answer. This module has no socket.
"""

from __future__ import annotations

import urllib.parse
from dataclasses import dataclass, field
from functools import cached_property

MAX_BODY_BYTES = 4 * 1024 * 1024
"""The server answers 413 to a longer body without reading it to its end."""

REASONS = {
    200: "OK",
    201: "Created",
    204: "No Content",
    304: "Not Modified",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    409: "Conflict",
    410: "Gone",
    412: "Precondition Failed",
    413: "Content Too Large",
    415: "Unsupported Media Type",
    431: "Request Header Fields Too Large",
    500: "Internal Server Error",
    501: "Not Implemented",
    503: "Service Unavailable",
}


@dataclass(frozen=True)
class Request:
    """A request read to its end. ``target`` is path and query, whichever form the client sent it in."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    secure: bool = False
    """Whether it arrived over TLS."""
    loopback: bool = True
    """Whether the peer is on this machine."""
    own_address: str = "127.0.0.1"
    """The address of ours that the peer has connected to."""

    @cached_property
    def _by_name(self) -> dict[str, str]:
        return {name.lower(): value for name, value in self.headers}

    def header(self, name: str, default: str = "") -> str:
        return self._by_name.get(name.lower(), default)

    @property
    def host(self) -> str:
        """The Host header, with its port."""
        return self.header("host")

    @cached_property
    def segments(self) -> tuple[str, ...]:
        """The path cut at its slashes, each piece percent-decoded, empty pieces left out."""
        path = self.target.partition("?")[0]
        return tuple(urllib.parse.unquote(piece) for piece in path.split("/") if piece)

    @cached_property
    def query(self) -> dict[str, str]:
        """The query's parameters, names in lower case, the last one of a name wins."""
        pairs = urllib.parse.parse_qsl(self.target.partition("?")[2], keep_blank_values=True)
        return {name.lower(): value for name, value in pairs}


@dataclass(frozen=True, slots=True)
class Response:
    """An answer. The server adds content-length and date."""

    status: int
    body: bytes = b""
    content_type: str = ""
    headers: tuple[tuple[str, str], ...] = field(default=())

    @property
    def reason(self) -> str:
        """The reason phrase of the status line."""
        return REASONS.get(self.status, "")

    def all_headers(self) -> tuple[tuple[str, str], ...]:
        """Every header to write except content-length, date and connection."""
        if not self.content_type:
            return self.headers
        return (("content-type", self.content_type), *self.headers)
