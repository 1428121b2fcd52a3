"""What queues, subscriptions, sub-queues and topics share: stored messages, sequence numbers, sending, timers."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Hashable, Iterator, Sequence
from typing import TYPE_CHECKING, cast

from servicebus_emulator.broker.description import FOREVER_S, Description, EntityStatus
from servicebus_emulator.broker.duplicate_detection import DuplicateHistory
from servicebus_emulator.broker.errors import (
    EntityNotFound,
    MessageNotFound,
)
from servicebus_emulator.broker.message import Content, Message, MessageState
from servicebus_emulator.broker.send_checks import check_batch
from servicebus_emulator.broker.timers import HISTORY, IDLE, SCHEDULED, Timers

if TYPE_CHECKING:
    from servicebus_emulator.broker.context import Context
    from servicebus_emulator.broker.queue import Queue
    from servicebus_emulator.broker.transaction import Transaction


class Entity:
    """Stored messages by sequence number, with timers. See `Queue` and `Topic` for what each does with a message."""

    __slots__ = (
        "_index",
        "_unordered",
        "accessed_s",
        "context",
        "created_s",
        "deferred_count",
        "deleted",
        "description",
        "entity_path",
        "history",
        "idle_since_s",
        "last_sequence_number",
        "messages",
        "path",
        "scheduled_count",
        "store_id",
        "stored_bytes",
        "timers",
        "transfer_dead_letter_queue",
        "ttl_cap_s",
        "updated_s",
    )
    transfer_dead_letter_queue: Queue | None

    def __init__(
        self, context: Context, store_id: int, path: str, description: Description, now_s: float
    ) -> None:
        self.context = context
        self.store_id = store_id
        self.path = path
        self.entity_path = path
        self.created_s = self.updated_s = self.idle_since_s = now_s
        self.accessed_s = 0.0  # no message was sent or asked for yet: the service then says year 1
        self.deleted = False
        self.messages: dict[int, Message] = {}
        self.last_sequence_number = 0
        self.stored_bytes = 0
        self.deferred_count = 0
        self.scheduled_count = 0
        self.transfer_dead_letter_queue = None
        self.history: DuplicateHistory | None = None
        self._index: list[int] | None = None
        self._unordered = False
        self.timers = Timers(self, context.timetable)
        self.ttl_cap_s = FOREVER_S
        self.description = description

    # -- sending
    def send(
        self,
        contents: Sequence[Content],
        now_s: float,
        *,
        transaction: Transaction | None = None,
        via: Entity | None = None,
    ) -> list[int]:
        """Take a batch, all of it or nothing; returns sequence numbers (empty in a transaction and with `via`).

        A content with `scheduled_enqueue_s` in the future is scheduled; the number of a dropped duplicate is 0.
        `via`: the entity a send-via link is attached to; what the destination refuses at commit goes to its
        transfer dead-letter queue.
        Raises EntityDisabled, EntityNotFound (deleted), MessageSizeExceeded, QuotaExceeded, NotAllowed (no session
        id on a session entity, or not an entity to send to), ArgumentError, ArgumentOutOfRange, ServerBusy.
        """
        self.begin(now_s, credits=len(contents))
        self.check_send(contents)
        if transaction is not None:
            transaction.post(self, contents, now_s, via)
            return []
        if via is not None:
            for content in contents:
                via.transfer(content, self.path, now_s)
            return []
        numbers = [self.accept(content, now_s) for content in contents]
        self.serve(now_s)
        return numbers

    def schedule(
        self, contents: Sequence[Content], now_s: float, *, transaction: Transaction | None = None
    ) -> list[int]:
        """`schedule-message`: like send, and the sequence numbers are known also in a transaction."""
        self.begin(now_s, credits=len(contents))
        self.check_send(contents)
        if transaction is None:
            numbers = []
            for content in contents:
                number = self.accept(content, now_s)
                numbers.append(number or self.next_sequence_number())
            self.serve(now_s)
            return numbers
        return transaction.schedule(self, contents, now_s)

    def cancel_scheduled(
        self, sequence_numbers: Sequence[int], now_s: float, *, transaction: Transaction | None = None
    ) -> None:
        """Remove scheduled messages, all or none.

        Raises MessageNotFound for a number that is unknown or no longer scheduled.
        """
        self.begin(now_s)
        found: list[Message] = []
        for number in dict.fromkeys(sequence_numbers):  # a number given twice is one message
            message = self.messages.get(number)
            if (
                message is None
                or message.state is not MessageState.SCHEDULED
                or message.transaction is not None
            ):
                raise MessageNotFound(
                    f"Message {number} of '{self.path}' is not scheduled (any more); no message was cancelled."
                )
            found.append(message)
        if transaction is not None:
            transaction.cancel(self, found, now_s)
            return
        for message in found:
            self.remove(message)

    def check_send(self, contents: Sequence[Content]) -> None:
        """Raise what would refuse this batch; see `send`."""
        check_batch(self, contents)

    # -- inside: what a send, a forward, a commit and a timer share
    @property
    def size_bytes(self) -> int:
        return self.stored_bytes

    def begin(self, now_s: float, credits: int = 0) -> None:
        """First step of every public call: run what is due, refuse a deleted entity, note the access."""
        context = self.context
        if now_s >= context.timetable.due_s:
            context.advance(now_s)
        if self.deleted:
            raise EntityNotFound(f"'{self.path}' was deleted.")
        if credits and context.throttle is not None:
            context.throttle.charge(credits, now_s)
        self.accessed_s = now_s

    def next_sequence_number(self) -> int:
        self.last_sequence_number = number = self.last_sequence_number + 1
        self.context.journal.sequence_advanced(self.store_id, number)
        return number

    def accept(
        self,
        content: Content,
        now_s: float,
        hops: int = 0,
        enqueued_number: int = 0,
        source: str | None = None,
    ) -> int:
        """Take one message that was checked: drop a duplicate (0), schedule it, or let it arrive."""
        if self.history is not None and self.seen_before(content, now_s):
            return 0
        number = self.next_sequence_number()
        due_s = content.scheduled_enqueue_s
        if due_s is not None and due_s > now_s:
            self.put_scheduled(content, number, due_s, now_s, hops, enqueued_number)
        else:
            self.arrive(content, number, now_s, hops, enqueued_number, source)
        return number

    def seen_before(self, content: Content, now_s: float) -> bool:
        """Whether duplicate detection has the message's id; it has it from now on.

        On a partitioned entity each partition has its own history (duplicate-detection).
        """
        history = self.history
        if history is None or content.message_id is None:
            return False
        key: Hashable = content.message_id
        if self.is_partitioned:
            partition = content.session_id or content.partition_key
            key = key if partition is None else (key, partition)
        if not history.first_time(key, now_s):
            return True
        self.context.journal.message_id_seen(self.store_id, key, now_s)
        if not history.armed:
            history.armed = True
            self.timers.add(now_s + history.window_s, HISTORY, 0)
        return False

    def put_scheduled(
        self,
        content: Content,
        number: int,
        due_s: float,
        now_s: float,
        hops: int = 0,
        enqueued_number: int = 0,
    ) -> None:
        message = Message(
            content,
            number,
            now_s,
            enqueued_sequence_number=enqueued_number,
            state=MessageState.SCHEDULED,
            scheduled_s=due_s,
            hops=hops,
        )
        self.add(message)
        self.scheduled_count += 1
        self.timers.add(due_s, SCHEDULED, number)

    def arrive(
        self,
        content: Content,
        number: int,
        now_s: float,
        hops: int,
        enqueued_number: int,
        source: str | None,
    ) -> None:
        """Do with an active message what this kind of entity does."""
        raise NotImplementedError

    def transfer(self, content: Content, destination: str, now_s: float) -> None:
        """Send-via: post to another entity of the namespace; what it refuses goes to the transfer dead letters."""
        raise NotImplementedError

    def serve(self, now_s: float) -> None:
        """Give what is available to those who wait for it."""

    def add(self, message: Message) -> None:
        number = message.sequence_number
        self.messages[number] = message
        self.stored_bytes += message.content.size_bytes
        if self._index is not None:
            self._index.append(number)
        self.context.journal.message_added(self.store_id, message)

    def add_in_order(self, message: Message) -> None:
        """As `add`, for a message whose number may be below some that are stored."""
        number = message.sequence_number
        if number < self.last_sequence_number:
            self._index = None
            self._unordered = True
        else:
            self.last_sequence_number = number  # those of its main entity: restored with it
        self.add(message)

    def remove(self, message: Message) -> None:
        """Take a message out for good; the caller has undone its lock."""
        del self.messages[message.sequence_number]
        message.present = False
        self.stored_bytes -= message.content.size_bytes
        if message.state is MessageState.SCHEDULED:
            self.scheduled_count -= 1
        elif message.state is MessageState.DEFERRED:
            self.deferred_count -= 1
        self.context.journal.message_removed(self.store_id, message.sequence_number)

    def from_number(self, first: int) -> Iterator[Message]:
        """Stored messages of every state, ascending from sequence number `first`."""
        messages, index = self.messages, self._index
        if index is None or len(index) > 2 * len(messages) + 64:
            # Numbers are given out in ascending order, so the dict already stands in that order; not so the numbers
            # that dead letters bring along.
            index = self._index = sorted(messages) if self._unordered else list(messages)
        for position in range(bisect_left(index, first), len(index)):
            message = messages.get(index[position])
            if message is not None:
                yield message

    # -- timers
    def timer_matters(self, due_s: float, kind: int, key: int | str) -> bool:
        """Whether a timer still means something; used to forget those that do not."""
        if kind == SCHEDULED:
            message = self.messages.get(cast(int, key))
            return message is not None and message.state is MessageState.SCHEDULED
        if kind == HISTORY:
            return self.history is not None and self.history.armed
        return kind == IDLE

    def run_timer(self, due_s: float, kind: int, key: int | str) -> None:
        if kind == SCHEDULED:
            message = self.messages.get(cast(int, key))
            if (
                message is not None
                and message.state is MessageState.SCHEDULED
                and message.transaction is None
            ):
                self.activate(message, due_s)
        elif kind == HISTORY:
            self._forget_ids(due_s)
        elif kind == IDLE:
            self._check_idle(due_s)

    def activate(self, message: Message, due_s: float) -> None:
        """A scheduled message is due: it is enqueued now, under a new sequence number (message-sequencing)."""
        self.remove(message)
        number = self.next_sequence_number()
        self.arrive(message.content, number, due_s, message.hops, 0, message.dead_letter_source)
        self.serve(due_s)

    def resume_scheduled(self, message: Message, now_s: float) -> None:
        """A transaction released a scheduled message: it goes on waiting, or is enqueued if it fell due."""
        if message.scheduled_s is not None and message.scheduled_s <= now_s:
            self.activate(message, now_s)

    def top_level(self) -> str:
        """Lower-case name of the queue or topic this belongs to: the scope of a transaction."""
        return self.entity_path.lower().partition("/subscriptions/")[0]

    def _forget_ids(self, now_s: float) -> None:
        history = self.history
        if history is None:
            return
        before_s = history.forget(now_s)
        if before_s is not None:
            self.context.journal.message_ids_forgotten(self.store_id, before_s)
        following_s = history.next_s()
        history.armed = following_s is not None
        if following_s is not None:
            # At most once a second: a record past its window is not believed anyway.
            self.timers.add(max(following_s, now_s + 1.0), HISTORY, 0)

    # -- auto-delete on idle
    def watch_idle(self, now_s: float) -> None:
        """Start (again) to watch for idleness, as the description requires."""
        idle_s = self.description.auto_delete_on_idle_s
        if idle_s < FOREVER_S - 1:
            self.timers.add(now_s + idle_s, IDLE, 0)

    def _check_idle(self, now_s: float) -> None:
        idle_s = self.description.auto_delete_on_idle_s
        if idle_s >= FOREVER_S - 1:
            return
        busy = self.is_busy()
        quiet_since_s = now_s if busy else self.last_access_s()
        if quiet_since_s + idle_s <= now_s:
            self.context.delete(self, now_s)
            return
        self.timers.add(quiet_since_s + idle_s, IDLE, 0)

    def is_busy(self) -> bool:
        """Whether something holds it in use although nobody calls: a receiver, a scheduled message."""
        return self.scheduled_count > 0

    def last_access_s(self) -> float:
        """Since when it is idle: its last use, or when it was made or changed."""
        return max(self.accessed_s, self.idle_since_s)

    # -- description
    def apply_description(self, description: Description, now_s: float) -> None:
        """Take over what sends and timers need of a new description."""
        self.description = description
        self.ttl_cap_s = min(
            description.default_message_time_to_live_s, self.context.limits.max_time_to_live_s
        )
        if getattr(description, "requires_duplicate_detection", False):
            window_s: float = description.duplicate_detection_history_time_window_s  # type: ignore[union-attr]
            if self.history is None:
                self.history = DuplicateHistory(window_s)
            else:
                self.history.window_s = window_s
                self._forget_ids(now_s)
        self.watch_idle(now_s)

    @property
    def is_partitioned(self) -> bool:
        return bool(getattr(self.description, "enable_partitioning", False))

    def partition_of(self, content: Content) -> object | None:
        """What decides its partition: session id, partition key, with duplicate detection the message id
        (service-bus-partitioning). None where the service chooses, and on an entity without partitions."""
        if not self.is_partitioned:
            return None
        by_id = content.message_id if self.history is not None else None
        return content.session_id or content.partition_key or by_id

    @property
    def status(self) -> EntityStatus:
        return self.description.status
