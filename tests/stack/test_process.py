"""Processes that are owned: recognised by pid and birth, found by their marks, ended for sure."""

import os
import subprocess
import sys
import time
from dataclasses import replace

import psutil
import pytest

from mqcourse.errors import CourseError
from mqcourse.stack import process

SLEEP = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(600)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)",
]


@pytest.fixture
def start(tmp_path):
    started = []

    def run(argv, service="one"):
        log = tmp_path / f"{len(started)}.log"
        child = process.spawn(argv, env=os.environ, cwd=tmp_path, log=log, state=tmp_path, service=service)
        started.append(child)
        deadline = time.monotonic() + 20
        while b"up" not in log.read_bytes():
            assert time.monotonic() < deadline
            assert child.poll() is None
            time.sleep(0.01)
        return child

    yield run
    for child in started:
        child.kill()
        child.wait()


def test_a_child_is_alive_until_it_is_killed_even_as_a_zombie(start):
    child = start(SLEEP)
    known = process.child_of(child.pid)
    assert process.is_alive(known)
    child.kill()
    deadline = time.monotonic() + 1
    while process.is_alive(known):  # nobody has reaped it: it is a zombie now
        assert time.monotonic() < deadline
    assert psutil.pid_exists(child.pid)


def test_another_process_with_the_same_pid_is_not_ours():
    me = process.child_of(os.getpid())
    assert process.is_alive(me)
    assert not process.is_alive(replace(me, born_s=me.born_s - 60))


def test_processes_are_found_by_their_marks_and_by_service(start, tmp_path):
    one, two = start(SLEEP, "one"), start(SLEEP, "two")
    assert {found.pid for found in process.owned(tmp_path)} == {one.pid, two.pid}
    assert [found.pid for found in process.owned(tmp_path, "two")] == [two.pid]
    assert process.owned(tmp_path / "elsewhere") == []


def test_end_asks_first_and_kills_only_the_stubborn(start, tmp_path):
    start(SLEEP)
    start(STUBBORN)
    assert process.end(process.owned(tmp_path), grace_s=0.5) == 1
    assert process.owned(tmp_path) == []


def test_a_child_outlives_its_launcher_and_its_terminal(start):
    child = start(SLEEP)
    assert os.getsid(child.pid) == child.pid != os.getsid(0)


def test_a_program_that_is_not_there_is_a_one_line_error(tmp_path):
    with pytest.raises(CourseError, match="cannot be started"):
        process.spawn(
            ["/no/such/program"], env={}, cwd=tmp_path, log=tmp_path / "log", state=tmp_path, service="one"
        )


def test_memory_of_a_dead_child_is_unknown():
    done = subprocess.Popen([sys.executable, "-c", ""])
    known = process.child_of(done.pid)
    done.wait()
    assert process.rss_mb(known) is None
    assert process.rss_mb(process.child_of(os.getpid())) > 1
