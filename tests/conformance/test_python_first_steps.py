"""Python's snippets of the page "Your client and the emulator"."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from own_emulator import emulator

pytestmark = pytest.mark.lengthy

PROGRAM = Path(__file__).with_name("python_first_steps.py")


@pytest.mark.wire
def test_pythons_snippets_run(tmp_path: Path) -> None:
    with emulator(tmp_path) as running:
        done = subprocess.run(
            [sys.executable, str(PROGRAM), str(running.port), str(running.certificate)],
            capture_output=True,
            text=True,
            timeout=200,
            check=False,
        )
    assert done.stdout == "all three\n", done.stderr[-3000:]
