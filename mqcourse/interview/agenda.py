"""The cases of an interview in their order, drawn by a seed from the cards at and around a level."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from mqcourse.book.question import LEVELS, MINUTES, Question

DESIGN_MINUTES = 25
"""A design has 45 minutes on its card. In an interview it has these, so that other cases fit beside it."""
LARGEST_SHARE = 0.6
"""A case takes at most this share of the minutes, because one case alone is too little to count. A named topic is free of
it: some topics have long cases only."""
GROUPS = {
    "recall": ("recall", "choice", "choices", "order", "spot"),
    "claim": ("claim",),
    "estimate": ("estimate", "numeric"),
    "incident": ("incident",),
    "design": ("design",),
}
"""The kinds of cards that each place of a cycle draws from."""
CYCLES = {
    "J": ("recall", "claim", "recall", "estimate", "recall"),
    "M": ("recall", "incident", "claim", "estimate", "recall"),
    "S": ("recall", "design", "claim", "estimate", "incident", "recall"),
    "St": ("recall", "design", "incident", "claim", "estimate", "recall"),
}
"""The order of an interview at each level, repeated while minutes are left. It begins with a short question."""
AT, BELOW, ABOVE = 6.0, 2.0, 1.0
"""How likely a card of the level itself is drawn, of the level below, and of the level above."""


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


def minutes_for(question: Question) -> int:
    """The minutes planned for a card."""
    return DESIGN_MINUTES if question.kind == "design" else MINUTES[question.kind]


def agenda(bank: Sequence[Question], plan: Plan) -> tuple[Case, ...]:
    """The cases in order; together they take no more than the plan's minutes.

    The same plan and the same bank give the same cases, whatever the order of the bank. Fewer minutes than the shortest
    case leave it empty; it may end before the minutes do when a topic has no more cards.
    """
    drawn = random.Random(plan.seed)  # noqa: S311  # a plan to repeat, no secret
    weights = _weights(plan.level)
    fitting = [
        question
        for question in sorted(bank, key=lambda question: question.id)
        if question.level in weights and plan.topic in (None, question.topic)
    ]
    # Each card's key is a weighted draw (Efraimidis and Spirakis, 2006): the largest first.
    keys = {question.id: drawn.random() ** (1 / weights[question.level]) for question in fitting}
    fitting.sort(key=lambda question: -keys[question.id])
    cycle = CYCLES[plan.level]
    longest = LARGEST_SHARE * plan.minutes
    if plan.topic is not None:
        cycle = (*cycle, *(group for group in GROUPS if group not in cycle))
        longest = plan.minutes
    cases: list[Case] = []
    left = plan.minutes
    while True:
        before = len(cases)
        for group in cycle:
            case = _first(fitting, GROUPS[group], left, longest)
            if case is not None:
                fitting.remove(case.question)
                cases.append(case)
                left -= case.minutes
        if len(cases) == before:
            return tuple(cases)


def _weights(level: str) -> dict[str, float]:
    levels = list(LEVELS)
    place = levels.index(level)
    weights = {level: AT}
    if place:
        weights[levels[place - 1]] = BELOW
    if place + 1 < len(levels):
        weights[levels[place + 1]] = ABOVE
    return weights


def _first(fitting: Sequence[Question], kinds: Sequence[str], left: int, longest: float) -> Case | None:
    for question in fitting:
        takes = minutes_for(question)
        shortest = takes == min(MINUTES.values())
        if question.kind in kinds and takes <= left and (shortest or takes <= longest):
            return Case(question, takes)
    return None
