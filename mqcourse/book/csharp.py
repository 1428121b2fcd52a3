"""The C# twins of a chapter's cells: programs in `book/PART/csharp/`, one file each, and what they must print.

A chapter names a program below the cells that it repeats. What those cells printed in the chapter's kept run is what the
program has to print, but for the lines that the chapter lists as different. `tests/book/test_csharp.py` runs them.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from mqcourse.book.chapter import CODE_CELL, Chapter
from mqcourse.book.record import kept_path, read

VARIABLE = "SERVICEBUS_CONNECTION_STRING"
"""Where the programs read the address of the service."""
TWIN = re.compile(
    r"^(?P<fence>`{3,})\{csharp\} (?P<name>\S+)\n(?P<yaml>.*?)^(?P=fence)\s*$", re.MULTILINE | re.DOTALL
)
DURATION = re.compile(r"\d+(?:\.\d+)? s\b")
SIGNS = re.compile(r"[^\w$<>=+/-]+")


@dataclass(frozen=True)
class Twin:
    """One program beside a chapter's cells: `cells` is how many of those above it repeats.

    `differs` are pairs of lines (Python's, C#'s). `varies` are patterns of what differs from run to run.
    """

    chapter: Chapter
    name: str
    first: int
    cells: int
    differs: Sequence[Mapping[str, str]] = field(default=())
    varies: Sequence[str] = field(default=())

    @property
    def path(self) -> Path:
        """The C# file."""
        return source(self.chapter, self.name)

    def expected(self) -> list[str]:
        """The lines that the program has to print, in the form of `comparable`.

        From the chapter's kept run. Raises ValueError for a listed difference that the cells did not print.
        """
        record = read(kept_path(self.chapter))
        outputs = record.outputs_of(self.chapter) if record else []
        printed = [
            text_of(output)
            for cell, found in list(zip(self.chapter.cells, outputs, strict=False))[
                self.first : self.first + self.cells
            ]
            for output in found or ()
            if not cell.source.startswith("%%writefile")
        ]
        lines = self.comparable("".join(printed))
        for pair in self.differs:
            here = self.comparable(pair["python"])
            at = next((i for i in range(len(lines)) if lines[i : i + len(here)] == here), None)
            if at is None:
                raise ValueError(f"the cells above {self.name} did not print {pair['python']!r}")
            lines[at : at + len(here)] = self.comparable(pair["csharp"])
        return lines

    def comparable(self, printed: str) -> list[str]:
        """Lines as words and numbers, without punctuation, lengths of time, what varies, and empty lines."""
        for pattern in self.varies:
            printed = re.sub(pattern, "", printed)
        lines = [SIGNS.sub(" ", DURATION.sub("… s", line)).strip() for line in printed.splitlines()]
        return [line for line in lines if line]


def source(chapter: Chapter, name: str) -> Path:
    """Where the program of that name is: in the folder `csharp` beside the chapter."""
    return chapter.path.parent / "csharp" / f"{name}.cs"


def text_of(output: Mapping[str, Any]) -> str:
    """What a cell printed; empty for a figure or a recording."""
    text = output.get("text", "")
    return "".join(text) if isinstance(text, list) else str(text)


def twins(chapter: Chapter) -> Iterator[Twin]:
    """The programs that a chapter shows, in its order."""
    for found in TWIN.finditer(chapter.text):
        settings = yaml.safe_load(found["yaml"]) or {}
        above = sum(1 for _ in CODE_CELL.finditer(chapter.text, 0, found.start()))
        cells = int(settings.get("cells", 1))
        yield Twin(
            chapter,
            found["name"],
            above - cells,
            cells,
            tuple(settings.get("differs") or ()),
            tuple(settings.get("varies") or ()),
        )
