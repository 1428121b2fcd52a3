"""`mq questions check`."""

import argparse
import json
import sys
from typing import Any

from mqcourse.command_line import actions_of, add, answer, out
from mqcourse.exits import Exit


def register(subcommands: Any) -> None:
    """Add `mq questions`."""
    questions = add(
        subcommands, "questions", None, "the bank of interview questions", example="mq questions check"
    )
    actions = actions_of(questions, required=True)
    add(
        actions,
        "check",
        run_check,
        "hold every question to its form, and say every mistake, one a line",
        example="mq questions check",
    )


def run_check(arguments: argparse.Namespace) -> int:
    """Print every mistake, or the count by level."""
    from mqcourse.book.questions import LEVELS, read_bank

    topics, problems = read_bank()
    for problem in problems:
        sys.stderr.write(f"{problem}\n")
    if problems:
        if arguments.json:
            out(json.dumps({"problems": list(problems)}, indent=2, ensure_ascii=False))
        return Exit.SAID_NO
    questions = [question for topic in topics.values() for question in topic.questions]
    counts = ", ".join(f"{sum(q.level == level for q in questions)} {name}" for level, name in LEVELS.items())
    answer(
        arguments,
        {"problems": [], "questions": len(questions), "topics": len(topics)},
        f"{len(questions)} questions in {len(topics)} topics are in order: {counts}",
    )
    return Exit.DONE
