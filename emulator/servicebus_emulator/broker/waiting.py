"""The waiting line of a queue or session: unlocked active messages in sequence-number order."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from heapq import heapify, heappop, heappush, merge

from servicebus_emulator.broker.message import Message


class WaitingMessages:
    """Messages ready to be delivered, lowest sequence number first.

    New messages always carry the highest number, so they are appended in O(1); returned ones (abandoned, released,
    lock expired) wait in a small heap and go before younger ones. A message that left the queue while it waited
    is skipped at its turn; `count` has only those present.
    """

    __slots__ = ("_fresh", "_returned", "count")

    def __init__(self) -> None:
        self._fresh: deque[Message] = deque()
        self._returned: list[tuple[int, Message]] = []
        self.count = 0

    def append(self, message: Message) -> None:
        """Add a message whose sequence number is higher than all before."""
        self._fresh.append(message)
        self.count += 1

    def put_back(self, message: Message) -> None:
        """Return a message to the place its sequence number gives it."""
        heappush(self._returned, (message.sequence_number, message))
        self.count += 1

    def take(self) -> Message | None:
        """Remove and return the first message, None when nobody waits."""
        fresh, returned = self._fresh, self._returned
        while self.count:
            if returned and (not fresh or returned[0][0] < fresh[0].sequence_number):
                message = heappop(returned)[1]
            else:
                message = fresh.popleft()
            if message.present:
                self.count -= 1
                return message
        fresh.clear()
        returned.clear()
        return None

    def left(self) -> None:
        """Say that a waiting message left the queue (its `present` is already False)."""
        self.count -= 1
        if len(self._fresh) + len(self._returned) > 2 * self.count + 64:
            self._fresh = deque(message for message in self._fresh if message.present)
            self._returned = [entry for entry in self._returned if entry[1].present]
            heapify(self._returned)

    def __iter__(self) -> Iterator[Message]:
        """All waiting messages in order, without taking them."""
        returned = (message for _, message in sorted(self._returned, key=lambda entry: entry[0]))
        for message in merge(self._fresh, returned, key=lambda message: message.sequence_number):
            if message.present:
                yield message
