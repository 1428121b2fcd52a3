"""A peer may write on before it was answered (2.4.2, 5.3): however its bytes arrive, the answers are the same."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ..plain_wire import (
    ATTACH,
    BEGIN,
    CLOSE,
    DETACH,
    DISPOSITION,
    END,
    FLOW,
    HEADER,
    OPEN,
    TRANSFER,
    UINT_MAX,
    Frame,
    Symbol,
    UInt,
    frame,
)
from .in_memory_client import World
from .raw_client import HELLO, RawClient, detach, flow, receiver, sender, transfer

SASL_MECHANISMS, SASL_OUTCOME = 0x40, 0x44
begin = frame(BEGIN, [None, UInt(0), UInt(UINT_MAX), UInt(UINT_MAX)])
end, close = frame(END, []), frame(CLOSE, [])
session_filter = {Symbol("com.microsoft:session-filter"): None}

CONVERSATIONS: dict[str, tuple[list[bytes], list[int]]] = {
    "all at once": (
        [*HELLO, receiver("q", 0), flow(0, 5), sender("q", 1), transfer(1, 0)],
        [SASL_MECHANISMS, SASL_OUTCOME, OPEN, BEGIN, ATTACH, ATTACH, FLOW, TRANSFER, DISPOSITION],
    ),
    "without SASL": ([HEADER, *HELLO[3:], receiver("q")], [OPEN, BEGIN, ATTACH]),
    "a link opened and closed": ([*HELLO, receiver("q"), detach(0)], [ATTACH, DETACH]),
    "a handle used again": (
        [*HELLO, receiver("q"), detach(0), receiver("q"), detach(0), sender("q")],
        [ATTACH, DETACH, ATTACH, DETACH, ATTACH, FLOW],
    ),
    "a refused link closed": ([*HELLO, receiver("nowhere"), detach(0)], [ATTACH, DETACH]),
    "a held attach given up": ([*HELLO, receiver("s", filter=session_filter), detach(0)], [ATTACH, DETACH]),
    "a session opened and ended": (
        [*HELLO, receiver("q"), end, begin, receiver("q")],
        [BEGIN, ATTACH, END, BEGIN, ATTACH],
    ),
    "a connection opened and closed": ([*HELLO, receiver("q"), close], [BEGIN, ATTACH, CLOSE]),
    "a drain with the attach": ([*HELLO, receiver("q"), flow(0, 5, drain=True)], [ATTACH, FLOW]),
    "wrong SASL": (
        [HELLO[0], frame(0x41, [Symbol("NOBODY")], kind=1), *HELLO[2:]],
        [SASL_MECHANISMS, SASL_OUTCOME],
    ),
}


def told(found: list[Frame]) -> list[Any]:
    """What was answered, without the ids and times that differ from one run to the next."""
    return [
        (
            each.code,
            each.channel,
            re.sub(r"UUID\('[^']*'\)|[0-9a-f]{32}", "?", repr(each.fields)),
            len(each.payload),
        )
        for each in found
    ]


def one_by_one(parts: list[bytes]) -> list[Frame]:
    raw = RawClient(hello=False)
    return [each for part in parts for each in raw.say(part)]


@pytest.mark.parametrize("name", CONVERSATIONS)
def test_one_packet_is_answered_as_many_are(name: str) -> None:
    parts, expected = CONVERSATIONS[name]
    together = RawClient(hello=False).say(*parts)
    assert [each.code for each in together][-len(expected) :] == expected
    assert sorted(map(repr, told(together))) == sorted(map(repr, told(one_by_one(parts))))


@settings(max_examples=60)
@given(data=st.data(), name=st.sampled_from(sorted(CONVERSATIONS)))
def test_any_chopping_is_answered_alike(data: st.DataObject, name: str) -> None:
    parts, _ = CONVERSATIONS[name]
    whole = b"".join(parts)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=6)))
    raw = RawClient(hello=False)
    found: list[Frame] = []
    for start, stop in zip([0, *cuts], [*cuts, len(whole)], strict=True):
        found += raw.say(whole[start:stop])
    assert sorted(map(repr, told(found))) == sorted(map(repr, told(one_by_one(parts))))


def test_links_that_close_at_once_leave_nothing_behind() -> None:
    world = World()
    raw = RawClient(world)
    for _ in range(3):
        raw.say(
            receiver("q", 0), receiver("s", 1, filter=session_filter), sender("q", 2), *map(detach, range(3))
        )
    assert world.broker.queue("q").receiver_count == world.broker.queue("s").receiver_count == 0
    (session,) = raw.at_server.connection.sessions.values()
    assert session.links_by_handle == {}


def test_a_second_session_may_begin_before_the_first_is_answered() -> None:
    second = [frame(BEGIN, [None, UInt(7), UInt(1), UInt(1)], channel=1), receiver("q")]
    found = RawClient(hello=False).say(*HELLO, *second)
    assert [each.code for each in found] == [SASL_MECHANISMS, SASL_OUTCOME, OPEN, BEGIN, BEGIN, ATTACH]
