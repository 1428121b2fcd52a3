"""Values of every AMQP type, for property tests."""

import uuid

from hypothesis import strategies as st

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
    Short,
    Symbol,
    Timestamp,
    UByte,
    UInt,
    ULong,
    UShort,
)


def whole(cls, bits, signed):
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    return st.integers(low, high).map(cls)


SCALARS = {
    type(None): st.none(),
    bool: st.booleans(),
    UByte: whole(UByte, 8, False),
    UShort: whole(UShort, 16, False),
    UInt: whole(UInt, 32, False),
    ULong: whole(ULong, 64, False),
    Byte: whole(Byte, 8, True),
    Short: whole(Short, 16, True),
    Int: whole(Int, 32, True),
    int: whole(int, 64, True),
    Timestamp: whole(Timestamp, 64, True),
    Float32: st.floats(width=32, allow_nan=False).map(Float32),
    float: st.floats(allow_nan=False),
    Char: st.characters(exclude_categories=("Cs",)).map(Char),
    Decimal32: st.binary(min_size=4, max_size=4).map(Decimal32),
    Decimal64: st.binary(min_size=8, max_size=8).map(Decimal64),
    Decimal128: st.binary(min_size=16, max_size=16).map(Decimal128),
    uuid.UUID: st.uuids(),
    bytes: st.binary(max_size=400),
    str: st.text(max_size=300),
    Symbol: st.text(st.characters(min_codepoint=0, max_codepoint=127), max_size=300).map(Symbol),
}
scalars = st.one_of(*SCALARS.values())
keys = st.one_of(
    st.text(max_size=8), SCALARS[Symbol].filter(lambda s: len(s) < 9).map(lambda s: Symbol("k" + s))
)
arrays = st.one_of(
    *(
        st.lists(items, max_size=6).map(lambda values, kind=kind: Array(kind, values))
        for kind, items in SCALARS.items()
    )
)


def compounds(inner):
    lists = st.lists(inner, max_size=5)
    maps = st.dictionaries(st.text(max_size=6), inner, max_size=4)
    return st.one_of(
        lists,
        maps,
        st.builds(Described, st.one_of(SCALARS[ULong], SCALARS[Symbol]), inner),
        st.lists(lists, max_size=3).map(lambda values: Array(list, values)),
        st.lists(maps, max_size=3).map(lambda values: Array(dict, values)),
        st.builds(
            lambda items, name: Array(int, items, Symbol(name)),
            st.lists(SCALARS[int], max_size=3),
            st.just("d"),
        ),
    )


values = st.recursive(st.one_of(scalars, arrays), compounds, max_leaves=12)
