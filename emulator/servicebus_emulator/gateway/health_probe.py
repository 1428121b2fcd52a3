"""The health probe: a real connection, in memory, sends one message through the whole protocol and receives it again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from servicebus_emulator.admin.host import Health
from servicebus_emulator.amqp.connection import Connection
from servicebus_emulator.amqp.events import DispositionReceived, Event, MessageReceived
from servicebus_emulator.amqp.message import EncodedMessage, build
from servicebus_emulator.amqp.performatives import RECEIVER, SECOND, SENDER, Accepted, Source, Target
from servicebus_emulator.broker.description import QueueDescription
from servicebus_emulator.broker.errors import BrokerError, EntityAlreadyExists
from servicebus_emulator.gateway.access import Access
from servicebus_emulator.gateway.client import Client
from servicebus_emulator.gateway.client_events import receive
from servicebus_emulator.gateway.turn import Turn

QUEUE = "$probe"
BODY = b"probe"


class Probed(Turn, Protocol):
    """The emulator as its probe uses it."""

    def connect(self, address: str) -> Client: ...

    def disconnect(self, client: Client) -> None:
        """A client's transport is gone."""

    def pump(self) -> bool:
        """Carry deliveries to their links. Returns whether there is more to do later."""

    def commit(self) -> None:
        """Make durable what was done. Raises OSError-like on a full or broken disk."""


class ProbeError(Exception):
    """A step of the probe did not do what it should; the text names it."""


def probe(emulator: Probed, clock: Callable[[], float]) -> Health:
    """Send and receive one message on its own queue, which is gone afterwards."""
    begun_s = clock()
    hosted = next(iter(emulator.namespaces.values()))
    try:
        try:
            hosted.broker.create_queue(QueueDescription(QUEUE), emulator.broker_now_s)
        except EntityAlreadyExists:
            hosted.broker.queue(QUEUE).purge(emulator.broker_now_s)
        try:
            _send_and_receive(emulator)
        finally:
            hosted.broker.delete_queue(QUEUE, emulator.broker_now_s)
            emulator.pump()
        emulator.commit()
    except (ProbeError, BrokerError, OSError) as error:
        return Health(False, emulator.machine_now_s, clock() - begun_s, f"{type(error).__name__}: {error}")
    return Health(True, emulator.machine_now_s, clock() - begun_s)


def _send_and_receive(emulator: Probed) -> None:
    connection = Connection("client", container_id="health-probe", sasl=("ANONYMOUS", b""))
    client = emulator.connect("health-probe")
    client.activity.messages = False
    client.access = Access(lambda: client.hosted.key_ring(), authorize=False)
    seen: list[Event] = []

    def exchange() -> None:
        while connection.has_output or client.connection.has_output:
            receive(client, connection.take())
            emulator.pump()
            seen.extend(connection.receive(client.connection.take()))

    try:
        connection.start()
        exchange()
        if not connection.opened:
            raise ProbeError("the connection did not open")
        session = connection.begin_session()
        sender = session.attach("probe-send", SENDER, source=Source("probe"), target=Target(QUEUE))
        receiver = session.attach(
            "probe-receive",
            RECEIVER,
            source=Source(QUEUE),
            target=Target("probe"),
            snd_settle_mode=0,
            rcv_settle_mode=SECOND,
        )
        exchange()
        if sender.credit == 0:
            raise ProbeError("the sender got no credit")
        sender.send(build(body=BODY), b"1")
        exchange()
        if not any(isinstance(e, DispositionReceived) and type(e.state) is Accepted for e in seen):
            raise ProbeError("the send was not confirmed")
        emulator.commit()
        receiver.grant(1)
        exchange()
        received = next((e for e in seen if isinstance(e, MessageReceived)), None)
        if received is None or received.payload is None or EncodedMessage(received.payload).body() != BODY:
            raise ProbeError("the message that was sent was not received")
        session.settle_incoming(received.delivery_id, Accepted())
        exchange()
        connection.close()
        exchange()
    finally:
        emulator.disconnect(client)
