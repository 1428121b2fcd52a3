"""@azure/service-bus by Node, and rhea as a plain AMQP client, against an emulator of our own."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import suite
from azure.servicebus.management import ServiceBusAdministrationClient

from mqcourse.install.npm import NODE, node_modules

FOLDER = Path(__file__).parent / "node"
# what a scenario waits for on purpose is bounded inside it; the whole file must end as well
FILE_LIMIT_S = 280


def _scenarios(name: str) -> list[str]:
    return re.findall(r'^scenario\("([^"]+)"', (FOLDER / name).read_text(), re.MULTILINE)


@dataclass(frozen=True)
class Ran:
    """The outcome of each scenario of a file by its name: None, or why it failed."""

    outcomes: dict[str, str | None]


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[suite.Emulator]:
    with suite.emulator(tmp_path_factory.mktemp("emulator")) as running:
        yield running


def _run(emulator: suite.Emulator, name: str, **more: str) -> Ran:
    environment = {
        **emulator.environment,
        "CONNECTION": emulator.connection_string,
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
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert done.returncode == 0, f"{done.stdout[-1000:]}{done.stderr[-3000:]}"
    return Ran({line["name"]: line["error"] for line in lines})


@pytest.fixture(scope="module")
def sdk(emulator: suite.Emulator) -> Ran:
    return _run(emulator, "sdk.mjs")


@pytest.fixture(scope="module")
def rhea(emulator: suite.Emulator) -> Ran:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REQUESTS_CA_BUNDLE", str(emulator.certificate))
        with ServiceBusAdministrationClient.from_connection_string(emulator.connection_string) as admin:
            admin.create_queue("plain")
    return _run(emulator, "rhea.mjs", QUEUE="plain")


@pytest.mark.wire
@pytest.mark.parametrize("scenario", _scenarios("sdk.mjs"))
def test_the_javascript_sdk(sdk: Ran, scenario: str) -> None:
    assert sdk.outcomes.get(scenario, "it left no outcome") is None


@pytest.mark.wire
@pytest.mark.parametrize("scenario", _scenarios("rhea.mjs"))
def test_rhea_as_a_plain_amqp_client(rhea: Ran, scenario: str) -> None:
    assert rhea.outcomes.get(scenario, "it left no outcome") is None
