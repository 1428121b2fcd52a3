"""How a C# program is started: by the command that is named, by `dotnet`, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from mqcourse.bench import csharp
from mqcourse.errors import CourseError

SOURCE = Path(__file__).parents[2] / "benchmarks" / "dotnet"


def test_the_command_that_is_named_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MQ_CSHARP", "'/opt/c sharp/run' --quick")
    assert csharp.command(SOURCE, tmp_path) == ["/opt/c sharp/run", "--quick", str(SOURCE), "--"]


def test_without_dotnet_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MQ_CSHARP", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert csharp.command(SOURCE, tmp_path) is None


def test_a_build_that_fails_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool = tmp_path / "dotnet"
    tool.write_text("#!/bin/sh\necho 'error NU1101: no such package'\nexit 1\n", encoding="utf-8")
    tool.chmod(0o755)
    monkeypatch.delenv("MQ_CSHARP", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CourseError, match="no such package"):
        csharp.command(SOURCE, tmp_path / "work")
