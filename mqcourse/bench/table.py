"""The table a benchmark ends in: printed for people, dumped as JSON, kept in the repo."""

import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

Cell = str | int | float | None


@dataclass(frozen=True)
class Table:
    """Rows of figures with their units in the column names, the versions they were measured with, and notes.

    `target` rows say what was to be reached and whether it was: (what, figure, limit, met).
    """

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    versions: Mapping[str, str] = field(default_factory=dict)
    targets: Sequence[tuple[str, float, str, bool]] = ()
    notes: Sequence[str] = ()

    def as_json(self, command: str) -> str:
        """One JSON object; rows become objects keyed by column."""
        return json.dumps(
            {
                "title": self.title,
                "command": command,
                "date": datetime.now(UTC).date().isoformat(),
                "machine": machine(),
                "versions": dict(self.versions),
                "rows": [dict(zip(self.columns, row, strict=True)) for row in self.rows],
                "targets": [
                    {"what": what, "figure": figure, "limit": limit, "met": met}
                    for what, figure, limit, met in self.targets
                ],
                "notes": list(self.notes),
            },
            indent=2,
        )

    def as_markdown(self, command: str) -> str:
        """A page with the command that made it, the date, the machine, and the table."""
        body = [[_shown(cell) for cell in row] for row in self.rows]
        widths = [
            max(len(str(column)), *(len(row[i]) for row in body), 3) if body else len(str(column))
            for i, column in enumerate(self.columns)
        ]

        def line(cells: Sequence[str]) -> str:
            return (
                "| " + " | ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)) + " |"
            )

        parts = [
            f"# {self.title}",
            "",
            f"Made by `{command}` on {datetime.now(UTC).date().isoformat()}, {machine()}"
            + "".join(f", {name} {version}" for name, version in self.versions.items())
            + ".",
            "",
            line([str(column) for column in self.columns]),
            "| " + " | ".join("-" * width for width in widths) + " |",
            *(line(row) for row in body),
        ]
        if self.targets:
            parts += ["", "| target | measured | limit | met |", "| --- | --- | --- | --- |"]
            parts += [
                f"| {what} | {_shown(figure)} | {limit} | {'yes' if met else 'no'} |"
                for what, figure, limit, met in self.targets
            ]
        if self.notes:
            parts += ["", *(f"- {note}" for note in self.notes)]
        return "\n".join(parts) + "\n"


def machine() -> str:
    """Kind of processor, number of cores and Python, without the machine's name."""
    import os

    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"


def _shown(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float):
        return f"{cell:.3g}" if abs(cell) < 100 else f"{cell:,.0f}"
    if isinstance(cell, int) and not isinstance(cell, bool):
        return f"{cell:,}"
    return str(cell)
