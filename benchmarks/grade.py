"""How long a learner waits for a verdict: `mq grade` on each lab, unanswered and solved.

It needs the running stack (`mq up`). Each figure is the whole command, from the shell's point of view.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from mqcourse.bench.table import Table
from mqcourse.errors import CourseError
from mqcourse.grading import manifest, master

RUNS = 3
TARGET_S = 10.0
"""A learner who waits longer stops trying small changes."""

LOCKED, LOCKED_TARGET_S = "servicebus_peek_lock", 15.0
"""This lab waits for Service Bus's shortest lock, 5 s, to expire, and one exercise must outlast it by half."""


def measure(say: Callable[[str], None]) -> Table:
    """A row for each lab and kind of notebook: seconds of RUNS commands, and the points, which must be as expected."""
    rows: list[tuple[str, str, int, float, float, str]] = []
    with tempfile.TemporaryDirectory() as folder:
        for lab in manifest.load():
            for kind, text, points in (
                ("unanswered", master.lab_notebook(lab), 0),
                ("solved", master.solution_notebook(lab), lab.points),
            ):
                path = Path(folder) / f"{lab.name}-{kind}.ipynb"
                path.write_text(text, encoding="utf-8")
                took_s = []
                for number in range(1, RUNS + 1):
                    say(f"{lab.name}, {kind}: {number} of {RUNS}")
                    took_s.append(_graded(path, points))
                rows.append(
                    (
                        lab.name,
                        kind,
                        len(lab.exercises),
                        round(statistics.median(took_s), 2),
                        round(max(took_s), 2),
                        f"{points} of {lab.points}",
                    )
                )
    slowest_s = max(row[3] for row in rows if row[0] != LOCKED)
    locked_s = max(row[3] for row in rows if row[0] == LOCKED)
    return Table(
        title="The time of a verdict",
        columns=("lab", "notebook", "exercises", "median s", "longest s", "points"),
        rows=rows,
        versions={name: version(name) for name in ("nbval", "pytest", "ipykernel", "pika", "kafka-python")},
        targets=[
            ("slowest median verdict, s", slowest_s, f"<= {TARGET_S:g}", slowest_s <= TARGET_S),
            (
                f"{LOCKED}, which waits for locks of 5 s to expire, s",
                locked_s,
                f"<= {LOCKED_TARGET_S:g}",
                locked_s <= LOCKED_TARGET_S,
            ),
        ],
        notes=[
            f"{RUNS} runs of the whole command each: start, kernel, all exercises side by side, real crashes."
        ],
    )


def _graded(path: Path, points: int) -> float:
    began_s = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "mqcourse.cli", "grade", str(path), "--json", "--no-save"],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    took_s = time.monotonic() - began_s
    verdict = json.loads(done.stdout or "{}")
    if "points" not in verdict:
        raise CourseError(f"grading {path.name} gave no verdict: {done.stderr.strip()}")
    if verdict["points"] != points:
        raise CourseError(
            f"{path.name} got {verdict['points']} points instead of {points}: a time for a wrong verdict says nothing"
        )
    return took_s
