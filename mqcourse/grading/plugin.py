"""The pytest plugin that turns an nbval run of the graded notebook into verdicts.

nbval executes the answer cells in a kernel, each within a time limit. The checks run here, outside that kernel, so an
answer that replaces names, kills its kernel or loops for ever reaches no check and no other exercise. Each verdict is
one line of JSON on the pipe that `--verdicts` names.
"""

import contextlib
import json
import os
import re
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from queue import Empty
from typing import Any

import psutil
import pytest

from mqcourse.errors import CourseError
from mqcourse.grading import journal, keep, manifest
from mqcourse.grading.checks import of_lab
from mqcourse.grading.guarantees import Breach, Guarantee
from mqcourse.grading.judge import judge
from mqcourse.grading.manifest import Exercise
from mqcourse.grading.outcome import Unjudged
from mqcourse.grading.run import ENOUGH, GRACE_S, signature
from mqcourse.grading.trial import ONLY_HERE, Answer
from mqcourse.grading.verdict import State, Verdict
from mqcourse.grading.witness import Witness
from mqcourse.quick_imports import without_unneeded

with without_unneeded():
    from nbval.plugin import IPyNbCell, IPyNbFile, NbCellError

LIMITS = """
import sys as _sys
from mqcourse.grading.child import BoundedOutput as _BoundedOutput, limit_resources as _limit_resources
from mqcourse.grading.guard import close as _close
_limit_resources()
_close()
_sys.stdout, _sys.stderr = _BoundedOutput(_sys.stdout), _BoundedOutput(_sys.stderr)
"""
"""Runs first in each kernel: what a cell prints and uses is bounded."""

POLL_S = 0.2


class NotPassed(Exception):
    """A check that was not passed."""


class Grading:
    """The run of one graded notebook."""

    def __init__(self, verdicts_fd: int, key: str, seed: int) -> None:
        os.set_inheritable(verdicts_fd, False)
        self._fd = verdicts_fd
        self._key = key
        self._seed = seed
        self._abandoned = threading.Event()
        self._judge = psutil.Process(os.getppid())
        """Who waits for the verdicts."""
        self._witness: Witness | None = None
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
            of_lab(lab)  # imported before any answer runs
            self._witness = self._witness or Witness(lab.brokers)
            answer = Answer(self._setup, item.cell.source, self._seed, alive=self._wanted)
            self._judged[exercise.id] = self._pool.submit(judge, lab, exercise, answer, self._witness)
            item.runtest = partial(self._run_answer, item, exercise)
        elif "check" in metadata:
            item.runtest = partial(self._run_check, item, lab.exercise(metadata["check"]))
        else:
            self._setup += item.cell.source + "\n"
            item.runtest = partial(self._run_setup, item)

    def pytest_sessionfinish(self) -> None:
        """Nothing of a trial is left behind."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        if self._abandoned.is_set():
            threading.Event().wait()  # abandon() gives everything back, and ends this process
        if self._witness:
            self._witness.close()
        journal.clear()

    def abandon(self, *, judge_died: bool) -> None:
        """End everything and give back what was made, because nobody waits for the verdicts any more."""
        self._abandoned.set()
        for child in psutil.Process().children(recursive=True):  # the kernel; the trials end their own
            with contextlib.suppress(psutil.Error):
                if "ipykernel" in " ".join(child.cmdline()):
                    child.kill()
        ended = threading.Thread(
            target=partial(self._pool.shutdown, wait=True, cancel_futures=True), daemon=True
        )
        ended.start()
        ended.join(GRACE_S - 2.0)
        journal.finish()
        if judge_died:
            self._await_end_of_judge()
        journal.sweep()
        os._exit(1)

    def _await_end_of_judge(self) -> None:
        """Its files are closed a moment before it is gone, and only what is left by one that is gone is swept."""
        end_s = time.monotonic() + GRACE_S
        with contextlib.suppress(psutil.Error):
            while self._judge.status() != psutil.STATUS_ZOMBIE and time.monotonic() < end_s:
                time.sleep(0.05)

    def _wanted(self) -> None:
        if self._abandoned.is_set():
            raise Unjudged("nobody waits for this verdict any more")

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
        try:
            verdict = self._judged[exercise.id].result()
        except CourseError as error:
            self._tell({"unjudged": str(error)})
            raise
        except BaseException as error:  # a defect of the check: no verdict is better than a false one
            self._tell(
                {"unjudged": f"the check of {exercise.id} failed: {type(error).__name__}: {error}"[:400]}
            )
            raise
        failed = self._failed.get(exercise.id)
        if failed and verdict.state is not State.UNTOUCHED:
            verdict = replace(verdict, breaches=(Breach(Guarantee.RUNS, failed),))
        self._tell({"exercise": exercise.id, "verdict": verdict.as_dict()})
        if not verdict.passed:
            raise NotPassed("\n".join(verdict.lines()))

    def _tell(self, told: dict[str, Any]) -> None:
        body = json.dumps(told)
        line = json.dumps({"body": body, "signed": signature(self._key, body)}) + "\n"
        with contextlib.suppress(BrokenPipeError):
            rest = line.encode()
            while rest:
                rest = rest[os.write(self._fd, rest) :]

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
    last = (said.splitlines()[-1] if said else message)[:300]
    return f"the answer cell stopped with {last}" + (f"; {ONLY_HERE}" if last.startswith("NameError") else "")


def pytest_addoption(parser: pytest.Parser) -> None:
    """--verdicts FD --seed N."""
    parser.addoption(
        "--verdicts", type=int, help="file descriptor that takes a line of JSON for each verdict"
    )
    parser.addoption("--seed", type=int, default=0, help="what the checks draw comes from here")


def pytest_configure(config: pytest.Config) -> None:
    """Begin the grading when asked to."""
    if config.getoption("verdicts") is None:
        return
    keep.shut()
    asked = os.dup(0)  # not inherited
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    key = b""
    while not key.endswith(b"\n") and (part := os.read(asked, 1)):
        key += part
    grading = Grading(config.getoption("verdicts"), key.decode().strip(), config.getoption("seed"))
    config.pluginmanager.register(grading, "grading")

    def watch() -> None:
        grading.abandon(judge_died=os.read(asked, 1) != ENOUGH)

    threading.Thread(target=watch, daemon=True).start()
