"""Which waiting message goes to which receiver: what both dispatchers offer, and the one of a queue without sessions.

The other one is `session.SessionTable`. A queue gets one of the two when it is created.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Protocol, cast

from servicebus_emulator.broker.message import Message
from servicebus_emulator.broker.timers import MESSAGE_LOCK
from servicebus_emulator.broker.waiting import WaitingMessages

if TYPE_CHECKING:
    from servicebus_emulator.broker.errors import BrokerError
    from servicebus_emulator.broker.queue import Queue
    from servicebus_emulator.broker.receiver import Receiver


class Dispatch(Protocol):
    """The waiting messages of a queue and the credit of its receivers."""

    def append(self, message: Message) -> None:
        """A new message waits, behind all others."""

    def put_back(self, message: Message) -> None:
        """A message waits (again) at the place of its sequence number."""

    def left(self, message: Message) -> None:
        """A waiting message was removed from the queue."""

    def grant(self, receiver: Receiver, count: int, now_s: float) -> None:
        """A receiver takes `count` messages more."""

    def withdraw(self, receiver: Receiver) -> None:
        """Forget the credit of a receiver."""

    def serve(self, now_s: float) -> None:
        """Deliver what can be delivered."""

    def watch_lock(self, message: Message) -> None:
        """A message was locked until its `locked_until_s`."""

    def resume_lock(self, message: Message, now_s: float) -> None:
        """A transaction that had settled a locked message was rolled back: the lock goes on, or has ended meanwhile."""

    def receiver_closed(self, receiver: Receiver, now_s: float) -> None: ...

    def end_waits(self, error: BrokerError) -> None:
        """Refuse everybody who waits for a receiver."""


class PlainDispatch:
    """Without sessions: credits are served in the order in which they were given."""

    __slots__ = ("_grants", "_queue", "waiting")

    def __init__(self, queue: Queue) -> None:
        self._queue = queue
        self.waiting = WaitingMessages()
        self._grants: deque[list[object]] = deque()  # [receiver, credits] in arrival order

    def append(self, message: Message) -> None:
        self.waiting.append(message)

    def put_back(self, message: Message) -> None:
        self.waiting.put_back(message)

    def left(self, message: Message) -> None:
        self.waiting.left()

    def grant(self, receiver: Receiver, count: int, now_s: float) -> None:
        grants = self._grants
        if grants and grants[-1][0] is receiver:
            grants[-1][1] = cast(int, grants[-1][1]) + count
        else:
            grants.append([receiver, count])

    def withdraw(self, receiver: Receiver) -> None:
        if self._grants:
            self._grants = deque(grant for grant in self._grants if grant[0] is not receiver)

    def serve(self, now_s: float) -> None:
        waiting, grants, queue = self.waiting, self._grants, self._queue
        while grants and waiting.count:
            grant = grants[0]
            receiver = cast("Receiver", grant[0])
            left = cast(int, grant[1]) - 1
            if left:
                grant[1] = left
            else:
                grants.popleft()
            message = waiting.take()
            if message is not None:
                queue.deliver(message, receiver, now_s + queue.description.lock_duration_s)

    def watch_lock(self, message: Message) -> None:
        self._queue.timers.add(message.locked_until_s, MESSAGE_LOCK, message.sequence_number)

    def resume_lock(self, message: Message, now_s: float) -> None:
        if message.locked_until_s <= now_s:
            self._queue.locks.end(message, now_s, counted=True)
        else:
            self.watch_lock(message)

    def receiver_closed(self, receiver: Receiver, now_s: float) -> None:
        """A lock outlives its receiver until it expires: the SDK's test_queue_send_dict_messages closes a receiver
        with six locked messages, and the next one gets only what is new."""

    def end_waits(self, error: BrokerError) -> None:
        """A receiver without a session is opened at once."""
