"""Links in memory: credit, drain, slow readers, sessions that are waited for, tokens that expire, refusals."""

import pytest

from servicebus_emulator.amqp.events import LinkAttached, LinkDetached, SaslFinished
from servicebus_emulator.amqp.message import build
from servicebus_emulator.amqp.performatives import (
    RECEIVER,
    SENDER,
    Accepted,
    AmqpError,
    Coordinator,
    Declared,
    Disposition,
    Modified,
    Rejected,
    Released,
    Source,
    Target,
)
from servicebus_emulator.amqp.types import Described, Symbol, UInt, ULong
from servicebus_emulator.gateway.client import HIGH_WATER_BYTES
from servicebus_emulator.sas import AccessRule, Right

from .in_memory_client import World

FILTER = Symbol("com.microsoft:session-filter")


@pytest.fixture
def world():
    return World()


@pytest.fixture
def client(world):
    return world.client()


def session_source(session_id, address="s"):
    return Source(address, filter={FILTER: session_id})


def test_deliveries_keep_to_the_credit_and_a_drain_ends_it(world, client):
    sender, receiver = client.attach(SENDER, "q"), client.receiver("q")
    for _ in range(300):
        assert client.send(sender) == Accepted()
    receiver.grant(100)
    world.run()
    assert len(client.received(receiver)) == 100
    receiver.grant(500, drain=True)
    world.run()
    assert len(client.received(receiver)) == 300
    assert (receiver.credit, receiver.delivery_count) == (0, 600)
    receiver.grant(5, drain=True)
    world.run()
    assert receiver.credit == 0


def test_credit_taken_back_is_not_used(world, client):
    sender, receiver = client.attach(SENDER, "q"), client.receiver("q")
    receiver.grant(10)
    world.run()
    receiver.grant(0)
    world.run()
    client.send(sender)
    assert client.received(receiver) == []


@pytest.mark.parametrize("drain", [False, True])
def test_what_a_client_releases_as_it_takes_credit_back_is_for_others(world, client, drain):
    """As azure-servicebus 7.15.0 closes a receiver: the drain and the release come in one write."""
    sender, receiver, other = client.attach(SENDER, "q"), client.receiver("q"), client.receiver("q")
    receiver.grant(10)
    world.run()
    client.send(sender)
    (event,) = client.received(receiver)
    receiver.grant(0, drain=drain)
    client.session.settle_incoming(event.delivery_id, Released(), settled=True)
    world.run()
    assert client.received(receiver) == [event]
    other.grant(1)
    world.run()
    assert len(client.received(other)) == 1


def test_what_is_taken_for_a_client_as_it_takes_credit_back_is_for_others(world, client):
    sender, receiver, other = client.attach(SENDER, "q"), client.receiver("q"), client.receiver("q")
    receiver.grant(10)
    world.run()
    sender.send(build(body=b"x"), b"tag")
    receiver.grant(0)  # in the same write as the message
    world.run()
    assert client.received(receiver) == []
    other.grant(1)
    world.run()
    assert len(client.received(other)) == 1


def test_the_lock_token_is_the_tag_and_the_annotation(world, client):
    client.send(client.attach(SENDER, "q"))
    receiver = client.receiver("q")
    receiver.grant(1)
    world.run()
    (event,) = client.received(receiver)
    assert len(event.tag) == 16
    assert not event.settled
    plain = client.attach(RECEIVER, "q", snd_settle_mode=1)
    assert plain.remote_attach.snd_settle_mode == 1


def test_a_slow_reader_is_served_to_the_mark_and_stalls_nobody(world):
    slow, quick = world.client(), world.client()
    sender = quick.attach(SENDER, "q")
    for _ in range(60):
        quick.send(sender, bytes(100_000))
    receiver = slow.receiver("q")
    slow.reads = False
    receiver.grant(1000)
    world.run()
    waiting = slow.at_server.connection.output_size
    assert waiting < HIGH_WATER_BYTES + 64 * 101_000
    other = quick.receiver("p")
    other.grant(1)
    quick.send(quick.attach(SENDER, "p"), b"for the quick one")
    assert len(quick.received(other)) == 1
    slow.reads = True
    world.run()
    assert len(slow.received(receiver)) == 60


@pytest.mark.parametrize(
    ("state", "left"),
    [
        (Accepted(), []),
        (Released(), [0]),
        (Modified(), [1]),
        (Modified(True, False, {Symbol("k"): "v"}), [1]),
    ],
)
def test_outcomes_are_echoed_and_done(world, client, state, left):
    client.send(client.attach(SENDER, "q"))
    receiver = client.receiver("q")
    receiver.grant(1)
    world.run()
    assert client.settle(client.received(receiver)[0].delivery_id, state) == state
    assert [message.delivery_count for message in world.broker.queue("q").peek(1, 9, world.now_s)] == left


def test_dead_lettering_is_echoed_without_the_error(world, client):
    client.send(client.attach(SENDER, "q"))
    receiver = client.receiver("q")
    receiver.grant(1)
    world.run()
    info = {Symbol("DeadLetterReason"): "r", Symbol("DeadLetterErrorDescription"): "d", Symbol("own"): 1}
    state = Rejected(AmqpError("com.microsoft:dead-letter", "d", info))
    assert client.settle(client.received(receiver)[0].delivery_id, state) == Rejected()
    (dead,) = world.broker.queue("q").dead_letter_queue.peek(1, 9, world.now_s)
    assert dead.content.application_properties() == {
        "own": 1,
        "DeadLetterReason": "r",
        "DeadLetterErrorDescription": "d",
    }


def test_what_is_settled_twice_or_never_was_there_has_lost_its_lock(world, client):
    client.send(client.attach(SENDER, "q"))
    receiver = client.receiver("q")
    receiver.grant(1)
    world.run()
    number = client.received(receiver)[0].delivery_id
    client.settle(number, Accepted())
    assert client.settle(number, Accepted()).error.condition == "com.microsoft:message-lock-lost"
    client.session.write(Disposition(RECEIVER, 5, 4_000_000_000 >> 1, False, Accepted()))
    world.run()


def test_an_expired_lock_is_said_so(world, client):
    client.send(client.attach(SENDER, "q"))
    receiver = client.receiver("q")
    receiver.grant(1)
    world.run()
    world.pass_time(61)
    answer = client.settle(client.received(receiver)[0].delivery_id, Accepted())
    assert answer.error.condition == "com.microsoft:message-lock-lost"


def test_a_session_is_waited_for_and_granted_when_it_has_a_message(world, client):
    waiting = client.receiver("s", source=session_source(None))
    assert client.of(LinkAttached, waiting) == []
    other = world.client()
    other.send(other.attach(SENDER, "s"), session_id="A")
    (event,) = client.of(LinkAttached, waiting)
    assert event.attach.source.filter[FILTER] == "A"
    ticks = event.attach.properties[Symbol("com.microsoft:locked-until-utc")]
    assert ticks == 621_355_968_000_000_000 + int((world.now_s + 60) * 10_000_000)
    waiting.grant(1)
    world.run()
    assert len(client.received(waiting)) == 1


def test_a_session_that_does_not_come_is_refused_in_time(world, client):
    given = {Symbol("com.microsoft:timeout"): UInt(5000)}
    waiting = client.receiver("s", source=session_source(None), properties=given)
    world.pass_time(4.9)
    assert client.of(LinkDetached) == []
    world.pass_time(0.2)
    assert client.refusal(waiting) == "com.microsoft:timeout"


def test_a_client_that_stops_waiting_gets_no_session(world, client):
    waiting = client.receiver("s", source=session_source(None))
    waiting.detach()
    world.run()
    other = world.client()
    other.send(other.attach(SENDER, "s"), session_id="A")
    second = other.receiver("s", source=session_source(None))
    assert other.of(LinkAttached, second)[0].attach.source.filter[FILTER] == "A"


def test_a_described_session_filter_is_understood(world, client):
    link = client.receiver("s", source=session_source(Described(Symbol("com.microsoft:session-filter"), "A")))
    described = Described(Symbol("com.microsoft:session-filter"), "A")
    assert client.of(LinkAttached, link)[0].attach.source.filter[FILTER] == described


def test_a_session_in_use_is_refused_and_free_again_when_its_link_goes(world, client):
    first = client.receiver("s", source=session_source("A"))
    second = client.receiver("s", source=session_source("A"))
    assert client.refusal(second) == "com.microsoft:session-cannot-be-locked"
    first.detach()
    world.run()
    third = client.receiver("s", source=session_source("A"))
    assert third.attached


@pytest.mark.parametrize(
    ("role", "address", "condition"),
    [
        (SENDER, "missing", "amqp:not-found"),
        (RECEIVER, "missing", "amqp:not-found"),
        (RECEIVER, "t", "amqp:not-allowed"),
        (RECEIVER, "s", "amqp:not-allowed"),
        (SENDER, "t/Subscriptions/u", "amqp:not-allowed"),
        (SENDER, "missing/$management", "amqp:not-found"),
        (SENDER, "", "amqp:invalid-field"),
        (RECEIVER, None, "amqp:invalid-field"),
    ],
)
def test_links_that_cannot_be_are_refused_with_the_clouds_condition(world, client, role, address, condition):
    link = client.attach(role, address)
    if not client.of(LinkDetached, link):  # a sender may be told with its first message
        assert client.send(link).error.condition == condition
    else:
        assert client.refusal(link) == condition


@pytest.mark.parametrize(
    "address", ["q", "/q", "Q", "sb://host/q", "amqps://host:5671/q", "amqp://host/q?x=1", "sb://host/%71"]
)
def test_every_way_to_write_an_address_is_understood_and_echoed(world, client, address):
    link = client.attach(SENDER, address)
    assert link.attached
    assert client.of(LinkAttached, link)[0].attach.target == Target(address)


def test_without_a_token_nothing_is_allowed_and_with_an_expired_one_links_are_dropped():
    world = World(authorize=True)
    client = world.client()
    assert client.refusal(client.attach(SENDER, "q")) == "amqp:unauthorized-access"
    assert client.put_token("q", lifetime_s=30) == 202
    sender, receiver = client.attach(SENDER, "q"), client.receiver("q")
    assert client.send(sender) == Accepted()
    world.pass_time(20)
    assert client.put_token("q", lifetime_s=30) == 202
    world.pass_time(20)
    assert client.send(sender) == Accepted()
    world.pass_time(20)
    for link in (sender, receiver):
        assert client.of(LinkDetached, link)[0].error.condition == "amqp:unauthorized-access"


@pytest.mark.parametrize("expires_first", ["q", "p"])
def test_a_link_that_needs_two_tokens_ends_with_either(expires_first):
    """Sending to `p` by way of `q`: who may no longer send to one of them may no longer send so."""
    world = World(authorize=True)
    client = world.client()
    for entity in ("q", "p"):
        assert client.put_token(entity, lifetime_s=30 if entity == expires_first else 3600) == 202
    via = client.attach(SENDER, "q", properties={Symbol("com.microsoft:transfer-destination-address"): "p"})
    assert via.attached
    world.pass_time(31)
    assert client.of(LinkDetached, via)[0].error.condition == "amqp:unauthorized-access"


def test_a_client_may_declare_before_its_first_token_but_few_times():
    """.NET opens the coordinator, declares, and only then puts the token of the entity that it sends to."""
    world = World(authorize=True)
    client = world.client()
    control = client.attach(SENDER, None, target=Coordinator())
    order = build(value=Described(ULong(0x31), [None]))
    while control.credit:
        assert isinstance(client.send_encoded(control, order), Declared)
    assert client.at_server.transactions.count == 16
    assert client.refusal(client.attach(SENDER, "q")) == "amqp:unauthorized-access"
    assert client.put_token("q") == 202
    assert all(isinstance(client.send_encoded(control, order), Declared) for _ in range(200))


@pytest.mark.parametrize("token_first", [True, False])
def test_a_coordinator_ends_with_the_token_that_its_connection_had(token_first):
    world = World(authorize=True)
    client = world.client()
    if token_first:
        assert client.put_token("q", lifetime_s=30) == 202
    control = client.attach(SENDER, None, target=Coordinator())
    order = build(value=Described(ULong(0x31), [None]))
    assert isinstance(client.send_encoded(control, order), Declared)
    if not token_first:
        assert client.put_token("q", lifetime_s=30) == 202
    world.pass_time(31)
    assert client.of(LinkDetached, control)[0].error.condition == "amqp:unauthorized-access"
    assert client.at_server.transactions.count == 0


def test_open_transactions_are_limited_for_a_connection_and_not_for_a_link():
    client = World().client()
    order = build(value=Described(ULong(0x31), [None]))
    links = [client.attach(SENDER, None, target=Coordinator()) for _ in range(2)]
    for number in range(1000):
        assert isinstance(client.send_encoded(links[number % 2], order), Declared)
    for link in links:
        assert client.send_encoded(link, order).error.condition == "amqp:not-allowed"


def test_before_its_first_token_a_connection_may_have_few_links():
    world = World(authorize=True)
    client = world.client()
    links = [client.attach(SENDER, None, target=Coordinator()) for _ in range(16)]
    assert all(link.attached for link in links)
    assert client.refusal(client.attach(SENDER, "$cbs")) == "amqp:resource-limit-exceeded"
    for link in links[:3]:
        link.detach()
    world.run()
    assert client.put_token("q") == 202
    assert client.attach(SENDER, "q").attached
    assert all(client.attach(SENDER, "q").attached for _ in range(50))


def test_tokens_are_verified_for_key_audience_expiry_and_entity():
    world = World(authorize=True)
    client = world.client()
    assert client.put_token("q", rule=AccessRule("RootManageSharedAccessKey", "wrong")) == 401
    assert client.put_token("q", rule=AccessRule("nobody", "SAS_KEY_VALUE")) == 401
    assert client.put_token("q", lifetime_s=-5) == 401
    assert client.put_token("missing") == 404
    assert client.put_token("q") == 202
    assert client.refusal(client.attach(SENDER, "p")) == "amqp:unauthorized-access"


def test_a_rule_that_may_only_listen_may_not_send_nor_schedule():
    world = World(authorize=True)
    rule = AccessRule("ears", "key", frozenset({Right.LISTEN}))
    hosted = world.emulator.hosted_for("")
    hosted.keys = type(hosted.keys)((rule,))
    client = world.client()
    assert client.put_token("q", rule=rule) == 202
    assert client.refusal(client.attach(SENDER, "q")) == "amqp:unauthorized-access"
    assert client.receiver("q").attached
    assert client.manage("q", "schedule-message", {"messages": []}) == (401, "amqp:unauthorized-access")
    assert client.manage("q", "peek-message", {"from-sequence-number": 1, "message-count": 1})[0] == 204


@pytest.mark.parametrize(("key", "code"), [(b"SAS_KEY_VALUE", 0), (b"wrong", 1)])
def test_plain_is_a_rules_name_and_key(key, code):
    world = World(authorize=True)
    client = world.client(sasl=("PLAIN", b"\0RootManageSharedAccessKey\0" + key))
    assert [event.code for event in client.of(SaslFinished)] == [code]
    if code == 0:
        assert client.send(client.attach(SENDER, "q")) == Accepted()


def test_a_deleted_entity_takes_its_links_along(world, client):
    receiver, sender = client.receiver("q"), client.attach(SENDER, "q")
    world.broker.delete_queue("q", world.now_s)
    world.run()
    for link in (receiver, sender):
        assert client.of(LinkDetached, link)[0].error.condition == "amqp:not-found"


def test_a_broken_message_is_rejected_and_the_link_lives(world, client):
    sender = client.attach(SENDER, "q")
    assert client.send_encoded(sender, b"no message").error.condition == "amqp:decode-error"
    assert client.send(sender) == Accepted()


@pytest.mark.parametrize("role", [SENDER, RECEIVER])
def test_a_connection_has_one_link_to_claims_each_way(role):
    world = World()
    client = world.client()
    first, other = client.attach(role, "$cbs"), client.attach(not role, "$cbs")
    assert first.attached
    assert other.attached
    second = client.attach(role, "$cbs")
    assert client.refusal(second) == "amqp:not-allowed"
    first.detach()
    world.run()
    assert client.attach(role, "$cbs").attached
    assert world.client().attach(role, "$cbs").attached
