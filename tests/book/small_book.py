"""A small book: its chapters and their records."""

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mqcourse.book import record as records
from mqcourse.book.chapter import Chapter
from mqcourse.book.fingerprint import fingerprint
from mqcourse.book.record import Record
from mqcourse.home import CHECKOUT

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
HEAD = """```{chapter-head}
minutes: 5
runs_with: [pika]
questions:
  - Why?
objectives:
  - Say why.
```
"""


def chapter_text(*cells: str, front: str = FRONT, words: str = "") -> str:
    """A chapter with these code cells."""
    blocks = "".join(f"\n```{{code-cell}} ipython3\n{cell}\n```\n" for cell in cells)
    return f"{front}# Chapter\n\n{HEAD}\n{words}\n{blocks}"


def write_book(source: Path, *names: str) -> Path:
    """A front page and chapters `part/NAME` whose cell prints 42, with the course's own settings. None was ever run."""
    (source / "book" / "part").mkdir(parents=True)
    shutil.copyfile(CHECKOUT / "_config.yml", source / "_config.yml")
    for name in ("_static", "_templates"):
        shutil.copytree(CHECKOUT / "book" / name, source / "book" / name)
    (source / "book" / "index.md").write_text("# Front\n\nWords.\n", encoding="utf-8")
    write_toc(source, *names)
    for name in names:
        write_chapter(source, name, chapter_text("print(6 * 7)"))
    return source


def write_toc(book: Path, *names: str) -> None:
    files = "".join(f"- file: book/part/{name}\n" for name in names)
    (book / "_toc.yml").write_text(f"format: jb-book\nroot: book/index\nchapters:\n{files}", encoding="utf-8")


def write_chapter(book: Path, name: str, text: str) -> None:
    (book / "book" / "part" / f"{name}.md").write_text(text, encoding="utf-8")


def text_output(text: str) -> dict[str, Any]:
    return {"output_type": "stream", "name": "stdout", "text": text}


def run_of(book: Path, *texts: str, day: int = 3, name: str = "one") -> Record:
    """A record of a chapter as it stands, its cells having printed `texts`."""
    chapter = Chapter(f"part/{name}", book)
    return Record(
        ran=datetime(2026, 10, day, 12, 0, tzinfo=UTC),
        seconds=1.0,
        versions={"pika": "9.9.9"},
        fingerprint=fingerprint(chapter),
        sources=tuple(cell.source for cell in chapter.cells),
        outputs=tuple([text_output(text)] for text in texts),
    )


def keep(book: Path, record: Record, name: str = "one") -> None:
    """As the run that the book comes with."""
    records.write(record, records.kept_path(Chapter(f"part/{name}", book)))


def own(book: Path, record: Record, name: str = "one") -> None:
    """As a run on this machine."""
    records.write(record, records.own_path(Chapter(f"part/{name}", book)))
