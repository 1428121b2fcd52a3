"""A program of JavaScript, run by the course's Node: JSON in, JSON out."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mqcourse.install.npm import NODE


def answer(given: Any, *words: str | Path, env: Mapping[str, str] | None = None) -> str:
    """What `node WORDS` prints when its standard input is `given` as JSON; it must end without an error."""
    done = subprocess.run(
        [str(NODE), *(str(word) for word in words)],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=False,
        env=env,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
