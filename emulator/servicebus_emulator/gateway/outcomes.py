"""What a receiver's outcome means to the broker (AMQP protocol guide, and what the SDKs send)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from servicebus_emulator.amqp.errors import NOT_IMPLEMENTED, AmqpProtocolError
from servicebus_emulator.amqp.performatives import Accepted, AmqpError, Modified, Rejected, Released
from servicebus_emulator.broker.dead_letter import DESCRIPTION_PROPERTY, REASON_PROPERTY
from servicebus_emulator.broker.message import Outcome

DEAD_LETTER = "com.microsoft:dead-letter"


@dataclass(frozen=True, slots=True)
class Settlement:
    """An outcome with what goes along with it."""

    outcome: Outcome
    reason: str | None = None
    description: str | None = None
    properties: Mapping[str, object] | None = None


_COMPLETE = Settlement(Outcome.COMPLETE)
_RELEASE = Settlement(Outcome.RELEASE)


def settlement_of(state: Any) -> Settlement:
    """The broker's words for a delivery state. Raises AmqpProtocolError for a state that settles nothing.

    Modified with undeliverable-here defers, any other modified abandons; rejected dead-letters. A delivery settled
    without a state was taken by the receiver (3.4: settled means it is done with it).
    """
    kind = type(state)
    if kind is Accepted or state is None:
        return _COMPLETE
    if kind is Released:
        return _RELEASE
    if kind is Modified:
        outcome = Outcome.DEFER if state.undeliverable_here else Outcome.ABANDON
        return Settlement(outcome, properties=_texts(state.message_annotations))
    if kind is Rejected:
        return _dead_letter(state.error)
    raise AmqpProtocolError(f"the state {kind.__name__} does not settle a delivery", NOT_IMPLEMENTED)


def _dead_letter(error: Any) -> Settlement:
    if not isinstance(error, AmqpError):
        return Settlement(Outcome.DEAD_LETTER)  # .NET without a reason
    info = dict(_texts(error.info) or {})
    reason, description = _taken_text(info, REASON_PROPERTY), _taken_text(info, DESCRIPTION_PROPERTY)
    if error.condition != DEAD_LETTER:  # a plain AMQP client that rejects
        if reason is None and REASON_PROPERTY not in info:
            reason = error.condition
        if description is None and DESCRIPTION_PROPERTY not in info:
            description = error.description
    return Settlement(Outcome.DEAD_LETTER, reason, description, info or None)


def _taken_text(info: dict[str, object], name: str) -> str | None:
    """A text taken out of the map; a value of another type stays there, to be a property of its type."""
    value = info.get(name)
    if value is not None and not isinstance(value, str):
        return None
    info.pop(name, None)
    return None if value is None else str(value)


def _texts(values: dict[Any, Any] | None) -> dict[str, object] | None:
    return {str(key): value for key, value in values.items()} if values else None
