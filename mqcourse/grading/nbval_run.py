"""Run a graded notebook with nbval, and pass its verdicts on: python -m mqcourse.grading.nbval_run FILE --verdicts FD.

nbval does what it does for every notebook: it starts a kernel, runs each cell there, and fails a cell that raises. This
plugin reads the outputs of the cells. Each verdict is one line of JSON on the pipe, signed with a key that is read from
standard input. The end of standard input means that the reader of the verdicts has died.
"""

import argparse
import contextlib
import json
import os
import sys
import threading
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest

from mqcourse.grading import leftovers, prctl
from mqcourse.grading.graded import VERDICT
from mqcourse.grading.run import ENOUGH, GRACE_S, signature
from mqcourse.quick_imports import without_unneeded
from mqcourse.stack.process import kill

with without_unneeded():
    import nbval.kernel
    import nbval.plugin

# nbval has no option for it; without keys other users of the machine would read what the cells show
nbval.kernel.KernelManager = partial(nbval.kernel.KernelManager, transport_encryption="auto")

POLL_S = 0.1
OPTIONS = ("--nbval-lax", "--nbval-current-env", "--noconftest", "-p", "no:cacheprovider", "-c", os.devnull)


class Verdicts:
    """The plugin: hands on what the cells show, and ends the run when its kernel has died."""

    def __init__(self, pipe: int, key: str) -> None:
        os.set_inheritable(pipe, False)
        self._pipe = pipe
        self._key = key
        self._judge = psutil.Process(os.getppid())
        """Who waits for the verdicts."""
        self._ending = threading.Event()
        """Set when the kernel ends as it should, or when the whole run is given up."""
        self._given_up = threading.Event()

    def pytest_runtest_call(self, item: pytest.Item) -> None:
        """Before the first cell: watch the kernel, whose death nbval notices only when the cell's time is up."""
        if item is item.session.items[0]:
            kernel = [psutil.Process(child.pid) for child in psutil.Process().children()]
            threading.Thread(target=self._watch, args=(kernel,), daemon=True).start()

    def pytest_runtest_makereport(self, item: Any, call: "pytest.CallInfo[None]") -> None:
        """After a cell: its outputs are in `test_outputs`, where nbval keeps them for its reports."""
        if call.when == "call":
            for output in item.test_outputs or ():
                if told := output.get("data", {}).get(VERDICT):
                    self._tell(told)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_teardown(self, nextitem: pytest.Item | None) -> None:
        """After the last cell nbval ends the kernel."""
        if nextitem is None:
            self._ending.set()

    def pytest_sessionfinish(self) -> None:
        """A run that is given up ends in its own way."""
        if self._given_up.is_set():
            threading.Event().wait()

    def give_up(self, *, judge_died: bool) -> None:
        """End everything, give back what was made, and end this process."""
        self._given_up.set()
        self._ending.set()
        kill(psutil.Process().children(recursive=True))  # gone, so that the sweep takes their journals
        if judge_died:
            self._await_end_of_judge()
        leftovers.sweep_all()
        os._exit(1)

    def _tell(self, told: Mapping[str, Any]) -> None:
        body = json.dumps(told)
        rest = f"{json.dumps({'body': body, 'signed': signature(self._key, body)})}\n".encode()
        with contextlib.suppress(BrokenPipeError):
            while rest:
                rest = rest[os.write(self._pipe, rest) :]

    def _watch(self, kernel: list[psutil.Process]) -> None:
        while not self._ending.wait(POLL_S):
            if not all(_lives(process) for process in kernel):
                break
        if not self._ending.is_set():
            os._exit(1)  # an answer has killed the kernel; the judge notices which verdicts are missing

    def _await_end_of_judge(self) -> None:
        """Its files are closed a moment before it is gone, and only what is left by one that is gone is swept."""
        end_s = time.monotonic() + GRACE_S
        while _lives(self._judge) and time.monotonic() < end_s:
            time.sleep(0.05)


def _lives(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.Error):
        return process.status() != psutil.STATUS_ZOMBIE
    return False


def _key_from(asked: int) -> str:
    key = b""
    while not key.endswith(b"\n") and (part := os.read(asked, 1)):
        key += part
    return key.decode().strip()


def main() -> int:
    """The exit code is pytest's."""
    arguments = argparse.ArgumentParser(description="Run a graded notebook with nbval.")
    arguments.add_argument("notebook", type=Path)
    arguments.add_argument("--verdicts", type=int, required=True, metavar="FD")
    given = arguments.parse_args()
    prctl.shut()
    asked = os.dup(0)  # not inherited
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    verdicts = Verdicts(given.verdicts, _key_from(asked))

    def wait_for_the_end() -> None:
        verdicts.give_up(judge_died=os.read(asked, 1) != ENOUGH)

    threading.Thread(target=wait_for_the_end, daemon=True).start()
    words = [str(given.notebook), *OPTIONS, "--rootdir", str(given.notebook.parent)]
    return int(pytest.main(words, plugins=[nbval.plugin, verdicts]))


if __name__ == "__main__":
    sys.exit(main())
