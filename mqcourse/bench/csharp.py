"""How a C# program beside our own is built and run: with `dotnet`, or with the command that MQ_CSHARP names.

MQ_CSHARP is a command that takes C# files or folders, then `--` and the program's arguments, for machines that compile
C# without their own SDK.
"""

import os
import shlex
import shutil
import subprocess
from pathlib import Path

from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.variables import Kind, environment_of

LEFT_OUT = "left out: .NET. Install the .NET SDK 8 or newer so that `dotnet` is on PATH, then run it again"


def command(source: Path, work: Path) -> list[str] | None:
    """What runs the program whose files and project are in `source`, its arguments after it; None without .NET.

    `dotnet` builds it under `work`, once. Raises CourseError when that fails.
    """
    named = os.environ.get("MQ_CSHARP")
    if named:
        return [*shlex.split(named), str(source), "--"]
    dotnet = shutil.which("dotnet")
    if dotnet is None:
        return None
    project, built = work / source.name, work / f"{source.name}-built"
    if not built.exists():
        shutil.copytree(source, project)
        words = ["build", "--configuration", "Release", "--output", str(built), str(project)]
        done = subprocess.run(
            [dotnet, *words],
            env=environment_of(Kind.SYSTEM, DOTNET_CLI_TELEMETRY_OPTOUT="1", DOTNET_NOLOGO="1"),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise CourseError(
                f"the C# program in {source} was not built: {done.stdout.strip()[-500:]}",
                do="The last lines say why; a registry of NuGet packages must be reachable.",
                code=Exit.ENVIRONMENT,
            )
    (program,) = (path.stem for path in source.glob("*.csproj"))
    return [dotnet, str(built / f"{program}.dll")]
