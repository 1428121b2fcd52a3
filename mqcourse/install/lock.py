"""One at a time: a lock on a folder that the kernel drops when its holder dies."""

import contextlib
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.home import CHECKOUT, state_folder

PRIVATE = 0o700


def make_folder(folder: Path) -> Path:
    """The folder, made with its parents.

    The state folder itself, which everything private lies in, is its owner's only.
    Raises CourseError where it cannot be made: no right to write, a file in its place, no space.
    """
    state = state_folder()
    try:
        if state in (folder, *folder.parents):
            state.parent.mkdir(parents=True, exist_ok=True)
            with contextlib.suppress(FileExistsError):
                state.mkdir(mode=PRIVATE)
            close_to_others(state)
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(folder, error) from error
    return folder


def close_to_others(state: Path) -> None:
    """Take the rights of other users from an existing state folder: older versions of the course gave them.

    A folder that MQ_HOME names and that holds no stack of ours is somebody's own, and stays as it is.
    """
    with contextlib.suppress(OSError):
        found = state.stat()
        ours = state == CHECKOUT / ".mq" or (state / "ports.json").is_file() or not any(state.iterdir())
        if ours and found.st_uid == os.getuid() and found.st_mode & 0o077:
            state.chmod(PRIVATE)


def write_private(file: Path, text: str) -> None:
    """Replace a file at once by one that only its owner reads. OSError where it cannot be written."""
    part = file.with_name(f"{file.name}.{os.getpid()}.part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
        os.fchmod(out.fileno(), 0o600)
        out.write(text)
    part.replace(file)


def first_existing(folder: Path) -> Path:
    """The folder, or the nearest existing one above it."""
    return next(there for there in (folder, *folder.parents) if there.exists())


def free_bytes(folder: Path) -> int:
    """What is free on the disk on which the folder is, or will be."""
    return shutil.disk_usage(first_existing(folder)).free


def unwritable(path: Path, error: OSError) -> CourseError:
    """The one-line error for a folder or file that cannot be written."""
    import errno

    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return CourseError(
            f"the disk of {path} is full",
            do="Free some space (the course needs about 2 GB) and run it again; it goes on where it stopped",
            code=Exit.ENVIRONMENT,
        )
    return CourseError(
        f"cannot write {path} ({error.strerror or error})",
        do="Give yourself the right to write there, or set MQ_HOME and MQ_SOFTWARE to folders you can write",
        code=Exit.ENVIRONMENT,
    )


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
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
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
