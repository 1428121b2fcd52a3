"""Every AMQP type goes out and comes back; other encodings are read; nonsense is refused, within bounds."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from servicebus_emulator.amqp.decode import MAX_DEPTH, decode_all, skip_value
from servicebus_emulator.amqp.encode import encode_value
from servicebus_emulator.amqp.errors import CodecError
from servicebus_emulator.amqp.types import (
    Array,
    Char,
    Described,
    Int,
    Short,
    Symbol,
    UByte,
    UInt,
    ULong,
)

from .amqp_values import values


def same(left, right):
    """Equal, and of the same AMQP types all the way down."""
    if type(left) is not type(right):
        return False
    if isinstance(left, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict):
        return list(left) == list(right) and all(same(left[key], right[key]) for key in left)
    if isinstance(left, Described):
        return same(left.descriptor, right.descriptor) and same(left.value, right.value)
    if isinstance(left, Array):
        return (
            left.element is right.element
            and same(left.items, right.items)
            and left.descriptor == right.descriptor
        )
    return left == right


@pytest.mark.lengthy
@settings(max_examples=600, deadline=None)
@given(values)
def test_a_value_comes_back_with_its_types_and_the_same_bytes(value):
    encoded = encode_value(value)
    decoded = decode_all(encoded)
    assert same(decoded, value)
    assert encode_value(decoded) == encoded
    assert skip_value(encoded, 0) == len(encoded)


@pytest.mark.parametrize(
    ("wide", "value"),
    [
        (b"\x56\x01", True),
        (b"\x56\x00", False),
        (b"\x70\x00\x00\x00\x00", UInt(0)),
        (b"\x52\x00", UInt(0)),
        (b"\x80" + bytes(7) + b"\x05", ULong(5)),
        (b"\x53\x00", ULong(0)),
        (b"\x71\x00\x00\x00\x01", Int(1)),
        (b"\x81" + bytes(7) + b"\x09", 9),
        (b"\xb1\x00\x00\x00\x02hi", "hi"),
        (b"\xb3\x00\x00\x00\x02hi", Symbol("hi")),
        (b"\xb0\x00\x00\x00\x01x", b"x"),
        (b"\xc0\x01\x00", []),
        (b"\xd0\x00\x00\x00\x04\x00\x00\x00\x00", []),
        (b"\xd1\x00\x00\x00\x04\x00\x00\x00\x00", {}),
        (b"\xc1\x01\x00", {}),
        (b"\xf0\x00\x00\x00\x07\x00\x00\x00\x02\xa1\x00\x00", Array(str, ["", ""])),
        (b"\xe0\x06\x04\x56\x01\x00\x01\x00", Array(bool, [True, False, True, False])),
    ],
)
def test_longer_encodings_are_read_and_written_short(wide, value):
    decoded = decode_all(wide)
    assert same(decoded, value)
    assert len(encode_value(decoded)) <= len(wide)


def test_nan_survives_bit_for_bit():
    encoded = b"\x82" + struct.pack(">d", float("nan"))
    assert encode_value(decode_all(encoded)) == encoded


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"\x01",  # no such type
        b"\x56\x02",  # neither true nor false
        b"\xa1\x05abc",  # longer than what is there
        b"\xa1\x01\xff",  # not UTF-8
        b"\xa3\x01\xff",  # not ASCII
        b"\x73\x00\x11\x00\x00",  # above Unicode
        b"\x73\x00\x00\xd8\x00",  # a surrogate
        b"\xd0\xff\xff\xff\xff\xff\xff\xff\xff",  # huge size
        b"\xd0\x00\x00\x00\x05\xff\xff\xff\xff\x40",  # huge count
        b"\xc1\x03\x03\xa1\x00\x40",  # odd map
        b"\xc1\x05\x04\xa1\x00\x40\xa1\x00\x40",  # size does not fit
        b"\xc1\x07\x04\xa1\x00\x40\xa1\x00\x40",  # the same key twice
        b"\xf0\x00\x00\x00\x05\xff\xff\xff\xff\x40",  # four thousand million nulls in ten bytes
        b"\xc1\x03\x02\x45\x40",  # a list as a key
    ],
)
def test_nonsense_is_refused(bad):
    with pytest.raises(CodecError):
        decode_all(bad)


def test_nesting_has_a_bound():
    encoded = b"\x40"
    for _ in range(MAX_DEPTH + 1):
        encoded = struct.pack(">BII", 0xD0, len(encoded) + 4, 1) + encoded
    with pytest.raises(CodecError, match="nested"):
        decode_all(encoded)
    with pytest.raises(CodecError):
        decode_all(b"\x00" * 100_000)


@settings(max_examples=400, deadline=None)
@given(st.binary(max_size=64))
def test_random_bytes_are_a_value_or_a_codec_error(data):
    try:
        value = decode_all(data)
    except CodecError:
        return
    assert skip_value(data, 0) == len(data)
    encoded = encode_value(value)
    assert encode_value(decode_all(encoded)) == encoded


@pytest.mark.parametrize(
    "value",
    [UByte(256), UInt(-1), ULong(2**64), 2**63, Short(40_000), Symbol("é"), object(), {1, 2}, Char("ab")],
)
def test_what_amqp_cannot_hold_is_refused(value):
    with pytest.raises(CodecError):
        encode_value(value)
