"""Every number of the transport at both ends of its range, against the specification's text and a second codec."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plain_wire import (
    ATTACH,
    BEGIN,
    FLOW,
    HEADER,
    OPEN,
    TRANSFER,
    UINT_MAX,
    Described,
    Frame,
    UInt,
    encode,
    frame,
    frames,
    serial_add,
)

from servicebus_emulator.amqp.connection import Connection
from servicebus_emulator.amqp.events import LinkAttached

EDGES = (0, 1, 2, 0x7FFF_FFFE, 0x7FFF_FFFF, 0x8000_0000, 0x8000_0001, 0xFFFF_FFFE, UINT_MAX)
uints = st.sampled_from(EDGES) | st.integers(0, UINT_MAX)


class Server:
    """The engine as a server that accepts every link; the peer is written by hand."""

    def __init__(self, *, window: int = UINT_MAX, next_outgoing: int = 0) -> None:
        self.engine = Connection("server", container_id="s")
        self.links: list[Any] = []
        self.say(
            HEADER,
            frame(OPEN, ["peer"]),
            frame(BEGIN, [None, UInt(next_outgoing), UInt(window), UInt(UINT_MAX)]),
        )

    def say(self, *data: bytes) -> list[Frame]:
        for event in self.engine.receive(b"".join(data)):
            if isinstance(event, LinkAttached):
                event.link.accept(source=event.attach.source, target=event.attach.target)
                self.links.append(event.link)
        return self.written()

    def written(self) -> list[Frame]:
        return frames(self.engine.take())

    def receiver(self, handle: int = 0) -> list[Frame]:
        """The peer attaches a receiver: what the engine sends on goes through its windows."""
        terminus = [Described(0x28, ["q"]), Described(0x29, ["here"])]
        return self.say(frame(ATTACH, [f"r{handle}", UInt(handle), True, None, None, *terminus]))

    def flow(self, *, received: int | None, window: int, **link: Any) -> list[Frame]:
        fields: list[Any] = [
            None if received is None else UInt(received),
            UInt(window),
            UInt(0),
            UInt(UINT_MAX),
        ]
        if link:
            count = link.get("count")
            fields += [
                UInt(link.get("handle", 0)),
                None if count is None else UInt(count),
                UInt(link["credit"]),
                None,
                link.get("drain", False),
                link.get("echo", False),
            ]
        return self.say(frame(FLOW, fields))


def send_at_most(server: Server, count: int) -> int:
    """Let the engine send while it has credit, at most so many; returns how many transfers it wrote."""
    link = server.links[0]
    for number in range(count):
        if link.credit <= 0:
            break
        link.send(encode(Described(0x75, b"x")), number.to_bytes(4, "big"))
    return sum(1 for each in server.written() if each.code == TRANSFER)


@given(window=uints, sent=st.integers(0, 3), known=st.integers(0, 3), after=uints)
def test_the_peers_window_is_what_section_2_5_6_says(window: int, sent: int, known: int, after: int) -> None:
    """remote-incoming-window = next-incoming-id(flow) + incoming-window(flow) - next-outgoing-id(endpoint)."""
    server = Server(window=window)
    server.receiver()
    server.flow(received=None, window=window, credit=UINT_MAX)
    written = send_at_most(server, sent)
    assert written == min(sent, window)
    known = min(known, written)
    server.flow(received=known, window=after)
    expected = max(0, after - (written - known))
    waiting = sent - written
    released = min(waiting, expected)
    assert server.links[0].session.remote_incoming_window == expected - released


@pytest.mark.parametrize("window", EDGES)
def test_a_transfer_is_sent_through_any_window_but_an_empty_one(window: int) -> None:
    server = Server(window=window)
    server.receiver()
    server.flow(received=None, window=window, credit=1)
    assert send_at_most(server, 1) == min(1, window)


@given(credit=uints, start=uints, sent=st.integers(0, 3), known=st.integers(0, 3))
def test_the_links_credit_is_what_section_2_6_7_says(credit: int, start: int, sent: int, known: int) -> None:
    """link-credit(snd) = delivery-count(rcv) + link-credit(rcv) - delivery-count(snd), also across the wrap."""
    server = Server()
    server.receiver()
    link = server.links[0]
    link.delivery_count = start  # as after so many deliveries
    server.flow(received=0, window=UINT_MAX, count=start, credit=UINT_MAX)
    assert send_at_most(server, sent) == sent
    known = min(known, sent)
    server.flow(received=0, window=UINT_MAX, count=serial_add(start, known), credit=credit)
    assert link.credit == max(0, credit - (sent - known))
    assert link.delivery_count == serial_add(start, sent)
