"""fe2o3-amqp, a plain AMQP 1.0 client of Rust, by the program in rust/."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from cases import reported
from conftest import Table
from own_emulator import administration, emulator

from mqcourse.home import software_folder

FOLDER = Path(__file__).with_name("rust")
LIMIT_S = 900


@pytest.mark.conformance
@pytest.mark.timeout(LIMIT_S + 300)
def test_fe2o3_amqp(tmp_path: Path, table: Table) -> None:
    cargo = shutil.which("cargo")
    if cargo is None:
        pytest.skip(
            "left out: Rust. Install Rust 1.85 or newer so that `cargo` is on PATH, then run it again"
        )
    project = tmp_path / "rust"
    shutil.copytree(FOLDER, project, ignore=shutil.ignore_patterns("target", "Cargo.lock"))
    target = software_folder() / "conformance-rust"  # kept: compiling its packages takes a minute or more
    with emulator(tmp_path / "emulator") as running:
        with administration(running) as admin:
            admin.create_queue("plain")
        done = subprocess.run(
            [cargo, "run", "--quiet"],
            cwd=project,
            env={
                **os.environ,
                "CARGO_TARGET_DIR": str(target),
                "EMULATOR": f"localhost:{running.port}",
                "QUEUE": "plain",
            },
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            check=False,
        )
    outcomes = reported(done.stdout.splitlines())
    assert outcomes, f"the Rust program ran no case:\n{done.stdout[-2000:]}{done.stderr[-3000:]}"
    table.hold("rust", "plain", outcomes)
