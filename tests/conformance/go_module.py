"""Go modules with their own tests, from the module proxy that Go is configured for, and runs of those tests.

A module is copied into a work folder, where what ties its tests to the cloud's identity is replaced (see SHIMS);
Go itself checks what it downloads against its checksum database.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cases import Outcome

RUN_LIMIT_S = 3000


@dataclass(frozen=True)
class Shim:
    """One place in a file of the module: `old` must stand there once, and becomes `new`."""

    file: str
    old: str
    new: str


def go() -> str | None:
    """The go command, None where there is none."""
    return shutil.which("go")


def copied(module: str, version: str, shims: Sequence[Shim], work: Path) -> Path:
    """A copy of a module that may be written to, with the shims in it."""
    done = _go(["mod", "download", "-json", f"{module}@{version}"], work, {})
    assert done.returncode == 0, f"{module}@{version} was not to be had: {done.stdout}{done.stderr}"
    folder = work / module.rpartition("/")[2]
    shutil.copytree(json.loads(done.stdout)["Dir"], folder, copy_function=shutil.copyfile)
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    for shim in shims:
        path = folder / shim.file
        text = path.read_text(encoding="utf-8")
        assert text.count(shim.old) == 1, (
            f"{shim.file} of {module} {version} is not as the shim expects it: {shim.old}"
        )
        path.write_text(text.replace(shim.old, shim.new), encoding="utf-8")
    return folder


def run(folder: Path, packages: Sequence[str], environment: Mapping[str, str], *words: str) -> list[Outcome]:
    """The outcome of every test of some packages, those without subtests and the leaves of those with."""
    done = _go(
        ["test", "-json", "-count=1", f"-timeout={RUN_LIMIT_S}s", *packages, *words], folder, environment
    )
    lines = done.stdout.splitlines()
    # a test that panics ends its package's program: all that would come after it did not run
    panics = [line for line in lines if '"Output":"panic: ' in line]
    assert not panics, f"a test ended its package: {panics[0]}\n{done.stdout[-3000:]}"
    outcomes = list(_leaves(lines))
    assert outcomes, f"go test ran nothing:\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
    return outcomes


def _leaves(lines: Iterable[str]) -> Iterator[Outcome]:
    """test2json's events, folded: one outcome for each test that has no subtests of its own, and for each that
    failed though none of its subtests did."""
    kinds = {"pass": "passed", "fail": "failed", "skip": "skipped"}
    output: dict[str, list[str]] = {}
    ended: dict[str, tuple[str, float]] = {}
    builds: list[str] = []
    for line in lines:
        event = json.loads(line) if line.startswith("{") else {}
        if "Test" not in event:
            builds.append(event.get("Output", ""))
            continue
        name = f"{event['Package'].rpartition('/')[2]}::{event['Test']}"
        output.setdefault(name, []).append(event.get("Output", ""))
        if event["Action"] in kinds:
            ended[name] = (kinds[event["Action"]], event.get("Elapsed", 0.0))
    for name in output:
        inner = [one for one in output if one.startswith(f"{name}/")]
        kind, took_s = ended.get(name, ("failed", 0.0))
        if inner and (kind != "failed" or any(ended.get(one, ("failed", 0))[0] == "failed" for one in inner)):
            continue
        yield Outcome(name, kind, took_s, "".join(output[name] or builds)[-4000:])


def _go(words: Sequence[str], folder: Path, more: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    command = go()
    assert command is not None
    return subprocess.run(
        [command, *words],
        cwd=folder,
        env={**os.environ, "GOFLAGS": "-mod=mod", **more},
        capture_output=True,
        text=True,
        check=False,
    )
