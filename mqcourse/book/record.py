"""The record of a chapter's run: what its cells gave, when, and on which versions. The book is built from records.

A record is a notebook of the code cells alone, `book/runs/PART/CHAPTER.ipynb`: GitHub shows it, `git diff` shows what
changed line by line, and nbformat defines its form. `book/runs/` holds the runs that the book is published with. A run
on a reader's machine lies in the state folder; the book prefers it while it fits the chapter's cells.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from difflib import SequenceMatcher
from functools import lru_cache
from pathlib import Path
from typing import Any

from mqcourse.book.chapter import Chapter, chapters
from mqcourse.book.fingerprint import fingerprint
from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.home import CHECKOUT, state_folder
from mqcourse.lateness import Late

OF_A_MACHINE = re.compile(
    r"(?<![\w.:/-])/(?:home|root|tmp|var|work|Users|private|mnt|srv|opt)/[\w.-]+[^\s\"'<]*"
)
"""A path that shows where somebody's checkout, home or temporary folder is."""


@dataclass(frozen=True)
class Claim:
    """A claim that did not hold: `said` is the assertion, `here` what was so.

    `late_s` and `busy` are how late the machine was while the cell ran, see mqcourse.lateness.
    """

    cell: int
    said: str
    here: str
    late_s: float
    busy: float

    @property
    def late(self) -> Late:
        """How late the machine was."""
        return Late(self.late_s, self.busy)

    @property
    def line(self) -> str:
        """In one line, as it is shown in the page and at the end of a run."""
        return f"said: {self.said}; here: {self.here}; {self.late}"


@dataclass(frozen=True)
class Record:
    """One run. `versions` by broker and package; `failed` names the cell that ended it, and the reason, "" for a whole run."""

    ran: datetime
    seconds: float
    versions: Mapping[str, str]
    fingerprint: str
    sources: tuple[str, ...]
    outputs: tuple[list[dict[str, Any]], ...]
    claims: tuple[Claim, ...] = field(default=())
    failed: str = ""

    def fits(self, chapter: Chapter) -> bool:
        """Whether the chapter's cells, and what they use of the course, are still those that ran."""
        return self.fingerprint == fingerprint(chapter)

    def outputs_of(self, chapter: Chapter) -> list[list[dict[str, Any]] | None]:
        """For each cell of the chapter as it is now: its outputs, or None where that cell has changed since its run."""
        found: list[list[dict[str, Any]] | None] = [None] * len(chapter.cells)
        now = [cell.source for cell in chapter.cells]
        for block in SequenceMatcher(a=self.sources, b=now, autojunk=False).get_matching_blocks():
            for i in range(block.size):
                found[block.b + i] = self.outputs[block.a + i]
        return found


def kept_path(chapter: Chapter) -> Path:
    """Where the repository keeps a chapter's run."""
    return chapter.root / "book" / "runs" / f"{chapter.name}.ipynb"


def own_path(chapter: Chapter) -> Path:
    """Where a run on this machine lies."""
    return state_folder() / "book" / "runs" / f"{chapter.name}.ipynb"


def write(record: Record, path: Path) -> None:
    """Write it, whole or not at all."""
    about = {
        "ran": record.ran.isoformat(),
        "seconds": round(record.seconds, 1),
        "versions": dict(sorted(record.versions.items())),
        "fingerprint": record.fingerprint,
        "claims": [vars(claim) for claim in record.claims],
        "failed": record.failed,
    }
    cells: list[dict[str, Any]] = [
        {
            "cell_type": "code",
            "execution_count": None,
            "id": f"cell-{number:02}",
            "metadata": {},
            "outputs": [_in_lines(output) for output in outputs],
            "source": source.splitlines(keepends=True),
        }
        for number, (source, outputs) in enumerate(zip(record.sources, record.outputs, strict=True), start=1)
    ]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook = {
        "cells": cells,
        "metadata": {"kernelspec": kernel, "mqcourse": about},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(
        json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n", encoding="utf-8"
    )
    part.replace(path)


def _in_lines(output: Mapping[str, Any]) -> dict[str, Any]:
    """Texts as lists of lines, as notebooks are written: a diff then shows the line that changed."""
    whole = dict(output)
    if isinstance(whole.get("text"), str):
        whole["text"] = whole["text"].splitlines(keepends=True)
    if "data" in whole:
        whole["data"] = {
            kind: value.splitlines(keepends=True) if isinstance(value, str) else value
            for kind, value in whole["data"].items()
        }
    return whole


def read(path: Path) -> Record | None:
    """The record at `path`, None where there is none. Raises CourseError for a file that is no record."""
    try:
        return _read(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (ValueError, LookupError, TypeError) as error:
        raise CourseError(
            f"{path.name} is not the record of a run ({type(error).__name__})",
            do="Delete it, or run the chapter again",
            code=Exit.ENVIRONMENT,
        ) from error


@lru_cache(maxsize=4)
def _read(file: bytes) -> Record:
    notebook = json.loads(file)
    about = notebook["metadata"]["mqcourse"]
    cells = notebook["cells"]
    return Record(
        ran=datetime.fromisoformat(about["ran"]),
        seconds=float(about["seconds"]),
        versions=about["versions"],
        fingerprint=about["fingerprint"],
        sources=tuple("".join(cell["source"]) for cell in cells),
        outputs=tuple(cell["outputs"] for cell in cells),
        claims=tuple(Claim(**claim) for claim in about["claims"]),
        failed=about["failed"],
    )


@dataclass(frozen=True)
class Chosen:
    """What a page is built from: a record, whether it is this machine's own, and a run here that did not end."""

    record: Record
    own: bool
    broken: Record | None = None


def choose(chapter: Chapter) -> Chosen | None:
    """This machine's run where it fits the chapter and ended, else the kept one, else any; None without a run."""
    own, kept = read(own_path(chapter)), read(kept_path(chapter))
    if own is not None and not own.fits(chapter):
        own = None
    if own is not None and (not own.failed or kept is None):
        return Chosen(own, own=True)
    return None if kept is None else Chosen(kept, own=False, broken=own)


def problems(root: Path = CHECKOUT) -> Iterator[str]:
    """What is wrong with the kept records, one line each: missing, older than the cells, of no chapter, untidy."""
    expected = {}
    for chapter in chapters(root):
        expected[kept_path(chapter)] = chapter
        yield from problems_of(chapter)
    runs = root / "book" / "runs"
    for path in sorted(runs.rglob("*")):
        if path.is_file() and path not in expected and path.name != "README.md":
            yield f"{path.relative_to(root).as_posix()} is the run of no chapter with cells: delete it"


def problems_of(chapter: Chapter) -> Iterator[str]:
    """The same for the record of one chapter."""
    again = f"start the brokers and run `mq book run --keep {chapter.file}`"
    path = kept_path(chapter)
    try:
        record = read(path)
    except CourseError as error:
        yield f"{chapter.file}: {error}"
        return
    if record is None:
        yield f"{chapter.file} was never run: {again}"
        return
    if not record.fits(chapter):
        what = (
            "its cells changed"
            if record.sources != _sources(chapter)
            else "what its cells use of the course changed"
        )
        yield f"{chapter.file}: {what} since its run was kept: {again}"
    for name in chapter.runs_with:
        if name not in record.versions:
            yield f"{chapter.file}: its head names {name}, which its kept run does not: {again}"
    for claim in record.claims:
        yield f"{chapter.file}: a claim did not hold in its kept run ({claim.said}): {again}"
    if record.failed:
        yield f"{chapter.file}: its kept run failed: {again}"
    text = path.read_text(encoding="utf-8")
    for found in sorted(set(OF_A_MACHINE.findall(text))):
        yield f"{path.relative_to(chapter.root).as_posix()} holds a path of somebody's machine: {found}"
    for number, outputs in enumerate(record.outputs, start=1):
        if any(output.get("name") == "stderr" for output in outputs):
            yield f"{chapter.file}: cell {number} writes to standard error in its kept run: fix the cell, and {again}"


def _sources(chapter: Chapter) -> tuple[str, ...]:
    return tuple(cell.source for cell in chapter.cells)
