"""What an answer did to the run that holds it, seen from outside while the run goes on."""

import contextlib
import os
import signal
from pathlib import Path

import psutil

MOST_FOLDER_BYTES = 512 << 20
"""Of the run's folder, the one place outside /tmp where a sandboxed answer can write. A grading writes about 1 MB."""
MOST_FOLDER_FILES = 20_000
STOPPED = (psutil.STATUS_STOPPED, psutil.STATUS_TRACING_STOP)
ENDED = "the answer ended the process that runs it before there was a verdict"
GRADER = "mqcourse.grading.nbval_run"
"""A word of the command line of the process whose child is the kernel."""


class RunWatch:
    """Looks at a run's folder and at its own processes: the sandbox's, the grader's, the kernel's.

    Nothing of ours stops one of these, so an answer did when one is stopped. Left alone, it would hold the grading of
    every other notebook until the run's time is up. The processes of answers are not looked at: checks stop and
    continue them.
    """

    def __init__(self, pid: int, folder: str) -> None:
        self._folder = folder
        self._chain: list[psutil.Process] = []
        """From the process that was started to the grader, as far as they have been seen."""
        with contextlib.suppress(psutil.Error):
            self._chain = [psutil.Process(pid)]
        self._is_whole = False
        self.is_stopped = False
        self.what = ENDED
        """Why there may be verdicts missing, in words for the person who wrote the answer."""

    def is_broken(self) -> bool:
        """Whether the run must be ended now; `what` is the reason."""
        if self._has_stopped():
            self.is_stopped = True
            self.what = (
                f"the answer stopped the process that runs it ({signal.SIGSTOP.name}), so its run was ended"
            )
            return True
        if _is_filled(self._folder):
            self.what = (
                f"the answer filled its folder (more than {MOST_FOLDER_BYTES >> 20} MB or "
                f"{MOST_FOLDER_FILES:,} files), so its run was ended"
            )
            return True
        return False

    def _has_stopped(self) -> bool:
        self._lengthen()
        kernel: list[psutil.Process] = []
        with contextlib.suppress(psutil.Error, OSError):
            kernel = self._chain[-1].children() if self._is_whole else []
        for process in [*self._chain, *kernel]:
            with contextlib.suppress(psutil.Error):
                if process.status() in STOPPED:
                    return True
        return False

    def _lengthen(self) -> None:
        """Follow the first child of each process, down to the grader. An answer's processes are born after these."""
        with contextlib.suppress(psutil.Error, OSError):
            while self._chain and not self._is_whole:
                if GRADER in self._chain[-1].cmdline()[:4]:
                    self._is_whole = True
                    return
                children = self._chain[-1].children()
                if not children:
                    return
                self._chain.append(min(children, key=lambda child: (child.create_time(), child.pid)))


def _is_filled(folder: str) -> bool:
    """Whether more was written into the run's folder than any grading needs."""
    used = files = 0
    for place, folders, names in os.walk(folder):
        for name in (*folders, *names):
            with contextlib.suppress(OSError):  # removed meanwhile
                used += Path(place, name).lstat().st_blocks * 512
            files += 1
            if used > MOST_FOLDER_BYTES or files > MOST_FOLDER_FILES:
                return True
    return False
