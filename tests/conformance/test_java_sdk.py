"""azure-messaging-servicebus of Java, by the program in java/."""

from __future__ import annotations

from pathlib import Path

import java_program
import pytest
from conftest import Table
from own_emulator import emulator

NAMED = {"plain": "plain", "tls": "TLS", "websocket-tls": "WebSocket, TLS"}
"""Java's WebSocket is always wss, also with UseDevelopmentEmulator."""

pytestmark = [pytest.mark.conformance, pytest.mark.timeout(java_program.LIMIT_S + 100)]


@pytest.fixture(scope="module")
def classes(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The compiled program, or a line that says what is left out."""
    missing = java_program.missing()
    if missing:
        pytest.skip(
            f"left out: Java, for want of {', '.join(missing)}. Install a JDK 17 or newer and Maven so that they are on "
            "PATH, then run it again"
        )
    return java_program.built(tmp_path_factory.mktemp("java"))


@pytest.mark.parametrize("transport", NAMED)
def test_the_sdk(classes: list[Path], transport: str, tmp_path: Path, table: Table) -> None:
    with emulator(tmp_path) as running:
        store = java_program.trust(running.certificate, tmp_path / "trust.p12")
        table.hold("java", NAMED[transport], java_program.run(classes, transport, running, store))
