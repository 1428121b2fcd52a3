"""The three streams of a command: always open, and standard error never a reason to fail."""

import contextlib
import io
import os
import select
import sys
from typing import Any, TextIO

STREAMS = (("stdin", "r"), ("stdout", "w"), ("stderr", "w"))


def open_closed() -> None:
    """Open on the null device what was closed at the start (`mq labs >&-`).

    Otherwise Python has no stream there, and the next file that is opened gets its number.
    """
    for number, (name, mode) in enumerate(STREAMS):
        if getattr(sys, name) is None:
            null = os.open(os.devnull, os.O_RDWR)
            if null != number:
                os.dup2(null, number)
                os.close(null)
            setattr(sys, name, os.fdopen(number, mode, encoding="utf-8", closefd=False))


def forgive_errors(stream: TextIO) -> TextIO:
    """The same stream, which drops what a full disk or a reader that is gone does not take."""
    return io.TextIOWrapper(
        io.BufferedWriter(_Forgiving(stream.fileno(), "w", closefd=False)),
        encoding=stream.encoding,
        errors=stream.errors,
        line_buffering=True,
    )


class _Forgiving(io.FileIO):
    def write(self, data: Any) -> int:
        """Write, or drop the data: the exit code still reports how the command ended."""
        with contextlib.suppress(OSError):
            return super().write(data)
        return memoryview(data).nbytes


def is_read() -> bool:
    """Whether somebody still reads standard output: false once the other end of a pipe is closed (`mq … | head`)."""
    try:
        looked = select.poll()
        looked.register(sys.stdout.fileno(), 0)
        return not any(events & (select.POLLERR | select.POLLNVAL) for _, events in looked.poll(0))
    except (OSError, ValueError, AttributeError):  # no descriptor, as in a test that captures the output
        return True
