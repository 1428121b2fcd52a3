"""What an administration address names, and the context one request is carried out in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from servicebus_emulator.admin import atom
from servicebus_emulator.admin.atom import BadRequest
from servicebus_emulator.admin.host import Host, HostedNamespace
from servicebus_emulator.admin.http import Request


@dataclass(frozen=True, slots=True)
class Target:
    """What an address names. ``subscription`` and ``rule`` are None above their level, "" for their list."""

    entity: str
    subscription: str | None = None
    rule: str | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """One request with what it is carried out upon."""

    request: Request
    host: Host
    hosted: HostedNamespace
    now_s: float
    api_version: str

    def href(self, path: str) -> str:
        """The full address of an entity, as clients cut its name out of it."""
        return f"https://{self.request.host}/{atom.path_quote(path)}?api-version={self.api_version}"


def target_of(segments: Sequence[str]) -> Target:
    """Take an address apart. Entity names may hold slashes, raw or percent-encoded. Raises BadRequest."""
    lowered = [segment.lower() for segment in segments]
    for at, segment in enumerate(lowered):
        if segment.startswith("$") and not (segment == "$default" and lowered[at - 1] == "rules"):
            raise BadRequest(
                f"'/{'/'.join(segments)}' is a part of an entity ({segments[at]}): the administration has queues, "
                "topics, subscriptions and rules only. Read its counts in the entity's own properties."
            )
    if "subscriptions" not in lowered[1:]:
        return Target("/".join(segments))
    at = lowered.index("subscriptions", 1)
    topic, rest = "/".join(segments[:at]), segments[at + 1 :]
    if not rest:
        return Target(topic, "")
    if len(rest) == 1:
        return Target(topic, rest[0])
    if rest[1].lower() == "rules" and len(rest) <= 3:
        return Target(topic, rest[0], rest[2] if len(rest) == 3 else "")
    raise BadRequest(
        f"'/{'/'.join(segments)}' names no entity: after a subscription only /rules/name may follow."
    )
