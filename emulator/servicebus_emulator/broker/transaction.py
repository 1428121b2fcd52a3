"""A transaction: posts and settlements that happen together or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf
from typing import TYPE_CHECKING

from servicebus_emulator.broker.errors import (
    BrokerError,
    NotAllowed,
    QuotaExceeded,
    TransactionRolledBack,
    TransactionTimedOut,
    TransactionUnknown,
)
from servicebus_emulator.broker.events import TransactionEnded
from servicebus_emulator.broker.message import Content, Message, Outcome
from servicebus_emulator.broker.timers import Timed

if TYPE_CHECKING:
    from servicebus_emulator.broker.context import Context
    from servicebus_emulator.broker.entity import Entity
    from servicebus_emulator.broker.queue import Queue


class Post:
    """Contents to be sent at commit, through `via` when that is another entity."""

    __slots__ = ("contents", "entity", "via")

    def __init__(self, entity: Entity, contents: Sequence[Content], via: Entity | None) -> None:
        self.entity = entity
        self.contents = tuple(contents)
        self.via = via

    def check(self) -> None:
        if self.via is not None:
            if self.via.deleted:
                raise NotAllowed(f"'{self.via.path}' was deleted.")
            return
        if self.entity.deleted:
            raise NotAllowed(f"'{self.entity.path}' was deleted.")
        self.entity.check_send(self.contents)

    def apply(self, now_s: float) -> None:
        for content in self.contents:
            if self.via is None:
                self.entity.accept(content, now_s)
            else:
                self.via.transfer(content, self.entity.path, now_s)

    def undo(self, now_s: float) -> None:
        """It has done nothing yet."""


class Scheduling(Post):
    """Contents to be scheduled at commit under numbers that were told already."""

    __slots__ = ("numbers",)

    def __init__(self, entity: Entity, contents: Sequence[Content], numbers: Sequence[int]) -> None:
        super().__init__(entity, contents, None)
        self.numbers = tuple(numbers)

    def apply(self, now_s: float) -> None:
        for content, number in zip(self.contents, self.numbers, strict=True):
            due_s = content.scheduled_enqueue_s
            if self.entity.seen_before(content, now_s):
                continue
            if due_s is not None and due_s > now_s:
                self.entity.put_scheduled(content, number, due_s, now_s)
            else:  # fell due while the transaction was open
                self.entity.arrive(content, self.entity.next_sequence_number(), now_s, 0, 0, None)


class Cancelling:
    """Scheduled messages to be removed at commit."""

    __slots__ = ("entity", "messages")

    def __init__(self, entity: Entity, messages: Sequence[Message]) -> None:
        self.entity = entity
        self.messages = tuple(messages)

    def check(self) -> None:
        if self.entity.deleted or not all(message.present for message in self.messages):
            raise NotAllowed(f"A scheduled message of '{self.entity.path}' is gone.")

    def apply(self, now_s: float) -> None:
        for message in self.messages:
            message.transaction = None
            self.entity.remove(message)

    def undo(self, now_s: float) -> None:
        for message in self.messages:
            message.transaction = None
            if message.present and message.scheduled_s is not None:
                self.entity.resume_scheduled(message, now_s)


class Settlement:
    """A locked message to be settled at commit; until then its lock does not run out."""

    __slots__ = ("description", "entity", "message", "outcome", "properties", "reason")

    def __init__(
        self,
        queue: Queue,
        message: Message,
        outcome: Outcome,
        reason: str | None,
        description: str | None,
        properties: Mapping[str, object] | None,
    ) -> None:
        self.entity = queue
        self.message = message
        self.outcome = outcome
        self.reason = reason
        self.description = description
        self.properties = properties

    def check(self) -> None:
        if self.entity.deleted or not self.message.present:
            raise NotAllowed(
                f"A message of '{self.entity.path}' that was settled in the transaction is gone."
            )

    def apply(self, now_s: float) -> None:
        self.message.transaction = None
        self.entity.locks.settle(
            self.message, self.outcome, now_s, self.reason, self.description, self.properties
        )

    def undo(self, now_s: float) -> None:
        self.message.transaction = None
        if self.message.present and self.message.lock_token is not None:
            self.entity.dispatch.resume_lock(self.message, now_s)


class Transaction(Timed):
    """An open local transaction; made by `Namespace.begin_transaction`.

    Sends, schedules, cancels and settlements take it as `transaction=`; they are checked at once (a lost lock, a
    full entity raise there) and take effect at `commit`. One top-level entity per transaction; with `cross_entity`
    the first entity used (or `anchor`, where that is known before) is the one others are sent through (send-via),
    and only settling on another top-level entity is refused (learn.microsoft.com service-bus-transactions).
    Receiving never takes part.
    """

    __slots__ = (
        "_operations",
        "_partition",
        "_scope",
        "anchor",
        "context",
        "cross_entity",
        "deadline_s",
        "ended",
        "message_count",
        "transaction_id",
    )

    def __init__(self, context: Context, transaction_id: bytes, cross_entity: bool) -> None:
        super().__init__()
        self.context = context
        self.transaction_id = transaction_id
        self.cross_entity = cross_entity
        self.anchor: Entity | None = None
        self.deadline_s: float | None = None  # set by the first operation
        self.ended = False
        self.message_count = 0
        self._operations: list[Post | Cancelling | Settlement] = []
        self._scope: Entity | None = None
        self._partition: object | None = (
            None  # of a partitioned entity, set by the first message that has one
        )

    # -- taking part; called by entities and receivers, which have checked what can be checked
    def post(self, entity: Entity, contents: Sequence[Content], now_s: float, via: Entity | None) -> None:
        via = self._enlist(entity, contents, now_s, via)
        self._operations.append(Post(entity, contents, via))

    def schedule(self, entity: Entity, contents: Sequence[Content], now_s: float) -> list[int]:
        if self._enlist(entity, contents, now_s, None) is not None:
            raise NotAllowed("Scheduling through another entity in a transaction is not supported: use send.")
        numbers = [entity.next_sequence_number() for _ in contents]
        self._operations.append(Scheduling(entity, contents, numbers))
        return numbers

    def cancel(self, entity: Entity, messages: Sequence[Message], now_s: float) -> None:
        self._enlist(entity, [message.content for message in messages], now_s, None, settles=True)
        for message in messages:
            message.transaction = self
        self._operations.append(Cancelling(entity, messages))

    def settle(
        self,
        queue: Queue,
        messages: Sequence[Message],
        outcome: Outcome,
        now_s: float,
        reason: str | None = None,
        description: str | None = None,
        properties: Mapping[str, object] | None = None,
    ) -> None:
        """Settle all of them or, when one too many is refused, none."""
        self._enlist(queue, [message.content for message in messages], now_s, None, settles=True)
        for message in messages:
            message.transaction = self
            self._operations.append(Settlement(queue, message, outcome, reason, description, properties))

    def _enlist(
        self,
        entity: Entity,
        contents: Sequence[Content],
        now_s: float,
        via: Entity | None,
        settles: bool = False,
    ) -> Entity | None:
        """Note that an entity takes part; returns the entity to send through, None for sending straight."""
        if self.ended:
            raise TransactionUnknown("The transaction has ended; declare a new one.")
        limits, count = self.context.limits, len(contents)
        maximum = limits.max_transaction_messages
        if maximum is not None and self.message_count + count > maximum:
            raise QuotaExceeded(
                f"A transaction takes at most {maximum} messages and has {self.message_count}; "
                "commit or roll back, then go on in another."
            )
        if self._scope is None:
            self._scope = via or (self.anchor if self.cross_entity else None) or entity
        same = self._scope.top_level() == (via or entity).top_level()
        if not same and (settles or not self.cross_entity or via is not None):
            raise NotAllowed(
                "Local transactions cannot span multiple top-level entities such as queue or topic: this one uses "
                f"'{self._scope.path}', not '{entity.path}'."
            )
        if same and via is None and entity.is_partitioned:
            self._keep_to_one_partition(entity, contents)
        self.message_count += count
        if self.deadline_s is None:
            self.deadline_s = now_s + limits.transaction_timeout_s
            self.context.timetable.arm(self, self.deadline_s)
        through = via or self._scope
        return None if through.top_level() == entity.top_level() else self.context.main_entity(through)

    def _keep_to_one_partition(self, entity: Entity, contents: Sequence[Content]) -> None:
        """Raises NotAllowed for a second partition (service-bus-partitioning, "Transactions")."""
        for content in contents:
            partition = entity.partition_of(content)
            if partition is None:
                continue
            if self._partition is None:
                self._partition = partition
            elif partition != self._partition:
                raise NotAllowed(
                    f"A transaction keeps to one partition of '{entity.path}': this one uses '{self._partition}', not "
                    f"'{partition}'. Give its messages the same session id or partition key."
                )

    # -- ending
    def commit(self, now_s: float) -> None:
        """Apply everything. Raises TransactionRolledBack (then all of it was rolled back), TransactionUnknown."""
        if now_s >= self.context.timetable.due_s:
            self.context.advance(now_s)
        if self.ended:
            raise TransactionUnknown(
                "The transaction has ended already (committed, rolled back or timed out)."
            )
        try:
            for operation in self._operations:
                operation.check()
        except BrokerError as refusal:
            self.rollback(now_s)
            raise TransactionRolledBack(f"Rolled back, nothing was done: {refusal.description}") from refusal
        self._end()
        entities: dict[Entity, None] = {}
        for operation in self._operations:
            operation.apply(now_s)
            entities[operation.entity] = None
        for entity in entities:
            entity.serve(now_s)

    def rollback(self, now_s: float) -> None:
        """Forget everything; settled messages are locked by their receiver as before. Idempotent."""
        if self.ended:
            return
        self._end()
        entities: dict[Entity, None] = {}
        for operation in self._operations:
            operation.undo(now_s)
            entities[operation.entity] = None
        for entity in entities:
            entity.serve(now_s)

    def _end(self) -> None:
        self.ended = True
        self.context.transactions.pop(self.transaction_id, None)

    def run_due(self, until_s: float) -> None:
        if self.ended or self.deadline_s is None or self.deadline_s > until_s:
            return
        self.rollback(until_s)
        error = TransactionTimedOut(
            f"The transaction was open for {self.context.limits.transaction_timeout_s:g} s and was rolled back."
        )
        self.context.events.append(TransactionEnded(self, error))

    def next_timer_s(self) -> float:
        return inf if self.ended or self.deadline_s is None else self.deadline_s
