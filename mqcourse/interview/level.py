"""The level that an interview reached: shares of the points of each level that were ticked."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from mqcourse.book.question import RUBRIC
from mqcourse.interview.answer import Answer, points

NEEDED = Fraction(2, 3)
"""A level is reached with this share of its points, and of the points of every level below it."""
JUNIOR = Fraction(1, 3)
"""Junior is reached with this share of the mid points: a rubric has no points of a junior answer."""
LEAST_CASES = 3
"""Fewer cases give no level."""
RULE = (
    "A level counts as reached when two thirds of its points were ticked, and two thirds of the points of each level "
    "below it. Junior is one third of the mid points. Fewer than three cases give no level."
)


@dataclass(frozen=True)
class Share:
    """How many points of a level were ticked, of how many."""

    level: str
    said: int
    asked: int

    @property
    def needed(self) -> int:
        """The least number of ticks that reaches the level."""
        return -(-self.asked * NEEDED.numerator // NEEDED.denominator)

    @property
    def holds(self) -> bool:
        """Whether two thirds were ticked."""
        return self.said >= self.needed


def shares(answers: Sequence[Answer]) -> tuple[Share, ...]:
    """The count of each level over all cases that were answered."""
    return tuple(
        Share(
            level,
            sum(point.level == level for answer in answers for point in answer.said),
            sum(point.level == level for answer in answers for point in points(answer.question)),
        )
        for level in RUBRIC
    )


def reached(answers: Sequence[Answer]) -> str | None:
    """The level by the rule: "below junior", junior, mid, senior or staff; None for too few cases."""
    if len(answers) < LEAST_CASES:
        return None
    counts = shares(answers)
    found = "junior" if counts[0].said >= JUNIOR * counts[0].asked else "below junior"
    for share in counts:
        if not share.holds:
            break
        found = share.level
    return found
