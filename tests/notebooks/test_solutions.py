"""`pytest --nbval-lax` passes on every generated solution notebook, again and again."""

import subprocess
import sys
from pathlib import Path

import pytest

from mqcourse.grading import manifest, master
from tests.long_run import times

ROUNDS = times(1, 10)

LABS = tuple(lab for lab in manifest.load() if not lab.lets_nodes_fail)


@pytest.mark.stack
@pytest.mark.usefixtures("stack")
@pytest.mark.parametrize("lab", LABS, ids=[lab.name for lab in LABS])
def test_a_solution_notebook_passes_every_time(lab: manifest.Lab, tmp_path: Path) -> None:
    (path,) = master.write_solutions((lab,), tmp_path / "solution notebooks")
    for number in range(1, ROUNDS + 1):
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "--nbval-lax", str(path), "-q", "-p", "no:cacheprovider"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        assert done.returncode == 0, f"round {number}: {done.stdout[-4000:]}{done.stderr[-1000:]}"
