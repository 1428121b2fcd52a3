"""The engine of the explorer's page, run by Node on many scenarios at once."""

import json
import subprocess
from pathlib import Path
from typing import Any

from mqcourse.backpressure.explorer.bundle import BUNDLE, WEB
from mqcourse.install.npm import NODE

RUN = Path(__file__).parent / "twin.mjs"


def in_javascript(cases: "list[dict[str, Any]] | list[str]") -> list[dict[str, Any]]:
    """What the shipped file gives for each case, run by Node."""
    answer = subprocess.run(
        [str(NODE), str(RUN), str(BUNDLE), str(WEB / "engine" / "scenario.js")],
        input=json.dumps(cases),
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    found: list[dict[str, Any]] = json.loads(answer.stdout)
    return found
