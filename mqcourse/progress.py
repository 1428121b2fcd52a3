"""Progress of long steps: bars in a terminal, plain lines elsewhere; always megabytes and seconds.

Within a plan (see mqcourse.plan) the plan's one line shows the steps, and a step prints no separate line.
"""

import os
import shutil
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TextIO

from mqcourse.plan import (
    DRAWN_EVERY_S,
    PLAIN_EVERY_S,
    Part,
    Plan,
    expected,
    remember,
    shown_again_and_again,
)

MB = 1_000_000
CLEAR = "\r\x1b[K"
"""To the line's beginning, and the rest of it empty."""
LINE_EVERY_S = 2.0
"""How often a step without a terminal prints its progress: often enough to show life, rare enough for a log."""


def is_drawable() -> bool:
    """Whether this terminal can draw a line again: a dumb one cannot, and gets lines below each other."""
    return os.environ.get("TERM", "") not in ("", "dumb", "unknown")


@dataclass
class Step:
    """One long step. Report bytes with `advance` or `at`; a step of unknown size only shows its seconds."""

    title: str
    total_bytes: int | None
    progress: "Progress"
    done_bytes: int = 0
    began: float = field(default_factory=time.monotonic)
    bar: Any = None
    said: float = field(default_factory=time.monotonic)

    def say(self, detail: str) -> None:
        """What it does now: within a plan it is shown in the plan's line, else it is a line of news."""
        if self.progress.plan is None:
            self.progress.say(detail)
        else:
            self.progress.plan.doing[str(id(self))] = f"{self.title}, {detail.strip()}"

    def advance(self, n_bytes: int) -> None:
        """`n_bytes` more have arrived."""
        self.at(self.done_bytes + n_bytes)

    def at(self, n_bytes: int) -> None:
        """`n_bytes` have arrived so far."""
        with self.progress.lock:
            self.done_bytes = n_bytes
            self.progress.moved(self)

    def tick(self) -> None:
        """Time has passed without progress."""
        self.at(self.done_bytes)

    def line(self, end: bool = False) -> str:
        """The plain line: title, megabytes where there are any, seconds."""
        parts = []
        if self.total_bytes and not end:
            parts.append(f"{self.done_bytes / MB:.1f} of {self.total_bytes / MB:.1f} MB")
        elif self.done_bytes or self.total_bytes:
            parts.append(f"{max(self.done_bytes, self.total_bytes or 0) / MB:.1f} MB")
        took_s = time.monotonic() - self.began
        parts.append(f"{took_s:.1f} s")
        if self.total_bytes and self.done_bytes and not end:
            left_s = took_s * (self.total_bytes - self.done_bytes) / self.done_bytes
            parts.append(f"about {max(1, round(left_s))} s left")
        return f"{self.title}: {'done, ' if end else ''}{', '.join(parts)}"


class Progress:
    """Where steps report. Thread-safe: several steps may run side by side."""

    def __init__(self, stream: TextIO | None = None, *, quiet: bool = False) -> None:
        self.stream = stream or sys.stderr
        self.quiet = quiet
        self.lock = threading.RLock()
        self.terminal = not quiet and self.stream.isatty() and is_drawable()
        self.plan: Plan | None = None
        self._bars: Any = None
        self._open = 0

    def say(self, line: str) -> None:
        """A line of news, above the bars."""
        if self.quiet:
            return
        with self.lock:
            if self._bars is not None:
                self._bars.console.print(line, highlight=False, markup=False)
            elif self.plan is not None and self.terminal:
                self.stream.write(f"{CLEAR}{line}\n{self._line()}")
                self.stream.flush()
            else:
                self.stream.write(f"{line}\n")
                self.stream.flush()

    @contextmanager
    def planned(self, parts: Mapping[str, tuple[str, float]]) -> Iterator[Plan]:
        """One line for all that is done in the block: `parts` are names with titles and the seconds each should take."""
        now = time.monotonic()
        expected_s = expected({name: usual_s for name, (_, usual_s) in parts.items()})
        plan = Plan({name: Part(title, expected_s[name], now) for name, (title, _) in parts.items()})
        self.plan = plan
        try:
            if self.quiet:
                yield plan
            else:
                with shown_again_and_again(self._show, DRAWN_EVERY_S if self.terminal else PLAIN_EVERY_S):
                    yield plan
        finally:
            self.plan = None
            if self.terminal:
                self.stream.write(CLEAR)
                self.stream.flush()
        remember(plan)

    def ended(self, name: str, *, failed: bool = False) -> None:
        """A part of the plan is done, or failed."""
        if self.plan is not None and name in self.plan.parts:
            part = self.plan.parts[name]
            part.took_s, part.failed = time.monotonic() - part.began_s, failed

    def _line(self) -> str:
        if self.plan is None:
            return ""
        width = shutil.get_terminal_size().columns - 1 if self.terminal else 100
        return self.plan.line(time.monotonic(), width)

    def _show(self) -> None:
        with self.lock:
            self.stream.write(f"{CLEAR}{self._line()}" if self.terminal else f"{self._line()}\n")
            self.stream.flush()

    @contextmanager
    def step(self, title: str, total_bytes: int | None = None) -> Iterator[Step]:
        """A long step: a bar or lines while it runs, one closing line with its megabytes and seconds."""
        step = Step(title, total_bytes, self)
        if self.plan is not None:
            plan = self.plan
            plan.doing[str(id(step))] = title
            try:
                yield step
            finally:
                plan.doing.pop(str(id(step)), None)
            return
        with self.lock:
            self._open_bar(step)
        try:
            yield step
        except BaseException:
            self._close_bar(step)
            raise
        self._close_bar(step)
        self.say(step.line(end=True))

    def moved(self, step: Step) -> None:
        """Called by a step, with the lock held."""
        if self.plan is not None:
            if step.total_bytes:
                done, total = step.done_bytes / MB, step.total_bytes / MB
                self.plan.doing[str(id(step))] = f"{step.title}, {done:.0f} of {total:.0f} MB"
        elif self._bars is not None:
            self._bars.update(step.bar, completed=step.done_bytes)
        elif not self.quiet and time.monotonic() - step.said >= LINE_EVERY_S:
            step.said = time.monotonic()
            self.say(step.line())

    def _open_bar(self, step: Step) -> None:
        if not self.terminal:
            self.say(
                f"{step.title}: {step.total_bytes / MB:.1f} MB" if step.total_bytes else f"{step.title} …"
            )
            return
        if self._bars is None:
            from rich.console import Console
            from rich.progress import (
                BarColumn,
                DownloadColumn,
                SpinnerColumn,
                TextColumn,
                TimeElapsedColumn,
                TimeRemainingColumn,
            )
            from rich.progress import Progress as Bars

            self._bars = Bars(
                SpinnerColumn(),
                TextColumn("{task.description}", markup=False),
                BarColumn(),
                DownloadColumn(),
                TimeElapsedColumn(),
                TimeRemainingColumn(compact=True),
                console=Console(file=self.stream),
                transient=True,
            )
            self._bars.start()
        self._open += 1
        step.bar = self._bars.add_task(step.title, total=step.total_bytes)

    def _close_bar(self, step: Step) -> None:
        with self.lock:
            if self._bars is None or step.bar is None:
                return
            self._bars.remove_task(step.bar)
            self._open -= 1
            if self._open == 0:
                self._bars.stop()
                self._bars = None
