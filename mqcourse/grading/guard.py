"""What an answer's process may not reach: the grader, the solutions, the known wrong answers.

This closes the ways that take a line (`import mqcourse.grading.master`, `open("solutions/…")`, a command that names
them). It is no sandbox: labs/grader.md lists what stays open.
"""

import importlib.abc
import os
import sys
import types
from collections.abc import Sequence
from typing import Any

from mqcourse.home import CHECKOUT

CLOSED = ("solutions", "mqcourse/grading", "tests/grading", "_build/solutions")
OPEN_MODULES = ("mqcourse.grading", "mqcourse.grading.answer_process", "mqcourse.grading.guard")
REASON = "belongs to the grader: an answer can use neither the grader nor the solutions"
COMMANDS = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn")


class _Refuses(importlib.abc.MetaPathFinder):
    """Finds nothing, and refuses the grader's modules."""

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> None:
        if fullname.startswith("mqcourse.grading.") and fullname not in OPEN_MODULES:
            raise ImportError(f"{fullname} {REASON}", name=fullname)


def close() -> None:
    """From now on, and for good, this process and its forks reach nothing of CLOSED.

    `check` and `hint`, which the notebook's first cell imports, do nothing here.
    """
    stand_in: Any = types.ModuleType("mqcourse.grading.check")
    stand_in.check = stand_in.hint = lambda *_given, **_more: None
    sys.modules["mqcourse.grading.check"] = stand_in
    sys.meta_path.insert(0, _Refuses())
    folders = tuple(str(CHECKOUT / name) for name in CLOSED)
    # Bound here, before an answer can replace them.
    absolute, decode, kinds = os.path.abspath, os.fsdecode, (str, bytes, os.PathLike)

    def refuse(event: str, arguments: Sequence[Any]) -> None:
        if event == "open":
            named = arguments[0]
            if isinstance(named, kinds) and absolute(decode(named)).startswith(folders):
                raise PermissionError(f"{decode(named)} {REASON}")
        elif event in COMMANDS:
            told = str(arguments)
            if "solutions/" in told or "mqcourse.grading" in told or "mqcourse/grading" in told:
                raise PermissionError(f"this command names what {REASON}")

    sys.addaudithook(refuse)
