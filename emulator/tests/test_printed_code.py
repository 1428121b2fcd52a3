"""The code of the README and of docs/ten-minutes.md runs as it is printed."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from servicebus_emulator.testing.emulator_process import EmulatorProcess

HERE = Path(__file__).parents[1]
README, TEN_MINUTES = HERE / "README.md", HERE / "docs" / "ten-minutes.md"
pytestmark = [pytest.mark.wire, pytest.mark.lengthy]


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(
        rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )


def run(folder: Path, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, *words], cwd=folder, capture_output=True, text=True, check=False, timeout=250
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("page", [README, TEN_MINUTES], ids=lambda page: page.stem)
def test_the_tests_on_a_page_pass(page: Path, tmp_path: Path) -> None:
    code = [block for block in blocks(page, "python") if "pytest" in block or "def test_" in block]
    (tmp_path / "test_page.py").write_text("\n".join(code), encoding="utf-8")
    assert "1 passed" in run(tmp_path, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_page.py")


def test_the_first_program_receives_what_it_sent(tmp_path: Path) -> None:
    (config,) = blocks(TEN_MINUTES, "json")
    (program,) = [block for block in blocks(TEN_MINUTES, "python") if "CONNECTION" in block]
    emulator = EmulatorProcess.start(tmp_path, json.loads(config))
    try:
        (tmp_path / "program.py").write_text(program.replace(":5672", f":{emulator.port}"), encoding="utf-8")
        assert run(tmp_path, "program.py").startswith("one 0 ")
    finally:
        emulator.stop()
