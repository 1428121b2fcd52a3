"""Whatever a learner's notebook has become: its answers, or one line that says what to do."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mqcourse.errors import CourseError
from mqcourse.grading import manifest, master, submission

LAB = manifest.load()[0]
IDS = [exercise.id for exercise in LAB.exercises]
FRESH = master.lab_notebook(LAB)


def parse(notebook: Any, stem: str = LAB.name) -> submission.Submission:
    raw = notebook if isinstance(notebook, bytes) else json.dumps(notebook).encode()
    return submission.parse(raw, "mine.ipynb", stem)


def edited(edit: Callable[[list[Any]], Any]) -> dict[str, Any]:
    notebook: dict[str, Any] = json.loads(FRESH)
    changed = edit(notebook["cells"])
    if changed is not None:
        notebook["cells"] = changed
    return notebook


def answer(cells: list[Any], id_: str) -> Any:
    return next(cell for cell in cells if cell["metadata"].get("exercise", {}).get("id") == id_)


def test_all_answers_of_a_fresh_notebook_are_found() -> None:
    found = parse(FRESH.encode())
    assert list(found.answers) == IDS
    assert found.unusable == {}
    assert dict(found.answers) == master.answers(LAB, solved=False)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "is empty"),
        (b"  \n", "is empty"),
        (FRESH.encode()[:700], "a cut-off one"),
        (b"\x89PNG\r\n\x1a\n\x00\xff", "not UTF-8"),
        (b"hello", "is no notebook"),
        (b"[1, 2]", "no list of cells"),
        (b"null", "no list of cells"),
        (b'{"cells": 5}', "no list of cells"),
        (b'{"worksheets": []}', "no list of cells"),
        (b"[" * 100_000, "is no notebook"),
        (b'{"cells": [' + b"9" * 5000 + b"]}", "is no notebook"),
    ],
)
def test_what_is_no_notebook_gets_one_line(raw: bytes, said: str) -> None:
    with pytest.raises(CourseError, match=said) as caught:
        parse(raw)
    assert "\n" not in str(caught.value)
    assert "Save it again" in str(caught.value)


def test_a_notebook_of_no_lab_is_refused() -> None:
    with pytest.raises(CourseError, match="belongs to no lab"):
        parse({"cells": [], "metadata": {}}, "holiday")


def test_a_renamed_notebook_is_known_by_its_metadata() -> None:
    assert list(parse(json.loads(FRESH), "my copy (3)").answers) == IDS


def test_missing_extra_and_odd_cells_harm_only_their_own_exercise() -> None:
    def edit(cells: list[Any]) -> list[Any]:
        answer(cells, IDS[1])["cell_type"] = "markdown"
        answer(cells, IDS[2])["source"] = 5
        extra = [
            {"cell_type": "code", "source": "1/0", "metadata": None},
            {"metadata": {"exercise": "x"}},
            7,
            None,
        ]
        return [*extra, *(cell for cell in cells if cell is not answer(cells, IDS[0])), {}]

    found = parse(edited(edit))
    assert list(found.answers) == IDS[3:]
    assert "missing" in found.unusable[IDS[0]]
    assert "no code cell" in found.unusable[IDS[1]]
    assert "no text" in found.unusable[IDS[2]]


def test_a_pasted_copy_of_an_answer_is_not_guessed_at() -> None:
    found = parse(edited(lambda cells: [*cells, answer(cells, IDS[0])]))
    assert "2 cells answer it" in found.unusable[IDS[0]]
    assert list(found.answers) == IDS[1:]


def test_an_answer_is_found_by_its_id_when_its_metadata_is_gone() -> None:
    def edit(cells: list[Any]) -> None:
        for cell in cells:
            cell["metadata"] = {}

    assert list(parse(edited(edit)).answers) == IDS


def test_an_endless_answer_is_not_read() -> None:
    found = parse(edited(lambda cells: answer(cells, IDS[0]).update(source="x" * 200_000)))
    assert "200,000 characters" in found.unusable[IDS[0]]


def test_half_a_character_is_no_text() -> None:
    raw = json.dumps(edited(lambda cells: answer(cells, IDS[0]).update(source="\ud800"))).encode()
    assert "no text" in parse(raw).unusable[IDS[0]]


def test_files_that_cannot_be_read_get_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CourseError, match=r"there is no notebook nothing\.ipynb"):
        submission.read(tmp_path / "nothing.ipynb")
    with pytest.raises(CourseError, match="is a folder"):
        submission.read(tmp_path)
    pipe = tmp_path / "pipe.ipynb"
    os.mkfifo(pipe)
    for endless in (pipe, Path("/dev/zero")):  # one would be waited for, the other has no end
        with pytest.raises(CourseError, match="is no file"):
            submission.read(endless)
    huge = tmp_path / "huge.ipynb"
    with huge.open("wb") as file:
        file.truncate(submission.MOST_BYTES + (2 << 20))
    with pytest.raises(CourseError, match="Clear its outputs"):
        submission.read(huge)


def assert_judged(read: Callable[[], submission.Submission]) -> None:
    """Either each exercise has an answer or a reason, or there is one line."""
    said = ""
    try:
        found = read()
    except CourseError as error:
        said = str(error)
    else:
        assert set(found.answers) | set(found.unusable) == set(IDS)
    assert "\n" not in said


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(("cells", "metadata", "exercise", "id", "source", "cell_type")), inner, max_size=5
        )
    ),
    max_leaves=20,
)


@pytest.mark.lengthy
@given(st.dictionaries(st.sampled_from(("cells", "metadata", "nbformat")), json_values) | json_values)
def test_no_json_brings_it_down(value: Any) -> None:
    assert_judged(lambda: parse(value))


@given(st.integers(0, len(FRESH)), st.binary(max_size=20))
def test_no_damage_to_the_bytes_brings_it_down(place: int, noise: bytes) -> None:
    raw = FRESH.encode()
    assert_judged(lambda: parse(raw[:place] + noise + raw[place + len(noise) :]))
