"""What each chapter has: replays, questions, and the labs that come after it."""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from mqcourse.book.chapter import Chapter
from mqcourse.book.question import Question

BESIDES = ("questions/", "index", "glossary", "interview/facts", "interview/questions")
"""Pages that are no chapters: lists of what the chapters explain."""


@dataclass(frozen=True)
class Row:
    """One chapter."""

    chapter: str
    minutes: int
    runs: bool
    replays: int
    questions: int
    labs: tuple[str, ...]


@dataclass(frozen=True)
class ChapterCoverage:
    """All chapters, in the order of the book."""

    rows: tuple[Row, ...]

    def lines(self) -> list[str]:
        """The table, and what is missing."""
        wide = max(len(row.chapter) for row in self.rows) + 2
        found = [
            f"{'Chapter':<{wide}}{'minutes':>8}{'runs':>6}{'replays':>9}{'questions':>11}  labs after it"
        ]
        for row in self.rows:
            runs = "yes" if row.runs else "no"
            found.append(
                f"{row.chapter:<{wide}}{row.minutes:>8}{runs:>6}{row.replays:>9}{row.questions:>11}"
                f"  {', '.join(row.labs) or '-'}"
            )
        missing = [row.chapter for row in self.rows if not row.questions]
        return [
            *found,
            "",
            f"Without a question: {', '.join(missing)}." if missing else "Each chapter has a question.",
        ]

    def as_list(self) -> list[dict[str, object]]:
        """The same as JSON."""
        return [asdict(row) for row in self.rows]


def chapter_coverage(
    pages: Sequence[Chapter], questions: Iterable[Question], labs: Mapping[str, Iterable[str]]
) -> ChapterCoverage:
    """The table of these pages. `labs` has for each lab the chapters after which it is done."""
    asked = list(questions)
    rows = [
        Row(
            page.name,
            page.minutes,
            bool(page.cells),
            len(page.replays),
            sum(question.chapter == page.name for question in asked),
            tuple(sorted(name for name, about in labs.items() if page.name in about)),
        )
        for page in pages
        if not page.name.startswith(BESIDES)
    ]
    return ChapterCoverage(tuple(rows))


def labs_of(solutions: Path) -> dict[str, list[str]]:
    """For each lab the chapters that its lab.toml names."""
    found = {
        path.parent.name: tomllib.loads(path.read_text("utf-8")) for path in solutions.glob("*/lab.toml")
    }
    return {name: list(lab.get("chapters", [])) for name, lab in sorted(found.items())}
