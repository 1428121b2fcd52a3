"""Celery over kombu's transport azureservicebus, in packages of its own: the course itself does not need them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from cases import reported
from clients import CLIENTS
from conftest import Table
from own_emulator import emulator

from mqcourse.home import software_folder

VERSION = CLIENTS["celery"].version
PROGRAM = Path(__file__).with_name("celery_client") / "program.py"
NAMED = {
    "emulator_transport:Transport": "plain",
    "secure_transport:SecureTransport": "TLS",
    "secure_transport:WebSocketTransport": "WebSocket, TLS",
}


@pytest.fixture(scope="module")
def celery() -> Path:
    """Where Celery and kombu are; fetched once."""
    folder = software_folder() / f"celery-{VERSION}"
    if not (folder / ".installed").exists():
        words = ["install", "--quiet", "--target", str(folder), f"celery=={VERSION}", f"kombu=={VERSION}"]
        done = subprocess.run(
            [sys.executable, "-m", "pip", *words], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"Celery {VERSION} was not to be had: {done.stderr.strip()[-500:]}"
        (folder / ".installed").touch()
    return folder


@pytest.mark.conformance
@pytest.mark.timeout(700)
@pytest.mark.parametrize("transport", NAMED)
def test_celery_and_kombu(celery: Path, transport: str, tmp_path: Path, table: Table) -> None:
    with emulator(tmp_path) as running:
        plain = running.connection_string
        secure = plain.replace("UseDevelopmentEmulator=true", "")
        done = subprocess.run(
            [sys.executable, str(PROGRAM)],
            env={
                **running.environment,
                "PYTHONPATH": os.pathsep.join([str(celery), str(PROGRAM.parent)]),
                "SERVICEBUS_CONNECTION": plain if NAMED[transport] == "plain" else secure,
                "SERVICEBUS_ENDPOINT": f"sb://localhost:{running.port}",
                "TRANSPORT": transport,
            },
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
    outcomes = reported(done.stdout.splitlines())
    assert len(outcomes) == 5, f"{done.stdout[-2000:]}{done.stderr[-3000:]}"
    table.hold("celery", NAMED[transport], outcomes)
