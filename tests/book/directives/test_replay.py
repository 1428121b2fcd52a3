"""`{replay}`: what is in the page before any script runs, and what it says when there is nothing to play."""

import json
import pickle
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mqcourse.book.build import build_book
from mqcourse.book.chapter import Chapter
from mqcourse.book.directives.replay import element, recordings, sources_of
from mqcourse.book.record import Record
from mqcourse.errors import CourseError
from mqcourse.home import state_folder
from mqcourse.replay.recording import read
from mqcourse.replay.story import story
from mqcourse.replay.tape import MIME, digest_of
from tests.book import small_book

CELL = "first = 1\nsecond = 2"
SENT = {"who": "shop", "did": "published", "channel": 1, "exchange": "", "key": "q.1", "message": "</script>"}


def recorded(name: str = "one", *, end: bool = True) -> str:
    lines: list[dict[str, object]] = [
        {"replay": name, "broker": "rabbitmq", "format": 1, "began": "2026-11-27T07:00:00+00:00"},
        {"at_ms": 1.25, "who": "shop", "did": "declared", "queue": "q.1", "ready": 0, "consumers": 0},
        {"at_ms": 2.5, **SENT, "line": f"{digest_of(CELL)}:2"},
    ]
    lines += [{"end": {"events": 2, "missing": []}}] if end else []
    return "".join(json.dumps(line) + "\n" for line in lines)


def record_with(text: str) -> Record:
    output = {"output_type": "display_data", "metadata": {}, "data": {MIME: text.splitlines(keepends=True)}}
    return Record(
        ran=datetime(2026, 11, 27, tzinfo=UTC),
        seconds=1.0,
        versions={"rabbitmq": "4.0.5"},
        fingerprint="",
        sources=(CELL,),
        outputs=([output],),
    )


def test_every_event_is_a_row_with_its_time_and_its_line(book: Path) -> None:
    small_book.write_chapter(book, "one", small_book.chapter_text(CELL))
    record = record_with(recorded())
    found = read(recordings(record)["one"])
    told = story(found)
    html = element("One", found, told, record, sources_of(told, Chapter("part/one", book)))
    assert "27 November 2026 at 07:00:00 UTC with RabbitMQ 4.0.5" in html
    assert (
        "<td>2.500</td><td>shop publishes “&lt;/script&gt;” to 1.</td><td>cell 1 of this page, line 2</td>"
        in html
    )
    assert html.count("<tr>") == 3
    assert html.count("</script>") == 1, "a message must not end the script element"
    assert "not complete" not in html


def test_a_recording_that_lacks_something_says_so(book: Path) -> None:
    record = record_with(recorded(end=False))
    found = read(recordings(record)["one"])
    html = element("One", found, story(found), record, [])
    assert "This recording is not complete: its end is missing." in html


@pytest.mark.lengthy
def test_a_replay_that_the_run_does_not_have_fails_the_build_and_names_those_it_has(book: Path) -> None:
    text = small_book.chapter_text(CELL, words="```{replay} two\n```\n")
    small_book.write_chapter(book, "one", text)
    run = small_book.run_of(book, "")
    small_book.keep(book, replace(run, outputs=record_with(recorded()).outputs))
    with pytest.raises(CourseError, match=r"no recording 'two'; it has: one"):
        build_book(lambda line: None, source=book)


@pytest.mark.lengthy
def test_a_page_with_a_replay_is_made_again_when_its_sentences_change(book: Path) -> None:
    small_book.write_chapter(book, "one", small_book.chapter_text(CELL, words="```{replay} one\n```\n"))
    run = small_book.run_of(book, "")
    small_book.keep(book, replace(run, outputs=record_with(recorded()).outputs))
    build_book(lambda line: None, source=book)
    environment = state_folder() / "book" / "doctrees" / "environment.pickle"
    needs = pickle.loads(environment.read_bytes()).dependencies["book/part/one"]  # noqa: S301  made above
    names = {Path(name).name for name in needs}
    assert {"rabbitmq_story.py", "scene.py", "replay.py"} <= names
