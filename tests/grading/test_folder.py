"""`mq grade FOLDER`: what one submission does costs no other its verdict."""

import json
from pathlib import Path

import pytest

from mqcourse import cli
from mqcourse.exits import Exit
from mqcourse.grading import submission_process
from mqcourse.grading.outcome import Unjudged
from mqcourse.grading.submission_process import Result, failed
from tests.grading.test_class_results import FAY


@pytest.mark.parametrize(
    ("stalled", "lost", "code"),
    [
        ({"b.ipynb"}, set(), Exit.SOME_FAILED),
        (set(), {"b.ipynb"}, Exit.SOME_FAILED),
        ({"a.ipynb"}, {"b.ipynb"}, Exit.UNREACHABLE),
    ],
    ids=["one without a verdict", "one whose worker is lost", "none with a verdict"],
)
def test_one_that_stops_its_run_costs_no_other_its_verdict(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    stalled: set[str],
    lost: set[str],
    code: Exit,
) -> None:
    def judge(path: str, _seed: int | None, _is_shut_in: bool) -> Result:
        name = Path(path).name
        if name in lost:
            raise RuntimeError("the worker of the executor is gone")
        if name in stalled:
            return failed(path, Unjudged("the answers were not judged within 600 s"))
        return {"notebook": name, **FAY.report.as_dict(), "answers": {}}

    monkeypatch.setattr(submission_process, "judge", judge)
    for name in ("a.ipynb", "b.ipynb"):
        (tmp_path / name).touch()
    assert cli.main(["grade", str(tmp_path), "--trust", "--json"]) == code
    rows = json.loads(capsys.readouterr().out)
    assert {row["notebook"] for row in rows if "error" in row} == stalled | lost
