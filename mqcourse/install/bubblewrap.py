"""bubblewrap, which runs a program in separate namespaces without root: the machine's, else its distribution's package.

Chosen over own calls of unshare(2) and mount(2): it is what Flatpak runs everything with, small, and well read.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.home import software_folder
from mqcourse.install.apt import fetch_of_own_suite
from mqcourse.install.file_lock import only_one
from mqcourse.progress import Progress

NAME = "bwrap"
TRIAL = ("--unshare-all", "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", "true")


def executable(progress: Progress | None = None) -> Path:
    """The path of a bubblewrap that can make its namespaces on this machine.

    MQ_BWRAP names one to use. Raises CourseError where there is none: no Linux, no package, or a kernel that lets
    ordinary users make no namespaces.
    """
    if sys.platform != "linux":
        raise CourseError(
            "this system has no namespaces, so nothing can be shut in",
            do="Grade on a Linux machine, or in a container that holds nothing else, with --trust",
            code=Exit.ENVIRONMENT,
        )
    chosen = os.environ.get("MQ_BWRAP") or shutil.which(NAME)
    program = Path(chosen) if chosen else fetched(progress or Progress())
    if reason := why_unusable(program):
        raise CourseError(
            f"{program} cannot shut a program in on this machine ({reason})",
            do="Have user namespaces allowed (sysctl kernel.unprivileged_userns_clone, AppArmor's profile for bwrap), "
            "or grade in a container that holds nothing else, with --trust",
            code=Exit.ENVIRONMENT,
        )
    return program


def fetched(progress: Progress) -> Path:
    """The distribution's package, unpacked into the software folder."""
    prefix = software_folder() / "bubblewrap"
    program = prefix / "usr" / "bin" / NAME
    with only_one(
        software_folder() / "bubblewrap.lock",
        say=progress.say,
        waiting_for="another installation of bubblewrap",
    ):
        if not program.is_file():
            fetch_of_own_suite(["bubblewrap"], prefix, "bubblewrap", progress)
    return program


def why_unusable(program: Path) -> str | None:
    """Why it shuts nothing in here; None when it does."""
    try:
        answer = subprocess.run(
            [str(program), *TRIAL], capture_output=True, text=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    lines = answer.stderr.strip().splitlines()
    return (lines[-1] if lines else f"it ended with {answer.returncode}") if answer.returncode else None


def version(program: Path) -> str:
    """Its version, from `--version`."""
    answer = subprocess.run(
        [str(program), "--version"], capture_output=True, text=True, timeout=30, check=False
    )
    return answer.stdout.strip().rpartition(" ")[2] or "?"
