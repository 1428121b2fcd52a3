"""What a receiver reads of a message's life, header and dead-letter reason, against the text of AMQP 1.0 part 3."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from servicebus_emulator.amqp.message import EncodedMessage
from servicebus_emulator.amqp.performatives import RECEIVER, SENDER, AmqpError, Modified, Rejected, Source
from servicebus_emulator.amqp.types import Array, Timestamp
from servicebus_emulator.amqp.types import Symbol as Word
from servicebus_emulator.broker.description import QueueDescription, RuleDescription, SqlFilter

from ..plain_wire import (
    DISPOSITION,
    TRANSFER,
    UINT_MAX,
    Described,
    Moment,
    Symbol,
    UByte,
    UInt,
    decode,
    encode,
    frame,
)
from .in_memory_client import World
from .raw_client import RawClient, flow, receiver, sender

HEADER, ANNOTATIONS, PROPERTIES = 0x70, 0x72, 0x73
DAY_MS = 86_400_000
NOW_MS = 1_795_000_000_000
YEAR_9999_MS = 253_402_300_799_999


def moment(milliseconds: int | None) -> Any:
    return None if milliseconds is None else Moment(milliseconds)


def sent(
    *,
    ttl: int | None = None,
    created: int | None = None,
    expires: int | None = None,
    first: bool | None = None,
) -> bytes:
    properties = ["id", *[None] * 7, moment(expires), moment(created)]
    header = [None, UByte(1), None if ttl is None else UInt(ttl), first, UInt(3)]
    sections = (Described(HEADER, header), Described(PROPERTIES, properties), Described(0x75, b"x"))
    return b"".join(encode(section) for section in sections)


def read(payload: bytes) -> dict[int, Any]:
    """A message's sections, lists padded with None."""
    found, position = {}, 0
    while position < len(payload):
        section, position = decode(payload, position)
        value = section.value
        found[section.code] = (value + [None] * 16)[:16] if isinstance(value, list) else value
    return found


def deliver(
    payload: bytes, *, world: World | None = None, queue: str = "q", deliveries: int = 1
) -> list[dict[int, Any]]:
    """Send one message, receive it so many times (abandoned each time)."""
    raw = RawClient(world)
    raw.say(sender(queue, 0), frame(TRANSFER, [UInt(0), UInt(0), b"t", UInt(0), False], payload))
    raw.say(receiver(queue, 1))
    found = []
    for number in range(deliveries):
        (delivery,) = (each for each in raw.say(flow(1, 1, count=number)) if each.code == TRANSFER)
        found.append(read(delivery.payload))
        abandon = [True, delivery.fields[1], None, True, Described(0x27, [True])]
        raw.say(frame(DISPOSITION, [UInt(each) if type(each) is int else each for each in abandon]))
    return found


def life(message: dict[int, Any]) -> tuple[int | None, int | None, int | None]:
    """header.ttl, creation-time and absolute-expiry-time."""
    return message[HEADER][2], message[PROPERTIES][9], message[PROPERTIES][8]


# -- time to live


@settings(max_examples=60)
@given(
    ttl=st.sampled_from([1, 999, 50_000, UINT_MAX - 1, UINT_MAX]) | st.integers(1, UINT_MAX),
    skew=st.none() | st.integers(-DAY_MS, DAY_MS),
)
def test_the_two_times_are_exactly_the_time_to_live_apart(ttl: int, skew: int | None) -> None:
    created = None if skew is None else NOW_MS + skew
    (message,) = deliver(sent(ttl=ttl, created=created, expires=None if created is None else created + ttl))
    header_ttl, creation, expiry = life(message)
    assert (header_ttl, expiry - creation) == (ttl, ttl)
    if created is not None:
        assert creation == created  # the sender's own


@settings(max_examples=60)
@given(days=st.sampled_from([49.8, 100, 3650, 30_000]), created=st.none() | st.just(NOW_MS))
def test_above_the_end_of_the_header_the_difference_counts(days: float, created: int | None) -> None:
    """3.2.1: ttl is a uint of milliseconds; the SDKs say the rest in the two times."""
    wanted = int(days * DAY_MS)
    content = EncodedMessage(
        sent(ttl=UINT_MAX, created=created, expires=None if created is None else created + wanted)
    )
    assert content.time_to_live_s == (UINT_MAX if created is None else wanted) / 1000
    if created is not None:
        assert life(deliver(content.encoded)[0]) == (UINT_MAX, created, created + wanted)


@pytest.mark.parametrize("cap_days", [10, 100])
def test_an_entitys_shorter_time_to_live_is_what_a_receiver_reads(cap_days: int) -> None:
    world = World()
    description = QueueDescription("capped", default_message_time_to_live_s=cap_days * 86_400.0)
    world.broker.create_queue(description, world.now_s)
    for payload in (sent(ttl=UINT_MAX, created=NOW_MS, expires=NOW_MS + 3650 * DAY_MS), sent()):
        header_ttl, creation, expiry = life(deliver(payload, world=world, queue="capped")[0])
        assert (header_ttl, expiry - creation) == (min(UINT_MAX, cap_days * DAY_MS), cap_days * DAY_MS)


@pytest.mark.parametrize("created", [-1, -(2**63), 2**63 - 1, YEAR_9999_MS])
def test_a_creation_time_from_which_no_date_can_be_counted_is_set_anew(created: int) -> None:
    header_ttl, creation, expiry = life(deliver(sent(ttl=1000, created=created, expires=0))[0])
    assert (header_ttl, expiry - creation) == (1000, 1000)
    assert 0 < creation < YEAR_9999_MS


def test_without_a_time_to_live_the_two_times_are_as_sent() -> None:
    assert life(deliver(sent(created=5, expires=7))[0]) == (None, 5, 7)


# -- header.first-acquirer (3.2.1)


@pytest.mark.parametrize(
    ("given_value", "expected"), [(True, [True, False]), (False, [False, False]), (None, [None, None])]
)
def test_first_acquirer_is_as_sent_until_somebody_had_it(
    given_value: bool | None, expected: list[Any]
) -> None:
    found = deliver(sent(first=given_value), deliveries=2)
    assert [message[HEADER][3] for message in found] == expected
    assert [message[HEADER][4] or 0 for message in found] == [0, 1]


# -- a deferred message, and a reason that is no text


def test_a_peeked_deferred_message_says_until_when_it_was_locked() -> None:
    world = World()
    client = world.client()
    client.send(client.attach(SENDER, "q"))
    link = client.receiver("q")
    link.grant(1)
    world.run()
    locked = read(client.received(link)[0].payload or b"")[ANNOTATIONS]["x-opt-locked-until"]
    client.settle(client.received(link)[0].delivery_id, Modified(undeliverable_here=True))
    status, body = client.manage("q", "peek-message", {"from-sequence-number": 1, "message-count": 1})
    assert status == 200
    (entry,) = body["messages"]
    annotations = read(entry["message"])[ANNOTATIONS]
    assert (annotations["x-opt-locked-until"], annotations["x-opt-message-state"]) == (locked, 1)


@pytest.mark.parametrize("value", [Moment(NOW_MS), 5, 2.5, True, b"bytes"])
def test_a_dead_letter_reason_that_is_no_text_is_kept_as_it_is(value: Any) -> None:
    world = World()
    client = world.client()
    client.send(client.attach(SENDER, "q"))
    link = client.receiver("q")
    link.grant(1)
    world.run()
    typed = Timestamp(value) if isinstance(value, Moment) else value
    info = {Word("DeadLetterReason"): typed, Word("DeadLetterErrorDescription"): typed}
    state = Rejected(AmqpError("com.microsoft:dead-letter", None, info))
    assert client.settle(client.received(link)[0].delivery_id, state) == Rejected()
    (dead,) = world.broker.queue("q").dead_letter_queue.peek(0, 9, world.now_s)
    properties = dict(dead.content.application_properties())
    assert properties == {"DeadLetterReason": typed, "DeadLetterErrorDescription": typed}
    assert type(properties["DeadLetterReason"]) is type(typed)


# -- settling what is settled, in a session


def test_settling_a_settled_message_of_a_held_session_says_the_message_lock_is_lost() -> None:
    world = World()
    client = world.client()
    client.send(client.attach(SENDER, "s"), session_id="one")

    link = client.attach(
        RECEIVER, "s", source=Source("s", filter={Word("com.microsoft:session-filter"): "one"})
    )
    link.grant(1)
    world.run()
    token = uuid.UUID(bytes_le=client.received(link)[0].tag)
    order = {"lock-tokens": Array(uuid.UUID, [token]), "disposition-status": "completed", "session-id": "one"}
    assert client.manage("s", "update-disposition", order)[0] == 200
    assert client.manage("s", "update-disposition", order) == (410, "com.microsoft:message-lock-lost")
    link.detach()
    world.run()
    assert client.manage("s", "update-disposition", order) == (410, "com.microsoft:session-lock-lost")


@pytest.mark.parametrize("due", [-(2**63), -1, 0, YEAR_9999_MS + 1, 2**63 - 1])
def test_a_scheduled_time_beyond_every_calendar_does_no_harm(due: int) -> None:
    """1.6.17: a timestamp is 64 bits, a date of Python's or .NET's is less."""
    annotated = encode(Described(ANNOTATIONS, {Symbol("x-opt-scheduled-enqueue-time"): Moment(due)}))
    world = World()
    rule = RuleDescription("r", SqlFilter("sys.ScheduledEnqueueTimeUtc IS NOT NULL"))
    world.broker.subscription("t", "u").add_rule(rule, world.now_s)
    raw = RawClient(world)
    raw.say(sender("t", 0), sender("q", 1))
    payload = annotated + encode(Described(0x75, b"x"))
    for handle in (0, 1):
        fields = [UInt(handle), UInt(handle), b"t", UInt(0), False]
        (verdict,) = (each for each in raw.say(frame(TRANSFER, fields, payload)) if each.code == DISPOSITION)
        assert verdict.fields[4].code == 0x24
    queue = world.broker.queue("q")
    assert queue.scheduled_count == (1 if due > world.now_s * 1000 else 0)
