"""The quick readers of the hot frames agree with the table of fields, on what clients send and on anything else."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from servicebus_emulator.amqp.composite import BY_CLASS, BY_CODE
from servicebus_emulator.amqp.decode import decode_value
from servicebus_emulator.amqp.errors import AmqpProtocolError
from servicebus_emulator.amqp.frames import (
    decode_body,
    disposition_frame,
    encode_frame,
    encode_state,
    encode_uint,
    frame_around,
    quick_disposition,
    quick_transfer,
    single_transfer,
    transfer_fields,
)
from servicebus_emulator.amqp.performatives import (
    Accepted,
    AmqpError,
    Attach,
    Begin,
    Close,
    Detach,
    Disposition,
    End,
    Flow,
    Modified,
    Open,
    Rejected,
    Released,
    Transfer,
)

uints = st.integers(0, 2**32 - 1)
states = st.sampled_from([Accepted(), Released(), Modified(True), Rejected(AmqpError("x")), None])
dispositions = st.builds(
    Disposition, st.booleans(), uints, st.none() | uints, st.booleans(), states, st.booleans()
)
transfers = st.builds(
    Transfer,
    st.integers(0, 300),
    st.none() | uints,
    st.none() | st.binary(max_size=40),
    st.none() | uints,
    st.none() | st.booleans(),
    st.booleans(),
    st.none() | st.integers(0, 1),
    states,
)


def slowly(body):
    try:
        return decode_body(body)
    except AmqpProtocolError:
        return None


def equal_disposition(quick, slow):
    return (quick.role, quick.first, quick.last, quick.settled, quick.state) == (
        slow.role,
        slow.first,
        slow.first if slow.last is None else slow.last,
        slow.settled,
        slow.state,
    )


def equal_transfer(quick, slow):
    return (quick.handle, quick.delivery_id, quick.delivery_tag, quick.more, quick.state) == (
        slow.handle,
        slow.delivery_id,
        slow.delivery_tag,
        slow.more,
        slow.state,
    ) and (quick.message_format, quick.settled) == (slow.message_format or 0, bool(slow.settled))


def agree(body):
    slow = slowly(body)
    quick = quick_disposition(body, 3, len(body)) if body[:3] == b"\x00\x53\x15" else None
    if quick is not None:
        assert slow is not None
        assert equal_disposition(quick, slow[0])
    found = quick_transfer(body, 3, len(body)) if body[:3] == b"\x00\x53\x14" else None
    if found is not None:
        assert slow is not None
        assert equal_transfer(found[0], slow[0])
        assert found[1] == slow[1]
    return quick is not None or found is not None


@settings(max_examples=400, deadline=None)
@given(dispositions | transfers, st.binary(max_size=20))
def test_well_formed_frames_read_the_same_both_ways(frame, payload):
    agree(encode_frame(frame, payload=payload if type(frame) is Transfer else b"")[8:])


@pytest.mark.lengthy
@settings(max_examples=1500, deadline=None)
@given(dispositions | transfers, st.data())
def test_damaged_frames_read_the_same_both_ways_or_not_at_all(frame, data):
    body = bytearray(encode_frame(frame)[8:])
    for _ in range(data.draw(st.integers(1, 3))):
        body[data.draw(st.integers(3, len(body) - 1))] = data.draw(
            st.sampled_from(
                [0, 1, 2, 3, 5, 6, 0x40, 0x41, 0x42, 0x43, 0x45, 0x52, 0x56, 0x70, 0xA0, 0xC0, 0xD0, 0xFF]
            )
        )
    agree(bytes(body[: data.draw(st.integers(len(body) // 2, len(body)))]))


def test_what_azure_servicebus_sends_is_read_quickly():
    for body in (
        "005315c00d0656015205405600005324454 0",
        "005315c010065601700000012c405601005324454 0",
        "005314c0170b43700000012ca0040000000143560056004040404040616263",
    ):
        assert agree(bytes.fromhex(body.replace(" ", "")))


def written_fields(frame: bytes) -> tuple[int, type, int]:
    """How many fields a frame's list has, the class they belong to, and the length of what follows them."""
    body = frame[8:]
    descriptor, position = decode_value(body, 1)
    fields, position = decode_value(body, position)
    return len(fields), BY_CODE[descriptor].cls, len(body) - position


def assert_whole(frame: bytes, kind: type, payload_size: int = 0) -> None:
    """Every field of the performative is in the frame: readers by position count on it."""
    assert int.from_bytes(frame[:4], "big") == len(frame)
    assert written_fields(frame) == (len(BY_CLASS[kind].fields), kind, payload_size)


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from([encode_uint(0), encode_uint(7), encode_uint(300)]),
    uints,
    st.binary(max_size=32),
    st.sampled_from([0, 1, 2**31]),
    st.booleans(),
    states,
    st.binary(max_size=20),
)
def test_a_written_transfer_has_all_of_its_fields(
    handle, delivery_id, tag, message_format, settled, state, payload
):
    single = single_transfer(3, handle, delivery_id, tag, settled, len(payload)) + payload
    assert_whole(single, Transfer, len(payload))
    assert decode_body(single[8:])[0].delivery_id == delivery_id
    last, more = transfer_fields(handle, delivery_id, tag, message_format, settled, encode_state(state))
    for body, is_more in ((last, False), (more, True)):
        frame = frame_around(3, body, len(payload)) + payload
        assert_whole(frame, Transfer, len(payload))
        read = decode_body(frame[8:])[0]
        assert (read.delivery_tag, read.message_format, read.settled) == (tag, message_format, settled)
        assert (read.more, read.state) == (is_more, state)


@settings(max_examples=200, deadline=None)
@given(st.booleans(), uints, uints, st.booleans(), states)
def test_a_written_disposition_has_all_of_its_fields(role, first, last, settled, state):
    frame = disposition_frame(3, role, first, last, settled, encode_state(state))
    assert_whole(frame, Disposition)
    read = decode_body(frame[8:])[0]
    assert (read.role, read.first, read.last or first, read.settled) == (role, first, last or first, settled)
    assert read.state == state


@pytest.mark.parametrize(
    "frame",
    [Open("a"), Begin(None, 1, 2, 3), Attach("a", 0, True), Flow(0, 1, 2, 3), Detach(0), End(), Close()],
    ids=lambda frame: type(frame).__name__,
)
def test_every_other_performative_is_written_whole(frame):
    assert_whole(encode_frame(frame), type(frame))
