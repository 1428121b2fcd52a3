"""A second, small reading of AMQP 1.0 (parts 1 and 2), for tests that must not trust the engine's own codec.

Values go in as Python's, with classes for the types that Python does not tell apart; they come out as plain Python,
described values as Described. Always the widest encoding: what the engine writes short, this writes long.
"""

from __future__ import annotations

import struct
import uuid
from dataclasses import dataclass
from typing import Any


class Symbol(str):
    """1.6.21."""


class UInt(int):
    """1.6.4."""


class ULong(int):
    """1.6.5."""


class UByte(int):
    """1.6.2."""


class UShort(int):
    """1.6.3."""


class Moment(int):
    """1.6.17: a timestamp, in milliseconds."""


@dataclass(frozen=True)
class Described:
    """1.2: a described value with a numeric or symbolic descriptor."""

    code: Any
    value: Any


def encode(value: Any) -> bytes:
    """1.6, in the encoding of the largest width."""
    if value is None:
        return b"\x40"
    if isinstance(value, bool):
        return b"\x56" + bytes([value])
    if isinstance(value, Described):
        code = ULong(value.code) if isinstance(value.code, int) else Symbol(value.code)
        return b"\x00" + encode(code) + encode(value.value)
    for kind, code, layout in (
        (UByte, b"\x50", ">B"),
        (UShort, b"\x60", ">H"),
        (UInt, b"\x70", ">I"),
        (ULong, b"\x80", ">Q"),
        (Moment, b"\x83", ">q"),
        (int, b"\x81", ">q"),
    ):
        if isinstance(value, kind):
            return code + struct.pack(layout, value)
    if isinstance(value, uuid.UUID):
        return b"\x98" + value.bytes
    if isinstance(value, bytes):
        return b"\xb0" + struct.pack(">I", len(value)) + value
    if isinstance(value, str):
        code = b"\xb3" if isinstance(value, Symbol) else b"\xb1"
        return code + struct.pack(">I", len(value.encode())) + value.encode()
    if isinstance(value, (list, tuple)):
        body = b"".join(encode(item) for item in value)
        return b"\xd0" + struct.pack(">II", len(body) + 4, len(value)) + body
    if isinstance(value, dict):
        body = b"".join(encode(key) + encode(item) for key, item in value.items())
        return b"\xd1" + struct.pack(">II", len(body) + 4, 2 * len(value)) + body
    raise TypeError(type(value))


_CONSTANT: dict[int, Any] = {0x40: None, 0x41: True, 0x42: False, 0x43: 0, 0x44: 0, 0x45: []}
_NUMBER = {
    0x50: ">B", 0x51: ">b", 0x52: ">B", 0x53: ">B", 0x54: ">b", 0x55: ">b", 0x56: ">?", 0x60: ">H", 0x61: ">h",
    0x70: ">I", 0x71: ">i", 0x72: ">f", 0x80: ">Q", 0x81: ">q", 0x82: ">d", 0x83: ">q",
}  # fmt: skip


def decode(buffer: bytes, position: int = 0) -> tuple[Any, int]:
    """The value at `position`, and where the next one begins."""
    code = buffer[position]
    position += 1
    if code == 0x00:
        descriptor, position = decode(buffer, position)
        value, position = decode(buffer, position)
        return Described(descriptor, value), position
    if code in _CONSTANT:
        return ([] if code == 0x45 else _CONSTANT[code]), position
    if code in _NUMBER:
        return struct.unpack_from(_NUMBER[code], buffer, position)[0], position + struct.calcsize(
            _NUMBER[code]
        )
    if code == 0x98:
        return uuid.UUID(bytes=bytes(buffer[position : position + 16])), position + 16
    wide = 4 if code & 0x10 else 1
    size = int.from_bytes(buffer[position : position + wide], "big")
    start, end = position + wide, position + wide + size
    if code in (0xA0, 0xB0):
        return bytes(buffer[start:end]), end
    if code in (0xA1, 0xB1, 0xA3, 0xB3):
        text = bytes(buffer[start:end]).decode()
        return (Symbol(text) if code in (0xA3, 0xB3) else text), end
    count = int.from_bytes(buffer[start : start + wide], "big")
    position = start + wide
    items = []
    if code in (0xE0, 0xF0):
        element = buffer[position : position + 1]
        position += 1
        for _ in range(count):
            item, after = decode(element + buffer[position:])
            items.append(item)
            position += after - 1
        return items, end
    if code not in (0xC0, 0xD0, 0xC1, 0xD1):
        raise ValueError(hex(code))
    for _ in range(count):
        item, position = decode(buffer, position)
        items.append(item)
    if code in (0xC1, 0xD1):
        return dict(zip(items[::2], items[1::2], strict=True)), end
    return items, end


def frame(code: int, fields: list[Any], payload: bytes = b"", *, channel: int = 0, kind: int = 0) -> bytes:
    """2.3.1: a frame with one performative."""
    body = encode(Described(code, fields)) + payload
    return struct.pack(">IBBH", len(body) + 8, 2, kind, channel) + body


@dataclass(frozen=True)
class Frame:
    """A frame that was read; `fields` is padded with None, so that every position can be asked for."""

    code: int
    fields: list[Any]
    payload: bytes
    channel: int


def frames(data: bytes) -> list[Frame]:
    """All whole frames of what a peer wrote; protocol headers and empty frames are passed over."""
    found = []
    position = 0
    while len(data) - position >= 8:
        if data[position : position + 4] == b"AMQP":
            position += 8
            continue
        size, offset, _, channel = struct.unpack_from(">IBBH", data, position)
        body = data[position + 4 * offset : position + size]
        if body:
            performative, after = decode(body)
            found.append(
                Frame(performative.code, (performative.value + [None] * 16)[:16], body[after:], channel)
            )
        position += size
    return found


OPEN, BEGIN, ATTACH, FLOW, TRANSFER, DISPOSITION, DETACH, END, CLOSE = range(0x10, 0x19)
HEADER, SASL_HEADER = b"AMQP\x00\x01\x00\x00", b"AMQP\x03\x01\x00\x00"
UINT_MAX = 0xFFFF_FFFF


def serial_add(number: int, count: int) -> int:
    """RFC 1982 3.1 with SERIAL_BITS 32."""
    return (number + count) % 2**32


def serial_less(left: int, right: int) -> bool:
    """RFC 1982 3.2, word for word."""
    half = 2**31
    return (left < right and right - left < half) or (left > right and left - right > half)
