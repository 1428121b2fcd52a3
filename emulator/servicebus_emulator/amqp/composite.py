"""Composite types (1.4): a described list whose positions are named fields.

Each composite is a dataclass whose fields carry their wire type, so the class is its own specification table.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, TypeVar, cast

from servicebus_emulator.amqp.encode import encode_value
from servicebus_emulator.amqp.errors import INVALID_FIELD, AmqpProtocolError, CodecError
from servicebus_emulator.amqp.types import Array, Described, Symbol, Timestamp, UByte, UInt, ULong, UShort

T = TypeVar("T")

REQUIRED: Any = None
"""Default of a mandatory field: such a field left out is a decode error when read."""


def wire(kind: str, default: Any = None, *, mandatory: bool = False) -> Any:
    """A dataclass field that is encoded as `kind` (a key of KINDS)."""
    return dataclasses.field(default=default, metadata={"kind": kind, "mandatory": mandatory})


@dataclasses.dataclass(frozen=True, slots=True)
class Field:
    """One position of a composite's list."""

    name: str
    kind: str
    default: Any
    mandatory: bool
    encode: Callable[[Any], bytes]
    check: Callable[[Any], Any]


@dataclasses.dataclass(frozen=True, slots=True)
class Spec:
    """What is known of one composite type."""

    cls: type
    code: int
    symbol: str
    fields: tuple[Field, ...]
    padded: bool


BY_CODE: dict[int, Spec] = {}
BY_SYMBOL: dict[str, Spec] = {}
BY_CLASS: dict[type, Spec] = {}


def composite(code: int, symbol: str, *, padded: bool = False) -> Callable[[type[T]], type[T]]:
    """Register a dataclass as the composite with this descriptor.

    `padded` writes every field even when the last ones are null: some clients read the performatives by
    position and fail on a shorter list.
    """

    def register(cls: type[T]) -> type[T]:
        fields = []
        for item in dataclasses.fields(cast(Any, cls)):
            kind = item.metadata["kind"]
            encode, check = KINDS[kind]
            fields.append(Field(item.name, kind, item.default, item.metadata["mandatory"], encode, check))
        spec = Spec(cls, code, symbol, tuple(fields), padded)
        BY_CODE[code] = BY_SYMBOL[symbol] = BY_CLASS[cls] = spec
        return cls

    return register


def encode_composite(value: Any) -> bytes:
    """The encoding of a composite; fields that hold their default are written as null."""
    spec = BY_CLASS[type(value)]
    parts: list[bytes] = []
    for field in spec.fields:
        item = getattr(value, field.name)
        parts.append(
            b"\x40" if item is None or (item == field.default and not field.mandatory) else field.encode(item)
        )
    if not spec.padded:
        while parts and parts[-1] == b"\x40":
            parts.pop()
    return b"\x00" + encode_value(ULong(spec.code)) + list_of(parts)


def list_of(parts: list[bytes]) -> bytes:
    """A list of values that are encoded already."""
    if not parts:
        return b"\x45"
    body = b"".join(parts)
    size, count = len(body), len(parts)
    if size < 255 and count < 256:
        return bytes((0xC0, size + 1, count)) + body
    return b"\xd0" + (size + 4).to_bytes(4, "big") + count.to_bytes(4, "big") + body


def spec_of(descriptor: Any) -> Spec | None:
    """The composite that a descriptor names, numerically or by symbol."""
    if type(descriptor) is ULong:
        return BY_CODE.get(descriptor)
    if type(descriptor) is Symbol:
        return BY_SYMBOL.get(descriptor)
    return None


def from_fields(spec: Spec, values: Any) -> Any:
    """Build a composite from the list that was read. Raises CodecError naming the field that is wrong."""
    if type(values) is not list:
        raise CodecError(f"{spec.symbol} is not a list")
    fields = spec.fields
    if len(values) > len(fields):
        raise CodecError(f"{spec.symbol} has {len(values)} fields, at most {len(fields)} are known")
    arguments = []
    for field, value in zip(fields, values, strict=False):
        if value is None:
            if field.mandatory:
                raise CodecError(f"{spec.symbol} lacks its mandatory field {field.name}")
            arguments.append(field.default)
            continue
        try:
            arguments.append(field.check(value))
        except (TypeError, ValueError):
            raise AmqpProtocolError(
                f"{spec.symbol}: field {field.name} is no {field.kind}", INVALID_FIELD
            ) from None
    for field in fields[len(values) :]:
        if field.mandatory:
            raise CodecError(f"{spec.symbol} lacks its mandatory field {field.name}")
    return spec.cls(*arguments)


def from_described(value: Any) -> Any:
    """Turn a described list whose descriptor is known into its composite; anything else stays as it is."""
    if type(value) is Described:
        spec = spec_of(value.descriptor)
        if spec is not None:
            return from_fields(spec, value.value)
    return value


def _exactly(kind: type) -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        if type(value) is not kind:
            raise TypeError
        return value

    return check


def _check_symbols(value: Any) -> Any:
    """`multiple="true"` (1.4): one symbol or an array of symbols."""
    if type(value) is Symbol:
        return (value,)
    if type(value) is Array and value.element is Symbol:
        return tuple(value.items)
    raise TypeError


def _encode_symbols(value: Any) -> bytes:
    return encode_value(Array(Symbol, [Symbol(item) for item in value]))


def _check_text(value: Any) -> Any:
    if type(value) is not str and type(value) is not Symbol:
        raise TypeError
    return value


def _check_described(value: Any) -> Any:
    if type(value) is not Described:
        raise TypeError
    return from_described(value)


def _encode_any(value: Any) -> bytes:
    return encode_composite(value) if type(value) in BY_CLASS else encode_value(value)


def _same(value: Any) -> Any:
    return value


KINDS: dict[str, tuple[Callable[[Any], bytes], Callable[[Any], Any]]] = {
    "ubyte": (lambda value: encode_value(UByte(value)), _exactly(UByte)),
    "ushort": (lambda value: encode_value(UShort(value)), _exactly(UShort)),
    "uint": (lambda value: encode_value(UInt(value)), _exactly(UInt)),
    "ulong": (lambda value: encode_value(ULong(value)), _exactly(ULong)),
    "boolean": (encode_value, _exactly(bool)),
    "timestamp": (lambda value: encode_value(Timestamp(value)), _exactly(Timestamp)),
    "string": (lambda value: encode_value(str(value)), _check_text),
    "symbol": (lambda value: encode_value(Symbol(value)), _check_text),
    "symbols": (_encode_symbols, _check_symbols),
    "binary": (encode_value, _exactly(bytes)),
    "map": (encode_value, _exactly(dict)),
    "described": (_encode_any, _check_described),
    "any": (_encode_any, _same),
}
