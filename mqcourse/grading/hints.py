"""Hints, one at a time and only when asked for; the worked answer after honest tries, recorded as shown."""

from datetime import UTC, datetime, timedelta

from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.grading import master, saved_points
from mqcourse.grading.manifest import Exercise, Lab
from mqcourse.grading.outcome import Unusable

TRIES = 3
"""After so many different answers that were judged, the worked answer may be shown,"""
AFTER = timedelta(minutes=20)
"""or so long after the first of them."""


def text(lab: Lab, exercise: Exercise, number: int | str | None, now: datetime | None = None) -> str:
    """A hint by its number from 1, the next one when None, or the worked answer ("answer").

    CourseError for a number there is not, or an answer that is asked for too early.
    """
    if number == "answer":
        return _answer(lab, exercise, now or datetime.now(UTC))
    there = exercise.hints
    shown = saved_points.hints_shown(lab.name, exercise.id)
    place = min(len(shown) + 1, len(there)) if number is None else number
    if not isinstance(place, int) or isinstance(place, bool) or not 1 <= place <= len(there):
        raise Unusable(
            f"{exercise.id} has no hint {number!r}",
            do=f"Choose one from 1 to {len(there)}, or the answer (after {TRIES} tries)",
        )
    saved_points.hint_shown(lab.name, exercise.id, place)
    more = "" if place == len(there) else f" There is a further one: hint {place + 1}."
    return f"Hint {place} of {len(there)}: {there[place - 1]}{more}"


def _answer(lab: Lab, exercise: Exercise, now: datetime) -> str:
    tries = saved_points.tries(lab.name, exercise.id)
    since = now - tries[0].time if tries else timedelta()
    different = len({each.digest for each in tries})
    if different < TRIES and since < AFTER:
        left_min = -(-(AFTER - since).seconds // 60)
        raise CourseError(
            f"the worked answer is shown after {TRIES} different tries or {AFTER.seconds // 60} minutes after the "
            f"first; this is after {different}" + (f", and {left_min} minutes are left" if tries else ""),
            do="Try once more, or ask for a hint",
            code=Exit.SAID_NO,
        )
    saved_points.answer_shown(lab.name, exercise.id)
    return f"{master.answers(lab, solved=True)[exercise.id]}\n"
