"""The known answers of a lab: wrong ones with the sentence of the exercise that each breaks, and right ones.

They are authored in solutions/NAME/wrong.toml and solutions/NAME/honest.toml. A wrong answer is the solution with some
lines replaced, or a whole `answer`; so is an honest one, which solves the exercise in another style.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.grading import master
from mqcourse.grading.guarantees import Guarantee
from mqcourse.grading.manifest import Lab
from mqcourse.grading.verdict import Verdict
from mqcourse.nearest import did_you_mean


@dataclass(frozen=True)
class Wrong:
    """A wrong answer, the guarantee its verdict must name, and words it must say."""

    exercise: str
    mistake: str
    source: str
    broken: tuple[Guarantee, ...]
    """One of them must be named: which one shows first may depend on the seed and the moment."""
    says: tuple[str, ...]
    """One of them must be said. `#` in it stands for any number: which message it is comes from the seed."""
    sentence: str = ""
    """The short name of the sentence that it breaks, as in the manifest."""

    def refused_rightly(self, verdict: Verdict) -> str:
        """Empty when the verdict refuses it for the right reason; otherwise what is wrong with the verdict."""
        said = "\n".join(breach.what for breach in verdict.breaches)
        if verdict.passed:
            return "pays"
        if not {*self.broken} & {breach.guarantee for breach in verdict.breaches}:
            return f"refused for another reason: {said}"
        if not any(re.search(re.escape(words).replace(r"\#", r"\d+"), said) for words in self.says):
            return f"refused in other words: {said}"
        return ""


@dataclass(frozen=True)
class Honest:
    """A right answer in another style."""

    exercise: str
    style: str
    source: str


def wrong(lab: Lab) -> list[Wrong]:
    """The known wrong answers, in the file's order; CourseError when one no longer fits the solution it is made from."""
    return [
        Wrong(
            entry["exercise"],
            entry["mistake"],
            source,
            tuple(_guarantee(name, lab, entry["mistake"]) for name in _one_or_more(entry["broken"])),
            tuple(_one_or_more(entry["says"])),
            entry.get("sentence", ""),
        )
        for entry, source in _entries(lab, lab.folder / "wrong.toml", "wrong", "mistake")
    ]


def honest(lab: Lab) -> list[Honest]:
    """The right answers in other styles; CourseError as for the wrong ones."""
    path = lab.folder / "honest.toml"
    return [
        Honest(entry["exercise"], entry["style"], source)
        for entry, source in _entries(lab, path, "honest", "style")
    ]


def _guarantee(name: str, lab: Lab, mistake: str) -> Guarantee:
    try:
        return Guarantee[name]
    except KeyError:
        raise CourseError(
            f"solutions/{lab.name}/wrong.toml: {mistake}: there is no guarantee {name}",
            do=did_you_mean(name, Guarantee.__members__, "mqcourse/grading/guarantees.py lists them"),
            code=Exit.SAID_NO,
        ) from None


def _one_or_more(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def _entries(lab: Lab, path: Path, table: str, name: str) -> Iterator[tuple[Mapping[str, Any], str]]:
    solved = master.answers(lab, solved=True)
    where = f"solutions/{lab.name}/{path.name}"
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8")).get(table, [])
    except (OSError, ValueError) as error:
        raise CourseError(f"{where} cannot be read: {error}", do="Write it", code=Exit.SAID_NO) from error
    needed = {"exercise", name, *(("broken", "says") if table == "wrong" else ())}
    for number, entry in enumerate(entries, 1):
        if missing := sorted(needed - set(entry)):
            raise CourseError(
                f"{where}: entry {number} has no {missing[0]!r}", do="Add it", code=Exit.SAID_NO
            )
        if entry["exercise"] not in solved:
            raise CourseError(
                f"{where}: {entry[name]}: the lab has no exercise {entry['exercise']!r}",
                do=did_you_mean(entry["exercise"], solved),
                code=Exit.SAID_NO,
            )
        source = entry.get("answer") or solved[entry["exercise"]] + "\n"
        for old, new in entry.get("replace", ()):
            if old not in source:
                raise CourseError(
                    f"{where}: {entry[name]}: {old!r} is not in the solution",
                    do="Make the entry fit the solution again",
                    code=Exit.SAID_NO,
                )
            source = source.replace(old, new)
        if source.strip() == solved[entry["exercise"]].strip():
            raise CourseError(
                f"{where}: {entry[name]}: it is the solution",
                do="Give it an answer",
                code=Exit.SAID_NO,
            )
        yield entry, source
