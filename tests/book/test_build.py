"""Building: what a reader is told, and that no failure is ever forgotten."""

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mqcourse.book.build import Places, build_book, explain, progress
from mqcourse.errors import CourseError
from mqcourse.home import CHECKOUT, state_folder

FRONT = """---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  display_name: Python 3
  language: python
  name: python3
---

"""
GOOD = FRONT + "# Chapter\n\n```{code-cell} ipython3\nprint(6 * 7)\n```\n"
FAILS = FRONT + "# Chapter\n\n```{code-cell} ipython3\nfirst = 1\nassert first == 2, 'one is not two'\n```\n"
WARNS = GOOD + "\nSee [the chapter that is not there](nowhere.md).\n"


def said_nothing(_: str) -> None:
    raise AssertionError("nothing should be said")


def test_without_brokers_the_error_says_how_to_start_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MQ_HOME", str(tmp_path))  # where nothing was ever started
    with pytest.raises(CourseError, match="mq up rabbitmq"):
        build_book(said_nothing)


def test_a_failing_cell_is_told_by_chapter_line_and_error(tmp_path: Path) -> None:
    message = (
        "An error occurred while executing the following cell:\n------------------\nfirst = 1\nassert first == 2\n"
        "------------------\n\n\x1b[31mAssertionError\x1b[39m  Traceback\n      1 first = 1\n----> 2 assert first == 2\n\n"
        "\x1b[31mAssertionError\x1b[39m: one is not two\n"
    )
    broken = {"kind": "CellExecutionError", "chapter": str(tmp_path / "book" / "a.md"), "message": message}
    said = explain(broken, Places(tmp_path, tmp_path / "out"))
    assert said == (
        "a cell of book/a.md failed: AssertionError: one is not two, at `assert first == 2` "
        "(the cell begins with `first = 1`)"
    )


@pytest.mark.parametrize(
    ("event", "line"),
    [
        ({"event": "chapter", "name": "book/kafka/log", "place": 2, "of": 9}, "chapter 2 of 9: kafka/log"),
        ({"event": "read", "name": "book/kafka/log", "ran": True, "seconds": 12.34}, "  executed in 12.3 s"),
        ({"event": "read", "name": "book/kafka/log", "ran": False, "seconds": 0.2}, ""),
    ],
)
def test_progress_is_one_line_a_step(event: dict[str, Any], line: str) -> None:
    assert progress(event) == line


@pytest.fixture
def book(tmp_path: Path, stack: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small book with the course's own settings, and state of its own beside the run's brokers."""
    known = stack.endpoints
    monkeypatch.setenv("MQ_HOME", str(tmp_path / "own state"))
    monkeypatch.setenv("MQ_RABBITMQ_URL", known.rabbitmq_url)
    monkeypatch.setenv("MQ_KAFKA_BOOTSTRAP", known.kafka_bootstrap)
    source = tmp_path / "the source"
    (source / "book").mkdir(parents=True)
    shutil.copyfile(CHECKOUT / "_config.yml", source / "_config.yml")
    shutil.copytree(CHECKOUT / "book" / "_static", source / "book" / "_static")
    (source / "_toc.yml").write_text(
        "format: jb-book\nroot: book/index\nchapters:\n- file: book/chapter\n", encoding="utf-8"
    )
    (source / "book" / "index.md").write_text("# Front\n\nWords.\n", encoding="utf-8")
    (source / "book" / "chapter.md").write_text(GOOD, encoding="utf-8")
    return source


def build(source: Path) -> tuple[Path, list[str]]:
    said: list[str] = []
    return build_book(said.append, source=source), said


@pytest.mark.stack
def test_a_failing_cell_fails_the_build_every_time_until_it_is_mended(book: Path) -> None:
    chapter = book / "book" / "chapter.md"
    chapter.write_text(FAILS, encoding="utf-8")
    for _ in range(3):
        with pytest.raises(CourseError, match=r"book/chapter\.md failed: AssertionError: one is not two"):
            build(book)
    chapter.write_text(GOOD, encoding="utf-8")
    html, _ = build(book)
    assert "42" in (html / "book" / "chapter.html").read_text(encoding="utf-8")


@pytest.mark.stack
def test_a_cell_that_begins_to_fail_fails_a_book_that_was_built_before(book: Path) -> None:
    build(book)
    (book / "book" / "chapter.md").write_text(FAILS, encoding="utf-8")
    for _ in range(2):
        with pytest.raises(CourseError, match="one is not two"):
            build(book)


@pytest.mark.stack
def test_a_warning_fails_the_build_every_time_until_it_is_mended(book: Path) -> None:
    chapter = book / "book" / "chapter.md"
    chapter.write_text(WARNS, encoding="utf-8")
    for _ in range(2):
        with pytest.raises(CourseError, match=r"chapter\.md:\d+: WARNING.*nowhere\.md"):
            build(book)
    chapter.write_text(GOOD, encoding="utf-8")
    build(book)


@pytest.mark.stack
def test_results_are_kept_and_a_changed_cell_runs_again(book: Path) -> None:
    _, first = build(book)
    assert [line for line in first if "executed" in line]
    chapter = book / "book" / "chapter.md"
    chapter.write_text(GOOD + "\nMore words, the same cell.\n", encoding="utf-8")
    _, again = build(book)
    assert [line for line in again if "chapter" in line]
    assert not [line for line in again if "executed" in line]
    chapter.write_text(GOOD.replace("6 * 7", "6 * 8"), encoding="utf-8")
    html, changed = build(book)
    assert [line for line in changed if "executed" in line]
    assert "48" in (html / "book" / "chapter.html").read_text(encoding="utf-8")


@pytest.mark.stack
def test_the_page_of_a_chapter_that_is_gone_goes_too(book: Path) -> None:
    html, _ = build(book)
    assert (html / "book" / "chapter.html").exists()
    (book / "book" / "chapter.md").unlink()
    (book / "_toc.yml").write_text("format: jb-book\nroot: book/index\n", encoding="utf-8")
    html, _ = build(book)
    assert not (html / "book" / "chapter.html").exists()
    assert "book/index.html" in (html / "index.html").read_text(encoding="utf-8")


@pytest.mark.stack
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


@pytest.mark.stack
def test_plain_jupyter_book_builds_the_same_and_fails_on_a_failing_cell_twice(book: Path) -> None:
    command = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()", "build", str(book)]

    def run(words: list[str]) -> int:
        return subprocess.run(
            words,
            capture_output=True,
            check=False,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "PYTHONWARNINGS": ""},
        ).returncode

    assert run(command) == 0
    assert "42" in (book / "_build" / "html" / "book" / "chapter.html").read_text(encoding="utf-8")
    (book / "book" / "chapter.md").write_text(FAILS, encoding="utf-8")
    assert run(command) != 0
    assert run(command) != 0


@pytest.mark.stack
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
