"""The level that an interview reached, of the answers as the terminal keeps them."""

from collections.abc import Sequence

from mqcourse.interview.answer import Answer
from mqcourse.rubric import level
from mqcourse.rubric.level import LEAST_CASES as LEAST_CASES
from mqcourse.rubric.level import RULE as RULE
from mqcourse.rubric.level import Share


def shares(answers: Sequence[Answer]) -> list[Share]:
    """The count of each level over all cases that were answered."""
    return level.shares([answer.given for answer in answers])


def not_given(answers: Sequence[Answer]) -> str:
    """Why there is no level; empty where one is given."""
    return level.not_given([answer.given for answer in answers])


def reached(answers: Sequence[Answer]) -> str | None:
    """The level by the rule: "below junior", junior, mid, senior or staff; None where `not_given` has a reason."""
    return level.reached([answer.given for answer in answers]) or None
