"""Writing AMQP values (1.2 to 1.6): always the shortest encoding, so that equal values give equal bytes."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any
from uuid import UUID

from servicebus_emulator.amqp.errors import CodecError
from servicebus_emulator.amqp.types import (
    Array,
    Byte,
    Char,
    Decimal32,
    Decimal64,
    Decimal128,
    Described,
    Float32,
    Int,
    NoneType,
    Short,
    Symbol,
    Timestamp,
    UByte,
    UInt,
    ULong,
    UShort,
)

_u16 = struct.Struct(">H").pack
_u32 = struct.Struct(">I").pack
_code_u16 = struct.Struct(">BH").pack
_code_u32 = struct.Struct(">BI").pack
_code_u64 = struct.Struct(">BQ").pack
_code_i8 = struct.Struct(">Bb").pack
_code_i16 = struct.Struct(">Bh").pack
_code_i32 = struct.Struct(">Bi").pack
_code_i64 = struct.Struct(">Bq").pack
_code_f32 = struct.Struct(">Bf").pack
_code_f64 = struct.Struct(">Bd").pack


def encode_value(value: Any) -> bytes:
    """The shortest encoding of `value`. Raises CodecError when AMQP has no type for it or it is out of range."""
    try:
        return _WRITERS[type(value)](value)
    except KeyError:
        raise CodecError(f"AMQP has no type for a Python {type(value).__name__}") from None
    except (struct.error, OverflowError):
        raise CodecError(f"{value!r} is out of range for AMQP's {type(value).__name__}") from None


def _null(value: Any) -> bytes:
    return b"\x40"


def _boolean(value: bool) -> bytes:
    return b"\x41" if value else b"\x42"


def _ubyte(value: int) -> bytes:
    return bytes((0x50, value)) if 0 <= value < 256 else _refuse(value, "ubyte")


def _ushort(value: int) -> bytes:
    return _code_u16(0x60, value)


def _uint(value: int) -> bytes:
    if value == 0:
        return b"\x43"
    if 0 < value < 256:
        return bytes((0x52, value))
    return _code_u32(0x70, value)


def _ulong(value: int) -> bytes:
    if value == 0:
        return b"\x44"
    if 0 < value < 256:
        return bytes((0x53, value))
    return _code_u64(0x80, value)


def _byte(value: int) -> bytes:
    return _code_i8(0x51, value)


def _short(value: int) -> bytes:
    return _code_i16(0x61, value)


def _int(value: int) -> bytes:
    return _code_i8(0x54, value) if -128 <= value < 128 else _code_i32(0x71, value)


def _long(value: int) -> bytes:
    return _code_i8(0x55, value) if -128 <= value < 128 else _code_i64(0x81, value)


def _timestamp(value: int) -> bytes:
    return _code_i64(0x83, value)


def _float(value: float) -> bytes:
    return _code_f32(0x72, value)


def _double(value: float) -> bytes:
    return _code_f64(0x82, value)


def _char(value: str) -> bytes:
    if len(value) != 1:
        _refuse(value, "char")
    return _code_u32(0x73, ord(value))


def _uuid(value: UUID) -> bytes:
    return b"\x98" + value.bytes


def _opaque(code: int, width: int) -> Callable[[bytes], bytes]:
    prefix = bytes((code,))

    def write(value: bytes) -> bytes:
        return prefix + value if len(value) == width else _refuse(value, f"{width}-byte decimal")

    return write


def _variable(short: int, raw: bytes) -> bytes:
    size = len(raw)
    return bytes((short, size)) + raw if size < 256 else _code_u32(short + 0x10, size) + raw


def _binary(value: bytes) -> bytes:
    return _variable(0xA0, value)


def _string(value: str) -> bytes:
    return _variable(0xA1, value.encode("utf-8"))


def _symbol(value: str) -> bytes:
    return _variable(0xA3, _ascii(value))


def _ascii(value: str) -> bytes:
    try:
        return value.encode("ascii")
    except UnicodeEncodeError:
        raise CodecError(f"the symbol {value!r} holds characters outside ASCII") from None


def _compound(short: int, count: int, body: bytes) -> bytes:
    size = len(body)
    if size < 255 and count < 256:
        return bytes((short, size + 1, count)) + body
    return struct.pack(">BII", short + 0x10, size + 4, count) + body


def _list(value: list[Any]) -> bytes:
    if not value:
        return b"\x45"
    return _compound(0xC0, len(value), b"".join([encode_value(item) for item in value]))


def _map(value: dict[Any, Any]) -> bytes:
    parts = []
    for key, item in value.items():
        parts.append(encode_value(key))
        parts.append(encode_value(item))
    return _compound(0xC1, len(parts), b"".join(parts))


def _described(value: Described) -> bytes:
    return b"\x00" + encode_value(value.descriptor) + encode_value(value.value)


def _array(value: Array) -> bytes:
    code, bodies = _array_elements(value)
    constructor = bytes((code,))
    if value.descriptor is not None:
        constructor = b"\x00" + encode_value(value.descriptor) + constructor
    body = constructor + b"".join(bodies)
    return _compound(0xE0, len(value.items), body)


_FULL_WIDTH: dict[type, tuple[int, struct.Struct]] = {
    UByte: (0x50, struct.Struct(">B")),
    UShort: (0x60, struct.Struct(">H")),
    UInt: (0x70, struct.Struct(">I")),
    ULong: (0x80, struct.Struct(">Q")),
    Byte: (0x51, struct.Struct(">b")),
    Short: (0x61, struct.Struct(">h")),
    Int: (0x71, struct.Struct(">i")),
    int: (0x81, struct.Struct(">q")),
    Timestamp: (0x83, struct.Struct(">q")),
    Float32: (0x72, struct.Struct(">f")),
    float: (0x82, struct.Struct(">d")),
    bool: (0x56, struct.Struct(">?")),
}
_RAW_BYTES: dict[type, tuple[int, Callable[[Any], bytes]]] = {
    bytes: (0xA0, lambda value: value),
    str: (0xA1, lambda value: value.encode("utf-8")),
    Symbol: (0xA3, _ascii),
}
_WHOLE: dict[type, int] = {
    Char: 0x73,
    UUID: 0x98,
    Decimal32: 0x74,
    Decimal64: 0x84,
    Decimal128: 0x94,
}
_COMPOUND: dict[type, int] = {list: 0xD0, dict: 0xD1, Array: 0xF0}


def _array_elements(value: Array) -> tuple[int, list[bytes]]:
    """One constructor for all elements (1.6.24): the widest that any of them needs."""
    element, items = value.element, value.items
    for item in items:
        if type(item) is not element:
            raise CodecError(f"an array of {element.__name__} cannot hold a {type(item).__name__}")
    if element in _FULL_WIDTH:
        code, packer = _FULL_WIDTH[element]
        return code, [packer.pack(item) for item in items]
    if element in _RAW_BYTES:
        code, to_bytes = _RAW_BYTES[element]
        raws = [to_bytes(item) for item in items]
        if all(len(raw) < 256 for raw in raws):
            return code, [bytes((len(raw),)) + raw for raw in raws]
        return code + 0x10, [_u32(len(raw)) + raw for raw in raws]
    if element in _WHOLE:
        return _WHOLE[element], [encode_value(item)[1:] for item in items]
    if element in _COMPOUND:
        return _COMPOUND[element], [_wide(encode_value(item)) for item in items]
    if element is NoneType:
        return 0x40, [b""] * len(items)
    raise CodecError(f"AMQP has no array of a Python {element.__name__}")


def _wide(encoded: bytes) -> bytes:
    """The 4-byte form of a compound's size and count, without its constructor."""
    code = encoded[0]
    if code == 0x45:
        return struct.pack(">II", 4, 0)
    if code < 0xD0:
        return struct.pack(">II", encoded[1] + 3, encoded[2]) + encoded[3:]
    if code == 0xE0:
        return struct.pack(">II", encoded[1] + 3, encoded[2]) + encoded[3:]
    return encoded[1:]


def _refuse(value: Any, kind: str) -> bytes:
    raise CodecError(f"{value!r} is not a valid AMQP {kind}")


_WRITERS: dict[type, Callable[[Any], bytes]] = {
    NoneType: _null,
    bool: _boolean,
    UByte: _ubyte,
    UShort: _ushort,
    UInt: _uint,
    ULong: _ulong,
    Byte: _byte,
    Short: _short,
    Int: _int,
    int: _long,
    Timestamp: _timestamp,
    Float32: _float,
    float: _double,
    Char: _char,
    UUID: _uuid,
    Decimal32: _opaque(0x74, 4),
    Decimal64: _opaque(0x84, 8),
    Decimal128: _opaque(0x94, 16),
    bytes: _binary,
    str: _string,
    Symbol: _symbol,
    list: _list,
    dict: _map,
    Array: _array,
    Described: _described,
}
