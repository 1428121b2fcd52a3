"""Sessions: the messages of one session id, their common lock and their state (message-sessions)."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, cast

from servicebus_emulator.broker.errors import BrokerError, ServiceTimeout
from servicebus_emulator.broker.events import SessionGranted, SessionLost, SessionWaitEnded
from servicebus_emulator.broker.message import Message, ReceiveMode
from servicebus_emulator.broker.receiver import Receiver
from servicebus_emulator.broker.timers import SESSION_LOCK, SESSION_WAIT
from servicebus_emulator.broker.waiting import WaitingMessages

if TYPE_CHECKING:
    from servicebus_emulator.broker.queue import Queue


class Session:
    """One session of a session entity. `locked_until_s` is 0.0 when nobody holds it.

    `lock_token` (16 bytes) is that of a lock which whoever has the token may take over; None for an exclusive lock.
    """

    __slots__ = (
        "holder",
        "lock_token",
        "locked_until_s",
        "session_id",
        "state",
        "state_updated_s",
        "waiting",
    )

    def __init__(self, session_id: str) -> None:
        self.session_id = session_id
        self.waiting = WaitingMessages()
        self.state: bytes | None = None
        self.state_updated_s = 0.0
        self.holder: Receiver | None = None
        self.locked_until_s = 0.0
        self.lock_token: bytes | None = None


class SessionWait:
    """A held attach: someone waits for the next available session until `deadline_s`."""

    __slots__ = ("deadline_s", "ended", "exclusive", "link", "mode", "name", "queue")

    def __init__(
        self, queue: Queue, mode: ReceiveMode, deadline_s: float, name: str, link: object, exclusive: bool
    ) -> None:
        self.queue = queue
        self.exclusive = exclusive
        self.mode = mode
        self.deadline_s = deadline_s
        self.name = name
        self.link = link
        self.ended = False

    def cancel(self) -> None:
        """Give up waiting (the client went away); no event follows."""
        self.ended = True


class SessionTable:
    """The dispatcher of an entity with sessions: their messages, who holds them, which are free, who waits for one."""

    __slots__ = ("_queue", "_ready", "_touched", "_wait_count", "_waits", "sessions")

    def __init__(self, queue: Queue) -> None:
        self._queue = queue
        self.sessions: dict[str, Session] = {}
        # Unlocked sessions with waiting messages, in the order in which they became so.
        self._ready: OrderedDict[str, Session] = OrderedDict()
        self._touched: dict[Session, None] = {}  # to be looked at by the next serve
        self._waits: dict[int, SessionWait] = {}
        self._wait_count = 0

    # -- messages
    def session(self, session_id: str) -> Session:
        """The session of an id, made when it is first mentioned."""
        session = self.sessions.get(session_id)
        if session is None:
            session = self.sessions[session_id] = Session(session_id)
        return session

    def append(self, message: Message) -> None:
        session = self.session(cast(str, message.session_id))
        session.waiting.append(message)
        self._touched[session] = None

    def put_back(self, message: Message) -> None:
        session = self.session(cast(str, message.session_id))
        session.waiting.put_back(message)
        self._touched[session] = None

    def left(self, message: Message) -> None:
        session = self.session(cast(str, message.session_id))
        session.waiting.left()
        self._forget_if_empty(session)

    # -- credit
    def grant(self, receiver: Receiver, count: int, now_s: float) -> None:
        if receiver.session is not None:
            self._touched[receiver.session] = None

    def withdraw(self, receiver: Receiver) -> None:
        """Each session has one receiver, whose own `credit` is all there is."""

    def _forget_if_empty(self, session: Session) -> None:
        if self.sessions.get(session.session_id) is not session:
            return  # forgotten before; the id may have a new session by now
        if session.waiting.count == 0:
            self._ready.pop(session.session_id, None)
            if session.holder is None and session.state is None:
                self.sessions.pop(session.session_id, None)

    # -- locks
    def watch_lock(self, message: Message) -> None:
        """The lock of the session covers its messages."""

    def resume_lock(self, message: Message, now_s: float) -> None:
        holder = message.holder
        if holder is not None and (holder.session_lost or holder.closed):
            self._queue.locks.end(message, now_s, counted=holder.session_lost)

    def receiver_closed(self, receiver: Receiver, now_s: float) -> None:
        """Its messages are free at once, their delivery count unchanged, and so is its session."""
        session = receiver.session
        if session is None:
            return
        self._end_locks(receiver, now_s, counted=False)
        if session.holder is receiver:
            self.release(session)

    def _end_locks(self, receiver: Receiver, now_s: float, *, counted: bool) -> None:
        for message in sorted(receiver.held.values(), key=lambda held: held.sequence_number):
            if message.transaction is None:
                self._queue.locks.end(message, now_s, counted=counted)

    def next_ready(self) -> Session | None:
        """The free session with messages that has waited longest."""
        self._sort_out_touched()
        while self._ready:
            _, session = self._ready.popitem(last=False)
            if session.holder is None and session.waiting.count:
                return session
        return None

    def open(
        self, session: Session, mode: ReceiveMode, now_s: float, name: str, link: object, exclusive: bool
    ) -> Receiver:
        queue = self._queue
        receiver = Receiver(queue, mode, name, session, link)
        queue.receivers[receiver] = None
        self.sessions[session.session_id] = session
        self._ready.pop(session.session_id, None)
        session.holder = receiver
        session.lock_token = None if exclusive else queue.context.new_token()
        session.locked_until_s = now_s + queue.description.lock_duration_s
        queue.timers.add(session.locked_until_s, SESSION_LOCK, session.session_id)
        return receiver

    def take_over(
        self, session: Session, mode: ReceiveMode, now_s: float, name: str, link: object
    ) -> Receiver:
        """Hand a held session to a new receiver with all that was delivered to the holder, who loses it (SessionLost).

        The token stays, the lock begins again.
        """
        queue, before = self._queue, session.holder
        assert before is not None  # noqa: S101 - the caller looked
        receiver = Receiver(queue, mode, name, session, link)
        queue.receivers[receiver] = None
        receiver.held, before.held = before.held, {}
        for message in receiver.held.values():
            message.holder = receiver
        session.holder = receiver
        self.renew(session, now_s)
        self._lose(before)
        return receiver

    def _lose(self, holder: Receiver) -> None:
        holder.session_lost = True
        holder.credit = 0
        self._queue.context.events.append(SessionLost(holder))

    def renew(self, session: Session, now_s: float) -> float:
        until_s = session.locked_until_s = now_s + self._queue.description.lock_duration_s
        self._queue.timers.add(until_s, SESSION_LOCK, session.session_id)
        if session.holder is not None:
            for message in session.holder.held.values():
                message.locked_until_s = until_s
        return until_s

    def release(self, session: Session) -> None:
        """The holder let go; whoever waits gets it at the next serve."""
        session.holder = None
        session.lock_token = None
        session.locked_until_s = 0.0
        self._touched[session] = None

    def expire(self, session: Session, due_s: float) -> None:
        """The session's lock ran out: every message delivered under it counts as failed once."""
        queue, holder = self._queue, session.holder
        if holder is None:
            return
        self._lose(holder)
        self.release(session)
        self._end_locks(holder, due_s, counted=True)
        queue.serve(due_s)

    # -- waiting for a session
    def wait(
        self, mode: ReceiveMode, deadline_s: float, name: str, link: object, exclusive: bool
    ) -> SessionWait:
        self._wait_count += 1
        wait = SessionWait(self._queue, mode, deadline_s, name, link, exclusive)
        self._waits[self._wait_count] = wait
        self._queue.timers.add(deadline_s, SESSION_WAIT, self._wait_count)
        return wait

    def end_waits(self, error: BrokerError) -> None:
        for wait in self._waits.values():
            if not wait.ended:
                wait.ended = True
                self._queue.context.events.append(SessionWaitEnded(wait, error))
        self._waits.clear()

    def timer_matters(self, due_s: float, kind: int, key: int | str) -> bool:
        if kind == SESSION_LOCK:
            session = self.sessions.get(cast(str, key))
            return session is not None and session.holder is not None and session.locked_until_s == due_s
        wait = self._waits.get(cast(int, key))
        return wait is not None and not wait.ended

    def run_timer(self, due_s: float, kind: int, key: int | str) -> None:
        if kind == SESSION_LOCK:
            session = self.sessions.get(cast(str, key))
            if session is not None and session.locked_until_s == due_s:
                self.expire(session, due_s)
            return
        wait = self._waits.pop(cast(int, key), None)
        if wait is not None and not wait.ended:
            wait.ended = True
            error = ServiceTimeout(
                f"No session of '{self._queue.path}' became available within the time asked for: "
                "all are locked or have no messages."
            )
            self._queue.context.events.append(SessionWaitEnded(wait, error))

    # -- serving
    def serve(self, now_s: float) -> None:
        """Deliver to the holders of touched sessions, then give free sessions to those who wait, first come first."""
        while self._touched:
            self._sort_out_touched()
            if not self._waits:
                return
            waits, context = self._waits, self._queue.context
            for number in list(waits):
                wait = waits[number]
                if wait.ended:
                    del waits[number]
                    continue
                session = self.next_ready()
                if session is None:
                    break
                del waits[number]
                wait.ended = True
                receiver = self.open(session, wait.mode, now_s, wait.name, wait.link, wait.exclusive)
                context.events.append(SessionGranted(wait, receiver))

    def _sort_out_touched(self) -> None:
        touched, self._touched = self._touched, {}
        for session in touched:
            holder = session.holder
            if holder is None:
                if session.waiting.count:
                    self._ready.setdefault(session.session_id, session)
                self._forget_if_empty(session)
                continue
            while holder.credit > 0 and session.waiting.count:
                message = session.waiting.take()
                if message is not None:
                    self._queue.deliver(message, holder, session.locked_until_s)

    def ids(self, updated_after_s: float | None) -> list[str]:
        """In id order: sessions with active messages or a state (None), or whose state was set after the time."""
        if updated_after_s is None:
            return sorted(
                session.session_id
                for session in self.sessions.values()
                if session.waiting.count
                or session.state is not None
                or (session.holder is not None and session.holder.held)
            )
        return sorted(
            session.session_id
            for session in self.sessions.values()
            if session.state is not None and session.state_updated_s > updated_after_s
        )
