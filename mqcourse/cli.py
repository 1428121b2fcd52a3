"""`mq`: one command, a sub-command from each room of the house."""

import argparse
import errno
import json
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.foreign import plain
from mqcourse.home import state_folder
from mqcourse.install.lock import free_bytes, make_folder, unwritable
from mqcourse.variables import settle

ROOMS = (
    "mqcourse.stack.command",
    "mqcourse.book.command",
    "mqcourse.grading.command",
    "mqcourse.interview.command",
    "mqcourse.backpressure.command",
    "mqcourse.bench.command",
)
"""Modules with `register(subcommands)`; each adds its parsers and sets `run`, a function of the parsed arguments."""

OF_THE_DISK = {
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EROFS,
    errno.EACCES,
    errno.EPERM,
    errno.ENOTDIR,
    errno.EISDIR,
}
"""What no code here can mend: the disk is full, or a folder is not what we may write to."""
Run = Callable[[argparse.Namespace], int | None]


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    top = argparse.ArgumentParser(
        prog="mq", description="Mastering Message Queues: brokers, book, labs, questions."
    )
    # also before the command; the commands' own have no default, which would undo this one
    top.add_argument("--json", action="store_true", help="print JSON, where the command has it")
    subcommands: Any = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for room in ROOMS:
        import_module(room).register(subcommands)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; a CourseError becomes one line on standard error and its exit code.

    With --json standard output is JSON then too: {"error": line}.
    """
    settle(["mqcourse.cli", *sys.argv[1:]] if argv is None else None)
    arguments = parser().parse_args(argv)
    run: Run = arguments.run
    try:
        code = run(arguments) or 0
        sys.stdout.flush()
        return code
    except CourseError as error:
        return _failed(arguments, error)
    except BrokenPipeError:
        # whoever read our output (head, a pager) has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        if error.errno not in OF_THE_DISK:
            return _unexpected(arguments, error)
        if _is_of_the_output(error):
            sys.stderr.write(
                f"mq {arguments.command}: what it prints cannot be written ({error.strerror}). "
                "Make room where its output goes, and run it again\n"
            )
            return Exit.ENVIRONMENT
        return _failed(arguments, unwritable(Path(error.filename or state_folder()), error))
    except Exception as error:
        return _unexpected(arguments, error)
    except KeyboardInterrupt:
        shown_again = "\x1b[?25h" if sys.stderr.isatty() else ""  # the cursor, which a progress bar hides
        sys.stderr.write(f"{shown_again}mq {arguments.command}: interrupted; run it again to go on\n")
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(Exit.INTERRUPTED)  # not by way of threads that wait for a network


def _unexpected(arguments: argparse.Namespace, error: Exception) -> int:
    """A mistake of the course: one line that names the log, and the traceback in there."""
    told = "".join(traceback.format_exception(error))
    log = state_folder() / "logs" / "mq.log"
    try:
        make_folder(log.parent)
        with os.fdopen(
            os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "a", encoding="utf-8"
        ) as out:
            out.write(f"{datetime.now(UTC).isoformat(timespec='seconds')} mq {arguments.command}\n{told}\n")
    except (OSError, CourseError):
        sys.stderr.write(told)  # there is nowhere else to keep it
        where = "The traceback stands above"
    else:
        where = f"The traceback is in {log}"
    kind = type(error).__name__
    return _failed(
        arguments,
        CourseError(
            f"a mistake of the course: {kind}: {str(error)[:200]}",
            do=f"{where}; please report it",
            code=Exit.UNEXPECTED,
        ),
    )


def _is_of_the_output(error: OSError) -> bool:
    """Whether it is standard output that is full: an error that names no file, while the course's own disk has room.

    What waits to be written is then put out of the way of Python's own end, which would fail at it once more.
    """
    if error.errno != errno.ENOSPC or error.filename is not None or not free_bytes(state_folder()):
        return False
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return True


def _failed(arguments: argparse.Namespace, error: CourseError) -> int:
    if getattr(arguments, "json", False):
        sys.stdout.write(json.dumps({"error": str(error)}, ensure_ascii=False) + "\n")
    sys.stderr.write(f"mq {arguments.command}: {plain(str(error))}{_typeable(str(error))}\n")
    return error.exit_code


def _typeable(line: str) -> str:
    """How to have `mq` in this terminal, where a line tells its reader to type it and it is not there."""
    from mqcourse.stack import shell

    state = state_folder()
    if "`mq " not in line or shell.is_typeable(state) or not (state / "activate").is_file():
        return ""
    return f" (for `mq` in this terminal, first: {shell.how_to_type(state)})"


if __name__ == "__main__":
    sys.exit(main())
