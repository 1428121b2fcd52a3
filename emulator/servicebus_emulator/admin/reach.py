"""By which names the emulator may be asked over HTTP, and which web pages may ask.

A web page anywhere can make its reader's browser send requests to this machine, and can have its own name point here
(DNS rebinding). Neither gets an answer: the requested name must be one of ours, and a request that names its
page must be from a page of ours. A WebSocket begins with such a request.
"""

from __future__ import annotations

import ipaddress
import urllib.parse
from collections.abc import Iterable
from dataclasses import dataclass

from servicebus_emulator.admin.namespaces import hostname

NAMESPACE_ENDINGS = ("localhost", "servicebus.windows.net")
"""Under these a namespace has its own name: orders.localhost, orders.servicebus.windows.net."""
_DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}


@dataclass(frozen=True, slots=True)
class Reach:
    """What was allowed at the start, and the secret of the page."""

    hosts: frozenset[str] = frozenset()
    """Further host names, lower case: --host, --allow-host."""
    origins: frozenset[str] = frozenset()
    """Web pages of others that may ask, as `normal_origin` writes them: --allow-origin."""
    page_token: str = ""
    """What /api requires; empty for no requirement, because the default key is public."""

    def names(self, host: str, own_address: str, namespaces: Iterable[str]) -> bool:
        """Whether a Host header names this emulator: loopback, the address that the client connected to, a name that was given,
        a namespace's own name.
        """
        name = hostname(host)
        if not name:
            return False
        if name == "localhost" or name in self.hosts:
            return True
        try:
            address = ipaddress.ip_address(name)
        except ValueError:
            return any(
                name in (each, *(f"{each}.{ending}" for ending in NAMESPACE_ENDINGS)) for each in namespaces
            )
        return address.is_loopback or name == own_address

    def admits(self, origin: str, host: str, *, secure: bool) -> bool:
        """Whether a page of that Origin may ask: one that this very emulator has served, or one that was allowed."""
        normal = normal_origin(origin)
        if not normal:
            return False
        return normal == normal_origin(f"{'https' if secure else 'http'}://{host}") or normal in self.origins


LOOPBACK_ONLY = Reach()


def normal_origin(origin: str) -> str:
    """Scheme, host and port of an origin, in one form; empty for what is none ("null")."""
    try:
        parts = urllib.parse.urlsplit(origin.strip())
        port = parts.port or _DEFAULT_PORTS[parts.scheme.lower()]
        if not parts.hostname or parts.path.strip("/") or parts.query or parts.username:
            return ""
    except (ValueError, KeyError):
        return ""
    # a WebSocket client that is no browser names the scheme of its address
    scheme = {"ws": "http", "wss": "https"}.get(parts.scheme.lower(), parts.scheme.lower())
    return f"{scheme}://{parts.hostname.lower()}:{port}"
