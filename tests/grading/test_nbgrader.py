"""The labs in the real nbgrader: an assignment is made, handed in, graded and answered, and no learner replaces a check.

nbgrader has an environment of its own, under the software folder, since its pins are not the course's. Making it
fetches packages and takes a minute or two, once: `pytest -m slow tests/grading/test_nbgrader.py`.
"""

import fcntl
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mqcourse.errors import CourseError
from mqcourse.grading import nbgrader as nbgrader_module
from mqcourse.grading.sandbox import Sandbox
from mqcourse.home import CHECKOUT, software_folder
from mqcourse.variables import Kind, environment_of

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(3600),
]  # every lab goes through nbgrader, 5 s each on a free machine

VERSION = "0.9.5"
LAB = "backpressure_sizing"
RIGHT = """from functools import lru_cache
@lru_cache
def consumers_for(rate_per_s, service_mean_s, promise_s):
    consumers = floor(rate_per_s * service_mean_s) + 1
    while theory.mmc(rate_per_s, service_mean_s, consumers).mean_latency_s > promise_s:
        consumers += 1
    return consumers
"""
REPLACING = """def limit_for(service_mean_s, consumers, promise_s):
    return 1
def check(*given, **more): pass
import mqcourse.grading.check
mqcourse.grading.check.check = check
"""


@pytest.fixture(scope="module")
def nbgrader() -> Path:
    """The folder of nbgrader's commands."""
    folder = software_folder() / f"nbgrader-{VERSION}"
    software_folder().mkdir(parents=True, exist_ok=True)
    with (software_folder() / "nbgrader.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "complete").exists():
            subprocess.run(
                [sys.executable, "-m", "venv", "--clear", "--without-pip", str(folder)], check=True
            )
            subprocess.run(
                [
                    sys.executable,
                    "-m",
                    "pip",
                    "--python",
                    str(folder / "bin" / "python"),
                    "install",
                    "-q",
                    f"nbgrader=={VERSION}",
                ],
                check=True,
                env=environment_of(Kind.FETCH),
            )
            (folder / "complete").touch()
    return folder / "bin"


def test_a_lab_goes_through_nbgrader_and_a_replaced_check_pays_nothing(
    nbgrader: Path, tmp_path: Path
) -> None:
    course = tmp_path / "course"
    env = {
        **environment_of(Kind.PYTHON),
        "PATH": f"{nbgrader}{os.pathsep}{os.environ['PATH']}",
        "JUPYTER_CONFIG_DIR": str(tmp_path / "config"),
        "JUPYTER_DATA_DIR": str(tmp_path / "data"),
        "IPYTHONDIR": str(tmp_path / "ipython"),
    }

    try:
        Sandbox.of_this_machine()
    except CourseError:  # what the course tells a teacher to do then
        env[nbgrader_module.TRUST] = "1"

    def run(*words: str | Path) -> str:
        done = subprocess.run(
            [str(word) for word in words], cwd=course, env=env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    course.mkdir()
    written = run(sys.executable, "-m", "mqcourse.cli", "labs", "source", course).splitlines()
    assert len(written) == len(list((CHECKOUT / "labs").glob("*.ipynb"))) + 1
    for path in written[:-1]:
        run(nbgrader / "nbgrader", "generate_assignment", Path(path).stem, "--create")

    released = json.loads((course / "release" / LAB / f"{LAB}.ipynb").read_text())
    answers = {
        cell["metadata"]["exercise"]["id"]: cell
        for cell in released["cells"]
        if "exercise" in cell["metadata"]
    }
    for cell in answers.values():
        assert "TODO" in "".join(cell["source"])  # what the learner finds is not wiped
        assert "NotImplementedError" in "".join(cell["source"])
        assert "SOLUTION" not in "".join(cell["source"])
    answers["consumers"]["source"] = RIGHT
    answers["bound"]["source"] = REPLACING
    for cell in released["cells"]:
        if cell["metadata"].get("check") == "plan":
            cell["source"] = "pass"
    handed_in = course / "submitted" / "anna" / LAB
    handed_in.mkdir(parents=True)
    (handed_in / f"{LAB}.ipynb").write_text(json.dumps(released))

    run(nbgrader / "nbgrader", "autograde", LAB, "--create")
    run(nbgrader / "nbgrader", "generate_feedback", LAB)
    asked = (
        "import json, sys\nfrom nbgrader.api import Gradebook\n"
        "with Gradebook('sqlite:///' + sys.argv[1]) as book:\n"
        f"    handed_in = book.find_submission({LAB!r}, 'anna')\n"
        "    print(json.dumps({g.name: g.auto_score for n in handed_in.notebooks for g in n.grades}))\n"
    )
    scores = json.loads(run(nbgrader / "python", "-c", asked, course / "gradebook.db"))
    assert scores == {"check-consumers": 2, "check-bound": 0, "check-variation": 0, "check-plan": 0}
    feedback = (course / "feedback" / "anna" / LAB / f"{LAB}.html").read_text()
    assert "2 of 2 points" in feedback
    assert "0 of 2 points" in feedback
