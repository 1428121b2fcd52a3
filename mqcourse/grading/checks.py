"""The hidden checks of a lab: solutions/NAME/checks.py, with CHECKS: exercise id -> what an answer broke.

A check declares queues or topics with fresh names, runs the answer in separate processes against the real broker,
and judges what happened. It looks at guarantees, so it holds no answer to read.
"""

import importlib.util
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.grading.guarantees import Breach
from mqcourse.grading.manifest import Lab
from mqcourse.grading.trial import Answer

Check = Callable[[Answer], Sequence[Breach]]
_one_at_a_time = threading.Lock()
"""Answers are judged in threads, and a module that is half loaded is of no use to a second one."""


def of_lab(lab: Lab) -> dict[str, Check]:
    """The checks of a lab, by exercise; CourseError when it has none."""
    checks: Any = getattr(module(lab), "CHECKS", None)
    if not isinstance(checks, dict):
        raise CourseError(
            f"solutions/{lab.name}/checks.py has no CHECKS",
            do="Give it a dictionary: exercise id -> function of the answer",
            code=Exit.SAID_NO,
        )
    return checks


def module(lab: Lab) -> ModuleType:
    """A lab's checks.py, loaded once. No import statement finds it: solutions/ is on no search path."""
    name, path = f"{__name__}.{lab.name}", lab.folder / "checks.py"
    with _one_at_a_time:
        known = sys.modules.get(name)
        return known if known and known.__file__ == str(path) else _loaded(name, path)


def _loaded(name: str, path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None or not path.is_file():
        raise CourseError(
            f"lab {path.parent.name} has no checks",
            do=f"Write solutions/{path.parent.name}/checks.py",
            code=Exit.SAID_NO,
        )
    loaded = importlib.util.module_from_spec(spec)
    sys.modules[name] = loaded  # before it runs: a dataclass looks its own module up
    try:
        spec.loader.exec_module(loaded)
    except BaseException:
        del sys.modules[name]
        raise
    return loaded
