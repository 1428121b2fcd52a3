"""Transactions of one connection (part 4): the coordinator link, and who may take part.

Local transactions belong to one top-level entity; when the coordinator shares its session with the entity links,
and was there first, they may cross entities (what .NET's EnableCrossEntityTransactions does). The first entity used
in such a session is then the one that all others are sent through, and the only one that can be read there, also
outside a transaction (Azure/azure-sdk-for-net issues 34714 and 34997).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from servicebus_emulator.amqp.composite import from_described
from servicebus_emulator.amqp.errors import NOT_ALLOWED, AmqpProtocolError, CodecError
from servicebus_emulator.amqp.events import MessageReceived
from servicebus_emulator.amqp.link import Link, OutgoingDelivery
from servicebus_emulator.amqp.message import EncodedMessage
from servicebus_emulator.amqp.performatives import Accepted, Declare, Declared, Discharge
from servicebus_emulator.broker.errors import BrokerError, NotAllowed, TransactionUnknown
from servicebus_emulator.broker.transaction import Transaction

from .faults import rejection

if TYPE_CHECKING:
    from servicebus_emulator.broker.entity import Entity

    from .peer import Peer

CREDIT = 100
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
            coordinator = entry.coordinator
            entry.transaction.cross_entity = coordinator.leads and link.session is coordinator.link.session
            entry.transaction.anchor = coordinator.first_used
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

    def count_of(self, coordinator: Coordinator) -> int:
        """How many transactions a coordinator link holds open."""
        return sum(1 for entry in self._open.values() if entry.coordinator is coordinator)

    @staticmethod
    def _restore(entry: Open) -> None:
        for delivery in entry.settled:
            if delivery.link.attached:
                delivery.link.session.unsettled.setdefault(delivery.delivery_id, delivery)


def use(link: Link, entity: Entity, *, reads: bool) -> None:
    """A link is for an entity. Raises NotAllowed when its session is for transactions across another entity."""
    for each in link.session.links_by_handle.values():
        leading = each.context
        if isinstance(leading, Coordinator) and leading.leads:
            if leading.first_used is None or leading.first_used.deleted:
                leading.first_used = entity
            elif reads and leading.first_used.top_level() != entity.top_level():
                raise NotAllowed(
                    "Local transactions cannot span multiple top-level entities such as queue or topic: this session "
                    f"has transactions across entities and began with '{leading.first_used.path}', so nothing else "
                    f"can be read in it. Read '{entity.path}' in a session (with .NET: a client) of its own."
                )


class Coordinator:
    """The link on which a client declares and discharges transactions."""

    __slots__ = ("first_used", "leads", "link", "peer")

    def __init__(self, peer: Peer, link: Link) -> None:
        self.peer = peer
        self.link = link
        self.leads = all(
            other is link or other.context is None for other in link.session.links_by_handle.values()
        )
        """Whether it was its session's first link."""
        self.first_used: Entity | None = None
        """What the session's first other link is for; kept only when this one leads."""

    def opened(self) -> None:
        """Give the client credit."""
        self.link.grant(CREDIT)

    def on_message(self, event: MessageReceived) -> None:
        """Declare or discharge."""
        verdict: Any
        try:
            verdict = self._carry_out(event)
        except (BrokerError, AmqpProtocolError) as error:
            verdict = rejection(error)
            self.peer.trail.note("transaction refused", condition=error.condition, why=str(error))
        if not event.settled:
            self.link.session.settle_incoming(event.delivery_id, verdict)
        if self.link.credit <= CREDIT >> 1:
            self.link.grant(CREDIT)

    def _carry_out(self, event: MessageReceived) -> Any:
        if event.payload is None:
            raise CodecError("the message to the coordinator is too large")
        peer = self.peer
        now_s = peer.emulator.broker_now_s
        order = from_described(EncodedMessage(event.payload).body())
        if isinstance(order, Declare):
            if event.settled:
                raise AmqpProtocolError("a declare may not be sent settled (4.2)", NOT_ALLOWED)
            if peer.transactions.count_of(self) >= MAX_OPEN:
                raise AmqpProtocolError(f"{MAX_OPEN} transactions are open on this link", NOT_ALLOWED)
            transaction = peer.hosted.broker.begin_transaction(now_s)
            peer.transactions.declare(transaction, self)
            return Declared(transaction.transaction_id)
        if isinstance(order, Discharge):
            peer.transactions.discharge(order.txn_id, fail=order.fail, now_s=now_s)
            if peer.trail.messages:
                done = "rolled back" if order.fail else "committed"
                peer.trail.message(done, transaction=order.txn_id.hex())
            return Accepted()
        raise CodecError("the coordinator takes declare and discharge only")

    def on_credit(self) -> None:
        """Nothing flows to the client here."""

    def closed(self) -> None:
        """Roll back what is open."""
        self.peer.transactions.abandon(self, self.peer.emulator.broker_now_s)
