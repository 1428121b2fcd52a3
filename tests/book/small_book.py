"""Chapters and records of a book of one chapter."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mqcourse.book import record as records
from mqcourse.book.chapter import Chapter
from mqcourse.book.fingerprint import fingerprint
from mqcourse.book.record import Record

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


def text_output(text: str) -> dict[str, Any]:
    return {"output_type": "stream", "name": "stdout", "text": text}


def run_of(book: Path, *texts: str, day: int = 3) -> Record:
    """A record of the book's chapter as it stands, its cells having printed `texts`."""
    chapter = Chapter("part/one", book)
    return Record(
        ran=datetime(2026, 10, day, 12, 0, tzinfo=UTC),
        seconds=1.0,
        versions={"pika": "9.9.9"},
        fingerprint=fingerprint(chapter),
        sources=tuple(cell.source for cell in chapter.cells),
        outputs=tuple([text_output(text)] for text in texts),
    )


def keep(book: Path, record: Record) -> None:
    records.write(record, records.kept_path(Chapter("part/one", book)))
