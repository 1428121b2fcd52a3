"""Python values for AMQP's type system (1.6), so that a value read can be written back with the type it had.

Plain Python stands for the commonest type: None null, bool boolean, int long, float double, str string,
bytes binary, uuid.UUID uuid, list list, dict map. The other types are thin subclasses.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


class UByte(int):
    """ubyte: 0 to 2**8 - 1."""

    __slots__ = ()


class UShort(int):
    """ushort: 0 to 2**16 - 1."""

    __slots__ = ()


class UInt(int):
    """uint: 0 to 2**32 - 1."""

    __slots__ = ()


class ULong(int):
    """ulong: 0 to 2**64 - 1."""

    __slots__ = ()


class Byte(int):
    """byte: -2**7 to 2**7 - 1."""

    __slots__ = ()


class Short(int):
    """short: -2**15 to 2**15 - 1."""

    __slots__ = ()


class Int(int):
    """int: -2**31 to 2**31 - 1."""

    __slots__ = ()


class Timestamp(int):
    """timestamp: milliseconds since 1970-01-01 UTC, signed 64 bits."""

    __slots__ = ()


LAST_TIMESTAMP = Timestamp(253_402_300_799_999)
"""The last millisecond of the year 9999, where the calendars of .NET and Python end."""


class Float32(float):
    """float: IEEE 754 binary32."""

    __slots__ = ()


class Char(str):
    """char: one Unicode character."""

    __slots__ = ()


class Symbol(str):
    """symbol: ASCII characters from a constrained domain."""

    __slots__ = ()


class Decimal32(bytes):
    """decimal32: the 4 bytes of IEEE 754 decimal32 as they are on the wire."""

    __slots__ = ()


class Decimal64(bytes):
    """decimal64: the 8 bytes of IEEE 754 decimal64 as they are on the wire."""

    __slots__ = ()


class Decimal128(bytes):
    """decimal128: the 16 bytes of IEEE 754 decimal128 as they are on the wire."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Described:
    """A described type (1.2): a descriptor (ULong or Symbol) and the value it describes."""

    descriptor: Any
    value: Any


class Array:
    """An array (1.6.24): values of one type. `element` is the Python class that stands for that type.

    `descriptor` is set when the elements are described values, which share one descriptor.
    """

    __slots__ = ("descriptor", "element", "items")

    def __init__(self, element: type, items: list[Any], descriptor: Any = None) -> None:
        self.element = element
        self.items = items
        self.descriptor = descriptor

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Array)
            and self.element is other.element
            and self.descriptor == other.descriptor
            and self.items == other.items
        )

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Array({self.element.__name__}, {self.items!r}, {self.descriptor!r})"


NoneType: type = type(None)
