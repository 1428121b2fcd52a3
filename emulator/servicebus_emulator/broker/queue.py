"""A queue of messages: a queue entity, a subscription, or the sub-queue of one, with all that clients ask of it.

How a message passes through
----------------------------
A message *arrives* (`arrive`) by a send, by auto-forwarding, or when it was scheduled and falls due. It gets the next
sequence number, which is its place in the queue until it leaves the queue. The *dispatcher* (`dispatch`) holds the
messages that wait and the credit of the receivers, and brings the two together in `serve`. There are two dispatchers:
`PlainDispatch` serves credits in the order of their arrival; `SessionTable` delivers the messages of one session to the
one receiver that holds it. The rest of this file is the same for both, except for what a
client is refused.

A delivery in peek-lock mode puts the message into the table of locks (`locks`); in receive-and-delete mode it removes
the message. The lock ends in one of three ways, all of them in `LockTable`: the message is *settled* (`settle`), the
lock *expires* (`run_timer`), or the receiver's session ends. `give_back` then decides between the old place in the
queue, the dead-letter queue (too many deliveries), and the end of a message whose time to live has passed.

`states.TRANSITIONS` has every state of a message and every way from one to the next.

Time
----
No method reads a clock. `now_s` is an argument, and `begin`, the first step of each public method, runs what fell due
before it. Timers are never cancelled: a timer that is due looks whether what it was set for still holds. While the
namespace advances its clock nothing is served; queues that would have served are noted, and serve once at the end, so
that a clock which jumps by an hour gives nobody a lock that has expired already.

What leaves the queue
---------------------
Deliveries and events are appended to lists of the namespace's context, and the gateway takes them from there. Each
change that must survive a crash is told to the journal in the method that makes it. So a call has three results: what
it returns, what it delivered, and what it wrote; a caller that drops none of them has seen everything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

from servicebus_emulator.broker.dead_letter import (
    SESSION_ID_IS_NULL,
    TTL_EXPIRED,
    append_dead_letter,
    dead_letter,
    forward,
    without_reason,
)
from servicebus_emulator.broker.description import (
    FOREVER_S,
    Description,
    QueueDescription,
    SubscriptionDescription,
)
from servicebus_emulator.broker.dispatch import Dispatch, PlainDispatch
from servicebus_emulator.broker.entity import Entity
from servicebus_emulator.broker.entity_path import entity_key
from servicebus_emulator.broker.errors import (
    ArgumentOutOfRange,
    BrokerError,
    EntityDisabled,
    MessageNotFound,
    MessageSizeExceeded,
    NotAllowed,
    QuotaExceeded,
    SessionCannotBeLocked,
    SessionLockLost,
)
from servicebus_emulator.broker.events import ReceiverEnded
from servicebus_emulator.broker.locks import SESSION_LOCK_LOST, LockTable
from servicebus_emulator.broker.message import Content, Message, MessageState, Outcome, ReceiveMode
from servicebus_emulator.broker.receiver import Receiver
from servicebus_emulator.broker.session import Session, SessionTable, SessionWait
from servicebus_emulator.broker.timers import MESSAGE_LOCK, SESSION_LOCK, SESSION_WAIT, TIME_TO_LIVE

if TYPE_CHECKING:
    from servicebus_emulator.broker.context import Context
    from servicebus_emulator.broker.transaction import Transaction


class Queue(Entity):
    """Holds messages and serves receivers. `dead_letter_queue` and `transfer_dead_letter_queue` are Queues (None on those).

    `path` is as created: `name`, `topic/Subscriptions/name`, with `/$DeadLetterQueue` or
    `/$Transfer/$DeadLetterQueue` for sub-queues. `entity_path` is the path without the sub-queue part.
    Sending (`send`, `schedule`, `cancel_scheduled`) is described in `Entity`. `sessions` is the dispatcher of an entity
    that requires sessions; a queue without sessions leaves it None.
    """

    __slots__ = (
        "dead_letter_queue",
        "dispatch",
        "forward_to",
        "is_sub_queue",
        "locks",
        "receivers",
        "sessions",
    )
    description: QueueDescription | SubscriptionDescription
    dead_letter_queue: Queue | None

    def __init__(
        self,
        context: Context,
        store_id: int,
        path: str,
        description: QueueDescription | SubscriptionDescription,
        now_s: float,
        *,
        sub_queue_of: Entity | None = None,
    ) -> None:
        super().__init__(context, store_id, path, description, now_s)
        self.is_sub_queue = sub_queue_of is not None
        self.dead_letter_queue = None
        self.forward_to: str | None = None
        self.locks = LockTable(self)
        self.receivers: dict[Receiver, None] = {}
        self.sessions: SessionTable | None = None
        if sub_queue_of is not None:
            self.entity_path = sub_queue_of.path
        elif description.requires_session:
            self.sessions = SessionTable(self)
        self.dispatch: Dispatch = self.sessions or PlainDispatch(self)

    # -- counts, each O(1)
    @property
    def active_count(self) -> int:
        """Active messages, locked ones included."""
        return len(self.messages) - self.deferred_count - self.scheduled_count

    @property
    def locked_count(self) -> int:
        return len(self.locks)

    @property
    def receiver_count(self) -> int:
        return len(self.receivers)

    @property
    def requires_session(self) -> bool:
        return self.sessions is not None

    # -- arriving
    def check_send(self, contents: Sequence[Content]) -> None:
        if self.is_sub_queue:
            raise NotAllowed(f"'{self.path}' is a sub-queue: messages cannot be sent to it.")
        super().check_send(contents)
        if self.sessions is not None and any(content.session_id is None for content in contents):
            raise NotAllowed(
                "The SessionId was not set on a message, and it cannot be sent to the entity. Entities that have "
                "session support enabled can only receive messages that have the SessionId set to a valid value. "
                f"Nothing was stored in '{self.path}'."
            )

    def arrive(
        self, content: Content, number: int, now_s: float, hops: int, enqueued_number: int, source: str | None
    ) -> None:
        if self.forward_to is not None:
            self.forward_on(content, number, now_s, hops, enqueued_number)
            return
        if self.sessions is not None and content.session_id is None:
            dead_letter(self, content, number, now_s, now_s, enqueued_number, hops, *SESSION_ID_IS_NULL)
            return
        message = Message(content, number, now_s, enqueued_sequence_number=enqueued_number, hops=hops)
        message.dead_letter_source = source
        ttl_s = content.time_to_live_s
        if ttl_s is None or ttl_s > self.ttl_cap_s:
            ttl_s = self.ttl_cap_s
        if ttl_s < FOREVER_S - 1:
            message.expires_s = now_s + ttl_s
        self.add(message)
        if message.expires_s is not None:
            self.timers.add(message.expires_s, TIME_TO_LIVE, number)
        self.dispatch.append(message)

    def forward_on(
        self,
        content: Content,
        number: int,
        now_s: float,
        hops: int,
        enqueued_number: int,
        delivery_count: int = 0,
    ) -> None:
        """Auto-forwarding: what the destination refuses is dead-lettered here, as anything that cannot stay
        (service-bus-dead-letter-queues; Azure/azure-service-bus#33)."""
        destination = self.forward_to
        assert destination is not None  # noqa: S101 - the callers looked
        refusal = forward(self, destination, content, now_s, hops, enqueued_number or number)
        if refusal is not None:
            dead_letter(
                self,
                content,
                number,
                now_s,
                now_s,
                enqueued_number,
                hops,
                *refusal,
                delivery_count=delivery_count,
            )

    def transfer(self, content: Content, destination: str, now_s: float) -> None:
        refusal = forward(self, destination, content, now_s, 0, 0)
        if refusal is not None:
            queue = self.transfer_dead_letter_queue
            assert queue is not None  # noqa: S101 - nobody sends through a sub-queue
            append_dead_letter(queue, content, queue.next_sequence_number(), now_s, now_s, 0, 0, *refusal)

    def forward_waiting(self, now_s: float) -> None:
        """Forwarding was switched on: receivers end, and the active messages go where new ones will."""
        destination = self.forward_to
        self.end_receivers(NotAllowed(f"'{self.path}' now forwards its messages to '{destination}'."), now_s)
        for message in list(self.messages.values()):
            if destination and message.state is MessageState.ACTIVE and message.lock_token is None:
                self.remove(message)
                self.dispatch.left(message)
                self.forward_message(message, now_s)

    def forward_message(self, message: Message, now_s: float) -> None:
        """Forward a stored message that was just removed."""
        self.forward_on(
            message.content,
            message.sequence_number,
            now_s,
            message.hops,
            message.origin_number,
            message.delivery_count,
        )

    # -- credit and delivery
    def grant(self, receiver: Receiver, count: int, now_s: float) -> None:
        self.dispatch.grant(receiver, count, now_s)
        self.serve(now_s)

    def serve(self, now_s: float) -> None:
        context = self.context
        if context.advancing:
            context.unserved[self] = None
        else:
            self.dispatch.serve(now_s)

    def deliver(self, message: Message, receiver: Receiver, until_s: float) -> None:
        """Take a message for a receiver: lock it, or remove it in receive-and-delete mode."""
        receiver.credit -= 1
        throttle = self.context.throttle
        if throttle is not None:
            throttle.spend(1)
        if receiver.mode is ReceiveMode.PEEK_LOCK:
            self.locks.lock(message, receiver, until_s)
        else:
            self.remove(message)
        self.context.deliveries.append((receiver, message))

    # -- receivers
    def open_receiver(
        self, mode: ReceiveMode, now_s: float, *, name: str = "", link: object = None
    ) -> Receiver:
        """A plain receiver. Raises EntityDisabled, NotAllowed (session entity, forwarding entity), QuotaExceeded."""
        self.begin(now_s)
        self.check_receive()
        if self.sessions is not None:
            raise NotAllowed(
                "It is not possible for an entity that requires sessions to create a non-sessionful message receiver. "
                f"Accept a session of '{self.path}'."
            )
        receiver = Receiver(self, mode, name, None, link)
        self.receivers[receiver] = None
        return receiver

    def open_session(
        self,
        session_id: str,
        mode: ReceiveMode,
        now_s: float,
        *,
        name: str = "",
        link: object = None,
        exclusive: bool = True,
        take_over: bytes | None = None,
    ) -> Receiver:
        """Lock a named session. Raises SessionCannotBeLocked, NotAllowed (no session entity), EntityDisabled.

        A lock that is not `exclusive` has a token. `take_over` is the token of such a lock: its holder loses the
        session to the new receiver, with the messages that were delivered to it. Raises SessionLockLost when the lock
        of that token is over.
        """
        table = self._session_table(now_s)
        if take_over is not None:
            held = table.sessions.get(session_id)
            if held is None or held.holder is None:
                raise SessionLockLost(
                    f"The lock of session '{session_id}' of '{self.path}' that was to be taken over has ended: "
                    "accept the session without its token."
                )
            if held.lock_token == take_over:
                return table.take_over(held, mode, now_s, name, link)
        session = table.session(session_id)
        if session.holder is not None:
            raise SessionCannotBeLocked(
                f"The requested session '{session_id}' cannot be accepted. It may be locked by another receiver of "
                f"'{self.path}': try again when it is released or its lock expires."
            )
        return table.open(session, mode, now_s, name, link, exclusive)

    def open_next_session(
        self,
        mode: ReceiveMode,
        now_s: float,
        deadline_s: float,
        *,
        name: str = "",
        link: object = None,
        exclusive: bool = True,
    ) -> Receiver | SessionWait:
        """Lock the next unlocked session with active messages, or wait for one until `deadline_s`.

        A SessionWait ends in a SessionGranted or SessionWaitEnded event. Raises as `open_session`.
        """
        table = self._session_table(now_s)
        session = table.next_ready()
        if session is not None:
            return table.open(session, mode, now_s, name, link, exclusive)
        return table.wait(mode, deadline_s, name, link, exclusive)

    def _session_table(self, now_s: float) -> SessionTable:
        self.begin(now_s)
        self.check_receive()
        if self.sessions is None:
            raise NotAllowed(
                "A sessionful message receiver cannot be created on an entity that does not require sessions: open a "
                f"receiver without a session on '{self.path}'."
            )
        return self.sessions

    def receive_deferred(
        self,
        sequence_numbers: Sequence[int],
        mode: ReceiveMode,
        now_s: float,
        *,
        session_id: str | None = None,
        receiver: Receiver | None = None,
    ) -> list[Message]:
        """Lock (or remove) deferred messages by number; their locks are settled with `settle`.

        With `receiver` the locks end with it and it may settle them itself. An expired one is dead-lettered now,
        as the cloud does when a client requests it (message-deferral).
        Raises MessageNotFound if any is not deferred, unknown or locked (then none is taken); SessionLockLost,
        EntityDisabled.
        """
        self.begin(now_s)
        self.check_status()
        until_s = now_s + self.description.lock_duration_s
        if self.sessions is not None:
            session = self._held_session(session_id, receiver)
            receiver, until_s = session.holder, session.locked_until_s
        found: list[Message] = []
        wanted = dict.fromkeys(sequence_numbers)  # a number given twice is one message
        for number in wanted:
            message = self.messages.get(number)
            if message is not None and message.state is MessageState.DEFERRED and message.lock_token is None:
                if message.expires_s is not None and message.expires_s <= now_s:
                    self.expire(message, now_s)
                elif self.sessions is None or message.session_id == session_id:
                    found.append(message)
        if len(found) != len(wanted):
            missing = sorted(wanted.keys() - {message.sequence_number for message in found})
            raise MessageNotFound(
                f"'{self.path}' has no unlocked deferred message with sequence number {missing[0]}; none was taken."
            )
        for message in found:
            if mode is ReceiveMode.PEEK_LOCK:
                self.locks.lock(message, receiver, until_s)
            else:
                self.remove(message)
        return found

    def check_status(self) -> None:
        """Raise EntityDisabled when nothing may be taken out; peeking is looking, and goes on."""
        if not self.description.status.can_receive:
            raise EntityDisabled(
                f"Messaging entity '{self.path}' is currently disabled: it has status {self.description.status.value}: nothing can be received from it or "
                "settled in it until it is Active."
            )

    def check_receive(self) -> None:
        self.check_status()
        if self.forward_to is not None:
            raise NotAllowed(
                f"'{self.path}' forwards its messages to '{self.forward_to}': receive them there."
            )
        maximum = self.context.limits.max_receivers_per_entity
        if maximum is not None and len(self.receivers) >= maximum:
            raise QuotaExceeded(f"'{self.path}' has {maximum} receivers, as many as the tier allows.")

    def suspend_receiver(self, receiver: Receiver, now_s: float) -> None:
        self.receivers.pop(receiver, None)
        receiver.drain()
        self.accessed_s = now_s

    def close_receiver(self, receiver: Receiver, now_s: float) -> None:
        self.receivers.pop(receiver, None)
        receiver.drain()
        self.accessed_s = now_s
        self.dispatch.receiver_closed(receiver, now_s)
        self.serve(now_s)

    def end_receivers(self, error: BrokerError, now_s: float) -> None:
        """Close every receiver and held attach because the entity does not serve any more."""
        for receiver in list(self.receivers):
            receiver.close(now_s)
            self.context.events.append(ReceiverEnded(receiver, error))
        self.dispatch.end_waits(error)

    # -- by lock token alone (`$management`)
    def settle(
        self,
        outcome: Outcome,
        lock_tokens: Sequence[bytes],
        now_s: float,
        *,
        reason: str | None = None,
        description: str | None = None,
        properties: Mapping[str, object] | None = None,
        session_id: str | None = None,
        transaction: Transaction | None = None,
    ) -> None:
        """`update-disposition`: settle whoever holds the locks, all or none.

        Raises MessageLockLost, SessionLockLost, NotAllowed (dead-lettering from a dead-letter queue), EntityDisabled.
        """
        self.begin(now_s)
        self.check_status()
        self.locks.check_outcome(outcome)
        session = None if self.sessions is None else self.sessions.sessions.get(session_id or "")
        session_held = session is not None and session.holder is not None
        found: dict[bytes, Message] = {}
        for token in lock_tokens:
            message = self.locks.get(token)
            if message is None or message.transaction is not None:
                raise self.locks.lost(token, session_held=session_held)
            if session_id is not None and message.session_id != session_id:
                raise self.locks.lost(token, session_held=session_held)
            found[token] = message
        if transaction is not None:
            transaction.settle(self, list(found.values()), outcome, now_s, reason, description, properties)
            return
        for message in found.values():
            self.locks.settle(message, outcome, now_s, reason, description, properties)
        self.serve(now_s)

    def renew_locks(self, lock_tokens: Sequence[bytes], now_s: float) -> list[float]:
        """New ends of the locks, now + lock duration. Raises MessageLockLost (then none is renewed), NotAllowed."""
        self.begin(now_s)
        if self.sessions is not None:
            raise NotAllowed(f"'{self.path}' has sessions: renew the session's lock, it covers its messages.")
        until_s = now_s + self.description.lock_duration_s
        self.locks.renew(lock_tokens, until_s)
        return [until_s] * len(lock_tokens)

    # -- sessions
    def renew_session_lock(self, session_id: str, now_s: float, *, receiver: Receiver | None = None) -> float:
        """New end of the session's lock. Raises SessionLockLost (not locked, or not by `receiver` when given)."""
        self.begin(now_s)
        session = self._held_session(session_id, receiver)
        assert self.sessions is not None  # noqa: S101 - _held_session refused it otherwise
        return self.sessions.renew(session, now_s)

    def session_state(
        self, session_id: str, now_s: float, *, receiver: Receiver | None = None
    ) -> bytes | None:
        """The session's state, None when it has none. Raises SessionLockLost when nobody holds the session."""
        self.begin(now_s)
        return self._held_session(session_id, receiver).state

    def set_session_state(
        self, session_id: str, state: bytes | None, now_s: float, *, receiver: Receiver | None = None
    ) -> None:
        """Set, or clear with None or no bytes. Raises SessionLockLost, MessageSizeExceeded."""
        self.begin(now_s)
        maximum = self.context.limits.max_message_bytes
        if state is not None and maximum is not None and len(state) > maximum:
            raise MessageSizeExceeded(
                f"The session state has {len(state)} bytes; at most {maximum} are allowed."
            )
        session = self._held_session(session_id, receiver)
        state = state or None
        session.state = state
        session.state_updated_s = now_s
        self.context.journal.session_changed(self.store_id, session_id, state, now_s)

    def list_sessions(self, updated_after_s: float | None, skip: int, top: int) -> list[str]:
        """Ids of sessions with active messages or a state (None), or whose state was set after the time; in id order."""
        if self.sessions is None:
            raise NotAllowed(f"'{self.path}' has no sessions.")
        return self.sessions.ids(updated_after_s)[skip : skip + top]

    def _held_session(self, session_id: str | None, receiver: Receiver | None) -> Session:
        if self.sessions is None:
            raise NotAllowed(f"'{self.path}' has no sessions.")
        session = self.sessions.sessions.get(session_id) if session_id is not None else None
        if (
            session is None
            or session.holder is None
            or (receiver is not None and session.holder is not receiver)
        ):
            raise SessionLockLost(SESSION_LOCK_LOST.format(self.path))
        return session

    # -- looking and deleting
    def peek(
        self, from_sequence_number: int, count: int, now_s: float, *, session_id: str | None = None
    ) -> list[Message]:
        """Messages of every state from a sequence number upward; changes nothing."""
        self.begin(now_s)
        found: list[Message] = []
        if count <= 0:
            return found
        for message in self.from_number(from_sequence_number):
            if session_id is None or message.session_id == session_id:
                found.append(message)
                if len(found) == count:
                    break
        return found

    def batch_delete(
        self, count: int, enqueued_before_s: float, now_s: float, *, session_id: str | None = None
    ) -> int:
        """Delete up to `count` unlocked active messages enqueued before the time; returns how many.

        Raises ArgumentOutOfRange when `count` is above the tier's limit, EntityDisabled.
        """
        self.begin(now_s)
        self.check_status()
        maximum = self.context.limits.max_batch_delete
        if not 0 < count <= maximum:
            raise ArgumentOutOfRange(f"The message count is {count}; allowed are 1 to {maximum} a call.")
        found: list[Message] = []
        for message in self.from_number(0):
            if (
                message.state is MessageState.ACTIVE
                and message.lock_token is None
                and message.enqueued_s < enqueued_before_s
                and (session_id is None or message.session_id == session_id)
            ):
                found.append(message)
                if len(found) == count:
                    break
        for message in found:
            self.remove(message)
            self.dispatch.left(message)
        return len(found)

    def purge(self, now_s: float) -> int:
        """Remove every message, whatever its state (the page's reset); locks are lost. Returns how many."""
        self.begin(now_s)
        found = list(self.messages.values())
        for message in found:
            waiting = message.state is MessageState.ACTIVE and message.lock_token is None
            if message.lock_token is not None:
                self.locks.unlock(message)
            self.remove(message)
            if waiting:
                self.dispatch.left(message)
        return len(found)

    def resubmit(self, sequence_number: int, now_s: float) -> int:
        """Move a dead-lettered message back to its entity's main queue; returns its new sequence number there.

        The page's button: a copy without the dead-letter properties arrives again (no duplicate check, delivery
        count 0) and the dead one is removed, atomically.
        Raises MessageNotFound, NotAllowed (not a dead-letter queue, or the entity takes no messages).
        """
        self.begin(now_s)
        main = self.context.find(self.entity_path.lower())
        if not self.is_sub_queue or not isinstance(main, Queue):
            raise NotAllowed(f"'{self.path}' is not the dead-letter queue of a queue or subscription.")
        message = self.messages.get(sequence_number)
        if message is None or message.lock_token is not None:
            raise MessageNotFound(
                f"'{self.path}' has no unlocked message with sequence number {sequence_number}."
            )
        content = without_reason(message.content)
        Entity.check_send(main, (content,))
        self.remove(message)
        self.dispatch.left(message)
        number = main.next_sequence_number()
        main.arrive(content, number, now_s, 0, message.enqueued_sequence_number, None)
        main.serve(now_s)
        return number

    # -- messages that leave by themselves
    def move_to_dead_letter(
        self, message: Message, now_s: float, reason: str | None, description: str | None
    ) -> None:
        self.remove(message)
        dead_letter(
            self,
            message.content,
            message.sequence_number,
            now_s,
            message.enqueued_s,
            message.origin_number,
            message.hops,
            reason,
            description,
            message.delivery_count,
        )

    def expire(self, message: Message, now_s: float) -> None:
        """Its time to live is over: to the dead-letter queue when asked for, else gone (message-expiration)."""
        if self.description.dead_lettering_on_message_expiration and not self.is_sub_queue:
            self.move_to_dead_letter(message, now_s, *TTL_EXPIRED)
        else:
            self.remove(message)

    # -- timers
    def timer_matters(self, due_s: float, kind: int, key: int | str) -> bool:
        if kind == MESSAGE_LOCK:
            return self.locks.timer_matters(due_s, self.messages.get(cast(int, key)))
        if kind == TIME_TO_LIVE:
            message = self.messages.get(cast(int, key))
            return message is not None and message.state is MessageState.ACTIVE
        if kind in (SESSION_LOCK, SESSION_WAIT):
            return self.sessions is not None and self.sessions.timer_matters(due_s, kind, key)
        return super().timer_matters(due_s, kind, key)

    def run_timer(self, due_s: float, kind: int, key: int | str) -> None:
        if kind == MESSAGE_LOCK:
            self.locks.run_timer(due_s, self.messages.get(cast(int, key)))
        elif kind == TIME_TO_LIVE:
            message = self.messages.get(cast(int, key))
            if message is not None and message.lock_token is None and message.state is MessageState.ACTIVE:
                self.expire(message, due_s)
                self.dispatch.left(message)
        elif kind in (SESSION_LOCK, SESSION_WAIT):
            if self.sessions is not None:
                self.sessions.run_timer(due_s, kind, key)
        else:
            super().run_timer(due_s, kind, key)

    # -- description
    @property
    def is_read(self) -> bool:
        """Whether somebody receives from it; forwarding does ("never really idle", service-bus-auto-forwarding)."""
        return bool(self.receivers) or self.forward_to is not None

    def is_busy(self) -> bool:
        return self.is_read or super().is_busy()

    def apply_description(self, description: Description, now_s: float) -> None:
        super().apply_description(description, now_s)
        queue_like = cast("QueueDescription | SubscriptionDescription", description)
        self.forward_to = entity_key(queue_like.forward_to) if queue_like.forward_to else None
        for sub_queue in (self.dead_letter_queue, self.transfer_dead_letter_queue):
            if sub_queue is not None:
                sub_queue.description = queue_like
        if not description.status.can_receive:
            self.end_receivers(EntityDisabled(f"'{self.path}' was set to {description.status.value}."), now_s)
