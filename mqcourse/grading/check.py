"""`check(...)` in a notebook: the verdict on the exercise just answered, by the same checks that `mq grade` runs.

`hint(1)` gives a hint on the exercise that was checked last.
"""

import ast
import contextlib
import linecache
import secrets
import sys
from typing import Any

from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.grading import hints, journal, leftovers, manifest, master, picture, saved_points
from mqcourse.grading.answer_process import plain
from mqcourse.grading.judge import draw_seed, judge
from mqcourse.grading.trial import Answer
from mqcourse.grading.verdict import State, Verdict
from mqcourse.grading.witness import Witness

_last: list[tuple[str, str]] = []
"""Lab and exercise of the last check in this notebook."""


class NotYet(CourseError):
    """The answer broke a guarantee. A notebook shows it in plain words, without a traceback."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__(" ".join(lines))
        self._lines = lines

    def _render_traceback_(self) -> list[str]:
        """IPython's hook for what a notebook shows of an exception."""
        return self._lines


def check(lab_name: str, exercise_id: str, function: Any, *, seed: int | None = None) -> None:
    """Run the exercise's check on the cell that defined `function`, and show its points.

    The answer runs in its own processes, so only what is in its cell (and in the notebook's first cell) counts.
    `seed` repeats what the check drew in the run that printed it. Where nobody sits before the notebook (nbval,
    nbconvert) a verdict without points is NotYet, so that the run fails; in JupyterLab it is shown, and Run All goes
    on. A broker that does not answer, or goes away meanwhile, gives no verdict.
    """
    lab = manifest.find(lab_name)
    exercise = lab.exercise(exercise_id)
    source = cell_of(function)
    _last[:] = [(lab.name, exercise.id)]
    mark = secrets.token_hex(8)
    try:
        leftovers.sweep()
        with Witness(lab.brokers) as witness, _marked(mark):
            answer = Answer(master.setup_source(lab), source, draw_seed() if seed is None else seed)
            verdict = judge(lab, exercise, answer, witness)
    except CourseError as error:
        if not attended():
            raise
        sys.stderr.write(f"no verdict: {error}\n")
        return
    saved_points.tried(lab.name, exercise.id, source, verdict.state)
    _show(verdict)


def hint(number: int | str | None = None, exercise: str | None = None) -> None:
    """Show a hint on the exercise that was checked last (or on the one named): 1, 2, 3, or "answer"."""
    if not _last:
        raise CourseError(
            "no exercise was checked yet", do="Run the check below an exercise, then hint(1)", code=Exit.USAGE
        )
    lab_name, last = _last[0]
    lab = manifest.find(lab_name)
    print(hints.text(lab, lab.exercise(exercise or last), number))  # noqa: T201


def attended() -> bool:
    """Whether somebody sits before the notebook: its front end can be asked for input. nbval's and nbconvert's cannot."""
    kernel = getattr(_shell(), "kernel", None)
    return bool(getattr(kernel, "_allow_stdin", False))


def cell_of(function: Any) -> str:
    """The whole source of the notebook cell that defined a function, its imports and other functions included.

    Whatever the function was wrapped in: the newest cell counts that binds a name of it. CourseError when no cell does.
    """
    shell = _shell()
    if shell is not None:
        names = {name for name, value in shell.user_ns.items() if value is function and name[:1] != "_"}
        names |= {getattr(function, "__name__", "")} - {""}
        for source in reversed(_cells(shell)):
            if names & _bound(source):
                return source
    code = getattr(function, "__code__", None)
    source = "".join(linecache.getlines(code.co_filename)) if code else ""
    if not source:
        raise CourseError(
            "check() needs a function that a cell of this notebook defines",
            do="Run the answer cell first",
            code=Exit.USAGE,
        )
    return source


@contextlib.contextmanager
def _marked(mark: str) -> Any:
    """What the answer starts carries a mark, and ends with the check, however far it went away."""
    import os

    before = os.environ.get(journal.MARK)
    journal.note("here", "processes", mark)
    os.environ[journal.MARK] = mark
    try:
        yield
    finally:
        if before is None:
            del os.environ[journal.MARK]
        else:
            os.environ[journal.MARK] = before
        leftovers.clear()


def _show(verdict: Verdict) -> None:
    exercise = verdict.exercise
    head = f"{verdict.points} of {exercise.points} points: {exercise.title}"
    if verdict.passed:
        lines = [f"{head}. {exercise.guarantee}", *(f"  {line}" for line in verdict.lines())]
    else:
        lines = [head, *(f"  {line}" for line in [*verdict.lines(), *verdict.history_lines()])]
    if not verdict.passed and not attended():
        raise NotYet(lines)
    if _shell() is None or not attended():
        print("\n".join(lines))  # noqa: T201
        return
    if verdict.state is State.FAILED:
        lines.append("  A hint, when you want one: hint(1)")
    from IPython.display import display  # here: it takes long to load, and is there only in a notebook

    display({"text/plain": "\n".join(lines), "text/html": picture.html(verdict)}, raw=True)


def _shell() -> Any:
    """The IPython that runs this notebook; None outside of one."""
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython else None


def _cells(shell: Any) -> list[str]:
    """What was run in this notebook, in order; the check's own cell is the last one."""
    parsed = shell.user_ns.get("In") or []
    raw = getattr(shell.history_manager, "input_hist_raw", parsed)
    return [source for source in (raw if len(raw) >= len(parsed) else parsed) if isinstance(source, str)]


def _bound(source: str) -> set[str]:
    """Names that a cell binds at its top level; also those in the body of a cell magic such as %%time."""
    if source.lstrip().startswith("%%"):
        source = source.lstrip().partition("\n")[2]
    try:
        tree = ast.parse(plain(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    bound: set[str] = set()
    for statement in tree.body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            bound.add(statement.name)
        else:
            bound |= {
                node.id
                for node in ast.walk(statement)
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
            }
    return bound
