"""What must survive a crash, as plain values to compare."""

from __future__ import annotations

from servicebus_emulator.broker.entity import Entity
from servicebus_emulator.broker.message import Message
from servicebus_emulator.broker.namespace import Namespace
from servicebus_emulator.broker.queue import Queue
from servicebus_emulator.broker.subscription import Subscription

Picture = dict[str, object]


def picture(namespace: Namespace, after_crash: bool = False) -> Picture:
    """Everything of a namespace that is durable. `after_crash`: as it must be found again, locks ended and counted."""
    return {entity.path: _entity(entity, after_crash) for entity in namespace.entities.values()}


def _entity(entity: Entity, after_crash: bool) -> Picture:
    found: Picture = {
        "description": entity.description,
        "last": entity.last_sequence_number,
        "messages": [
            _message(message, after_crash, entity) for _, message in sorted(entity.messages.items())
        ],
        "bytes": entity.stored_bytes,
        "counts": (entity.deferred_count, entity.scheduled_count),
    }
    if entity.history is not None:
        found["seen"] = sorted((str(key), seen_s) for key, seen_s in entity.history._seen.items())
    if isinstance(entity, Subscription):
        found["rules"] = entity.rules()
    if isinstance(entity, Queue) and entity.sessions is not None:
        found["sessions"] = {
            session.session_id: (session.state, session.state_updated_s)
            for session in entity.sessions.sessions.values()
            if session.state is not None
        }
    return found


def _message(message: Message, after_crash: bool, entity: Entity) -> tuple[object, ...]:
    locked = message.lock_token is not None
    counted = locked and after_crash and not (isinstance(entity, Queue) and entity.is_sub_queue)
    return (
        message.sequence_number,
        message.origin_number,
        message.enqueued_s,
        message.expires_s,
        message.scheduled_s,
        message.state,
        message.delivery_count + counted,
        False if after_crash else locked,
        message.dead_letter_source,
        message.hops,
        message.content,
    )
