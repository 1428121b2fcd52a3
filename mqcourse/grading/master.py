"""From one authored master to the learner's notebook and the solution; and the notebook that nbval runs to grade answers.

A master is solutions/NAME/master.md, a MyST notebook. Its cells carry their role in their metadata:

- tag `setup`: imports and endpoints; runs before every answer;
- `exercise: ID`: an answer cell. The lines between `### BEGIN SOLUTION` and `### END SOLUTION` are the solution; after
  a line `### STUB` in between is, commented out, what the learner gets instead;
- tag `check`: shows the verdict on the exercise before it;
- tag `experiment`: shows something; not run when answers are graded.

`{{title}}`, `{{minutes}}`, `{{points}}` and `{{exercise ID}}` in the text come from the manifest.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.grading.manifest import Lab
from mqcourse.quick_imports import without_unneeded

BEGIN, STUB, END = "### BEGIN SOLUTION", "### STUB", "### END SOLUTION"
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


@dataclass(frozen=True)
class Cell:
    kind: str
    """"markdown" or "code"."""
    source: str
    exercise: str | None = None
    tags: tuple[str, ...] = ()


def cells(lab: Lab) -> tuple[Cell, ...]:
    """The master's cells; CourseError when it is missing or does not fit its manifest entry."""
    with without_unneeded():
        import jupytext

    try:
        text = lab.master.read_text(encoding="utf-8")
    except OSError as error:
        raise CourseError(
            f"lab {lab.name} has no master: {error.strerror}",
            do=f"Write solutions/{lab.name}/master.md",
            code=Exit.SAID_NO,
        ) from error
    notebook = jupytext.reads(text, fmt="md:myst")
    found = tuple(
        Cell(
            cell["cell_type"],
            _filled(cell["source"], lab) if cell["cell_type"] == "markdown" else cell["source"],
            cell["metadata"].get("exercise"),
            tuple(cell["metadata"].get("tags", ())),
        )
        for cell in notebook["cells"]
    )
    _fit(found, lab)
    return found


def setup_source(lab: Lab) -> str:
    """What runs before every answer."""
    return "\n".join(cell.source for cell in cells(lab) if "setup" in cell.tags)


def answers(lab: Lab, *, solved: bool) -> dict[str, str]:
    """Exercise id -> source of its answer cell, with the solution or with the stub."""
    return {
        cell.exercise: (_solved if solved else _stubbed)(
            cell.source, f"solutions/{lab.name}/master.md: exercise {cell.exercise}"
        )
        for cell in cells(lab)
        if cell.exercise
    }


TO_THE_SOURCE, TO_THE_BOOK = "](../../book/", "](/book/"
"""A link to a chapter, as a master has it and as a notebook has it: JupyterLab's server leads /book/ to the served
book, whatever its port, and an editor that opens the checkout finds the same file below its root."""


def lab_notebook(lab: Lab) -> str:
    """The learner's notebook, as it is in labs/."""
    return _written(lab, answers(lab, solved=False))


def solution_notebook(lab: Lab) -> str:
    """The whole lab with its solutions: what `pytest --nbval-lax` runs."""
    return _written(lab, answers(lab, solved=True))


def source_notebook(lab: Lab) -> str:
    """The lab as nbgrader's generate_assignment takes it: what the learner finds stays, the solution is cut out there."""
    given = {
        cell.exercise: _for_teachers(cell.source, f"solutions/{lab.name}/master.md: exercise {cell.exercise}")
        for cell in cells(lab)
        if cell.exercise
    }
    return _written(lab, given)


def graded_notebook(lab: Lab, given: Mapping[str, str], seed: int) -> str:
    """What nbval runs: a cell that begins to judge the answers, one for each verdict, one that closes.

    The answers are in it as texts, since they run in other processes (`mqcourse.grading.graded`).
    """
    begin = (
        "from mqcourse.grading.graded import Judging\n"
        f"judging = Judging({lab.name!r}, setup={setup_source(lab)!r}, answers={dict(given)!r}, seed={seed})"
    )
    sources = {"begin": begin} | {f"verdict-{id_}": f"judging.verdict({id_!r})" for id_ in given}
    return _notebook(
        lab, [_code(id_, source) for id_, source in (sources | {"end": "judging.close()"}).items()]
    )


def digest(source: str) -> str:
    """The digest by which an answer cell records the text it was generated with, so that a learner's work can be told from it."""
    return hashlib.sha256(source.encode()).hexdigest()[:16]


def write_solutions(labs: tuple[Lab, ...], folder: Path) -> list[Path]:
    """Generate the solution notebook of each lab into the folder; gives their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for lab in labs:
        path = folder / f"{lab.name}.ipynb"
        path.write_text(solution_notebook(lab), encoding="utf-8")
        paths.append(path)
    return paths


def _written(lab: Lab, given: Mapping[str, str]) -> str:
    written: list[dict[str, Any]] = []
    exercise = ""
    for number, cell in enumerate(cells(lab), 1):
        source, id_ = cell.source, f"cell-{number:02}"
        metadata: dict[str, Any] = {"tags": list(cell.tags)} if cell.tags else {}
        if cell.exercise:
            exercise = cell.exercise
            source, id_ = given[exercise], f"answer-{exercise}"
            metadata |= {
                "exercise": {
                    "id": exercise,
                    "points": lab.exercise(exercise).points,
                    "generated": digest(source),
                },
                "nbgrader": _nbgrader(id_, answer=True),
            }
        elif "check" in cell.tags:
            id_ = f"check-{exercise}"
            metadata |= {
                "check": exercise,
                "nbgrader": _nbgrader(id_, answer=False) | {"points": lab.exercise(exercise).points},
            }
        elif "setup" in cell.tags:
            id_ = "setup"
        if cell.kind == "markdown":
            source = source.replace(TO_THE_SOURCE, TO_THE_BOOK)
        if cell.kind == "code":
            written.append(_code(id_, source, metadata))
        else:
            written.append(
                {"cell_type": cell.kind, "id": id_, "metadata": metadata, "source": _lines(source)}
            )
    return _notebook(lab, written)


def _lines(source: str) -> list[str]:
    return source.splitlines(keepends=True)


def _code(id_: str, source: str, metadata: Mapping[str, Any] | None = None) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": id_,
        "metadata": metadata or {},
        "outputs": [],
        "source": _lines(source),
    }


def _notebook(lab: Lab, written: list[dict[str, Any]]) -> str:
    notebook = {
        "cells": written,
        "metadata": {
            "kernelspec": KERNEL,
            "language_info": {"name": "python"},
            "mqcourse": {"lab": lab.name},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def _nbgrader(id_: str, *, answer: bool) -> dict[str, Any]:
    """Keys of nbgrader's metadata schema 3, so that its users can take the notebook as an assignment."""
    return {
        "cell_type": "code",
        "grade": not answer,
        "grade_id": id_,
        "locked": not answer,
        "schema_version": 3,
        "solution": answer,
        "task": False,
    }


def _filled(text: str, lab: Lab) -> str:
    def fill(match: re.Match[str]) -> str:
        word, _, argument = match[1].strip().partition(" ")
        if word == "exercise":
            exercise = lab.exercise(argument.strip())
            number = lab.exercises.index(exercise) + 1
            points = "1 point" if exercise.points == 1 else f"{exercise.points} points"
            return (
                f"Exercise {number}: {exercise.title} ({points})\n\n**The guarantee:** {exercise.guarantee}"
            )
        values = {"title": lab.title, "minutes": lab.minutes, "points": lab.points}
        if word not in values:
            raise CourseError(
                f"solutions/{lab.name}/master.md: {{{{{match[1]}}}}} means nothing",
                do="Use title, minutes, points or exercise ID",
                code=Exit.SAID_NO,
            )
        return str(values[word])

    return re.sub(r"\{\{(.+?)\}\}", fill, text)


def _fit(found: tuple[Cell, ...], lab: Lab) -> None:
    where = f"solutions/{lab.name}/master.md"
    ids = [cell.exercise for cell in found if cell.exercise]
    wanted = [exercise.id for exercise in lab.exercises]
    if ids != wanted:
        outside = [id_ for id_ in ids if id_ not in wanted]
        missing = [id_ for id_ in wanted if id_ not in ids]
        what = (
            f"exercise {outside[0]!r} is not in lab.toml"
            if outside
            else f"exercise {missing[0]!r} of lab.toml is not in the master"
            if missing
            else "the exercises are not in the order of lab.toml"
        )
        raise CourseError(f"{where}: {what}", do="Make master and manifest agree", code=Exit.SAID_NO)
    if not any("setup" in cell.tags for cell in found):
        raise CourseError(
            f"{where}: no cell has the tag setup",
            do="Tag the cell with the imports and endpoints",
            code=Exit.SAID_NO,
        )
    waiting: str | None = None
    for cell in found:
        if cell.exercise:
            if waiting:
                break
            waiting = cell.exercise
        elif "check" in cell.tags:
            waiting = None
    if waiting:
        raise CourseError(
            f"{where}: exercise {waiting!r} has no check cell after it",
            do="Add a cell with the tag check",
            code=Exit.SAID_NO,
        )


def _solved(source: str, where: str) -> str:
    return _replaced(source, where, solved=True)


def _stubbed(source: str, where: str) -> str:
    stub = _replaced(source, where, solved=False)
    if "TODO" not in stub:
        raise CourseError(
            f"{where}: the stub has no TODO",
            do="Say after ### STUB what is to do, with the word TODO",
            code=Exit.SAID_NO,
        )
    return stub


def _for_teachers(source: str, where: str) -> str:
    """The comments of the stub, and after them the solution between nbgrader's own marks.

    nbgrader puts `raise NotImplementedError()` where the solution was.
    """
    _stubbed(source, where)
    lines: list[str] = []
    solution: list[str] = []
    state = "outside"
    for line in source.splitlines():
        mark = line.strip()
        if mark == BEGIN:
            state, solution = "solution", [line]
        elif mark == STUB:
            state = "stub"
        elif mark == END:
            lines += [*solution, line]
            state = "outside"
        elif state == "solution":
            solution.append(line)
        elif state == "outside":
            lines.append(line)
        elif (stub := re.sub(r"^(\s*)# ?", r"\1", line, count=1)).strip().startswith("#"):
            lines.append(stub)
    return "\n".join(lines)


def _replaced(source: str, where: str, *, solved: bool) -> str:
    lines: list[str] = []
    state = "outside"
    regions = 0
    for line in source.splitlines():
        mark = line.strip()
        if mark in {BEGIN, STUB, END}:
            order = {BEGIN: ("outside", "solution"), STUB: ("solution", "stub"), END: ("stub", "outside")}
            before, state_next = order[mark]
            if state != before:
                raise CourseError(
                    f"{where}: {mark!r} is in a place where it may not be",
                    do=f"The order is {BEGIN}, {STUB}, {END}",
                    code=Exit.SAID_NO,
                )
            state = state_next
            regions += mark == BEGIN
        elif state == "outside" or (state == "solution" and solved):
            lines.append(line)
        elif state == "stub" and not solved:
            lines.append(re.sub(r"^(\s*)# ?", r"\1", line, count=1))
    if state != "outside" or not regions:
        raise CourseError(
            f"{where}: no whole solution region", do=f"Mark it with {BEGIN}, {STUB}, {END}", code=Exit.SAID_NO
        )
    return "\n".join(lines)
