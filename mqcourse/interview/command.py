"""`mq questions check`."""

import argparse
import sys
from typing import Any

from mqcourse.exits import Exit


def register(subcommands: Any) -> None:
    """Add `mq questions`."""
    questions = subcommands.add_parser("questions", help="the bank of interview questions")
    actions = questions.add_subparsers(dest="action", metavar="ACTION", required=True)
    check = actions.add_parser(
        "check", help="hold every question to its form; exit 1 with every mistake, one a line"
    )
    check.set_defaults(run=run_check)


def run_check(arguments: argparse.Namespace) -> int:
    """Print every mistake, or the count by level."""
    from mqcourse.interview.questions import LEVELS, read_bank

    topics, problems = read_bank()
    for problem in problems:
        sys.stderr.write(f"{problem}\n")
    if problems:
        return Exit.SAID_NO
    questions = [question for topic in topics.values() for question in topic.questions]
    counts = ", ".join(f"{sum(q.level == level for q in questions)} {name}" for level, name in LEVELS.items())
    sys.stdout.write(f"{len(questions)} questions in {len(topics)} topics are in order: {counts}\n")
    return 0
