"""A simulation kernel in fifty lines: the part of SimPy that this course's model uses.

The same processes run on `simpy.Environment` and on this one and give the same bits (a test holds them to it),
because both take events in one order: by time, then new processes before everything else, then in the order in
which they were scheduled. It is here for two reasons: it is faster, and it is small enough to have a
twin in JavaScript.

Three habits of the model make it this small: a process yields a timeout at once, an event is yielded by the one
process that made it, and it is triggered only while that process waits.
"""

from collections.abc import Generator
from heapq import heappop, heappush
from itertools import count
from typing import Any

Process = Generator[Any, None, None]

NEW_PROCESS_FIRST = 1 << 62
"""Taken off the running number of a new process, so that it comes before all else at the same time."""


class Event:
    """Something a process waits for: `yield event`, until another process calls `succeed()`."""

    __slots__ = ("_env", "waiter")

    def __init__(self, env: "Environment") -> None:
        self._env = env
        self.waiter: Process | None = None

    def succeed(self) -> None:
        """Wake the process that waits, at this instant, after what is already scheduled for it."""
        env = self._env
        heappush(env.agenda, (env.now, next(env.numbers), self.waiter))


class Environment:
    """The clock and the agenda: a heap of (time in s, running number, process to resume)."""

    def __init__(self) -> None:
        self.now = 0.0
        self.agenda: list[tuple[float, int, Any]] = []
        self.numbers = count()
        self._active: Process | None = None

    def timeout(self, delay: float) -> None:
        """Resume the process that calls this `delay` seconds from now; it must yield the result at once."""
        heappush(self.agenda, (self.now + delay, next(self.numbers), self._active))

    def event(self) -> Event:
        return Event(self)

    def process(self, generator: Process) -> Process:
        """Start a process: its first step runs at this instant, before everything else scheduled for it."""
        heappush(self.agenda, (self.now, next(self.numbers) - NEW_PROCESS_FIRST, generator))
        return generator

    def run(self, until: float) -> None:
        """Take events in order as long as they lie before `until`; then the clock is at `until`."""
        agenda = self.agenda
        while agenda and agenda[0][0] < until:
            self.step()
        self.now = until

    def step(self) -> None:
        """Take one event: resume its process up to its next yield."""
        self.now, _, process = heappop(self.agenda)
        self._active = process
        awaited = next(process, None)
        if awaited is not None:
            awaited.waiter = process
