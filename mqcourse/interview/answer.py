"""What a person typed in one case: the ticks of a line, and what of it can be compared with the card."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from mqcourse.book.interview_card import card_of
from mqcourse.book.question import (
    Claim,
    FollowUp,
    Number,
    Options,
    Question,
    Steps,
    WrongAnswer,
    letter,
)
from mqcourse.rubric import ticks as counted
from mqcourse.rubric.card import Given, Point

AMOUNT = re.compile(r"[≈~]?\s*([+-]?[0-9,]*\.?[0-9]+)\s*(.*)")
VERDICT = re.compile(
    r"(true|false since|false|it depends|depends)(?:(?<=since) [A-Za-z0-9_ .]{1,30})?", re.IGNORECASE
)


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

    @cached_property
    def given(self) -> Given:
        """The answer as the count and the report take it."""
        own = self.compared
        return Given(
            card_of(self.question),
            self.own,
            last_line(self.own),
            "" if own is None else "right" if own else "wrong",
            sorted(self.ticks.points),
            sorted(self.ticks.wrong),
            list(self.follow_ups),
            self.seconds,
            self.due.isoformat() if self.due else "",
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
    return tuple(card_of(question).points)


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
    """What is asked next, by the levels of the points that were said."""
    places = counted.follow_up_places(card_of(question), sorted(ticks.points))
    return tuple(question.follow_ups[place] for place in places)


def rating(answer: Answer) -> str:
    """The rating for the schedule, one of the journal's, by a count."""
    return counted.rating(answer.given)


def last_line(own: str) -> str:
    """The last line of a typed text that is not empty: what is compared."""
    lines = [line.strip() for line in own.splitlines() if line.strip()]
    return lines[-1] if lines else ""


def compared(question: Question, own: str) -> bool | None:
    """Whether the last line of a typed answer is right, where it holds nothing but a number, letters or a verdict."""
    last = last_line(own).rstrip(".")
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
