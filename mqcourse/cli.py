"""`mq`: one command, a sub-command from each room of the house."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

from mqcourse.errors import CourseError

ROOMS = (
    "mqcourse.stack.command",
    "mqcourse.book.command",
    "mqcourse.grading.command",
    "mqcourse.interview.command",
    "mqcourse.backpressure.command",
    "mqcourse.bench.command",
)
"""Modules with `register(subcommands)`; each adds its parsers and sets `run`, a function of the parsed arguments."""

INTERRUPTED = 128 + 2
"""As a shell says of a program that SIGINT ended."""
Run = Callable[[argparse.Namespace], int | None]


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    top = argparse.ArgumentParser(
        prog="mq", description="Mastering Message Queues: brokers, book, labs, questions."
    )
    subcommands: Any = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for room in ROOMS:
        import_module(room).register(subcommands)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; a CourseError becomes one line on standard error and its exit code."""
    arguments = parser().parse_args(argv)
    run: Run = arguments.run
    try:
        return run(arguments) or 0
    except CourseError as error:
        sys.stderr.write(f"mq {arguments.command}: {error}\n")
        return error.exit_code
    except KeyboardInterrupt:
        shown_again = "\x1b[?25h" if sys.stderr.isatty() else ""  # the cursor, which a progress bar hides
        sys.stderr.write(f"{shown_again}mq {arguments.command}: interrupted; run it again to go on\n")
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(INTERRUPTED)  # not by way of threads that wait for a network


if __name__ == "__main__":
    sys.exit(main())
