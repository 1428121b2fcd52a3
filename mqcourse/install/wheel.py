"""A wheel unpacked into a folder outside the environment: for programs and versions that only some readers use."""

import shutil
import subprocess
import sys
from pathlib import Path

from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.variables import Kind, environment_of


def fetch(requirements: Path, target: Path, title: str, *, do: str) -> None:
    """Have pip verify the checksums in `requirements` and unpack into `target`, from wherever this user's pip fetches.

    What the package needs besides is not fetched. CourseError, with `do` as its remedy, when there is no wheel for this
    machine or the index cannot be reached; the target is removed then.
    """
    words = ["--no-deps", "--require-hashes", "--only-binary=:all:", "--no-compile", "--target", str(target)]
    quiet = ["--quiet", "--disable-pip-version-check", "--no-warn-conflicts"]
    done = subprocess.run(
        [sys.executable, "-m", "pip", "install", *quiet, *words, "-r", str(requirements)],
        env=environment_of(Kind.FETCH),
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["it gave no reason"]
        shutil.rmtree(target, ignore_errors=True)
        raise CourseError(f"pip could not fetch {title}: {said[-1]}", do=do, code=Exit.NETWORK)
