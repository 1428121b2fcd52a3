"""The hidden checks: a module a lab, with CHECKS: exercise id -> a function of the answer that gives what it broke.

A check declares queues or topics with fresh names, runs the answer in processes of their own against the real broker,
and judges what happened. It looks at guarantees, so it holds no answer to read.
"""

from collections.abc import Callable, Sequence
from importlib import import_module

from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.grading.guarantees import Breach
from mqcourse.grading.trial import Answer

Check = Callable[[Answer], Sequence[Breach]]


def of_lab(name: str) -> dict[str, Check]:
    """The checks of a lab; CourseError when it has no module."""
    try:
        checks: dict[str, Check] = import_module(f"mqcourse.grading.checks.{name}").CHECKS
    except ModuleNotFoundError as error:
        raise CourseError(
            f"lab {name} has no checks", do=f"Write mqcourse/grading/checks/{name}.py", code=Exit.SAID_NO
        ) from error
    return checks
