"""Make .venv and install the pinned requirements: run by the system's Python before anything else exists.

    python3 mqcourse/install/environment.py requirements.txt [--venv .venv]

Standard library only, and in syntax an old Python still reads, so that an old Python can be told so.
Running it again does nothing when the requirements are those installed last; an interrupted run goes on
with what was already fetched.

Every package is pinned with its checksums, and is not installed without them. The course and its emulator are
installed last, from this folder, together with verified packages only.

uv installs (a wheel, pinned and verified in installer.txt): it fetches side by side and links what is in its cache
into .venv, so that a second checkout takes seconds. It is given the index, proxy and certificates that pip's own
settings name. Where it cannot be had or fails, pip does the same, slower.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

OLDEST_PYTHON = (3, 11)
CHECKOUT = Path(__file__).resolve().parent.parent.parent
INSTALLER = Path(__file__).resolve().parent / "installer.txt"
PIP = INSTALLER.with_name("pip.txt")
VERIFIED = "--require-hashes"
EMULATOR = CHECKOUT / "emulator"
OURSELVES = ["--no-deps", "--no-build-isolation", "-e", str(EMULATOR), "-e", str(CHECKOUT)]
STATE = Path(os.environ.get("MQ_HOME") or CHECKOUT / ".mq").absolute()
WHEELS = ("/usr/share/python-wheels",)  # where Debian and Fedora keep pip's wheel


class SetupError(Exception):
    """What went wrong and what to do, in one line; the exit code as mqcourse/exits.py has it."""

    def __init__(self, line: str, exit_code: int = 6) -> None:
        super().__init__(line)
        self.exit_code = exit_code


class Line:
    """One line of progress: redrawn on a terminal, printed every few seconds elsewhere."""

    def __init__(self, label: str, every_s: float = 5.0) -> None:
        self.label = label
        # a dumb terminal cannot draw a line again
        self.terminal = sys.stdout.isatty() and os.environ.get("TERM", "") not in ("", "dumb", "unknown")
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
    """What the environment was made from: the pins, the metadata of both our packages, this Python, this folder."""
    parts = [
        requirements.read_bytes(),
        PIP.read_bytes(),
        (CHECKOUT / "pyproject.toml").read_bytes(),
        (EMULATOR / "pyproject.toml").read_bytes(),
        sys.version.encode(),
        str(CHECKOUT).encode(),
    ]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def ensure(requirements: Path, folder: Path) -> None:
    """Bring `folder` to the state that `requirements` describes. Raises SetupError."""
    if sys.version_info < OLDEST_PYTHON:
        raise SetupError(
            "Python {}.{} is too old: this course needs {}.{} or newer. Install one and run: make start PYTHON=python3.12".format(
                *sys.version_info[:2], *OLDEST_PYTHON
            )
        )
    wanted = fingerprint(requirements)
    if stamped(folder).get(requirements.name) == wanted:
        return
    sys.path.insert(0, str(CHECKOUT))
    from mqcourse.errors import CourseError  # here: the checkout must first be on the path
    from mqcourse.install.file_lock import only_one  # here: the checkout must first be on the path

    try:
        # two at once (make -j start test) would take each other's environment to pieces
        with only_one(
            CHECKOUT / ".mq" / "environment.lock",
            say=say,
            waiting_for="another make that installs",
            limit_s=1800,
        ):
            if stamped(folder).get(requirements.name) != wanted:
                install(requirements, folder, wanted)
    except CourseError as error:
        raise SetupError(str(error), error.exit_code) from error


def say(text: str) -> None:
    sys.stdout.write(f"  {text}\n")
    sys.stdout.flush()


def stamped(folder: Path) -> dict[str, str]:
    """What the environment was made from, by file of requirements; empty when that was never written, or is damaged."""
    try:
        found = json.loads((folder / ".installed.json").read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def install(requirements: Path, folder: Path, wanted: str) -> None:
    """Bring `folder` to the state that `requirements` describes, and note that it is. Raises SetupError."""
    try:
        if not (folder / "bin" / "python").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)  # fails at once, and clearly, where nothing may be written
            create(folder)
        count = sum(1 for line in requirements.read_text().splitlines() if "==" in line)
        why_not = uv_install(folder, requirements, count)
        if why_not is not None:
            sys.stdout.write(f"  uv could not install ({why_not}); pip does, which takes longer\n")
            if not (folder / "bin" / "pip").exists():
                run_wheel(folder, pip_wheel(), ["install", "--no-index", "--no-deps", str(pip_wheel())])
            pip_install(folder, "pip", [VERIFIED, "-r", str(PIP)])
            pip_install(folder, "Python packages", [VERIFIED, "-r", str(requirements)], count)
            if requirements.parent == CHECKOUT:
                pip_install(folder, "the course itself", ["--no-index", *OURSELVES])
    except OSError as error:
        raise SetupError(
            f"cannot write {folder}: {error.strerror or error}. Make room or choose a folder you may write to, then run the same command again."
        ) from error
    # Both files pin the same versions, so an environment may have been made from both.
    (folder / ".installed.json").write_text(json.dumps({**stamped(folder), requirements.name: wanted}))


def create(folder: Path) -> None:
    """An empty virtual environment: also where the system left ensurepip out (Debian's python3 without python3-venv)."""
    import venv

    venv.EnvBuilder(symlinks=True, with_pip=False).create(folder)


def pip_wheel() -> Path:
    """pip's wheel, which runs without being installed: Python's own, the system's, else from its package."""
    import importlib.util
    import sysconfig

    spec = importlib.util.find_spec("ensurepip")
    own = Path(spec.origin).parent / "_bundled" if spec is not None and spec.origin else None
    for place in (sysconfig.get_config_var("WHEEL_PKG_DIR"), own, *WHEELS):
        found = sorted(Path(place).glob("pip-*.whl")) if place else []
        if found:
            return found[-1]
    return debian_pip_wheel()


def run_wheel(
    folder: Path, wheel: Path, words: list[str], line: Line | None = None, text: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run pip out of its wheel in the environment, showing `text` on `line` while it takes."""
    command = [str(folder / "bin" / "python"), f"{wheel}/pip", *words]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=pip_environment()
    )
    while True:
        try:
            said, errors = process.communicate(timeout=0.2)
            return subprocess.CompletedProcess(command, process.returncode, said, errors)
        except subprocess.TimeoutExpired:
            if line is not None:
                line.show(text)


def uv_install(folder: Path, requirements: Path, count: int) -> str | None:
    """Have uv install everything; None when it did, else why not (then pip runs, and its message names the fault)."""
    line = Line("Python packages")
    found = re.search(r"uv==(\S+)", INSTALLER.read_text())
    kept = cache() / "uv-{}".format(found[1] if found else "any") / "uv"
    if not kept.is_file():
        words = ["install", "--no-deps", "--require-hashes", "--only-binary=:all:", "-r", str(INSTALLER)]
        got = run_wheel(folder, pip_wheel(), words, line, "fetching the installer")
        if got.returncode:
            return last_line(got.stderr)
        keep(folder / "bin" / "uv", kept)
    command = [str(kept), "pip", "install", "--python", str(folder / "bin" / "python")]
    # First with what is in its cache alone: when all is there, neither a network nor pip's settings are needed.
    # Then pip itself comes, too, for a learner's own `pip install`.
    for offline in (True, False):
        process = subprocess.Popen(
            [
                *command,
                *(VERIFIED, "-r", str(requirements), "-r", str(PIP)),
                *(["--offline"] if offline else []),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            env=uv_environment({} if offline else pip_settings(folder, line)),
            cwd=CHECKOUT,
        )
        said: list[str] = []
        reader = threading.Thread(target=said.extend, args=(process.stdout or [],), daemon=True)
        reader.start()
        while True:
            try:
                process.wait(timeout=0.2)
                break
            except subprocess.TimeoutExpired:
                large = [text for text in said if text.startswith("Downloading ")]
                got_large = sum(1 for text in said if text.startswith(" Downloaded "))
                fetching = f", {got_large} of {len(large)} large ones fetched" if large else ""
                line.show(f"{count} packages{fetching}")
        reader.join(timeout=5)
        if process.returncode == 0:
            if requirements.parent == CHECKOUT:
                line.show("the course itself")
                done = subprocess.run(
                    [*command, "--offline", *OURSELVES],
                    capture_output=True,
                    text=True,
                    encoding="utf-8",
                    errors="replace",
                    env=uv_environment({}),
                )
                if done.returncode:
                    return last_line(done.stderr)
            line.done(f"{count} installed")
            return None
    errors = [text for text in said if "error" in text.lower()] or said
    return re.sub(r"\s+", " ", errors[0] if errors else "it said nothing").strip()[:200]


def keep(program: Path, place: Path) -> None:
    """Keep a program in the cache, whole or not at all."""
    place.parent.mkdir(parents=True, exist_ok=True)
    part = place.with_name(f"{place.name}.{os.getpid()}.part")
    shutil.copy2(program, part)
    part.replace(place)


def pip_settings(folder: Path, line: Line) -> dict[str, str]:
    """What pip's variables and configuration files say, by the names of pip's options."""
    settings: dict[str, str] = {}
    ranks: dict[str, int] = {}
    order = ("global", "install", ":env:")
    for text in run_wheel(
        folder, pip_wheel(), ["config", "list"], line, "reading pip's settings"
    ).stdout.splitlines():
        found = re.match(r"(:env:|[\w-]+)\.([\w.-]+)=(.*)", text)
        if found and found[1] in order and order.index(found[1]) >= ranks.get(found[2].lstrip("."), -1):
            name = found[2].lstrip(".")
            ranks[name] = order.index(found[1])
            settings[name] = " ".join(str(ast.literal_eval(found[3])).split())
    return settings


def uv_environment(settings: dict[str, str]) -> dict[str, str]:
    """The variables by which uv goes where pip, with these settings, would go."""
    environment = {name: value for name, value in pip_environment().items() if not name.startswith("PIP_")}
    environment["UV_CACHE_DIR"] = str(cache() / "uv")
    environment["UV_PYTHON_DOWNLOADS"] = "never"
    environment["UV_NO_PROGRESS"] = "1"
    environment["UV_NO_CONFIG"] = "1"  # another project's settings
    environment.pop("VIRTUAL_ENV", None)
    names = {
        "index-url": "UV_DEFAULT_INDEX",
        "extra-index-url": "UV_INDEX",
        "find-links": "UV_FIND_LINKS",
        "trusted-host": "UV_INSECURE_HOST",
        "cert": "SSL_CERT_FILE",
        "timeout": "UV_HTTP_TIMEOUT",
    }
    for name, variable in names.items():
        if settings.get(name):
            separator = "," if name == "find-links" else " "
            environment.setdefault(variable, settings[name].replace(" ", separator))
    if settings.get("no-index", "").lower() in ("1", "true", "yes", "on"):
        environment["UV_NO_INDEX"] = "1"
    if settings.get("extra-index-url"):
        environment["UV_INDEX_STRATEGY"] = "unsafe-best-match"  # as pip: all indexes are one
    if settings.get("proxy"):
        for variable in ("HTTP_PROXY", "HTTPS_PROXY"):
            environment[variable] = settings["proxy"]
    if "SSL_CERT_FILE" not in environment:
        environment.setdefault(
            "UV_SYSTEM_CERTS", "1"
        )  # as pip: the system's authorities, a company's among them
    return environment


def cache() -> Path:
    """The folder of downloads that all checkouts share."""
    sys.path.insert(0, str(CHECKOUT))
    from mqcourse.home import cache_folder  # here: the checkout must first be on the path

    return cache_folder()


def debian_pip_wheel() -> Path:
    """pip's wheel from the system's own package, fetched and unpacked as an ordinary user."""
    advice = "Install it (on Debian and Ubuntu: apt install python3-venv) and run the same command again."
    if not (shutil.which("apt-get") and shutil.which("dpkg")):
        raise SetupError(
            f"this Python ({sys.executable}) has no ensurepip, so it cannot make a virtual environment. {advice}"
        )
    folder = cache() / "pip-wheel"
    lists, archives = folder / "lists", folder / "apt"
    for each in (lists / "partial", archives / "archives" / "partial"):
        each.mkdir(parents=True, exist_ok=True)
    private = [
        "-o",
        f"Dir::State::Lists={lists}",
        "-o",
        f"Dir::Cache={archives}",
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
                command, cwd=folder, capture_output=True, text=True, env={**pip_environment(), "LC_ALL": "C"}
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
    sys.path.insert(0, str(CHECKOUT))
    from mqcourse.variables import Kind, environment_of  # here: the checkout must first be on the path

    return environment_of(
        Kind.FETCH,
        PIP_CACHE_DIR=str(cache() / "pip"),
        PIP_DISABLE_PIP_VERSION_CHECK="1",
        PIP_ROOT_USER_ACTION="ignore",
        PYTHONUNBUFFERED="1",
    )


def pip_install(folder: Path, label: str, what: list[str], count: int = 0) -> None:
    """Run pip, showing how many packages and megabytes it has been through."""
    raw = ["--progress-bar", "raw"] if count else []
    command = [str(folder / "bin" / "python"), "-m", "pip", "install", "--no-user", *raw, *what]
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
        exit_code = 6
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
            why, exit_code = "the package index cannot be reached", 7
        raise SetupError(
            f"pip could not install {label}: {why[:300]}. Correct that (network, disk, pip's own settings) and run the same command again; what was fetched is kept.",
            exit_code,
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
        return error.exit_code
    except KeyboardInterrupt:
        sys.stderr.write("\nsetup: interrupted; run the same command again to go on\n")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
