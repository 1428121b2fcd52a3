"""The consuming program as the one who drives it sees it: commands, answers, and a kill."""

import json
import select
import subprocess
import sys
import time
from typing import Any

from mqcourse.home import CHECKOUT

DEADLINE_S = 180
"""For hangs only."""


class Process:
    """A running program of `tests.whatif.program`, ready for commands."""

    def __init__(self, broker: str, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.whatif.program", broker, *arguments],
            cwd=CHECKOUT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.answer() == "ready"

    def ask(self, *command: Any) -> Any:
        """A command and its answer."""
        self.send(*command)
        return self.answer()

    def send(self, *command: Any) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{json.dumps(command)}\n")
        self.process.stdin.flush()

    def answer(self) -> Any:
        """The next answer. A program that ended, or gives none within the deadline, fails the trace."""
        assert self.process.stdout is not None
        ready, _, _ = select.select([self.process.stdout], [], [], DEADLINE_S)
        line = self.process.stdout.readline() if ready else ""
        assert line, f"the program gave no answer (exit code {self.process.poll()})"
        return json.loads(line)

    def answered(self) -> bool:
        """Whether an answer can be read without waiting."""
        return bool(select.select([self.process.stdout], [], [], 0)[0])

    def kill(self) -> None:
        """SIGKILL."""
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            pipe.close()


def wait_for(what: Any, why: str) -> Any:
    """The first value of `what()` that is not None. Raises AssertionError at the deadline."""
    until = time.monotonic() + DEADLINE_S
    while time.monotonic() < until:
        found = what()
        if found is not None:
            return found
        time.sleep(0.02)
    raise AssertionError(f"after {DEADLINE_S} s, still waiting: {why}")
