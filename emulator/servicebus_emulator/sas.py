"""Shared access signatures: who signed a token, for which address, until when, with which rights.

A token is ``SharedAccessSignature sr=<address>&sig=<signature>&se=<expiry>&skn=<rule>``. The signature
is HMAC-SHA256 over ``<address as written>\\n<expiry>`` with the key of the rule.
Source: learn.microsoft.com/azure/service-bus-messaging/service-bus-sas

Pure: the time is passed in. Both ways in use it: put-token on AMQP's ``$cbs`` node and the
``Authorization`` header of the administration over HTTP.
"""

from __future__ import annotations

import base64
import datetime
import hashlib
import hmac
import re
import urllib.parse
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import Enum

SCHEME = "SharedAccessSignature"
DEFAULT_RULE_NAME = "RootManageSharedAccessKey"
DEFAULT_KEY = "SAS_KEY_VALUE"
"""The official emulator's documented key. It is no secret: the emulator listens on loopback."""


class Right(Enum):
    """What a rule lets its holder do. Manage includes the other two, as in the cloud."""

    LISTEN = "Listen"
    SEND = "Send"
    MANAGE = "Manage"


ALL_RIGHTS = frozenset(Right)


@dataclass(frozen=True, slots=True)
class AccessRule:
    """A shared access authorization rule of a namespace (``scope`` is ``""``) or of one entity."""

    name: str
    key: str
    rights: frozenset[Right] = ALL_RIGHTS
    secondary_key: str = ""
    scope: str = ""

    def signing_keys(self) -> tuple[str, ...]:
        """Every key that signs for this rule, the primary one first."""
        return (self.key, self.secondary_key) if self.secondary_key else (self.key,)


DEFAULT_RULE = AccessRule(DEFAULT_RULE_NAME, DEFAULT_KEY)


class SasError(Exception):
    """A token was refused. The text is one line in the cloud's terms; put it into the 401 answer."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token taken apart and not checked yet. ``expires_s`` is seconds since the epoch."""

    audience: str
    audience_as_signed: str
    signature: str
    expires_s: int
    rule_name: str

    @property
    def host(self) -> str:
        """Host of the address, lower case, without port; empty when the address is a bare path."""
        return host_of(self.audience)

    @property
    def path(self) -> str:
        """Path of the address, lower case, without slashes at its ends; ``""`` is the namespace."""
        return path_of(self.audience)


@dataclass(frozen=True, slots=True)
class Grant:
    """What a verified token allows: these rights, at and below this path, until this time."""

    rule_name: str
    rights: frozenset[Right]
    path: str
    expires_s: float

    def allows(self, right: Right, address: str, now_s: float) -> bool:
        """Whether the token still gives ``right`` on the entity at ``address`` (path or full URI)."""
        return (
            now_s < self.expires_s
            and (right in self.rights or Right.MANAGE in self.rights)
            and covers(self.path, path_of(address))
        )


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The rules that may sign: those of the namespace and those of its entities."""

    rules: tuple[AccessRule, ...] = field(default=(DEFAULT_RULE,))

    def named(self, name: str, path: str) -> Iterable[AccessRule]:
        """The rules of that name that are set at ``path`` or above it, the nearest first."""
        found = [r for r in self.rules if r.name.lower() == name.lower() and covers(r.scope, path)]
        return sorted(found, key=lambda rule: -len(rule.scope))


def host_of(address: str) -> str:
    """Host of a URI such as ``amqp://host:5672/entity``, lower case; empty for a bare path."""
    if "://" not in address:
        return ""
    try:
        return (urllib.parse.urlsplit(address).hostname or "").lower()
    except ValueError:
        return ""


def path_of(address: str) -> str:
    """Path of a URI or a bare path: percent-decoded, lower case, no slashes at the ends.

    A management node belongs to its entity: ``queue/$management`` is ``queue`` (the JavaScript SDK signs for it).
    """
    if "://" in address:
        address = address.split("://", 1)[1].partition("/")[2]
    address = address.partition("?")[0]
    path = urllib.parse.unquote(address).strip("/").lower()
    return path.removesuffix("$management").rstrip("/")


def covers(scope: str, path: str) -> bool:
    """Whether ``path`` is ``scope`` or lies below it, on whole segments. The empty scope covers all."""
    scope, path = scope.strip("/").lower(), path.strip("/").lower()
    return not scope or path == scope or path.startswith(scope + "/")


def sign(audience_as_signed: str, expires_s: int, key: str) -> str:
    """The base64 signature over an address (already percent-encoded) and its expiry."""
    text = f"{audience_as_signed}\n{expires_s}".encode()
    return base64.b64encode(hmac.new(key.encode(), text, hashlib.sha256).digest()).decode()


def generate(audience: str, rule: AccessRule, expires_s: int) -> str:
    """A token for ``audience`` (a URI) signed with the rule's primary key."""
    encoded = urllib.parse.quote(audience, safe="")
    signature = urllib.parse.quote(sign(encoded, expires_s, rule.key), safe="")
    return (
        f"{SCHEME} sr={encoded}&sig={signature}&se={expires_s}&skn={urllib.parse.quote(rule.name, safe='')}"
    )


def parse(text: str) -> Token:
    """Take a token apart. Raises SasError when it is not one."""
    scheme, _, rest = text.strip().partition(" ")
    if scheme.lower() != SCHEME.lower():
        raise SasError(
            "MalformedToken: the token does not start with 'SharedAccessSignature '. "
            "Only shared access signatures are known here; Microsoft Entra tokens are not."
        )
    fields: dict[str, str] = {}
    for part in rest.strip().split("&"):
        name, separator, value = part.partition("=")
        if not separator or name in fields:
            raise SasError(f"MalformedToken: the part '{name}' of the token is broken or given twice.")
        fields[name] = value
    missing = [name for name in ("sr", "sig", "se", "skn") if not fields.get(name)]
    if missing:
        raise SasError(f"MalformedToken: the token lacks {', '.join(missing)}.")
    if not re.fullmatch(r"\d{1,18}", fields["se"], re.ASCII):
        raise SasError(f"MalformedToken: se='{fields['se'][:40]}' is no number of seconds since 1970.")
    expires_s = int(fields["se"])
    return Token(
        audience=urllib.parse.unquote_plus(fields["sr"]),
        audience_as_signed=fields["sr"],
        # '+' is a letter of base64, so only percent signs are undone
        signature=urllib.parse.unquote(fields["sig"]),
        expires_s=expires_s,
        rule_name=urllib.parse.unquote(fields["skn"]),
    )


def verify(text: str, audience: str, keys: KeyRing, now_s: float) -> Grant:
    """Check a token against the address that it is used for and return what it allows.

    ``audience`` is the address asked for: the ``name`` of put-token, or the URI of the HTTP request.
    The token's own address must be that address or lie above it, on the same host.
    Raises SasError: malformed, unknown rule, wrong key, expired, or made for another address.
    """
    asked_host = host_of(audience)
    token = _with_scheme(parse(text), asked_host)
    if asked_host and token.host and asked_host != token.host:
        raise SasError(
            f"InvalidAudience: the token was made for host '{token.host}', not for '{asked_host}'."
        )
    if not covers(token.path, path_of(audience)):
        raise SasError(
            f"InvalidAudience: the token was made for '{token.path}', which does not cover '{path_of(audience)}'."
        )
    rules = list(keys.named(token.rule_name, token.path))
    if not rules:
        raise SasError(f"InvalidSignature: no shared access rule is named '{token.rule_name}' here.")
    for rule in rules:
        if any(_signed_with(token, key) for key in rule.signing_keys()):
            break
    else:
        raise SasError("InvalidSignature: The token has an invalid signature.")
    if now_s >= token.expires_s:
        raise SasError(f"ExpiredToken: The token is expired. Expiration time: '{_moment(token.expires_s)}'.")
    return Grant(rule.name, rule.rights, token.path, float(token.expires_s))


def parsed_rule(
    name: str, rights: Iterable[str], key: str, secondary_key: str = "", scope: str = ""
) -> AccessRule:
    """A rule from the words of a configuration. Raises ValueError for an unknown right."""
    return AccessRule(name, key, frozenset(Right(word) for word in rights), secondary_key, scope)


def _moment(seconds: int) -> str:
    """A time in UTC as the service writes it into its texts."""
    try:
        return datetime.datetime.fromtimestamp(seconds, datetime.UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
    except (OverflowError, ValueError, OSError):
        return f"{seconds} s after 1970"


def _with_scheme(token: Token, asked_host: str) -> Token:
    """Understand an address that was signed without its scheme, such as ``host:5300/queue``.

    The JavaScript SDK signs so for forwarding; without a scheme only the requested host separates host from path.
    """
    if "://" in token.audience or not asked_host:
        return token
    named = f"sb://{token.audience}"
    return replace(token, audience=named) if host_of(named) == asked_host else token


def _signed_with(token: Token, key: str) -> bool:
    expected = sign(token.audience_as_signed, token.expires_s, key)
    return hmac.compare_digest(expected.encode(), token.signature.encode())
