"""A chapter of the book: its file, its code cells, and what its front matter and its head say about running it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.home import CHECKOUT
from mqcourse.products import BROKERS

FRONT = re.compile(r"\A---\n(?P<yaml>.*?)\n---\n", re.DOTALL)
HEAD = re.compile(r"^```\{chapter-head\}\n(?P<yaml>.*?)^```$", re.MULTILINE | re.DOTALL)
CODE_CELL = re.compile(
    r"^(?P<fence>`{3,}|:{3,})\{code-cell\}.*?$\n(?P<body>.*?)^(?P=fence)\s*$", re.MULTILINE | re.DOTALL
)
REPLAY = re.compile(r"^`{3,}\{replay\} (\S+)", re.MULTILINE)
TAGS = re.compile(r":tags:\s*\[(?P<tags>[^\]]*)\]")
"""What of a head's `runs_with` is a broker, by the stack's names; the rest are Python packages."""


@dataclass(frozen=True)
class Cell:
    """One code cell: its source as it is executed, and its tags."""

    source: str
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Chapter:
    """One file of the book. `name` is its path below `book/` without the suffix: "kafka/log"."""

    name: str
    root: Path = CHECKOUT

    @property
    def path(self) -> Path:
        """Its Markdown file."""
        return self.root / "book" / f"{self.name}.md"

    @property
    def file(self) -> str:
        """The file as a reader types it."""
        return f"book/{self.name}.md"

    @cached_property
    def text(self) -> str:
        """The whole file."""
        return self.path.read_text(encoding="utf-8")

    @property
    def title(self) -> str:
        return next(line[2:].strip() for line in self.text.splitlines() if line.startswith("# "))

    @cached_property
    def cells(self) -> tuple[Cell, ...]:
        """Its code cells in order, each without the options above its code."""
        return tuple(_cell(found["body"]) for found in CODE_CELL.finditer(self.text))

    @cached_property
    def front(self) -> dict[str, Any]:
        """The front matter; empty where there is none."""
        found = FRONT.match(self.text)
        read = yaml.safe_load(found["yaml"]) if found else None
        return read if isinstance(read, dict) else {}

    @property
    def alone(self) -> str:
        """Why this chapter has the machine to itself when it runs; "" for one that runs beside others."""
        return str((self.front.get("mqcourse") or {}).get("alone") or "")

    @cached_property
    def head(self) -> dict[str, Any]:
        """The settings of its `{chapter-head}`; empty for a page without one."""
        found = HEAD.search(self.text)
        return (yaml.safe_load(found["yaml"]) if found else None) or {}

    @property
    def replays(self) -> tuple[str, ...]:
        """The recordings that it plays, in its order."""
        return tuple(REPLAY.findall(self.text))

    @property
    def minutes(self) -> int:
        """The minutes that its head states; 0 without a head."""
        return int(self.head.get("minutes", 0))

    @property
    def runs_with(self) -> tuple[str, ...]:
        """Brokers and packages that its head names."""
        return tuple(self.head.get("runs_with") or ())

    @property
    def brokers(self) -> tuple[str, ...]:
        return tuple(name for name in self.runs_with if name in BROKERS)


def _cell(body: str) -> Cell:
    lines = body.splitlines()
    tags: tuple[str, ...] = ()
    while lines and (lines[0].startswith(":") or not lines[0].strip()):
        found = TAGS.match(lines.pop(0))
        if found:
            tags = tuple(tag.strip() for tag in found["tags"].split(",") if tag.strip())
    return Cell("\n".join(lines).strip("\n"), tags)


def pages(root: Path = CHECKOUT) -> tuple[Chapter, ...]:
    """Every page of `_toc.yml` in the book's order, the front page first."""
    toc = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    return tuple(Chapter(str(file).removeprefix("book/"), root) for file in (toc["root"], *_files(toc)))


def chapters(root: Path = CHECKOUT) -> tuple[Chapter, ...]:
    """Every page of `_toc.yml` that has code cells, in the book's order."""
    return tuple(page for page in pages(root) if page.path.is_file() and page.cells)


def _files(level: dict[str, Any]) -> Iterable[str]:
    for part in (*level.get("parts", ()), *level.get("chapters", ()), *level.get("sections", ())):
        if "file" in part:
            yield part["file"]
        yield from _files(part)


def named(names: Iterable[str | Path], root: Path = CHECKOUT) -> tuple[Chapter, ...]:
    """The chapters that a reader names: `kafka/log`, `book/kafka/log.md`, or a path to the file.

    Raises CourseError for what is no chapter with cells, and lists the chapters.
    """
    known = {chapter.name: chapter for chapter in chapters(root)}
    found = []
    for given in names:
        path = Path(given).absolute()
        inside = path.is_file() and path.is_relative_to(root / "book")
        name = path.relative_to(root / "book").as_posix() if inside else Path(given).as_posix()
        name = name.removeprefix("book/").removesuffix(".md")
        if name not in known:
            raise CourseError(
                f"no chapter {given} has code to run", do=f"Name one of: {', '.join(known)}", code=Exit.USAGE
            )
        found.append(known[name])
    return tuple(found)
