"""What the page's scripts give, run by Node with the pinned ts-fsrs."""

import json
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from mqcourse.book.question import MINUTES, Question
from mqcourse.book.review import LOCKED, MODEL, STATIC
from mqcourse.install.npm import NODE, node_modules
from mqcourse.quiz.journal import Review, line_of

RUN = Path(__file__).parent / "page.cjs"
SCRIPTS = ("journal.js", "schedule.js", "statistics.js")


def in_page(**cases: list[Any]) -> dict[str, Any]:
    """The answers to `histories`, `plans`, `statistics` and `merges`; the page's time zone is UTC."""
    scripts = [str(node_modules(LOCKED) / MODEL), *(str(STATIC / name) for name in SCRIPTS)]
    every = {name: cases.get(name, []) for name in ("histories", "plans", "statistics", "merges")}
    answer = subprocess.run(
        [str(NODE), str(RUN), *scripts],
        input=json.dumps(every),
        capture_output=True,
        text=True,
        check=False,
        env={"TZ": "UTC"},
    )
    assert answer.returncode == 0, answer.stderr
    found: dict[str, Any] = json.loads(answer.stdout)
    return found


def milliseconds(at: datetime) -> int:
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def lines_of(reviews: list[Review]) -> list[dict[str, str]]:
    return [line_of(review) for review in reviews]


def card_of(question: Question) -> dict[str, Any]:
    """A card as the build lists it for the page."""
    return {
        "id": question.id,
        "topic": question.topic,
        "level": question.level,
        "minutes": MINUTES[question.kind],
    }
