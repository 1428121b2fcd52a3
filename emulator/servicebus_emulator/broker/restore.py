"""Putting back what the store kept: the namespace as it was, before its journal is switched on.

It checks nothing and reports nothing to the journal, except `end_locks`, which is a separate event.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from servicebus_emulator.broker.entity import Entity
from servicebus_emulator.broker.message import Message, MessageState
from servicebus_emulator.broker.queue import Queue
from servicebus_emulator.broker.timers import HISTORY, SCHEDULED, TIME_TO_LIVE

if TYPE_CHECKING:
    from servicebus_emulator.broker.namespace import Namespace


def by_store_id(namespace: Namespace) -> dict[int, Entity]:
    """Every entity and sub-queue by the id its messages are stored under."""
    return {entity.store_id: entity for entity in namespace.entities.values()}


def restore_message(entity: Entity, message: Message, locked: bool) -> None:
    """Put a stored message back; an entity's messages are given in ascending sequence number.

    `locked`: it was locked when the emulator ended; see `end_locks`, which then decides where it goes.
    """
    number = message.sequence_number
    entity.messages[number] = message
    entity.stored_bytes += message.content.size_bytes
    if message.state is MessageState.SCHEDULED:
        entity.scheduled_count += 1
        entity.timers.add(cast(float, message.scheduled_s), SCHEDULED, number)
        return
    if message.state is MessageState.DEFERRED:
        entity.deferred_count += 1
        return
    if message.expires_s is not None:
        entity.timers.add(message.expires_s, TIME_TO_LIVE, number)
    if not locked and isinstance(entity, Queue):
        entity.dispatch.append(message)


def restore_session(queue: Queue, session_id: str, state: bytes, updated_s: float) -> None:
    """Put a session's state back."""
    if queue.sessions is not None:
        session = queue.sessions.session(session_id)
        session.state = state
        session.state_updated_s = updated_s


def restore_seen(entity: Entity, key: object, seen_s: float) -> None:
    """Put a record of duplicate detection back; records are given in ascending `seen_s`."""
    if entity.history is not None:
        entity.history.remember(key, seen_s)
        if not entity.history.armed:
            entity.history.armed = True
            entity.timers.add(seen_s + entity.history.window_s, HISTORY, 0)


def end_locks(entity: Queue, messages: list[Message], now_s: float) -> None:
    """Give back messages that were locked when the emulator ended.

    No receiver outlives the process, so each lock has ended without a settlement. The cloud counts that as a failed
    delivery ("delivery count is incremented when a message lock expires", dead-letter-queues and
    message-transfers-locks-settlement), and so does this: a message that brings everything down is dead-lettered in
    the end. Restarted session receivers are counted the same way, as when a session's lock expires
    (message-sessions).
    """
    for message in messages:
        entity.locks.give_back(message, now_s, counted=True)
