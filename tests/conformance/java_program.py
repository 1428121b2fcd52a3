"""Builds and runs the Java program beside this file with Maven; what it trusts is a key store made for the run."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from cases import Outcome, reported
from own_emulator import Emulator

FOLDER = Path(__file__).with_name("java")
LIMIT_S = 1200
PASSWORD = "changeit"
TOOLS = ("java", "javac", "keytool", "mvn")


def missing() -> list[str]:
    """The tools that are not on PATH."""
    return [name for name in TOOLS if shutil.which(name) is None]


def built(work: Path) -> list[Path]:
    """The class path of the program, compiled in `work`."""
    project = work / "java"
    shutil.copytree(FOLDER, project)
    paths = project / "classpath.txt"
    goals = ["compile", "dependency:build-classpath", f"-Dmdep.outputFile={paths}"]
    _done(["mvn", "--quiet", "--batch-mode", *goals], project)
    return [project / "target" / "classes", *map(Path, paths.read_text().strip().split(os.pathsep))]


def trust(certificate: Path, store: Path) -> Path:
    """A key store that trusts the emulator's certificate, as a user would make it."""
    words = ["-importcert", "-noprompt", "-alias", "emulator", "-file", str(certificate)]
    _done(
        ["keytool", *words, "-keystore", str(store), "-storetype", "PKCS12", "-storepass", PASSWORD],
        store.parent,
    )
    return store


def run(classes: Sequence[Path], transport: str, emulator: Emulator, store: Path) -> list[Outcome]:
    """The outcome of every case over one transport."""
    done = subprocess.run(
        [
            "java",
            f"-Djavax.net.ssl.trustStore={store}",
            f"-Djavax.net.ssl.trustStorePassword={PASSWORD}",
            *("-cp", os.pathsep.join(map(str, classes)), "conformance.Program"),
        ],
        env={
            **emulator.environment,
            "SERVICEBUS_CONNECTION": emulator.connection_string,
            "TRANSPORT": transport,
        },
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    outcomes = reported(done.stdout.splitlines())
    assert outcomes, f"the Java program ran no case:\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
    return outcomes


def _done(words: Sequence[str], folder: Path) -> None:
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{words[0]} failed:\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
