"""Blocks of ports: fixed offsets, free or held, by whom."""

import os
import socket
import subprocess
import sys

import pytest

from mqcourse.errors import CourseError
from mqcourse.stack import ports
from mqcourse.stack.ports import BLOCK, DEFAULT_BASE, LAST_BASE, OFFSETS, Ports

BROKER_DEFAULTS = {5671, 5672, 15672, 5552, 15692, 25672, 4369, 9092, 9093, 2181, 5300, 8888, 8000}


def listening() -> socket.socket:
    server = socket.socket()
    server.bind(("127.0.0.1", 0))
    server.listen()
    return server


def test_every_purpose_has_a_port_of_its_own_within_the_block():
    block = Ports(DEFAULT_BASE).all()
    assert len(set(block.values())) == len(OFFSETS)
    assert all(DEFAULT_BASE <= port < DEFAULT_BASE + BLOCK for port in block.values())
    # rabbitmqctl's own four follow its first
    assert not {OFFSETS["rabbitmq_cli"] + extra for extra in (1, 2, 3)} & set(OFFSETS.values())


def test_no_block_touches_a_brokers_default_port_or_the_ephemeral_range():
    for base in range(DEFAULT_BASE, LAST_BASE + 1, BLOCK):
        assert not set(range(base, base + BLOCK)) & BROKER_DEFAULTS
        assert base + BLOCK <= 32768


def test_a_listening_port_is_not_free_and_its_holder_is_named():
    with listening() as server:
        port = server.getsockname()[1]
        assert not ports.is_free(port)
        assert ports.is_open(port)
        assert f"process {os.getpid()}" in ports.holder(port)
    assert ports.is_free(port)


def test_the_error_names_port_holder_and_setting():
    with listening() as server:
        port = server.getsockname()[1]
        text = str(ports.taken_error(port, "kafka"))
    assert str(port) in text
    assert f"process {os.getpid()}" in text
    assert "MQ_PORT_BASE" in text


def test_a_block_that_a_broker_of_the_course_holds_is_passed_over(free_block):
    held = [free_block]
    assert ports.next_free_base(held, start=free_block) > free_block
    assert ports.next_free_base([], start=free_block) == free_block


def test_the_block_of_a_running_broker_is_read_from_its_command_line():
    sleeper = subprocess.Popen([sys.executable, "-c", "input()", f"{ports.MARK}23450"], stdin=subprocess.PIPE)
    try:
        assert 23450 in set(ports.course_bases())
    finally:
        sleeper.communicate(b"\n")
    assert 23450 not in set(ports.course_bases())


@pytest.mark.parametrize("text", ["many", "80", "65530", "-1", "27100.5"])
def test_a_useless_base_is_refused(monkeypatch, text):
    monkeypatch.setenv("MQ_PORT_BASE", text)
    with pytest.raises(CourseError, match="MQ_PORT_BASE"):
        ports.explicit_base()


@pytest.fixture
def free_block() -> int:
    return ports.next_free_base(ports.course_bases(), start=21500)
