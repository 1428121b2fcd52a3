"""The journal of the quiz: a line for each rating of a card, only ever appended; two journals are merged as sets.

A line is the same in the page's file and here: {"card": id, "at": UTC time, "rating": one of RATINGS}, and perhaps more:
"sure" is how sure the reader was before the answer was shown, in percent.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import inf, isfinite
from pathlib import Path
from typing import Any

from mqcourse import json_lines
from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.home import state_folder

RATINGS = ("again", "hard", "good", "easy")
"""How well a card was known, from the key 1 to the key 4."""
Line = Mapping[str, Any]


@dataclass(frozen=True, order=True)
class Review:
    """One rating of a card."""

    at: datetime
    card: str
    rating: str
    sure: float | None = field(default=None, compare=False)
    """How sure the reader was of the answer, in percent; None where it was not said."""


def file() -> Path:
    """Where the lines are kept: progress/cards.jsonl in the state folder."""
    return state_folder() / "progress" / "cards.jsonl"


def line_of(review: Review) -> dict[str, Any]:
    """A rating as a line; the time as a browser writes it."""
    at = review.at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    line = {"card": review.card, "at": at, "rating": review.rating}
    return line if review.sure is None else {**line, "sure": review.sure}


def review_of(line: Line) -> Review | None:
    """The rating of a line; None for a line of something else."""
    card, rating = line.get("card"), line.get("rating")
    if not isinstance(card, str) or rating not in RATINGS:
        return None
    try:
        at = datetime.fromisoformat(str(line.get("at")))
    except ValueError:
        return None
    return Review(at.astimezone(UTC), card, str(rating), _sure(line)) if at.tzinfo else None


def _sure(line: Line) -> float | None:
    """How sure the reader was by this line; None for anything but a number."""
    sure = line.get("sure")
    return sure if isinstance(sure, int | float) and not isinstance(sure, bool) and isfinite(sure) else None


def history(lines: Iterable[Line]) -> tuple[Review, ...]:
    """Every rating once, in the order of time, whatever the order of the lines.

    Where two lines of one rating differ in how sure the reader was, the less sure counts.
    """
    each: dict[Review, Review] = {}
    for line in lines:
        if (review := review_of(line)) and _doubt(review) < _doubt(each.get(review)):
            each[review] = review
    return tuple(sorted(each.values()))


def _doubt(review: Review | None) -> tuple[int, float]:
    """Orders the lines of one rating: the least sure first, then what does not say it, then no line."""
    if review is None:
        return 2, inf
    return (1, inf) if review.sure is None else (0, review.sure)


def key(line: Line) -> str:
    """What makes two lines the same line."""
    return json.dumps(line, ensure_ascii=False, sort_keys=True)


def missing(ours: Iterable[Line], theirs: Iterable[Line]) -> list[Line]:
    """Their ratings that ours have not, each once, in an order that depends on what they are and on nothing else."""
    have = {key(line) for line in ours}
    found = {key(line): line for line in theirs if review_of(line)}
    return [found[name] for name in sorted(found) if name not in have]


def read(path: Path | None = None) -> tuple[Review, ...]:
    """Every rating of a journal, ours when none is named."""
    return history(json_lines.read(path or file()))


def keep(lines: Iterable[Line]) -> None:
    """Append lines to our journal; CourseError when they cannot be written."""
    try:
        json_lines.append(file(), lines)
    except OSError as error:
        raise CourseError(
            f"the rating could not be kept: {file().parent}: {error.strerror}",
            do="Free some space or repair the folder's permissions",
            code=Exit.ENVIRONMENT,
        ) from error


def merge(path: Path) -> int:
    """Append the ratings of another journal that ours lacks; gives their number. CourseError for a file without any."""
    try:
        theirs = list(json_lines.objects(path.read_text(encoding="utf-8", errors="replace")))
    except OSError as error:
        raise CourseError(
            f"cannot read {path}: {error.strerror}",
            do="Name the file that the page exported",
            code=Exit.USAGE,
        ) from error
    if not any(review_of(line) for line in theirs):
        raise CourseError(
            f"{path} holds no rating of a card", do="Name the file that the page exported", code=Exit.USAGE
        )
    new = missing(json_lines.read(file()), theirs)
    if new:
        keep(new)
    return len(new)
