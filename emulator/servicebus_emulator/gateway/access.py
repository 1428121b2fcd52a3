"""What a connection may do: the tokens it has put, and what PLAIN gave it."""

from __future__ import annotations

import hmac
from collections.abc import Callable

from servicebus_emulator.sas import Grant, KeyRing, Right, path_of, verify

MAX_GRANTS = 10_000
"""Most tokens that one connection may hold: limits the memory of a client that puts token after token."""


class Access:
    """The rights of one connection."""

    def __init__(self, ring: Callable[[], KeyRing], *, authorize: bool) -> None:
        self._ring = ring
        self._authorize = authorize
        self._grants: dict[str, Grant] = {}
        self._everywhere: Grant | None = None

    def put_token(self, token: str, audience: str, now_s: float) -> None:
        """Verify a shared access signature and keep what it grants. Raises SasError."""
        if not self._authorize:
            return
        grant = verify(token, audience, self._ring(), now_s)
        path = path_of(audience)
        if path not in self._grants and len(self._grants) >= MAX_GRANTS:
            self._grants = {key: each for key, each in self._grants.items() if each.expires_s > now_s}
        if len(self._grants) < MAX_GRANTS or path in self._grants:
            self._grants[path] = grant

    def plain(self, response: bytes | None) -> bool:
        """SASL PLAIN (RFC 4616): user is a rule's name, password its key. Returns whether they match."""
        if not self._authorize:
            return True
        parts = (response or b"").split(b"\0")
        if len(parts) != 3:
            return False
        try:
            name, password = parts[1].decode(), parts[2]
        except UnicodeDecodeError:
            return False
        for rule in self._ring().rules:
            if rule.name == name and any(
                hmac.compare_digest(key.encode(), password) for key in rule.signing_keys()
            ):
                self._everywhere = Grant(rule.name, rule.rights, path_of(rule.scope), float("inf"))
                return True
        return False

    def allows(self, right: Right | None, path: str | None, now_s: float) -> bool:
        """Whether `right` (None: any right at all) is granted on the entity at `path` (None: anywhere) right now."""
        if not self._authorize:
            return True
        if path is None:
            everywhere = self._everywhere is not None
            return everywhere or any(grant.expires_s > now_s for grant in self._grants.values())
        rights = (right,) if right is not None else tuple(Right)
        path = path.lower()
        exact = self._grants.get(path)
        if exact is not None and any(exact.allows(each, path, now_s) for each in rights):
            return True
        grants = list(self._grants.values())
        if self._everywhere is not None:
            grants.append(self._everywhere)
        return any(grant.allows(each, path, now_s) for grant in grants for each in rights)

    @property
    def first_expiry_s(self) -> float | None:
        """When the first token expires."""
        return min((grant.expires_s for grant in self._grants.values()), default=None)
