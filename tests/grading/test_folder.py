"""`mq grade FOLDER`: what one submission does costs no other its verdict."""

import json
from pathlib import Path
from typing import Any

import pytest

from mqcourse import cli
from mqcourse.exits import Exit
from mqcourse.grading import run
from mqcourse.grading.outcome import Unjudged


@pytest.mark.parametrize(
    ("stalled", "code"), [({"b.ipynb"}, Exit.SOME_FAILED), ({"a.ipynb", "b.ipynb"}, Exit.UNREACHABLE)]
)
def test_one_that_stops_its_run_costs_no_other_its_verdict(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    stalled: set[str],
    code: Exit,
) -> None:
    class Graded:
        passed = True

        def as_dict(self) -> dict[str, Any]:
            return {"points": 1, "of": 1}

    def grade(path: Path, **_settings: object) -> Graded:
        if path.name in stalled:
            raise Unjudged("the answers were not judged within 600 s")
        return Graded()

    monkeypatch.setattr(run, "grade", grade)
    for name in ("a.ipynb", "b.ipynb"):
        (tmp_path / name).touch()
    assert cli.main(["grade", str(tmp_path), "--trust", "--json"]) == code
    rows = json.loads(capsys.readouterr().out)
    assert {row["notebook"] for row in rows if "error" in row} == stalled
    assert len(rows) == 2
