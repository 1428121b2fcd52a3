"""Folders and files of the course on the user's disk: made, closed to others, and errors that say what to repair."""

import contextlib
import errno
import os
import shutil
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


def write_text(file: Path, text: str) -> None:
    """Replace a file at once: where it cannot be written, what it held is still there. CourseError then."""
    write_bytes(file, text.encode())


def write_bytes(file: Path, content: bytes) -> None:
    """The same for a file that is no text."""
    part = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        part.write_bytes(content)
        part.replace(file)
    except OSError as error:
        raise unwritable(file, error) from error
    finally:
        part.unlink(missing_ok=True)


def first_existing(folder: Path) -> Path:
    """The folder, or the nearest existing one above it."""
    return next(there for there in (folder, *folder.parents) if there.exists())


def free_bytes(folder: Path) -> int:
    """What is free on the disk on which the folder is, or will be."""
    return shutil.disk_usage(first_existing(folder)).free


def unwritable(path: Path, error: OSError) -> CourseError:
    """The one-line error for a folder or file that cannot be written."""
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
