"""Two engines talk to each other in memory: no socket, no clock, any chopping of the bytes."""

import random

import pytest

from servicebus_emulator.amqp.connection import Connection
from servicebus_emulator.amqp.errors import LocalUseError
from servicebus_emulator.amqp.events import (
    ConnectionClosed,
    ConnectionOpened,
    CreditChanged,
    DispositionReceived,
    FlowReceived,
    LinkAttached,
    LinkDetached,
    MessageReceived,
    SaslFinished,
    SaslInitReceived,
    SenderDisposition,
    SessionEnded,
)
from servicebus_emulator.amqp.frames import AMQP_HEADER, encode_frame
from servicebus_emulator.amqp.performatives import (
    RECEIVER,
    SENDER,
    Accepted,
    AmqpError,
    Attach,
    Begin,
    Disposition,
    Flow,
    Modified,
    Open,
    Rejected,
    Source,
    Target,
    Transfer,
)


class Pair:
    """A client and a server engine, and everything they were told."""

    def __init__(self, *, chop=None, sasl=("ANONYMOUS", b""), client=None, server=None):
        self.client = Connection("client", container_id="c", hostname="h", sasl=sasl, **(client or {}))
        self.server = Connection("server", container_id="s", **(server or {}))
        self.random = random.Random(chop) if chop is not None else None
        self.seen = {"client": [], "server": []}
        self.accept_links = True
        self.client.start()

    def pieces(self, data):
        if self.random is None:
            return [data]
        pieces = []
        while data:
            size = self.random.choice([1, 2, 7, 30, 500])
            pieces.append(data[:size])
            data = data[size:]
        return pieces

    def run(self):
        while self.client.has_output or self.server.has_output:
            for piece in self.pieces(self.client.take()):
                for event in self.server.receive(piece):
                    self.seen["server"].append(event)
                    if isinstance(event, SaslInitReceived):
                        self.server.sasl_outcome(0)
                    elif isinstance(event, LinkAttached) and self.accept_links:
                        event.link.accept(source=event.attach.source, target=event.attach.target)
            for piece in self.pieces(self.server.take()):
                self.seen["client"].extend(self.client.receive(piece))
        return self

    def of(self, side, kind):
        return [event for event in self.seen[side] if isinstance(event, kind)]

    def link(self, role=SENDER, **fields):
        session = self.run().client.begin_session()
        link = session.attach("l", role, source=Source("s"), target=Target("t"), **fields)
        self.run()
        server_link = next(iter(self.server.sessions.values())).links_by_handle[0]
        return link, server_link


@pytest.mark.parametrize("chop", [None, 1, 2])
@pytest.mark.parametrize("sasl", [None, ("ANONYMOUS", b""), ("PLAIN", b"\0u\0p")])
def test_opening_works_with_and_without_sasl_however_the_bytes_arrive(chop, sasl):
    pair = Pair(chop=chop, sasl=sasl).run()
    assert pair.client.opened
    assert pair.server.opened
    assert len(pair.of("server", ConnectionOpened)) == 1
    if sasl:
        assert pair.of("server", SaslInitReceived)[0].initial_response == sasl[1]
    pair.client.close()
    pair.run()
    assert pair.client.closed
    assert pair.server.closed
    assert pair.of("server", ConnectionClosed)[0].by_peer


def test_a_refused_sasl_ends_the_connection():
    pair = Pair()
    pair.server.receive(pair.client.take())
    pair.client.receive(pair.server.take())
    pair.server.receive(pair.client.take())
    pair.server.sasl_outcome(1)
    events = pair.client.receive(pair.server.take())
    assert [event.code for event in events if isinstance(event, SaslFinished)] == [1]
    assert pair.server.closed


@pytest.mark.parametrize("chop", [None, 3])
@pytest.mark.parametrize("size", [0, 10, 300, 600, 5000, 70_000])
@pytest.mark.parametrize("frame", [512, 4096])
def test_a_message_crosses_in_as_many_frames_as_it_needs(size, frame, chop):
    pair = Pair(chop=chop, server={"max_frame_size": frame}, client={"max_frame_size": frame})
    link, server_link = pair.link()
    server_link.grant(2)
    pair.run()
    payload = random.Random(size).randbytes(size)
    delivery = link.send(payload, b"tag", context="mine")
    pair.run()
    (event,) = pair.of("server", MessageReceived)
    assert (event.payload, event.tag, event.settled) == (payload, b"tag", False)
    event.link.session.settle_incoming(event.delivery_id, Accepted())
    pair.run()
    (told,) = pair.of("client", DispositionReceived)
    assert told.deliveries == (delivery,)
    assert told.deliveries[0].context == "mine"
    assert (link.credit, server_link.credit) == (1, 1)


def test_transfers_wait_for_the_session_window_and_go_on_when_it_opens():
    pair = Pair(server={"incoming_window": 4, "max_frame_size": 512})
    link, server_link = pair.link()
    server_link.grant(3)
    pair.run()
    for number in range(3):
        link.send(bytes(4000), bytes([number]))
    assert link.session.waiting > 0  # 8 or 9 frames each, and a window of 4
    pair.run()
    assert [len(event.payload) for event in pair.of("server", MessageReceived)] == [4000] * 3
    assert link.session.waiting == 0


def test_outside_the_window_the_session_ends_and_the_connection_lives():
    pair = Pair(server={"incoming_window": 1, "max_frame_size": 512})
    link, server_link = pair.link()
    server_link.grant(10)
    pair.run()
    link.session.remote_incoming_window = 100
    server_link.session.incoming_window = 0
    link.send(b"x", b"1")
    pair.run()
    assert pair.of("client", SessionEnded)[0].error.condition == "amqp:session:window-violation"
    assert pair.server.opened


def test_sending_without_credit_is_the_callers_error():
    link, _ = Pair().link()
    with pytest.raises(LocalUseError):
        link.send(b"x", b"1")


def test_a_peer_that_sends_without_credit_loses_its_link_only():
    pair = Pair()
    link, server_link = pair.link()
    link.credit = 5
    link.send(b"x", b"1")
    pair.run()
    assert pair.of("client", LinkDetached)[0].error.condition == "amqp:link:transfer-limit-exceeded"
    assert pair.server.opened
    assert server_link.session.machine.state == "MAPPED"


def test_drain_uses_the_credit_up_on_both_sides():
    pair = Pair()
    receiver, server_link = pair.link(RECEIVER)
    receiver.grant(10, drain=True)
    pair.run()
    assert pair.of("server", CreditChanged)
    assert server_link.drain
    server_link.send(b"x", b"1", settled=True)
    server_link.drained()
    pair.run()
    assert (receiver.credit, server_link.credit) == (0, 0)
    assert receiver.delivery_count == server_link.delivery_count == 10
    assert pair.of("client", FlowReceived)[-1].drained
    assert len(pair.of("client", MessageReceived)) == 1


def test_a_drain_behind_a_closed_window_comes_after_the_deliveries():
    pair = Pair(client={"incoming_window": 1, "max_frame_size": 512})
    receiver, server_link = pair.link(RECEIVER)
    receiver.grant(5, drain=True)
    pair.run()
    server_link.send(bytes(2000), b"1", settled=True)
    server_link.drained()
    pair.run()
    kinds = [
        type(event) for event in pair.seen["client"] if isinstance(event, (MessageReceived, FlowReceived))
    ]
    assert kinds[-2:] == [MessageReceived, FlowReceived]
    assert receiver.credit == 0


def test_neighbouring_confirmations_become_one_range():
    pair = Pair()
    link, server_link = pair.link()
    server_link.grant(100)
    pair.run()
    for number in range(50):
        link.send(b"x", bytes([number]))
    pair.run()
    for event in pair.of("server", MessageReceived):
        state = Rejected(AmqpError("amqp:not-allowed", "no")) if event.delivery_id == 20 else Accepted()
        server_link.session.settle_incoming(event.delivery_id, state)
    pair.run()
    told = pair.of("client", DispositionReceived)
    assert [len(event.deliveries) for event in told] == [20, 1, 29]
    assert not link.session.unsettled


def test_a_range_is_told_as_its_known_deliveries_and_its_gaps():
    pair = Pair()
    receiver, server_link = pair.link(RECEIVER)
    receiver.grant(10)
    pair.run()
    for number in range(6):
        server_link.send(b"x", bytes([number]))
    pair.run()
    server_link.session.settle_outgoing(2, Accepted())
    pair.run()
    session = receiver.session
    session.write(Disposition(RECEIVER, 1, 9, False, Accepted()))
    pair.run()
    (event,) = pair.of("server", DispositionReceived)
    assert [delivery.delivery_id for delivery in event.deliveries] == [1, 3, 4, 5]
    assert event.unknown == ((2, 2), (6, 9))
    session.write(Disposition(RECEIVER, 0, 0xFFFF_FF00 >> 1, True, Modified()))
    pair.run()
    assert len(pair.of("server", DispositionReceived)[-1].deliveries) == 5
    assert not server_link.session.unsettled


def test_a_message_above_the_limit_is_dropped_to_its_end_and_the_next_one_comes_through():
    pair = Pair(server={"max_frame_size": 512})
    pair.accept_links = False
    session = pair.run().client.begin_session()
    link = session.attach("l", SENDER, source=Source("s"), target=Target("t"))
    pair.run()
    server_link = pair.of("server", LinkAttached)[0].link
    server_link.accept(source=Source("s"), target=Target("t"), max_message_size=1000)
    server_link.grant(5)
    pair.run()
    link.send(bytes(5000), b"1")
    link.send(bytes(900), b"2")
    pair.run()
    large, small = pair.of("server", MessageReceived)
    assert (large.payload, large.size_bytes) == (None, 5000)
    assert len(small.payload) == 900


def test_a_refused_link_is_attached_with_nothing_and_detached_with_the_reason():
    pair = Pair()
    pair.accept_links = False
    session = pair.run().client.begin_session()
    session.attach("l", SENDER, source=Source("s"), target=Target("t"))
    pair.run()
    pair.of("server", LinkAttached)[0].link.refuse(AmqpError("amqp:not-found", "no such queue"))
    pair.run()
    assert pair.of("client", LinkAttached)[0].attach.target is None
    assert pair.of("client", LinkDetached)[0].error == AmqpError("amqp:not-found", "no such queue")
    assert not next(iter(pair.server.sessions.values())).links_by_handle


def test_a_held_attach_whose_client_gives_up_is_answered():
    pair = Pair()
    pair.accept_links = False
    session = pair.run().client.begin_session()
    link = session.attach("l", RECEIVER, source=Source("s"), target=Target("t"))
    pair.run()
    link.detach()
    pair.run()
    assert link.machine.state == "DETACHED"
    assert pair.of("server", LinkDetached)[0].by_peer
    pair.of("server", LinkAttached)[0].link.refuse(
        AmqpError("com.microsoft:timeout")
    )  # too late: does nothing
    assert not pair.server.has_output


def test_frames_for_a_session_that_is_gone_are_passed_over():
    pair = Pair()
    link, _ = pair.link()
    link.session.end()
    pair.client.write(encode_frame(Flow(None, 1, 0, 1), link.session.channel))
    pair.run()
    assert pair.server.opened


def test_the_other_side_settles_what_it_sent():
    pair = Pair()
    receiver, server_link = pair.link(RECEIVER)
    receiver.grant(1)
    pair.run()
    delivery = server_link.send(b"x", b"1")
    pair.run()
    receiver.session.settle_incoming(delivery.delivery_id, Accepted(), settled=False)
    pair.run()
    delivery.settle(Accepted())
    pair.run()
    (told,) = pair.of("client", SenderDisposition)
    assert (told.first, told.last, told.settled) == (0, 0, True)


def opened():
    connection = Connection("server", container_id="s", max_frame_size=4096)
    connection.receive(AMQP_HEADER + encode_frame(Open("c")))
    connection.take()
    return connection


BEGIN = encode_frame(Begin(None, 0, 10, 10))
ATTACH = encode_frame(Attach("l", 0, SENDER, source=Source("s"), target=Target("t")))


@pytest.mark.parametrize(
    ("data", "condition"),
    [
        (b"\x00\x00\x00\x04\x02\x00\x00\x00", "amqp:connection:framing-error"),  # size below 8
        (b"\x00\x00\x00\x08\x01\x00\x00\x00", "amqp:connection:framing-error"),  # data offset below 2
        (b"\x00\x01\x00\x00\x02\x00\x00\x00", "amqp:connection:framing-error"),  # above max-frame-size
        (b"\x00\x00\x00\x08\x02\x07\x00\x00", "amqp:connection:framing-error"),  # unknown type
        (b"\x00\x00\x00\x0a\x02\x00\x00\x00\x40\x40", "amqp:connection:framing-error"),  # no described type
        (b"\x00\x00\x00\x0c\x02\x00\x00\x00\x00\x53\x99\x45", "amqp:decode-error"),  # unknown performative
        (b"\x00\x00\x00\x0c\x02\x00\x00\x00\x00\x53\x11\x45", "amqp:decode-error"),  # begin without fields
        (b"\x00\x00\x00\x10\x02\x00\x00\x00\x00\x53\x14\xc0\x03\x01\x41\x41", "amqp:decode-error"),
        (BEGIN + BEGIN, "amqp:connection:framing-error"),  # the channel is in use
        (encode_frame(Open("again")), "amqp:illegal-state"),
        (encode_frame(Begin(7, 0, 1, 1)), "amqp:connection:framing-error"),  # answers nothing
    ],
)
def test_what_breaks_the_connections_rules_closes_it_with_the_reason(data, condition):
    connection = opened()
    events = connection.receive(data)
    assert isinstance(events[-1], ConnectionClosed)
    assert events[-1].error.condition == condition
    assert connection.closed
    assert connection.has_output
    assert connection.receive(BEGIN) == []


@pytest.mark.parametrize(
    ("data", "condition"),
    [
        (encode_frame(Transfer(5, 0, b"t")), "amqp:session:unattached-handle"),
        (ATTACH + ATTACH, "amqp:session:handle-in-use"),
        (ATTACH + encode_frame(Transfer(0, 0, b"t")), "amqp:session:errant-link"),
        (encode_frame(Disposition(RECEIVER, 5, 1, True)), "amqp:illegal-state"),
    ],
)
def test_what_breaks_a_sessions_rules_ends_that_session_only(data, condition):
    connection = opened()
    events = connection.receive(BEGIN + data)
    assert isinstance(events[-1], SessionEnded)
    assert events[-1].error.condition == condition
    assert connection.opened


@pytest.mark.parametrize(
    "first",
    [b"GET / HT", b"AMQP\x00\x00\x09\x01", b"AMQX\x00\x01\x00\x00", b"\x16\x03\x01\x00\x00\x00\x00\x00"],
)
def test_another_protocol_is_answered_with_the_right_header(first):
    connection = Connection("server", container_id="s")
    events = connection.receive(first)
    assert isinstance(events[-1], ConnectionClosed)
    assert connection.take() == AMQP_HEADER
    assert connection.closed


def test_idle_time_outs_are_kept_and_enforced():
    pair = Pair(client={"idle_time_out_ms": 10_000}, server={"idle_time_out_ms": 20_000}).run()
    server = pair.server
    server.receive(b"", 100.0)
    server.take(100.0)
    server.tick(104.0)
    assert not server.has_output
    server.sent_at_s = 100.0
    server.tick(105.1)
    assert server.take(105.1) == b"\x00\x00\x00\x08\x02\x00\x00\x00"
    assert server.tick(119.0) == []
    events = server.tick(120.1)
    assert isinstance(events[0], ConnectionClosed)
    assert events[0].error.condition == "amqp:resource-limit-exceeded"
    assert server.closed


def test_symbolic_descriptors_are_understood():
    body = b"\x00\xa3\x0eamqp:open:list\xc0\x04\x01\xa1\x01c"
    connection = Connection("server", container_id="s")
    events = connection.receive(AMQP_HEADER + (8 + len(body)).to_bytes(4, "big") + b"\x02\x00\x00\x00" + body)
    assert isinstance(events[0], ConnectionOpened)
    assert events[0].open.container_id == "c"


def test_open_begin_and_attach_are_written_with_every_field():
    connection = opened()
    connection.receive(encode_frame(Open("c")))
    from servicebus_emulator.amqp.decode import decode_value

    for frame, fields in ((Open("x"), 10), (Begin(None, 0, 1, 1), 8), (Attach("l", 0, SENDER), 14)):
        value, _ = decode_value(encode_frame(frame), 8)
        assert len(value.value) == fields
