"""A small book of one chapter, with the course's own settings and a state folder of its own."""

from pathlib import Path

import pytest

from tests.book.small_book import write_book


@pytest.fixture
def book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a small book: a front page and `book/part/one.md`, whose cell prints 42. It was never run."""
    monkeypatch.setenv("MQ_HOME", str(tmp_path / "own state"))
    return write_book(tmp_path / "the source", "one")
