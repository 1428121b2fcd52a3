"""@azure/service-bus by Node, and rhea as a plain AMQP client, against an emulator of our own."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from cases import Outcome, reported
from conftest import Table
from own_emulator import Emulator, administration, emulator

from mqcourse.install.npm import NODE, node_modules

pytestmark = pytest.mark.lengthy

FOLDER = Path(__file__).parent / "node"
# what a scenario waits for on purpose is bounded inside it; the whole file must end as well
FILE_LIMIT_S = 280
NAMED = {"tls": "TLS", "websocket": "WebSocket", "websocket-tls": "WebSocket, TLS"}


def _scenarios(name: str) -> list[str]:
    return re.findall(r'^scenario\("([^"]+)"', (FOLDER / name).read_text(), re.MULTILINE)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with emulator(tmp_path_factory.mktemp("emulator")) as one:
        yield one


def _run(running: Emulator, name: str, **more: str) -> list[Outcome]:
    environment = {
        **running.environment,
        "CONNECTION": running.connection_string,
        "NODE_MODULES": str(node_modules(FOLDER)),
        **more,
    }
    done = subprocess.run(
        [str(NODE), str(FOLDER / name)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=FILE_LIMIT_S,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout[-1000:]}{done.stderr[-3000:]}"
    return reported(done.stdout.splitlines())


def _by_name(outcomes: list[Outcome]) -> Mapping[str, Outcome]:
    return {one.case: one for one in outcomes}


@pytest.fixture(scope="module")
def sdk(running: Emulator, table: Table) -> Mapping[str, Outcome]:
    outcomes = _run(running, "sdk.mjs")
    table.note("javascript", "plain", outcomes)
    return _by_name(outcomes)


def _rhea(running: Emulator, transport: str) -> list[Outcome]:
    with administration(running) as admin:
        admin.create_queue("plain")
    return _run(running, "rhea.mjs", QUEUE="plain", TRANSPORT=transport)


@pytest.fixture(scope="module")
def rhea(running: Emulator, table: Table) -> Mapping[str, Outcome]:
    outcomes = _rhea(running, "plain")
    table.note("rhea", "plain", outcomes)
    return _by_name(outcomes)


@pytest.mark.wire
@pytest.mark.parametrize("scenario", _scenarios("sdk.mjs"))
def test_the_javascript_sdk(sdk: Mapping[str, Outcome], scenario: str) -> None:
    assert sdk[scenario].outcome == "passed", sdk[scenario].text


@pytest.mark.wire
@pytest.mark.parametrize("scenario", _scenarios("rhea.mjs"))
def test_rhea_as_a_plain_amqp_client(rhea: Mapping[str, Outcome], scenario: str) -> None:
    assert rhea[scenario].outcome == "passed", rhea[scenario].text


@pytest.mark.conformance
@pytest.mark.timeout(FILE_LIMIT_S + 60)
@pytest.mark.parametrize("transport", NAMED)
def test_the_javascript_sdk_over_other_transports(transport: str, tmp_path: Path, table: Table) -> None:
    with emulator(tmp_path) as running:
        table.hold("javascript", NAMED[transport], _run(running, "sdk.mjs", TRANSPORT=transport))


@pytest.mark.conformance
@pytest.mark.timeout(FILE_LIMIT_S + 60)
@pytest.mark.parametrize("transport", NAMED)
def test_rhea_over_other_transports(transport: str, tmp_path: Path, table: Table) -> None:
    with emulator(tmp_path) as running:
        table.hold("rhea", NAMED[transport], _rhea(running, transport))
