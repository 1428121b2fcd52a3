"""`mq`: one command, with sub-commands from each package."""

import argparse
import errno
import json
import os
import shutil
import sys
import textwrap
import traceback
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

from mqcourse.command_line import Group, Parser, Run, everywhere, listed
from mqcourse.disk import free_bytes, make_folder, unwritable
from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.foreign import plain
from mqcourse.home import state_folder
from mqcourse.settings import refuse_typos
from mqcourse.streams import forgive_errors, open_closed
from mqcourse.variables import settle

COMMANDS = (
    "mqcourse.start",
    "mqcourse.stack.command",
    "mqcourse.stack.cluster_command",
    "mqcourse.book.command",
    "mqcourse.grading.command",
    "mqcourse.grading.labs_command",
    "mqcourse.quiz.command",
    "mqcourse.interview.command",
    "mqcourse.book.questions_command",
    "mqcourse.book.ask_command",
    "mqcourse.backpressure.command",
    "mqcourse.capacity.command",
    "mqcourse.bench.command",
    "mqcourse.topics",
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
"""The disk is full, or a folder cannot be written: the user must repair that."""
GROUPS = (
    Group("brokers and pages", ("start", "stop", "status", "open", "logs", "doctor", "env", "reset")),
    Group("clusters of three nodes", ("cluster", "chaos")),
    Group("labs", ("labs", "grade", "hint")),
    Group("questions", ("ask", "quiz", "interview")),
    Group("scenarios and sizes", ("simulate", "measure", "capacity")),
    Group("for authors", ("book", "chapters", "questions", "bench", "lock-jars")),
    Group("more", ("help", "completion")),
)
"""What `mq --help` lists, and in which order. A command outside these lists is an older name of another command."""
USAGE = "usage: mq [COMMAND] [--json] [-q] [-v] [--version]\n"
ABOUT = "Mastering Message Queues. `mq` alone shows where you are and the next step."
EVERYWHERE = "`mq COMMAND --help` shows more. Options before or after a command:"
OPTIONS = """  --json          print JSON
  -q, --quiet     no progress and no news
  -v, --verbose   also the traceback of an error

example:
  mq start
"""


class Top(Parser):
    """`mq` itself: its help lists the commands under their headings, and no hidden one."""

    def format_help(self) -> str:
        width = shutil.get_terminal_size().columns - 2
        commands: Mapping[str, argparse.ArgumentParser] = self.words
        first, last = (textwrap.fill(text, width, break_on_hyphens=False) for text in (ABOUT, EVERYWHERE))
        return f"{USAGE}\n{first}\n{listed(commands, GROUPS, width)}\n\n{last}\n{OPTIONS}"


class Version(argparse.Action):
    """Prints the version, which is looked up only when it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_arguments: Any) -> NoReturn:
        as_json = "--json" in sys.argv[1:]
        sys.stdout.write(f"{json.dumps({'version': version()}) if as_json else f'mq {version()}'}\n")
        parser.exit()


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    top = Top(prog="mq", description="Mastering Message Queues: brokers, book, labs, questions.")
    everywhere(top, default=False)
    top.add_argument("--version", action=Version, nargs=0, help="print the version")
    subcommands: Any = top.add_subparsers(dest="command", metavar="COMMAND", parser_class=Parser)
    for module in COMMANDS:
        import_module(module).register(subcommands)
    top.words = subcommands.choices
    top.set_defaults(run=_here, top=top)
    return top


def version() -> str:
    """The course's, as it was installed."""
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as installed

    try:
        return installed("mastering-message-queues")
    except PackageNotFoundError:
        return "0"


def _here(arguments: argparse.Namespace) -> int:
    from mqcourse import here  # here: only bare `mq` needs it

    return here.run(arguments)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; a CourseError becomes one line on standard error and its exit code.

    With --json standard output is JSON then too: {"error": line}.
    """
    if sys.platform == "win32":
        sys.stderr.write(
            "mq: this course runs on Linux and macOS. On Windows use it in WSL, and run it again there\n"
        )
        return Exit.ENVIRONMENT
    open_closed()
    settle(["mqcourse.cli", *sys.argv[1:]] if argv is None else None)
    if argv is None:
        sys.stderr = forgive_errors(sys.stderr)
    try:
        arguments = parser().parse_args(argv)
    except SystemExit as ended:  # after a help text, or a line about wrong usage
        return _written("mq", int(ended.code or Exit.DONE))
    return _written(_called(arguments), _ended(arguments))


def _written(called: str, code: int) -> int:
    """The code to end with, once what was printed has been written as far as anybody takes it.

    Otherwise Python would try it again when it exits, and change the exit code.
    """
    try:
        sys.stdout.flush()
    except BrokenPipeError:  # whoever read our output (head, a pager) has seen enough
        _put_away()
    except OSError as error:
        return _untaken(called, error)
    return code


def _untaken(called: str, error: OSError) -> int:
    _put_away()
    sys.stderr.write(
        f"{called}: what it prints cannot be written ({error.strerror}). "
        "Make room where its output goes, and run it again\n"
    )
    return Exit.ENVIRONMENT


def _put_away() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _ended(arguments: argparse.Namespace) -> int:
    run: Run = arguments.run
    try:
        if arguments.command != "help":
            refuse_typos()
        return run(arguments) or Exit.DONE
    except CourseError as error:
        return _failed(arguments, error)
    except BrokenPipeError:
        _put_away()
        return Exit.DONE
    except OSError as error:
        if error.errno not in OF_THE_DISK:
            return _unexpected(arguments, error)
        if _is_of_the_output(error):
            return _untaken(_called(arguments), error)
        return _failed(arguments, unwritable(Path(error.filename or state_folder()), error))
    except Exception as error:
        return _unexpected(arguments, error)
    except KeyboardInterrupt:
        shown_again = "\x1b[?25h" if sys.stderr.isatty() else ""  # the cursor, which a progress bar hides
        sys.stderr.write(f"{shown_again}{_called(arguments)}: interrupted; run it again to go on\n")
        _written(_called(arguments), Exit.INTERRUPTED)
        sys.stderr.flush()
        os._exit(Exit.INTERRUPTED)  # not by way of threads that wait for a network


def _called(arguments: argparse.Namespace) -> str:
    return f"mq {arguments.command}" if arguments.command else "mq"


def _unexpected(arguments: argparse.Namespace, error: Exception) -> int:
    """A mistake of the course: one line that names the log, and the traceback in there."""
    told = "".join(traceback.format_exception(error))
    log = state_folder() / "logs" / "mq.log"
    try:
        make_folder(log.parent)
        with os.fdopen(
            os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "a", encoding="utf-8"
        ) as out:
            out.write(f"{datetime.now(UTC).isoformat(timespec='seconds')} {_called(arguments)}\n{told}\n")
    except (OSError, CourseError):
        sys.stderr.write(told)  # there is nowhere else to keep it
        where = "The traceback is above"
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
    """Whether it is standard output that is full: an error that names no file, while the course's own disk has room."""
    return error.errno == errno.ENOSPC and error.filename is None and bool(free_bytes(state_folder()))


def _failed(arguments: argparse.Namespace, error: CourseError) -> int:
    if arguments.verbose:
        traceback.print_exception(error)
    if getattr(arguments, "json", False):
        sys.stdout.write(json.dumps({"error": str(error)}, ensure_ascii=False) + "\n")
    sys.stderr.write(f"{_called(arguments)}: {plain(str(error))}{_typeable(str(error))}\n")
    return error.exit_code


def _typeable(line: str) -> str:
    """How to have `mq` in this terminal, where a printed line contains it and the shell does not find it."""
    from mqcourse.stack import shell  # here: only an error needs it

    state = state_folder()
    if "`mq " not in line or shell.is_typeable(state) or not (state / "activate").is_file():
        return ""
    return f" (for `mq` in this terminal, first: {shell.how_to_type(state)})"


if __name__ == "__main__":
    sys.exit(main())
