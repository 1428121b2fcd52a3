"""The coordinator link of a connection, on which a client declares and discharges transactions (part 4)."""

from __future__ import annotations

from typing import Any

from servicebus_emulator.amqp.composite import from_described
from servicebus_emulator.amqp.errors import NOT_ALLOWED, NOT_IMPLEMENTED, AmqpProtocolError, CodecError
from servicebus_emulator.amqp.events import MessageReceived
from servicebus_emulator.amqp.link import Link
from servicebus_emulator.amqp.message import EncodedMessage
from servicebus_emulator.amqp.performatives import Accepted, Declare, Declared, Discharge
from servicebus_emulator.broker.entity import Entity
from servicebus_emulator.broker.errors import BrokerError
from servicebus_emulator.gateway.amqp_errors import rejection
from servicebus_emulator.gateway.client import Client
from servicebus_emulator.gateway.open_transactions import Spanning

CREDIT = 100
CREDIT_BEFORE_TOKEN = 16
"""What a coordinator may be sent before the connection has a token: .NET declares first and puts the token of the
entity that it then uses. No other node is served without one, so a client that never puts any holds few resources."""
MAX_OPEN = 1000
"""Most transactions that one coordinator link may hold open."""


class Coordinator:
    """The link on which a client declares and discharges transactions."""

    __slots__ = ("client", "entitled", "link")

    def __init__(self, client: Client, link: Link) -> None:
        self.client = client
        self.link = link
        self.entitled = False
        """Whether the connection has a token; from then on the link ends with the last of its tokens."""
        _begin_spanning(link)

    def opened(self) -> None:
        """Give the client credit."""
        self.token_put()
        if not self.entitled:
            self.link.grant(CREDIT_BEFORE_TOKEN)

    def token_put(self) -> None:
        """The connection may have got its first token."""
        if not self.entitled and self.client.secured(self.link):
            self.entitled = True
            self.link.grant(CREDIT)

    def on_message(self, event: MessageReceived) -> None:
        """Declare or discharge."""
        verdict: Any
        try:
            verdict = self._carry_out(event)
        except (BrokerError, AmqpProtocolError) as error:
            verdict = rejection(error)
            self.client.activity.note("transaction refused", condition=error.condition, why=str(error))
        if not event.settled:
            self.link.session.settle_incoming(event.delivery_id, verdict)
        if self.entitled and self.link.credit <= CREDIT >> 1:
            self.link.grant(CREDIT)

    def _carry_out(self, event: MessageReceived) -> Any:
        if event.payload is None:
            raise CodecError("the message to the coordinator is too large")
        client = self.client
        now_s = client.emulator.broker_now_s
        order = from_described(EncodedMessage(event.payload).body())
        if isinstance(order, Declare):
            if event.settled:
                raise AmqpProtocolError("a declare may not be sent settled (4.2)", NOT_ALLOWED)
            if order.global_id is not None:
                raise AmqpProtocolError(
                    "a declare may name no global transaction: the coordinator has no distributed transactions "
                    "(4.5.2)",
                    NOT_IMPLEMENTED,
                )
            if client.transactions.count >= MAX_OPEN:
                raise AmqpProtocolError(f"{MAX_OPEN} transactions are open on this connection", NOT_ALLOWED)
            transaction = client.hosted.broker.begin_transaction(now_s)
            client.transactions.declare(transaction, self.link)
            return Declared(transaction.transaction_id)
        if isinstance(order, Discharge):
            client.transactions.discharge(order.txn_id, fail=order.fail, now_s=now_s)
            if client.activity.messages:
                done = "rolled back" if order.fail else "committed"
                client.activity.message(done, transaction=order.txn_id.hex())
            return Accepted()
        raise CodecError("the coordinator takes declare and discharge only")

    def on_credit(self) -> None:
        """No messages flow to the client here."""

    def uses(self, entity: Entity) -> bool:
        return False

    def closed(self) -> None:
        """Roll back what is open."""
        self.client.transactions.abandon(self.link, self.client.emulator.broker_now_s)


def _begin_spanning(link: Link) -> None:
    """A coordinator attaches: before any link for an entity it makes its session one that spans."""
    session = link.session
    others = (other.context for other in session.links_by_handle.values() if other is not link)
    if session.context is None and all(node is None or isinstance(node, Coordinator) for node in others):
        session.context = Spanning(session)
