"""The connection that a check watches: what it writes down, and where it cuts."""

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pika
import pytest
from pika import frame as frames
from pika import spec

from mqcourse.grading.brokers.rabbitmq import CheckRabbitMQ
from mqcourse.grading.brokers.wire import Act, Cut, Did, Wire
from mqcourse.stack import endpoints

pytestmark = [pytest.mark.stack, pytest.mark.usefixtures("stack")]


@pytest.fixture
def broker() -> Iterator[CheckRabbitMQ]:
    with CheckRabbitMQ() as broker:
        yield broker


def did(wire: Wire) -> list[tuple[Did, int]]:
    wire.settle()
    return [(act.did, act.number) for act in wire.acts()]


def channel_through(wire: Wire) -> Any:
    return pika.BlockingConnection(pika.URLParameters(wire.url)).channel()


def test_publishing_is_seen_with_the_brokers_answer(broker: CheckRabbitMQ) -> None:
    queue = broker.declare(
        "seen", **{"x-queue-type": "classic", "x-max-length": 1, "x-overflow": "reject-publish"}
    )
    with Wire(broker.number_of) as wire:
        channel = channel_through(wire)
        channel.confirm_delivery()
        channel.basic_publish("", queue, broker.job(1))
        with pytest.raises(pika.exceptions.NackError):
            channel.basic_publish("", queue, broker.job(2))
        channel.connection.close()
        assert did(wire) == [(Did.PUBLISHED, 1), (Did.STORED, 1), (Did.PUBLISHED, 2), (Did.REFUSED, 2)]


def test_each_frame_is_passed_on_at_once(broker: CheckRabbitMQ) -> None:
    """A publish is three frames. Held back by Nagle's algorithm, each would take 40 ms, and a check that measures
    pauses would see eight times fewer of them."""
    with Wire(broker.number_of) as wire:
        channel = channel_through(wire)
        (link,) = wire._links
        for end in (link._client, link._broker):
            assert end.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        channel.connection.close()


def test_getting_and_settling_is_seen(broker: CheckRabbitMQ) -> None:
    queue = broker.declare("seen")
    broker.publish(queue, [1, 2, 3])
    with Wire(broker.number_of) as wire:
        channel = channel_through(wire)
        tags = [channel.basic_get(queue)[0].delivery_tag for _ in range(2)]
        channel.basic_ack(tags[-1], multiple=True)
        channel.basic_get(queue, auto_ack=True)
        channel.basic_get(queue)
        channel.connection.close()
        assert [each for each in did(wire) if each[0] is not Did.ASKED] == [
            (Did.DELIVERED, 1),
            (Did.DELIVERED, 2),
            (Did.ACKNOWLEDGED, 1),
            (Did.ACKNOWLEDGED, 2),
            (Did.DELIVERED, 3),
            (Did.ACKNOWLEDGED, 3),
            (Did.EMPTY, 0),
        ]


@pytest.mark.parametrize(("where", "left"), [(Cut.BEFORE, 1), (Cut.AFTER, 0)])
def test_a_cut_falls_before_or_after_the_acknowledgement(
    broker: CheckRabbitMQ, where: Cut, left: int
) -> None:
    queue = broker.declare("cut")
    broker.publish(queue, [1])
    with Wire(broker.number_of) as wire:

        def at_the_acknowledgement(_act: Act) -> Cut:
            return where

        wire.cut(at_the_acknowledgement)
        channel = channel_through(wire)
        channel.basic_ack(channel.basic_get(queue)[0].delivery_tag)
        assert wire.was_cut.wait(30)
    with pytest.raises(pika.exceptions.AMQPConnectionError):
        channel.connection.process_data_events(30)  # it learns now that it was cut, and closes its socket
    assert broker.wait_ready(queue, left, deadline_s=30) == left


def test_the_broker_says_how_a_queue_was_declared(broker: CheckRabbitMQ) -> None:
    queue = broker.declare("declared", **{"x-max-length": 53, "x-overflow": "reject-publish"})
    has = broker.declared(queue)
    assert [has["durable"], has["exclusive"], has["auto_delete"]] == [True, False, False]
    assert has["x-max-length"] == 53
    assert (has["x-queue-type"], has["x-overflow"]) == ("quorum", "reject-publish")
    assert broker.ready(queue) == 0


def test_the_broker_says_how_an_exchange_was_declared(broker: CheckRabbitMQ) -> None:
    plain, other = broker.exchange_name("plain"), broker.exchange_name("other")
    assert broker.declared_exchange(plain) is None
    with pika.BlockingConnection(pika.URLParameters(endpoints().rabbitmq_url)) as connection:
        channel = connection.channel()
        channel.exchange_declare(plain, "topic", durable=True)
        channel.exchange_declare(
            other, "fanout", auto_delete=True, internal=True, arguments={"alternate-exchange": plain}
        )
    usual = {"type": "topic", "durable": True, "auto_delete": False, "internal": False}
    assert broker.declared_exchange(plain) == usual
    assert broker.declared_exchange(other) == {
        "type": "fanout",
        "durable": False,
        "auto_delete": True,
        "internal": True,
        "alternate-exchange": plain,
    }


def test_looking_leaves_the_messages_where_they_are(broker: CheckRabbitMQ) -> None:
    queue = broker.declare("look")
    broker.publish(queue, [1, 2])
    assert broker.look(queue) == [1, 2]
    assert [number for number, _ in broker.take_all(queue)] == [1, 2]


ACKNOWLEDGES_AND_DIES = """
import fcntl, os, signal, socket, sys, termios, time
from urllib.parse import urlsplit
from pika import frame, spec
broker = socket.create_connection((urlsplit(sys.argv[1]).hostname, urlsplit(sys.argv[1]).port))
broker.recv(1)  # the broker has begun to send; the rest is never read
for tag in range(1, 51):
    broker.sendall(frame.Method(1, spec.Basic.Ack(tag)).marshal())
while any(fcntl.ioctl(broker, termios.TIOCOUTQ, bytes(4))):
    time.sleep(0.001)  # what has not left this side's queue is lost with it: unread input resets the connection
os.kill(os.getpid(), signal.SIGKILL)
"""
DELIVERIES = 64 * frames.Body(1, b"x" * 131_000).marshal()


def test_what_was_sent_before_a_kill_reaches_the_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rest of the queue is on its way to the client, and nobody reads it any more.

    The broker is a socket here, which gets each byte.
    """
    with socket.create_server(("127.0.0.1", 0)) as door, ThreadPoolExecutor(1) as beside:
        monkeypatch.setenv("MQ_RABBITMQ_URL", f"amqp://guest:guest@127.0.0.1:{door.getsockname()[1]}/%2F")
        with (
            Wire(lambda body: None) as wire,
            subprocess.Popen([sys.executable, "-c", ACKNOWLEDGES_AND_DIES, wire.url]) as client,
        ):
            broker, _ = door.accept()
            with broker:
                broker.settimeout(120)
                deliveries = beside.submit(broker.sendall, DELIVERIES)
                assert client.wait(120) == -signal.SIGKILL
                got = b"".join(iter(lambda: broker.recv(65_536), b""))
                deliveries.result()  # else an end with something unread: RabbitMQ would read no further
    assert got == b"".join(frames.Method(1, spec.Basic.Ack(tag)).marshal() for tag in range(1, 51))
