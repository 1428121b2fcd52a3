"""Interviews for tests: a plan, and what each case's person did."""

from collections.abc import Callable
from datetime import UTC, datetime

from mqcourse.book.question import Question
from mqcourse.book.questions import all_questions, load_bank
from mqcourse.interview.agenda import Plan, agenda
from mqcourse.interview.answer import Answer, Ticks, follow_ups, points
from mqcourse.interview.record import Interview

BANK = all_questions(load_bank())
BEGUN = datetime(2026, 11, 27, 10, 0, tzinfo=UTC)
PLAN = Plan("S", 45, 7)


def up_to(*levels: str) -> Callable[[Question], Ticks]:
    """A person who says every point of these levels, and no other."""
    return lambda question: Ticks(
        frozenset(place for place, point in enumerate(points(question)) if point.level in levels)
    )


def answered(
    question: Question, ticks: Ticks, *, own: str = "", heard: bool = True, seconds: int = 60
) -> Answer:
    asked = follow_ups(question, ticks)
    return Answer(question, own, ticks, tuple(heard for _ in asked), seconds)


def interview(ticks: Callable[[Question], Ticks], plan: Plan = PLAN, cases: int | None = None) -> Interview:
    """A whole interview, or its first cases."""
    planned = agenda(BANK, plan)
    answers = tuple(answered(case.question, ticks(case.question)) for case in planned[:cases])
    return Interview(plan, planned, answers, BEGUN, kept=False)
