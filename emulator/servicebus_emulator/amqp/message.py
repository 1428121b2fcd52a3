"""Messages as bytes (3.2): sections are found once and decoded only when somebody asks for what is in them.

`EncodedMessage` is what a broker stores; `render` writes it out again with the broker's own values stamped on.
Values are returned in the types of `types`, so what is not touched leaves byte for byte as it arrived.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from servicebus_emulator.amqp.decode import decode_value
from servicebus_emulator.amqp.encode import encode_value
from servicebus_emulator.amqp.errors import CodecError
from servicebus_emulator.amqp.sections import (
    ABSOLUTE_EXPIRY_TIME,
    APPLICATION_PROPERTIES,
    BATCH_FORMAT,
    CONTENT_TYPE,
    CORRELATION_ID,
    CREATION_TIME,
    DATA,
    DELIVERY_ANNOTATIONS,
    GROUP_ID,
    HEADER,
    HEADER_TYPES,
    MESSAGE_ANNOTATIONS,
    MESSAGE_ID,
    PROPERTIES,
    PROPERTY_TYPES,
    REPLY_TO,
    REPLY_TO_GROUP_ID,
    SEQUENCE,
    SUBJECT,
    TO,
    VALUE,
    build,
    check_list,
    header_section,
    id_text,
    list_item,
    map_at,
    plain_value,
    properties_section,
    sections,
    split_batch,
    wire_value,
)
from servicebus_emulator.amqp.types import LAST_TIMESTAMP, Symbol, Timestamp, UInt

__all__ = [
    "ABSOLUTE_EXPIRY_TIME",
    "BATCH_FORMAT",
    "CONTENT_TYPE",
    "CORRELATION_ID",
    "GROUP_ID",
    "MESSAGE_ID",
    "PARTITION_KEY",
    "REPLY_TO",
    "REPLY_TO_GROUP_ID",
    "SCHEDULED_ENQUEUE_TIME",
    "SUBJECT",
    "TO",
    "EncodedMessage",
    "build",
    "split_batch",
]

PARTITION_KEY = Symbol("x-opt-partition-key")
SCHEDULED_ENQUEUE_TIME = Symbol("x-opt-scheduled-enqueue-time")

MAX_TTL_MS = 0xFFFF_FFFF
"""The end of header.ttl (3.2.1), 49.7 days."""
PROPERTY_COUNT = len(PROPERTY_TYPES)

_STAMPED = frozenset(
    {
        "x-opt-sequence-number",
        "x-opt-enqueued-time",
        "x-opt-locked-until",
        "x-opt-enqueue-sequence-number",
        "x-opt-message-state",
        "x-opt-deadletter-source",
    }
)
_SYSTEM_POSITIONS = {
    "messageid": MESSAGE_ID,
    "to": TO,
    "label": SUBJECT,
    "subject": SUBJECT,
    "replyto": REPLY_TO,
    "correlationid": CORRELATION_ID,
    "contenttype": CONTENT_TYPE,
    "sessionid": GROUP_ID,
    "replytosessionid": REPLY_TO_GROUP_ID,
}
_random = random.Random()  # noqa: S311 - names messages, keeps no secret


class EncodedMessage:
    """One message as its sender encoded it. Immutable; implements the broker's `Content`."""

    __slots__ = (
        "_annotations_at",
        "_bare_at",
        "_body_at",
        "_delivery_at",
        "_header_at",
        "_pairs",
        "_properties_at",
        "_user_at",
        "encoded",
    )

    def __init__(self, encoded: bytes) -> None:
        """Find the sections and put them in order. Raises CodecError when this is no message.

        The order is that of AMQP 1.0 part 3.2. The Python SDK's schedule_messages puts delivery-annotations last,
        and the service takes it.
        """
        self.encoded = encoded
        self._header_at = self._annotations_at = self._properties_at = self._user_at = -1
        self._bare_at = self._body_at = self._delivery_at = -1
        self._pairs: tuple[bytes, int] | None = None
        previous, ordered = 0, True
        for code, start, value, _ in sections(encoded):
            ordered, previous = ordered and code >= previous, code
            if code >= PROPERTIES and self._bare_at < 0:
                self._bare_at = start
            if code >= DATA:
                if self._body_at < 0:
                    self._body_at = start
            elif code == HEADER:
                self._header_at = value
            elif code == DELIVERY_ANNOTATIONS:
                self._delivery_at = value
            elif code == MESSAGE_ANNOTATIONS:
                self._annotations_at = value
            elif code == PROPERTIES:
                self._properties_at = value
            elif code == APPLICATION_PROPERTIES:
                self._user_at = value
        if self._bare_at < 0:
            self._bare_at = len(encoded)
        if self._body_at < 0:
            self._body_at = len(encoded)
        if not ordered:
            found = sorted(sections(encoded), key=lambda section: section[0])
            EncodedMessage.__init__(self, b"".join(encoded[start:end] for _, start, _, end in found))

    @classmethod
    def arrived(cls, payload: bytes) -> EncodedMessage:
        """A message from a sender, checked once, so that no reader meets a broken section in it.

        It gets a message-id when it has none, as the cloud gives it one. Raises CodecError when it is no message.
        """
        message = cls(payload)
        payload = message.encoded  # its sections are in order now
        if message._header_at >= 0:
            check_list(decode_value(payload, message._header_at)[0], HEADER_TYPES, "header")
        if message._delivery_at >= 0:
            map_at(payload, message._delivery_at)
        if message._annotations_at >= 0:
            map_at(payload, message._annotations_at)
        if message._user_at >= 0:
            for key in map_at(payload, message._user_at):
                if not isinstance(key, str):
                    raise CodecError("a key of the application properties is no string")
        if message._properties_at >= 0:
            fields = decode_value(payload, message._properties_at)[0]
            check_list(fields, PROPERTY_TYPES, "properties")
            if fields and fields[MESSAGE_ID] is not None:
                return message
        return message._with_properties({MESSAGE_ID: f"{_random.getrandbits(128):032x}"})

    def __reduce__(self) -> tuple[type[EncodedMessage], tuple[bytes]]:
        return (EncodedMessage, (self.encoded,))

    @property
    def size_bytes(self) -> int:
        """Bytes of the message as sent."""
        return len(self.encoded)

    # -- what a broker asks for ----------------------------------------------------------------------------

    def field(self, position: int) -> Any:
        """One field of the properties section (3.2.4), None when absent."""
        at = self._properties_at
        return None if at < 0 else list_item(self.encoded, at, position)

    @property
    def message_id(self) -> Any:
        """properties.message-id in its own type."""
        return self.field(MESSAGE_ID)

    @property
    def correlation_id(self) -> Any:
        """properties.correlation-id in its own type."""
        return self.field(CORRELATION_ID)

    @property
    def reply_to(self) -> Any:
        """properties.reply-to."""
        return self.field(REPLY_TO)

    @property
    def session_id(self) -> str | None:
        """properties.group-id."""
        value = self.field(GROUP_ID)
        return value if value is None else str(value)

    @property
    def partition_key(self) -> str | None:
        """Annotation x-opt-partition-key."""
        value = self.annotation(PARTITION_KEY)
        if isinstance(value, bytes):  # the Python SDK sends it so when it was given as bytes
            return value.decode("utf-8", "replace")
        return None if value is None else str(value)

    @property
    def time_to_live_s(self) -> float | None:
        """How long the message lives, in seconds; None when the sender did not say."""
        milliseconds = self._ttl_ms
        return None if milliseconds is None else milliseconds / 1000

    @property
    def _ttl_ms(self) -> int | None:
        """header.ttl, which ends at 49.7 days; at its end the SDKs' own two times of the properties say how long."""
        at = self._header_at
        value = None if at < 0 else list_item(self.encoded, at, 2)
        if type(value) is not UInt:
            return None
        if value == MAX_TTL_MS:
            created, expires = self.field(CREATION_TIME), self.field(ABSOLUTE_EXPIRY_TIME)
            if created is not None and expires is not None and expires - created > value:
                return int(expires - created)
        return value

    @property
    def scheduled_enqueue_s(self) -> float | None:
        """Annotation x-opt-scheduled-enqueue-time, seconds since the epoch."""
        value = self.annotation(SCHEDULED_ENQUEUE_TIME)
        return value / 1000 if type(value) is Timestamp else None

    def annotation(self, name: str) -> Any:
        """One message annotation, None when absent."""
        return None if self._annotations_at < 0 else self.annotations().get(name)

    def annotations(self) -> dict[Any, Any]:
        return map_at(self.encoded, self._annotations_at)

    def system_property(self, name: str) -> object | None:
        """A property by the name a filter uses after `sys.` (lower case)."""
        position = _SYSTEM_POSITIONS.get(name)
        if position is not None:
            # an id is text to a filter, whichever type a plain AMQP client gave it
            value: object | None = self.field(position)
            return id_text(value) if position in (MESSAGE_ID, CORRELATION_ID) else value
        if name == "timetolive":
            return self.time_to_live_s
        if name == "partitionkey":
            return self.partition_key
        if name == "scheduledenqueuetimeutc":
            due = self.annotation(SCHEDULED_ENQUEUE_TIME)
            return plain_value(due) if type(due) is Timestamp else None
        return None

    def application_properties(self) -> Mapping[str, object]:
        """The sender's own properties; the caller may keep the mapping."""
        return map_at(self.encoded, self._user_at)

    def comparable_properties(self) -> Mapping[str, object]:
        """The sender's own properties as a filter compares them."""
        return {key: plain_value(value) for key, value in self.application_properties().items()}

    def body(self) -> Any:
        """The body: bytes of the data sections joined, a list of the sequences, or the value itself."""
        data: list[bytes] = []
        sequences: list[Any] = []
        for code, _, value, _ in sections(self.encoded):
            if code == VALUE:
                return decode_value(self.encoded, value)[0]
            if code == DATA:
                data.append(decode_value(self.encoded, value)[0])
            elif code == SEQUENCE:
                sequences.extend(decode_value(self.encoded, value)[0])
        return sequences if sequences else b"".join(data)

    # -- changed copies ------------------------------------------------------------------------------------

    def with_application_properties(self, properties: Mapping[str, object]) -> EncodedMessage:
        """A copy whose application properties are exactly these."""
        buffer = self.encoded
        start = self._user_at
        before = (
            buffer[: self._section_start(APPLICATION_PROPERTIES)] if start >= 0 else buffer[: self._body_at]
        )
        section = b"\x00\x53\x74" + encode_value({str(k): wire_value(v) for k, v in properties.items()})
        return EncodedMessage(before + (section if properties else b"") + buffer[self._body_at :])

    def with_system_properties(self, changes: Mapping[str, object | None]) -> EncodedMessage:
        """A copy with some properties set by their filter names (lower case); None removes one."""
        fields: dict[int, Any] = {}
        message = self
        for name, value in changes.items():
            position = _SYSTEM_POSITIONS.get(name)
            if position is not None:
                fields[position] = wire_value(value)
            elif name == "timetolive":
                message = message._with_ttl(value)
            elif name == "partitionkey":
                message = message._with_annotation(PARTITION_KEY, value)
            elif name == "scheduledenqueuetimeutc":
                message = message._with_annotation(SCHEDULED_ENQUEUE_TIME, value)
            else:
                raise CodecError(f"no property of a message is called sys.{name}")
        return message._with_properties(fields) if fields else message

    def _section_start(self, wanted: int) -> int:
        for code, start, _, _ in sections(self.encoded):
            if code == wanted:
                return start
        return -1

    def _split(self) -> dict[int, bytes]:
        """The sections before the body, each with its descriptor."""
        return {
            code: self.encoded[start:end] for code, start, _, end in sections(self.encoded) if code < DATA
        }

    def _joined(self, parts: dict[int, bytes]) -> EncodedMessage:
        ordered = [parts[code] for code in sorted(parts) if parts[code]]
        return EncodedMessage(b"".join(ordered) + self.encoded[self._body_at :])

    def _with_properties(self, changes: dict[int, Any]) -> EncodedMessage:
        buffer = self.encoded
        at = self._properties_at
        if at < 0:
            section = properties_section([], changes)
            return EncodedMessage(buffer[: self._bare_at] + section + buffer[self._bare_at :])
        fields, end = decode_value(buffer, at)
        return EncodedMessage(buffer[: self._bare_at] + properties_section(fields, changes) + buffer[end:])

    def _with_ttl(self, value: object | None) -> EncodedMessage:
        parts = self._split()
        fields: list[Any] = []
        if self._header_at >= 0:
            fields = list(decode_value(self.encoded, self._header_at)[0])
        fields += [None] * (3 - len(fields))
        seconds = value.total_seconds() if isinstance(value, timedelta) else value
        fields[2] = (
            None if seconds is None else UInt(min(MAX_TTL_MS, max(0, int(float(str(seconds)) * 1000))))
        )
        parts[HEADER] = b"\x00\x53\x70" + encode_value(fields)
        return self._joined(parts)

    def _with_annotation(self, name: Symbol, value: object | None) -> EncodedMessage:
        parts = self._split()
        annotations = dict(self.annotations())
        annotations.pop(name, None)
        if value is not None:
            annotations[name] = wire_value(value)
        parts[MESSAGE_ANNOTATIONS] = (b"\x00\x53\x72" + encode_value(annotations)) if annotations else b""
        return self._joined(parts)

    # -- writing it out ------------------------------------------------------------------------------------

    def kept_annotations(self) -> tuple[bytes, int]:
        """The sender's annotations without those a broker stamps: encoded keys and values, and their number."""
        if self._annotations_at < 0:
            return b"", 0
        if self._pairs is None:
            parts = []
            for key, value in self.annotations().items():
                if key not in _STAMPED:
                    parts.append(encode_value(key) + encode_value(value))
            self._pairs = (b"".join(parts), 2 * len(parts))
        return self._pairs

    def render(
        self,
        *,
        sequence_number: int,
        enqueued_ms: int,
        delivery_count: int,
        origin_number: int = 0,
        state: int = 0,
        locked_until_ms: int | None = None,
        lock_token: bytes | None = None,
        time_to_live_ms: int | None = None,
        dead_letter_source: str | None = None,
    ) -> bytes:
        """The message as a receiver gets it: header, lock token, stamped annotations and the sender's bare message.

        `lock_token` is 16 bytes in .NET's little-endian GUID order. Times are milliseconds since the epoch.
        `time_to_live_ms` is how long the message lives from being enqueued; None when it does not expire, or so late
        that no client has a date for it. As in the cloud, it has a state only when that is not active (0), and
        the number a message first had only when it is from elsewhere (SDK test test_message_backcompat_peek_lock_databody counts the bytes).
        """
        kept, count = self.kept_annotations()
        parts = [
            self._header(delivery_count, time_to_live_ms),
            self._delivery_annotations(lock_token)
            if self._delivery_at >= 0
            else _NO_LOCK_TOKEN
            if lock_token is None
            else b"".join(
                (_LOCK_TOKEN, lock_token[3::-1], lock_token[5:3:-1], lock_token[7:5:-1], lock_token[8:])
            ),
        ]
        stamped = _pack_stamps(_K_SEQUENCE, sequence_number, _K_ENQUEUED, enqueued_ms)
        count += 4
        if origin_number:
            stamped += _pack_origin(_K_ORIGIN, origin_number)
            count += 2
        if state:
            stamped += _K_STATE + bytes((state,))
            count += 2
        if locked_until_ms is not None:
            stamped += _pack_key_i64(_K_LOCKED, locked_until_ms)
            count += 2
        if dead_letter_source is not None:
            stamped += encode_value(Symbol("x-opt-deadletter-source")) + encode_value(dead_letter_source)
            count += 2
        parts.append(_pack_annotations(b"\x00\x53\x72\xd1", 4 + len(kept) + len(stamped), count))
        parts.append(kept)
        parts.append(stamped)
        if time_to_live_ms is not None:
            parts.append(self._bare_with_expiry(time_to_live_ms, enqueued_ms))
        else:
            parts.append(self.encoded[self._bare_at :] if self._bare_at else self.encoded)
        return b"".join(parts)

    def _delivery_annotations(self, lock_token: bytes | None) -> bytes:
        """The sender's own ones, which the service hands on (SDK test test_queue_send_amqp_annotated_message)."""
        own = dict(map_at(self.encoded, self._delivery_at))
        if lock_token is not None:
            own[Symbol("x-opt-lock-token")] = UUID(bytes_le=lock_token)
        return b"\x00\x53\x71" + encode_value(own)

    def _header(self, delivery_count: int, time_to_live_ms: int | None) -> bytes:
        if self._header_at < 0 and time_to_live_ms is None:
            if delivery_count < 256:
                return _PLAIN_HEADERS[delivery_count]
            return header_section([None, None, None, None, UInt(delivery_count)])
        fields: list[Any] = []
        if self._header_at >= 0:
            fields = list(decode_value(self.encoded, self._header_at)[0])
        durable, priority, ttl, first_acquirer, _ = fields + [None] * (5 - len(fields))
        if time_to_live_ms is not None:
            ttl = UInt(min(time_to_live_ms, MAX_TTL_MS))
        if first_acquirer and delivery_count:
            first_acquirer = False  # 3.2.1: another link had it before
        return header_section([durable, priority, ttl, first_acquirer, UInt(delivery_count)])

    def _bare_with_expiry(self, time_to_live_ms: int, enqueued_ms: int) -> bytes:
        """The bare message whose two times are exactly the time to live apart: clients take the difference.

        As long as that is so already they stay the sender's. Otherwise the life is counted from the sender's
        creation-time, or from being enqueued when it gave none.
        """
        buffer = self.encoded
        fields: list[Any] = []
        after = self._bare_at
        if self._properties_at >= 0:
            fields, after = decode_value(buffer, self._properties_at)
        expires, created = (fields + [None] * PROPERTY_COUNT)[ABSOLUTE_EXPIRY_TIME : CREATION_TIME + 1]
        changes: dict[int, Any] = {}
        if created is None or not 0 <= created <= LAST_TIMESTAMP - time_to_live_ms:
            created = changes[CREATION_TIME] = Timestamp(enqueued_ms)
        if expires is None or expires - created != time_to_live_ms:
            changes[ABSOLUTE_EXPIRY_TIME] = Timestamp(min(created + time_to_live_ms, LAST_TIMESTAMP))
        if not changes:
            return buffer[self._bare_at :] if self._bare_at else buffer
        return properties_section(fields, changes) + buffer[after:]


def _key(name: str) -> bytes:
    return encode_value(Symbol(name))


_LOCK_TOKEN_PAIR = _key("x-opt-lock-token") + b"\x98"
_LOCK_TOKEN = b"\x00\x53\x71\xc1" + bytes((len(_LOCK_TOKEN_PAIR) + 17, 2)) + _LOCK_TOKEN_PAIR
_NO_LOCK_TOKEN = b"\x00\x53\x71\xc1\x01\x00"  # an empty map, as the cloud has it
_K_SEQUENCE = _key("x-opt-sequence-number") + b"\x81"
_K_ENQUEUED = _key("x-opt-enqueued-time") + b"\x83"
_K_ORIGIN = _key("x-opt-enqueue-sequence-number") + b"\x81"
_K_STATE = _key("x-opt-message-state") + b"\x54"
_K_LOCKED = _key("x-opt-locked-until") + b"\x83"
_pack_stamps: Callable[..., bytes] = struct.Struct(f">{len(_K_SEQUENCE)}sq{len(_K_ENQUEUED)}sq").pack
_pack_origin: Callable[..., bytes] = struct.Struct(f">{len(_K_ORIGIN)}sq").pack
_pack_key_i64: Callable[..., bytes] = struct.Struct(f">{len(_K_LOCKED)}sq").pack
_pack_annotations: Callable[..., bytes] = struct.Struct(">4sII").pack
_PLAIN_HEADERS = [header_section([None, None, None, None, UInt(n)]) for n in range(256)]
