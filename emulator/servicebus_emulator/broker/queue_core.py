"""The heart of a queue: how messages wait, are delivered, locked, settled, dead-lettered and expire."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

from servicebus_emulator.broker import dead_letter as dead
from servicebus_emulator.broker.description import (
    FOREVER_S,
    Description,
    QueueDescription,
    SubscriptionDescription,
)
from servicebus_emulator.broker.entity import MESSAGE_LOCK, SESSION_LOCK, SESSION_WAIT, TIME_TO_LIVE, Entity
from servicebus_emulator.broker.entity_path import entity_key
from servicebus_emulator.broker.errors import (
    BrokerError,
    EntityDisabled,
    MessageLockLost,
    NotAllowed,
    QuotaExceeded,
    SessionLockLost,
)
from servicebus_emulator.broker.events import ReceiverEnded
from servicebus_emulator.broker.message import Content, Message, MessageState, Outcome, ReceiveMode
from servicebus_emulator.broker.receiver import Receiver
from servicebus_emulator.broker.session import SessionTable
from servicebus_emulator.broker.waiting import WaitingMessages

if TYPE_CHECKING:
    from servicebus_emulator.broker.namespace import Namespace
    from servicebus_emulator.broker.queue import Queue


# The service's own sentence, which programs look for.
SESSION_LOCK_LOST = (
    "The session lock has expired on the MessageSession. Accept a new MessageSession. The entity is '{}'; messages that "
    "were not settled are delivered again."
)


class QueueCore(Entity):
    """How messages wait, are delivered, locked, settled and expire; `Queue` adds what clients ask for by name."""

    __slots__ = (
        "dead_letter",
        "forward_to",
        "grants",
        "is_sub_queue",
        "line",
        "locks",
        "receivers",
        "sessions",
    )
    description: QueueDescription | SubscriptionDescription
    dead_letter: Queue | None

    def __init__(
        self,
        namespace: Namespace,
        store_id: int,
        path: str,
        description: QueueDescription | SubscriptionDescription,
        now_s: float,
        *,
        sub_queue_of: Entity | None = None,
    ) -> None:
        super().__init__(namespace, store_id, path, description, now_s)
        self.is_sub_queue = sub_queue_of is not None
        self.dead_letter = None
        self.forward_to: str | None = None
        self.line = WaitingMessages()
        self.locks: dict[bytes, Message] = {}
        self.grants: deque[list[object]] = deque()  # [receiver, credits] in arrival order
        self.receivers: dict[Receiver, None] = {}
        self.sessions: SessionTable | None = None
        if sub_queue_of is not None:
            self.entity_path = sub_queue_of.path
        elif description.requires_session:
            self.sessions = SessionTable(cast("Queue", self))

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
            dead.bury(self, content, number, now_s, now_s, enqueued_number, hops, *dead.SESSION_ID_IS_NULL)
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
            self.add_timer(message.expires_s, TIME_TO_LIVE, number)
        if self.sessions is None:
            self.line.append(message)
        else:
            self.sessions.append(message)

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
        refusal = dead.forward(self, destination, content, now_s, hops, enqueued_number or number)
        if refusal is not None:
            dead.bury(
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
        refusal = dead.forward(self, destination, content, now_s, 0, 0)
        if refusal is not None:
            tray = self.transfer_dead_letter
            assert tray is not None  # noqa: S101 - nobody sends through a sub-queue
            dead.take_in(tray, content, tray.next_sequence_number(), now_s, now_s, 0, 0, *refusal)

    def forward_waiting(self, now_s: float) -> None:
        """Forwarding was switched on: receivers end, and the active messages go where new ones will."""
        destination = self.forward_to
        self.end_receivers(NotAllowed(f"'{self.path}' now forwards its messages to '{destination}'."), now_s)
        for message in list(self.messages.values()):
            if destination and message.state is MessageState.ACTIVE and message.lock_token is None:
                self.remove(message)
                self.leave_line(message)
                self._forward_message(message, now_s)

    def _forward_message(self, message: Message, now_s: float) -> None:
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
        if self.sessions is None:
            grants = self.grants
            if grants and grants[-1][0] is receiver:
                grants[-1][1] = cast(int, grants[-1][1]) + count
            else:
                grants.append([receiver, count])
        elif receiver.session is not None:
            self.sessions.touch(receiver.session)
        self.serve(now_s)

    def withdraw(self, receiver: Receiver) -> None:
        """Forget a receiver's place among those waiting."""
        if self.grants:
            self.grants = deque(grant for grant in self.grants if grant[0] is not receiver)

    def serve(self, now_s: float) -> None:
        if self.namespace.advancing:
            self.namespace.unserved[self] = None
            return
        if self.sessions is not None:
            self.sessions.serve(now_s)
            return
        line, grants = self.line, self.grants
        while grants and line.count:
            grant = grants[0]
            receiver = cast(Receiver, grant[0])
            left = cast(int, grant[1]) - 1
            if left:
                grant[1] = left
            else:
                grants.popleft()
            message = line.take()
            if message is not None:
                self.deliver(message, receiver, now_s + self.description.lock_duration_s)

    def deliver(self, message: Message, receiver: Receiver, until_s: float) -> None:
        """Take a message for a receiver: lock it, or remove it in receive-and-delete mode."""
        receiver.credit -= 1
        throttle = self.namespace.throttle
        if throttle is not None:
            throttle.spend(1)
        if receiver.mode is ReceiveMode.PEEK_LOCK:
            self.lock(message, receiver, until_s)
        else:
            self.remove(message)
        self.namespace.deliveries.append((receiver, message))

    def lock(self, message: Message, receiver: Receiver | None, until_s: float) -> None:
        namespace = self.namespace
        token = namespace.new_token()
        message.lock_token = token
        message.locked_until_s = until_s
        message.holder = receiver
        self.locks[token] = message
        if receiver is not None:
            receiver.held[token] = message
        if self.sessions is None:  # a session's lock covers its messages
            self.add_timer(until_s, MESSAGE_LOCK, message.sequence_number)
        namespace.journal.message_changed(self.store_id, message)

    def unlock(self, message: Message) -> None:
        token = message.lock_token
        assert token is not None  # noqa: S101 - only locked messages come here
        del self.locks[token]
        if message.holder is not None:
            del message.holder.held[token]
            message.holder = None
        message.lock_token = None
        message.locked_until_s = 0.0

    # -- settling
    def lock_lost(self, lock_token: bytes, *, session_held: bool = False) -> BrokerError:
        """The error for a token that holds no lock here. `session_held`: the caller still holds the session."""
        if self.sessions is not None and not session_held:
            return SessionLockLost(SESSION_LOCK_LOST.format(self.path))
        return MessageLockLost(
            "The lock supplied is invalid. Either the lock expired, or the message has already been removed from the "
            f"queue, or was received by a different receiver instance. It is {lock_token.hex()} on '{self.path}'; a "
            "message that was not settled is delivered again."
        )

    def check_outcome(self, outcome: Outcome) -> None:
        if outcome is Outcome.DEAD_LETTER and self.is_sub_queue:
            raise NotAllowed(
                f"'{self.path}' is a dead-letter queue already: complete the message or leave it there."
            )

    def settle_message(
        self,
        message: Message,
        outcome: Outcome,
        now_s: float,
        reason: str | None = None,
        description: str | None = None,
        properties: Mapping[str, object] | None = None,
    ) -> None:
        """Do to a locked message what its receiver said; nothing here can fail."""
        locked_until_s = message.locked_until_s
        self.unlock(message)
        if outcome is Outcome.COMPLETE:
            self.remove(message)
            return
        if properties and outcome is not Outcome.RELEASE:
            before_bytes = message.content.size_bytes
            merged = {**message.content.application_properties(), **properties}
            message.content = message.content.with_application_properties(merged)
            self.stored_bytes += message.content.size_bytes - before_bytes
            self.namespace.journal.message_rewritten(self.store_id, message)
        if outcome is Outcome.DEAD_LETTER:
            self.move_to_dead_letter(message, now_s, reason, description)
        elif outcome is Outcome.DEFER:
            message.locked_until_s = locked_until_s  # a peek shows it (SDK test CreateFromReceivedMessage…)
            if message.state is MessageState.ACTIVE:
                message.state = MessageState.DEFERRED
                self.deferred_count += 1
            self.namespace.journal.message_changed(self.store_id, message)
        else:
            self.give_back(message, now_s, counted=outcome is Outcome.ABANDON)

    def give_back(self, message: Message, now_s: float, counted: bool) -> None:
        """An unlocked message returns to its place; a failed delivery too many dead-letters it.

        In a dead-letter queue the count stays (Azure/azure-sdk-for-net issue 53437).
        """
        if counted and not self.is_sub_queue:
            message.delivery_count += 1
            if message.delivery_count >= self.description.max_delivery_count:
                self.move_to_dead_letter(
                    message,
                    now_s,
                    dead.MAX_DELIVERY_COUNT_EXCEEDED,
                    f"Message could not be consumed after {message.delivery_count} delivery attempts.",
                )
                return
        if message.state is MessageState.ACTIVE:
            if message.expires_s is not None and message.expires_s <= now_s:
                self.expire(message, now_s)
                return
            if self.forward_to is not None:  # it was locked when forwarding was switched on
                self.remove(message)
                self._forward_message(message, now_s)
                return
            if self.sessions is None:
                self.line.put_back(message)
            else:
                self.sessions.put_back(message)
        self.namespace.journal.message_changed(self.store_id, message)

    def move_to_dead_letter(
        self, message: Message, now_s: float, reason: str | None, description: str | None
    ) -> None:
        self.remove(message)
        dead.bury(
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
            self.move_to_dead_letter(message, now_s, *dead.TTL_EXPIRED)
        else:
            self.remove(message)

    def leave_line(self, message: Message) -> None:
        """Say that a waiting message was removed."""
        if self.sessions is None:
            self.line.left()
        else:
            self.sessions.left(message)

    # -- receivers and timers
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
        maximum = self.namespace.limits.max_receivers_per_entity
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
        session = receiver.session
        # Without sessions a lock outlives its receiver until it expires (the SDK's test_queue_send_dict_messages
        # closes a receiver with six locked messages, and the next one gets only what is new).
        if session is not None:
            for message in sorted(receiver.held.values(), key=lambda held: held.sequence_number):
                if message.transaction is None:
                    self.unlock(message)
                    self.give_back(message, now_s, counted=False)
        if session is not None and self.sessions is not None and session.holder is receiver:
            self.sessions.release(session)
        self.serve(now_s)

    def end_receivers(self, error: BrokerError, now_s: float) -> None:
        """Close every receiver and held attach because the entity does not serve any more."""
        for receiver in list(self.receivers):
            receiver.close(now_s)
            self.namespace.events.append(ReceiverEnded(receiver, error))
        if self.sessions is not None:
            self.sessions.end_waits(error)

    def resume_lock(self, message: Message, now_s: float) -> None:
        """A transaction let go of a locked message: its lock goes on, or ends if it would have ended meanwhile."""
        holder = message.holder
        in_session = self.sessions is not None
        if (in_session and holder is not None and holder.session_lost) or (
            not in_session and message.locked_until_s <= now_s
        ):
            self.unlock(message)
            self.give_back(message, now_s, counted=True)
        elif in_session and holder is not None and holder.closed:
            self.unlock(message)
            self.give_back(message, now_s, counted=False)
        elif not in_session:
            self.add_timer(message.locked_until_s, MESSAGE_LOCK, message.sequence_number)

    def timer_matters(self, due_s: float, kind: int, key: int | str) -> bool:
        if kind == MESSAGE_LOCK:
            message = self.messages.get(cast(int, key))
            return message is not None and message.lock_token is not None and message.locked_until_s == due_s
        if kind == TIME_TO_LIVE:
            message = self.messages.get(cast(int, key))
            return message is not None and message.state is MessageState.ACTIVE
        if kind in (SESSION_LOCK, SESSION_WAIT):
            return self.sessions is not None and self.sessions.timer_matters(due_s, kind, key)
        return super().timer_matters(due_s, kind, key)

    def run_timer(self, due_s: float, kind: int, key: int | str) -> None:
        if kind == MESSAGE_LOCK:
            message = self.messages.get(cast(int, key))
            if (
                message is not None
                and message.lock_token is not None
                and message.locked_until_s == due_s
                and message.transaction is None
            ):
                self.unlock(message)
                self.give_back(message, due_s, counted=True)
                self.serve(due_s)
        elif kind == TIME_TO_LIVE:
            message = self.messages.get(cast(int, key))
            if message is not None and message.lock_token is None and message.state is MessageState.ACTIVE:
                self.expire(message, due_s)
                self.leave_line(message)
        elif kind in (SESSION_LOCK, SESSION_WAIT):
            if self.sessions is not None:
                self.sessions.run_timer(due_s, kind, key)
        else:
            super().run_timer(due_s, kind, key)

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
        for sub_queue in (self.dead_letter, self.transfer_dead_letter):
            if sub_queue is not None:
                sub_queue.description = queue_like
        if not description.status.can_receive:
            self.end_receivers(EntityDisabled(f"'{self.path}' was set to {description.status.value}."), now_s)
