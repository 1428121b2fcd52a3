"""The end of a lock, a session, an entity or a drain reaches whoever holds or waits, without being asked."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from servicebus_emulator.amqp.events import LinkAttached, LinkDetached
from servicebus_emulator.amqp.link import Link
from servicebus_emulator.amqp.message import build
from servicebus_emulator.amqp.performatives import RECEIVER, SENDER, Coordinator, Source, TransactionalState
from servicebus_emulator.amqp.types import Array, ULong
from servicebus_emulator.amqp.types import Described as Value
from servicebus_emulator.amqp.types import Symbol as Word
from servicebus_emulator.broker.description import QueueDescription, SubscriptionDescription, TopicDescription
from servicebus_emulator.broker.limits import TIERS

from ..plain_wire import ATTACH, DETACH, FLOW, TRANSFER, Described, Frame, Symbol
from .in_memory_client import Client, World
from .raw_client import RawClient, flow, receiver, sender, transfer

LOCK_S = 60.0
FILTER = Symbol("com.microsoft:session-filter")
NON_EXCLUSIVE = Symbol("com.microsoft:non-exclusive-session-filter")
VIA = Word("com.microsoft:transfer-destination-address")
LOST = "com.microsoft:session-lock-lost"


def only(found: list[Frame], code: int) -> Frame:
    (frame,) = (each for each in found if each.code == code)
    return frame


def condition(detached: Frame) -> str:
    return str(detached.fields[2].value[0])


def held_session(session_id: str | None = "one", **filters: Any) -> RawClient:
    """A peer that holds a session of `s` with two messages, one of them delivered."""
    world = World()
    helper = world.client()
    entrance = helper.attach(SENDER, "s")
    for _ in range(2):
        helper.send(entrance, session_id="one")
    raw = RawClient(world)
    raw.say(receiver("s", filter=filters or {FILTER: session_id}), flow(0, 1))
    return raw


# -- a session lock that ends


@pytest.mark.parametrize("session_id", ["one", None])
def test_a_session_lock_that_expires_detaches_its_link(session_id: str | None) -> None:
    raw = held_session(session_id)
    assert [each.code for each in raw.later(LOCK_S - 1)] == []
    detached = only(raw.later(2), DETACH)
    assert (condition(detached), detached.fields[1]) == (LOST, True)
    assert raw.world.broker.queue("s").receiver_count == 0


def test_a_flow_that_crosses_the_detach_does_no_harm() -> None:
    raw = held_session()
    raw.later(LOCK_S + 1)
    assert raw.say(flow(0, 1, drain=True, count=1), flow(0, 5, count=1)) == []
    assert only(raw.say(receiver("q", 1)), ATTACH).fields[1] is not None


def test_a_lost_session_can_be_accepted_again_with_its_messages() -> None:
    raw = held_session()
    raw.later(LOCK_S + 1)
    again = RawClient(raw.world)
    assert (
        len([f for f in again.say(receiver("s", filter={FILTER: "one"}), flow(0, 5)) if f.code == TRANSFER])
        == 2
    )


def test_what_only_a_holder_may_do_is_refused_to_a_receiver_that_lost_its_session() -> None:
    world = World()
    lost, holder = world.client(), world.client()
    source = Source("s", filter={Word(FILTER): "one"})
    link = lost.attach(RECEIVER, "s", source=source)
    world.pass_time(LOCK_S + 1)
    assert holder.attach(RECEIVER, "s", source=source).attached
    for operation in ("get-session-state", "set-session-state", "renew-session-lock"):
        properties = {"operation": f"com.microsoft:{operation}", "associated-link-name": link.name}
        reply = lost.request("s/$management", properties, {"session-id": "one", "session-state": b"x"})
        assert reply.application_properties()["errorCondition"] == LOST, operation
    assert world.broker.queue("s").sessions.sessions["one"].state is None


# -- every drain is answered


@settings(max_examples=80)
@given(
    messages=st.integers(0, 5),
    credit=st.integers(0, 200),
    address=st.sampled_from(["q", "q/$DeadLetterQueue", "q/$management", "$cbs", "t/Subscriptions/u", "s"]),
    settled=st.booleans(),
    early=st.booleans(),
)
def test_every_drain_is_answered(
    messages: int, credit: int, address: str, settled: bool, early: bool
) -> None:
    """2.6.7: the sender advances its delivery-count until the credit is used up, and says so in a flow."""
    raw = RawClient()
    if messages and address == "q":
        raw.say(sender("q", 1), *(transfer(1, number) for number in range(messages)))
    filters = {FILTER: "one"} if address == "s" else None
    attached = receiver(address, filter=filters, snd=1 if settled else 0)
    drain = flow(0, credit, drain=True)
    found = raw.say(attached, drain) if early else [*raw.say(attached), *raw.say(drain)]
    answered = [each for each in found if each.code == FLOW and each.fields[8]]
    assert answered, found
    assert answered[-1].fields[6] in (0, None)
    assert answered[-1].fields[5] == credit
    assert len([each for each in found if each.code == TRANSFER]) == (
        min(messages, credit) if address == "q" else 0
    )


def test_a_drain_of_a_held_attach_is_answered_with_the_session() -> None:
    raw = RawClient()
    assert raw.say(receiver("s", filter={FILTER: None}), flow(0, 7, drain=True)) == []
    helper = raw.world.client()
    helper.send(helper.attach(SENDER, "s"), session_id="one")
    found = raw.heard()
    assert found[0].code == ATTACH
    assert [each.fields[5] for each in found if each.code == FLOW] == [7]
    assert len([each for each in found if each.code == TRANSFER]) == 1


def test_an_echo_before_the_attach_is_answered_names_no_handle_of_ours() -> None:
    raw = RawClient()
    assert raw.say(receiver("s", filter={FILTER: None}), flow(0, 1, echo=True)) == []


# -- an entity that is deleted


def ends(client: Client, link: Link) -> list[str]:
    return [event.error.condition for event in client.of(LinkDetached, link)]


KINDS: dict[str, Any] = {
    "sender": lambda client: [client.attach(SENDER, "q")],
    "receiver": lambda client: [client.receiver("q")],
    "receiver of dead letters": lambda client: [client.receiver("q/$DeadLetterQueue")],
    "management": lambda client: [
        client.attach(RECEIVER, "q/$management"),
        client.attach(SENDER, "q/$management"),
    ],
    "management of dead letters": lambda client: [client.attach(SENDER, "q/$DeadLetterQueue/$management")],
    "send-via": lambda client: [
        client.attach(SENDER, "q", properties={VIA: "p"}),
        client.attach(SENDER, "p", properties={VIA: "q"}),
    ],
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_link_of_a_deleted_entity_is_detached(kind: str) -> None:
    world = World()
    client = world.client()
    bound = KINDS[kind](client)
    others = [client.attach(SENDER, "p"), client.attach(RECEIVER, "p/$management"), client.receiver("p")]
    world.broker.delete_queue("q", world.now_s)
    world.broker.create_queue(QueueDescription("q"), world.now_s)
    world.run()
    assert [ends(client, link) for link in bound] == [["amqp:not-found"]] * len(bound)
    assert all(link.attached for link in others)
    again = KINDS[kind](client)  # the new one is served
    assert all(link.attached for link in again)


def test_a_deleted_topic_ends_the_links_of_its_subscriptions_too() -> None:
    world = World()
    client = world.client()
    addresses = [(SENDER, "t"), (RECEIVER, "t/Subscriptions/u"), (SENDER, "t/Subscriptions/u/$management")]
    bound = [client.attach(role, address) for role, address in addresses]
    world.broker.delete_topic("t", world.now_s)
    world.broker.create_topic(TopicDescription("t"), world.now_s)
    world.broker.create_subscription("t", SubscriptionDescription("u"), world.now_s)
    world.run()
    assert [ends(client, link) for link in bound] == [["amqp:not-found"]] * 3


def test_a_transaction_with_a_deleted_entity_rolls_back() -> None:
    world = World()
    client = world.client()
    control = client.attach(SENDER, None, target=Coordinator())
    sends = client.attach(SENDER, "q")
    txn_id = client.send_encoded(control, build(value=Value(ULong(0x31), [None]))).txn_id
    client.send(sends, state=TransactionalState(txn_id))
    world.broker.delete_queue("q", world.now_s)
    world.broker.create_queue(QueueDescription("q"), world.now_s)
    world.run()
    answer = client.send_encoded(control, build(value=Value(ULong(0x32), [txn_id])))
    assert answer.error.condition == "amqp:transaction:rollback"
    assert world.broker.queue("q").active_count == 0


# -- non-exclusive sessions (Azure.Messaging.ServiceBus 7.21.0, Sample24_NonExclusiveSessions)


def non_exclusive(session_id: str | None, token: uuid.UUID | None = None) -> dict[str, Any]:
    return {NON_EXCLUSIVE: Described(0x137000000E, [session_id, token])}


def granted(found: list[Frame]) -> tuple[str, uuid.UUID]:
    """Session id and lock token of an attach's answer."""
    frame = only(found, ATTACH)
    filters = frame.fields[5].value[7]
    assert list(filters) == [NON_EXCLUSIVE]
    assert filters[NON_EXCLUSIVE].code == 0x137000000E
    assert frame.fields[13]["com.microsoft:locked-until-utc"] > 0
    session_id, token = filters[NON_EXCLUSIVE].value
    return session_id, token


@pytest.fixture
def shared() -> World:
    world = World()
    helper = world.client()
    entrance = helper.attach(SENDER, "s")
    for _ in range(3):
        helper.send(entrance, session_id="one")
    return world


@pytest.mark.parametrize("session_id", ["one", None])
def test_a_session_is_taken_over_with_its_token(shared: World, session_id: str | None) -> None:
    first, second = RawClient(shared), RawClient(shared)
    found = first.say(receiver("s", filter=non_exclusive(session_id)), flow(0, 1))
    name, token = granted(found)
    assert (name, isinstance(token, uuid.UUID)) == ("one", True)
    lock_token = uuid.UUID(bytes_le=only(found, TRANSFER).fields[2])
    taken = second.say(receiver("s", filter=non_exclusive("one", token)), flow(0, 5))
    assert granted(taken) == ("one", token)
    assert condition(only(first.heard(), DETACH)) == LOST
    assert (
        len([each for each in taken if each.code == TRANSFER]) == 2
    )  # the third is delivered to the first already
    client = shared.client()
    status, _ = client.manage(
        "s",
        "update-disposition",
        {
            "lock-tokens": Array(uuid.UUID, [lock_token]),
            "disposition-status": "completed",
            "session-id": "one",
        },
    )
    assert status == 200
    assert shared.broker.queue("s").active_count == 2


def Value_array(token: uuid.UUID) -> Any:
    from servicebus_emulator.amqp.types import Array

    return Array(uuid.UUID, [token])


def test_a_receiver_that_waits_hears_of_a_takeover_at_once(shared: World) -> None:
    first, second = RawClient(shared), RawClient(shared)
    _, token = granted(first.say(receiver("s", filter=non_exclusive("one")), flow(0, 9)))
    second.say(receiver("s", filter=non_exclusive("one", token)))
    assert condition(only(first.heard(), DETACH)) == LOST


def test_the_earlier_holder_may_do_nothing_more_by_management(shared: World) -> None:
    client = shared.client()
    wanted = {Word(NON_EXCLUSIVE): Value(ULong(0x137000000E), ["one", None])}
    first = client.attach(RECEIVER, "s", source=Source("s", filter=wanted))
    first.grant(1)
    shared.run()
    tag = client.received(first)[0].tag
    token = client.of(LinkAttached, first)[0].attach.source.filter[NON_EXCLUSIVE].value[1]
    granted(RawClient(shared).say(receiver("s", filter=non_exclusive("one", token))))
    lock_tokens = Array(uuid.UUID, [uuid.UUID(bytes_le=tag)])
    body = {"session-id": "one", "lock-tokens": lock_tokens, "disposition-status": "completed"}
    for operation in ("update-disposition", "get-session-state", "renew-session-lock"):
        properties = {"operation": f"com.microsoft:{operation}", "associated-link-name": first.name}
        reply = client.request("s/$management", properties, body)
        assert reply.application_properties()["errorCondition"] == LOST, operation
    assert shared.broker.queue("s").active_count == 3


def test_a_session_that_is_waited_for_may_be_non_exclusive() -> None:
    raw = RawClient()
    assert raw.say(receiver("s", filter=non_exclusive(None))) == []
    helper = raw.world.client()
    helper.send(helper.attach(SENDER, "s"), session_id="late")
    assert granted(raw.heard())[0] == "late"


@pytest.mark.parametrize(
    ("held", "wanted"),
    [
        ({FILTER: "one"}, non_exclusive("one")),
        ({FILTER: "one"}, non_exclusive("one", uuid.uuid4())),
        (non_exclusive("one"), non_exclusive("one")),
        (non_exclusive("one"), non_exclusive("one", uuid.uuid4())),
        (non_exclusive("one"), {FILTER: "one"}),
    ],
)
def test_without_the_right_token_a_held_session_is_not_to_be_had(
    shared: World, held: dict[str, Any], wanted: dict[str, Any]
) -> None:
    first, second = RawClient(shared), RawClient(shared)
    first.say(receiver("s", filter=held))
    assert condition(only(second.say(receiver("s", filter=wanted)), DETACH)) == (
        "com.microsoft:session-cannot-be-locked"
    )
    assert first.heard() == []


def test_a_token_ends_with_its_lock(shared: World) -> None:
    first, second = RawClient(shared), RawClient(shared)
    _, token = granted(first.say(receiver("s", filter=non_exclusive("one"))))
    first.later(LOCK_S + 1)
    assert condition(only(second.say(receiver("s", filter=non_exclusive("one", token))), DETACH)) == LOST
    _, other = granted(second.say(receiver("s", 1, filter=non_exclusive("one"))))
    assert other != token


def test_a_takeover_begins_the_lock_anew_and_keeps_its_token(shared: World) -> None:
    first, second = RawClient(shared), RawClient(shared)
    _, token = granted(first.say(receiver("s", filter=non_exclusive("one"))))
    first.later(LOCK_S - 1)
    granted(second.say(receiver("s", filter=non_exclusive("one", token))))
    first.heard()
    assert second.later(LOCK_S - 1) == []
    assert condition(only(second.later(2), DETACH)) == LOST


@pytest.mark.parametrize("tier", ["basic", "standard", "official-emulator"])
def test_a_tier_without_non_exclusive_sessions_says_so(tier: str) -> None:
    world = World()
    world.broker.limits = TIERS[tier]
    detached = only(RawClient(world).say(receiver("s", filter=non_exclusive("one"))), DETACH)
    assert condition(detached) == "amqp:not-allowed"
    assert "invalid filter type" in detached.fields[2].value[1].rpartition("'")[2]
