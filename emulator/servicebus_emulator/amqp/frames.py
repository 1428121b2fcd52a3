"""Frames (2.3): an 8-byte header, a performative and, for a transfer, the payload.

The three frames of the hot path (transfer, disposition, flow) are written by hand; the rest go through their table.
"""

from __future__ import annotations

import struct
from typing import Any

from servicebus_emulator.amqp.composite import encode_composite, from_fields, spec_of
from servicebus_emulator.amqp.decode import decode_value
from servicebus_emulator.amqp.errors import CodecError, FrameError
from servicebus_emulator.amqp.performatives import (
    Accepted,
    AmqpError,
    Disposition,
    Rejected,
    Released,
    Transfer,
)

AMQP_FRAME, SASL_FRAME = 0, 1
MIN_MAX_FRAME_SIZE = 512  # 2.3.2
EMPTY_FRAME = struct.pack(">IBBH", 8, 2, AMQP_FRAME, 0)

AMQP_HEADER = b"AMQP\x00\x01\x00\x00"
TLS_HEADER = b"AMQP\x02\x01\x00\x00"
SASL_HEADER = b"AMQP\x03\x01\x00\x00"

_header = struct.Struct(">IBBH")
_pack_header = _header.pack
_read_header = _header.unpack_from


def split_header(buffer: bytes | bytearray, position: int) -> tuple[int, int, int, int]:
    """(size, data offset in bytes, type, channel) of the frame at `position`. Raises FrameError (2.3.1)."""
    size, offset, kind, channel = _read_header(buffer, position)
    if size < 8 or offset < 2 or offset * 4 > size:
        raise FrameError(f"frame header states {size} bytes with its data at {offset * 4}")
    return size, offset * 4, kind, channel


def decode_body(body: bytes) -> tuple[Any, int]:
    """Read the performative at the start of a frame's body; returns it and where the payload begins."""
    if not body or body[0] != 0x00:
        raise FrameError("a frame's body does not start with a described type")
    descriptor, position = decode_value(body, 1)
    spec = spec_of(descriptor)
    if spec is None:
        raise CodecError(f"no frame body has the descriptor {descriptor!r}")
    fields, position = decode_value(body, position)
    return from_fields(spec, fields), position


def encode_frame(performative: Any, channel: int = 0, kind: int = AMQP_FRAME, payload: bytes = b"") -> bytes:
    """A whole frame."""
    body = encode_composite(performative)
    return _pack_header(8 + len(body) + len(payload), 2, kind, channel) + body + payload


# -- reading the hot path ----------------------------------------------------------------------------------
#
# The forms that clients really send are read without going through the table of fields. Whatever looks different,
# broken frames too, is left to the table: both readers return None for it.

_SETTLING: dict[tuple[int, bytes], Any] = {}
for _code, _state in ((b"\x24", Accepted()), (b"\x26", Released())):
    for _list in (b"\x45", b"\xc0\x01\x00", b"\xd0\x00\x00\x00\x04\x00\x00\x00\x00"):
        _SETTLING[(5, b"\x00\x53" + _code + _list)] = _state
        for _batchable in (b"\x40", b"\x41", b"\x42", b"\x56\x00", b"\x56\x01"):
            _SETTLING[(6, b"\x00\x53" + _code + _list + _batchable)] = _state
_NOTHING = frozenset(b"\x40" * n for n in range(6))
_BOOLEAN = {0x40: False, 0x41: True, 0x42: False}
_read_uint = struct.Struct(">I").unpack_from


def quick_disposition(data: bytes, position: int, end: int) -> Disposition | None:
    """A disposition whose state is accepted or released; `position` is that of its list."""
    try:
        if data[position] != 0xC0 or position + 2 + data[position + 1] != end:
            return None
        count = data[position + 2]
        position += 3
        code = data[position]
        if code == 0x56 and data[position + 1] < 2:
            role = data[position + 1] == 1
            position += 2
        elif code == 0x41 or code == 0x42:
            role = code == 0x41
            position += 1
        else:
            return None
        code = data[position]
        if code == 0x52:
            first = data[position + 1]
            position += 2
        elif code == 0x70:
            first = _read_uint(data, position + 1)[0]
            position += 5
        elif code == 0x43:
            first = 0
            position += 1
        else:
            return None
        code = data[position]
        if code == 0x40:
            last = first
            position += 1
        elif code == 0x52:
            last = data[position + 1]
            position += 2
        elif code == 0x70:
            last = _read_uint(data, position + 1)[0]
            position += 5
        else:
            return None
        code = data[position]
        if code == 0x56 and data[position + 1] < 2:
            settled = data[position + 1] == 1
            position += 2
        elif code in _BOOLEAN:
            settled = _BOOLEAN[code]
            position += 1
        else:
            return None
        state = _SETTLING.get((count, data[position:end]))
        return None if state is None else Disposition(role, first, last, settled, state)
    except (IndexError, struct.error):
        return None


def quick_transfer(data: bytes, position: int, end: int) -> tuple[Transfer, int] | None:
    """A transfer without its own state or settle mode, and where its payload begins."""
    try:
        if data[position] != 0xC0:
            return None
        body = position + 2 + data[position + 1]
        count = data[position + 2]
        if body > end or not 5 <= count <= 11:
            return None
        position += 3
        code = data[position]
        if code == 0x43:
            handle = 0
            position += 1
        elif code == 0x52:
            handle = data[position + 1]
            position += 2
        else:
            return None
        code = data[position]
        if code == 0x52:
            delivery_id = data[position + 1]
            position += 2
        elif code == 0x70:
            delivery_id = _read_uint(data, position + 1)[0]
            position += 5
        elif code == 0x43:
            delivery_id = 0
            position += 1
        else:
            return None
        if data[position] != 0xA0:
            return None
        after = position + 2 + data[position + 1]
        tag = data[position + 2 : after]
        position = after
        code = data[position]
        if code == 0x43 or code == 0x40:
            message_format = 0
            position += 1
        elif code == 0x70:
            message_format = _read_uint(data, position + 1)[0]
            position += 5
        else:
            return None
        code = data[position]
        if code == 0x56 and data[position + 1] < 2:
            settled = data[position + 1] == 1
            position += 2
        elif code in _BOOLEAN:
            settled = _BOOLEAN[code]
            position += 1
        else:
            return None
        more = False
        count -= 5
        if count:
            code = data[position]
            if code == 0x56 and data[position + 1] < 2:
                more = data[position + 1] == 1
                position += 2
            elif code in _BOOLEAN:
                more = _BOOLEAN[code]
                position += 1
            else:
                return None
            count -= 1
        if body - position != count or data[position:body] not in _NOTHING:
            return None
        return Transfer(handle, delivery_id, tag, message_format, settled, more), body
    except (IndexError, struct.error):
        return None


_pack_uint = struct.Struct(">BI").pack


def encode_uint(value: int) -> bytes:
    """The shortest encoding of a uint."""
    if value == 0:
        return b"\x43"
    if value < 256:
        return bytes((0x52, value))
    return _pack_uint(0x70, value)


def transfer_fields(
    handle: bytes, delivery_id: int, tag: bytes, message_format: int, settled: bool, state: bytes
) -> tuple[bytes, bytes]:
    """The fields of a transfer without and with `more`: for its last frame and for the ones before.

    `handle` and `state` are encoded already; an empty `state` is written as null.
    """
    start = b"".join(
        (
            handle,
            _pack_uint(0x70, delivery_id),
            bytes((0xA0, len(tag))),
            tag,
            b"\x43" if message_format == 0 else encode_uint(message_format),
            b"\x41" if settled else b"\x42",
        )
    )
    end = b"\x40" + (state or b"\x40") + b"\x40\x40\x40"
    return (
        _performative(0x14, TRANSFER_FIELDS, start + b"\x42" + end),
        _performative(0x14, TRANSFER_FIELDS, start + b"\x41" + end),
    )


TRANSFER_FIELDS, DISPOSITION_FIELDS = 11, 6
"""All of them are written, also the nulls at the end, though the specification lets those be left out (1.4).

azure-servicebus for Python reads a transfer by position and takes what follows the eleventh field for the payload;
only since 7.15.0 does it take a shorter list. Flow and disposition are whole for the same reason.
"""


def _performative(code: int, count: int, fields: bytes) -> bytes:
    """A described list of so many fields that are encoded already."""
    head = bytes((0x00, 0x53, code))
    if len(fields) < 255:
        return head + bytes((0xC0, len(fields) + 1, count)) + fields
    return head + struct.pack(">BII", 0xD0, len(fields) + 4, count) + fields


def single_transfer(
    channel: int, handle: bytes, delivery_id: int, tag: bytes, settled: bool, payload_size: int
) -> bytes:
    """Everything of a one-frame, format 0 transfer before its payload; `tag` holds at most 32 bytes."""
    fields_size = len(handle) + len(tag) + 15
    return b"".join(
        (
            _pack_header(8 + 6 + fields_size + payload_size, 2, AMQP_FRAME, channel),
            b"\x00\x53\x14\xc0",
            bytes((fields_size + 1, TRANSFER_FIELDS)),
            handle,
            _pack_uint(0x70, delivery_id),
            bytes((0xA0, len(tag))),
            tag,
            b"\x43\x41\x42\x40\x40\x40\x40\x40" if settled else b"\x43\x42\x42\x40\x40\x40\x40\x40",
        )
    )


def frame_around(channel: int, body: bytes, payload_size: int) -> bytes:
    """Header and body of a frame whose payload follows."""
    return _pack_header(8 + len(body) + payload_size, 2, AMQP_FRAME, channel) + body


_ACCEPTED = encode_composite(Accepted())
_RELEASED = encode_composite(Released())


def encode_state(state: Any) -> bytes:
    """A delivery state's bytes; the commonest are ready made."""
    kind = type(state)
    if kind is Accepted:
        return _ACCEPTED
    if kind is Released:
        return _RELEASED
    return b"" if state is None else encode_composite(state)


def disposition_frame(channel: int, role: bool, first: int, last: int, settled: bool, state: bytes) -> bytes:
    """A disposition of a range of deliveries; `state` is encoded already and may be empty."""
    fields = b"".join(
        (
            b"\x41" if role else b"\x42",
            encode_uint(first),
            b"\x40" if last == first else encode_uint(last),
            b"\x41" if settled else b"\x42",
            state or b"\x40",
            b"\x40",
        )
    )
    return frame_around(channel, _performative(0x15, DISPOSITION_FIELDS, fields), 0)


def rejected(condition: str, description: str) -> Rejected:
    """The outcome rejected with an error."""
    return Rejected(AmqpError(condition, description))
