"""What a class handed in, counted: which guarantees the answers to each exercise broke, and the commonest wrong answer.

The counts name no learner. A wrong answer is shown only where several gave it, without its comments.
"""

import ast
import builtins
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mqcourse.grading.guarantees import Guarantee
from mqcourse.grading.manifest import Exercise, Lab
from mqcourse.grading.verdict import Report, State, Verdict, read_report

SEVERAL = 2
"""So many learners must have given the same wrong answer before it is shown."""


@dataclass(frozen=True)
class Graded:
    """One submission that was judged."""

    notebook: str
    report: Report
    answers: Mapping[str, str]
    """Source by exercise."""


@dataclass(frozen=True)
class Failed:
    """One submission without verdicts, and why."""

    notebook: str
    error: str
    unjudged: bool
    """Whether a broker or the machine failed, and not the submission."""


@dataclass(frozen=True)
class WrongAnswer:
    """An answer that several gave, apart from its names and comments."""

    times: int
    broken: tuple[Guarantee, ...]
    source: str
    """Without comments; its names are numbered in the order in which they occur."""


@dataclass(frozen=True)
class ExerciseResults:
    """All answers of a class to one exercise."""

    lab: Lab
    exercise: Exercise
    passed: int
    untouched: int
    failed: int
    broken: Mapping[Guarantee, int]
    """How many answers broke it; an answer can break several."""
    commonest: WrongAnswer | None


def read_result(entry: Mapping[str, Any]) -> Graded | Failed:
    """What submission_process.py found out about one submission."""
    if "error" in entry:
        return Failed(entry["notebook"], entry["error"], entry["unjudged"])
    return Graded(entry["notebook"], read_report(entry), entry["answers"])


def by_exercise(results: Iterable[Graded | Failed]) -> list[ExerciseResults]:
    """The counts for each exercise of each lab that was handed in, in the order of the course."""
    graded = [one for one in results if isinstance(one, Graded)]
    labs = {one.report.lab.name: one.report.lab for one in graded}
    return [
        _counted(lab, exercise, [one for one in graded if one.report.lab == lab])
        for lab in sorted(labs.values(), key=lambda lab: (lab.place, lab.name))
        for exercise in lab.exercises
    ]


def _counted(lab: Lab, exercise: Exercise, graded: Sequence[Graded]) -> ExerciseResults:
    verdicts = [
        (verdict, one.answers.get(exercise.id, ""))
        for one in graded
        for verdict in one.report.verdicts
        if verdict.exercise.id == exercise.id
    ]
    states = Counter(verdict.state for verdict, _ in verdicts)
    failed = [(verdict, source) for verdict, source in verdicts if verdict.state is State.FAILED]
    broken = Counter(guarantee for verdict, _ in failed for guarantee in _broken(verdict))
    return ExerciseResults(
        lab,
        exercise,
        states[State.PASSED],
        states[State.UNTOUCHED],
        states[State.FAILED],
        dict(broken.most_common()),
        _commonest(failed),
    )


def _broken(verdict: Verdict) -> tuple[Guarantee, ...]:
    return tuple(dict.fromkeys(breach.guarantee for breach in verdict.breaches))


def _commonest(failed: Sequence[tuple[Verdict, str]]) -> WrongAnswer | None:
    """The one that most gave, if several did; the first of those that are as common."""
    shapes = Counter(shape(source) for _, source in failed if source.strip())
    if not shapes:
        return None
    ((source, times),) = shapes.most_common(1)
    if times < SEVERAL:
        return None
    broken = Counter(
        guarantee for verdict, given in failed if shape(given) == source for guarantee in _broken(verdict)
    )
    return WrongAnswer(times, tuple(guarantee for guarantee, _ in broken.most_common()), source)


def shape(source: str) -> str:
    """A Python program without what two people write differently: comments, the names that it binds, its layout.

    One that cannot be parsed (or is a notebook's magic) only loses lines of comment, blank lines and spaces at line ends.
    """
    try:
        tree = ast.parse(source)
        bound = _bound(tree)
        return ast.unparse(_Plain(bound).visit(tree))
    except (SyntaxError, ValueError, RecursionError):
        return "\n".join(
            line.rstrip() for line in source.splitlines() if line.strip() and not line.strip().startswith("#")
        )


def _bound(tree: ast.AST) -> dict[str, str]:
    """A numbered name for each one that is bound inside a function; the exercise's own functions keep theirs."""
    names: dict[str, str] = {}
    for outer in ast.walk(tree):
        if not isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            continue
        for node in ast.walk(outer):
            found: list[str] = []
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                found = [node.id]
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) and node is not outer:
                found = [one.arg for one in ast.walk(node.args) if isinstance(one, ast.arg)]
                found += [] if isinstance(node, ast.Lambda) else [node.name]
            for name in found:
                if not hasattr(builtins, name):
                    names.setdefault(name, f"name_{len(names) + 1}")
    return names


class _Plain(ast.NodeTransformer):
    """Numbered names, no docstrings."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return ast.copy_location(ast.Name(self._names.get(node.id, node.id), node.ctx), node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.arg = self._names.get(node.arg, node.arg)
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return self._function(node)

    def _function(self, node: Any) -> ast.AST:
        self.generic_visit(node)
        node.name = self._names.get(node.name, node.name)
        if ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
        fixed: ast.AST = ast.fix_missing_locations(node)
        return fixed
