"""`mq quiz`, `mq quiz stats` and `mq quiz merge`."""

import argparse
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mqcourse.command_line import actions_of, add, answer, say
from mqcourse.exits import Exit
from mqcourse.home import shown
from mqcourse.rubric.levels import NAMES

WIDEST = 100
LEVEL_NAMES = {name: short for short, name in NAMES.items()}
KEYS = """keys: 1 to 4 say how sure you are (1 a guess, 4 certain); space or
Enter shows a strong answer; then 1 to 4 rate what you knew (1 not yet,
2 with gaps, 3 good, 4 easily); q ends. Every rating is kept at once.
Without a terminal, type the keys as lines."""


def register(subcommands: Any) -> None:
    """Add `mq quiz`."""
    quiz = add(
        subcommands,
        "quiz",
        run,
        "interview cards one at a time; each is shown again before you forget it",
        example="mq quiz\nmq quiz --level senior --minutes 20\nmq quiz stats",
        more=KEYS,
    )
    quiz.add_argument("--topic", metavar="TOPIC", help="only this topic: a file of book/questions")
    quiz.add_argument("--level", choices=list(LEVEL_NAMES), help="only this level")
    quiz.add_argument("--due", action="store_true", help="only what was rated before and is due")
    quiz.add_argument("--minutes", type=minutes_of, metavar="N", help="as many cards as take N minutes")
    actions = actions_of(quiz, required=False)
    add(
        actions,
        "stats",
        run_stats,
        "how much you know, what is due, the weakest topics, how sure you were and how right",
        example="mq quiz stats",
    )
    merge = add(
        actions,
        "merge",
        run_merge,
        "add the ratings of another journal, such as the page's file; twice is once",
        example="mq quiz merge cards.jsonl",
    )
    merge.add_argument("file", metavar="FILE", type=Path, help="a file of ratings, one a line")


def minutes_of(text: str) -> float:
    """A number of minutes above 0."""
    try:
        minutes = float(text)
    except ValueError:
        minutes = 0.0
    if not 0 < minutes < 24 * 60:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of minutes")
    return minutes


def run(arguments: argparse.Namespace) -> int:
    """Show the cards of the session, and keep each rating."""
    from mqcourse.book.questions import all_questions, check_topic, load_bank
    from mqcourse.quiz import asking, journal, schedule, session

    bank = load_bank()
    check_topic(bank, arguments.topic)
    wish = session.Wish(
        arguments.topic, LEVEL_NAMES.get(arguments.level or ""), arguments.due, arguments.minutes
    )
    planned = session.plan(all_questions(bank), schedule.replay(journal.read()), datetime.now(UTC), wish)
    if arguments.json:
        cards = [
            {
                "id": card.id,
                "topic": card.topic,
                "level": card.level,
                "kind": card.kind,
                "prompt": card.prompt,
            }
            for card in planned.cards
        ]
        answer(arguments, {"due": planned.due, "new": planned.new, "cards": cards}, "")
        return Exit.DONE
    if not planned.cards:
        asking.written(
            "No card fits. Without --due, new cards are shown as well; `mq quiz stats` lists the rest."
        )
        return Exit.DONE
    asking.written(f"{len(planned.cards)} cards: {planned.due} due, {planned.new} new.")
    width = min(shutil.get_terminal_size().columns, WIDEST)
    with asking.keys(sys.stdin) as key:
        rated = asking.ask(
            planned.cards, key, asking.written, lambda review: journal.keep([journal.line_of(review)]), width
        )
    asking.written(f"\n{rated} of {len(planned.cards)} rated.")
    return Exit.DONE


def run_stats(arguments: argparse.Namespace) -> int:
    """Print the statistics."""
    from dataclasses import asdict

    from mqcourse.book.questions import all_questions, load_bank
    from mqcourse.quiz import journal, schedule
    from mqcourse.quiz.statistics import statistics

    reviews = journal.read()
    found = statistics(
        all_questions(load_bank()), reviews, schedule.replay(reviews), datetime.now().astimezone()
    )
    answer(arguments, asdict(found), "\n".join(found.lines()))
    if not arguments.quiet and not arguments.json:
        say(f"The ratings are in {shown(journal.file())}.")
    return Exit.DONE


def run_merge(arguments: argparse.Namespace) -> int:
    """Append what is missing, and print how much that was."""
    from mqcourse.quiz import journal

    count = journal.merge(arguments.file)
    answer(arguments, {"added": count}, f"{count} ratings were added.")
    return Exit.DONE
