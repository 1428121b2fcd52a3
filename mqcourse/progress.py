"""Progress of long steps: bars in a terminal, plain lines elsewhere; always megabytes and seconds."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TextIO

MB = 1_000_000
LINE_EVERY_S = 2.0
"""How often a step without a terminal says where it stands: often enough to show life, rare enough for a log."""


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

    def advance(self, n_bytes: int) -> None:
        """`n_bytes` more have come."""
        self.at(self.done_bytes + n_bytes)

    def at(self, n_bytes: int) -> None:
        """`n_bytes` have come so far."""
        with self.progress.lock:
            self.done_bytes = n_bytes
            self.progress.moved(self)

    def tick(self) -> None:
        """Nothing new, but time goes by."""
        self.at(self.done_bytes)

    def line(self, end: bool = False) -> str:
        """The plain line: title, megabytes where there are any, seconds."""
        parts = []
        if self.total_bytes and not end:
            parts.append(f"{self.done_bytes / MB:.1f} of {self.total_bytes / MB:.1f} MB")
        elif self.done_bytes or self.total_bytes:
            parts.append(f"{max(self.done_bytes, self.total_bytes or 0) / MB:.1f} MB")
        parts.append(f"{time.monotonic() - self.began:.1f} s")
        return f"{self.title}: {'done, ' if end else ''}{', '.join(parts)}"


class Progress:
    """Where steps report. Thread-safe: several steps may run side by side."""

    def __init__(self, stream: TextIO | None = None, *, quiet: bool = False) -> None:
        self.stream = stream or sys.stderr
        self.quiet = quiet
        self.lock = threading.RLock()
        self.terminal = not quiet and self.stream.isatty()
        self._bars: Any = None
        self._open = 0

    def say(self, line: str) -> None:
        """A line of news, above the bars."""
        if self.quiet:
            return
        with self.lock:
            if self._bars is not None:
                self._bars.console.print(line, highlight=False, markup=False)
            else:
                self.stream.write(f"{line}\n")
                self.stream.flush()

    @contextmanager
    def step(self, title: str, total_bytes: int | None = None) -> Iterator[Step]:
        """A long step: a bar or lines while it runs, one closing line with its megabytes and seconds."""
        step = Step(title, total_bytes, self)
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
        if self._bars is not None:
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
            )
            from rich.progress import Progress as Bars

            self._bars = Bars(
                SpinnerColumn(),
                TextColumn("{task.description}", markup=False),
                BarColumn(),
                DownloadColumn(),
                TimeElapsedColumn(),
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
