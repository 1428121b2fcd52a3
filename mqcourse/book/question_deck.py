"""The bank as a deck of Anki (`.apkg`), which its programs for phones read as well: they import no text.

Notes, decks and their type have ids that never change, so a second import adds nothing and keeps each card's schedule.
A note that changed is renewed if the file is younger than the note.
"""

import io
import zlib
from collections.abc import Mapping, Sequence

import genanki

from mqcourse.book.question import Question
from mqcourse.book.question_export import DECK, as_note
from mqcourse.book.questions import Topic

STYLE = """.card { font-family: sans-serif; font-size: 18px; text-align: left; max-width: 40em; margin: 0 auto }
pre { overflow-x: auto }"""
NOTE_TYPE = genanki.Model(
    1_795_000_000,
    DECK,
    fields=[{"name": "Front"}, {"name": "Back"}],
    templates=[{"name": "Card", "qfmt": "{{Front}}", "afmt": "{{FrontSide}}<hr id=answer>{{Back}}"}],
    css=STYLE,
)


def as_apkg(questions: Sequence[Question], topics: Mapping[str, Topic], when_s: float) -> bytes:
    """A deck for each topic below one deck, with tags for level and kind; `when_s` (Unix time) dates the notes."""
    decks: dict[str, genanki.Deck] = {}
    for question in questions:
        note = as_note(question, topics)
        deck = decks.setdefault(note.deck, genanki.Deck(_stable_id(question.topic), note.deck))
        deck.add_note(
            genanki.Note(NOTE_TYPE, fields=[note.front, note.back], guid=note.id, tags=[*note.tags])
        )
    held = io.BytesIO()
    genanki.Package([*decks.values()]).write_to_file(held, timestamp=when_s)
    return held.getvalue()


def _stable_id(topic: str) -> int:
    """The number of a topic's deck, the same in every file, so that a second import makes no second deck."""
    return 1_796_000_000 + zlib.crc32(topic.encode()) % 1_000_000
