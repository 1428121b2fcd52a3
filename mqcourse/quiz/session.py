"""Which cards a session shows, and in which order: what is due first, then what is new, as far as the minutes go."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from mqcourse.book.question import LEVELS, MINUTES, Question
from mqcourse.quiz.schedule import Memory


@dataclass(frozen=True)
class Wish:
    """What a session is limited to; None stands for no limit."""

    topic: str | None = None
    level: str | None = None
    due_only: bool = False
    minutes: float | None = None


@dataclass(frozen=True)
class Session:
    """The cards to show in order, and how many others of the wish were due or new."""

    cards: tuple[Question, ...]
    due: int
    new: int


def is_due(memory: Memory | None, now: datetime) -> bool:
    """Whether a card was rated before, and is to be shown again."""
    return memory is not None and memory.due <= now


def plan(questions: Iterable[Question], memories: Mapping[str, Memory], now: datetime, wish: Wish) -> Session:
    """The session: the longest overdue first, then new cards from the lowest level up.

    The first card is shown in any case: a design takes 45 minutes, and a session of 20 has something to show.
    """
    fitting = [
        question
        for question in questions
        if wish.topic in (None, question.topic) and wish.level in (None, question.level)
    ]
    due = [question for question in fitting if is_due(memories.get(question.id), now)]
    due.sort(key=lambda question: (memories[question.id].due, question.id))
    rank = {level: place for place, level in enumerate(LEVELS)}
    new = [question for question in fitting if question.id not in memories]
    new.sort(key=lambda question: rank[question.level])
    cards: list[Question] = []
    left = wish.minutes
    for question in [*due, *([] if wish.due_only else new)]:
        takes = MINUTES[question.kind]
        if left is not None and cards and takes > left:
            continue
        cards.append(question)
        left = None if left is None else left - takes
    return Session(tuple(cards), len(due), len(new))
