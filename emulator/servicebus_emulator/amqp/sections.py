"""The sections of a message (3.2): finding, reading, checking and writing them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from servicebus_emulator.amqp.composite import list_of
from servicebus_emulator.amqp.decode import decode_value, skip_value
from servicebus_emulator.amqp.encode import encode_value
from servicebus_emulator.amqp.errors import CodecError
from servicebus_emulator.amqp.types import Described, Symbol, Timestamp, UByte, UInt, ULong

HEADER, DELIVERY_ANNOTATIONS, MESSAGE_ANNOTATIONS, PROPERTIES = 0x70, 0x71, 0x72, 0x73
APPLICATION_PROPERTIES, DATA, SEQUENCE, VALUE, FOOTER = 0x74, 0x75, 0x76, 0x77, 0x78
SECTION_NAMES = {
    "amqp:header:list": HEADER,
    "amqp:delivery-annotations:map": DELIVERY_ANNOTATIONS,
    "amqp:message-annotations:map": MESSAGE_ANNOTATIONS,
    "amqp:properties:list": PROPERTIES,
    "amqp:application-properties:map": APPLICATION_PROPERTIES,
    "amqp:data:binary": DATA,
    "amqp:amqp-sequence:list": SEQUENCE,
    "amqp:amqp-value:*": VALUE,
    "amqp:footer:map": FOOTER,
}
BATCH_FORMAT = 0x80013700
"""message-format of a batch: each data section is one whole message (Azure Service Bus, AmqpMessageConverter)."""
MESSAGE_ID, USER_ID, TO, SUBJECT, REPLY_TO, CORRELATION_ID, CONTENT_TYPE, CONTENT_ENCODING = range(8)
ABSOLUTE_EXPIRY_TIME, CREATION_TIME, GROUP_ID, GROUP_SEQUENCE, REPLY_TO_GROUP_ID = range(8, 13)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
YEAR_1 = datetime(1, 1, 1, tzinfo=UTC)
"""Where .NET's clock begins; its ticks are 100 ns."""
_ID_TYPES = (str, int, UUID, bytes)  # 3.2.11 to 3.2.14, and any whole number for ulong
HEADER_TYPES: tuple[tuple[type, ...], ...] = ((bool,), (UByte,), (UInt,), (bool,), (UInt,))
PROPERTY_TYPES: tuple[tuple[type, ...], ...] = (
    _ID_TYPES,
    (bytes,),
    (str,),
    (str,),
    (str,),
    _ID_TYPES,
    (str,),  # symbols both, and clients that write strings are understood
    (str,),
    (Timestamp,),
    (Timestamp,),
    (str,),
    (UInt,),
    (str,),
)


def sections(buffer: bytes) -> Iterator[tuple[int, int, int, int]]:
    """(code, section start, value start, end) of each section in order. Raises CodecError, also for one twice."""
    position, end = 0, len(buffer)
    seen: set[int] = set()
    while position < end:
        if buffer[position] != 0x00:
            raise CodecError(f"byte {position} of the message begins no section")
        if end - position > 3 and buffer[position + 1] == 0x53:
            code, value = buffer[position + 2], position + 3
        else:
            descriptor, value = decode_value(buffer, position + 1)
            code = descriptor if type(descriptor) is ULong else SECTION_NAMES.get(str(descriptor), 0)
        if not HEADER <= code <= FOOTER or (code in seen and code not in (DATA, SEQUENCE)):
            raise CodecError(f"a section {code:#x} does not belong in a message, or is in it twice")
        seen.add(code)
        after = skip_value(buffer, value)
        yield code, position, value, after
        position = after


def split_batch(payload: bytes) -> list[bytes]:
    """The messages of a batch (format BATCH_FORMAT), each encoded whole. Raises CodecError."""
    messages = []
    for code, _, value, _ in sections(payload):
        if code == DATA:
            inner, _ = decode_value(payload, value)
            if type(inner) is not bytes:
                raise CodecError("a data section of the batch is not binary")
            messages.append(inner)
    return messages


def build(
    *,
    body: Any = b"",
    value: Any = None,
    properties: Mapping[int, Any] | None = None,
    application_properties: Mapping[str, Any] | None = None,
    annotations: Mapping[str, Any] | None = None,
) -> bytes:
    """Encode a message: a data body, or an amqp-value body when `value` is given (already wire types)."""
    parts = []
    if annotations:
        parts.append(b"\x00\x53\x72" + encode_value({Symbol(k): v for k, v in annotations.items()}))
    if properties:
        parts.append(properties_section([], dict(properties)))
    if application_properties:
        parts.append(b"\x00\x53\x74" + encode_value(dict(application_properties)))
    parts.append(
        b"\x00\x53\x75" + encode_value(body) if value is None else b"\x00\x53\x77" + encode_value(value)
    )
    return b"".join(parts)


def wire_value(value: object) -> Any:
    """A plain Python value in AMQP's types: a datetime becomes a timestamp, the rest stays."""
    if isinstance(value, datetime):
        return Timestamp(round((value - EPOCH) / timedelta(milliseconds=1)))
    if isinstance(value, timedelta):
        return Described(Symbol("com.microsoft:timespan"), round(value / timedelta(microseconds=1)) * 10)
    if isinstance(value, dict):
        return {key: wire_value(item) for key, item in value.items()}
    return value


def plain_value(value: Any) -> Any:
    """The way back: timestamps and .NET's described types (messages-payloads) as Python has them, the rest stays."""
    try:
        if type(value) is Timestamp:
            return EPOCH + timedelta(milliseconds=value)
        if type(value) is Described:
            name, inner = str(value.descriptor), value.value
            if name == "com.microsoft:uri" and isinstance(inner, str):
                return inner
            if name == "com.microsoft:timespan" and isinstance(inner, int):
                return timedelta(microseconds=inner // 10)
            if name == "com.microsoft:datetime-offset" and isinstance(inner, int):
                return YEAR_1 + timedelta(microseconds=inner // 10)
    except OverflowError:  # beyond Python's years 1 to 9999
        return value
    return value


def id_text(value: object) -> object:
    """A message-id or correlation-id (uuid, ulong, string; 3.2.11-14) as text; binary stays."""
    return str(value) if isinstance(value, (UUID, int)) else value


def properties_section(fields: list[Any], changes: Mapping[int, Any]) -> bytes:
    """A properties section (3.2.4) of these fields with some changed, by position."""
    items = list(fields) + [None] * (max(changes, default=-1) + 1 - len(fields))
    for position, value in changes.items():
        items[position] = value
    encoded = [encode_value(item) for item in items]
    while encoded and encoded[-1] == b"\x40":
        encoded.pop()
    return b"\x00\x53\x73" + list_of(encoded)


def header_section(fields: list[Any]) -> bytes:
    """A header section (3.2.1)."""
    return b"\x00\x53\x70" + list_of([encode_value(field) for field in fields])


def check_list(fields: Any, types: tuple[tuple[type, ...], ...], what: str) -> None:
    """Raise CodecError when a section that was read is no list of these types."""
    if type(fields) is not list or len(fields) > len(types):
        raise CodecError(f"the section {what} is no list of at most {len(types)} fields")
    for field, allowed in zip(fields, types, strict=False):
        if field is not None and not isinstance(field, allowed):
            raise CodecError(f"a field of the section {what} is a {type(field).__name__}")


def list_item(buffer: bytes, at: int, position: int) -> Any:
    """The item at `position` of the list whose constructor is at `at`, without reading the others."""
    code = buffer[at]
    if code == 0xC0:
        count, here = buffer[at + 2], at + 3
    elif code == 0xD0:
        count, here = int.from_bytes(buffer[at + 5 : at + 9], "big"), at + 9
    elif code == 0x45:
        return None
    else:
        raise CodecError("a section that must be a list is none")
    if position >= count:
        return None
    for _ in range(position):
        here = here + 1 if buffer[here] == 0x40 else skip_value(buffer, here)
    return decode_value(buffer, here)[0]


def map_at(buffer: bytes, at: int) -> dict[Any, Any]:
    """The map whose constructor is at `at`; empty for -1. Raises CodecError when it is none."""
    if at < 0:
        return {}
    value, _ = decode_value(buffer, at)
    if type(value) is not dict:
        raise CodecError("a section that must be a map is none")
    return value
