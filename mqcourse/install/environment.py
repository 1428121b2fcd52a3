"""Make .venv and install the pinned requirements: run by the system's Python before anything else exists.

    python3 mqcourse/install/environment.py requirements.txt [--venv .venv]

Standard library only, and in syntax an old Python still reads, so that an old Python can be told so.
Running it again does nothing when the requirements are those installed last; an interrupted run goes on
with what pip had already fetched (its cache lies in .mq/cache).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

OLDEST_PYTHON = (3, 11)
PIP = "pip==26.3"  # the first thing installed: older ones do not report progress in a form that can be read
CHECKOUT = Path(__file__).resolve().parent.parent.parent
STATE = Path(os.environ.get("MQ_HOME") or CHECKOUT / ".mq").absolute()


class SetupError(Exception):
    """What went wrong and what to do, in one line."""


class Line:
    """One line of progress: redrawn on a terminal, printed every few seconds elsewhere."""

    def __init__(self, label: str, every_s: float = 5.0) -> None:
        self.label = label
        self.terminal = sys.stdout.isatty()
        self.started_s = time.monotonic()
        self.shown_s = float("-inf")
        self.every_s = 0.1 if self.terminal else every_s

    def show(self, text: str) -> None:
        now_s = time.monotonic()
        if now_s - self.shown_s < self.every_s:
            return
        self.shown_s = now_s
        self._write(text, "")

    def done(self, text: str) -> None:
        self._write(text, "\n" if self.terminal else "")

    def _write(self, text: str, end: str) -> None:
        line = f"  {self.label:<22} {text}, {time.monotonic() - self.started_s:.0f} s"
        if self.terminal:
            sys.stdout.write("\r\x1b[K" + line[: shutil.get_terminal_size().columns - 1] + end)
        else:
            sys.stdout.write(line + "\n")
        sys.stdout.flush()


def fingerprint(requirements: Path) -> str:
    """What the environment was made from: the pins, the project's own metadata, this Python, this folder."""
    parts = [
        requirements.read_bytes(),
        (CHECKOUT / "pyproject.toml").read_bytes(),
        sys.version.encode(),
        str(CHECKOUT).encode(),
    ]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def ensure(requirements: Path, folder: Path) -> None:
    """Bring `folder` to the state that `requirements` asks for. Raises SetupError."""
    if sys.version_info < OLDEST_PYTHON:
        raise SetupError(
            "Python {}.{} is too old: this course needs {}.{} or newer. Install one and run: make start PYTHON=python3.12".format(
                *sys.version_info[:2], *OLDEST_PYTHON
            )
        )
    stamp = folder / ".installed.json"
    wanted = fingerprint(requirements)
    installed = json.loads(stamp.read_text()) if stamp.exists() else {}
    if installed.get(requirements.name) == wanted:
        return
    try:
        if not (folder / "bin" / "python").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)  # fails at once, and clearly, where nothing may be written
            create(folder)
        pip_install(folder, "pip", [PIP])
        count = sum(1 for line in requirements.read_text().splitlines() if "==" in line)
        pip_install(folder, "Python packages", ["-r", str(requirements)], count)
    except OSError as error:
        raise SetupError(
            f"cannot write {folder}: {error.strerror or error}. Make room or choose a folder you may write to, then run the same command again."
        ) from error
    # Both files pin the same versions, so an environment may have been made from both.
    stamp.write_text(json.dumps({**installed, requirements.name: wanted}))


def create(folder: Path) -> None:
    """A virtual environment with pip, also where the system left ensurepip out (Debian's python3 without python3-venv)."""
    import importlib.util
    import venv

    if importlib.util.find_spec("ensurepip") is not None:
        made = subprocess.run([sys.executable, "-m", "venv", str(folder)], capture_output=True, text=True)
        if made.returncode == 0:
            return
        shutil.rmtree(folder, ignore_errors=True)
    wheel = debian_pip_wheel()
    venv.EnvBuilder(symlinks=True, with_pip=False).create(folder)
    run = subprocess.run(
        [str(folder / "bin" / "python"), f"{wheel}/pip", "install", "--no-index", "--no-deps", str(wheel)],
        capture_output=True,
        text=True,
        env=pip_environment(),
    )
    if run.returncode:
        raise SetupError(f"could not put pip into {folder}: {last_line(run.stderr)}")


def debian_pip_wheel() -> Path:
    """pip's wheel from the system's own package, fetched and unpacked as an ordinary user."""
    advice = "Install it (on Debian and Ubuntu: apt install python3-venv) and run the same command again."
    if not (shutil.which("apt-get") and shutil.which("dpkg")):
        raise SetupError(
            f"this Python ({sys.executable}) has no ensurepip, so it cannot make a virtual environment. {advice}"
        )
    folder = STATE / "cache" / "pip-wheel"
    lists, cache = folder / "lists", folder / "apt"
    for each in (lists / "partial", cache / "archives" / "partial"):
        each.mkdir(parents=True, exist_ok=True)
    private = [
        "-o",
        f"Dir::State::Lists={lists}",
        "-o",
        f"Dir::Cache={cache}",
        "-o",
        "Debug::NoLocking=1",
        "-o",
        "APT::Sandbox::User=",
    ]
    line = Line("pip, without root")
    # First with the lists the system has; on a machine that never updated them, with lists of our own.
    for attempt in ([], [["apt-get", *private, "-qq", "update"]]):
        line.show("asking the system's package mirror")
        for command in (
            *attempt,
            ["apt-get", *(private if attempt else []), "-qq", "download", "python3-pip-whl"],
        ):
            subprocess.run(
                command, cwd=folder, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"}
            )
        if list(folder.glob("python3-pip-whl_*.deb")):
            break
    for package in folder.glob("python3-pip-whl_*.deb"):
        subprocess.run(["dpkg", "-x", str(package), str(folder)], capture_output=True)
    wheels = sorted(folder.glob("usr/share/python-wheels/pip-*.whl"))
    if not wheels:
        raise SetupError(
            f"this Python ({sys.executable}) has no ensurepip, and the package python3-pip-whl could not be fetched. {advice}"
        )
    line.done("ready")
    return wheels[-1]


def pip_environment() -> dict[str, str]:
    environment = dict(os.environ)
    environment.setdefault(
        "PIP_CACHE_DIR", str(STATE / "cache" / "pip")
    )  # nothing of the course lies in $HOME
    environment["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
    environment["PIP_ROOT_USER_ACTION"] = "ignore"
    environment["PYTHONUNBUFFERED"] = "1"
    for name in ("PYTHONHOME", "PYTHONPATH", "PIP_REQUIRE_VIRTUALENV", "PIP_USER", "PIP_QUIET"):
        environment.pop(name, None)
    return environment


def pip_install(folder: Path, label: str, what: list[str], count: int = 0) -> None:
    """Run pip, showing how many packages and megabytes it has been through."""
    raw = ["--progress-bar", "raw"] if count else []
    command = [str(folder / "bin" / "python"), "-m", "pip", "install", *raw, *what]
    line = Line(label)
    tail: list[str] = []
    collected, fetched_bytes, current_bytes = 0, 0, 0
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=pip_environment(),
        cwd=CHECKOUT,
    )
    if process.stdout is None:
        raise SetupError("pip could not be started")
    for output in process.stdout:
        progress = re.match(r"\s*Progress (\d+) of (\d+)", output)
        if progress:
            current_bytes = int(progress[1])
            if progress[1] == progress[2]:
                fetched_bytes, current_bytes = fetched_bytes + current_bytes, 0
        elif output.strip():
            tail = [*tail[-40:], output.rstrip()]
            if output.startswith(("Collecting ", "Requirement already satisfied")):
                collected += 1
        if "Installing collected packages" in output:
            line.show(f"unpacking {count} packages" if count else "unpacking")
            continue
        if count:
            line.show(
                f"{min(collected, count)} of {count}, {(fetched_bytes + current_bytes) / 1e6:.0f} MB fetched"
            )
    if process.wait():
        errors = [text for text in tail if text.lower().lstrip().startswith("error")]
        why = re.sub(r"\s+", " ", (errors or tail or ["pip said nothing"])[0]).strip()
        if any("No space left" in text for text in tail):
            why = "the disk is full"
        elif any(
            word in text
            for text in tail
            for word in (
                "NewConnectionError",
                "Temporary failure",
                "timed out",
                "ConnectTimeout",
                "ProxyError",
                "Name or service not known",
                "No matching distribution",
            )
        ):
            why = "the package index cannot be reached"
        raise SetupError(
            f"pip could not install {label}: {why[:300]}. Mend that (network, disk, pip's own settings) and run the same command again; what was fetched is kept."
        )
    line.done(f"{count} installed, {fetched_bytes / 1e6:.0f} MB fetched" if count else "ready")


def last_line(text: str) -> str:
    lines = [line for line in text.strip().splitlines() if line.strip()]
    return lines[-1] if lines else "no reason given"


def main() -> int:
    arguments = argparse.ArgumentParser(description="Make .venv and install the pinned requirements.")
    arguments.add_argument("requirements", type=Path)
    arguments.add_argument("--venv", type=Path, default=CHECKOUT / ".venv")
    chosen = arguments.parse_args()
    try:
        ensure(chosen.requirements.absolute(), chosen.venv.absolute())
    except SetupError as error:
        sys.stderr.write(f"\nsetup: {error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\nsetup: interrupted; run the same command again to go on\n")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
