"""The known wrong answers of a lab: tests/grading/wrong/NAME.toml, one table each."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from mqcourse.grading import master
from mqcourse.grading.guarantees import Guarantee
from mqcourse.grading.manifest import Lab

FOLDER = Path(__file__).parent / "wrong"


@dataclass(frozen=True)
class Wrong:
    """A wrong answer, the guarantee its verdict must name, and words it must say."""

    exercise: str
    mistake: str
    source: str
    broken: Guarantee
    says: str


def of(lab: Lab) -> list[Wrong]:
    """All of a lab, in the file's order; AssertionError when one no longer fits the solution it is made from."""
    solved = master.answers(lab, solved=True)
    entries = tomllib.loads((FOLDER / f"{lab.name}.toml").read_text(encoding="utf-8"))["wrong"]
    found = []
    for entry in entries:
        source = entry.get("answer") or solved[entry["exercise"]] + "\n"
        for old, new in entry.get("replace", ()):
            assert old in source, f"{entry['mistake']}: {old!r} is not in the solution"
            source = source.replace(old, new)
        assert source.strip() != solved[entry["exercise"]]
        found.append(
            Wrong(entry["exercise"], entry["mistake"], source, Guarantee[entry["broken"]], entry["says"])
        )
    return found


def rounds(wrongs: list[Wrong]) -> list[dict[str, Wrong]]:
    """The wrong answers in as few runs as possible: each run takes one of each exercise, as they are independent."""
    by_exercise: dict[str, list[Wrong]] = {}
    for wrong in wrongs:
        by_exercise.setdefault(wrong.exercise, []).append(wrong)
    most = max(len(each) for each in by_exercise.values())
    return [
        {exercise: each[number] for exercise, each in by_exercise.items() if number < len(each)}
        for number in range(most)
    ]
