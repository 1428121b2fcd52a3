"""The very first command: an environment from the pins, or one line that says why not."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent.parent.parent / "mqcourse" / "install" / "environment.py"


def setup(
    folder: Path, requirements: str, *, python: str = sys.executable, **environment: str
) -> subprocess.CompletedProcess[str]:
    file = folder / "requirements.txt"
    file.write_text(requirements, encoding="utf-8")
    return subprocess.run(
        [python, str(SCRIPT), str(file), "--venv", str(folder / "a venv")],
        capture_output=True,
        text=True,
        env={**os.environ, "MQ_HOME": str(folder / "state"), **environment},
        timeout=240,
        check=False,
    )


def refused(answer: subprocess.CompletedProcess[str], *words: str) -> None:
    assert answer.returncode == 1
    lines = [line for line in answer.stderr.splitlines() if line]
    assert len(lines) == 1, answer.stderr
    assert lines[0].startswith("setup: ")
    for word in words:
        assert word in lines[0]


def test_no_network_is_said_in_one_line_and_leaves_nothing_marked_as_done(tmp_path: Path) -> None:
    unreachable = {
        "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
        "PIP_RETRIES": "0",
        "PIP_NO_INDEX": "",
        "PIP_FIND_LINKS": "",
    }
    refused(
        setup(tmp_path, "six==1.17.0\n", **unreachable),
        "package index cannot be reached",
        "run the same command again",
    )
    assert not (tmp_path / "a venv" / ".installed.json").exists()


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "a venv").write_text("a file in the folder's place", encoding="utf-8")
    (tmp_path / "a venv").chmod(0o400)
    blocked = tmp_path / "a venv" / "venv"
    answer = subprocess.run(
        [sys.executable, str(SCRIPT), str(SCRIPT), "--venv", str(blocked)],
        capture_output=True,
        text=True,
        check=False,
    )
    refused(answer, str(blocked), "run the same command again")


def test_an_old_python_is_told_which_one_is_needed(tmp_path: Path) -> None:
    script = tmp_path / "environment.py"
    script.write_text(SCRIPT.read_text(encoding="utf-8").replace("(3, 11)", "(9, 0)"), encoding="utf-8")
    answer = subprocess.run(
        [sys.executable, str(script), "r.txt"], capture_output=True, text=True, check=False
    )
    refused(answer, "needs 9.0 or newer", "make start PYTHON=")


def test_the_script_reads_on_a_python_that_is_too_old_to_run_it() -> None:
    import ast

    ast.parse(SCRIPT.read_text(encoding="utf-8"), feature_version=(3, 7))


@pytest.mark.slow
def test_the_same_pins_are_not_installed_twice_and_new_ones_are(tmp_path: Path) -> None:
    first = setup(tmp_path, "six==1.17.0\n")
    assert first.returncode == 0, first.stderr
    assert "1 installed" in first.stdout
    again = setup(tmp_path, "six==1.17.0\n")
    assert (again.returncode, again.stdout) == (0, "")
    changed = setup(tmp_path, "six==1.16.0\n")
    assert "1 installed" in changed.stdout
