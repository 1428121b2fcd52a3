"""Branch coverage by package, out of coverage's JSON report: `make coverage`."""

import json
import sys
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass
class Coverage:
    """How many statements and branches there are, and how many of them a test ran."""

    statements: int = 0
    statements_run: int = 0
    branches: int = 0
    branches_run: int = 0

    def add(self, summary: Mapping[str, Any]) -> None:
        """Add one file, as coverage summarizes it."""
        self.statements += summary["num_statements"]
        self.statements_run += summary["covered_lines"]
        self.branches += summary["num_branches"]
        self.branches_run += summary["covered_branches"]


def package_of(file: str) -> str:
    """The package of a file, two folders deep: mqcourse/stack for mqcourse/stack/services/kafka.py.

    The folder around the emulator's package does not count.
    """
    parts = Path(file).parent.parts
    return "/".join(parts[1:3] if parts[0] == "emulator" else parts[:2])


def by_package(report: Mapping[str, Any]) -> dict[str, Coverage]:
    """The sums of `coverage json`, by package in the order of their names, and of all as "all"."""
    packages: dict[str, Coverage] = defaultdict(Coverage)
    total = Coverage()
    for file, found in report["files"].items():
        packages[package_of(file)].add(found["summary"])
        total.add(found["summary"])
    return {**dict(sorted(packages.items())), "all": total}


def table(packages: Mapping[str, Coverage]) -> str:
    """One line a package: percent of statements and of branches that ran."""
    lines = [f"{'package':<34} {'statements':>16} {'branches':>16}"]
    for name, found in packages.items():
        statements = _share(found.statements_run, found.statements)
        lines.append(f"{name:<34} {statements:>16} {_share(found.branches_run, found.branches):>16}")
    return "\n".join(lines) + "\n"


def _share(run: int, all_of_them: int) -> str:
    return f"{100 * run / all_of_them:.0f}% of {all_of_them}" if all_of_them else "none"


if __name__ == "__main__":
    sys.stdout.write(table(by_package(json.load(sys.stdin))))
