"""A thin AMQP 1.0 client on the same engine: post, receive, settle, and transactions, which the Python SDK lacks.

Blocking, one thread, meant for lessons, tests and scripts::

    with AmqpClient(connection_string) as client:
        orders, done = client.receiver("orders"), client.sender("done")
        with client.transaction() as transaction:
            message = orders.receive()
            orders.complete(message, transaction)
            done.post(b"paid", transaction=transaction)

The transaction commits when its block ends, and rolls back when the block raises. It works against the cloud too.
"""

from __future__ import annotations

import contextlib
import itertools
import socket
import ssl
import time
import uuid
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from servicebus_emulator.amqp import message as m
from servicebus_emulator.amqp.connection import Connection
from servicebus_emulator.amqp.events import (
    ConnectionClosed,
    DispositionReceived,
    Event,
    LinkDetached,
    MessageReceived,
    SaslFinished,
    SenderDisposition,
    SessionEnded,
)
from servicebus_emulator.amqp.link import Link
from servicebus_emulator.amqp.message import EncodedMessage, build
from servicebus_emulator.amqp.performatives import (
    FIRST,
    RECEIVER,
    SECOND,
    SENDER,
    Accepted,
    AmqpError,
    Coordinator,
    Declared,
    Modified,
    Rejected,
    Released,
    Source,
    Target,
    TransactionalState,
)
from servicebus_emulator.amqp.types import Described, Symbol, ULong
from servicebus_emulator.sas import AccessRule, generate

TOKEN_LIFETIME_S = 3600


class ClientError(Exception):
    """The service refused something, or did not answer in time. `condition` is the AMQP symbol, "" without one."""

    def __init__(self, text: str, condition: str = "") -> None:
        super().__init__(text)
        self.condition = condition


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The parts of a connection string."""

    host: str
    port: int
    key_name: str
    key: str
    tls: bool

    @classmethod
    def parse(cls, connection_string: str) -> Endpoint:
        """Take a Service Bus connection string apart. Raises ValueError when a part is missing."""
        parts = dict(part.split("=", 1) for part in connection_string.strip().rstrip(";").split(";"))
        try:
            address = parts["Endpoint"].removeprefix("sb://").rstrip("/")
            name, key = parts["SharedAccessKeyName"], parts["SharedAccessKey"]
        except KeyError as missing:
            raise ValueError(f"the connection string has no {missing.args[0]}") from None
        tls = parts.get("UseDevelopmentEmulator", "false").lower() != "true"
        host, _, port = address.partition(":")
        return cls(host, int(port) if port else (5671 if tls else 5672), name, key, tls)


@dataclass(frozen=True, slots=True)
class ReceivedMessage:
    """A message under lock (or, from a receive-and-delete receiver, without one)."""

    content: EncodedMessage
    delivery_id: int
    lock_token: uuid.UUID | None

    @property
    def body(self) -> Any:
        """The body: bytes, or the value of an amqp-value body."""
        return self.content.body()

    @property
    def application_properties(self) -> Mapping[str, object]:
        """The sender's own properties."""
        return self.content.application_properties()

    @property
    def sequence_number(self) -> int:
        """The number the entity gave it."""
        return int(self.content.annotation(Symbol("x-opt-sequence-number")))


class AmqpClient:
    """One connection with one session. Every wait ends after `timeout_s` with a ClientError."""

    def __init__(
        self, connection_string: str | Endpoint, *, timeout_s: float = 30.0, plain: bool = False
    ) -> None:
        """`plain`: give user and key by SASL PLAIN and put no token; for brokers that are no Service Bus."""
        if isinstance(connection_string, str):
            connection_string = Endpoint.parse(connection_string)
        self.endpoint = connection_string
        self.timeout_s = timeout_s
        self._plain = plain
        self._tags = itertools.count(1)
        self._verdicts: dict[int, Any] = {}
        self._settled: dict[int, Any] = {}
        self._inbox: dict[Link, deque[MessageReceived]] = {}
        self._ended: dict[Link, AmqpError | None] = {}
        self._replies: Link | None = None
        self._claims: Link | None = None
        self._coordinator: Link | None = None
        self._closed: ConnectionClosed | None = None
        self.connection = Connection(
            "client",
            container_id=f"thin-client-{uuid.uuid4()}",
            hostname=self.endpoint.host,
            sasl=("PLAIN", f"\0{self.endpoint.key_name}\0{self.endpoint.key}".encode())
            if plain
            else ("ANONYMOUS", b""),
            idle_time_out_ms=None,
        )
        self._socket = socket.create_connection((self.endpoint.host, self.endpoint.port), timeout_s)
        try:
            if self.endpoint.tls:
                context = ssl.create_default_context()
                self._socket = context.wrap_socket(self._socket, server_hostname=self.endpoint.host)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.connection.start()
            self._until(lambda: self.connection.opened, "the connection to open")
            self.session = self.connection.begin_session()
        except BaseException:
            self._socket.close()  # nobody gets an object to close
            raise

    @classmethod
    def plain(cls, endpoint: Endpoint, *, timeout_s: float = 30.0) -> AmqpClient:
        """A connection to any AMQP 1.0 broker that takes a user and a password, RabbitMQ 4 for one."""
        return cls(endpoint, timeout_s=timeout_s, plain=True)

    def __enter__(self) -> AmqpClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; locks that are held are given back."""
        try:
            if self.connection.opened:
                self.connection.close()
                with contextlib.suppress(ClientError, OSError):  # it is closed either way
                    self._until(lambda: self._closed is not None, "the connection to close")
        finally:
            self._socket.close()

    # -- links ---------------------------------------------------------------------------------------------

    def sender(self, address: str, *, via: str | None = None) -> Sender:
        """A link into a queue or topic; `via`: through another entity, for a transaction across both."""
        properties = None
        self._authorize(address)
        if via is not None:
            self._authorize(via)
            properties = {Symbol("com.microsoft:transfer-destination-address"): address}
        link = self._attach(SENDER, Source("thin-client"), Target(via or address), properties=properties)
        self._until(lambda: link.credit > 0 or link in self._ended, f"credit to send to {address}")
        return Sender(self, link)

    def receiver(self, address: str, *, receive_and_delete: bool = False) -> Receiver:
        """A link out of a queue or subscription (`topic/Subscriptions/name`)."""
        self._authorize(address)
        link = self._attach(
            RECEIVER,
            Source(address),
            Target("thin-client"),
            snd_settle_mode=1 if receive_and_delete else 0,
            rcv_settle_mode=FIRST if self._plain else SECOND,  # RabbitMQ refuses second, and confirms anyway
        )
        self._inbox[link] = deque()
        return Receiver(self, link, receive_and_delete)

    def transaction(self) -> Transaction:
        """Declare a transaction; use it as a context manager, or call commit or roll_back."""
        if self._coordinator is None:
            self._coordinator = self._attach(
                SENDER, Source("thin-client"), Coordinator((Symbol("amqp:local-transactions"),))
            )
            coordinator = self._coordinator
            self._until(lambda: coordinator.credit > 0, "credit on the coordinator link")
        verdict = self._send(self._coordinator, build(value=_described(0x31, [None])))
        if not isinstance(verdict, Declared):
            raise _refusal("the transaction was not declared", verdict)
        return Transaction(self, verdict.txn_id)

    def _attach(self, role: bool, source: Source, target: Any, **fields: Any) -> Link:
        link = self.session.attach(f"{uuid.uuid4()}", role, source=source, target=target, **fields)
        self._until(lambda: link.attached or link in self._ended, "the link to attach")
        peer = link.remote_attach
        if peer is None or (peer.target if role is SENDER else peer.source) is None:
            self._until(lambda: link in self._ended, "the reason of a refusal")
        self._check(link)
        return link

    def _authorize(self, address: str) -> None:
        if self._plain:
            return
        if self._claims is None:
            self._replies = self._attach(
                RECEIVER, Source("$cbs"), Target("thin-client-cbs"), rcv_settle_mode=0
            )
            self._inbox[self._replies] = deque()
            self._replies.grant(100)
            self._claims = self._attach(SENDER, Source("thin-client-cbs"), Target("$cbs"))
            claims = self._claims
            self._until(lambda: claims.credit > 0, "credit on $cbs")
        assert self._replies is not None  # noqa: S101 - attached together
        audience = f"sb://{self.endpoint.host}/{address}"
        token = generate(
            audience,
            AccessRule(self.endpoint.key_name, self.endpoint.key),
            int(time.time()) + TOKEN_LIFETIME_S,
        )
        number = uuid.uuid4().hex
        self._send(
            self._claims,
            build(
                value=token,
                properties={m.MESSAGE_ID: number, m.REPLY_TO: "thin-client-cbs"},
                application_properties={
                    "operation": "put-token",
                    "type": "servicebus.windows.net:sastoken",
                    "name": audience,
                },
            ),
        )
        inbox = self._inbox[self._replies]
        self._until(lambda: bool(inbox), "the answer to put-token")
        event = inbox.popleft()
        if not event.settled:
            self.session.settle_incoming(event.delivery_id, Accepted())
        self._replies.grant(100)
        answer = EncodedMessage(event.payload or b"").application_properties()
        status = answer.get("status-code")
        if status not in (200, 202):
            condition = "amqp:not-found" if status == 404 else "amqp:unauthorized-access"
            raise ClientError(
                f"put-token for {address}: {status} {answer.get('status-description')}", condition
            )

    # -- sending and waiting -------------------------------------------------------------------------------

    def _send(self, link: Link, payload: bytes, state: Any = None, message_format: int = 0) -> Any:
        self._until(lambda: link.credit > 0 or link in self._ended, "credit")
        self._check(link)
        delivery = link.send(
            payload, next(self._tags).to_bytes(4, "big"), state=state, message_format=message_format
        )
        key = delivery.delivery_id
        self._until(lambda: key in self._verdicts or link in self._ended, "the outcome of a send")
        self._check(link)
        return self._verdicts.pop(key)

    def _check(self, link: Link) -> None:
        if link in self._ended:
            error = self._ended[link]
            text = error.description if error is not None else "without a reason"
            raise ClientError(f"the link was detached: {text}", error.condition if error is not None else "")

    def _until(self, reached: Any, what: str, timeout_s: float | None = None) -> None:
        deadline_s = time.monotonic() + (self.timeout_s if timeout_s is None else timeout_s)
        while True:
            data = self.connection.take()
            if data:
                self._socket.sendall(data)
            if reached():
                return
            left_s = deadline_s - time.monotonic()
            if left_s <= 0:
                raise ClientError(f"waited in vain for {what}", "com.microsoft:timeout")
            self._socket.settimeout(left_s)
            try:
                received = self._socket.recv(65_536)
            except TimeoutError:
                continue
            if not received:
                self.connection.disconnected()
                raise ClientError(
                    f"the connection was lost while waiting for {what}", "amqp:connection:forced"
                )
            for event in self.connection.receive(received):
                self._take_in(event)
            if self._closed is not None and not reached():
                error = self._closed.error
                raise ClientError(
                    f"the connection was closed: {error.description if error else 'without a reason'}",
                    error.condition if error else "",
                )

    def _take_in(self, event: Event) -> None:
        if isinstance(event, MessageReceived):
            self._inbox.setdefault(event.link, deque()).append(event)
        elif isinstance(event, DispositionReceived):
            for delivery in event.deliveries:
                self._verdicts[delivery.delivery_id] = event.state
                if not event.settled:
                    delivery.settle(event.state)
        elif isinstance(event, SenderDisposition):
            if event.settled:
                for delivery_id in range(event.first, event.last + 1):
                    self._settled[delivery_id] = event.state
        elif isinstance(event, LinkDetached):
            self._ended[event.link] = event.error
        elif isinstance(event, SessionEnded):
            for link in event.links:
                self._ended[link] = event.error
        elif isinstance(event, ConnectionClosed):
            self._closed = event
        elif isinstance(event, SaslFinished) and event.code != 0:
            raise ClientError("the user and password were refused", "amqp:unauthorized-access")


class Sender:
    """A link into an entity."""

    def __init__(self, client: AmqpClient, link: Link) -> None:
        self._client = client
        self.link = link

    def post(
        self,
        body: bytes,
        *,
        application_properties: Mapping[str, Any] | None = None,
        session_id: str | None = None,
        message_id: str | None = None,
        transaction: Transaction | None = None,
    ) -> None:
        """Send one message and wait until it is accepted. Raises ClientError with the reason when it is not."""
        properties = {m.MESSAGE_ID: message_id or uuid.uuid4().hex, m.GROUP_ID: session_id}
        payload = build(
            body=body,
            properties={key: value for key, value in properties.items() if value is not None},
            application_properties=application_properties,
        )
        self.post_encoded(payload, transaction=transaction)

    def post_encoded(self, payload: bytes, *, transaction: Transaction | None = None) -> None:
        """Send a message that is encoded already."""
        state = None if transaction is None else TransactionalState(transaction.transaction_id)
        verdict = self._client._send(self.link, payload, state)
        outcome = verdict.outcome if isinstance(verdict, TransactionalState) else verdict
        if not isinstance(outcome, Accepted):
            raise _refusal("the message was not accepted", outcome)


class Receiver:
    """A link out of an entity; each receive requests one message."""

    def __init__(self, client: AmqpClient, link: Link, receive_and_delete: bool) -> None:
        self._client = client
        self._receive_and_delete = receive_and_delete
        self.link = link

    def receive(self, timeout_s: float = 10.0) -> ReceivedMessage:
        """The next message, under lock. Raises ClientError (com.microsoft:timeout) when none arrives."""
        client, link = self._client, self.link
        client._check(link)
        inbox = client._inbox[link]
        if not inbox and link.credit == 0:
            link.grant(1)
        client._until(lambda: bool(inbox) or link in client._ended, "a message", timeout_s)
        if not inbox:
            client._check(link)
        event = inbox.popleft()
        locked = not self._receive_and_delete and len(event.tag) == 16
        token = uuid.UUID(bytes_le=event.tag) if locked else None
        return ReceivedMessage(EncodedMessage(event.payload or b""), event.delivery_id, token)

    def complete(self, message: ReceivedMessage, transaction: Transaction | None = None) -> None:
        """Remove it from the entity."""
        self._settle(message, Accepted(), transaction)

    def abandon(self, message: ReceivedMessage, transaction: Transaction | None = None) -> None:
        """Unlock it; its delivery count rises."""
        self._settle(message, Modified(delivery_failed=True), transaction)

    def defer(self, message: ReceivedMessage, transaction: Transaction | None = None) -> None:
        """Set it aside, to be fetched by its sequence number."""
        self._settle(message, Modified(undeliverable_here=True), transaction)

    def dead_letter(
        self,
        message: ReceivedMessage,
        reason: str,
        description: str = "",
        transaction: Transaction | None = None,
    ) -> None:
        """Move it to the dead-letter queue."""
        info = {Symbol("DeadLetterReason"): reason, Symbol("DeadLetterErrorDescription"): description}
        state = Rejected(AmqpError("com.microsoft:dead-letter", description or reason, info))
        self._settle(message, state, transaction)

    def release(self, message: ReceivedMessage) -> None:
        """Unlock it; its delivery count stays."""
        self._settle(message, Released(), None)

    def _settle(self, message: ReceivedMessage, outcome: Any, transaction: Transaction | None) -> None:
        client = self._client
        state = outcome if transaction is None else TransactionalState(transaction.transaction_id, outcome)
        client._settled.pop(message.delivery_id, None)
        client.session.settle_incoming(message.delivery_id, state, settled=False)
        client._until(
            lambda: message.delivery_id in client._settled or self.link in client._ended,
            "the confirmation of a settlement",
        )
        client._check(self.link)
        answer = client._settled.pop(message.delivery_id)
        if isinstance(answer, TransactionalState):
            answer = answer.outcome
        if isinstance(answer, Rejected) and answer.error is not None:
            raise _refusal("the message was not settled", answer)


class Transaction:
    def __init__(self, client: AmqpClient, transaction_id: bytes) -> None:
        self._client = client
        self.transaction_id = transaction_id
        self.ended = False

    def __enter__(self) -> Transaction:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self.ended:
            self._discharge(fail=kind is not None)

    def commit(self) -> None:
        """Make everything in it happen. Raises ClientError when it was rolled back instead."""
        self._discharge(fail=False)

    def roll_back(self) -> None:
        """Make nothing in it happen; settled messages are under lock as before."""
        self._discharge(fail=True)

    def _discharge(self, *, fail: bool) -> None:
        self.ended = True
        coordinator = self._client._coordinator
        assert coordinator is not None  # noqa: S101 - it declared this transaction
        verdict = self._client._send(coordinator, build(value=_described(0x32, [self.transaction_id, fail])))
        if not isinstance(verdict, Accepted):
            raise _refusal("the transaction was not discharged", verdict)


def _described(code: int, fields: list[Any]) -> Any:
    return Described(ULong(code), fields)


def _refusal(what: str, outcome: Any) -> ClientError:
    error = outcome.error if isinstance(outcome, Rejected) else None
    if isinstance(error, AmqpError):
        return ClientError(f"{what}: {error.description}", error.condition)
    return ClientError(f"{what}: {outcome}")
