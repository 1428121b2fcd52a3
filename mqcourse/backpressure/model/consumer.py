"""One consumer, as the broker and the group of consumers see it."""

from collections import deque
from typing import Any

from mqcourse.backpressure.model.message import Message


class Consumer:
    """One consumer: its buffer of delivered messages and the one it works on."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.inbox: deque[Message] = deque()
        self.current: Message | None = None
        self.working = False  # on `current`, which is otherwise still on its way to it
        self.unacked = 0  # delivered to it and not acknowledged: inbox and current
        self.taking = False  # gets new messages
        self.leaving = False  # finishes the current one and goes
        self.generation = 0  # goes up with each crash: work begun in an earlier one no longer counts
        self.asleep: Any = None  # the event it waits for while its inbox is empty
        self.partitions: deque[int] = deque()
