"""What is left of each habit in each file, held against what may be left: book/style/baseline.toml only goes down."""

import subprocess
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache

from mqcourse.home import CHECKOUT
from mqcourse.prose.style import ALLOWED, BASELINE, Allowed, Finding, allowed, findings, texts

Counts = Mapping[str, Mapping[str, int]]
HEAD = """# How many findings each file may still have: what the texts had when the rules were introduced. `make check` fails above
# that number. `python -m mqcourse.prose --lower` writes what is left now where it is less. Any other file may have none.
"""


def entry(file: str) -> str:
    """Where a file is counted: a chapter for itself, a module of Python with its package."""
    depth = 3 if file.startswith("emulator/") else 2
    return "/".join(file.split("/")[:depth]) if file.endswith(".py") else file


@cache
def found() -> dict[str, list[tuple[str, Finding]]]:
    """Every finding that no exception allows, with its file, by entry."""
    left: dict[str, list[tuple[str, Finding]]] = {}
    for file in texts():
        for finding in findings(file, (CHECKOUT / file).read_text(encoding="utf-8")):
            if not any(exception.fits(file, finding) for exception in allowed()):
                left.setdefault(entry(file), []).append((file, finding))
    return left


def counts() -> dict[str, Counter[str]]:
    """How often each rule is broken, by entry."""
    return {name: Counter(finding.rule for _, finding in places) for name, places in found().items()}


def counts_at(revision: str) -> dict[str, Counter[str]]:
    """The same for an older state of the texts, under today's rules; CalledProcessError without that commit."""

    def git(*arguments: str) -> str:
        command = ["git", "-C", str(CHECKOUT), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    old: dict[str, Counter[str]] = {}
    now = set(texts())
    for file in git("ls-tree", "-r", "--name-only", revision).splitlines():
        if file in now:
            here = findings(file, git("show", f"{revision}:{file}"))
            old.setdefault(entry(file), Counter()).update(finding.rule for finding in here)
    return old


def baseline() -> dict[str, int]:
    """How many findings may be left, by entry."""
    return tomllib.loads(BASELINE.read_text(encoding="utf-8")) if BASELINE.exists() else {}


def problems() -> Iterator[str]:
    """Every place of a file that has more findings than it may, and exceptions that match no place."""
    may = baseline()
    for name, places in found().items():
        limit = may.get(name, 0)
        if len(places) <= limit:
            continue
        if limit:
            yield f"{name}: {len(places)} findings, {limit} are allowed: repair as many as are new"
        for file, finding in places:
            sentence = " ".join(finding.sentence.split())
            yield f"{file}:{finding.line}: {finding.rule}: “{finding.words}” in “{sentence}”: {finding.instead}"
    for exception in allowed():
        here = [exception.file] if exception.file else texts()
        if not any((CHECKOUT / file).exists() and _needs(exception, file) for file in here):
            yield f"{ALLOWED.name}: no {exception.rule} with {exception.words!r} any more: take the exception out"


def _needs(exception: Allowed, file: str) -> bool:
    source = (CHECKOUT / file).read_text(encoding="utf-8")
    return any(exception.fits(file, finding) for finding in findings(file, source))


def lower() -> None:
    """Write what is left where that is less than what may be left; an entry with nothing left goes."""
    left = {name: min(limit, len(found().get(name, ()))) for name, limit in sorted(baseline().items())}
    write(left)


def write(limits: Mapping[str, int]) -> None:
    """The baseline file."""
    lines = [f'"{name}" = {limit}\n' for name, limit in sorted(limits.items()) if limit]
    BASELINE.write_text(HEAD + "\n" + "".join(lines), encoding="utf-8")
