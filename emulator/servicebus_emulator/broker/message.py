"""A message: `Content` is what the sender sent (opaque here), `Message` is one stored copy with its broker state."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, IntEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from servicebus_emulator.broker.receiver import Receiver
    from servicebus_emulator.broker.transaction import Transaction


class Content(Protocol):
    """The message as sent. Immutable: changes make a new one, so copies in many subscriptions may share it."""

    @property
    def encoded(self) -> bytes:
        """The bytes the store keeps; its decoder (see `store`) turns them back into a Content."""

    @property
    def size_bytes(self) -> int:
        """Size counted against message and entity limits."""

    @property
    def message_id(self) -> object | None:
        """properties.message-id in its AMQP type (usually str); key of duplicate detection; must be hashable."""

    @property
    def session_id(self) -> str | None:
        """properties.group-id."""

    @property
    def partition_key(self) -> str | None:
        """Annotation x-opt-partition-key."""

    @property
    def time_to_live_s(self) -> float | None:
        """header.ttl in seconds, None when the sender gave none."""

    @property
    def scheduled_enqueue_s(self) -> float | None:
        """Annotation x-opt-scheduled-enqueue-time as seconds since the epoch, None when absent."""

    def system_property(self, name: str) -> object | None:
        """A property of the message itself for `sys.NAME` of a filter, None when the sender left it out.

        `name` is one of the keys of `SYSTEM_PROPERTIES` (lower case).
        """

    def application_properties(self) -> Mapping[str, object]:
        """The sender's own properties, decoded when first asked for."""

    def comparable_properties(self) -> Mapping[str, object]:
        """The sender's own properties as a filter compares them: moments as datetime, spans as timedelta."""

    def with_application_properties(self, properties: Mapping[str, object]) -> Content:
        """A new content whose application properties are exactly `properties`."""

    def with_system_properties(self, changes: Mapping[str, object | None]) -> Content:
        """A new content with some of `SYSTEM_PROPERTIES` set (lower-case names; None removes)."""


# Names a filter may use after `sys.` and `Content.system_property` must answer, lower case -> field of the message.
# Source: learn.microsoft.com, service-bus-messaging-sql-filter (the names), topic-filters (correlation filter).
SYSTEM_PROPERTIES: dict[str, str] = {
    "contenttype": "properties.content-type",
    "correlationid": "properties.correlation-id",
    "label": "properties.subject",
    "subject": "properties.subject",
    "messageid": "properties.message-id",
    "replyto": "properties.reply-to",
    "replytosessionid": "properties.reply-to-group-id",
    "sessionid": "properties.group-id",
    "to": "properties.to",
    "partitionkey": "annotation x-opt-partition-key",
    "timetolive": "header.ttl (seconds)",
    "scheduledenqueuetimeutc": "annotation x-opt-scheduled-enqueue-time (datetime)",
}


class MessageState(IntEnum):
    """The value of annotation x-opt-message-state."""

    ACTIVE = 0
    DEFERRED = 1
    SCHEDULED = 2


class ReceiveMode(Enum):
    """How a receiver takes messages."""

    PEEK_LOCK = "peek-lock"
    RECEIVE_AND_DELETE = "receive-and-delete"


class Outcome(Enum):
    """What a receiver may say about a locked message; the values are those of `update-disposition`."""

    COMPLETE = "completed"
    ABANDON = "abandoned"
    DEFER = "defered"  # the wire's own spelling
    DEAD_LETTER = "suspended"
    RELEASE = "released"


class Message:
    """One stored copy of a content, with everything the broker stores of it.

    Fields the gateway stamps on a delivery: `sequence_number`, `origin_number` (the number it was first given, where
    it came from another entity; 0 when it was sent to this one), `enqueued_s`,
    `expires_s` (None: never), `locked_until_s` (0.0 when not locked), `lock_token` (16 bytes, .NET little-endian
    GUID order, None when not locked), `delivery_count` (failed deliveries before this one), `state`,
    `dead_letter_source` (None or the entity it came from). All times in seconds since the epoch.
    """

    __slots__ = (
        "content",
        "dead_letter_source",
        "delivery_count",
        "enqueued_s",
        "expires_s",
        "holder",
        "hops",
        "lock_token",
        "locked_until_s",
        "origin_number",
        "present",
        "scheduled_s",
        "sequence_number",
        "session_id",
        "state",
        "transaction",
    )

    def __init__(
        self,
        content: Content,
        sequence_number: int,
        enqueued_s: float,
        *,
        enqueued_sequence_number: int = 0,
        expires_s: float | None = None,
        state: MessageState = MessageState.ACTIVE,
        scheduled_s: float | None = None,
        delivery_count: int = 0,
        dead_letter_source: str | None = None,
        hops: int = 0,
    ) -> None:
        self.content = content
        self.sequence_number = sequence_number
        self.origin_number = enqueued_sequence_number
        self.enqueued_s = enqueued_s
        self.expires_s = expires_s
        self.state = state
        self.scheduled_s = scheduled_s
        self.delivery_count = delivery_count
        self.dead_letter_source = dead_letter_source
        self.hops = hops
        self.session_id = content.session_id
        self.lock_token: bytes | None = None
        self.locked_until_s = 0.0
        self.holder: Receiver | None = None
        self.transaction: Transaction | None = None
        # False once it left its queue; the orders of waiting and due messages skip it when they come to it.
        self.present = True

    @property
    def enqueued_sequence_number(self) -> int:
        """The first number it was ever given, here or elsewhere."""
        return self.origin_number or self.sequence_number
