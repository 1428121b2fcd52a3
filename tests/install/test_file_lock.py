"""One installer at a time; errors of folders and disks on one line."""

import errno
import os
import subprocess
import sys

import pytest

from mqcourse.disk import make_folder, unwritable
from mqcourse.errors import CourseError
from mqcourse.install.file_lock import only_one

HOLD = """
import sys
from pathlib import Path
from mqcourse.install.file_lock import only_one
with only_one(Path(sys.argv[1]), say=print, waiting_for="the other"):
    print("held", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def holder(tmp_path):
    child = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "lock")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout.readline() == "held\n"
    yield child
    child.kill()
    child.communicate()


def test_the_second_waits_and_says_for_whom(holder, tmp_path):
    said = []

    def say(line):
        said.append(line)
        holder.stdin.write("\n")
        holder.stdin.flush()

    with only_one(tmp_path / "lock", say=say, waiting_for="the other", limit_s=30):
        assert holder.wait(10) == 0
    assert said == [f"waiting for the other (process {holder.pid}) …"]


def test_it_gives_up_after_its_time_naming_the_holder(holder, tmp_path):
    with (
        pytest.raises(CourseError, match=str(holder.pid)),
        only_one(tmp_path / "lock", say=lambda line: None, waiting_for="the other", limit_s=0.2),
    ):
        pass


def test_a_killed_holder_leaves_no_lock(holder, tmp_path):
    holder.kill()
    with only_one(tmp_path / "lock", say=lambda line: None, waiting_for="the other", limit_s=60):
        pass


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(CourseError, match="MQ_HOME and MQ_SOFTWARE"):
        make_folder(tmp_path / "file" / "folder")


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_and_a_full_quota_say_so(code):
    assert "is full" in str(unwritable("/x", OSError(code, os.strerror(code))))
