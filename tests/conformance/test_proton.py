"""python-qpid-proton as a plain AMQP client. It has no wheels: `make conformance` compiles it where that is possible."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cases import Outcome
from clients import CLIENTS
from conftest import Table
from own_emulator import KEY, POLICY, administration, emulator

from mqcourse.home import software_folder

VERSION = CLIENTS["proton"].version
CLIENT = Path(__file__).with_name("proton_client.py")


@pytest.fixture(scope="module")
def proton() -> Path:
    """Where python-qpid-proton is; compiled once."""
    folder = software_folder() / f"python-qpid-proton-{VERSION}"
    if not (folder / "proton").exists():
        words = ["install", "--quiet", "--target", str(folder), f"python-qpid-proton=={VERSION}"]
        done = subprocess.run(
            [sys.executable, "-m", "pip", *words], capture_output=True, text=True, check=False
        )
        if done.returncode:
            pytest.skip(f"python-qpid-proton {VERSION} cannot be compiled here: {done.stderr.strip()[-300:]}")
    return folder


@pytest.mark.conformance
@pytest.mark.parametrize("transport", ["plain", "TLS"])
def test_proton_sends_receives_dead_letters_and_has_transactions(
    proton: Path, transport: str, tmp_path: Path, table: Table
) -> None:
    with emulator(tmp_path) as running:
        with administration(running) as admin:
            admin.create_queue("plain")
        scheme, trusted = ("amqps", [str(running.certificate)]) if transport == "TLS" else ("amqp", [])
        done = subprocess.run(
            [
                sys.executable,
                str(CLIENT),
                f"{scheme}://{POLICY}:{KEY}@localhost:{running.port}",
                "plain",
                *trusted,
            ],
            env={**os.environ, "PYTHONPATH": str(proton)},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout)
    wanted = {
        "types": True,
        "dead": True,
        "transactions": ["aborted", "committed"],
        "kept": ["kept 0", "kept 1"],
    }
    outcomes = [
        Outcome(name, "passed" if told.get(name) == good else "failed", 0.0, f"{told.get(name)}, not {good}")
        for name, good in wanted.items()
    ]
    table.hold("proton", transport, outcomes)
