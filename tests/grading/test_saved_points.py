"""Progress is appended, survives a torn line, and its best is a replay."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mqcourse.errors import CourseError
from mqcourse.grading import manifest, saved_points
from mqcourse.grading.guarantees import Guarantee
from mqcourse.grading.verdict import Report, Verdict, with_breach

LAB = manifest.load()[0]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MQ_HOME", str(tmp_path / "a home"))
    return tmp_path / "a home"


def report(*passed: str) -> Report:
    verdicts = [
        Verdict(each) if each.id in passed else with_breach(each, Guarantee.ANSWERED, "not answered yet")
        for each in LAB.exercises
    ]
    return Report(LAB, tuple(verdicts), 1.5)


def test_the_best_of_each_exercise_counts() -> None:
    assert saved_points.best() == {}
    saved_points.save(report("acknowledge", "fair"))
    saved_points.save(report("fair", "poison"))
    assert saved_points.best()[LAB.name] == {
        "acknowledge": 2,
        "fair": 2,
        "poison": 3,
        "once": 0,
        "confirm": 0,
    }


def test_a_torn_line_costs_only_itself() -> None:
    path = saved_points.save(report("acknowledge"))
    with path.open("a") as file:
        file.write('{"lab": "rabbit\n[]\n{"lab": 5}\n')
    saved_points.save(report("fair"))
    assert saved_points.best()[LAB.name]["acknowledge"] == 2
    assert saved_points.best()[LAB.name]["fair"] == 2


def test_many_at_once_lose_no_line() -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: saved_points.save(report("fair")), range(200)))
    lines = saved_points.file().read_text().splitlines()
    assert len(lines) == 200
    assert all(json.loads(line)["points"] == 2 for line in lines)


def test_a_folder_that_cannot_be_made_is_one_line(home: Path) -> None:
    home.parent.mkdir(exist_ok=True)
    home.write_text("a file is in the way")
    with pytest.raises(CourseError, match=r"2 of 12 points\) but not saved"):
        saved_points.save(report("fair"))


def test_the_report_says_points_and_gives_no_hint_unasked() -> None:
    text = report("fair").as_text()
    assert "  2/2  Share the work fairly" in text
    assert "  0/2  Acknowledge when the work is done" in text
    assert "not answered yet" in text
    assert "This is where you start." in text
    assert LAB.exercises[0].hints[0] not in text
    assert "Points: 2 of 12, in 1.5 s." in text
    assert report("fair").as_dict()["exercises"][1]["passed"] is True
