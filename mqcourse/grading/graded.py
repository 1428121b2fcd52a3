"""What the cells of a graded notebook call. nbval runs that notebook, and this module works in its kernel.

The first cell begins to judge all answers at once. Each further cell waits for one verdict, shows it as its output and
fails when there are no points. Answers run in other processes, so they reach neither this kernel nor what is in it.
"""

import sys
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from mqcourse.errors import CourseError
from mqcourse.grading import leftovers, manifest, prctl
from mqcourse.grading.checks import of_lab
from mqcourse.grading.judge import judge
from mqcourse.grading.trial import Answer
from mqcourse.grading.verdict import Verdict
from mqcourse.grading.witness import Witness

VERDICT = "application/vnd.mqcourse.verdict+json"
"""The type of the output that holds a verdict, or why there is none."""
SIDE_BY_SIDE = 8
"""Answers judged at a time: most of a trial is waiting."""


class NotPassed(Exception):
    """There are no points; this fails the cell."""


class Judging:
    """The judging of some answers to one lab, all of them at once."""

    def __init__(self, lab: str, *, setup: str, answers: Mapping[str, str], seed: int) -> None:
        _close_the_kernel()
        self._lab = manifest.read(manifest.FOLDER / lab / "lab.toml")
        of_lab(self._lab)  # loaded before an answer runs
        try:
            self._witness = Witness(self._lab.brokers)
        except CourseError as error:
            _show({"unjudged": str(error)})
            raise
        self._pool = ThreadPoolExecutor(SIDE_BY_SIDE, thread_name_prefix="judge")
        self._verdicts: dict[str, Future[Verdict]] = {
            id_: self._pool.submit(
                judge, self._lab, self._lab.exercise(id_), Answer(setup, source, seed), self._witness
            )
            for id_, source in answers.items()
        }

    def verdict(self, exercise: str) -> None:
        """Show the verdict on one answer. NotPassed when it has no points."""
        try:
            verdict = self._verdicts[exercise].result()
        except CourseError as error:
            _show({"unjudged": str(error)})
            raise
        except BaseException as error:  # a defect of the check: no verdict is better than a false one
            _show({"unjudged": f"the check of {exercise} failed: {type(error).__name__}: {error}"[:400]})
            raise
        _show({"exercise": exercise, "verdict": verdict.as_dict()})
        if not verdict.passed:
            raise NotPassed("\n".join(verdict.lines()))

    def close(self) -> None:
        """Give back what was made."""
        self._pool.shutdown(wait=True)
        self._witness.close()
        leftovers.clear()


def _show(told: Mapping[str, Any]) -> None:
    from IPython.display import display

    display({VERDICT: told}, raw=True)


def _close_the_kernel() -> None:
    """Before an answer runs: its processes are the same user's, and could otherwise send cells to this kernel.

    The key to it is in its connection file and its memory. The folder of the run, where answers may write, is no place
    to import from.
    """
    from ipykernel.connect import get_connection_file

    prctl.shut()
    Path(get_connection_file()).unlink(missing_ok=True)
    sys.path[:] = [place for place in sys.path if place]
