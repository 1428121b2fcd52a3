"""The request target of HTTP/1.1 in its four forms, made into the one that the emulator works with.

Source: RFC 9112 section 3.2. Java's WebSocket client and every client behind a proxy send the absolute form.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_ABSOLUTE = re.compile(r"(?P<scheme>https?|wss?)://(?P<authority>[^/?#]*)(?P<rest>[^#]*)", re.IGNORECASE)
_AUTHORITY = re.compile(r"[^/?#@\s]+:\d{1,5}")


class BadTarget(ValueError):
    """The request line names nothing that can be answered; ``status`` is what HTTP answers it with."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


@dataclass(frozen=True, slots=True)
class RequestTarget:
    """What a request is for: ``origin`` (path and query, or ``*``), and the ``host`` it was sent to."""

    origin: str
    host: str


def read_target(method: str, raw: str, host_header: str) -> RequestTarget:
    """Take a request target apart.

    An absolute form replaces the Host header (3.2.2), ``*`` belongs to OPTIONS (3.2.4), the authority form to CONNECT
    (3.2.3). Raises BadTarget 501 for CONNECT, which only a proxy carries out, and 400 for what is none of the forms.
    """
    if method == "CONNECT":
        if not _AUTHORITY.fullmatch(raw):
            raise BadTarget(400, f"CONNECT takes host:port, not '{raw[:80]}'.")
        raise BadTarget(501, "The emulator is no proxy: send the request itself instead of CONNECT.")
    if raw == "*":
        if method != "OPTIONS":
            raise BadTarget(400, f"'*' is a target for OPTIONS only, not for {method}.")
        return RequestTarget(raw, host_header)
    if raw.startswith("/"):
        return RequestTarget(raw.partition("#")[0], host_header)
    found = _ABSOLUTE.fullmatch(raw.partition("#")[0])
    if found is None:
        raise BadTarget(
            400, f"'{raw[:80]}' is no request target: send a path such as /queue, or http://host/queue."
        )
    host = found["authority"].rpartition("@")[2]
    if not host:
        raise BadTarget(400, f"'{raw[:80]}' names no host.")
    rest = found["rest"]
    return RequestTarget(rest if rest.startswith("/") else f"/{rest}", host)
