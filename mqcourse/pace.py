"""How far a long list of equal tasks is, and how long the rest takes at the pace so far."""

import time
from collections.abc import Callable

EVERY_S = 5.0
"""Between two lines."""


class Pace:
    """Counts tasks that are done. A line every few seconds, none for a list that is short."""

    def __init__(
        self,
        total: int,
        what: str,
        say: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._total, self._what, self._say, self._clock = total, what, say, clock
        self._done = 0
        self._began_s = self._said_s = clock()

    def done(self) -> None:
        """One task more is done."""
        self._done += 1
        now_s = self._clock()
        if now_s - self._said_s < EVERY_S or self._done >= self._total:
            return
        self._said_s = now_s
        left_s = (now_s - self._began_s) / self._done * (self._total - self._done)
        self._say(f"{self._done} of {self._total} {self._what}, about {left_s:.0f} s left")
