"""`mq grade --watch`: each save is graded, a verdict holds for as long as its answer stays, and Ctrl-C ends it."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mqcourse.exits import Exit
from mqcourse.grading import manifest, master, run
from mqcourse.grading.guarantees import Guarantee
from mqcourse.grading.submission import Submission
from mqcourse.grading.verdict import Verdict, with_breach
from mqcourse.grading.watch import versions
from mqcourse.home import CHECKOUT
from tests.loaded_mq import mq

LAB = manifest.find("backpressure_sizing")


class Enough(Exception):
    """Ends a watch that would go on for ever."""


def looks(path: Path, steps: list[Callable[[], Any]]) -> list[int]:
    """At which look each version was found; before the looks that follow, one step each is done."""
    passed = 0

    def pause(_seconds: float) -> None:
        nonlocal passed
        if passed == len(steps):
            raise Enough
        steps[passed]()
        passed += 1

    found = []
    with contextlib.suppress(Enough):
        for _ in versions(path, pause):
            found.append(passed)
    return found


def nothing() -> None:
    pass


def test_each_save_is_one_version_however_it_is_written(tmp_path: Path) -> None:
    path, beside = tmp_path / "a.ipynb", tmp_path / "beside"
    path.write_text("one")

    def replace() -> None:
        beside.write_text("two")
        beside.replace(path)

    steps = [
        nothing,  # found at look 1: it is the same twice
        nothing,
        lambda: path.write_text("half"),  # the save goes on:
        lambda: path.write_text("half, whole"),
        nothing,  # found at look 5
        path.unlink,
        replace,
        nothing,  # found at look 8
        nothing,
    ]
    assert looks(path, steps) == [1, 5, 8]


def test_a_verdict_that_is_known_is_not_made_again() -> None:
    answers = master.answers(LAB, solved=True)
    known = {each.id: Verdict(each) for each in LAB.exercises}
    first = LAB.exercises[0]
    known[first.id] = with_breach(first, Guarantee.RUNS, "as it was")
    said: list[str] = []
    report = run.grade_submission(Submission(LAB, answers, {}), said.append, known=known)
    assert report.verdicts == tuple(known.values())
    assert said == []


def test_a_folder_is_not_watched(tmp_path: Path) -> None:
    done = mq(tmp_path, "grade", str(tmp_path), "--watch")
    assert done.returncode == Exit.USAGE
    assert "leave --watch out" in done.stderr


@pytest.mark.stack
def test_saves_are_graded_until_ctrl_c(tmp_path: Path) -> None:
    path = tmp_path / f"{LAB.name}.ipynb"
    path.write_text(master.lab_notebook(LAB))
    with subprocess.Popen(
        [sys.executable, "-m", "mqcourse", "grade", "--watch", "--json", "--no-save", str(path)],
        cwd=CHECKOUT,
        env=dict(os.environ),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as watching:
        assert watching.stdout is not None
        assert watching.stderr is not None
        assert json.loads(watching.stdout.readline())["points"] == 0
        path.write_text("no notebook")
        assert "no notebook" in json.loads(watching.stdout.readline())["error"]
        whole = json.loads(master.lab_notebook(LAB))
        cell = next(cell for cell in whole["cells"] if "exercise" in cell["metadata"])
        cell["source"] = master.answers(LAB, solved=True)[cell["metadata"]["exercise"]["id"]]
        path.write_text(json.dumps(whole))
        assert json.loads(watching.stdout.readline())["points"] == LAB.exercises[0].points
        whole["cells"].append({"cell_type": "markdown", "metadata": {}, "source": "a note"})
        path.write_text(json.dumps(whole))
        while "no answer changed" not in watching.stderr.readline():
            assert watching.poll() is None
        watching.send_signal(signal.SIGINT)
        assert watching.wait(120) == Exit.INTERRUPTED
        assert watching.stdout.read() == ""
        assert watching.stderr.read().splitlines()[-1] == "mq grade: interrupted; run it again to go on"
