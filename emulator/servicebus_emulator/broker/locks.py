"""The locks of a queue's messages, and the settling of a locked message: every outcome, wherever it came from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from servicebus_emulator.broker.dead_letter import MAX_DELIVERY_COUNT_EXCEEDED
from servicebus_emulator.broker.errors import BrokerError, MessageLockLost, NotAllowed, SessionLockLost
from servicebus_emulator.broker.message import Message, MessageState, Outcome

if TYPE_CHECKING:
    from servicebus_emulator.broker.queue import Queue
    from servicebus_emulator.broker.receiver import Receiver

# The service's own sentence, which programs look for.
SESSION_LOCK_LOST = (
    "The session lock has expired on the MessageSession. Accept a new MessageSession. The entity is '{}'; messages that "
    "were not settled are delivered again."
)


class LockTable:
    """The locked messages of one queue by lock token.

    A receiver settles what it holds by `complete` and `settle` of `Receiver`, a client without one by `Queue.settle`,
    a transaction at its commit. All of them end in `settle` here, or in `complete`, its short form.
    """

    __slots__ = ("_by_token", "_queue")

    def __init__(self, queue: Queue) -> None:
        self._queue = queue
        self._by_token: dict[bytes, Message] = {}

    def __len__(self) -> int:
        return len(self._by_token)

    def get(self, lock_token: bytes) -> Message | None:
        """The message under a lock, None when the lock has ended or never was."""
        return self._by_token.get(lock_token)

    # -- locking
    def lock(self, message: Message, receiver: Receiver | None, until_s: float) -> None:
        """Lock a message for a receiver, or for whoever has the token."""
        queue = self._queue
        context = queue.context
        token = context.new_token()
        message.lock_token = token
        message.locked_until_s = until_s
        message.holder = receiver
        self._by_token[token] = message
        if receiver is not None:
            receiver.held[token] = message
        queue.dispatch.watch_lock(message)
        context.journal.message_changed(queue.store_id, message)

    def unlock(self, message: Message) -> None:
        """Forget a message's lock; the caller decides where the message goes."""
        token = message.lock_token
        assert token is not None  # noqa: S101 - only locked messages come here
        del self._by_token[token]
        if message.holder is not None:
            del message.holder.held[token]
            message.holder = None
        message.lock_token = None
        message.locked_until_s = 0.0

    def renew(self, lock_tokens: Sequence[bytes], until_s: float) -> None:
        """All locks end at `until_s`. Raises MessageLockLost (then none is renewed)."""
        found = []
        for token in lock_tokens:
            message = self._by_token.get(token)
            if message is None:
                raise self.lost(token)
            found.append(message)
        for message in found:
            message.locked_until_s = until_s
            self._queue.dispatch.watch_lock(message)

    def lost(self, lock_token: bytes, *, session_held: bool = False) -> BrokerError:
        """The error for a token that holds no lock here. `session_held`: the caller still holds the session."""
        queue = self._queue
        if queue.sessions is not None and not session_held:
            return SessionLockLost(SESSION_LOCK_LOST.format(queue.path))
        return MessageLockLost(
            "The lock supplied is invalid. Either the lock expired, or the message has already been removed from the "
            f"queue, or was received by a different receiver instance. It is {lock_token.hex()} on '{queue.path}'; a "
            "message that was not settled is delivered again."
        )

    # -- the end of a lock
    def check_outcome(self, outcome: Outcome) -> None:
        """Raise NotAllowed for dead-lettering from a dead-letter queue."""
        if outcome is Outcome.DEAD_LETTER and self._queue.is_sub_queue:
            raise NotAllowed(
                f"'{self._queue.path}' is a dead-letter queue already: complete the message or leave it there."
            )

    def complete(self, message: Message, lock_token: bytes, receiver: Receiver) -> None:
        """Remove a message that its receiver has completed; what `settle` does, in the hot path."""
        del receiver.held[lock_token]
        del self._by_token[lock_token]
        self._queue.remove(message)

    def settle(
        self,
        message: Message,
        outcome: Outcome,
        now_s: float,
        reason: str | None = None,
        description: str | None = None,
        properties: Mapping[str, object] | None = None,
    ) -> None:
        """Apply an outcome to a locked message. It cannot fail, because everything was checked before."""
        queue = self._queue
        journal = queue.context.journal
        locked_until_s = message.locked_until_s
        self.unlock(message)
        if outcome is Outcome.COMPLETE:
            queue.remove(message)
            return
        if properties and outcome is not Outcome.RELEASE:
            before_bytes = message.content.size_bytes
            merged = {**message.content.application_properties(), **properties}
            message.content = message.content.with_application_properties(merged)
            queue.stored_bytes += message.content.size_bytes - before_bytes
            journal.message_rewritten(queue.store_id, message)
        if outcome is Outcome.DEAD_LETTER:
            queue.move_to_dead_letter(message, now_s, reason, description)
        elif outcome is Outcome.DEFER:
            message.locked_until_s = locked_until_s  # a peek shows it (SDK test CreateFromReceivedMessage…)
            if message.state is MessageState.ACTIVE:
                message.state = MessageState.DEFERRED
                queue.deferred_count += 1
            journal.message_changed(queue.store_id, message)
        else:
            self.give_back(message, now_s, counted=outcome is Outcome.ABANDON)

    def end(self, message: Message, now_s: float, *, counted: bool) -> None:
        """A lock has ended without a settlement: the message returns, its delivery count one higher if `counted`."""
        self.unlock(message)
        self.give_back(message, now_s, counted=counted)

    def give_back(self, message: Message, now_s: float, *, counted: bool) -> None:
        """An unlocked message returns to its place; a failed delivery too many dead-letters it.

        In a dead-letter queue the count stays (Azure/azure-sdk-for-net issue 53437).
        """
        queue = self._queue
        if counted and not queue.is_sub_queue:
            message.delivery_count += 1
            if message.delivery_count >= queue.description.max_delivery_count:
                queue.move_to_dead_letter(
                    message,
                    now_s,
                    MAX_DELIVERY_COUNT_EXCEEDED,
                    f"Message could not be consumed after {message.delivery_count} delivery attempts.",
                )
                return
        if message.state is MessageState.ACTIVE:
            if message.expires_s is not None and message.expires_s <= now_s:
                queue.expire(message, now_s)
                return
            if queue.forward_to is not None:  # it was locked when forwarding was switched on
                queue.remove(message)
                queue.forward_message(message, now_s)
                return
            queue.dispatch.put_back(message)
        queue.context.journal.message_changed(queue.store_id, message)

    # -- timers
    def timer_matters(self, due_s: float, message: Message | None) -> bool:
        """Whether the lock that a timer was set for still runs."""
        return message is not None and message.lock_token is not None and message.locked_until_s == due_s

    def run_timer(self, due_s: float, message: Message | None) -> None:
        """The lock of a message has expired, unless it was settled, renewed or is part of a transaction."""
        if message is not None and self.timer_matters(due_s, message) and message.transaction is None:
            self.end(message, due_s, counted=True)
            self._queue.serve(due_s)
