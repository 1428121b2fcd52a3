"""The report on a class: a CSV file with a row for each answer, and a page of counts without names."""

import csv
import io
from collections.abc import Iterable, Sequence

from mqcourse.grading.class_results import ExerciseResults, Failed, Graded, by_exercise
from mqcourse.grading.guarantees import NOT_ANSWERED
from mqcourse.grading.verdict import State
from mqcourse.report_page import html

COLUMNS = ("notebook", "lab", "exercise", "points", "of", "state", "broken", "what", "seed", "error")
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A cell that begins so is a formula for a spreadsheet: its author is a learner."""
TITLE = "Results of the class"


def as_csv(results: Iterable[Graded | Failed]) -> str:
    """A row for each answer, with the notebook's name; for a submission without verdicts one row with the error."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for one in results:
        if isinstance(one, Failed):
            writer.writerow(_cells([one.notebook, *[""] * 8, one.error]))
            continue
        for verdict in one.report.verdicts:
            broken = [] if verdict.state is State.UNTOUCHED else list(verdict.breaches)
            writer.writerow(
                _cells(
                    [
                        one.notebook,
                        one.report.lab.name,
                        verdict.exercise.id,
                        verdict.points,
                        verdict.exercise.points,
                        verdict.state,
                        "; ".join(dict.fromkeys(breach.guarantee for breach in broken)),
                        "; ".join(breach.what for breach in broken),
                        "" if verdict.seed is None else verdict.seed,
                        "",
                    ]
                )
            )
    return out.getvalue()


def _cells(values: Sequence[object]) -> list[str]:
    return [f"'{text}" if (text := str(value)).startswith(FORMULA) else text for value in values]


def as_html(results: Sequence[Graded | Failed]) -> str:
    """The page: for each lab a table of its exercises, then the commonest wrong answers."""
    return html(TITLE, as_markdown(results))


def as_markdown(results: Sequence[Graded | Failed]) -> str:
    """The same as Markdown."""
    graded = [one for one in results if isinstance(one, Graded)]
    failed = [one for one in results if isinstance(one, Failed)]
    unjudged = sum(one.unjudged for one in failed)
    parts = [f"# {TITLE}", f"{_many(len(graded), 'submission')} judged."]
    if unjudged:
        parts.append(f"{_many(unjudged, 'submission')} not judged, because a broker or the machine failed.")
    if len(failed) > unjudged:
        parts.append(
            f"{_many(len(failed) - unjudged, 'file')} without a verdict: the CSV file has the reasons."
        )
    found = by_exercise(results)
    for lab in dict.fromkeys(one.lab.name for one in found):
        parts += _of_lab([one for one in found if one.lab.name == lab])
    return "\n\n".join(parts) + "\n"


def _of_lab(found: Sequence[ExerciseResults]) -> list[str]:
    lab = found[0].lab
    rows = ["| exercise | passed | not answered | not passed |", "|---|---|---|---|"]
    rows += [f"| {one.exercise.title} | {one.passed} | {one.untouched} | {one.failed} |" for one in found]
    parts = [f"## {lab.title} ({lab.name})", "\n".join(rows)]
    if any(one.failed for one in found):
        rows = ["| exercise | broken guarantee | answers |", "|---|---|---|"]
        rows += [
            f"| {one.exercise.title} | {guarantee} | {times} |"
            for one in found
            for guarantee, times in one.broken.items()
        ]
        parts += ["### Which guarantees the answers broke", "\n".join(rows)]
    shown = [(one, one.commonest) for one in found if one.commonest]
    if shown:
        parts += [
            "### The commonest wrong answers",
            "An answer is shown if at least two learners gave it. Names that an answer chose are numbered, and "
            "comments are left out.",
        ]
    for one, wrong in shown:
        broken = "; ".join(guarantee for guarantee in wrong.broken if guarantee != NOT_ANSWERED)
        parts += [
            f"**{one.exercise.title}**: {wrong.times} of {one.failed} wrong answers. Broken: {broken}.",
            f"{_fence(wrong.source)}python\n{wrong.source}\n{_fence(wrong.source)}",
        ]
    return parts


def _fence(source: str) -> str:
    """Longer than any row of backticks in the source."""
    fence = "```"
    while fence in source:
        fence += "`"
    return fence


def _many(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
