"""Azure.Messaging.ServiceBus and AMQPNetLite, by the C# program in dotnet/."""

from __future__ import annotations

from pathlib import Path

import dotnet_program
import pytest
from conftest import Table
from own_emulator import emulator

from mqcourse.bench import csharp

NAMED = {"plain": "plain", "tls": "TLS", "websocket": "WebSocket", "websocket-tls": "WebSocket, TLS"}

pytestmark = [pytest.mark.conformance, pytest.mark.timeout(dotnet_program.LIMIT_S + 100)]


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The command that runs the program, or a line that says what is left out."""
    words = dotnet_program.command(tmp_path_factory.mktemp("dotnet"))
    if words is None:
        pytest.skip(csharp.LEFT_OUT)
    return words


@pytest.mark.parametrize("transport", NAMED)
def test_the_sdk(program: list[str], transport: str, tmp_path: Path, table: Table) -> None:
    with emulator(tmp_path) as running:
        table.hold("dotnet", NAMED[transport], dotnet_program.run(program, "messaging", transport, running))


@pytest.mark.parametrize("transport", ["plain", "tls"])
def test_amqpnetlite(program: list[str], transport: str, tmp_path: Path, table: Table) -> None:
    with emulator(tmp_path) as running:
        table.hold("amqpnetlite", NAMED[transport], dotnet_program.run(program, "amqp", transport, running))
