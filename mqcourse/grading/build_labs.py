"""Generate the learners' notebooks from their masters, and find what is wrong before a learner does."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from mqcourse.disk import write_text
from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.grading import authored, copies, manifest, master
from mqcourse.grading.manifest import Lab
from mqcourse.grading.run import grade_submission
from mqcourse.grading.submission import Submission
from mqcourse.home import CHECKOUT

SOLUTIONS = CHECKOUT / "_build" / "solutions"
"""Where the solution notebooks are generated when no folder is named."""
README = CHECKOUT / "labs" / "README.md"
TABLE = re.compile(r"<!-- table: mq labs build -->\n(?P<table>.*?)\n<!-- end of the table -->", re.DOTALL)
"""What of README is generated."""


def build(
    say: Callable[[str], None], *, force: bool = False, only: tuple[Lab, ...] | None = None
) -> list[Path]:
    """Write labs/NAME.ipynb for every lab, and give those written.

    CourseError rather than overwrite what a learner wrote: an answer, a note in any other cell, a notebook that cannot
    be read. With `force` a copy of it is kept.
    """
    written = []
    if any(_stale_table()):
        _write_table()
        written.append(README)
        say("labs/README.md: its table written")
    for lab in only or manifest.load():
        fresh = master.lab_notebook(lab)
        if lab.notebook.exists() and _text_of(lab.notebook) == fresh:
            say(f"labs/{lab.notebook.name} is current")
            continue
        if lab.notebook.exists() and (has_answers(lab) or not copies.is_ours(lab.notebook)):
            if not force:
                raise CourseError(
                    f"labs/{lab.notebook.name} holds what somebody wrote, and building would overwrite it",
                    do="With --force it is built anyway, and a copy kept",
                    code=Exit.SAID_NO,
                )
            say(f"labs/{lab.notebook.name}: a copy is kept in {copies.keep(lab.notebook)}")
        _write(lab, fresh)
        written.append(lab.notebook)
        say(f"labs/{lab.notebook.name} written")
    return written


def reset(lab: Lab) -> Path | None:
    """The lab's notebook as it was at first; gives the copy that is kept of it, None when there is nothing to keep."""
    fresh = master.lab_notebook(lab)
    kept = None
    if lab.notebook.exists() and _text_of(lab.notebook) != fresh:
        kept = copies.keep(lab.notebook)
    _write(lab, fresh)
    return kept


def table(labs: tuple[Lab, ...]) -> str:
    """Which chapters each lab needs, as a table of labs/README.md."""
    rows = [
        f"| [{lab.title}]({lab.name}.ipynb) | "
        + ", ".join(f"[{_title(chapter)}](../book/{chapter}.md)" for chapter in lab.chapters)
        + " |"
        for lab in labs
    ]
    return "\n".join(["| lab | do it after |", "|---|---|", *rows])


def _title(chapter: str) -> str:
    """The first heading of a chapter; its name when there is none."""
    path = CHECKOUT / "book" / f"{chapter}.md"
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    found = re.search(r"^# (.+)$", text, re.MULTILINE)
    return found[1] if found else chapter


def _table_in(text: str) -> str:
    found = TABLE.search(text)
    return found["table"] if found else ""


def _write_table() -> None:
    text = README.read_text(encoding="utf-8")
    found = TABLE.search(text)
    if found is None:
        raise CourseError(
            "labs/README.md has lost the marks of its table", do="Take it from git again", code=Exit.SAID_NO
        )
    fresh = text[: found.start("table")] + table(manifest.load()) + text[found.end("table") :]
    write_text(README, fresh)


def _stale_table() -> Iterator[str]:
    if _table_in(README.read_text(encoding="utf-8")) != table(manifest.load()):
        yield "the table in labs/README.md is not what the labs give: run `mq labs build`"


def _write(lab: Lab, text: str) -> None:
    write_text(lab.notebook, text)
    copies.note_built(lab.notebook)


def _text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def has_answers(lab: Lab) -> bool:
    """Whether an answer cell of labs/NAME.ipynb differs from the stub it was generated with.

    The cell records the digest of its stub, so a changed master does not look like an answer.
    """
    try:
        cells = _cells(lab.notebook)
    except CourseError:
        return True  # whatever it holds, it is not ours to judge
    marks = [(cell, (cell.get("metadata") or {}).get("exercise") or {}) for cell in cells]
    return any(mark and master.digest(_text(cell)) != mark.get("generated") for cell, mark in marks)


def problems(
    *,
    run: bool,
    only: tuple[Lab, ...] | None = None,
    learners_work: bool = False,
    checked: Callable[[], None] = lambda: None,
) -> Iterator[str]:
    """Everything that is wrong with the labs, one line each; with `run`, then on the real brokers too.

    `learners_work` lets answers and outputs in labs/*.ipynb be: a checkout somebody learns in. `checked` is called after
    each lab.
    """
    labs = manifest.load() if only is None else only
    if only is None:
        yield from strays(labs)
    yield from _stale_table()
    for lab in labs:
        yield from authored.problems(lab)
        try:
            yield from _stale(lab, learners_work=learners_work)
            if run:
                yield from _misjudged(lab)
        except CourseError as error:  # of the master: said already
            if error.exit_code != Exit.SAID_NO:
                raise
        checked()


def _misjudged(lab: Lab) -> Iterator[str]:
    """Solutions that fail, and exercises that pass without an answer."""
    for verdict in grade_submission(Submission(lab, master.answers(lab, solved=True), {})).verdicts:
        if not verdict.passed:
            yield f"{lab.name}: the solution of {verdict.exercise.id} fails: {verdict.lines()[0]}"
    for verdict in grade_submission(Submission(lab, master.answers(lab, solved=False), {})).verdicts:
        if verdict.passed:
            yield f"{lab.name}: exercise {verdict.exercise.id} passes before anybody has done it"


def strays(labs: tuple[Lab, ...], checkout: Path = CHECKOUT) -> Iterator[str]:
    """Folders in solutions/ without a lab.toml, and notebooks in labs/ without a folder."""
    names = {lab.name for lab in labs}
    for folder in sorted((checkout / "solutions").iterdir()):
        # git leaves the byte code of a branch without this lab behind
        if folder.name not in names and not (
            folder.is_dir() and {path.name for path in folder.iterdir()} <= {"__pycache__"}
        ):
            yield f"solutions/{folder.name} has no lab.toml"
    for path in sorted((checkout / "labs").glob("*.ipynb")):
        if path.stem not in names:
            yield f"labs/{path.name} has no folder in solutions/"


def _stale(lab: Lab, *, learners_work: bool) -> Iterator[str]:
    name = f"labs/{lab.notebook.name}"
    fresh = master.lab_notebook(lab)
    if not lab.notebook.exists():
        yield f"{name} is missing: run `mq labs build`"
    elif learners_work:
        try:
            if _fixed_part(_cells(lab.notebook)) != _fixed_part(json.loads(fresh)["cells"]):
                yield f"{name} is not what its master gives: run `mq labs build`"
        except CourseError as error:
            yield str(error)
    elif lab.notebook.read_text(encoding="utf-8", errors="replace") != fresh:
        yield f"{name} is not what its master gives: run `mq labs build`"


def _fixed_part(cells: list[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Id and text of the cells a learner need not touch."""
    return [
        (str(cell.get("id")), _text(cell))
        for cell in cells
        if str(cell.get("id")).startswith(("cell-", "check-", "setup"))
    ]


def _cells(path: Path) -> list[Mapping[str, Any]]:
    try:
        cells = [*json.loads(path.read_text(encoding="utf-8"))["cells"]]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise CourseError(
            f"labs/{path.name} is no notebook",
            do=f"Run `mq labs reset {path.stem}`, which keeps a copy",
            code=Exit.ENVIRONMENT,
        ) from error
    return [cell for cell in cells if isinstance(cell, dict)]


def _text(cell: Mapping[str, Any]) -> str:
    source = cell.get("source", "")
    return "".join(source) if isinstance(source, list) else str(source)
