"""`mq start`: from a fresh checkout to the one page, and in a moment when all of it runs already."""

import argparse
import json
import sys
from dataclasses import asdict
from typing import Any

from mqcourse.command_line import add, out
from mqcourse.progress import Progress
from mqcourse.stack.command import NAMES, SUITES, add_variants, code_of, start_named


def register(subcommands: Any) -> None:
    """Add `mq start`."""
    start = add(
        subcommands,
        "start",
        run,
        "start everything, or the brokers and services that are named",
        example="mq start\nmq start rabbitmq kafka\nmq start --nodes 3 kafka\nmq start --suite testing rabbitmq",
    )
    start.add_argument("names", metavar="NAME", nargs="*", help=NAMES)
    add_variants(start)


def run(arguments: argparse.Namespace) -> int:
    """Start what is named, or all of it, and print the page; the exit code shows what failed."""
    from mqcourse.book.kept_pages import book_is_current
    from mqcourse.stack import stack, status_page

    if arguments.names or arguments.nodes > 1 or arguments.suite != SUITES[0]:
        return start_named(arguments)
    progress = Progress(quiet=arguments.quiet)
    failed: dict[str, BaseException] = {}
    if all_run() and book_is_current():
        progress.say("everything runs already:")
    else:
        failed = start(progress)
    rows = stack.status()
    out(
        json.dumps([asdict(row) for row in rows], indent=2)
        if arguments.json
        else status_page.whole(rows, failed)
    )
    for name, error in failed.items():
        sys.stderr.write(f"mq start: {name}: {error or type(error).__name__}\n")
    return code_of(failed, len(rows))


def start(progress: Progress) -> dict[str, BaseException]:
    """Install and start the brokers, build the book, serve it and JupyterLab: all of it side by side.

    No service waits for another, and a failure of one leaves the others running. What failed is returned, by service,
    and a rerun continues from there. A second call finds everything running and the book current, and does nothing.
    """
    from mqcourse.book.kept_pages import book_is_current, make_book
    from mqcourse.stack import stack
    from mqcourse.stack.services.registry import ALWAYS

    first = {} if book_is_current() else {"book": lambda: make_book(progress)}
    return stack.up_all(ALWAYS, progress, first=first)[1]


def all_run() -> bool:
    """Whether everything that `mq start` starts runs now."""
    from mqcourse.stack import stack
    from mqcourse.stack.status_page import RUNS

    return all(row.state in RUNS for row in stack.status())
