"""One message, and the queue that messages wait in."""

from collections import deque
from collections.abc import Iterator


class Message:
    """One attempt to have something done: made by the producer, ended exactly once.

    Times in seconds since the start of the run. `born_s` is when its caller first asked; an attempt that a caller
    makes again has the same `born_s` and an `attempt` one higher.
    """

    __slots__ = (
        "abandoned",
        "answered",
        "attempt",
        "born_s",
        "created_s",
        "deliveries",
        "entered_s",
        "kind",
        "number",
        "partition",
        "poison",
        "ready_s",
        "work_s",
    )

    def __init__(self, number: int, now: float, born_s: float, attempt: int, work_s: float) -> None:
        self.number = number
        self.created_s = now
        self.born_s = born_s
        self.attempt = attempt
        self.work_s = work_s
        self.entered_s = now  # when the broker took it
        self.ready_s = now  # when it is at the consumer
        self.kind = 0  # its class: 0 is the most important
        self.partition = 0
        self.poison = False
        self.deliveries = 0  # deliveries that failed
        self.abandoned = False  # its caller waits no longer
        self.answered = False  # its caller knows how it ended


class MessageQueue:
    """Messages that wait: a line for each class, all lines in the order in which the messages entered."""

    __slots__ = ("by_priority", "count", "lines")

    def __init__(self, kinds: int, by_priority: bool) -> None:
        self.lines: list[deque[Message]] = [deque() for _ in range(kinds)]
        self.by_priority = by_priority
        self.count = 0

    def put(self, message: Message) -> None:
        """To the tail."""
        self.lines[message.kind].append(message)
        self.count += 1

    def put_back(self, message: Message) -> None:
        """To the head, where it came from."""
        self.lines[message.kind].appendleft(message)
        self.count += 1

    def _next_line(self) -> deque[Message]:
        """The line whose head goes first: the most important one, or (fifo) the one whose head entered first
        (a tie: the more important)."""
        lines = self.lines
        if len(lines) == 1:
            return lines[0]
        if self.by_priority:
            return next(line for line in lines if line)
        return min((line for line in lines if line), key=_entered)

    def take(self) -> Message:
        """The message that goes first; the queue must not be empty."""
        self.count -= 1
        return self._next_line().popleft()

    def take_oldest(self) -> Message:
        """The message that entered first, whatever its class (a tie: the more important one)."""
        self.count -= 1
        return min((line for line in self.lines if line), key=_entered).popleft()

    def take_newest_of(self, kind: int) -> Message:
        """The last message of a class."""
        self.count -= 1
        return self.lines[kind].pop()

    def lowest(self) -> int:
        """The least important class that waits here; -1 when nothing waits."""
        for kind in range(len(self.lines) - 1, -1, -1):
            if self.lines[kind]:
                return kind
        return -1

    def heads(self) -> Iterator[Message]:
        """The first message of each line that is not empty, the most important class first."""
        return (line[0] for line in self.lines if line)


def _entered(line: deque[Message]) -> float:
    return line[0].entered_s
