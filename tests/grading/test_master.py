"""Labs, solutions and graded notebooks come from one master."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pytest

from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.grading import build_labs, manifest, master
from mqcourse.grading.manifest import Exercise, Lab

LABS = manifest.load()
NAMES = [lab.name for lab in LABS]


def cells(text: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(text)["cells"]
    return found


@pytest.mark.parametrize("lab", LABS, ids=NAMES)
def test_generated_notebooks_are_valid_and_empty_of_outputs(lab: Lab) -> None:
    for text in (master.lab_notebook(lab), master.solution_notebook(lab)):
        notebook = nbformat.reads(text, as_version=4)
        nbformat.validate(notebook)
        code = [cell for cell in notebook.cells if cell.cell_type == "code"]
        assert all(cell.outputs == [] and cell.execution_count is None for cell in code)
        assert len({cell.id for cell in notebook.cells}) == len(notebook.cells)


@pytest.mark.parametrize("lab", LABS, ids=NAMES)
def test_a_lab_shows_todos_and_no_solution(lab: Lab) -> None:
    text = master.lab_notebook(lab)
    solved, stubs = master.answers(lab, solved=True), master.answers(lab, solved=False)
    for exercise in lab.exercises:
        assert "TODO" in stubs[exercise.id]
        assert "TODO" not in solved[exercise.id]
        hidden = set(map(str.strip, solved[exercise.id].splitlines())) - set(
            map(str.strip, stubs[exercise.id].splitlines())
        )
        assert hidden
        answer = next(cell for cell in cells(text) if cell["id"] == f"answer-{exercise.id}")
        assert not hidden & {line.strip() for line in answer["source"]}
    assert "SOLUTION" not in text
    assert "### STUB" not in text


@pytest.mark.parametrize("lab", LABS, ids=NAMES)
def test_the_solution_is_in_no_hidden_check(lab: Lab) -> None:
    """No line of an answer that says how to do it stands in the checks that are shipped."""
    checks = (lab.folder / "checks.py").read_text()
    for id_, source in master.answers(lab, solved=True).items():
        stub = master.answers(lab, solved=False)[id_]
        for line in {line.strip() for line in source.splitlines()} - {
            line.strip() for line in stub.splitlines()
        }:
            assert len(line) < 25 or line not in checks, line


@pytest.mark.parametrize("lab", LABS, ids=NAMES)
def test_every_answer_cell_carries_exercise_and_nbgrader_marks(lab: Lab) -> None:
    for cell in cells(master.lab_notebook(lab)):
        metadata = cell["metadata"]
        if "exercise" in metadata:
            exercise = lab.exercise(metadata["exercise"]["id"])
            assert metadata["exercise"]["points"] == exercise.points
            assert metadata["nbgrader"]["schema_version"] == 3
            assert metadata["nbgrader"]["solution"] is True
        if "check" in metadata:
            assert metadata["nbgrader"]["grade"] is True
            assert metadata["nbgrader"]["points"] == lab.exercise(metadata["check"]).points


@pytest.mark.lengthy
@pytest.mark.parametrize("lab", LABS, ids=NAMES)
def test_the_labs_in_the_checkout_are_current(lab: Lab) -> None:
    """Outputs and answers of somebody who learns in this checkout are let be."""
    assert list(build_labs.problems(run=False, learners_work=True)) == []


@pytest.mark.parametrize("lab", LABS, ids=NAMES)
def test_generating_is_deterministic(lab: Lab) -> None:
    assert master.lab_notebook(lab) == master.lab_notebook(lab)


def test_the_graded_notebook_asks_for_each_verdict() -> None:
    lab = LABS[0]
    first = lab.exercises[0].id
    found = cells(master.graded_notebook(lab, {first: "def work(): pass"}, 7))
    assert [cell["id"] for cell in found] == ["begin", f"verdict-{first}", "end"]


HEADER = "---\njupytext:\n  text_representation:\n    extension: .md\n    format_name: myst\n---\n"
SETUP = "```{code-cell} ipython3\n:tags: [setup]\n\nimport json\n```\n"
CHECK = "```{code-cell} ipython3\n:tags: [check]\n\ncheck()\n```\n"
ANSWER = (
    "```{code-cell} ipython3\n---\nexercise: one\n---\ndef work():\n    ### BEGIN SOLUTION\n    return 1\n"
    "    ### STUB\n    # # TODO: return something\n    ### END SOLUTION\n```\n"
)


@dataclass(frozen=True)
class Draft(Lab):
    """A lab whose master lies in a test's folder."""

    folder: Path = Path()

    @property
    def master(self) -> Path:
        return self.folder / "draft.md"

    @property
    def notebook(self) -> Path:
        return self.folder / "draft.ipynb"


def draft(folder: Path, text: str) -> Draft:
    (folder / "draft.md").write_text(text)
    return Draft(
        "draft",
        "Draft",
        1,
        ("kafka",),
        (Exercise("one", 1, "One", "It holds.", ("Try.",) * 3),),
        folder=folder,
    )


def test_stub_lines_are_uncommented_once(tmp_path: Path) -> None:
    lab = draft(tmp_path, HEADER + SETUP + ANSWER + CHECK)
    assert master.answers(lab, solved=False)["one"] == "def work():\n    # TODO: return something"
    assert master.answers(lab, solved=True)["one"] == "def work():\n    return 1"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HEADER + ANSWER + CHECK, "no cell has the tag setup"),
        (HEADER + SETUP + CHECK, "'one' of lab.toml is not in the master"),
        (HEADER + SETUP + ANSWER, "'one' has no check cell after it"),
        (
            HEADER + SETUP + ANSWER.replace("exercise: one", "exercise: two") + CHECK,
            "'two' is not in lab.toml",
        ),
        (HEADER + SETUP + ANSWER.replace("TODO: ", "") + CHECK, "the stub has no TODO"),
        (HEADER + SETUP + ANSWER.replace("    ### END SOLUTION\n", "") + CHECK, "no whole solution region"),
        (
            HEADER + SETUP + ANSWER.replace("### STUB", "### END SOLUTION") + CHECK,
            "is in a place where it may not be",
        ),
        (HEADER + "{{nonsense}}\n\n" + SETUP + ANSWER + CHECK, "means nothing"),
        (HEADER + "{{exercise three}}\n\n" + SETUP + ANSWER + CHECK, "no exercise 'three'"),
    ],
)
def test_a_bad_master_is_refused(tmp_path: Path, text: str, said: str) -> None:
    lab = draft(tmp_path, text)
    with pytest.raises(CourseError, match=said):
        master.answers(lab, solved=False)


def test_a_notebook_outside_the_manifest_is_found(tmp_path: Path) -> None:
    for folder in ("labs", "solutions"):
        (tmp_path / folder).mkdir()
    (tmp_path / "labs" / "forgotten.ipynb").write_text("{}")
    (tmp_path / "solutions" / "begun").mkdir()
    (tmp_path / "solutions" / "begun" / "master.md").write_text("")
    (tmp_path / "solutions" / "gone" / "__pycache__").mkdir(parents=True)  # what git leaves behind
    assert list(build_labs.strays(LABS, tmp_path)) == [
        "solutions/begun has no lab.toml",
        "labs/forgotten.ipynb has no folder in solutions/",
    ]


def test_building_never_overwrites_an_answer(tmp_path: Path) -> None:
    said: list[str] = []
    lab = draft(tmp_path, HEADER + SETUP + ANSWER + CHECK)
    build_labs.build(said.append, only=(lab,))
    assert not build_labs.has_answers(lab)
    draft(tmp_path, HEADER + SETUP + ANSWER.replace("something", "anything") + CHECK)
    build_labs.build(said.append, only=(lab,))  # a changed master is no answer
    assert "anything" in lab.notebook.read_text()

    notebook = json.loads(lab.notebook.read_text())
    answer = next(cell for cell in notebook["cells"] if "exercise" in cell["metadata"])
    answer["source"] = [*answer["source"], "\n    return 1"]  # the TODO still stands there
    lab.notebook.write_text(json.dumps(notebook))
    assert build_labs.has_answers(lab)
    with pytest.raises(CourseError, match="holds what somebody wrote, and building would overwrite it"):
        build_labs.build(said.append, only=(lab,))
    build_labs.build(said.append, only=(lab,), force=True)
    assert not build_labs.has_answers(lab)


def noted(lab: manifest.Lab) -> str:
    """Write a note into a cell that is no answer; gives the notebook's text then."""
    notebook = json.loads(lab.notebook.read_text())
    cell = next(cell for cell in notebook["cells"] if "exercise" not in cell["metadata"])
    cell["source"] = [*cell["source"], "\n\nMy own note"]
    lab.notebook.write_text(json.dumps(notebook))
    return lab.notebook.read_text()


def only_copy(home: Path) -> Path:
    (copy,) = (home / "kept").iterdir()
    return copy


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MQ_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_building_never_overwrites_a_note_in_another_cell(tmp_path: Path, home: Path) -> None:
    said: list[str] = []
    lab = draft(tmp_path, HEADER + SETUP + ANSWER + CHECK)
    build_labs.build(said.append, only=(lab,))
    text = noted(lab)
    with pytest.raises(CourseError, match="what somebody wrote") as refused:
        build_labs.build(said.append, only=(lab,))
    assert refused.value.exit_code is Exit.SAID_NO
    assert lab.notebook.read_text() == text
    build_labs.build(said.append, only=(lab,), force=True)
    assert "My own note" not in lab.notebook.read_text()
    assert only_copy(home).read_text() == text


@pytest.mark.parametrize("text", ["", "{", "[]", "no notebook", '{"cells": 5}'])
def test_building_never_overwrites_a_notebook_that_cannot_be_read(
    tmp_path: Path, home: Path, text: str
) -> None:
    lab = draft(tmp_path, HEADER + SETUP + ANSWER + CHECK)
    lab.notebook.write_text(text)
    with pytest.raises(CourseError, match="what somebody wrote"):
        build_labs.build(lambda _line: None, only=(lab,))
    assert lab.notebook.read_text() == text
    assert not (home / "kept").exists()


def test_a_lab_is_put_back_and_a_copy_kept(tmp_path: Path, home: Path) -> None:
    lab = draft(tmp_path, HEADER + SETUP + ANSWER + CHECK)
    build_labs.build(lambda _line: None, only=(lab,))
    fresh = lab.notebook.read_text()
    assert build_labs.reset(lab) is None  # there is nothing to keep
    text = noted(lab)
    kept = build_labs.reset(lab)
    assert kept == only_copy(home)
    assert kept.read_text() == text
    assert lab.notebook.read_text() == fresh
    lab.notebook.write_bytes(b"\xff no notebook")
    again = build_labs.reset(lab)
    assert again is not None
    assert again.read_bytes() == b"\xff no notebook"
    assert again != kept
    lab.notebook.unlink()
    assert build_labs.reset(lab) is None
    assert lab.notebook.read_text() == fresh
