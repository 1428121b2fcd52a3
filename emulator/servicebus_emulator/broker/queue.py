"""A queue of messages: a queue entity, a subscription, or the sub-queue of one, with all that clients ask of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from servicebus_emulator.broker import dead_letter as dead
from servicebus_emulator.broker.entity import MESSAGE_LOCK, Entity
from servicebus_emulator.broker.errors import (
    ArgumentOutOfRange,
    MessageNotFound,
    MessageSizeExceeded,
    NotAllowed,
    SessionCannotBeLocked,
    SessionLockLost,
)
from servicebus_emulator.broker.message import Message, MessageState, Outcome, ReceiveMode
from servicebus_emulator.broker.queue_core import SESSION_LOCK_LOST, QueueCore
from servicebus_emulator.broker.receiver import Receiver
from servicebus_emulator.broker.session import Session, SessionTable, SessionWait
from servicebus_emulator.broker.transaction import Transaction


class Queue(QueueCore):
    """Holds messages and serves receivers. `dead_letter` and `transfer_dead_letter` are Queues (None on those).

    `path` is as created: `name`, `topic/Subscriptions/name`, with `/$DeadLetterQueue` or
    `/$Transfer/$DeadLetterQueue` for sub-queues. `entity_path` is the path without the sub-queue part.
    Sending (`send`, `schedule`, `cancel_scheduled`) is described in `Entity`.
    """

    __slots__ = ()

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

        With `receiver` the locks end with it and it may settle them itself. An expired one is dead-lettered now, as
        the cloud does when a client asks for it (message-deferral).
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
                self.lock(message, receiver, until_s)
            else:
                self.remove(message)
        return found

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
        self.check_outcome(outcome)
        session = None if self.sessions is None else self.sessions.sessions.get(session_id or "")
        session_held = session is not None and session.holder is not None
        found: dict[bytes, Message] = {}
        for token in lock_tokens:
            message = self.locks.get(token)
            if message is None or message.transaction is not None:
                raise self.lock_lost(token, session_held=session_held)
            if session_id is not None and message.session_id != session_id:
                raise self.lock_lost(token, session_held=session_held)
            found[token] = message
        if transaction is not None:
            transaction.settle(self, list(found.values()), outcome, now_s, reason, description, properties)
            return
        for message in found.values():
            self.settle_message(message, outcome, now_s, reason, description, properties)
        self.serve(now_s)

    def renew_locks(self, lock_tokens: Sequence[bytes], now_s: float) -> list[float]:
        """New ends of the locks, now + lock duration. Raises MessageLockLost (then none is renewed), NotAllowed."""
        self.begin(now_s)
        if self.sessions is not None:
            raise NotAllowed(f"'{self.path}' has sessions: renew the session's lock, it covers its messages.")
        found = []
        for token in lock_tokens:
            message = self.locks.get(token)
            if message is None:
                raise self.lock_lost(token)
            found.append(message)
        until_s = now_s + self.description.lock_duration_s
        for message in found:
            message.locked_until_s = until_s
            self.add_timer(until_s, MESSAGE_LOCK, message.sequence_number)
        return [until_s] * len(found)

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
        maximum = self.namespace.limits.max_message_bytes
        if state is not None and maximum is not None and len(state) > maximum:
            raise MessageSizeExceeded(
                f"The session state has {len(state)} bytes; at most {maximum} are allowed."
            )
        session = self._held_session(session_id, receiver)
        state = state or None
        session.state = state
        session.state_updated_s = now_s
        self.namespace.journal.session_changed(self.store_id, session_id, state, now_s)

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
        maximum = self.namespace.limits.max_batch_delete
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
            self.leave_line(message)
        return len(found)

    def purge(self, now_s: float) -> int:
        """Remove every message, whatever its state (the page's reset); locks are lost. Returns how many."""
        self.begin(now_s)
        found = list(self.messages.values())
        for message in found:
            waiting = message.state is MessageState.ACTIVE and message.lock_token is None
            if message.lock_token is not None:
                self.unlock(message)
            self.remove(message)
            if waiting:
                self.leave_line(message)
        return len(found)

    def resubmit(self, sequence_number: int, now_s: float) -> int:
        """Move a dead-lettered message back to its entity's main queue; returns its new sequence number there.

        The page's button: a copy without the dead-letter properties arrives anew (no duplicate check, delivery
        count 0) and the dead one is removed, atomically.
        Raises MessageNotFound, NotAllowed (not a dead-letter queue, or the entity takes no messages).
        """
        self.begin(now_s)
        main = self.namespace.find(self.entity_path.lower())
        if not self.is_sub_queue or not isinstance(main, QueueCore):
            raise NotAllowed(f"'{self.path}' is not the dead-letter queue of a queue or subscription.")
        message = self.messages.get(sequence_number)
        if message is None or message.lock_token is not None:
            raise MessageNotFound(
                f"'{self.path}' has no unlocked message with sequence number {sequence_number}."
            )
        content = dead.without_reason(message.content)
        Entity.check_send(main, (content,))
        self.remove(message)
        self.leave_line(message)
        number = main.next_sequence_number()
        main.arrive(content, number, now_s, 0, message.enqueued_sequence_number, None)
        main.serve(now_s)
        return number
