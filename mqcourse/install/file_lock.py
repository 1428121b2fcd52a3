"""One at a time: a lock on a folder that the kernel drops when its holder dies."""

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from mqcourse.disk import make_folder, unwritable
from mqcourse.errors import CourseError
from mqcourse.exits import Exit


@contextmanager
def only_one(
    path: Path, *, say: Callable[[str], None], waiting_for: str, limit_s: float = 600
) -> Iterator[None]:
    """Hold the lock file `path`; wait, and say so once, while another process holds it.

    Raises CourseError when it is still held after `limit_s`. flock, so a killed holder leaves no stale lock.
    """
    import fcntl  # here: Windows has none, and is told so in one line (see cli.main)

    make_folder(path.parent)
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        with contextlib.suppress(OSError):
            os.fchmod(handle, 0o600)  # whoever may read it could hold the lock
    except OSError as error:
        raise unwritable(path, error) from error
    try:
        deadline = time.monotonic() + limit_s
        told = False
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                holder = os.pread(handle, 32, 0).decode(errors="replace").strip() or "?"
                if time.monotonic() > deadline:
                    raise CourseError(
                        f"{waiting_for} (process {holder}) has not finished in {limit_s:.0f} s",
                        do="Wait for it or end it, then run this again",
                        code=Exit.BUSY,
                    ) from None
                if not told:
                    say(f"waiting for {waiting_for} (process {holder}) …")
                    told = True
                time.sleep(0.1)  # flock offers no wait with a time limit
        with contextlib.suppress(OSError):  # a full disk: only those who wait miss our name
            os.ftruncate(handle, 0)
            os.pwrite(handle, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(handle)
