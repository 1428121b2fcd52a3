"""What the operating system does for a grading: other processes cannot look into ours, orphans become our children, and we end with our starter."""

import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Iterator

import psutil

from mqcourse.home import state_folder
from mqcourse.stack.process import owned

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_CHILD_SUBREAPER = 1, 4, 36
"""prctl(2), Linux only. Elsewhere nothing happens, and marks in the environment have to do."""


def shut() -> None:
    """From now on another process of the same user reads neither this one's memory nor its open files (proc(5))."""
    _prctl(PR_SET_DUMPABLE, 0)


def end_with_starter() -> None:
    """From now on this process gets SIGTERM when the thread that started it ends, also by SIGKILL."""
    _prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


@contextlib.contextmanager
def orphans() -> Iterator[None]:
    """At the end of this block every process that was started in it is ended, also one that left its parent.

    A broker of the stack that a check has started again runs on.
    """
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    _prctl(PR_SET_CHILD_SUBREAPER, 1)
    try:
        yield
    finally:
        _prctl(PR_SET_CHILD_SUBREAPER, 0)
        kept = before | {service.pid for service in owned(state_folder())}
        for child in psutil.Process().children(recursive=True):
            if child.pid not in kept:
                with contextlib.suppress(psutil.Error):
                    child.kill()
                with contextlib.suppress(ChildProcessError, OSError):
                    os.waitpid(child.pid, 0)


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(option, value, 0, 0, 0)
