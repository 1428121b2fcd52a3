"""The manifest refuses what would leave a learner without title, hint or points."""

from pathlib import Path

import pytest

from mqcourse.errors import CourseError
from mqcourse.grading import manifest

GOOD = """
place = 7
title = "A lab"
minutes = 30
brokers = ["rabbitmq"]
[[exercise]]
id = "one"
points = 2
title = "Do it"
guarantee = "It is done."
hints = ["Begin.", "Go on.", "Do this."]
"""


def write(folder: Path, text: str, name: str = "first") -> Path:
    (folder / name).mkdir()
    (folder / name / "lab.toml").write_text(text)
    return folder


def test_the_course_has_two_labs_with_four_exercises_or_more() -> None:
    labs = manifest.load()
    assert [lab.name for lab in labs][:2] == ["rabbitmq_work_queue", "kafka_log"]
    assert all(len(lab.exercises) >= 4 for lab in labs[:2])


def test_a_good_manifest_loads(tmp_path: Path) -> None:
    (lab,) = manifest.load(write(tmp_path, GOOD))
    assert (lab.name, lab.points, lab.exercise("one").hints[0]) == ("first", 2, "Begin.")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"Go on."', '"  "', "hints has an entry that is no text"),
        (', "Go on."', "", "hints has 2 entries. Write 3"),
        ('hints = ["Begin.", "Go on.", "Do this."]', "", "hints has 0 entries"),
        ('title = "Do it"', 'title = ""', "title is missing or empty"),
        ("points = 2", "points = 0", "points is 0"),
        ("points = 2", "points = true", "points is True"),
        ("minutes = 30", 'minutes = "long"', "minutes is 'long'"),
        ('brokers = ["rabbitmq"]', 'brokers = ["pigeon"]', "broker 'pigeon' is unknown"),
        ("place = 7", "", "place is None"),
        ("place = 7", "[[place", "cannot be read"),
        ("[[exercise]]", "[[exercises]]", "exercise is missing"),
    ],
)
def test_a_bad_field_is_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in GOOD
    with pytest.raises(CourseError, match=f"solutions/first/lab.toml.*{said}"):
        manifest.load(write(tmp_path, GOOD.replace(old, new)))


def test_two_exercises_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match="appears twice"):
        manifest.load(write(tmp_path, GOOD + GOOD[GOOD.index("[[") :]))


def test_labs_stand_in_the_order_of_their_places(tmp_path: Path) -> None:
    for name, place in (("a", 3), ("b", 1), ("c", 2), ("d", 2)):
        write(tmp_path, GOOD.replace("7", str(place)), name)
    (tmp_path / "no_lab").mkdir()
    assert [lab.name for lab in manifest.load(tmp_path)] == ["b", "c", "d", "a"]


def test_an_unknown_lab_gets_the_names_there_are() -> None:
    with pytest.raises(CourseError, match="rabbitmq_work_queue, kafka_log"):
        manifest.find("nonsense")
