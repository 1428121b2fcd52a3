"""A System V shared memory segment that a killed server left behind: the system would keep it until the next boot."""

import contextlib
import ctypes
from pathlib import Path

IPC_RMID = 0
IDENTIFIER_LINE = 6
"""Of postmaster.pid, counted from 0: key and identifier of the segment (PostgreSQL's src/include/utils/pidfile.h)."""


def remove_segment(pid_file: Path) -> None:
    """Remove the segment that a postmaster.pid names, and then the file; without a file it does nothing.

    Called only when that server no longer runs: an orderly end removes both itself.
    """
    with contextlib.suppress(OSError, ValueError, IndexError):
        identifier = int(pid_file.read_text(encoding="utf-8").splitlines()[IDENTIFIER_LINE].split()[1])
        ctypes.CDLL(None).shmctl(identifier, IPC_RMID, None)
    pid_file.unlink(missing_ok=True)
