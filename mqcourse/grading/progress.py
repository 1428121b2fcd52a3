"""What a learner has reached: one line for each verdict, only ever appended; the present state is a replay."""

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mqcourse.errors import CourseError
from mqcourse.grading.verdict import Report
from mqcourse.home import state_folder


def file() -> Path:
    """Where the lines are kept: progress/labs.jsonl in the state folder."""
    return state_folder() / "progress" / "labs.jsonl"


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
        path.parent.mkdir(parents=True, exist_ok=True)
        target = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(target, (json.dumps(line) + "\n").encode())
            os.fsync(target)
        finally:
            os.close(target)
    except OSError as error:
        raise CourseError(
            f"the verdict was reached ({report.points} of {report.lab.points} points) but not saved: {path.parent}: {error.strerror}",
            do="Make room or mend the folder's permissions, then grade again",
        ) from error
    return path


def best() -> dict[str, dict[str, int]]:
    """Lab -> exercise -> the most points ever reached in it. A line that a crash cut off is passed over."""
    reached: dict[str, dict[str, int]] = {}
    for line in _lines():
        lab = reached.setdefault(line["lab"], {})
        for exercise, points in line["exercises"].items():
            lab[exercise] = max(points, lab.get(exercise, 0))
    return reached


def _lines() -> Iterator[dict[str, Any]]:
    try:
        text = file().read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return
    for line in text.splitlines():
        try:
            entry = json.loads(line)
        except json.JSONDecodeError:
            continue
        if (
            isinstance(entry, dict)
            and isinstance(entry.get("lab"), str)
            and isinstance(entry.get("exercises"), dict)
        ):
            yield entry
