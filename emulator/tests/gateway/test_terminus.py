"""What a client asks of a source, target or coordinator is in the answer when it is served; else not, or it is refused."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ..plain_wire import ATTACH, DETACH, DISPOSITION, TRANSFER, Described, Frame, Symbol, UInt, encode, frame
from .in_memory_client import World
from .raw_client import (
    COORDINATOR,
    SOURCE,
    SOURCE_FIELDS,
    TARGET,
    RawClient,
    attach,
    receiver,
    sender,
    transfer,
)

SESSION, NON_EXCLUSIVE = "com.microsoft:session-filter", "com.microsoft:non-exclusive-session-filter"
SOURCE_AT, TARGET_AT = 5, 6


def answer(found: list[Frame]) -> dict[str, Any]:
    """The source of an attach's answer, by its fields' names."""
    (frame,) = (each for each in found if each.code == ATTACH)
    described = frame.fields[SOURCE_AT]
    assert described is not None, [each for each in found if each.code == DETACH]
    return dict(zip(SOURCE_FIELDS, (described.value + [None] * 11)[:11], strict=True))


def refusal(found: list[Frame]) -> tuple[str, str]:
    """Condition and text of a refused attach: 2.6.3, a null terminus and a detach with the reason."""
    attached, detached = found
    assert (attached.code, attached.fields[SOURCE_AT], attached.fields[TARGET_AT]) == (ATTACH, None, None)
    assert (detached.code, detached.fields[1]) == (DETACH, True)
    error = detached.fields[2].value
    return str(error[0]), error[1]


@pytest.fixture
def raw() -> RawClient:
    world = World()
    helper = world.client()
    for session_id in ("one", "two"):
        helper.send(helper.attach(False, "s"), b"x", session_id=session_id)
    return RawClient(world)


# -- the session filter


@pytest.mark.parametrize("descriptor", [None, SESSION, 0x137000000C])
@pytest.mark.parametrize("wanted", ["one", "", "ünïcode ✓", None])
def test_a_session_filter_comes_back_as_it_came_with_the_session(
    raw: RawClient, descriptor: Any, wanted: str | None
) -> None:
    value: Any = wanted if descriptor is None else Described(descriptor, wanted)
    got = answer(raw.say(receiver("s", filter={Symbol(SESSION): value})))["filter"]
    session_id = "one" if wanted is None else wanted
    assert got == {SESSION: session_id if descriptor is None else Described(descriptor, session_id)}


def test_a_filter_is_known_by_its_descriptor_and_keeps_its_own_name(raw: RawClient) -> None:
    """3.5.8: the key is the client's name for it."""
    got = answer(raw.say(receiver("s", filter={Symbol("mine"): Described(SESSION, "one")})))["filter"]
    assert got == {"mine": Described(SESSION, "one")}


@pytest.mark.parametrize(
    "filters",
    [
        {
            Symbol("apache.org:selector-filter:string"): Described(
                "apache.org:selector-filter:string", "a = 1"
            )
        },
        {Symbol("selector"): Described(0x468C00000004, "a = 1")},
        {Symbol("no-local"): Described(0x468C00000003, [])},
        {Symbol("anything"): "undescribed"},
        {Symbol(SESSION): Described(SESSION, "one"), Symbol("selector"): Described(0x468C00000004, "a")},
    ],
)
@pytest.mark.parametrize("address", ["q", "s", "t/Subscriptions/u", "q/$management", "$cbs"])
def test_an_unknown_filter_is_refused_by_name(raw: RawClient, filters: dict[Any, Any], address: str) -> None:
    condition, text = refusal(raw.say(receiver(address, filter=filters)))
    assert condition == "amqp:not-allowed"
    assert "invalid filter type" in text.rpartition("'")[2]  # where the .NET SDK looks


def test_a_null_filter_is_no_filter_and_is_not_answered(raw: RawClient) -> None:
    """3.5.8: as if there were no such key."""
    assert answer(raw.say(receiver("q", filter={Symbol("selector"): None})))["filter"] is None


@pytest.mark.parametrize(
    "filters",
    [
        {Symbol(SESSION): 5},
        {Symbol(SESSION): "one", Symbol("again"): Described(SESSION, "two")},
        {Symbol(NON_EXCLUSIVE): "one"},
        {Symbol(NON_EXCLUSIVE): Described(0x137000000E, "one")},
        {Symbol(NON_EXCLUSIVE): Described(0x137000000E, [5])},
        {Symbol(NON_EXCLUSIVE): Described(0x137000000E, ["one", "token"])},
        {Symbol(NON_EXCLUSIVE): Described(0x137000000E, [None, uuid.uuid4()])},
        {Symbol(NON_EXCLUSIVE): Described(0x137000000E, ["one", None, 1])},
    ],
)
def test_a_malformed_session_filter_is_refused(raw: RawClient, filters: dict[Any, Any]) -> None:
    assert refusal(raw.say(receiver("s", filter=filters)))[0] == "amqp:invalid-field"
    assert raw.world.broker.queue("s").receiver_count == 0


# -- the rest of a source


def test_copy_is_refused_and_takes_nothing(raw: RawClient) -> None:
    raw.say(sender("q", 1), transfer(1, 0))
    condition, text = refusal(raw.say(receiver("q", 0, snd=1, distribution_mode=Symbol("copy"))))
    assert condition == "amqp:not-implemented"
    assert "peek" in text
    assert raw.world.broker.queue("q").active_count == 1


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("distribution_mode", Symbol("move"), "move"),
        ("distribution_mode", None, None),
        ("durable", UInt(2), None),
        ("expiry_policy", Symbol("never"), "link-detach"),
        ("expiry_policy", Symbol("session-end"), None),  # the default
        ("timeout", UInt(0xFFFF_FFFF), None),
        ("dynamic_node_properties", {Symbol("lifetime-policy"): 1}, None),
        ("default_outcome", Described(0x26, []), None),
        ("outcomes", Symbol("amqp:released:list"), ["amqp:released:list"]),
        ("capabilities", Symbol("queue"), None),
    ],
)
def test_only_what_is_in_force_is_answered(raw: RawClient, field: str, value: Any, expected: Any) -> None:
    got = answer(raw.say(receiver("q", **{field: value})))
    assert got[field] == expected
    assert got["address"] == "q"


@pytest.mark.parametrize(
    ("field", "value", "condition"),
    [
        ("distribution_mode", Symbol("scatter"), "amqp:invalid-field"),
        ("durable", UInt(3), "amqp:invalid-field"),
        ("expiry_policy", Symbol("tomorrow"), "amqp:invalid-field"),
        ("dynamic", True, "amqp:not-implemented"),
        ("outcomes", Symbol("amqp:eaten:list"), "amqp:not-implemented"),
    ],
)
def test_what_cannot_be_served_is_refused(raw: RawClient, field: str, value: Any, condition: str) -> None:
    assert refusal(raw.say(receiver("q", **{field: value})))[0] == condition


@settings(max_examples=60)
@given(
    asked=st.fixed_dictionaries(
        {},
        optional={
            "durable": st.integers(0, 2).map(UInt),
            "expiry_policy": st.sampled_from(["link-detach", "session-end", "connection-close", "never"]).map(
                Symbol
            ),
            "timeout": st.integers(0, 0xFFFF_FFFF).map(UInt),
            "dynamic_node_properties": st.dictionaries(
                st.text("ab", max_size=3).map(Symbol), st.integers(0, 9), max_size=2
            ),
            "distribution_mode": st.sampled_from([None, Symbol("move")]),
            "default_outcome": st.sampled_from([Described(0x26, []), Described(0x27, [True])]),
            "capabilities": st.text("abc", min_size=1, max_size=5).map(Symbol),
        },
    )
)
def test_no_answer_holds_what_is_not_served(asked: dict[str, Any]) -> None:
    got = answer(RawClient().say(receiver("q", **asked)))
    assert got["durable"] in (None, 0)
    assert got["timeout"] in (None, 0)
    assert got["expiry_policy"] in (None, "session-end", "link-detach")
    assert got["distribution_mode"] == asked.get("distribution_mode")
    for field in ("filter", "dynamic_node_properties", "default_outcome", "capabilities"):
        assert got[field] is None


# -- targets, coordinators and settle modes


def test_a_targets_answer_holds_only_what_is_in_force(raw: RawClient) -> None:
    target = Described(TARGET, ["q", UInt(1), Symbol("never"), UInt(9), None, None, Symbol("topic")])
    (attached, _) = raw.say(attach("s", 0, False, Described(SOURCE, ["here"]), target))
    got = (attached.fields[TARGET_AT].value + [None] * 7)[:7]
    assert got == ["q", None, "link-detach", None, None, None, None]


def test_a_coordinator_says_what_it_can(raw: RawClient) -> None:
    asked = Described(COORDINATOR, [Symbol("amqp:local-transactions")])
    (attached, _) = raw.say(attach("s", 0, False, Described(SOURCE, ["here"]), asked))
    assert attached.fields[TARGET_AT].value == [["amqp:local-transactions"]]
    asked = Described(COORDINATOR, [Symbol("amqp:distributed-transactions")])
    (attached, _) = raw.say(attach("t", 1, False, Described(SOURCE, ["here"]), asked))
    assert "distributed" not in repr(attached.fields[TARGET_AT])


def test_a_declare_for_a_global_transaction_is_refused(raw: RawClient) -> None:
    """4.5.2: global-id must not be set where there are no distributed transactions."""
    raw.say(attach("s", 0, False, Described(SOURCE, ["here"]), Described(COORDINATOR, [])))
    body = encode(Described(0x77, Described(0x31, [b"global"])))
    fields = [UInt(0), UInt(0), b"tag", UInt(0), False]
    (verdict,) = (each for each in raw.say(frame(TRANSFER, fields, body)) if each.code == DISPOSITION)
    assert verdict.fields[4].code == 0x25
    assert verdict.fields[4].value[0].value[0] == "amqp:not-implemented"


@pytest.mark.parametrize("asked", [0, 1])
def test_a_receiving_end_settles_first_whatever_the_sender_asks(raw: RawClient, asked: int) -> None:
    (attached, _) = raw.say(sender("q", rcv=asked))
    assert attached.fields[4] is None  # the default, first
    (verdict,) = (each for each in raw.say(transfer(0, 0)) if each.code == DISPOSITION)
    assert verdict.fields[3] is True  # settled


@pytest.mark.parametrize("modes", [{"snd": 3}, {"rcv": 2}, {"snd": 255, "rcv": 255}])
def test_a_settle_mode_that_is_none_is_refused(raw: RawClient, modes: dict[str, int]) -> None:
    assert refusal(raw.say(receiver("q", **modes)))[0] == "amqp:invalid-field"
