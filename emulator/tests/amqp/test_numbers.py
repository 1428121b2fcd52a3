"""Every number of the transport at both ends of its range, against the specification's text and a second codec."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicebus_emulator.amqp.connection import Connection
from servicebus_emulator.amqp.events import LinkAttached

from ..plain_wire import (
    ATTACH,
    BEGIN,
    CLOSE,
    DETACH,
    DISPOSITION,
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


@pytest.mark.lengthy
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


@given(start=st.sampled_from([0, 2**31 - 2, 2**31, UINT_MAX - 2, UINT_MAX]), sent=st.integers(1, 5))
def test_transfers_go_on_across_the_wrap_of_their_numbers(start: int, sent: int) -> None:
    """2.8.10: next-outgoing-id and delivery-id are serial numbers."""
    server = Server()
    server.receiver()
    session = server.links[0].session
    session.next_outgoing_id = session.next_delivery_id = start  # as after so many transfers
    server.flow(received=start, window=sent, credit=UINT_MAX)
    server.links[0].credit = UINT_MAX
    assert send_at_most(server, sent + 1) == sent  # the window, and not one more
    assert session.next_outgoing_id == serial_add(start, sent)
    server.flow(received=serial_add(start, sent), window=UINT_MAX)
    assert session.next_outgoing_id == serial_add(start, sent + 1)
    assert session.remote_incoming_window == UINT_MAX - 1


@given(start=uints, count=st.integers(1, 6), first=st.integers(0, 5), length=st.integers(1, 6))
def test_a_disposition_reaches_its_range_also_across_the_wrap(
    start: int, count: int, first: int, length: int
) -> None:
    server = Server()
    server.receiver()
    session = server.links[0].session
    session.next_delivery_id = start
    server.flow(received=0, window=UINT_MAX, credit=UINT_MAX)
    send_at_most(server, count)
    low, high = serial_add(start, first), serial_add(start, first + length - 1)
    server.say(frame(DISPOSITION, [True, UInt(low), UInt(high), True, Described(0x24, [])]))
    settled = {serial_add(low, step) for step in range(length)}
    assert set(session.unsettled) == {serial_add(start, n) for n in range(count)} - settled


@given(begin=uints, first=uints, initial=uints, count=st.integers(1, 4))
def test_what_a_peer_sends_is_counted_across_the_wrap(
    begin: int, first: int, initial: int, count: int
) -> None:
    """next-incoming-id follows the peer's transfers, the receiving link's delivery-count its deliveries."""
    server = Server(next_outgoing=begin)
    terminus = [Described(0x28, ["here"]), Described(0x29, ["q"])]
    server.say(frame(ATTACH, ["s", UInt(0), False, None, None, *terminus, None, None, UInt(initial)]))
    (link,) = server.links
    link.grant(UINT_MAX)
    granted = server.written()[-1]
    assert granted.fields[5:7] == [initial, UINT_MAX]
    for number in range(count):
        delivery = [UInt(0), UInt(serial_add(first, number)), b"t", UInt(0), True]
        server.say(frame(TRANSFER, delivery, encode(Described(0x75, b"x"))))
    assert link.session.next_incoming_id == serial_add(begin, count)
    assert (link.delivery_count, link.credit) == (serial_add(initial, count), UINT_MAX - count)


def test_a_sender_beyond_its_credit_is_told_of_none_and_not_of_less() -> None:
    """link-credit is a uint: what was taken on credit that was not given does not show."""
    server = Server()
    terminus = [Described(0x28, ["here"]), Described(0x29, ["q"])]
    server.say(frame(ATTACH, ["s", UInt(0), False, None, None, *terminus, None, None, UInt(0)]))
    server.links[0].credit_overdraft = 5
    for number in range(3):
        server.say(
            frame(TRANSFER, [UInt(0), UInt(number), b"t", UInt(0), True], encode(Described(0x75, b"x")))
        )
    asks = [None, UInt(UINT_MAX), UInt(3), UInt(0), UInt(0), UInt(3), UInt(0), None, False, True]
    (told,) = (each for each in server.say(frame(FLOW, asks)) if each.code == FLOW)
    assert told.fields[5:7] == [3, 0]


@given(ours=st.integers(0, 4), links=st.integers(1, 6))
def test_our_handles_keep_to_the_peers_handle_max(ours: int, links: int) -> None:
    """2.7.2, also with holes: the first link is detached before the last one attaches."""
    server = Server()
    (session,) = server.engine.sessions.values()
    session.remote_handle_max = ours
    taken = []
    for handle in range(min(links, ours + 1)):
        (attached,) = (each for each in server.receiver(handle) if each.code == ATTACH)
        taken.append(attached.fields[1])
    server.say(frame(DETACH, [UInt(0), True]))
    (attached,) = (each for each in server.receiver(7) if each.code == ATTACH)
    assert max([*taken, attached.fields[1]]) <= ours
    assert attached.fields[1] not in taken[1:]


@pytest.mark.parametrize("handle", [8192, 0x7FFF_FFFF, UINT_MAX])
def test_a_handle_above_ours_closes_the_connection(handle: int) -> None:
    """2.7.2: with the framing-error."""
    (closed,) = Server().receiver(handle)
    assert closed.code == CLOSE
    assert closed.fields[0].value[0] == "amqp:connection:framing-error"


def test_a_resumed_delivery_is_refused_by_name() -> None:
    server = Server()
    terminus = [Described(0x28, ["here"]), Described(0x29, ["q"])]
    server.say(frame(ATTACH, ["s", UInt(0), False, None, None, *terminus, None, None, UInt(0)]))
    server.links[0].grant(1)
    fields = [UInt(0), UInt(0), b"t", UInt(0), False, False, None, None, True]
    found = server.say(frame(TRANSFER, fields, encode(Described(0x75, b"x"))))
    (detached,) = (each for each in found if each.code == DETACH)
    assert detached.fields[2].value[0] == "amqp:not-implemented"
