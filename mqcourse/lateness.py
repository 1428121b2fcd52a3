"""How late this machine is: by how much a sleep lasts too long, and how busy the processors are meanwhile.

A machine that does much else wakes a sleeper late, or gives its processors to others once he is awake. So both are
watched, and a chapter's claim about time is judged together with them. `mq measure` takes the first off its own
sleeps in the same way.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import TypeVar

import psutil

T = TypeVar("T")
SLEEP_S = 0.005
"""One sleep that is looked at: short against what chapters measure, long against a clock's grain."""
EVERY_S = 0.025
LATE_S = 0.02
"""A machine that woke a sleeper so much too late did something else: alone, 2 ms are rare."""
BUSY = 0.9
"""Nor is a figure about time of a machine's own whose processors were busy for more than this share."""


def oversleep_s() -> float:
    """Sleep once for SLEEP_S; by how many seconds it lasted longer."""
    began = time.monotonic()
    time.sleep(SLEEP_S)
    return time.monotonic() - began - SLEEP_S


@dataclass(frozen=True)
class Late:
    """A stretch of time on this machine. `worst_s`: the longest oversleep; `busy`: share of the processors' time."""

    worst_s: float
    busy: float

    @property
    def was_late(self) -> bool:
        """Whether what was measured meanwhile is about this machine rather than about what was measured."""
        return self.worst_s > LATE_S or self.busy > BUSY

    def __str__(self) -> str:
        return f"this machine was late by {self.worst_s * 1000:.0f} ms and {self.busy:.0%} busy"


@dataclass(frozen=True)
class Look:
    """One look at the machine: when (time.monotonic()), the oversleep, and the processors' time so far, idle and all."""

    at_s: float
    over_s: float
    idle_s: float
    all_s: float


class Lateness:
    """`with Lateness() as lateness:` watches beside what the block does; ask it for `so_far()` or `between(…)`.

    One thread that sleeps; it takes about a thousandth of a processor. Times are of `time.monotonic()`.
    """

    def __init__(self) -> None:
        self._looks: list[Look] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="lateness", daemon=True)

    def __enter__(self) -> "Lateness":
        self._looks.append(look(0.0))
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()
        self._looks.append(look(0.0))

    def _watch(self) -> None:
        while not self._stop.wait(EVERY_S - SLEEP_S):
            self._looks.append(look(oversleep_s()))

    def so_far(self) -> Late:
        """Since the start."""
        return self.between(0.0, time.monotonic())

    def between(self, since_s: float, until_s: float) -> Late:
        """Between two times; the processors' share is taken from the looks next to them."""
        looks = list(self._looks)
        inside = [one for one in looks if since_s <= one.at_s <= until_s + one.over_s]
        first = max((one for one in looks if one.at_s <= since_s), key=lambda one: one.at_s, default=looks[0])
        last = inside[-1] if inside else looks[-1]
        spent_s = last.all_s - first.all_s
        busy = 1.0 - (last.idle_s - first.idle_s) / spent_s if spent_s > 0.0 else 0.0
        return Late(max((one.over_s for one in inside), default=0.0), min(1.0, max(0.0, busy)))


def look(over_s: float) -> Look:
    times = psutil.cpu_times()
    idle_s = times.idle + getattr(times, "iowait", 0.0)
    # a guest's time is counted in user's as well
    all_s = sum(times) - getattr(times, "guest", 0.0) - getattr(times, "guest_nice", 0.0)
    return Look(time.monotonic(), over_s, idle_s, all_s)


def watched(what: Callable[[], T], *, tries: int = 2) -> tuple[T, Late]:
    """Do `what` and watch how late this machine is meanwhile; do it again when it was late, `tries` times at most.

    Returns what the least late try gave, and how late that was.
    """
    best: tuple[T, Late] | None = None
    for _ in range(tries):
        with Lateness() as lateness:
            found = what()
            late = lateness.so_far()
        if best is None or (late.was_late, late.worst_s) < (best[1].was_late, best[1].worst_s):
            best = found, late
        if not late.was_late:
            break
    assert best is not None, "tries is 1 or more"  # noqa: S101
    return best
