"""Standard output and standard error of a server: what they do not take ends nothing."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from typing import Any


def settle() -> None:
    """Open on the null device what was closed at the start, and drop what a full disk or a gone reader does not take.

    Without a stream the next file or socket that is opened would get its number, and what is printed.
    """
    for number, name in ((1, "stdout"), (2, "stderr")):
        stream = getattr(sys, name)
        if stream is None:
            null = os.open(os.devnull, os.O_WRONLY)
            if null != number:
                os.dup2(null, number)
                os.close(null)
        setattr(
            sys,
            name,
            io.TextIOWrapper(
                io.BufferedWriter(_Dropping(number, "w", closefd=False)),
                encoding=getattr(stream, "encoding", "utf-8"),
                errors=getattr(stream, "errors", "backslashreplace"),
                line_buffering=True,
            ),
        )


class _Dropping(io.FileIO):
    def write(self, data: Any) -> int:
        """Write the data, or drop it: a line that cannot be printed stops no client."""
        with contextlib.suppress(OSError):
            return super().write(data)
        return memoryview(data).nbytes
