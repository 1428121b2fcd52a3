"""What a learner has reached: one line for each verdict, only ever appended; the present state is a replay."""

import contextlib
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mqcourse import json_lines
from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.grading.manifest import Lab
from mqcourse.grading.verdict import Report, State
from mqcourse.home import state_folder


def file() -> Path:
    """Where the lines are kept: progress/labs.jsonl in the state folder."""
    return state_folder() / "progress" / "labs.jsonl"


@dataclass(frozen=True)
class Try:
    """One answer that was judged and did not pass."""

    time: datetime
    digest: str
    """Of its source: the same answer again is no further try."""


def steps_file() -> Path:
    """Where tries and what was shown are kept: progress/steps.jsonl in the state folder."""
    return state_folder() / "progress" / "steps.jsonl"


def tried(lab: str, exercise: str, source: str, state: State) -> None:
    """Keep that an answer was judged. What was not answered is no try."""
    if state is not State.UNTOUCHED:
        digest = hashlib.sha256(source.strip().encode("utf-8", "replace")).hexdigest()[:16]
        _step(lab, exercise, "passed" if state is State.PASSED else "try", digest=digest)


def tries(lab: str, exercise: str) -> list[Try]:
    """The answers to an exercise that did not pass, the first one first."""
    found = []
    for line in _steps(lab, exercise, "try"):
        with contextlib.suppress(ValueError):  # a line that was damaged
            found.append(Try(datetime.fromisoformat(str(line.get("time"))), str(line.get("digest"))))
    return found


def hint_shown(lab: str, exercise: str, number: int) -> None:
    """Keep that a hint was shown."""
    _step(lab, exercise, "hint", number=number)


def hints_shown(lab: str, exercise: str) -> set[int]:
    """Numbers of the hints that were shown."""
    return {line["number"] for line in _steps(lab, exercise, "hint") if type(line.get("number")) is int}


def answer_shown(lab: str, exercise: str) -> None:
    """Keep that the worked answer was shown."""
    _step(lab, exercise, "answer")


def answers_shown(lab: str) -> set[str]:
    """Ids of the exercises of a lab whose worked answer was shown."""
    return {
        line["exercise"]
        for line in json_lines.read(steps_file())
        if line.get("lab") == lab and line.get("step") == "answer" and isinstance(line.get("exercise"), str)
    }


def _step(lab: str, exercise: str, step: str, **more: Any) -> None:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    try:
        json_lines.append(
            steps_file(), [{"time": now, "lab": lab, "exercise": exercise, "step": step, **more}]
        )
    except OSError as error:
        raise CourseError(
            f"progress could not be kept: {steps_file().parent}: {error.strerror}",
            do="Free some space or repair the folder's permissions",
            code=Exit.ENVIRONMENT,
        ) from error


def _steps(lab: str, exercise: str, step: str) -> Iterator[dict[str, Any]]:
    for line in json_lines.read(steps_file()):
        if (line.get("lab"), line.get("exercise"), line.get("step")) == (lab, exercise, step):
            yield line


def save(report: Report, now: datetime | None = None) -> Path:
    """Append one line, in one write, so that two gradings at once cannot mix theirs; gives the file.

    CourseError when it cannot be written.
    """
    line = {
        "time": (now or datetime.now(UTC)).isoformat(timespec="seconds"),
        "lab": report.lab.name,
        "points": report.points,
        "of": report.lab.points,
        "exercises": {verdict.exercise.id: verdict.points for verdict in report.verdicts},
    }
    path = file()
    try:
        json_lines.append(path, [line])
    except OSError as error:
        raise CourseError(
            f"the verdict was reached ({report.points} of {report.lab.points} points) but not saved: {path.parent}: {error.strerror}",
            do="Free some space or repair the folder's permissions, then grade again",
            code=Exit.ENVIRONMENT,
        ) from error
    return path


def best() -> dict[str, dict[str, int]]:
    """Lab -> exercise -> the most points ever reached in it. A line that a crash cut off is passed over."""
    most: dict[str, dict[str, int]] = {}
    for line in json_lines.read(file()):
        if not (isinstance(line.get("lab"), str) and isinstance(line.get("exercises"), dict)):
            continue
        lab = most.setdefault(line["lab"], {})
        for exercise, points in line["exercises"].items():
            if type(points) is int:
                lab[exercise] = max(points, lab.get(exercise, 0))
    return most


def reached(lab: Lab, best: Mapping[str, Mapping[str, int]]) -> int:
    """The points of a lab so far."""
    return sum(best.get(lab.name, {}).get(exercise.id, 0) for exercise in lab.exercises)


def next_lab(labs: Iterable[Lab], best: Mapping[str, Mapping[str, int]]) -> Lab | None:
    """The first lab with missing points; None when all are reached."""
    return next((lab for lab in labs if reached(lab, best) < lab.points), None)
