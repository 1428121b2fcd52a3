"""`mq` with the course loaded before: a process of its own for each command, without a second of imports for each.

For what a command reads, prints and ends with. How `mq` itself starts and exits is for tests that start it.
"""

import atexit
import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

from mqcourse.home import CHECKOUT


def mq(
    home: Path, *words: str, typed: str | None = None, **variables: str
) -> "subprocess.CompletedProcess[str]":
    """Run it on that state folder, with these variables besides the test's own, and `typed` as its input."""
    loaded = _loaded()
    assert loaded.stdin is not None
    assert loaded.stdout is not None
    environment = {**os.environ, "MQ_HOME": str(home), **variables}
    case = {"words": words, "typed": typed, "environment": environment}
    loaded.stdin.write(f"{json.dumps(case)}\n")
    loaded.stdin.flush()
    done = json.loads(loaded.stdout.readline())
    return subprocess.CompletedProcess(["mq", *words], done["code"], done["out"], done["said"])


@cache
def _loaded() -> "subprocess.Popen[str]":
    """The process from which all commands of this test run's process are forked."""
    started = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("in_turn.py"))],
        cwd=CHECKOUT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    atexit.register(started.communicate)
    return started
