"""When what is due: one heap of wake-ups for a namespace, in which each owner stands about once."""

from __future__ import annotations

from heapq import heappop, heappush
from math import inf


class Timed:
    """Something with timers of its own. `armed_s` is when it stands in the timetable."""

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
