"""The bank for other programs: a table (CSV), notes that Anki imports, one page of Markdown to print.

Anki's notes are a text file with Anki's own file headers (https://docs.ankiweb.net/importing/text-files.html). Each
note has an id that never changes, so a second import renews the notes and keeps their schedule.
"""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from mqcourse.book.card_markdown import back, front
from mqcourse.book.question import KINDS, LEVELS, Question
from mqcourse.book.questions import Topic

DECK = "Mastering message queues"
COLUMNS = (
    "id",
    "topic",
    "level",
    "kind",
    "question",
    "answer",
    "true of",
    "proof",
    "chapter",
    "sources",
)


def as_csv(questions: Iterable[Question], topics: Mapping[str, Topic]) -> str:
    """A line for each question below a line of titles (RFC 4180); texts are Markdown."""
    rows = (
        (
            question.id,
            topics[question.topic].title,
            LEVELS[question.level],
            KINDS[question.kind],
            front(question),
            back(question),
            question.versions,
            question.proof.shown,
            question.chapter,
            "\n".join(url for _, url in question.sources),
        )
        for question in questions
    )
    return _table([COLUMNS, *rows], ",", "\r\n")


@dataclass(frozen=True)
class Note:
    """A question as Anki has it: an id that stays, its deck, both sides in HTML, and its tags."""

    id: str
    deck: str
    front: str
    back: str
    tags: tuple[str, ...]


def as_note(question: Question, topics: Mapping[str, Topic]) -> Note:
    """The note of a question, in the deck of its topic."""
    return Note(
        id=f"mastering-message-queues-{question.id}",
        deck=f"{DECK}::{topics[question.topic].title}",
        front=_html(front(question)),
        back=_html(back(question)),
        tags=(f"level::{LEVELS[question.level].lower()}", f"kind::{question.kind}"),
    )


def as_anki(questions: Iterable[Question], topics: Mapping[str, Topic]) -> str:
    """Notes of Anki's type Basic in a deck for each topic, with tags for level and kind."""
    head = "#separator:tab\n#html:true\n#notetype:Basic\n#guid column:1\n#deck column:2\n#tags column:5\n"
    notes = (as_note(question, topics) for question in questions)
    rows = ((note.id, note.deck, note.front, note.back, " ".join(note.tags)) for note in notes)
    return head + _table(rows, "\t", "\n")


def as_markdown(questions: Sequence[Question], topics: Mapping[str, Topic]) -> str:
    """One page: a heading for each topic, below it each question with its answer."""
    found = [f"# {DECK}: {len(questions)} interview questions"]
    for topic in topics.values():
        cards = [question for question in questions if question.topic == topic.name]
        if cards:
            found.append(f"## {topic.title}")
        for card in cards:
            asked = front(card).removeprefix(card.prompt).strip()
            found += [f"### {card.prompt}", f"*{LEVELS[card.level]} · {KINDS[card.kind]}*"]
            found += [asked] if asked else []
            found.append(back(card))
    return "\n\n".join(found) + "\n"


FORMATS = {"csv": as_csv, "anki": as_anki, "markdown": as_markdown}


def _table(rows: Iterable[Sequence[str]], separator: str, end: str) -> str:
    held = io.StringIO()
    csv.writer(held, delimiter=separator, lineterminator=end).writerows(rows)
    return held.getvalue()


def _html(markdown: str) -> str:
    from markdown_it import MarkdownIt

    return str(MarkdownIt("commonmark").render(markdown)).strip()
