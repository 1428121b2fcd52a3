"""Building: from records alone, without brokers; what the pages say of their runs; and no warning is ever forgotten."""

import fcntl
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from small_book import chapter_text, keep, run_of

from mqcourse.book import record as records
from mqcourse.book.build import build_book
from mqcourse.book.chapter import Chapter
from mqcourse.book.record import Claim, Record
from mqcourse.book.run import note
from mqcourse.errors import CourseError
from mqcourse.home import state_folder


def own(book: Path, record: Record) -> None:
    records.write(record, records.own_path(Chapter("part/one", book)))


def build(book: Path) -> str:
    """The chapter's page."""
    html = build_book(lambda line: None, source=book)
    return (html / "book" / "part" / "one.html").read_text(encoding="utf-8")


def words(page: str) -> str:
    """What the page says: Sphinx puts each word of a command into an element of its own."""
    return re.sub(r"<[^>]*>", "", page)


def test_outputs_versions_and_day_come_from_the_record_and_no_broker_is_asked(book: Path) -> None:
    keep(book, run_of(book, "what it gave\n"))
    page = build(book)
    assert "what it gave" in page
    assert "Run on 3 October 2026 with" in page
    assert "pika 9.9.9" in page
    assert "older state" not in page
    assert "mq book open part/one" in words(page)


def test_a_chapter_whose_cells_changed_says_so_on_its_page(book: Path) -> None:
    (book / "book" / "part" / "one.md").write_text(
        chapter_text("first = 1", "print(first)"), encoding="utf-8"
    )
    keep(book, run_of(book, "of the first\n", "of the second\n"))
    assert "older state" not in build(book)
    (book / "book" / "part" / "one.md").write_text(
        chapter_text("first = 1", "print(-first)"), encoding="utf-8"
    )
    page = build(book)
    assert "The code of this page changed after its last run. The outputs are of 3 October 2026" in page
    assert "mq book run part/one" in words(page)
    assert "of the first" in page
    assert "of the second" not in page
    assert "This cell was not run as it stands" in page


def test_words_that_change_need_no_new_run(book: Path) -> None:
    keep(book, run_of(book, "what it gave\n"))
    build(book)
    path = book / "book" / "part" / "one.md"
    path.write_text(chapter_text("print(6 * 7)", words="More words."), encoding="utf-8")
    page = build(book)
    assert "More words." in page
    assert "older state" not in page


def test_a_chapter_that_was_never_run_says_so_and_the_book_is_built(book: Path) -> None:
    assert "was never run" in build(book)


def test_a_run_on_this_machine_comes_before_the_kept_one_while_it_fits(book: Path) -> None:
    keep(book, run_of(book, "kept\n"))
    assert "kept" in build(book)
    own(book, run_of(book, "my own\n", day=5))
    page = build(book)
    assert "my own" in page
    assert "Run on this machine on 5 October 2026" in page
    own(book, replace(run_of(book, "my own\n"), fingerprint="of another state"))
    page = build(book)
    assert "my own" not in page
    assert "kept" in page


def test_a_claim_that_did_not_hold_stands_in_the_page_and_in_its_head(book: Path) -> None:
    claim = Claim(1, "rate < limit", "rate is 120", 0.075, 0.5)
    found = replace(run_of(book, "x\n"), claims=(claim,), outputs=([note(claim)],))
    own(book, found)
    page = build(book)
    assert "Said: <code>rate &lt; limit</code>. Here: rate is 120. This machine was late by 75 ms" in page
    assert "A claim of this page did not hold in this run" in page


def test_a_run_here_that_failed_leaves_the_kept_outputs_and_says_what_happened(book: Path) -> None:
    keep(book, run_of(book, "kept\n"))
    own(book, replace(run_of(book, "half\n", day=5), failed="a cell failed: OSError: no room"))
    page = build(book)
    assert "kept" in page
    assert "Your run of 5 October 2026 did not reach the end" in page
    assert "OSError: no room" in page


def test_a_record_that_is_none_is_named(book: Path) -> None:
    path = records.kept_path(Chapter("part/one", book))
    path.parent.mkdir(parents=True)
    path.write_text("{}", encoding="utf-8")
    with pytest.raises(CourseError, match=r"one\.ipynb is not the record of a run"):
        build(book)


def test_a_warning_fails_the_build_every_time_until_it_is_mended(book: Path) -> None:
    keep(book, run_of(book, "x\n"))
    path = book / "book" / "part" / "one.md"
    link = "See [the chapter that is not there](nowhere.md)."
    path.write_text(chapter_text("print(6 * 7)", words=link), encoding="utf-8")
    for _ in range(2):
        with pytest.raises(CourseError, match=r"one\.md:\d+: WARNING.*nowhere\.md"):
            build(book)
    path.write_text(chapter_text("print(6 * 7)"), encoding="utf-8")
    build(book)


def test_the_page_of_a_chapter_that_is_gone_goes_too(book: Path) -> None:
    build(book)
    html = state_folder() / "book" / "html"
    assert (html / "book" / "part" / "one.html").exists()
    (book / "book" / "part" / "one.md").unlink()
    (book / "_toc.yml").write_text("format: jb-book\nroot: book/index\n", encoding="utf-8")
    build_book(lambda line: None, source=book)
    assert not (html / "book" / "part" / "one.html").exists()
    assert "book/index.html" in (html / "index.html").read_text(encoding="utf-8")


def test_two_builds_at_once_one_says_that_the_other_runs(book: Path) -> None:
    folder = state_folder() / "book"
    folder.mkdir(parents=True)
    with (folder / "lock").open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write("4711")
        lock.flush()
        with pytest.raises(CourseError, match="built already, by process 4711"):
            build(book)
    build(book)


def test_plain_jupyter_book_builds_the_same_from_the_same_records(book: Path) -> None:
    keep(book, run_of(book, "what it gave\n"))
    command = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()", "build", str(book)]
    subprocess.run(
        command,
        capture_output=True,
        check=True,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "PYTHONWARNINGS": ""},
    )
    page = book / "_build" / "html" / "book" / "part" / "one.html"
    assert "what it gave" in page.read_text(encoding="utf-8")


def test_nothing_of_a_build_is_left_in_the_home_folder(
    book: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "a home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    for name in [name for name in os.environ if name.startswith("XDG_")]:
        monkeypatch.delenv(name)
    build(book)
    assert not list(home.iterdir())
