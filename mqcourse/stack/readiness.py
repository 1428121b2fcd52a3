"""Waiting until a service can be used: by its own protocol, never by a log line or a sleep."""

import contextlib
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.foreign import plain
from mqcourse.stack.layout import StackLayout
from mqcourse.stack.services.service import Service

POLL_S = 0.02
FOLLOW_S = 0.2
"""How often a log is looked at while it is followed."""
TAIL_LINES = 3
TAIL_BYTES = 20_000
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
FRAME = re.compile(r"at [\w.$/]+\(|\.\.\. \d+ more")
"""A line of a Java stack trace below its first."""


def wait_ready(
    service: Service,
    layout: StackLayout,
    alive: Callable[[], bool],
    tail: Callable[[], str],
    *,
    limit_s: float,
) -> None:
    """Probe until the service works.

    Raises CourseError at once when it ends (with the tail of its log), or after `limit_s` without an answer.
    """
    deadline = time.monotonic() + limit_s
    last: Exception | None = None
    while True:
        lives = alive()
        if not lives:
            raise CourseError(
                f"{service.title} ended while starting: {tail()}",
                do=f"See `mq logs {service.name}`",
                code=Exit.UNREACHABLE,
            )
        if service.answers(layout, 0.5):
            try:
                service.probe(layout)
                return
            except Exception as error:  # any error of any client means: not yet
                last = error
        if time.monotonic() > deadline:
            why = f" ({type(last).__name__}: {last})" if last else ""
            raise CourseError(
                f"{service.title} did not answer within {limit_s:.0f} s{why}",
                do=f"See `mq logs {service.name}`",
                code=Exit.UNREACHABLE,
            )
        time.sleep(POLL_S)  # between two looks; readiness itself is what the probe says


def last_lines(log: Path, count: int) -> list[str]:
    """The last lines of a log; none when there is no log."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - max(TAIL_BYTES, count * 400)))
            lines = file.read().decode("utf-8", errors="replace").splitlines()
    except OSError:
        return []
    said = [plain(COLOUR.sub("", line).rstrip()) for line in lines if line.strip()]
    return said[-count:] if count > 0 else []


def follow(log: Path, at: int, is_wanted: Callable[[], bool] = lambda: True) -> Iterator[str]:
    """The lines that are added to a log after byte `at`, as long as they are wanted.

    A truncated log is read from its beginning.
    """
    rest = b""
    while is_wanted():
        with contextlib.suppress(OSError):
            size = log.stat().st_size
            if size < at:
                at, rest = 0, b""
            if size > at:
                with log.open("rb") as file:
                    file.seek(at)
                    came = file.read()
                at += len(came)
                *whole, rest = (rest + came).split(b"\n")
                for line in whole:
                    text = plain(COLOUR.sub("", line.decode("utf-8", errors="replace")).rstrip())
                    if text:
                        yield text
        time.sleep(FOLLOW_S)  # a file has no event that works on every system


def log_tail(log: Path) -> str:
    """The last lines of a log that say something, on one line: no frames of a stack trace."""
    lines = [line.strip()[:300] for line in last_lines(log, 200)]
    said = [line for line in lines if not FRAME.match(line)]
    return " | ".join(said[-TAIL_LINES:]) or "its log is empty"
