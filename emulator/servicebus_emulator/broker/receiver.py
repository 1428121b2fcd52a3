"""A receiver: what a receiving link is to the broker."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from servicebus_emulator.broker.message import Message, Outcome, ReceiveMode

if TYPE_CHECKING:
    from servicebus_emulator.broker.queue import Queue
    from servicebus_emulator.broker.session import Session
    from servicebus_emulator.broker.transaction import Transaction


class Receiver:
    """One reader of a queue, subscription, sub-queue or session; opened with `Queue.open_receiver`.

    Credits of all receivers of a queue are served in arrival order (AMQP protocol guide, "Flow"). Deliveries
    are fetched with `Namespace.pop_deliveries()`; the gateway may hang its own link on `link`. `held` are its locked
    messages by lock token. `session_lost` is True once the lock of its session expired.
    """

    __slots__ = ("closed", "credit", "held", "link", "mode", "name", "queue", "session", "session_lost")

    def __init__(
        self, queue: Queue, mode: ReceiveMode, name: str, session: Session | None, link: object
    ) -> None:
        self.queue = queue
        self.mode = mode
        self.name = name
        self.session = session
        self.link = link
        self.held: dict[bytes, Message] = {}
        self.credit = 0  # messages it may still be sent
        self.closed = False
        self.session_lost = False

    def add_credit(self, count: int, now_s: float) -> None:
        """Ask for `count` more messages; those available are delivered at once."""
        if self.closed or self.session_lost or count <= 0:
            return
        queue = self.queue
        queue.begin(now_s)
        self.credit += count
        queue.grant(self, count, now_s)

    def set_credit(self, count: int, now_s: float) -> None:
        """Make the outstanding credit exactly `count` (an AMQP flow may also take credit back)."""
        if count >= self.credit:
            self.add_credit(count - self.credit, now_s)
        else:
            self.drain()
            self.add_credit(count, now_s)

    def drain(self) -> int:
        """Give up the outstanding credit; returns how much it was. All that is available was delivered before."""
        unused, self.credit = self.credit, 0
        if unused:
            self.queue.dispatch.withdraw(self)
        return unused

    def complete(self, lock_token: bytes, now_s: float, transaction: Transaction | None = None) -> None:
        """Remove the message. Raises MessageLockLost, SessionLockLost."""
        queue = self.queue
        if now_s >= queue.context.timetable.due_s:
            queue.context.advance(now_s)
        message = self.held.get(lock_token)
        if message is None or message.transaction is not None:
            raise queue.locks.lost(lock_token, session_held=not (self.session_lost or self.closed))
        queue.accessed_s = now_s
        if transaction is not None:
            transaction.settle(queue, (message,), Outcome.COMPLETE, now_s)
            return
        queue.locks.complete(message, lock_token, self)

    def settle(
        self,
        outcome: Outcome,
        lock_token: bytes,
        now_s: float,
        *,
        reason: str | None = None,
        description: str | None = None,
        properties: Mapping[str, object] | None = None,
        transaction: Transaction | None = None,
    ) -> None:
        """Complete, abandon, defer, dead-letter or release a message this receiver holds.

        `properties` are merged into the application properties (not for COMPLETE, RELEASE); `reason` and
        `description` go with DEAD_LETTER. In a transaction it takes effect at commit.
        Raises MessageLockLost, SessionLockLost, NotAllowed (dead-lettering from a dead-letter queue).
        """
        queue = self.queue
        queue.begin(now_s)
        message = self.held.get(lock_token)
        if message is None or message.transaction is not None:
            raise queue.locks.lost(lock_token, session_held=not (self.session_lost or self.closed))
        queue.locks.check_outcome(outcome)
        if transaction is not None:
            transaction.settle(queue, (message,), outcome, now_s, reason, description, properties)
            return
        queue.locks.settle(message, outcome, now_s, reason, description, properties)
        queue.serve(now_s)

    def suspend(self, now_s: float) -> None:
        """Take nothing more but keep the locks: until they expire, `Queue.settle` may settle them by token."""
        if not self.closed:
            self.queue.suspend_receiver(self, now_s)

    def close(self, now_s: float) -> None:
        """Give back credit and session. Idempotent.

        In a session its messages are free at once, their delivery count unchanged (message-sessions, "delivery
        count"). Elsewhere the locks go on until they expire, so that they may still be settled by token; a
        client that frees them releases the messages first, as the SDKs do with prefetched ones.
        """
        if not self.closed:
            self.closed = True
            self.queue.close_receiver(self, now_s)
