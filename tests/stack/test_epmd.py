"""The protocol of epmd: what Erlang's own nodes send is understood, and all that is written is read again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mqcourse.stack import epmd

names = st.text(min_size=1, max_size=60)
shorts = st.integers(0, 0xFFFF)
octets = st.integers(0, 0xFF)
nodes = st.builds(epmd.Alive, names, shorts, octets, octets, shorts, shorts, st.binary(max_size=40))
requests = nodes | st.builds(epmd.PortPlease, names) | st.builds(epmd.Names)


@given(requests)
def test_a_request_is_read_as_it_was_written(asked):
    body = epmd.body_of(asked)
    assert epmd.request(body) == asked
    framed = epmd.framed(body)
    assert int.from_bytes(framed[: epmd.LENGTH_BYTES], "big") == len(framed) - epmd.LENGTH_BYTES


@given(nodes)
def test_an_answer_names_the_node_and_an_absent_one_is_told(node):
    assert epmd.node_of(epmd.port_answer(node)) == node
    assert epmd.node_of(epmd.port_answer(None)) is None


@given(st.binary(max_size=80))
def test_any_other_bytes_are_malformed_and_break_nothing(found):
    try:
        asked = epmd.request(found)
    except epmd.Malformed:
        return
    assert epmd.body_of(asked) == found


@given(nodes, st.data())
def test_a_registration_that_is_cut_short_is_malformed(node, data):
    body = epmd.body_of(node)
    with pytest.raises(epmd.Malformed):
        epmd.request(body[: data.draw(st.integers(0, len(body) - 1))])
    with pytest.raises(epmd.Malformed):
        epmd.request(body + b"x")


def test_the_bytes_are_those_of_the_protocol():
    # as a node of Erlang/OTP 27 registers: port 0x6a02, type 77, protocol 0, versions 6 to 5, no extra data
    assert epmd.request(b"x\x6a\x02\x4d\x00\x00\x06\x00\x05\x00\x03mq1\x00\x00") == epmd.Alive("mq1", 0x6A02)
    assert epmd.request(b"zmq2") == epmd.PortPlease("mq2")
    assert epmd.request(b"n") == epmd.Names()
    node = epmd.Alive("mq1", 4)
    assert epmd.registered(node, 7) == b"v\x00\x00\x00\x00\x07"
    assert epmd.registered(node, None) == b"v\x01\x00\x00\x00\x00"
    assert epmd.registered(epmd.Alive("old", 4, highest=5), 7) == b"y\x00\x00\x07"
    assert epmd.names_answer(4369, {"mq1": 5}) == b"\x00\x00\x11\x11name mq1 at port 5\n"


@pytest.mark.parametrize("body", [b"k", b"s", b"d", b"", b"z", b"smq1"])
def test_a_request_to_end_or_change_it_is_refused(body):
    with pytest.raises(epmd.Malformed):
        epmd.request(body)
