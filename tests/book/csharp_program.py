"""A single C# file as a reader runs it: `dotnet run FILE.cs` of .NET 10, or the command that MQ_CSHARP names."""

import os
import shlex
import shutil
import subprocess
from functools import cache
from pathlib import Path

from mqcourse.variables import Kind, environment_of

OLDEST = 10
"""The first .NET that runs a file without a project."""
NEEDED = f".NET {OLDEST} or newer (`dotnet` on PATH), or MQ_CSHARP: a command that takes a C# file, -- and arguments"
QUIET = {"DOTNET_CLI_TELEMETRY_OPTOUT": "1", "DOTNET_NOLOGO": "1"}
LIMIT_S = 300
"""For hangs only: the first program also fetches the package."""


@cache
def runner() -> tuple[str, ...] | None:
    """What comes before the file; None where no C# file can be run."""
    if named := os.environ.get("MQ_CSHARP"):
        return tuple(shlex.split(named))
    dotnet = shutil.which("dotnet")
    if dotnet is None:
        return None
    version = subprocess.run(
        [dotnet, "--version"],
        env=environment_of(Kind.SYSTEM, **QUIET),
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    newest = version.partition(".")[0]
    return (dotnet, "run") if newest.isdigit() and int(newest) >= OLDEST else None


def run(path: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run the file to its end; raises TimeoutExpired for one that hangs."""
    words = runner()
    assert words is not None, NEEDED
    return subprocess.run(
        [*words, str(path), "--"],
        env=environment_of(Kind.SYSTEM, **QUIET, **environment),
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
