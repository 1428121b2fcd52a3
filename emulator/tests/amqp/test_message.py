"""Messages stay the bytes their sender wrote; only what the broker knows is added."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from servicebus_emulator.amqp import message as m
from servicebus_emulator.amqp.encode import encode_value
from servicebus_emulator.amqp.errors import CodecError
from servicebus_emulator.amqp.message import EncodedMessage, build, split_batch
from servicebus_emulator.amqp.types import Symbol, Timestamp, UInt

from .amqp_values import values

STAMPS = {
    "sequence_number": 7,
    "enqueued_ms": 1000,
    "delivery_count": 0,
}


@pytest.mark.lengthy
@settings(max_examples=200, deadline=None)
@given(values, st.dictionaries(st.text(max_size=8), st.integers(-(2**63), 2**63 - 1), max_size=4))
def test_the_bare_message_is_never_changed_on_its_way(value, user):
    encoded = build(
        value=value if value is not None else b"x",
        properties={m.MESSAGE_ID: "id"},
        application_properties=user,
    )
    out = EncodedMessage(encoded).render(**STAMPS, locked_until_ms=5, lock_token=bytes(range(16)))
    assert out.endswith(encoded)
    assert EncodedMessage(out).application_properties() == user


def test_stamps_replace_what_a_sender_wrote_and_keep_his_own_annotations():
    sent = EncodedMessage(build(body=b"x", annotations={"x-opt-sequence-number": 99, "mine": "kept"}))
    always = {"mine": "kept", "x-opt-sequence-number": 7, "x-opt-enqueued-time": 1000}
    assert EncodedMessage(sent.render(**STAMPS)).annotations() == always
    out = EncodedMessage(
        sent.render(
            **STAMPS,
            origin_number=2**40,
            state=2,
            locked_until_ms=5,
            lock_token=bytes(range(16)),
            dead_letter_source="q",
        )
    )
    assert out.annotations() == {
        **always,
        "x-opt-enqueue-sequence-number": 2**40,
        "x-opt-message-state": 2,
        "x-opt-locked-until": 5,
        "x-opt-deadletter-source": "q",
    }


def test_time_to_live_gives_an_absolute_expiry_and_none_gives_none():
    plain = EncodedMessage(EncodedMessage(build(body=b"x")).render(**STAMPS))
    assert plain.time_to_live_s is None
    assert plain.field(m.ABSOLUTE_EXPIRY_TIME) is None
    limited = EncodedMessage(EncodedMessage(build(body=b"x")).render(**STAMPS, time_to_live_ms=60_000))
    assert limited.time_to_live_s == 60
    assert limited.field(m.ABSOLUTE_EXPIRY_TIME) == Timestamp(61_000)
    assert limited.body() == b"x"


def test_a_message_without_an_id_gets_one_and_one_with_an_id_keeps_its_bytes():
    assert len(str(EncodedMessage.arrived(build(body=b"x")).message_id)) == 32
    assert EncodedMessage.arrived(build(body=b"x", properties={m.SUBJECT: "s"})).field(m.SUBJECT) == "s"
    encoded = build(body=b"x", properties={m.MESSAGE_ID: UInt(4)})
    assert EncodedMessage.arrived(encoded).encoded is encoded


def test_system_properties_are_read_and_changed_by_their_filter_names():
    due = datetime(2026, 11, 23, tzinfo=UTC)
    content = EncodedMessage(build(body=b"x", application_properties={"a": 1})).with_system_properties(
        {
            "label": "L",
            "sessionid": "S",
            "timetolive": 2.5,
            "partitionkey": "S",
            "scheduledenqueuetimeutc": due,
        }
    )
    assert content.system_property("subject") == "L"
    assert content.session_id == "S"
    assert content.time_to_live_s == 2.5
    assert content.partition_key == "S"
    assert content.scheduled_enqueue_s == due.timestamp()
    assert content.system_property("scheduledenqueuetimeutc") == due
    assert content.system_property("nothing") is None
    assert content.body() == b"x"
    changed = content.with_application_properties({"b": 2})
    assert changed.application_properties() == {"b": 2}
    assert changed.session_id == "S"
    removed = changed.with_system_properties({"label": None}).with_application_properties({})
    assert removed.system_property("label") is None
    assert removed.application_properties() == {}


def test_bodies_of_all_kinds_are_read():
    assert EncodedMessage(b"\x00\x53\x75\xa0\x01a\x00\x53\x75\xa0\x01b").body() == b"ab"
    assert EncodedMessage(
        b"\x00\x53\x76" + encode_value([1]) + b"\x00\x53\x76" + encode_value([2])
    ).body() == [1, 2]
    assert EncodedMessage(b"\x00\x53\x77" + encode_value({"k": None})).body() == {"k": None}


def test_a_batch_is_split_into_its_messages():
    inner = [build(body=b"1"), build(body=b"2")]
    batch = b"".join(b"\x00\x53\x75" + encode_value(each) for each in inner)
    assert split_batch(batch) == inner


def test_sections_described_by_symbol_or_in_full_are_read():
    encoded = (
        b"\x00"
        + encode_value(Symbol("amqp:properties:list"))
        + encode_value(["id"])
        + b"\x00\x80"
        + bytes(7)
        + b"\x75"
        + encode_value(b"x")
    )
    message = EncodedMessage(encoded)
    assert message.message_id == "id"
    assert message.body() == b"x"


@pytest.mark.parametrize(
    "bad",
    [
        b"x",
        b"\x00\x53\x75",
        b"\x00\x53\x20\x40",
        b"\x00\x53\x73\x45\x00\x53\x73\x45",  # twice
        b"\x00\x53\x73\xa1\x01x",  # properties that are no list
    ],
)
def test_what_is_no_message_is_refused(bad):
    with pytest.raises(CodecError):
        EncodedMessage.arrived(bad)
