"""`check(...)` in a notebook: the verdict on the exercise just answered, by the same checks that `mq grade` runs."""

import linecache
from collections.abc import Callable
from typing import Any

from mqcourse.errors import CourseError
from mqcourse.grading import manifest, master
from mqcourse.grading.judge import judge
from mqcourse.grading.trial import Answer


class NotYet(CourseError):
    """The answer broke a guarantee. A notebook shows it in plain words, without a traceback."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__(" ".join(lines))
        self._lines = lines

    def _render_traceback_(self) -> list[str]:
        """IPython's hook for what a notebook shows of an exception."""
        return self._lines


def check(lab_name: str, exercise_id: str, function: Callable[..., Any]) -> None:
    """Run the exercise's check on the cell that defined `function`, and say what it is worth.

    The answer runs in processes of its own, so only what stands in its cell (and in the notebook's first cell) counts.
    NotYet when a guarantee broke; CourseError when a broker does not answer.
    """
    lab = manifest.find(lab_name)
    exercise = lab.exercise(exercise_id)
    verdict = judge(lab, exercise, Answer(master.setup_source(lab), cell_of(function)))
    if not verdict.passed:
        raise NotYet(
            [f"0 of {exercise.points} points: {exercise.title}", *(f"  {line}" for line in verdict.lines())]
        )
    print(f"{verdict.points} of {exercise.points} points: {exercise.title}. {exercise.guarantee}")  # noqa: T201


def cell_of(function: Callable[..., Any]) -> str:
    """The whole source of the notebook cell that defined a function, its imports and other functions included."""
    code = getattr(function, "__code__", None)
    source = "".join(linecache.getlines(code.co_filename)) if code else ""
    if not source:
        raise CourseError(
            "check() needs a function that a cell of this notebook defines", do="Run the answer cell first"
        )
    return source
