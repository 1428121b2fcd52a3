"""The emulator and a client on the same engine, in one process and under a clock that the test moves."""

import time
import uuid
from typing import Any

from servicebus_emulator.admin.host import HostedNamespace
from servicebus_emulator.amqp import message as m
from servicebus_emulator.amqp.connection import Connection
from servicebus_emulator.amqp.events import (
    DispositionReceived,
    Event,
    LinkAttached,
    LinkDetached,
    MessageReceived,
    SenderDisposition,
)
from servicebus_emulator.amqp.link import Link
from servicebus_emulator.amqp.message import EncodedMessage, build
from servicebus_emulator.amqp.performatives import RECEIVER, SECOND, SENDER, Source, Target
from servicebus_emulator.broker.description import QueueDescription, SubscriptionDescription, TopicDescription
from servicebus_emulator.broker.namespace import Namespace
from servicebus_emulator.emulator import Emulator
from servicebus_emulator.gateway import client_events
from servicebus_emulator.sas import DEFAULT_RULE, generate


class World:
    """An emulator with a few entities: queues `q` and `p`, session queue `s`, topic `t` with subscription `u`."""

    def __init__(self, *, authorize: bool = False) -> None:
        self.now_s = time.time()
        self.broker = Namespace("ns", seed=1)
        for name in ("q", "p"):
            self.broker.create_queue(QueueDescription(name), self.now_s)
        self.broker.create_queue(QueueDescription("s", requires_session=True), self.now_s)
        self.broker.create_topic(TopicDescription("t"), self.now_s)
        self.broker.create_subscription("t", SubscriptionDescription("u"), self.now_s)
        self.emulator = Emulator(
            {"ns": HostedNamespace("ns", self.broker)}, authorize=authorize, now_s=self.now_s
        )
        self.clients: list[Client] = []

    def client(self, **options: Any) -> "Client":
        made = Client(self, **options)
        self.clients.append(made)
        self.run()
        return made

    def pass_time(self, seconds: float) -> None:
        self.now_s += seconds
        self.emulator.set_time(self.now_s)
        for client in self.clients:
            client_events.tick(client.at_server)
        self.run()

    def run(self) -> None:
        """Carry bytes to and fro until all is still."""
        moved = True
        while moved:
            moved = False
            for client in self.clients:
                data = client.connection.take()
                client_events.receive(client.at_server, data)
                moved = moved or bool(data)
            self.emulator.pump()
            for client in self.clients:
                if client.reads:
                    data = client.at_server.connection.take(self.now_s)
                    if client.at_server.held_back:
                        client.at_server.uncongested()
                        moved = True
                    client.seen.extend(client.connection.receive(data, self.now_s))
                    moved = moved or bool(data)
            self.emulator.written.clear()


class Client:
    """One client of the world."""

    def __init__(self, world: World, sasl: tuple[str, bytes] | None = ("ANONYMOUS", b"")) -> None:
        self.world = world
        self.at_server = world.emulator.connect("test")
        self.connection = Connection("client", container_id="test", hostname="localhost", sasl=sasl)
        self.connection.start()
        self.seen: list[Event] = []
        self.reads = True
        self.session: Any = None

    def of(self, kind: type[Any], link: Link | None = None) -> list[Any]:
        return [
            e for e in self.seen if isinstance(e, kind) and (link is None or getattr(e, "link", None) is link)
        ]

    def attach(self, role: bool, address: Any, *, run: bool = True, **fields: Any) -> Link:
        if self.session is None:
            self.session = self.connection.begin_session()
        here = fields.pop("here", "here")
        source = fields.pop("source", None) or Source(here if role is SENDER else address)
        target = fields.pop("target", None) or Target(address if role is SENDER else here)
        link: Link = self.session.attach(str(uuid.uuid4()), role, source=source, target=target, **fields)
        if run:
            self.world.run()
        return link

    def receiver(self, address: str, **fields: Any) -> Link:
        return self.attach(RECEIVER, address, snd_settle_mode=0, rcv_settle_mode=SECOND, **fields)

    def refusal(self, link: Link) -> str:
        """The condition a link was refused or detached with."""
        assert isinstance(self.of(LinkAttached, link)[0], LinkAttached)
        return str(self.of(LinkDetached, link)[0].error.condition)

    def send(
        self, link: Link, body: bytes = b"x", *, state: Any = None, session_id: str | None = None
    ) -> Any:
        """Send one message; returns the state it was settled with."""
        properties = {m.MESSAGE_ID: uuid.uuid4().hex, m.GROUP_ID: session_id}
        return self.send_encoded(
            link, build(body=body, properties={k: v for k, v in properties.items() if v}), state
        )

    def send_encoded(self, link: Link, payload: bytes, state: Any = None) -> Any:
        delivery = link.send(payload, uuid.uuid4().bytes, state=state)
        self.world.run()
        for event in self.of(DispositionReceived):
            if delivery in event.deliveries:
                assert event.settled
                return event.state
        return None

    def received(self, link: Link) -> list[MessageReceived]:
        return [event for event in self.of(MessageReceived) if event.link is link]

    def settle(self, delivery_id: int, state: Any) -> Any:
        """Settle a delivery and return the server's answer."""
        before = len(self.of(SenderDisposition))
        self.session.settle_incoming(delivery_id, state, settled=False)
        self.world.run()
        for event in self.of(SenderDisposition)[before:]:
            if event.first <= delivery_id <= event.last:
                assert event.settled
                return event.state
        return None

    def request(
        self, address: str, properties: dict[str, Any], body: Any, *, state: Any = None
    ) -> EncodedMessage:
        """Ask a request-reply node; returns the reply."""
        replies = self.attach(RECEIVER, address, here="reply-here")
        replies.grant(1)
        requests = self.attach(SENDER, address)
        payload = build(
            value=body,
            properties={m.MESSAGE_ID: "ask", m.REPLY_TO: "reply-here"},
            application_properties=properties,
        )
        self.send_encoded(requests, payload, state)
        (event,) = self.received(replies)
        replies.detach()
        requests.detach()
        self.world.run()
        reply = EncodedMessage(event.payload or b"")
        assert reply.correlation_id == "ask"
        return reply

    def manage(
        self, entity: str, operation: str, body: dict[str, Any], *, state: Any = None
    ) -> tuple[Any, Any]:
        """A $management operation: (status, body or error condition)."""
        reply = self.request(
            f"{entity}/$management", {"operation": f"com.microsoft:{operation}"}, body, state=state
        )
        answer = reply.application_properties()
        return answer["statusCode"], reply.body() if answer["statusCode"] == 200 else answer.get(
            "errorCondition"
        )

    def put_token(self, entity: str, *, lifetime_s: float = 3600, rule: Any = DEFAULT_RULE) -> int:
        audience = f"sb://localhost/{entity}"
        token = generate(audience, rule, int(self.world.now_s + lifetime_s))
        reply = self.request(
            "$cbs",
            {"operation": "put-token", "type": "servicebus.windows.net:sastoken", "name": audience},
            token,
        )
        status = reply.application_properties()["status-code"]
        assert isinstance(status, int)
        return status
