"""A real Chromium for the browser tests and the page benchmarks, without root.

First an installed Chromium or Chrome; else, on Debian, the distribution's own package with what the machine
lacks of its dependencies, unpacked into a prefix; else (Ubuntu carries Chromium only as a snap) Playwright's own
download. All of them write into the software folder only.
"""

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from string import Template

from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.home import software_folder
from mqcourse.install.apt import fetch_of_own_suite, this_release
from mqcourse.install.file_lock import only_one
from mqcourse.progress import Progress
from mqcourse.variables import Kind, environment_of

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")
PLACES = (
    Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"),
    Path("/opt/google/chrome/chrome"),
)
PACKAGES = ("chromium", "fonts-dejavu-core", "fonts-noto-color-emoji")
FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""For Playwright's launch(args=…): a browser that makes no request by itself."""

LAUNCHER = Template("""#!/bin/sh
# Chromium out of a private prefix: its own libraries and fonts first, then the machine's.
LD_LIBRARY_PATH="$libraries" FONTCONFIG_FILE="$fonts" exec "$program" "$$@"
""")
FONTS = Template("""<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>$prefix/usr/share/fonts</dir><dir>/usr/share/fonts</dir><cachedir>$prefix/font-cache</cachedir></fontconfig>
""")


def chromium_executable(progress: Progress | None = None) -> Path:
    """The path of a browser that starts; installs one when there is none.

    MQ_CHROMIUM names one to use. Raises CourseError when none can be had.
    """
    chosen = os.environ.get("MQ_CHROMIUM")
    if chosen:
        if not starts(Path(chosen)):
            raise CourseError(
                f"MQ_CHROMIUM names {chosen}, which does not start",
                do="Name a Chromium or Chrome, or unset it",
                code=Exit.ENVIRONMENT,
            )
        return Path(chosen)
    found = installed()
    if found:
        return found
    prefix = software_folder() / "chromium"
    launcher = prefix / "chromium"
    if launcher.exists() and starts(launcher):
        return launcher
    progress = progress or Progress()
    lock = software_folder() / "chromium.lock"
    with only_one(lock, say=progress.say, waiting_for="another installation of Chromium"):
        if launcher.exists() and starts(launcher):
            return launcher
        if shutil.which("apt-get") and this_release().distribution == "debian":
            return from_packages(prefix, launcher, progress)
        return from_playwright(prefix, progress)


def installed() -> Path | None:
    """A Chromium or Chrome of the machine that really starts (Ubuntu's chromium-browser may be an empty promise)."""
    candidates = [Path(path) for name in NAMES if (path := shutil.which(name))]
    return next((path for path in (*candidates, *PLACES) if path.exists() and starts(path)), None)


def starts(program: Path) -> bool:
    """Whether the program answers --version with exit code 0."""
    try:
        answer = subprocess.run([str(program), "--version"], capture_output=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.returncode == 0 and b"Chrom" in answer.stdout


def from_packages(prefix: Path, launcher: Path, progress: Progress) -> Path:
    """Debian's own Chromium, from the machine's own mirror, signatures checked."""
    fetch_of_own_suite(PACKAGES, prefix, "Chromium", progress)
    program = prefix / "usr" / "lib" / "chromium" / "chromium"
    # PulseAudio keeps one of its libraries in a folder of its own, so every folder that holds one is named
    libraries = sorted({str(path.parent) for path in prefix.rglob("*.so*")})
    fonts = prefix / "fonts.conf"
    fonts.write_text(FONTS.substitute(prefix=prefix), encoding="utf-8")
    launcher.write_text(
        LAUNCHER.substitute(libraries=":".join(libraries), fonts=fonts, program=program), encoding="utf-8"
    )
    launcher.chmod(0o755)
    if not starts(launcher):
        raise CourseError(
            f"Chromium was unpacked into {prefix} but does not start",
            do="Install Chromium or Chrome yourself, or name one with MQ_CHROMIUM",
            code=Exit.ENVIRONMENT,
        )
    return launcher


def from_playwright(prefix: Path, progress: Progress) -> Path:
    """The build that Playwright downloads for itself, kept in the software folder."""
    environment = environment_of(Kind.NPM, PLAYWRIGHT_BROWSERS_PATH=str(prefix))
    with progress.step("Chromium, by Playwright"):
        answer = subprocess.run(
            [sys.executable, "-m", "playwright", "install", "--no-shell", "chromium"],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
    program = next(
        (
            path
            for name in ("chrome", "Chromium", "headless_shell")
            for path in prefix.rglob(name)
            if starts(path)
        ),
        None,
    )
    if program is None:
        said = (answer.stderr or answer.stdout).strip().splitlines()
        raise CourseError(
            f"no Chromium on {platform.platform()}, and Playwright could not fetch one ({said[-1] if said else 'it said nothing'})",
            do="Install Chromium or Chrome, or name one with MQ_CHROMIUM",
            code=Exit.NETWORK,
        )
    return program
