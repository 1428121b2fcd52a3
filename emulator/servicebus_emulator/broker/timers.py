"""When what is due: the timers of each entity, and one heap of wake-ups for a namespace with each owner about once."""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from math import inf
from typing import Protocol

# Kinds of timers, in the order in which they run when due at the same moment.
SCHEDULED, SESSION_LOCK, MESSAGE_LOCK, TIME_TO_LIVE, SESSION_WAIT, HISTORY, IDLE = range(7)
MIN_TIMERS = 1024


class Timed:
    """Something with its own timers. `armed_s` is its time in the timetable."""

    __slots__ = ("armed_s",)

    def __init__(self) -> None:
        self.armed_s = inf

    def run_due(self, until_s: float) -> None:
        """Run own timers due until then, in order, each at its own due time."""
        raise NotImplementedError

    def next_timer_s(self) -> float:
        """When the next own timer is due (or was, if it no longer matters); inf for none."""
        raise NotImplementedError


class Timetable:
    """Wake-ups in time order. `due_s` is the next one, inf when there is none.

    An owner arms only its earliest timer and re-arms when woken, so that thousands of message locks cost the
    namespace one entry; a superseded entry is recognised by `armed_s` and skipped.
    """

    __slots__ = ("_count", "_heap", "due_s")

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Timed]] = []
        self._count = 0
        self.due_s = inf

    def arm(self, owner: Timed, due_s: float) -> None:
        """Wake `owner` at `due_s`, unless it is to be woken earlier anyway."""
        if due_s >= owner.armed_s:
            return
        owner.armed_s = due_s
        self._count += 1
        heappush(self._heap, (due_s, self._count, owner))
        if due_s < self.due_s:
            self.due_s = due_s

    def run(self, now_s: float) -> None:
        """Wake owners until nothing is due at `now_s`, in time order also when the clock jumped."""
        heap = self._heap
        while heap and heap[0][0] <= now_s:
            due_s, _, owner = heappop(heap)
            if owner.armed_s != due_s:
                continue
            owner.armed_s = inf
            owner.run_due(due_s)
            following_s = owner.next_timer_s()
            if following_s < inf:
                self.arm(owner, max(following_s, due_s))
        while heap and heap[0][2].armed_s != heap[0][0]:
            heappop(heap)
        self.due_s = heap[0][0] if heap else inf


class TimerOwner(Protocol):
    """An entity, which does what its timers are for."""

    deleted: bool

    def run_timer(self, due_s: float, kind: int, key: int | str) -> None: ...

    def timer_matters(self, due_s: float, kind: int, key: int | str) -> bool:
        """Whether a timer still has an effect; one that has none is dropped."""


class Timers(Timed):
    """The timers of one entity, by due time and kind. `key` names a message, a session or a wait.

    A timer is never cancelled: a lock that was settled leaves one behind, which finds no lock when it is due. When
    many have gathered, those that no longer matter are dropped.
    """

    __slots__ = ("_heap", "_limit", "_owner", "_timetable")

    def __init__(self, owner: TimerOwner, timetable: Timetable) -> None:
        super().__init__()
        self._owner = owner
        self._timetable = timetable
        self._heap: list[tuple[float, int, int | str]] = []
        self._limit = MIN_TIMERS

    def add(self, due_s: float, kind: int, key: int | str) -> None:
        """Call the owner's `run_timer` at `due_s`."""
        heap = self._heap
        if len(heap) >= self._limit:
            self._heap = heap = [entry for entry in heap if self._owner.timer_matters(*entry)]
            heapify(heap)
            self._limit = max(MIN_TIMERS, 2 * len(heap))
        heappush(heap, (due_s, kind, key))
        if due_s < self.armed_s:
            self._timetable.arm(self, due_s)

    def next_timer_s(self) -> float:
        # a deleted entity keeps its timers unrun; asking for them again would never end
        return self._heap[0][0] if self._heap and not self._owner.deleted else inf

    def run_due(self, until_s: float) -> None:
        heap, owner = self._heap, self._owner
        while heap and heap[0][0] <= until_s and not owner.deleted:
            due_s, kind, key = heappop(heap)
            owner.run_timer(due_s, kind, key)
            heap = self._heap
