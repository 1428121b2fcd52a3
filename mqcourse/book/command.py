"""`mq book build` and `mq book check`."""

import argparse
import sys
from pathlib import Path
from typing import Any


def register(subcommands: Any) -> None:
    """Add `mq book`."""
    book = subcommands.add_parser("book", help="build the book against the running brokers")
    actions = book.add_subparsers(dest="action", metavar="ACTION", required=True)
    build = actions.add_parser("build", help="execute and build; warnings and failing cells are errors")
    build.add_argument("chapters", nargs="*", type=Path, metavar="CHAPTER.md", help="only these, as a draft")
    build.set_defaults(run=run_build)
    check = actions.add_parser(
        "check", help="questions and facts are in order, and the book builds without a warning"
    )
    check.add_argument("--no-build", action="store_true", help="questions and facts only: needs no broker")
    check.set_defaults(run=run_check)


def say(line: str) -> None:
    """One line of progress."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def run_build(arguments: argparse.Namespace) -> int:
    """Build, then say where the pages are."""
    from mqcourse.book.build import build_book

    folder = build_book(say, only=arguments.chapters)
    sys.stdout.write(f"{folder}/index.html\n")
    return 0


def run_check(arguments: argparse.Namespace) -> int:
    """What is derived or loaded is in order; then the strict build."""
    from mqcourse.book.facts import load_facts
    from mqcourse.interview.questions import load_bank

    facts = load_facts()
    topics = load_bank(known_facts=facts)
    count = sum(len(topic.questions) for topic in topics.values())
    say(f"{len(facts)} facts and {count} questions are in order")
    if arguments.no_build:
        return 0
    return run_build(argparse.Namespace(chapters=[]))
