"""Where messages go that cannot stay: reasons of dead-lettering, and forwarding from one entity to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from servicebus_emulator.broker.entity_path import entity_key
from servicebus_emulator.broker.errors import BrokerError, EntityNotFound
from servicebus_emulator.broker.message import Content, Message

if TYPE_CHECKING:
    from servicebus_emulator.broker.entity import Entity
    from servicebus_emulator.broker.queue_core import QueueCore

REASON_PROPERTY = "DeadLetterReason"
DESCRIPTION_PROPERTY = "DeadLetterErrorDescription"
MAX_HOPS = 4  # learn.microsoft.com service-bus-auto-forwarding: more than four hops are dead-lettered

# (reason, description) of what the broker itself dead-letters; learn.microsoft.com service-bus-dead-letter-queues.
MAX_DELIVERY_COUNT_EXCEEDED = "MaxDeliveryCountExceeded"
TTL_EXPIRED = ("TTLExpiredException", "The message expired and was dead lettered.")
SESSION_ID_IS_NULL = (
    "Session id is null.",
    "Session enabled entity doesn't allow a message whose session identifier is null.",
)
HOPS_EXCEEDED = (
    "MaxTransferHopCountExceeded",
    "Maximum number of allowed hops between entities exceeded: a message passes through at most 4.",
)


def with_reason(content: Content, reason: object, description: object) -> Content:
    """The content with the two dead-letter properties, as far as given, in the types they were given in."""
    if reason is None and description is None:
        return content
    properties = dict(content.application_properties())
    if reason is not None:
        properties[REASON_PROPERTY] = reason
    if description is not None:
        properties[DESCRIPTION_PROPERTY] = description
    return content.with_application_properties(properties)


def without_reason(content: Content) -> Content:
    """The content as it was before it was dead-lettered."""
    properties = dict(content.application_properties())
    if REASON_PROPERTY not in properties and DESCRIPTION_PROPERTY not in properties:
        return content
    properties.pop(REASON_PROPERTY, None)
    properties.pop(DESCRIPTION_PROPERTY, None)
    return content.with_application_properties(properties)


def forward(
    source: Entity,
    destination_address: str,
    content: Content,
    now_s: float,
    hops: int,
    enqueued_number: int,
    dead_letter_source: str | None = None,
) -> tuple[str, str] | None:
    """Hand a message to another entity of the namespace; returns (reason, description) if it was refused."""
    if hops >= MAX_HOPS:
        return HOPS_EXCEEDED
    namespace = source.namespace
    destination = namespace.find(entity_key(destination_address))
    try:
        if destination is None:
            raise EntityNotFound(f"The destination '{destination_address}' does not exist.")
        destination.check_send((content,))
    except BrokerError as refusal:
        return type(refusal).__name__, refusal.description
    destination.accessed_s = now_s
    destination.accept(content, now_s, hops + 1, enqueued_number, dead_letter_source)
    destination.serve(now_s)
    return None


def bury(
    queue: QueueCore,
    content: Content,
    number: int,
    now_s: float,
    enqueued_s: float,
    enqueued_number: int,
    hops: int,
    reason: object,
    description: object,
    delivery_count: int = 0,
) -> None:
    """Put a content into a queue's dead-letter queue, or forward it where its dead letters are forwarded to.

    `number` is the sequence number it had or would have had in the queue, and keeps; `enqueued_number` the one of
    another entity that it came from, 0 when it was sent to this one.
    """
    tray = queue.dead_letter
    assert tray is not None  # noqa: S101 - the caller refused sub-queues
    destination = queue.description.forward_dead_lettered_messages_to
    if destination:
        marked = with_reason(content, reason, description)
        refusal = forward(queue, destination, marked, now_s, hops, enqueued_number or number, queue.path)
        if refusal is None:
            return
    if (
        number in tray.messages
    ):  # a data folder of an older version, which numbered dead letters by themselves
        number = queue.next_sequence_number()
    take_in(
        tray,
        content,
        number,
        now_s,
        enqueued_s,
        enqueued_number or number,
        delivery_count,
        reason,
        description,
    )


def take_in(
    tray: QueueCore,
    content: Content,
    number: int,
    now_s: float,
    enqueued_s: float,
    enqueued_number: int,
    delivery_count: int,
    reason: object,
    description: object,
) -> None:
    """A dead letter arrives in a sub-queue: sequence number and enqueued time kept, no time to live."""
    message = Message(
        with_reason(content, reason, description),
        number,
        enqueued_s,
        enqueued_sequence_number=enqueued_number,
        delivery_count=delivery_count,
    )
    tray.add_in_order(message)
    tray.line.put_back(message)  # an older message may die after a younger one
    tray.serve(now_s)
