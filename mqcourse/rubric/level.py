"""The level that an interview reached: shares of the points of each level that were ticked."""

from dataclasses import dataclass

from mqcourse.rubric.card import Given
from mqcourse.rubric.levels import RUBRIC

LEAST_CASES = 3
"""Fewer cases give no level."""
RULE = (
    "A level counts as reached when two thirds of its points were ticked, and two thirds of the points of each level "
    "below it. Junior is one third of the mid points. Fewer than three cases, or no tick at all, give no level."
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


def junior_needs(counts: list[Share]) -> int:
    """The least number of mid points that reaches junior."""
    return int((counts[0].asked + 2) / 3)


def not_given(answers: list[Given]) -> str:
    """Why there is no level; empty where one is given. Cases without a tick were perhaps read only, so they are no level."""
    if len(answers) < LEAST_CASES:
        return "fewer than three cases"
    for given in answers:
        if len(given.points) > 0:
            return ""
    return "no point was ticked"


def reached(answers: list[Given]) -> str:
    """The level by the rule: "below junior", junior, mid, senior or staff; empty where `not_given` has a reason."""
    if not_given(answers) != "":
        return ""
    counts = shares(answers)
    found = "junior" if counts[0].said >= junior_needs(counts) else "below junior"
    for share in counts:
        if not share.holds:
            return found
        found = share.level
    return found
