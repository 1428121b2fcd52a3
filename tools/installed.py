"""What a learner's install consists of: `python -m tools.installed` prints each package, its size, and what it is for.

The sizes are those of this environment's files. A package that no dependency of pyproject.toml needs is named as such.
"""

import sys
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import metadata

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from mqcourse.home import CHECKOUT

REQUIREMENTS = CHECKOUT / "requirements.txt"


@dataclass(frozen=True)
class Package:
    """One pinned package: the direct dependencies that need it, itself among them when it is one."""

    name: str
    size_bytes: int
    needed_by: tuple[str, ...]


def pinned(text: str) -> list[str]:
    """The names in a file of requirements, normalized."""
    names = (canonicalize_name(line.split("==")[0]) for line in text.splitlines() if "==" in line)
    return list(dict.fromkeys(names))  # a package may be pinned twice, for two ranges of Python


def needs(name: str, extras: Iterable[str] = ()) -> dict[str, set[str]]:
    """What an installed package requires on this machine, each with the extras that it requests."""
    found: dict[str, set[str]] = {}
    try:
        lines = metadata.requires(name) or []
    except metadata.PackageNotFoundError:  # for another system
        return {}
    for line in lines:
        requirement = Requirement(line)
        contexts = [{"extra": extra} for extra in ("", *extras)]
        if requirement.marker is None or any(requirement.marker.evaluate(each) for each in contexts):
            found.setdefault(canonicalize_name(requirement.name), set()).update(requirement.extras)
    return found


def pulled_in(direct: str) -> set[str]:
    """A direct dependency with all that it needs, at any depth."""
    first = Requirement(direct)
    waiting: list[tuple[str, frozenset[str]]] = [(canonicalize_name(first.name), frozenset(first.extras))]
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        one = waiting.pop()
        if one not in seen:
            seen.add(one)
            waiting += [(name, frozenset(extras)) for name, extras in needs(*one).items()]
    return {name for name, _ in seen}


def size_bytes(name: str) -> int:
    """The size of a package's files; 0 when it is not installed here."""
    try:
        files = metadata.files(name) or []
    except metadata.PackageNotFoundError:
        return 0
    return sum(path.stat().st_size for file in files if (path := file.locate()).is_file())  # type: ignore[attr-defined]


def packages(direct: Iterable[str], names: Iterable[str]) -> list[Package]:
    """Every pinned package, the largest first."""
    needed: Mapping[str, set[str]] = {Requirement(line).name: pulled_in(line) for line in direct}
    found = [
        Package(name, size_bytes(name), tuple(top for top, pulled in needed.items() if name in pulled))
        for name in names
    ]
    return sorted(found, key=lambda package: -package.size_bytes)


def table(found: list[Package]) -> str:
    """One line a package, and the sum."""
    lines = [f"{'MB':>7}  {'package':<28} needed by"]
    for package in found:
        alone = "" if len(package.needed_by) != 1 else " alone"
        needed_by = ", ".join(package.needed_by) + alone if package.needed_by else "nothing on this system"
        lines.append(f"{package.size_bytes / 1e6:>7.1f}  {package.name:<28} {needed_by}")
    total = sum(package.size_bytes for package in found)
    lines.append(f"{total / 1e6:>7.1f}  {len(found)} packages")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    sys.stdout.write(
        table(packages(project["dependencies"], pinned(REQUIREMENTS.read_text(encoding="utf-8"))))
    )
