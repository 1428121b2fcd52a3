"""Earlier versions of the Azure SDK for Python, which read frames by position, on the emulator."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from azure.servicebus.management import ServiceBusAdministrationClient
from own_emulator import Emulator, emulator

from mqcourse.home import software_folder
from mqcourse.install.earlier_servicebus import folder_of
from mqcourse.progress import Progress

pytestmark = pytest.mark.lengthy

PROGRAM = Path(__file__).with_name("earlier_python.py")
VERSIONS = (("7.14.3", "plain"), ("7.14.3", "TLS"), ("7.11.4", "TLS"), ("this", "plain"))


@pytest.mark.wire
def test_each_version_does_what_programs_do(tmp_path: Path) -> None:
    with emulator(tmp_path) as running, contextlib.ExitStack() as ended:
        with ServiceBusAdministrationClient.from_connection_string(
            running.connection_string, connection_verify=str(running.certificate)
        ) as administration:
            for number in range(len(VERSIONS)):
                administration.create_queue(f"run{number}-queue")
                administration.create_queue(f"run{number}-sessions", requires_session=True)
                administration.create_topic(f"run{number}-topic")
                administration.create_subscription(f"run{number}-topic", "all")
        programs = [
            ended.enter_context(started(running, version, transport, f"run{number}"))
            for number, (version, transport) in enumerate(VERSIONS)
        ]
        for (version, transport), program in zip(VERSIONS, programs, strict=True):
            printed, errors = program.communicate(timeout=400)
            assert program.returncode == 0, f"{version}, {transport}: {errors[-3000:]}"
            said, _, what = printed.partition(" ")
            assert what == "queue, sessions, topic\n"
            assert said == version or (version == "this" and said not in dict(VERSIONS))


def started(running: Emulator, version: str, transport: str, word: str) -> subprocess.Popen[str]:
    """The program under one version; the four run side by side, since most of a run is waiting."""
    found = dict(os.environ)
    if version != "this":
        found["PYTHONPATH"] = str(folder_of(version, software_folder(), Progress(quiet=True)))
    certificate = str(running.certificate) if transport == "TLS" else ""
    return subprocess.Popen(
        [sys.executable, str(PROGRAM), running.connection_string, certificate, word],
        env=found,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
