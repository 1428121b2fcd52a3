"""The states of a message and every way from one to the next, as one table. docs/states.md is drawn from it.

The table describes a queue, a subscription, or the dead-letter queue of one. tests/broker/test_message_states.py brings a
message into each state, applies the cause of each row, and compares the result with the row; every other pair is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class State(Enum):
    """Where a message is. The first four are in its queue; their annotation x-opt-message-state is in parentheses."""

    SCHEDULED = "scheduled"  # (2)
    ACTIVE = "active"  # (0)
    LOCKED = "locked"  # (0, with a lock token)
    DEFERRED = "deferred"  # (1)
    DEFERRED_LOCKED = "deferred and locked"  # (1, with a lock token)
    DEAD_LETTERED = "dead-lettered"  # an active message of the dead-letter queue
    REMOVED = "removed"


class Cause(Enum):
    """What happens to it."""

    FALLS_DUE = "its enqueue time is reached"
    CANCEL = "cancel-scheduled-message"
    RECEIVE = "received in peek-lock mode"
    RECEIVE_AND_DELETE = "received in receive-and-delete mode"
    RECEIVE_DEFERRED = "received by sequence number in peek-lock mode"
    RECEIVE_DEFERRED_AND_DELETE = "received by sequence number in receive-and-delete mode"
    COMPLETE = "complete"
    ABANDON = "abandon"
    ABANDON_LAST = "abandon, with the delivery count at its maximum"
    RELEASE = "release"
    DEFER = "defer"
    DEAD_LETTER = "dead-letter"
    LOCK_EXPIRES = "the lock expires"
    LOCK_EXPIRES_LAST = "the lock expires, with the delivery count at its maximum"
    TIME_TO_LIVE_ENDS = "its time to live ends"


@dataclass(frozen=True, slots=True)
class Transition:
    """From `before` to `after`; `note` is what else changes."""

    before: State
    cause: Cause
    after: State
    note: str = ""


_COUNTED = "delivery count + 1"
TRANSITIONS: tuple[Transition, ...] = (
    Transition(State.SCHEDULED, Cause.FALLS_DUE, State.ACTIVE, "new sequence number"),
    Transition(State.SCHEDULED, Cause.CANCEL, State.REMOVED),
    Transition(State.ACTIVE, Cause.RECEIVE, State.LOCKED),
    Transition(State.ACTIVE, Cause.RECEIVE_AND_DELETE, State.REMOVED),
    Transition(
        State.ACTIVE,
        Cause.TIME_TO_LIVE_ENDS,
        State.DEAD_LETTERED,
        "removed where the entity does not ask for it",
    ),
    Transition(State.LOCKED, Cause.COMPLETE, State.REMOVED),
    Transition(State.LOCKED, Cause.ABANDON, State.ACTIVE, _COUNTED),
    Transition(State.LOCKED, Cause.ABANDON_LAST, State.DEAD_LETTERED, _COUNTED),
    Transition(State.LOCKED, Cause.RELEASE, State.ACTIVE),
    Transition(State.LOCKED, Cause.DEFER, State.DEFERRED),
    Transition(State.LOCKED, Cause.DEAD_LETTER, State.DEAD_LETTERED),
    Transition(State.LOCKED, Cause.LOCK_EXPIRES, State.ACTIVE, _COUNTED),
    Transition(State.LOCKED, Cause.LOCK_EXPIRES_LAST, State.DEAD_LETTERED, _COUNTED),
    Transition(State.DEFERRED, Cause.RECEIVE_DEFERRED, State.DEFERRED_LOCKED),
    Transition(State.DEFERRED, Cause.RECEIVE_DEFERRED_AND_DELETE, State.REMOVED),
    Transition(State.DEFERRED_LOCKED, Cause.COMPLETE, State.REMOVED),
    Transition(State.DEFERRED_LOCKED, Cause.ABANDON, State.DEFERRED, _COUNTED),
    Transition(State.DEFERRED_LOCKED, Cause.ABANDON_LAST, State.DEAD_LETTERED, _COUNTED),
    Transition(State.DEFERRED_LOCKED, Cause.RELEASE, State.DEFERRED),
    Transition(State.DEFERRED_LOCKED, Cause.DEFER, State.DEFERRED),
    Transition(State.DEFERRED_LOCKED, Cause.DEAD_LETTER, State.DEAD_LETTERED),
    Transition(State.DEFERRED_LOCKED, Cause.LOCK_EXPIRES, State.DEFERRED, _COUNTED),
    Transition(State.DEFERRED_LOCKED, Cause.LOCK_EXPIRES_LAST, State.DEAD_LETTERED, _COUNTED),
)
"""Every transition; each (before, cause) once."""
