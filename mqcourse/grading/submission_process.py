"""One submission graded in a separate process, so that many can be graded side by side.

    python -m mqcourse.grading.submission_process < WORDS

`judge` starts it: a function that any executor of concurrent.futures can call, in a thread, in a process, or on another
machine that has the course and reaches the file and the brokers. One process keeps one journal of what it made, and
ends when its starter does.
"""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.foreign import plain
from mqcourse.grading import prctl
from mqcourse.grading.outcome import Unjudged, Unusable
from mqcourse.grading.run import grade
from mqcourse.grading.sandbox import Sandbox
from mqcourse.grading.submission import read
from mqcourse.variables import Kind, environment_of

Result = Mapping[str, Any]
"""`notebook` (the file's name) with the report of verdict.py and `answers` (source by exercise), or with `error` and `unjudged`."""


def judge(path: str, seed: int | None, is_shut_in: bool) -> Result:
    """Grade a notebook in a new process, in the sandbox or without one."""
    words = {"path": path, "seed": seed, "is_shut_in": is_shut_in}
    done = subprocess.run(
        [sys.executable, "-P", "-m", __name__],
        input=json.dumps(words).encode(),
        env=environment_of(Kind.PYTHON),
        capture_output=True,
        check=False,
    )
    if done.returncode == 0:
        found: Result = json.loads(done.stdout)
        return found
    said = done.stderr.decode("utf-8", "replace").strip().splitlines()
    last = plain(said[-1])[:300] if said else "without a word"
    return failed(
        path, Unjudged(f"the grading ended with code {done.returncode}: {last}", do="Run `mq doctor`")
    )


def failed(path: str, error: CourseError) -> Result:
    """The result of a submission that has no verdicts."""
    return {
        "notebook": plain(Path(path).name),
        "error": plain(str(error)),
        "unjudged": error.exit_code == Exit.UNREACHABLE,
    }


def _graded(path: Path, seed: int | None, is_shut_in: bool) -> Result:
    try:
        if path.is_symlink():
            raise Unusable("it is a link, maybe to another submission", do="Put the notebook in its place")
        given = read(path)
        report = grade(path, seed=seed, sandbox=Sandbox.of_this_machine() if is_shut_in else None)
    except CourseError as error:  # one that stops its run costs no other notebook its verdict
        return failed(str(path), error)
    return {"notebook": plain(path.name), **report.as_dict(), "answers": dict(given.answers)}


def _main() -> None:
    prctl.shut()
    prctl.end_with_starter()
    words = json.load(sys.stdin)
    result = _graded(Path(words["path"]), words["seed"], words["is_shut_in"])
    json.dump(result, sys.stdout)


if __name__ == "__main__":
    _main()
