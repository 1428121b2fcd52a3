"""Reading AMQP values (1.2 to 1.6) from bytes. Every encoding of a type is accepted, shortest or not.

`decode_value(buffer, position)` returns (value, next position). Work and memory are bounded by the bytes at hand:
a count that the bytes cannot hold, or nesting beyond MAX_DEPTH, is a CodecError.
"""

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

MAX_DEPTH = 64
"""Deepest nesting of lists, maps, arrays and descriptors that is read: far above any real message."""

MAX_EMPTY_ELEMENTS = 65_536
"""Most elements of an array whose elements take no bytes at all (null, true, list0): only this limits them."""

Reader = Callable[[bytes, int, int], tuple[Any, int]]

_unpack_u16 = struct.Struct(">H").unpack_from
_unpack_u32 = struct.Struct(">I").unpack_from
_unpack_u64 = struct.Struct(">Q").unpack_from
_unpack_i8 = struct.Struct(">b").unpack_from
_unpack_i16 = struct.Struct(">h").unpack_from
_unpack_i32 = struct.Struct(">i").unpack_from
_unpack_i64 = struct.Struct(">q").unpack_from
_unpack_f32 = struct.Struct(">f").unpack_from
_unpack_f64 = struct.Struct(">d").unpack_from


def decode_value(buffer: bytes, position: int = 0, depth: int = 0) -> tuple[Any, int]:
    """Read the value that starts at `position`; returns it and the position after it.

    Raises CodecError for anything that is not a complete, valid value.
    """
    try:
        return _READERS[buffer[position]](buffer, position + 1, depth)
    except (IndexError, struct.error):
        raise CodecError(f"value at byte {position} runs past the end of its frame") from None
    except UnicodeDecodeError as error:
        raise CodecError(f"text at byte {position} is not valid: {error.reason}") from None


def decode_all(buffer: bytes) -> Any:
    """Read one value that fills the whole buffer. Raises CodecError when bytes are left over."""
    value, end = decode_value(buffer, 0)
    if end != len(buffer):
        raise CodecError(f"{len(buffer) - end} bytes are left after the value")
    return value


def skip_value(buffer: bytes, position: int) -> int:
    """The position after the value at `position`, without reading what is in it."""
    try:
        code = buffer[position]
        position += 1
        descriptors = 0
        while code == 0x00:
            position = skip_value(buffer, position) if descriptors < MAX_DEPTH else len(buffer)
            code = buffer[position]
            position += 1
            descriptors += 1
        family = code >> 4
        if family in _FIXED_WIDTH:
            position += _FIXED_WIDTH[family]
        elif family in (0xA, 0xC, 0xE):
            position += 1 + buffer[position]
        elif family in (0xB, 0xD, 0xF):
            position += 4 + _unpack_u32(buffer, position)[0]
        else:
            raise CodecError(f"no AMQP type has the code 0x{code:02x}")
    except (IndexError, struct.error):
        raise CodecError(f"value at byte {position} runs past the end of its frame") from None
    if position > len(buffer):
        raise CodecError("a value runs past the end of its frame")
    return position


_FIXED_WIDTH = {0x4: 0, 0x5: 1, 0x6: 2, 0x7: 4, 0x8: 8, 0x9: 16}


def _fixed(
    unpack: Callable[[bytes, int], tuple[Any, ...]], width: int, make: Callable[[Any], Any] | None
) -> Reader:
    if make is None:

        def read_plain(buffer: bytes, position: int, depth: int) -> tuple[Any, int]:
            return unpack(buffer, position)[0], position + width

        return read_plain

    def read(buffer: bytes, position: int, depth: int) -> tuple[Any, int]:
        return make(unpack(buffer, position)[0]), position + width

    return read


def _constant(value: Any) -> Reader:
    def read(buffer: bytes, position: int, depth: int) -> tuple[Any, int]:
        return value, position

    return read


def _read_boolean(buffer: bytes, position: int, depth: int) -> tuple[Any, int]:
    octet = buffer[position]
    if octet > 1:
        raise CodecError(f"boolean at byte {position} is 0x{octet:02x}; only 0x00 and 0x01 are")
    return octet == 1, position + 1


def _small_unsigned(make: Callable[[Any], Any]) -> Reader:
    cache = [make(n) for n in range(256)]

    def read(buffer: bytes, position: int, depth: int) -> tuple[Any, int]:
        return cache[buffer[position]], position + 1

    return read


def _raw(buffer: bytes, position: int, size: int) -> tuple[bytes, int]:
    end = position + size
    if end > len(buffer):
        raise CodecError(f"{size} bytes are announced at byte {position}, {len(buffer) - position} are there")
    return buffer[position:end], end


def _variable(width: int, make: Callable[[bytes], Any] | None) -> Reader:
    def read(buffer: bytes, position: int, depth: int) -> tuple[Any, int]:
        size = buffer[position] if width == 1 else _unpack_u32(buffer, position)[0]
        raw, end = _raw(buffer, position + width, size)
        return (raw if make is None else make(raw)), end

    return read


def _opaque(width: int, make: Callable[[bytes], Any]) -> Reader:
    def read(buffer: bytes, position: int, depth: int) -> tuple[Any, int]:
        raw, end = _raw(buffer, position, width)
        return make(raw), end

    return read


def _string(raw: bytes) -> str:
    return raw.decode("utf-8")


def _symbol(raw: bytes) -> Symbol:
    return Symbol(raw.decode("ascii"))


def _read_char(buffer: bytes, position: int, depth: int) -> tuple[Any, int]:
    code_point = _unpack_u32(buffer, position)[0]
    if code_point > 0x10FFFF or 0xD800 <= code_point <= 0xDFFF:
        raise CodecError(f"char at byte {position} is U+{code_point:X}, which is no character")
    return Char(chr(code_point)), position + 4


def _read_uuid(buffer: bytes, position: int, depth: int) -> tuple[Any, int]:
    raw, end = _raw(buffer, position, 16)
    return UUID(bytes=raw), end


def _bounds(buffer: bytes, position: int, width: int) -> tuple[int, int, int]:
    """Read size and count of a compound or array; returns (count, first element, end)."""
    if width == 1:
        size, count, start = buffer[position], buffer[position + 1], position + 2
    else:
        size, count, start = (
            _unpack_u32(buffer, position)[0],
            _unpack_u32(buffer, position + 4)[0],
            position + 8,
        )
    end = position + width + size
    if end > len(buffer) or end < start:
        raise CodecError(f"{size} bytes are announced at byte {position}, {len(buffer) - position} are there")
    return count, start, end


def _deeper(depth: int) -> int:
    if depth >= MAX_DEPTH:
        raise CodecError(f"values are nested more than {MAX_DEPTH} deep")
    return depth + 1


def _list(width: int) -> Reader:
    def read(buffer: bytes, position: int, depth: int) -> tuple[Any, int]:
        count, position, end = _bounds(buffer, position, width)
        if count > end - position:
            raise CodecError(f"list of {count} elements in {end - position} bytes")
        depth = _deeper(depth)
        items = []
        readers = _READERS
        for _ in range(count):
            item, position = readers[buffer[position]](buffer, position + 1, depth)
            items.append(item)
        if position != end:
            raise CodecError(f"list ends at byte {position}, its size field is {end}")
        return items, end

    return read


def _map(width: int) -> Reader:
    def read(buffer: bytes, position: int, depth: int) -> tuple[Any, int]:
        count, position, end = _bounds(buffer, position, width)
        if count > end - position or count & 1:
            raise CodecError(f"map of {count} keys and values in {end - position} bytes")
        depth = _deeper(depth)
        entries: dict[Any, Any] = {}
        readers = _READERS
        for _ in range(count >> 1):
            key, position = readers[buffer[position]](buffer, position + 1, depth)
            value, position = readers[buffer[position]](buffer, position + 1, depth)
            try:
                entries[key] = value
            except TypeError:
                raise CodecError(f"a {type(key).__name__} as the key of a map is not supported") from None
        if position != end:
            raise CodecError(f"map ends at byte {position}, its size field is {end}")
        if len(entries) != count >> 1:
            raise CodecError("map holds the same key twice")  # 1.6.23
        return entries, end

    return read


def _array(width: int) -> Reader:
    def read(buffer: bytes, position: int, depth: int) -> tuple[Any, int]:
        count, position, end = _bounds(buffer, position, width)
        depth = _deeper(depth)
        descriptor = None
        code = buffer[position]
        if code == 0x00:
            descriptor, position = decode_value(buffer, position + 1, depth)
            code = buffer[position]
            if code == 0x00:
                raise CodecError("arrays of values described twice are not supported")
        position += 1
        element = _ELEMENT_TYPES.get(code)
        if element is None:
            raise CodecError(f"no AMQP type has the code 0x{code:02x}")
        if count > end - position and (code >> 4 != 0x4 or count > MAX_EMPTY_ELEMENTS):
            raise CodecError(f"array of {count} elements in {end - position} bytes")
        reader = _READERS[code]
        items = []
        for _ in range(count):
            item, position = reader(buffer, position, depth)
            items.append(item)
        if position != end:
            raise CodecError(f"array ends at byte {position}, its size field is {end}")
        return Array(element, items, descriptor), end

    return read


def _read_described(buffer: bytes, position: int, depth: int) -> tuple[Any, int]:
    depth = _deeper(depth)
    descriptor, position = _READERS[buffer[position]](buffer, position + 1, depth)
    value, position = _READERS[buffer[position]](buffer, position + 1, depth)
    return Described(descriptor, value), position


def _unknown(code: int) -> Reader:
    def read(buffer: bytes, position: int, depth: int) -> tuple[Any, int]:
        raise CodecError(f"no AMQP type has the code 0x{code:02x} (byte {position - 1})")

    return read


def _u8(buffer: bytes, position: int) -> tuple[int]:
    return (buffer[position],)


_TABLE: dict[int, tuple[type, Reader]] = {
    0x40: (NoneType, _constant(None)),
    0x41: (bool, _constant(True)),
    0x42: (bool, _constant(False)),
    0x43: (UInt, _constant(UInt(0))),
    0x44: (ULong, _constant(ULong(0))),
    0x50: (UByte, _small_unsigned(UByte)),
    0x51: (Byte, _fixed(_unpack_i8, 1, Byte)),
    0x52: (UInt, _small_unsigned(UInt)),
    0x53: (ULong, _small_unsigned(ULong)),
    0x54: (Int, _fixed(_unpack_i8, 1, Int)),
    0x55: (int, _fixed(_unpack_i8, 1, None)),
    0x56: (bool, _read_boolean),
    0x60: (UShort, _fixed(_unpack_u16, 2, UShort)),
    0x61: (Short, _fixed(_unpack_i16, 2, Short)),
    0x70: (UInt, _fixed(_unpack_u32, 4, UInt)),
    0x71: (Int, _fixed(_unpack_i32, 4, Int)),
    0x72: (Float32, _fixed(_unpack_f32, 4, Float32)),
    0x73: (Char, _read_char),
    0x74: (Decimal32, _opaque(4, Decimal32)),
    0x80: (ULong, _fixed(_unpack_u64, 8, ULong)),
    0x81: (int, _fixed(_unpack_i64, 8, None)),
    0x82: (float, _fixed(_unpack_f64, 8, None)),
    0x83: (Timestamp, _fixed(_unpack_i64, 8, Timestamp)),
    0x84: (Decimal64, _opaque(8, Decimal64)),
    0x94: (Decimal128, _opaque(16, Decimal128)),
    0x98: (UUID, _read_uuid),
    0xA0: (bytes, _variable(1, None)),
    0xA1: (str, _variable(1, _string)),
    0xA3: (Symbol, _variable(1, _symbol)),
    0xB0: (bytes, _variable(4, None)),
    0xB1: (str, _variable(4, _string)),
    0xB3: (Symbol, _variable(4, _symbol)),
    0xC0: (list, _list(1)),
    0xC1: (dict, _map(1)),
    0xD0: (list, _list(4)),
    0xD1: (dict, _map(4)),
    0xE0: (Array, _array(1)),
    0xF0: (Array, _array(4)),
}


def _read_list0(buffer: bytes, position: int, depth: int) -> tuple[Any, int]:
    return [], position  # a new list each time: the caller may keep and change it


_TABLE[0x45] = (list, _read_list0)

_READERS: list[Reader] = [_TABLE[code][1] if code in _TABLE else _unknown(code) for code in range(256)]
_READERS[0x00] = _read_described
_ELEMENT_TYPES: dict[int, type] = {code: element for code, (element, _) in _TABLE.items()}
