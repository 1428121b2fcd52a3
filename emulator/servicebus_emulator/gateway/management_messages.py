"""Management operations on messages: locks, peek, schedule, deferred, settlement by token, batch delete."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from servicebus_emulator.amqp.message import EncodedMessage
from servicebus_emulator.amqp.types import Array, Int, Timestamp
from servicebus_emulator.broker.errors import ArgumentError, NotAllowed
from servicebus_emulator.broker.message import Content, Message, Outcome, ReceiveMode
from servicebus_emulator.broker.topic import Topic
from servicebus_emulator.gateway.annotations import annotated
from servicebus_emulator.gateway.management_request import Call

OUTCOMES = {
    "completed": Outcome.COMPLETE,
    "abandoned": Outcome.ABANDON,
    "defered": Outcome.DEFER,  # the wire's own spelling
    "deferred": Outcome.DEFER,
    "suspended": Outcome.DEAD_LETTER,
    "released": Outcome.RELEASE,
}
MAX_REPLY_BYTES = 4 * 1024 * 1024
"""A peek or deferred receive ends early rather than build a larger reply; clients ask on from the last number."""


def renew_locks(call: Call) -> dict[str, Any]:
    """renew-lock: new ends of the locks."""
    expirations = call.queue.renew_locks(call.arguments.lock_tokens(), call.now_s)
    return {"expirations": Array(Timestamp, [Timestamp(int(each * 1000)) for each in expirations])}


def peek(call: Call) -> dict[str, Any] | None:
    """peek-message: messages of any state from a sequence number upward."""
    arguments = call.arguments
    start, count = arguments.number("from-sequence-number"), arguments.number("message-count")
    if count < 1:
        raise ArgumentError(f"peek-message: message-count is {count}; ask for 1 or more.")
    count = min(count, 10_000)
    found: list[Message]
    if isinstance(call.entity, Topic):
        found = call.entity.peek(start, count, call.now_s)
    else:
        found = call.entity.peek(start, count, call.now_s, session_id=arguments.optional_text("session-id"))
    replies: list[dict[str, bytes]] = []
    size = 0
    for message in found:
        encoded = annotated(message, locked=False, now_s=call.now_s)
        size += len(encoded)
        if replies and size > MAX_REPLY_BYTES:
            break
        replies.append({"message": encoded})
    return {"messages": replies} if replies else None


def schedule(call: Call) -> dict[str, Any]:
    """schedule-message: returns the sequence numbers by which the messages can be cancelled."""
    contents: list[Content] = []
    for entry in call.arguments.items("messages", dict, "a list of maps"):
        encoded = entry.get("message")
        if not isinstance(encoded, bytes):
            raise ArgumentError("schedule-message: each entry needs a binary 'message'.")
        contents.append(EncodedMessage.arrived(encoded))
    entity = call.entity
    numbers = entity.schedule(contents, call.now_s, transaction=call.transaction)
    return {"sequence-numbers": Array(int, [int(number) for number in numbers])}


def cancel_scheduled(call: Call) -> dict[str, Any]:
    """cancel-scheduled-message: all or none."""
    call.entity.cancel_scheduled(call.arguments.sequence_numbers(), call.now_s, transaction=call.transaction)
    return {}


def receive_deferred(call: Call) -> dict[str, Any]:
    """receive-by-sequence-number: deferred messages, locked or, in settle mode 0, removed."""
    arguments = call.arguments
    # the protocol's ReceiverSettleMode here: 0 first is receive-and-delete, 1 second is peek-lock
    peek_lock = arguments.number("receiver-settle-mode", 1) == 1
    mode = ReceiveMode.PEEK_LOCK if peek_lock else ReceiveMode.RECEIVE_AND_DELETE
    found = call.session_queue.receive_deferred(
        arguments.sequence_numbers(),
        mode,
        call.now_s,
        session_id=arguments.optional_text("session-id"),
        receiver=call.receiver,
    )
    entries = []
    for message in found:
        entry: dict[str, Any] = {"message": annotated(message, locked=peek_lock, now_s=call.now_s)}
        token = message.lock_token
        entry["lock-token"] = UUID(bytes_le=token) if token is not None and peek_lock else UUID(int=0)
        entries.append(entry)
    return {"messages": entries}


def update_disposition(call: Call) -> dict[str, Any]:
    """update-disposition: settle by lock token, whoever received it."""
    arguments = call.arguments
    status = arguments.text("disposition-status")
    outcome = OUTCOMES.get(status.lower())
    if outcome is None:
        raise ArgumentError(f"update-disposition: '{status}' is none of {', '.join(OUTCOMES)}.")
    properties = arguments.optional("properties-to-modify")
    if properties is not None and not isinstance(properties, dict):
        raise ArgumentError("update-disposition: properties-to-modify must be a map.")
    call.session_queue.settle(
        outcome,
        arguments.lock_tokens(),
        call.now_s,
        reason=arguments.optional_text("deadletter-reason"),
        description=arguments.optional_text("deadletter-description"),
        properties={str(key): value for key, value in properties.items()} if properties else None,
        session_id=arguments.optional_text("session-id"),
        transaction=call.transaction,
    )
    return {}


def batch_delete(call: Call) -> dict[str, Any] | None:
    """batch-delete-messages: how many were deleted."""
    if call.transaction is not None:
        raise NotAllowed("batch-delete-messages takes no part in transactions.")
    arguments = call.arguments
    deleted = call.queue.batch_delete(
        arguments.number("message-count"),
        arguments.time_s("enqueued-time-utc"),
        call.now_s,
        session_id=arguments.optional_text("session-id"),
    )
    return {"message-count": Int(deleted)} if deleted else None
