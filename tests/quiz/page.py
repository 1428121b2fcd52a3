"""What the page's scripts give, run by Node with the pinned ts-fsrs."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from mqcourse.book.question import MINUTES, Question
from mqcourse.book.review import LOCKED, MODEL, STATIC
from mqcourse.install.npm import node_modules
from mqcourse.quiz.journal import Review, line_of
from tests import node

RUN = Path(__file__).parent / "page.cjs"
SCRIPTS = ("journal.js", "schedule.js", "statistics.js")


def in_page(**cases: list[Any]) -> dict[str, Any]:
    """The answers to `histories`, `plans`, `statistics` and `merges`; the page's time zone is UTC."""
    scripts = [node_modules(LOCKED) / MODEL, *(STATIC / name for name in SCRIPTS)]
    every = {name: cases.get(name, []) for name in ("histories", "plans", "statistics", "merges")}
    found: dict[str, Any] = json.loads(node.answer(every, RUN, *scripts, env={"TZ": "UTC"}))
    return found


def milliseconds(at: datetime) -> int:
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def lines_of(reviews: list[Review]) -> list[dict[str, Any]]:
    return [line_of(review) for review in reviews]


def card_of(question: Question) -> dict[str, Any]:
    """A card as the build lists it for the page."""
    return {
        "id": question.id,
        "topic": question.topic,
        "level": question.level,
        "minutes": MINUTES[question.kind],
    }
