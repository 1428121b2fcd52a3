"""What all entities of a namespace share: limits, journal, clockwork, outbox, transactions, and the way to one another."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from random import Random
from typing import TYPE_CHECKING
from uuid import UUID

from servicebus_emulator.broker.errors import NotAllowed, TransactionUnknown
from servicebus_emulator.broker.events import BrokerEvent
from servicebus_emulator.broker.journal import Journal, MemoryJournal
from servicebus_emulator.broker.limits import UNLIMITED, Limits
from servicebus_emulator.broker.refusals import shown_size_megabytes
from servicebus_emulator.broker.throttle import Throttle
from servicebus_emulator.broker.timers import Timetable
from servicebus_emulator.broker.transaction import Transaction

if TYPE_CHECKING:
    from servicebus_emulator.broker.description import Description
    from servicebus_emulator.broker.entity import Entity
    from servicebus_emulator.broker.message import Message
    from servicebus_emulator.broker.receiver import Receiver


class Context:
    """The part of a namespace that its entities use. `Namespace` adds what creates, names and deletes them.

    After any call: take `pop_deliveries()` and `pop_events()`, and call `advance` again at `next_due_s()`.
    """

    delete: Callable[[Entity, float], None]
    """Deletes an entity, for auto-delete on idle; the namespace provides it."""

    def __init__(
        self, name: str, *, limits: Limits = UNLIMITED, journal: Journal | None = None, seed: int = 0
    ) -> None:
        """`seed` starts the generator of lock tokens and newid(); give each run another one."""
        self.name = name
        self.limits = limits
        self.journal: Journal = journal if journal is not None else MemoryJournal()
        self.throttle = Throttle(limits.credits_per_second) if limits.credits_per_second else None
        self.entities: dict[str, Entity] = {}  # by lower-case path, sub-queues included
        self.last_entity_number = 0
        self.transactions: dict[bytes, Transaction] = {}
        self.timetable = Timetable()
        self.advancing = False
        self.unserved: dict[Entity, None] = {}
        self.deliveries: list[tuple[Receiver, Message]] = []
        self.events: list[BrokerEvent] = []
        self._random = Random(seed)  # noqa: S311 - tokens must be unique and repeatable, not secret

    def find(self, key: str) -> Entity | None:
        """The entity with a lower-case path, or None."""
        return self.entities.get(key)

    def main_entity(self, entity: Entity) -> Entity:
        """The queue, subscription or topic a sub-queue belongs to; others are their own."""
        return self.entities.get(entity.entity_path.lower(), entity)

    def size_limit_bytes(self, description: Description) -> int | None:
        """How much an entity may hold, when sizes are enforced: its own maximum or the tier's smaller one."""
        megabytes = shown_size_megabytes(description)
        own = megabytes * 1024 * 1024 if megabytes else None
        tier = self.limits.max_entity_bytes
        return min(value for value in (own, tier) if value is not None) if own or tier else None

    # -- transactions
    def begin_transaction(self, now_s: float, *, cross_entity: bool = False) -> Transaction:
        """Raises NotAllowed in a tier without transactions."""
        if not self.limits.transactions:
            raise NotAllowed(f"Transactions are not part of the {self.limits.name} tier.")
        transaction = Transaction(self, self.new_token(), cross_entity)
        self.transactions[transaction.transaction_id] = transaction
        return transaction

    def transaction(self, transaction_id: bytes) -> Transaction:
        """An open one. Raises TransactionUnknown."""
        found = self.transactions.get(bytes(transaction_id))
        if found is None:
            raise TransactionUnknown(
                f"No open transaction has the id {bytes(transaction_id).hex()}: it was never declared, has ended, "
                "or timed out."
            )
        return found

    # -- time and outbox
    def advance(self, now_s: float) -> None:
        """Run every timer due until `now_s`, each at its own due time and in order.

        Waiting receivers are served once, at `now_s`, so a clock moved by an hour gives nobody an expired lock.
        """
        if self.advancing:
            return
        self.advancing = True
        try:
            self.timetable.run(now_s)
        finally:
            self.advancing = False
        while self.unserved:
            waiting, self.unserved = self.unserved, {}
            for entity in waiting:
                if not entity.deleted:
                    entity.serve(now_s)

    def next_due_s(self) -> float | None:
        """When `advance` has next something to do (perhaps a little early); None: not before another call."""
        due_s = self.timetable.due_s
        return None if due_s == inf else due_s

    def pop_deliveries(self) -> list[tuple[Receiver, Message]]:
        """What was taken for receivers since the last call, in order.

        Peek-lock: the message is locked (`lock_token`, `locked_until_s`). Receive-and-delete: it has left the queue.
        """
        deliveries = self.deliveries
        if deliveries:
            self.deliveries = []
        return deliveries

    def pop_events(self) -> list[BrokerEvent]:
        """What else the gateway must act upon, in order."""
        events = self.events
        if events:
            self.events = []
        return events

    def charge(self, credits: int, now_s: float) -> None:
        """Take throttling credits for a call the broker does not see itself (management: 10). Raises ServerBusy.

        Sends charge themselves: one credit a message (learn.microsoft.com service-bus-throttling).
        """
        if self.throttle is not None:
            self.throttle.charge(credits, now_s)

    # -- fresh ids
    def new_token(self) -> bytes:
        """16 bytes that were not given out before."""
        return self._random.getrandbits(128).to_bytes(16, "little")

    def new_id(self) -> UUID:
        """The value of newid() in a filter or action."""
        return UUID(int=self._random.getrandbits(128), version=4)
