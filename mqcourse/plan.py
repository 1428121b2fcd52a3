"""Several parts of one undertaking, side by side: one line with how far all of it is, and how long it still takes.

In a terminal the line is drawn again and again; elsewhere it is printed every few seconds. What is left is judged by
how long each part took the last time, on this machine; without a last time, by what it takes on a quiet one.
"""

import contextlib
import json
import os
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mqcourse.home import cache_folder
from mqcourse.small_file import object_of

PLAIN_EVERY_S = 5.0
DRAWN_EVERY_S = 0.2
NARROWEST = 20
MOST_S = 24 * 3600.0
"""No part takes longer: a figure above it is damaged."""


@dataclass
class Part:
    """One part: what it is called, how long it should take (s), and how far it is."""

    title: str
    expected_s: float
    began_s: float
    took_s: float | None = None
    failed: bool = False


@dataclass
class Plan:
    """The parts by name, in the order in which they are counted, and what is being done just now."""

    parts: dict[str, Part]
    began_s: float = field(default_factory=time.monotonic)
    doing: dict[str, str] = field(default_factory=dict)
    """By step: what the line may say of it; the newest last."""

    def left_s(self, now_s: float) -> float | None:
        """Seconds until all parts are done; None when they take longer than they ever did here.

        The parts run side by side, so the slowest decides. Those that are done say how fast the machine is now.
        """
        done = [part for part in self.parts.values() if part.took_s is not None and not part.failed]
        expected, took = sum(part.expected_s for part in done), sum(part.took_s or 0.0 for part in done)
        pace = max(1.0, took / expected) if expected else 1.0
        open_ = [part for part in self.parts.values() if part.took_s is None]
        if not open_:
            return 0.0
        left = max(part.expected_s * pace - (now_s - part.began_s) for part in open_)
        return left if left > 0 else None

    def line(self, now_s: float, width: int) -> str:
        """The line, no longer than `width`: counted, elapsed, left, and what is being done as far as there is room."""
        done = sum(part.took_s is not None for part in self.parts.values())
        left = self.left_s(now_s)
        time_left = "a moment more" if left is None else f"about {max(1, round(left))} s left"
        counted = f"{done} of {len(self.parts)} ready, " if len(self.parts) > 1 else ""
        text = f"{counted}{now_s - self.began_s:.0f} s, {time_left}"
        waiting = [part.title for part in self.parts.values() if part.took_s is None]
        doing = next(reversed(self.doing.values()), ", ".join(waiting))
        room = width - len(text) - 2
        if doing and room >= NARROWEST:
            text += f": {doing if len(doing) <= room else doing[: room - 1] + '…'}"
        return text[:width]


def expected(names: Mapping[str, float]) -> dict[str, float]:
    """Seconds by name: those of the last time on this machine, else what is given."""
    known = object_of(_file())
    return {
        name: float(took_s)
        if isinstance(took_s := known.get(name), int | float) and 0 < took_s < MOST_S
        else usual_s
        for name, usual_s in names.items()
    }


def remember(plan: Plan) -> None:
    """Keep how long each part took, for the next time."""
    took = {
        name: round(part.took_s, 1) for name, part in plan.parts.items() if part.took_s and not part.failed
    }
    with contextlib.suppress(OSError, ValueError):
        file = _file()
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_name(f"{file.name}.{os.getpid()}.part")
        part.write_text(json.dumps(object_of(file) | took), encoding="utf-8")
        part.replace(file)


def _file() -> Path:
    return cache_folder() / "took.json"


@contextmanager
def shown_again_and_again(show: Any, every_s: float) -> Iterator[None]:
    """Call `show` now and every so many seconds, until the block ends."""
    over = threading.Event()

    def run() -> None:
        while not over.wait(every_s):
            show()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(5)
