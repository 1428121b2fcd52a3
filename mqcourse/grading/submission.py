"""Reading a learner's notebook, whatever it has become: only the answer cells are taken out of it."""

import json
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mqcourse.grading.manifest import Lab, load
from mqcourse.grading.outcome import Unusable

CALL = re.compile(r"""\bcheck\(\s*["'](\w+)["']""")
"""A check cell's call, which names the lab."""
MOST_BYTES = 50 << 20
MOST_ANSWER_CHARS = 100_000


@dataclass(frozen=True)
class Submission:
    """What a notebook answers: source by exercise id; and, by exercise id, why there is no source."""

    lab: Lab
    answers: Mapping[str, str]
    unusable: Mapping[str, str]


def read(path: Path, labs: tuple[Lab, ...] | None = None) -> Submission:
    """Take the answers out of a notebook; CourseError, one line, when it is none."""
    shown = path.name
    try:
        if path.is_dir():
            raise Unusable(f"{shown} is a folder", do="Name a notebook: mq grade labs/NAME.ipynb")
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):  # a pipe would be waited for, a device may have no end
            raise Unusable(f"{shown} is no file", do="Name a notebook: mq grade labs/NAME.ipynb")
        size = found.st_size
        if size > MOST_BYTES:
            raise Unusable(
                f"{shown} has {size >> 20} MB, more than the {MOST_BYTES >> 20} MB that are read",
                do="Clear its outputs (Edit, Clear All Outputs), save it, and grade it again",
            )
        raw = path.read_bytes()
    except FileNotFoundError as error:
        names = ", ".join(lab.name for lab in labs or load())
        raise Unusable(
            f"there is no notebook {shown}",
            do=f"Name one that exists: mq grade labs/NAME.ipynb; the labs are {names}",
        ) from error
    except OSError as error:
        raise Unusable(f"{shown} cannot be read: {error.strerror}", do="See to its permissions") from error
    return parse(raw, shown, path.stem, labs)


def parse(raw: bytes, shown: str, stem: str, labs: tuple[Lab, ...] | None = None) -> Submission:
    """The same from the file's bytes; `shown` is its name in errors, `stem` names the lab if the notebook does not."""
    again = "Save it again in JupyterLab, or take a fresh copy of labs/ and paste your answers into it"
    if not raw.strip():
        raise Unusable(f"{shown} is empty", do=again)
    try:
        notebook = json.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise Unusable(f"{shown} is no notebook: it is not UTF-8 text", do=again) from error
    except json.JSONDecodeError as error:
        raise Unusable(
            f"{shown} is no notebook, or a cut-off one: {error.msg} in line {error.lineno}", do=again
        ) from error
    except (RecursionError, ValueError) as error:
        raise Unusable(f"{shown} is no notebook: its JSON cannot be read", do=again) from error
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(cells, list):
        raise Unusable(f"{shown} is no notebook of format 4: it has no list of cells", do=again)
    cells = [cell for cell in cells if isinstance(cell, dict)]
    return _answers(cells, _lab(notebook, cells, shown, stem, labs or load()))


def _lab(
    notebook: Mapping[str, Any],
    cells: list[Mapping[str, Any]],
    shown: str,
    stem: str,
    labs: tuple[Lab, ...],
) -> Lab:
    """The lab that the notebook names; else the one whose checks it calls, or whose name the file's begins with.

    An editor may drop the notebook's metadata, and a browser names the second download "NAME (1).ipynb".
    """
    by_name = {lab.name: lab for lab in labs}
    mine = _dict(_dict(notebook.get("metadata")).get("mqcourse")).get("lab")
    if isinstance(mine, str) and mine in by_name:
        return by_name[mine]
    calls = CALL.findall("\n".join(_source(cell.get("source")) or "" for cell in cells))
    called = {name for name in calls if name in by_name}
    if len(called) == 1:
        return by_name[called.pop()]
    begun = [name for name in by_name if re.match(rf"{re.escape(name)}(?![A-Za-z0-9_])", stem)]
    if begun:
        return by_name[begun[0]]
    answered = {id_ for cell in cells if (id_ := _exercise(cell))}
    fitting = [lab for lab in labs if answered and answered <= {exercise.id for exercise in lab.exercises}]
    if len(fitting) == 1:
        return fitting[0]
    raise Unusable(
        f"{shown} belongs to no lab of this course",
        do=f"Give the file a lab's name, such as labs/{labs[0].name}.ipynb; the labs are {', '.join(by_name)}",
    )


def _answers(cells: list[Mapping[str, Any]], lab: Lab) -> Submission:
    answers: dict[str, str] = {}
    unusable: dict[str, str] = {}
    fresh = f"copy it from a fresh labs/{lab.name}.ipynb"
    for exercise in lab.exercises:
        mine = [cell for cell in cells if _exercise(cell) == exercise.id]
        if not mine:
            unusable[exercise.id] = f"its answer cell is missing: {fresh}"
        elif len(mine) > 1:
            unusable[exercise.id] = (
                f"{len(mine)} cells answer it: keep the one that counts (a pasted copy keeps the mark of the original)"
            )
        elif mine[0].get("cell_type") != "code":
            unusable[exercise.id] = "its answer cell is no code cell: change its type back to Code"
        else:
            source = _source(mine[0].get("source"))
            if source is None:
                unusable[exercise.id] = f"its answer cell holds no text: {fresh}"
            elif len(source) > MOST_ANSWER_CHARS:
                unusable[exercise.id] = (
                    f"its answer has {len(source):,} characters, more than the {MOST_ANSWER_CHARS:,} that are read"
                )
            elif not source.strip():
                unusable[exercise.id] = "its answer cell is empty"
            else:
                answers[exercise.id] = source
    return Submission(lab, answers, unusable)


def _exercise(cell: Mapping[str, Any]) -> str | None:
    """The exercise a cell answers: by its metadata, or by its id when an editor dropped the metadata."""
    id_ = _dict(_dict(cell.get("metadata")).get("exercise")).get("id")
    if isinstance(id_, str):
        return id_
    own = cell.get("id")
    return own.removeprefix("answer-") if isinstance(own, str) and own.startswith("answer-") else None


def _source(source: Any) -> str | None:
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if not isinstance(source, str):
        return None
    try:
        source.encode("utf-8")
    except UnicodeEncodeError:
        return None
    return source


def _dict(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
