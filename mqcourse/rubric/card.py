"""A card as the count needs it, and what a person did with it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """A card as the plan needs it: `level` by its short name, `minutes` as planned for an interview."""

    id: str
    topic: str
    level: str
    kind: str
    minutes: int


@dataclass(frozen=True)
class Point:
    """A point of a card's rubric, and the level whose answer has it (mid, senior or staff)."""

    level: str
    text: str


@dataclass(frozen=True)
class Wrong:
    """A common wrong answer, and why it is wrong."""

    said: str
    why: str


@dataclass(frozen=True)
class Next:
    """What is asked next, and the answer to it."""

    ask: str
    answer: str


@dataclass(frozen=True)
class Card:
    """What a report needs of a card; every text is Markdown.

    `asked` is what was asked in one line, `title` the same cut for a heading; `beside` is what was shown with it, such
    as options or log lines, or empty; `right` is what the card has where a number, letters or a verdict is compared; `proof` is where it is proved, and `page` where to read.
    """

    entry: Entry
    kind: str
    asked: str
    title: str
    beside: str
    points: list[Point]
    wrong: list[Wrong]
    follow_ups: list[Next]
    strong: list[str]
    right: str
    proof: str
    page: str


@dataclass(frozen=True)
class Given:
    """One case as it was answered.

    `points` and `wrong` are the places that were ticked, from 0, rising; `heard` is, for each follow-up that was asked,
    whether it was answered; `compared` is right, wrong, or empty where the last line is free text; `last_line` is that
    line; `due` the day on which the card is shown again, or empty.
    """

    card: Card
    own: str
    last_line: str
    compared: str
    points: list[int]
    wrong: list[int]
    heard: list[bool]
    seconds: int
    due: str


@dataclass(frozen=True)
class Record:
    """A whole interview. `begun` is a time to show, or empty; `kept` names where the ratings are (see report.py);
    `ticked_by` is you or interviewer: whose ticks and notes these are."""

    level: str
    minutes: int
    seed: int
    topic: str
    cases: int
    begun: str
    kept: str
    ticked_by: str
    answers: list[Given]
