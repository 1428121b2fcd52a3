"""What an entity refuses before it stores anything: status, sizes, keys that contradict each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from servicebus_emulator.broker.errors import (
    ArgumentError,
    ArgumentOutOfRange,
    BrokerError,
    EntityDisabled,
    MessageSizeExceeded,
    NotAllowed,
    QuotaExceeded,
)
from servicebus_emulator.broker.message import Content

if TYPE_CHECKING:
    from servicebus_emulator.broker.entity import Entity

MAX_ID_CHARACTERS = 128  # message id, session id (messages-payloads)


def check_batch(entity: Entity, contents: Sequence[Content]) -> None:
    """Raise EntityDisabled, MessageSizeExceeded, QuotaExceeded, ArgumentError, ArgumentOutOfRange."""
    description = entity.description
    if not description.status.can_send:
        raise EntityDisabled(
            f"Messaging entity '{entity.path}' is currently disabled: it has status {description.status.value} and "
            "takes no messages until it is Active."
        )
    limits = entity.namespace.limits
    if len(contents) > limits.max_batch_messages:
        raise BrokerError(
            "The service was unable to process the request; please retry the operation. A batch has at most "
            f"{limits.max_batch_messages} messages, this one has {len(contents)}: send it in parts."
        )
    if entity.history is not None and entity.is_partitioned:
        _check_partitions(entity, contents)
    max_bytes = max_message_bytes(entity)
    total = 0
    for content in contents:
        size = content.size_bytes
        total += size
        if max_bytes is not None and size > max_bytes:
            raise MessageSizeExceeded(
                f"The message has {size} bytes; '{entity.path}' takes at most {max_bytes} bytes. Nothing was stored."
            )
        key = content.partition_key
        if key is not None and content.session_id is not None and key != content.session_id:
            raise ArgumentError(
                f"The session id '{content.session_id}' and the partition key '{key}' differ; "
                "leave the partition key out or make them equal."
            )
    if limits.enforce_entity_size:
        _check_room(entity, total)
    if limits.max_property_bytes is not None:
        for content in contents:
            _check_properties(content, limits.max_property_bytes)


def _check_partitions(entity: Entity, contents: Sequence[Content]) -> None:
    """With duplicate detection each message needs its partition, and a batch has one (Azure/azure-service-bus#103)."""
    if len(contents) < 2:
        return  # the service gives a single message an id
    partitions = {entity.partition_of(content) for content in contents}
    if None in partitions:
        raise NotAllowed(
            "Message to a partitioned entity with duplicate detection enabled must have either PartitionKey or "
            f"MessageId: '{entity.path}' took none of the batch."
        )
    if len(partitions) > 1:
        raise NotAllowed(
            "Batching brokered messages with distinct SessionId, PartitionKey, or MessageId is not supported for an "
            f"entity with partitioning and duplicate detection enabled: '{entity.path}' took none of the batch."
        )


def max_message_bytes(entity: Entity) -> int | None:
    """The largest message an entity takes: its own setting when it has one, else the tier's; None for any size."""
    own_kilobytes: int | None = getattr(entity.description, "max_message_size_in_kilobytes", None)
    return own_kilobytes * 1024 if own_kilobytes else entity.namespace.limits.max_message_bytes


def _check_room(entity: Entity, more_bytes: int) -> None:
    maximum = entity.namespace.size_limit_bytes(entity.description)
    if maximum is not None and entity.size_bytes + more_bytes > maximum:
        kind = type(entity.description).__name__.removesuffix("Description")
        raise QuotaExceeded(
            f"The maximum entity size has been reached or exceeded for {kind}: '{entity.path}'. Size of entity in bytes:"
            f"{entity.size_bytes}, Max entity size in bytes: {maximum}. Receive some messages first."
        )


def _check_properties(content: Content, max_bytes: int) -> None:
    for name, value in (("message id", content.message_id), ("session id", content.session_id)):
        if isinstance(value, str) and len(value) > MAX_ID_CHARACTERS:
            raise ArgumentOutOfRange(
                f"The {name} has {len(value)} characters; at most {MAX_ID_CHARACTERS} are allowed."
            )
    size = sum(len(key) + len(str(value)) for key, value in content.application_properties().items())
    if size > max_bytes:
        raise MessageSizeExceeded(
            f"The application properties have about {size} bytes; at most {max_bytes} are allowed."
        )
