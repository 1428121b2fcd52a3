"""The pytest plugin that turns an nbval run of the graded notebook into verdicts.

nbval executes the answer cells in a kernel, each within a time limit. The checks run here, outside that kernel, so an
answer that replaces names, kills its kernel or loops for ever reaches no check and no other exercise. Each verdict is
one line of JSON on the pipe that `--verdicts` names.
"""

import json
import os
import re
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from queue import Empty
from typing import Any

import pytest

from mqcourse.grading import manifest
from mqcourse.grading.checks import of_lab
from mqcourse.grading.guarantees import Guarantee
from mqcourse.grading.judge import judge
from mqcourse.grading.lean import lean
from mqcourse.grading.manifest import Exercise
from mqcourse.grading.trial import Answer
from mqcourse.grading.verdict import Verdict, refused

with lean():
    from nbval.plugin import IPyNbCell, IPyNbFile, NbCellError

LIMITS = """
import sys as _sys
from mqcourse.grading.child import BoundedOutput as _BoundedOutput, limit_resources as _limit_resources
_limit_resources()
_sys.stdout, _sys.stderr = _BoundedOutput(_sys.stdout), _BoundedOutput(_sys.stderr)
"""
"""Runs first in each kernel: what a cell prints and uses is bounded."""

POLL_S = 0.2


class NotPassed(Exception):
    """A check that was not passed."""


class Grading:
    """The run of one graded notebook."""

    def __init__(self, verdicts_fd: int) -> None:
        self._fd = verdicts_fd
        self._pool = ThreadPoolExecutor(max_workers=8, thread_name_prefix="judge")
        self._judged: dict[str, Future[Verdict]] = {}
        self._failed: dict[str, str] = {}
        self._setup = ""
        self._used = False
        """Whether a learner's cell has run in the kernel."""

    def pytest_itemcollected(self, item: pytest.Item) -> None:
        """Take each cell's run into our hands; the judging of its answer begins at once, in a thread."""
        if not isinstance(item, IPyNbCell):
            return
        metadata = item.cell.metadata
        lab = manifest.find(item.parent.nb.metadata["mqcourse"]["lab"])
        if "exercise" in metadata:
            exercise = lab.exercise(metadata["exercise"]["id"])
            of_lab(lab.name)  # imported before any answer runs
            self._judged[exercise.id] = self._pool.submit(
                judge, lab, exercise, Answer(self._setup, item.cell.source)
            )
            item.runtest = partial(self._run_answer, item, exercise)
        elif "check" in metadata:
            item.runtest = partial(self._run_check, item, lab.exercise(metadata["check"]))
        else:
            self._setup += item.cell.source + "\n"
            item.runtest = partial(self._run_setup, item)

    def pytest_sessionfinish(self) -> None:
        """Nothing of a trial is left behind."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _run_setup(self, item: Any) -> None:
        _watch(item.parent)
        _run_source(item, LIMITS)
        IPyNbCell.runtest(item)

    def _run_answer(self, item: Any, exercise: Exercise) -> None:
        if not item.parent.kernel.is_alive() or item.parent.timed_out:
            self._fresh_kernel(item)
        try:
            try:
                self._used, used_before = True, self._used
                IPyNbCell.runtest(item)
            except (NbCellError, KernelDied):
                if not used_before:
                    raise
                # Another answer ran in this kernel before and may be the one to blame: only a clean kernel counts.
                self._fresh_kernel(item)
                self._used = True
                IPyNbCell.runtest(item)
        except (NbCellError, KernelDied) as error:
            self._failed[exercise.id] = _in_plain_words(error)
            raise

    def _run_check(self, item: Any, exercise: Exercise) -> None:
        verdict = self._judged[exercise.id].result()
        failed = self._failed.get(exercise.id)
        if failed and not any(breach.guarantee is Guarantee.ANSWERED for breach in verdict.breaches):
            verdict = refused(exercise, Guarantee.RUNS, failed)
        line = json.dumps({"exercise": exercise.id, "broken": verdict.as_dict()["broken"]}) + "\n"
        os.write(self._fd, line.encode())
        if not verdict.passed:
            raise NotPassed("\n".join(verdict.lines()))

    def _fresh_kernel(self, item: Any) -> None:
        notebook = item.parent
        if hasattr(notebook.kernel, "km"):
            notebook.kernel.stop()
        notebook.timed_out = False
        IPyNbFile.setup(notebook)
        _watch(notebook)
        _run_source(item, LIMITS + self._setup)
        self._used = False


class KernelDied(Exception):
    """The kernel ended while a cell ran in it."""


def _watch(notebook: Any) -> None:
    """Let nbval notice at once when the kernel dies: it would wait for the whole time limit."""
    kernel = notebook.kernel
    ask: Callable[..., Any] = kernel.get_message

    def get_message(stream: str, timeout: float | None = None) -> Any:
        end_s = time.monotonic() + (timeout or 0)
        while True:
            try:
                return ask(stream, timeout=POLL_S)
            except Empty:
                if not kernel.is_alive():
                    raise KernelDied("the answer cell ended its kernel") from None
                if timeout is not None and time.monotonic() > end_s:
                    raise

    kernel.get_message = get_message


def _run_source(item: Any, source: str) -> None:
    kernel = item.parent.kernel
    kernel.await_reply(kernel.execute_cell_input(source, allow_stdin=False), timeout=30)


def _in_plain_words(error: Exception) -> str:
    if isinstance(error, KernelDied):
        return str(error)
    said = re.sub(r"\x1b\[[0-9;]*m", "", str(getattr(error, "inner_traceback", "") or "")).strip()
    message = str(error.args[0]) if error.args else ""
    if message.startswith("Timeout"):
        return "the answer cell itself did not end in time: keep only definitions in it, and call them in a cell of your own"
    last = said.splitlines()[-1] if said else message
    return f"the answer cell stopped with {last[:300]}"


def pytest_addoption(parser: pytest.Parser) -> None:
    """--verdicts FD."""
    parser.addoption(
        "--verdicts", type=int, help="file descriptor that takes a line of JSON for each verdict"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Begin the grading when asked to."""
    if config.getoption("verdicts") is not None:
        config.pluginmanager.register(Grading(config.getoption("verdicts")), "grading")
