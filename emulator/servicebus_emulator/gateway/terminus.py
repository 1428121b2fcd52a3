"""What a client requests of a source, a target or a coordinator, and what of it is in force (AMQP 1.0 3.5, 4.5.1).

An answer names only what is served: a client is to read it (3.5.3). What is not served but would change
what the client gets is refused by name.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from servicebus_emulator.amqp.errors import (
    INVALID_FIELD,
    NOT_ALLOWED,
    NOT_IMPLEMENTED,
    AmqpProtocolError,
)
from servicebus_emulator.amqp.performatives import Coordinator, Source, Target
from servicebus_emulator.amqp.types import Described, Symbol, ULong

Terminus = TypeVar("Terminus", Source, Target)

SESSION_FILTER = "com.microsoft:session-filter"
NON_EXCLUSIVE_FILTER = "com.microsoft:non-exclusive-session-filter"
_BY_DESCRIPTOR: dict[Any, str] = {
    ULong(0x137000000C): SESSION_FILTER,
    Symbol(SESSION_FILTER): SESSION_FILTER,
    ULong(0x137000000E): NON_EXCLUSIVE_FILTER,
    Symbol(f"{NON_EXCLUSIVE_FILTER}:list"): NON_EXCLUSIVE_FILTER,
}
_OUTCOMES = frozenset(f"amqp:{name}:list" for name in ("accepted", "rejected", "released", "modified"))
_EXPIRY_POLICIES = frozenset(("link-detach", "session-end", "connection-close", "never"))
_TRANSACTIONS = frozenset(("amqp:local-transactions", "amqp:multi-txns-per-ssn", "amqp:multi-ssns-per-txn"))
"""4.5.8: what the coordinator can do; distributed and promotable transactions it cannot."""


class AttachRefused(AmqpProtocolError):
    """An attach that makes no sense here."""

    condition = INVALID_FIELD


def source_in_force(source: Source) -> Source:
    """A source that the emulator sends from, without filters. Raises AmqpProtocolError for what is not served."""
    mode = source.distribution_mode
    if mode == "copy":
        raise AmqpProtocolError(
            "the distribution-mode copy is not supported: look at messages with com.microsoft:peek-message, "
            "or receive them with the mode move",
            NOT_IMPLEMENTED,
        )
    if mode not in (None, "move"):
        raise AttachRefused(f"the distribution-mode {mode} is not one of AMQP's (move, copy)")
    outcomes = source.outcomes
    if outcomes is not None:
        outcomes = tuple(each for each in outcomes if each in _OUTCOMES)
        if source.outcomes and not outcomes:
            asked = ", ".join(source.outcomes)
            raise AmqpProtocolError(f"none of the outcomes {asked} can be settled with", NOT_IMPLEMENTED)
    # A default-outcome would also be for the deliveries of a link that goes away: here their locks go on.
    return dataclasses.replace(in_force(source), filter=None, default_outcome=None, outcomes=outcomes)


def in_force(terminus: Terminus) -> Terminus:
    """What sources and targets have in common: they end with their link, and have no extra capability.

    Raises AttachRefused for a value that AMQP does not know.
    """
    if terminus.durable > 2:
        raise AttachRefused(f"the terminus-durability {terminus.durable} is not one of AMQP's (0 to 2)")
    if terminus.expiry_policy not in _EXPIRY_POLICIES:
        raise AttachRefused(f"the expiry-policy {terminus.expiry_policy} is not one of AMQP's")
    return dataclasses.replace(
        terminus,
        durable=0,
        expiry_policy="session-end" if terminus.expiry_policy == "session-end" else "link-detach",
        timeout=0,
        dynamic_node_properties=None,
        capabilities=None,
    )


def coordinator_in_force(coordinator: Coordinator) -> Coordinator:
    """A coordinator with those of the capabilities asked for that it has."""
    asked = coordinator.capabilities
    return Coordinator(None if asked is None else tuple(each for each in asked if each in _TRANSACTIONS))


@dataclass(frozen=True, slots=True)
class SessionFilter:
    """Which session a receiver requests. `key` and `descriptor` are those of the filter as received.

    `session_id` None is the next available one. A lock that is not `exclusive` can be taken over with its token.
    """

    key: Any
    descriptor: Any
    session_id: str | None
    exclusive: bool = True
    lock_token: UUID | None = None

    def answer(self, session_id: str, lock_token: UUID | None) -> dict[Any, Any]:
        """The filter set of the attach's answer: the same filter with the session that was locked."""
        value: Any = session_id if self.exclusive else [session_id, lock_token]
        return {self.key: value if self.descriptor is None else Described(self.descriptor, value)}


def session_filter(link_name: str, source: Source, *, non_exclusive: bool) -> SessionFilter | None:
    """The session that a source's filters ask for, None when they ask for none.

    `non_exclusive`: whether the namespace has non-exclusive sessions. Raises AmqpProtocolError for a filter of another
    kind: with its messages unfiltered a receiver would get what it did not ask for. A null filter is no filter
    (3.5.8), except the session filter, where it is the service's sign for any session.
    """
    found: SessionFilter | None = None
    for key, value in (source.filter or {}).items():
        descriptor = value.descriptor if type(value) is Described else None
        inner = value.value if type(value) is Described else value
        name = key.decode("ascii", "replace") if isinstance(key, bytes) else str(key)
        kind = _BY_DESCRIPTOR.get(descriptor, name)
        if kind == SESSION_FILTER:
            wanted = SessionFilter(key, descriptor, _session_id(inner))
        elif kind == NON_EXCLUSIVE_FILTER and non_exclusive:
            wanted = _non_exclusive(key, descriptor, inner)
        elif value is None:
            continue
        else:
            # The service's own sentence; the .NET SDK looks for its end behind the last quote mark.
            tail = "in this tier" if kind == NON_EXCLUSIVE_FILTER else "here"
            asked = kind.replace("'", "").replace('"', "")
            raise AmqpProtocolError(
                f"The link '{link_name}' contains invalid filter type. There is no filter {asked} {tail}; there is "
                f"{SESSION_FILTER}" + (f" and {NON_EXCLUSIVE_FILTER}." if non_exclusive else "."),
                NOT_ALLOWED,
            )
        if found is not None:
            raise AttachRefused("the source has two filters that ask for a session: use one")
        found = wanted
    return found


def _session_id(value: Any) -> str | None:
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if value is not None and not isinstance(value, str):
        raise AttachRefused("the session filter is neither a string nor null")
    return value


def _non_exclusive(key: Any, descriptor: Any, fields: Any) -> SessionFilter:
    if descriptor is None or type(fields) is not list or len(fields) > 2:
        raise AttachRefused(
            "the non-exclusive session filter is no described list of session id and lock token"
        )
    session_id, token = (*fields, None, None)[:2]
    if token is not None and not isinstance(token, UUID):
        raise AttachRefused("the lock token of the non-exclusive session filter is no uuid")
    if token is not None and session_id is None:
        raise AttachRefused("a lock token takes over one session: name it beside the token")
    return SessionFilter(key, descriptor, _session_id(session_id), False, token)
