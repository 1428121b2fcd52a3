"""The fixture `servicebus` as another project's tests use it, with the real SDK."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from azure.servicebus import ServiceBusClient, ServiceBusMessage

from servicebus_emulator.testing.emulator_process import EmulatorError, EmulatorProcess

pytestmark = pytest.mark.wire

QUEUES = [
    {"Name": "orders", "Properties": {"LockDuration": "PT1M"}},
    {"Name": "expiring", "Properties": {"DefaultMessageTimeToLive": "PT1H"}},
]


@pytest.fixture(scope="session")
def servicebus_config() -> dict[str, Any]:
    return {"UserConfig": {"Namespaces": [{"Name": "sbemulatorns", "Queues": QUEUES}]}}


def send(emulator: EmulatorProcess, queue: str, *bodies: str) -> None:
    with (
        ServiceBusClient.from_connection_string(emulator.connection_string) as client,
        client.get_queue_sender(queue) as sender,
    ):
        sender.send_messages([ServiceBusMessage(body) for body in bodies])


@pytest.mark.lengthy
def test_a_client_sends_and_receives(servicebus: EmulatorProcess) -> None:
    send(servicebus, "orders", "one")
    with (
        ServiceBusClient.from_connection_string(servicebus.connection_string) as client,
        client.get_queue_receiver("orders", max_wait_time=30) as receiver,
    ):
        message = next(receiver)
        receiver.complete_message(message)
    assert str(message) == "one"
    assert servicebus.messages("orders") == []


def test_each_test_begins_with_empty_queues(servicebus: EmulatorProcess) -> None:
    send(servicebus, "orders", "one", "two")
    assert [one["sequenceNumber"] for one in servicebus.messages("orders")] == [1, 2]
    servicebus.reset()
    assert servicebus.messages("orders") == []


def test_time_passes_at_once(servicebus: EmulatorProcess) -> None:
    send(servicebus, "expiring", "old")
    servicebus.advance_clock(3601)
    assert servicebus.messages("expiring") == []


def test_a_refusal_is_the_emulators_own_sentence(servicebus: EmulatorProcess) -> None:
    with pytest.raises(EmulatorError, match="nowhere"):
        servicebus.messages("nowhere")


def test_a_configuration_that_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EmulatorError, match="ended with 3"):
        EmulatorProcess.start(tmp_path, {"UserConfig": {}})


def test_configured_keys_do_not_shut_the_tests_out(tmp_path: Path) -> None:
    rules = [{"Name": "reader", "Rights": ["Listen"], "PrimaryKey": "a key"}]
    namespace = {"Name": "sbemulatorns", "AuthorizationRules": rules, "Queues": QUEUES}
    emulator = EmulatorProcess.start(tmp_path, {"UserConfig": {"Namespaces": [namespace]}})
    try:
        emulator.reset()
        assert emulator.messages("orders") == []
        assert "a key" not in emulator.connection_string
    finally:
        emulator.stop()


@pytest.mark.lengthy
def test_a_project_gets_the_fixture_by_installing_the_package(tmp_path: Path) -> None:
    """pytest finds it by the entry point, and a run that does not use it does not load the emulator."""
    (tmp_path / "test_one.py").write_text(
        "import sys\n"
        "def test_not_loaded():\n"
        "    assert not [name for name in sys.modules if name.startswith('servicebus_emulator.broker')]\n"
        "def test_used(servicebus):\n"
        "    assert servicebus.port\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout
