"""Builds and runs the C# program beside this file: with `dotnet`, or with the command that MQ_CSHARP names.

MQ_CSHARP is a command that takes C# files or folders, then `--` and the program's arguments, for machines that compile
C# without an SDK of their own.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from pathlib import Path

from cases import Outcome, reported
from emulator import Emulator

FOLDER = Path(__file__).with_name("dotnet")
LIMIT_S = 900
LEFT_OUT = "left out: .NET. Install the .NET SDK 8 or newer so that `dotnet` is on PATH, then run it again"


def command(work: Path) -> list[str] | None:
    """What runs the program, its arguments after it; None where there is no .NET. `dotnet` builds in `work`."""
    named = os.environ.get("MQ_CSHARP")
    if named:
        return [*shlex.split(named), str(FOLDER), "--"]
    dotnet = shutil.which("dotnet")
    if dotnet is None:
        return None
    project = work / "dotnet"
    if not project.exists():
        shutil.copytree(FOLDER, project)
    return [dotnet, "run", "--configuration", "Release", "--project", str(project), "--"]


def run(words: list[str], cases: str, transport: str, emulator: Emulator) -> list[Outcome]:
    """The outcomes of one set of cases (`messaging` or `amqp`) over one transport."""
    done = subprocess.run(
        [*words, cases],
        env={
            **emulator.environment,
            "SERVICEBUS_CONNECTION": emulator.connection_string,
            "TRANSPORT": transport,
            "DOTNET_CLI_TELEMETRY_OPTOUT": "1",
            "DOTNET_NOLOGO": "1",
        },
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    outcomes = reported(done.stdout.splitlines())
    assert outcomes, f"the C# program ran no case:\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
    return outcomes
