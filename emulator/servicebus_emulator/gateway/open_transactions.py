"""The open transactions of one connection (part 4), and the entities that each may use.

Local transactions belong to one top-level entity; in a session that began with a coordinator they may cross entities
(what .NET's EnableCrossEntityTransactions does: one coordinator opened with the session, another at the first
enlistment, and it declares on the second). The first entity used in such a session is then the one that all others
are sent through, and the only one that can be read there, also outside a transaction (Azure/azure-sdk-for-net issues
34714 and 34997).
"""

from __future__ import annotations

from servicebus_emulator.amqp.link import Link, OutgoingDelivery
from servicebus_emulator.amqp.session import Session
from servicebus_emulator.broker.entity import Entity
from servicebus_emulator.broker.errors import NotAllowed, TransactionUnknown
from servicebus_emulator.broker.transaction import Transaction


class Open:
    """One transaction with the coordinator link it was declared on and the deliveries settled in it."""

    __slots__ = ("coordinator", "settled", "transaction")

    def __init__(self, transaction: Transaction, coordinator: Link) -> None:
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
            spanning = spanning_of(entry.coordinator.session)
            entry.transaction.cross_entity = spanning is not None and link.session is spanning.session
            entry.transaction.anchor = None if spanning is None else spanning.first_used
        return entry.transaction

    def remember(self, transaction_id: bytes, delivery: OutgoingDelivery) -> None:
        """A delivery was settled in a transaction; after a rollback its link may settle it again."""
        entry = self._open.get(transaction_id)
        if entry is not None:
            entry.settled.append(delivery)

    def declare(self, transaction: Transaction, coordinator: Link) -> None:
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

    def abandon(self, coordinator: Link, now_s: float) -> None:
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
