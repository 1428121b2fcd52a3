"""The bank of interview questions: book/questions/*.toml, loaded and held to its form."""

import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mqcourse.book.facts import load_facts
from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.home import CHECKOUT

BANK = CHECKOUT / "book" / "questions"
LEVELS = {"J": "Junior", "M": "Mid", "S": "Senior", "St": "Staff"}
"""Short name in the bank, name on the page; in rising order."""
ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
FIELDS = (
    "id",
    "level",
    "prompt",
    "strong",
    "follow_up",
    "follow_up_answer",
    "wrong",
    "why_wrong",
    "sources",
    "facts",
)


@dataclass(frozen=True)
class Question:
    """A question with the content of a strong answer.

    Texts are Markdown. `strong` holds the points of a strong answer, most important first; `wrong` is the answer
    that is often given, `why_wrong` what is the matter with it; `facts` are ids of book/facts.toml that the answer
    leans on; `sources` are pairs (title, https address).
    """

    id: str
    topic: str
    level: str
    prompt: str
    strong: tuple[str, ...]
    follow_up: str
    follow_up_answer: str
    wrong: str
    why_wrong: str
    sources: tuple[tuple[str, str], ...]
    facts: tuple[str, ...] = ()


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
            raw = tomllib.loads(path.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            problems.append(f"{path.name}: not TOML: {error}")
            continue
        order, topic = _topic(path, raw, known_facts, seen, problems)
        found.append((order, topic))
    found.sort(key=lambda pair: (pair[0], pair[1].name))
    return {topic.name: topic for _, topic in found}, problems


def find(topics: Mapping[str, Topic], name: str) -> Question:
    """The question of that id; CourseError when there is none."""
    for topic in topics.values():
        for question in topic.questions:
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
        question, wrong = _question(path, place, fields, known_facts)
        if question is not None and question.id in seen:
            wrong.append(f"{path.name}, question {question.id!r}, field 'id': also in {seen[question.id]}")
        problems += wrong
        if question is not None:
            seen.setdefault(question.id, path.name)
            built.append(question)
    return order, Topic(path.stem, title, tuple(built))


def _question(
    path: Path, place: int, fields: dict[str, Any], known_facts: Collection[str]
) -> tuple[Question | None, list[str]]:
    name = fields.get("id")
    called = repr(name) if isinstance(name, str) and name else f"number {place}"
    wrong: list[str] = []

    def problem(field: str, what: str) -> None:
        wrong.append(f"{path.name}, question {called}, field {field!r}: {what}")

    for field in fields:
        if field not in FIELDS:
            problem(field, f"unknown; fields: {', '.join(FIELDS)}")
    if not isinstance(name, str) or not ID.fullmatch(name):
        problem("id", f"{name!r} is not an id (small letters, digits, single hyphens)")
    if not isinstance(fields.get("level"), str) or fields["level"] not in LEVELS:
        problem("level", f"{fields.get('level')!r} is not one of {', '.join(LEVELS)}")
    for field in ("prompt", "follow_up", "follow_up_answer", "wrong", "why_wrong"):
        text = fields.get(field)
        if not isinstance(text, str) or not text.strip():
            problem(field, "a text is needed")
    strong = _texts(fields.get("strong"))
    if strong is None or len(strong) < 2:
        problem("strong", "a list of two or more texts is needed: what a strong answer contains")
    sources = _sources(fields.get("sources"))
    if not sources:
        problem("sources", 'one or more are needed, each { title = "…", url = "https://…" }')
    facts = _texts(fields.get("facts", []))
    if facts is None:
        problem("facts", "a list of fact ids is needed")
    for fact in facts or ():
        if fact not in known_facts:
            problem("facts", f"there is no fact {fact!r} in facts.toml")
    if wrong:
        return None, wrong
    texts = {
        key: fields[key].strip() for key in ("prompt", "follow_up", "follow_up_answer", "wrong", "why_wrong")
    }
    return (
        Question(
            id=fields["id"],
            topic=path.stem,
            level=fields["level"],
            strong=strong or (),
            sources=sources or (),
            facts=facts or (),
            **texts,
        ),
        [],
    )


def _texts(value: Any) -> tuple[str, ...] | None:
    """The texts of a list of texts; None for anything else, an empty string included."""
    if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
        return None
    return tuple(value)


def _sources(value: Any) -> tuple[tuple[str, str], ...] | None:
    """Pairs (title, https address); None for anything else."""
    if not isinstance(value, list):
        return None
    found: list[tuple[str, str]] = []
    for item in value:
        if not isinstance(item, dict) or set(item) != {"title", "url"}:
            return None
        title, url = item["title"], item["url"]
        if (
            not isinstance(title, str)
            or not title
            or not isinstance(url, str)
            or not url.startswith("https://")
        ):
            return None
        found.append((title, url))
    return tuple(found)
