"""The cases of an interview in their order, drawn by a seed from the cards at and around a level."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from mqcourse.book.interview_card import entries
from mqcourse.book.question import Question
from mqcourse.rubric.cases import fitting, planned


@dataclass(frozen=True)
class Plan:
    """What an agenda is made from: the level by its short name (J, M, S, St), whole minutes, the seed, a topic or none."""

    level: str
    minutes: int
    seed: int
    topic: str | None = None


@dataclass(frozen=True)
class Case:
    """A card that is asked, and the minutes planned for it."""

    question: Question
    minutes: int


def agenda(bank: Sequence[Question], plan: Plan) -> tuple[Case, ...]:
    """The cases in order; together they take no more than the plan's minutes.

    The same plan and the same bank give the same cases, whatever the order of the bank. Fewer minutes than the shortest
    case leave it empty; it may end before the minutes do when a topic has no more cards.
    """
    topic = plan.topic or ""
    drawn = random.Random(plan.seed)  # noqa: S311  # a plan to repeat, no secret
    cards = fitting(entries(bank), plan.level, topic)
    draws = [drawn.random() for _ in cards]
    by_id = {question.id: question for question in bank}
    return tuple(
        Case(by_id[entry.id], entry.minutes)
        for entry in planned(cards, plan.level, plan.minutes, topic, draws)
    )
