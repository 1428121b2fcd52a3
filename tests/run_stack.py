"""A broker stack of a test's own: what the fixtures `stack` and `empty_stack` hand out."""

import contextlib
import json
import os
import random
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from mqcourse.exits import Exit
from mqcourse.stack import Endpoints, endpoints, ports, process

CHECKOUT = Path(__file__).parent.parent
RUN_VARIABLE = "MQ_TEST_RUN"
"""Marks every process of a test run with the pid of its pytest, so that what a killed run left can be told."""
FIRST_BASE, LAST_BASE = 12000, 19900
"""Blocks for test runs, away from the learners' ones (27100 and up)."""
WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
WORKERS = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
"""Which of a run's processes this one is, and of how many. Read once: the commands that tests call clear the environment."""


@dataclass(frozen=True)
class RunStack:
    """A stack of the test run: `home` is its MQ_HOME, `base` its block of ports, `env` what subprocesses need."""

    home: Path
    base: int

    @property
    def env(self) -> dict[str, str]:
        return {**os.environ, "MQ_HOME": str(self.home), "MQ_PORT_BASE": str(self.base)}

    @property
    def endpoints(self) -> Endpoints:
        return endpoints(self.home, {})

    def mq(
        self, *words: str, check: bool = True, typed: str | None = None, **env: str
    ) -> "subprocess.CompletedProcess[str]":
        """Run `mq WORDS` on this stack; `typed` is what a person answers, None: no input at all."""
        done = subprocess.run(
            [sys.executable, "-m", "mqcourse.cli", *words],
            cwd=CHECKOUT,
            env={**self.env, **env},
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL if typed is None else None,
            input=typed,
            check=False,
        )
        if check and done.returncode:
            raise AssertionError(
                f"mq {' '.join(words)} ended with {done.returncode}: {done.stderr}{done.stdout}"
            )
        return done

    def status(self) -> dict[str, dict[str, Any]]:
        """What `mq status --json` says, by name of the service."""
        said = self.mq("status", "--json", check=False)
        assert said.returncode in (Exit.DONE, Exit.UNREACHABLE), said.stderr
        return {row["name"]: row for row in json.loads(said.stdout)}

    def programs(self, name: str, service: str | None = None) -> list[psutil.Process]:
        """The processes of this stack that run the program; one that ends while we look does not count."""
        found = []
        for child in process.owned(self.home, service):
            with contextlib.suppress(psutil.NoSuchProcess):
                if child.name() == name:
                    found.append(child)
        return found

    def end(self) -> None:
        """Stop everything; nothing may be left."""
        self.mq("down")
        left = process.owned(self.home)
        process.kill(left)
        assert not left, f"left after `mq down`: {left}"


def free_base() -> int:
    """A block of ports that no one holds; random, so that two runs that start at once seldom choose the same."""
    held = set(ports.course_bases())
    bases = blocks(WORKER, WORKERS)
    random.SystemRandom().shuffle(bases)
    return next(base for base in bases if ports.block_is_free(base, held))


def blocks(worker: int, workers: int) -> list[int]:
    """The blocks of one of a run's processes, side by side: no other process of the run looks at them."""
    every = list(range(FIRST_BASE, LAST_BASE, ports.BLOCK))
    share = len(every) // workers
    return every[worker * share : (worker + 1) * share]
