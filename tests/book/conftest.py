"""A small book of one chapter, with the course's own settings and a state folder of its own."""

import shutil
from pathlib import Path

import pytest
from small_book import chapter_text

from mqcourse.home import CHECKOUT


@pytest.fixture
def book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a small book: a front page and `book/part/one.md`, whose cell prints 42. It was never run."""
    monkeypatch.setenv("MQ_HOME", str(tmp_path / "own state"))
    source = tmp_path / "the source"
    (source / "book" / "part").mkdir(parents=True)
    shutil.copyfile(CHECKOUT / "_config.yml", source / "_config.yml")
    shutil.copytree(CHECKOUT / "book" / "_static", source / "book" / "_static")
    (source / "_toc.yml").write_text(
        "format: jb-book\nroot: book/index\nchapters:\n- file: book/part/one\n", encoding="utf-8"
    )
    (source / "book" / "index.md").write_text("# Front\n\nWords.\n", encoding="utf-8")
    (source / "book" / "part" / "one.md").write_text(chapter_text("print(6 * 7)"), encoding="utf-8")
    return source
