"""What follows from the ticks of one case: the follow-ups that are asked, and the rating."""

from mqcourse.rubric.card import Card, Given
from mqcourse.rubric.levels import LEVELS, RUBRIC


def follow_up_places(card: Card, ticked: list[int]) -> list[int]:
    """Which follow-ups are asked: both after a staff point, the second after a senior point, the first after a mid
    point, and none where no point was said, because an interviewer then changes the subject."""
    said = [card.points[place].level for place in ticked]
    both = [place for place in range(len(card.follow_ups))]
    if "staff" in said:
        return both
    if "senior" in said:
        return both[1:]
    return both[:1] if len(said) > 0 else []


def unsaid(given: Given) -> list[int]:
    """The places of the points that were not ticked."""
    found: list[int] = []
    for place in range(len(given.card.points)):
        if place not in given.points:
            found.append(place)
    return found


def rating(given: Given) -> str:
    """The rating for the schedule, one of the journal's, by a count.

    again: no point was said, a wrong answer was ticked, or what was compared is not right. easy: every point and every
    follow-up. good: every point up to the card's own level. hard: some.
    """
    if len(given.points) == 0 or len(given.wrong) > 0 or given.compared == "wrong":
        return "again"
    missing = unsaid(given)
    if len(missing) == 0 and False not in given.heard:
        return "easy"
    expected = list(RUBRIC)[: max(list(LEVELS).index(given.card.entry.level), 1)]
    for place in missing:
        if given.card.points[place].level in expected:
            return "hard"
    return "good"
