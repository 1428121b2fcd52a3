"""`mq grade FOLDER` of a class: side by side, through any executor, with a table and a page."""

import contextlib
import csv
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from mqcourse.exits import Exit
from mqcourse.grading import journal
from mqcourse.home import CHECKOUT
from tests.grading.a_class import LAB, WRONG, hand_in, notebook
from tests.grading.test_nothing_left import processes, wait_for

pytestmark = pytest.mark.slow

FIRST = LAB.exercises[0]
EXECUTORS = """
def dask():
    from distributed import Client, LocalCluster

    cluster = LocalCluster(n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None)
    return Client(cluster).get_executor()


def no_executor():
    return 3


def broken():
    raise ValueError("no cluster")


number = 3
"""


def grade(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "mqcourse.cli", "grade", *words],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `submissions` of a class and `executors.py`."""
    folder = tmp_path_factory.mktemp("a class")
    hand_in(folder / "submissions")
    (folder / "executors.py").write_text(EXECUTORS, encoding="utf-8")
    return folder


def test_a_class_is_graded_side_by_side_into_a_table_and_a_page_without_names(place: Path) -> None:
    done = grade(
        str(place / "submissions"), "--trust", "--workers", "2", "--json", "--report", str(place / "out")
    )
    assert done.returncode == Exit.SOME_FAILED, done.stderr
    *judged, last = json.loads(done.stdout)
    points = {row["notebook"]: row["points"] for row in judged}
    assert points == {"ada.ipynb": FIRST.points, "bob.ipynb": 0, "cyd.ipynb": 0, "dan.ipynb": 0}
    assert "is no notebook" in last["error"]
    assert "answers" not in judged[0]
    with (place / "out" / "class.csv").open(encoding="utf-8", newline="") as file:
        assert len(list(csv.DictReader(file))) == len(points) * len(LAB.exercises) + 1
    page = (place / "out" / "class.html").read_text(encoding="utf-8")
    assert "name_1 = int(rate_per_s * service_mean_s)" in page
    assert "cyd" not in page.lower()
    assert (place / "out" / "class.csv").stat().st_mode & 0o077 == 0


def test_a_dask_cluster_gives_the_same_verdicts(place: Path, tmp_path: Path) -> None:
    folder = tmp_path / "submissions"
    folder.mkdir()
    for file in ("ada.ipynb", "bob.ipynb", "fay.ipynb"):
        (folder / file).write_bytes((place / "submissions" / file).read_bytes())
    done = grade(str(folder), "--trust", "--json", "--executor", f"{place / 'executors.py'}:dask")
    assert done.returncode == Exit.SOME_FAILED, done.stderr
    assert [row.get("points") for row in json.loads(done.stdout)] == [FIRST.points, 0, None]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--workers", "0"], "'0' is no number of workers from 1 to 64"),
        (["--executor", "dask"], "is not 'processes' and no FILE.py:NAME"),
        (["--executor", "nosuch.py:make"], "there is no file nosuch.py"),
        (["--executor", "{}:nosuch"], "has no function nosuch"),
        (["--executor", "{}:number"], "has no function number"),
        (["--executor", "{}:no_executor"], "returned a int"),
    ],
)
def test_a_wrong_executor_is_refused_before_anything_runs(place: Path, words: list[str], said: str) -> None:
    typed = [word.format(place / "executors.py") for word in words]
    done = grade(str(place / "submissions"), "--trust", *typed)
    assert done.returncode == Exit.USAGE
    assert said in done.stderr.splitlines()[-1]
    assert done.stdout == ""


def test_an_executor_that_cannot_be_made_is_one_line(place: Path) -> None:
    done = grade(str(place / "submissions"), "--trust", "--executor", f"{place / 'executors.py'}:broken")
    assert done.returncode == Exit.ENVIRONMENT
    assert "broken raised ValueError: no cluster" in done.stderr.splitlines()[-1]


@pytest.mark.parametrize("option", ["--workers=2", "--executor=processes", "--report=out"])
def test_what_is_for_a_folder_is_refused_for_one_notebook(place: Path, option: str) -> None:
    done = grade(str(place / "submissions" / "bob.ipynb"), "--no-save", option)
    assert done.returncode == Exit.USAGE
    assert f"{option.partition('=')[0]} is for a folder of notebooks" in done.stderr


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_class_whose_grading_is_ended_leaves_no_process(
    own_home: Path, tmp_path: Path, how: signal.Signals
) -> None:
    folder = tmp_path / "submissions"
    folder.mkdir()
    endless = WRONG.format(who="Cyd", name="n").replace("    n =", "    while True: pass\n    n =")
    for name in ("cyd", "dan", "eve"):
        (folder / f"{name}.ipynb").write_text(notebook({"consumers": endless}), encoding="utf-8")
    grading = subprocess.Popen(
        [sys.executable, "-m", "mqcourse.cli", "grade", str(folder), "--trust", "--workers", "2"],
        cwd=CHECKOUT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    wait_for(lambda: len(list(journal.folder().glob("run-*"))) >= 2)
    if how is signal.SIGINT:
        os.killpg(grading.pid, how)  # as a terminal sends it
    else:
        grading.send_signal(how)
    grading.wait(120)
    assert grading.returncode == (Exit.INTERRUPTED if how is signal.SIGINT else -how)
    wait_for(lambda: not processes(own_home))
    wait_for(lambda: not [one for one in psutil.process_iter() if is_of_the_class(one, own_home)])


def is_of_the_class(process: psutil.Process, home: Path) -> bool:
    with contextlib.suppress(psutil.Error, OSError):  # it ends while we look
        words = " ".join(process.cmdline())
        return "submission_process" in words and process.environ().get("MQ_HOME") == str(home)
    return False
