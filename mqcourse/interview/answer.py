"""What a person did with one case: the ticks, the follow-ups they lead to, and the rating that follows from both."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from mqcourse.book.question import (
    LEVELS,
    RUBRIC,
    Claim,
    FollowUp,
    Number,
    Options,
    Question,
    Steps,
    WrongAnswer,
    letter,
)

AMOUNT = re.compile(r"[≈~]?\s*([+-]?[\d,]*\.?\d+)\s*(.*)")
VERDICT = re.compile(
    r"(true|false since|false|it depends|depends)(?:(?<=since) [\w .]{1,30})?", re.IGNORECASE
)


@dataclass(frozen=True)
class Point:
    """A point of a card's rubric, and the level whose answer has it (mid, senior or staff)."""

    level: str
    text: str


@dataclass(frozen=True)
class Ticks:
    """What a person ticked as said: places of points, and places of common wrong answers, from 0."""

    points: frozenset[int] = frozenset()
    wrong: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Answer:
    """One case as it was answered.

    `follow_ups` is, for each follow-up that was asked, whether the person answered it; `due` is the day on which the
    card is shown again, where its rating was kept.
    """

    question: Question
    own: str
    ticks: Ticks
    follow_ups: tuple[bool, ...]
    seconds: int
    due: date | None = None

    @property
    def said(self) -> tuple[Point, ...]:
        """The points that were ticked."""
        return tuple(point for place, point in enumerate(points(self.question)) if place in self.ticks.points)

    @property
    def unsaid(self) -> tuple[Point, ...]:
        """The points that were not ticked."""
        return tuple(
            point for place, point in enumerate(points(self.question)) if place not in self.ticks.points
        )

    @property
    def false(self) -> tuple[WrongAnswer, ...]:
        """The common wrong answers that were ticked."""
        return tuple(wrong for place, wrong in enumerate(self.question.wrong) if place in self.ticks.wrong)

    @property
    def compared(self) -> bool | None:
        """Whether the number, letters or verdict in the last line is right; None where the line is something else."""
        return compared(self.question, self.own)


def points(question: Question) -> tuple[Point, ...]:
    """The points of a rubric in rising order of level: their places are the numbers to tick."""
    return tuple(Point(level, text) for level in RUBRIC for text in question.rubric[level])


def ticks_of(question: Question, typed: str) -> Ticks:
    """The ticks of a typed line such as "1 3 a"; ValueError names the first word that is on no line of the list."""
    numbers = {str(place + 1): place for place in range(len(points(question)))}
    letters = {letter(place).lower(): place for place in range(len(question.wrong))}
    words = typed.lower().replace(",", " ").split()
    for word in words:
        if word not in numbers and word not in letters:
            raise ValueError(word)
    return Ticks(
        frozenset(numbers[word] for word in words if word in numbers),
        frozenset(letters[word] for word in words if word in letters),
    )


def follow_ups(question: Question, ticks: Ticks) -> tuple[FollowUp, ...]:
    """What is asked next: both follow-ups after a staff point, the second after a senior point, the first after a mid
    point, and none where no point was said, because an interviewer then changes the subject."""
    said = {point.level for place, point in enumerate(points(question)) if place in ticks.points}
    if "staff" in said:
        return question.follow_ups
    if "senior" in said:
        return question.follow_ups[1:]
    return question.follow_ups[:1] if said else ()


def rating(answer: Answer) -> str:
    """The rating for the schedule, one of the journal's, by a count.

    again: no point was said, a wrong answer was ticked, or what was compared is not right. easy: every point and every
    follow-up. good: every point up to the card's own level. hard: some.
    """
    if not answer.said or answer.false or answer.compared is False:
        return "again"
    if not answer.unsaid and all(answer.follow_ups):
        return "easy"
    levels = list(LEVELS)
    own = max(levels.index(answer.question.level), 1)
    expected = list(RUBRIC)[:own]
    return "hard" if any(point.level in expected for point in answer.unsaid) else "good"


def compared(question: Question, own: str) -> bool | None:
    """Whether the last line of a typed answer is right, where it holds nothing but a number, letters or a verdict."""
    lines = [line.strip() for line in own.splitlines() if line.strip()]
    last = lines[-1].rstrip(".") if lines else ""
    match question.details:
        case Number() as number:
            found = AMOUNT.fullmatch(last)
            if not found or found[2].casefold() not in ("", number.unit.casefold()):
                return None
            return number.holds(float(found[1].replace(",", "")))
        case Options(letters=right):
            given = _letters(last)
            return None if given is None else sorted(given) == _letters(right)
        case Steps() as steps:
            given = _letters(last)
            return None if given is None else given == _letters(steps.letters(question.id))
        case Claim(verdict=verdict):
            told = VERDICT.fullmatch(last)
            if not told:
                return None
            word = told[1].lower().removeprefix("it ")
            return word == verdict or (word, verdict) == ("false", "false since")
    return None


def _letters(text: str) -> Sequence[str] | None:
    """The letters of "A, C" or "ac"; None for another text."""
    if not re.fullmatch(r"[A-Za-z](\s*[, ]\s*[A-Za-z])*|[A-H]+", text):
        return None
    return [sign.upper() for sign in text if sign.isalpha()]
