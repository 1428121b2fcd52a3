"""The level that an interview reached: shares of the points of each level that were ticked."""

from dataclasses import dataclass

from mqcourse.rubric.card import Given
from mqcourse.rubric.levels import RUBRIC

LEAST_CASES = 3
"""Fewer cases give no level."""
RULE = (
    "A level counts as reached when two thirds of its points were ticked, and two thirds of the points of each level "
    "below it. Junior is one third of the mid points. Fewer than three cases give no level."
)


@dataclass(frozen=True)
class Share:
    """How many points of a level were ticked, of how many; the least number that reaches the level, and whether it is."""

    level: str
    said: int
    asked: int
    needed: int
    holds: bool


def shares(answers: list[Given]) -> list[Share]:
    """The count of each level over all cases that were answered."""
    found: list[Share] = []
    for level in RUBRIC:
        said = 0
        asked = 0
        for given in answers:
            for at, point in enumerate(given.card.points):
                if point.level == level:
                    asked = asked + 1
                    said = said + (1 if at in given.points else 0)
        needed = int((2 * asked + 2) / 3)
        found.append(Share(level, said, asked, needed, said >= needed))
    return found


def reached(answers: list[Given]) -> str:
    """The level by the rule: "below junior", junior, mid, senior or staff; empty for too few cases."""
    if len(answers) < LEAST_CASES:
        return ""
    counts = shares(answers)
    found = "junior" if 3 * counts[0].said >= counts[0].asked else "below junior"
    for share in counts:
        if not share.holds:
            return found
        found = share.level
    return found
