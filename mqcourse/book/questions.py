"""The bank of interview questions: book/questions/*.toml, loaded and held to its form."""

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from mqcourse.book.facts import load_facts
from mqcourse.book.question import Question
from mqcourse.book.question_form import read_question
from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.home import CHECKOUT
from mqcourse.nearest import did_you_mean

BANK = CHECKOUT / "book" / "questions"


@dataclass(frozen=True)
class Topic:
    """One file of the bank: its name, its title, its questions in order."""

    name: str
    title: str
    questions: tuple[Question, ...]


def load_bank(folder: Path = BANK, known_facts: Collection[str] | None = None) -> Mapping[str, Topic]:
    """Every topic by name, in the order of `order` in each file.

    `known_facts` are the fact ids there are (those of book/facts.toml when not given). Raises CourseError naming
    file, question and field of the first mistake, and how many more there are.
    """
    topics, problems = read_bank(folder, known_facts)
    if problems:
        more = (
            f" (and {len(problems) - 1} more: `mq questions check` lists them)" if len(problems) > 1 else ""
        )
        raise CourseError(problems[0] + more, code=Exit.SAID_NO)
    return topics


def read_bank(
    folder: Path = BANK, known_facts: Collection[str] | None = None
) -> tuple[Mapping[str, Topic], list[str]]:
    """The topics that can be read, and every mistake as "file, question, field: what is wrong"."""
    if known_facts is None:
        known_facts = load_facts()
    problems: list[str] = []
    found: list[tuple[int, Topic]] = []
    seen: dict[str, str] = {}
    files = sorted(folder.glob("*.toml"))
    if not files:
        problems.append(f"there is no question file in {folder}")
    for path in files:
        try:
            raw = _parsed(path.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            problems.append(f"{path.name}: not TOML: {error}")
            continue
        order, topic = _topic(path, raw, known_facts, seen, problems)
        found.append((order, topic))
    found.sort(key=lambda pair: (pair[0], pair[1].name))
    return {topic.name: topic for _, topic in found}, problems


@cache
def _parsed(text: str) -> dict[str, Any]:
    """The TOML, which nobody changes: a build of the book reads the same files many times."""
    return tomllib.loads(text)


def all_questions(topics: Mapping[str, Topic]) -> list[Question]:
    """Every question of the bank, in its order."""
    return [question for topic in topics.values() for question in topic.questions]


def chosen(topics: Mapping[str, Topic], topic: str | None, level: str | None) -> list[Question]:
    """The questions of a topic and of a level (J, M, S, St), in the order of the bank; None stands for all."""
    return [
        question
        for question in all_questions(topics)
        if topic in (None, question.topic) and level in (None, question.level)
    ]


def check_topic(topics: Mapping[str, Topic], name: str | None) -> None:
    """CourseError, with the nearest name, when somebody asked for a topic that the bank does not have."""
    if name is not None and name not in topics:
        raise CourseError(
            f"there is no topic {name!r}",
            do=did_you_mean(name, topics, f"The topics are {', '.join(topics)}"),
            code=Exit.USAGE,
        )


def find(topics: Mapping[str, Topic], name: str) -> Question:
    """The question of that id; CourseError when there is none."""
    for question in all_questions(topics):
        if question.id == name:
            return question
    raise CourseError(
        f"there is no question {name!r}", do="The ids are in book/questions/*.toml", code=Exit.USAGE
    )


def _topic(
    path: Path, raw: dict[str, Any], known_facts: Collection[str], seen: dict[str, str], problems: list[str]
) -> tuple[int, Topic]:
    def problem(field: str, what: str) -> None:
        problems.append(f"{path.name}, field {field!r}: {what}")

    title, order, questions = raw.get("title"), raw.get("order"), raw.get("question")
    if not isinstance(title, str) or not title.strip():
        problem("title", "a text is needed")
        title = path.stem
    if not isinstance(order, int) or isinstance(order, bool):
        problem("order", "a whole number is needed: the place of this topic among the others")
        order = 0
    for field in raw:
        if field not in ("title", "order", "question"):
            problem(field, "unknown; fields: title, order, [[question]]")
    if not isinstance(questions, list) or not questions:
        problem("question", "no [[question]] in the file")
        questions = []
    built = []
    for place, fields in enumerate(questions, 1):
        if not isinstance(fields, dict):
            problem("question", f"entry {place} is not a table")
            continue
        question, wrong = read_question(path, place, fields, known_facts)
        if question is not None and question.id in seen:
            wrong.append(f"{path.name}, question {question.id!r}, field 'id': also in {seen[question.id]}")
        problems += wrong
        if question is not None:
            seen.setdefault(question.id, path.name)
            built.append(question)
    return order, Topic(path.stem, title, tuple(built))
