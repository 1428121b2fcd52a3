"""Builds and runs the C# program beside this file, as mqcourse/bench/csharp.py says."""

from __future__ import annotations

import subprocess
from pathlib import Path

from cases import Outcome, reported
from own_emulator import Emulator

from mqcourse.bench import csharp

FOLDER = Path(__file__).with_name("dotnet")
LIMIT_S = 900


def command(work: Path) -> list[str] | None:
    """What runs the program, its arguments after it; None where there is no .NET. `dotnet` builds in `work`."""
    return csharp.command(FOLDER, work)


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
