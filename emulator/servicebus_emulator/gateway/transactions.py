"""Transactions of one connection (part 4): the coordinator link, and who may take part.

Local transactions belong to one top-level entity; in a session that began with a coordinator they may cross entities
(what .NET's EnableCrossEntityTransactions does: one coordinator opened with the session, another at the first
enlistment, and it declares on the second). The first entity used in such a session is then the one that all others
are sent through, and the only one that can be read there, also outside a transaction (Azure/azure-sdk-for-net issues
34714 and 34997).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from servicebus_emulator.amqp.composite import from_described
from servicebus_emulator.amqp.errors import NOT_ALLOWED, NOT_IMPLEMENTED, AmqpProtocolError, CodecError
from servicebus_emulator.amqp.events import MessageReceived
from servicebus_emulator.amqp.link import Link, OutgoingDelivery
from servicebus_emulator.amqp.message import EncodedMessage
from servicebus_emulator.amqp.performatives import Accepted, Declare, Declared, Discharge
from servicebus_emulator.broker.errors import BrokerError, NotAllowed, TransactionUnknown
from servicebus_emulator.broker.transaction import Transaction
from servicebus_emulator.gateway.amqp_errors import rejection

if TYPE_CHECKING:
    from servicebus_emulator.amqp.session import Session
    from servicebus_emulator.broker.entity import Entity
    from servicebus_emulator.gateway.client import Client

CREDIT = 100
CREDIT_BEFORE_TOKEN = 16
"""What a coordinator may be sent before the connection has a token: .NET declares first and puts the token of the
entity that it then uses. No other node is served without one, so a client that never puts any holds few resources."""
MAX_OPEN = 1000
"""Most transactions that one coordinator link may hold open."""


class Open:
    """One transaction with the link it was declared on and the deliveries settled in it."""

    __slots__ = ("coordinator", "settled", "transaction")

    def __init__(self, transaction: Transaction, coordinator: Coordinator) -> None:
        self.transaction = transaction
        self.coordinator = coordinator
        self.settled: list[OutgoingDelivery] = []


class Transactions:
    """The open transactions of a connection."""

    def __init__(self) -> None:
        self._open: dict[bytes, Open] = {}

    def find(self, transaction_id: bytes, link: Link | None) -> Transaction:
        """The transaction a link's work belongs to. Raises TransactionUnknown."""
        entry = self._open.get(transaction_id)
        if entry is None or entry.transaction.ended:
            raise TransactionUnknown(
                f"No open transaction has the id {transaction_id.hex()}: it was never declared on this connection, "
                "or was discharged, rolled back by its coordinator link's end, or open for too long."
            )
        if link is not None:
            spanning = spanning_of(entry.coordinator.link.session)
            entry.transaction.cross_entity = spanning is not None and link.session is spanning.session
            entry.transaction.anchor = None if spanning is None else spanning.first_used
        return entry.transaction

    def remember(self, transaction_id: bytes, delivery: OutgoingDelivery) -> None:
        """A delivery was settled in a transaction; after a rollback its link may settle it again."""
        entry = self._open.get(transaction_id)
        if entry is not None:
            entry.settled.append(delivery)

    def declare(self, transaction: Transaction, coordinator: Coordinator) -> None:
        """A new transaction."""
        self._open[transaction.transaction_id] = Open(transaction, coordinator)

    def discharge(self, transaction_id: bytes, *, fail: bool, now_s: float) -> None:
        """Commit or roll back. Raises TransactionUnknown, TransactionRolledBack."""
        transaction = self.find(transaction_id, None)
        entry = self._open.pop(transaction_id)
        try:
            if fail:
                transaction.rollback(now_s)
            else:
                transaction.commit(now_s)
                return
        finally:
            if fail or not transaction.ended:
                self._restore(entry)
        self._restore(entry)

    def ended(self, transaction: Transaction) -> None:
        """The broker rolled a transaction back because its time ran out."""
        entry = self._open.pop(transaction.transaction_id, None)
        if entry is not None:
            self._restore(entry)

    def abandon(self, coordinator: Coordinator, now_s: float) -> None:
        """The coordinator link is gone: what it declared is rolled back (4.2)."""
        for transaction_id, entry in list(self._open.items()):
            if entry.coordinator is coordinator:
                del self._open[transaction_id]
                entry.transaction.rollback(now_s)
                self._restore(entry)

    @property
    def count(self) -> int:
        """How many are open on the connection."""
        return len(self._open)

    @staticmethod
    def _restore(entry: Open) -> None:
        for delivery in entry.settled:
            if delivery.link.attached:
                delivery.link.session.unsettled.setdefault(delivery.delivery_id, delivery)


class Spanning:
    """A session whose transactions may cross entities: it began with a coordinator. Kept as the session's `context`."""

    __slots__ = ("first_used", "session")

    def __init__(self, session: Session) -> None:
        self.session = session
        self.first_used: Entity | None = None
        """What the session's first other link is for: all else is sent through it."""


def spanning_of(session: Session) -> Spanning | None:
    """What a session for transactions across entities began with; None for any other session."""
    return session.context if isinstance(session.context, Spanning) else None


def _begin_spanning(link: Link) -> None:
    """A coordinator attaches: before any link for an entity it makes its session one that spans."""
    session = link.session
    others = (other.context for other in session.links_by_handle.values() if other is not link)
    if session.context is None and all(node is None or isinstance(node, Coordinator) for node in others):
        session.context = Spanning(session)


def check_reading(link: Link, entity: Entity) -> None:
    """Raise NotAllowed for reading another entity than the one that a session for such transactions began with."""
    spanning = spanning_of(link.session)
    first = None if spanning is None else spanning.first_used
    if first is not None and not first.deleted and first.top_level() != entity.top_level():
        raise NotAllowed(
            "Local transactions cannot span multiple top-level entities such as queue or topic: this session has "
            f"transactions across entities and began with '{first.path}', so nothing else can be read in it. "
            f"Read '{entity.path}' in a session (with .NET: a client) of its own."
        )


def note_use(link: Link, entity: Entity) -> None:
    """A link works with an entity: in a session for transactions across entities the first one is remembered."""
    spanning = spanning_of(link.session)
    if spanning is not None and (spanning.first_used is None or spanning.first_used.deleted):
        spanning.first_used = entity


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
            client.transactions.declare(transaction, self)
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
        """A coordinator belongs to no entity."""
        return False

    def closed(self) -> None:
        """Roll back what is open."""
        self.client.transactions.abandon(self, self.client.emulator.broker_now_s)
