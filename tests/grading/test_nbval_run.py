"""The way of an answer through nbval, in a lab that needs no broker."""

import os
from pathlib import Path

import pytest

from mqcourse.grading import journal, manifest, master, run
from mqcourse.grading.submission import Submission
from mqcourse.grading.verdict import Verdict

pytestmark = pytest.mark.lengthy

LAB = manifest.find("backpressure_sizing")
SOLVED = master.answers(LAB, solved=True)


def judged(**answers: str) -> dict[str, Verdict]:
    """The verdicts on these answers, beside a right one to `bound`."""
    report = run.grade_submission(Submission(LAB, {"bound": SOLVED["bound"], **answers}, {}))
    found = {verdict.exercise.id: verdict for verdict in report.verdicts}
    assert found["bound"].passed, found["bound"].lines()
    return found


def test_an_answer_runs_only_in_the_processes_of_its_check(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    telling = f"import sys\nwith open({str(ran)!r}, 'a') as out:\n    print(*sys.orig_argv, file=out)\n"
    assert judged(consumers=telling + SOLVED["consumers"])["consumers"].passed
    lines = ran.read_text().splitlines()
    assert lines
    assert [line for line in lines if "mqcourse.grading.answer_process" not in line] == []


LOOKING = """
import os
from pathlib import Path
there = [str(path) for path in Path().rglob("kernel-*.json")]
raise LookupError(there or "no connection file")
"""


def test_no_answer_finds_the_key_to_the_kernel_that_judges() -> None:
    assert "LookupError: no connection file" in judged(consumers=LOOKING)["consumers"].lines()[0]


def test_an_answer_that_kills_the_kernel_loses_its_own_points_only() -> None:
    killing = "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\n"
    said = judged(consumers=killing)["consumers"].lines()[0]
    assert said.startswith("the answer ended the process that runs it")
    others = [
        file for file in journal.folder().glob("*.jsonl") if not file.name.startswith(f"{os.getpid()}-")
    ]
    assert others == []


def test_a_comment_in_an_answer_steers_nbval_nowhere() -> None:
    wrong = "def consumers_for(*given, **more):\n    # NBVAL_SKIP\n    return 1\n"
    assert not judged(consumers=wrong)["consumers"].passed
