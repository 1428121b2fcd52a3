"""Judge one answer: run its hidden check, and turn what happens into a verdict."""

import ast
from dataclasses import replace
from typing import Any

from mqcourse.grading.checks import of_lab
from mqcourse.grading.guarantees import Guarantee
from mqcourse.grading.manifest import Exercise, Lab
from mqcourse.grading.trial import Answer, Refusal
from mqcourse.grading.verdict import Verdict, refused


def judge(lab: Lab, exercise: Exercise, answer: Answer) -> Verdict:
    """The verdict on an answer. CourseError when the lab's broker does not answer: that is not the learner's fault."""
    check = of_lab(lab.name)[exercise.id]
    if _only_comments(answer.source):
        return refused(exercise, Guarantee.ANSWERED, "not answered yet")
    try:
        return Verdict(exercise, tuple(check(replace(answer, source=plain(answer.source)))))
    except Refusal as refusal:
        return Verdict(exercise, tuple(refusal.breaches))


def plain(source: str) -> str:
    """The cell as plain Python: IPython's magics, where there are any, become calls."""
    try:
        ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        from IPython.core.inputtransformer2 import TransformerManager

        try:
            transformer: Any = TransformerManager
            transformed: str = transformer().transform_cell(source)
        except (
            Exception
        ):  # whatever IPython makes of a broken cell: the process that runs it will name the error
            return source
        return transformed
    return source


def _only_comments(source: str) -> bool:
    try:
        return not ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
