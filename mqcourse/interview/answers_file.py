"""An interview as a file of JSON: the plan and what was typed for each case, so that a run can be repeated.

`level`, `minutes`, `seed` and `answers` are needed; each answer needs `card` and `ticked`, the line that was typed.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from mqcourse.book.question import LEVELS, Question, letter
from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.interview.agenda import Case, Plan, agenda
from mqcourse.interview.answer import Answer, Ticks, follow_ups, ticks_of
from mqcourse.interview.record import Interview

SHORT = {name.lower(): short for short, name in LEVELS.items()}
"""The short name of each level (J, M, S, St) by the name that is typed."""
PLAN_FIELDS = ("level", "minutes", "seed", "topic", "begun", "ticked_by", "answers")
ANSWER_FIELDS = ("card", "own", "ticked", "follow_ups", "seconds", "due")
TICKED_BY = ("you", "interviewer")
"""Whose ticks and notes a file has; without the field they are yours."""
NOT_TOLD = datetime(1970, 1, 1, tzinfo=UTC)
"""The begin of an interview whose file names none."""


def as_json(interview: Interview) -> dict[str, Any]:
    """The interview as this file has it."""
    plan = interview.plan
    return {
        "level": LEVELS[plan.level].lower(),
        "minutes": plan.minutes,
        "seed": plan.seed,
        "topic": plan.topic,
        "begun": interview.begun.astimezone(UTC).isoformat(timespec="seconds"),
        "ticked_by": interview.ticked_by,
        "answers": [
            {
                "card": answer.question.id,
                "own": answer.own,
                "ticked": typed(answer.ticks),
                "follow_ups": " ".join("y" if each else "n" for each in answer.follow_ups),
                "seconds": answer.seconds,
                "due": answer.due.isoformat() if answer.due else None,
            }
            for answer in interview.answers
        ],
    }


def typed(ticks: Ticks) -> str:
    """Ticks as the line that gives them."""
    numbers = [str(place + 1) for place in sorted(ticks.points)]
    return " ".join([*numbers, *(letter(place).lower() for place in sorted(ticks.wrong))])


def read(path: Path, bank: Sequence[Question]) -> Interview:
    """The interview of a file, its answers in the order of the plan. CourseError names the field that does not fit."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise CourseError(
            f"cannot read {path}: {reason}",
            do="Name a file of answers, such as a report's .json",
            code=Exit.USAGE,
        ) from error
    try:
        return from_json(json.loads(text), bank)
    except (ValueError, RecursionError) as error:
        raise CourseError(
            f"{path} is no file of answers: {error}", do="Correct it, and run it again", code=Exit.USAGE
        ) from error


def from_json(found: Any, bank: Sequence[Question]) -> Interview:
    """The interview of a parsed file. ValueError with the field that does not fit."""
    fields = _table(found, "the file", PLAN_FIELDS)
    level, topic = fields.get("level"), fields.get("topic")
    if level not in SHORT:
        raise ValueError(f"level: {level!r} is not one of {', '.join(SHORT)}")
    topics = {question.topic for question in bank}
    if topic is not None and topic not in topics:
        raise ValueError(f"topic: there is no topic {topic!r}")
    plan = Plan(SHORT[level], _whole(fields, "minutes"), _whole(fields, "seed"), topic)
    cases = agenda(bank, plan)
    entries = fields.get("answers")
    if not isinstance(entries, list):
        raise ValueError("answers: a list is needed")
    by_card: dict[str, Answer] = {}
    for entry in entries:
        answer = _answer(entry, cases)
        if answer.question.id in by_card:
            raise ValueError(f"card {answer.question.id!r} is answered twice")
        by_card[answer.question.id] = answer
    answers = tuple(by_card[case.question.id] for case in cases if case.question.id in by_card)
    ticked_by = fields.get("ticked_by", "you")
    if ticked_by not in TICKED_BY:
        raise ValueError(f"ticked_by: {ticked_by!r} is not one of {', '.join(TICKED_BY)}")
    return Interview(plan, cases, answers, _begun(fields.get("begun")), kept=False, ticked_by=ticked_by)


def _answer(entry: Any, cases: Sequence[Case]) -> Answer:
    fields = _table(entry, "an answer", ANSWER_FIELDS)
    card = fields.get("card")
    question = next((case.question for case in cases if case.question.id == card), None)
    if question is None:
        raise ValueError(f"card: {card!r} is not asked by this level, minutes, seed and topic")
    try:
        ticks = ticks_of(question, _text(fields, "ticked"))
    except ValueError as error:
        raise ValueError(f"card {card!r}, ticked: {error} is no number or letter of its list") from error
    asked = follow_ups(question, ticks)
    words = _text(fields, "follow_ups").split()
    if len(words) > len(asked) or any(word not in ("y", "n") for word in words):
        raise ValueError(f"card {card!r}, follow_ups: y or n is needed for each of {len(asked)}")
    heard = tuple(word == "y" for word in words) + (False,) * (len(asked) - len(words))
    due = fields.get("due")
    return Answer(
        question,
        _text(fields, "own"),
        ticks,
        heard,
        _whole(fields, "seconds", 0),
        date.fromisoformat(due) if isinstance(due, str) else None,
    )


def _table(found: Any, what: str, known: Sequence[str]) -> Mapping[str, Any]:
    if not isinstance(found, dict):
        raise ValueError(f"{what} is not a JSON object")
    for field in found:
        if field not in known:
            raise ValueError(f"unknown field {field!r}; fields: {', '.join(known)}")
    return found


def _text(fields: Mapping[str, Any], field: str) -> str:
    value = fields.get(field, "")
    if not isinstance(value, str):
        raise ValueError(f"{field}: a text is needed")
    return value


def _whole(fields: Mapping[str, Any], field: str, otherwise: int | None = None) -> int:
    value = fields.get(field, otherwise)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"{field}: a whole number from 0 is needed")
    return value


def _begun(found: Any) -> datetime:
    if found is None:
        return NOT_TOLD
    begun = datetime.fromisoformat(str(found))
    if begun.tzinfo is None:
        raise ValueError("begun: a time with its zone is needed")
    return begun
