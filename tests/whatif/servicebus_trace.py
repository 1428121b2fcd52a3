"""What the Service Bus emulator did, event by event, to the real azure-servicebus. Its clock is moved instead of waiting."""

import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

from azure.servicebus import ServiceBusClient, ServiceBusMessage

from mqcourse.whatif.side_by_side import MAX_DELIVERY_COUNT
from servicebus_emulator.testing.emulator_process import EmulatorProcess
from tests.whatif.process import Process

SDK_VERSION = version("azure-servicebus")
LOCK_S = 60
LONG_S = 60.0
SHORT_S = 1.0
"""How long to wait for a message that is there, and for one that is not."""
CONFIG = {
    "UserConfig": {
        "Namespaces": [
            {
                "Name": "sbemulatorns",
                "Queues": [
                    {
                        "Name": "jobs",
                        "Properties": {"LockDuration": "PT1M", "MaxDeliveryCount": MAX_DELIVERY_COUNT},
                    }
                ],
            }
        ]
    }
}


class ServiceBusTrace:
    """A queue of an emulator of its own, and one receiving program at a time."""

    def __init__(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.emulator = EmulatorProcess.start(Path(self.folder.name), CONFIG)
        self.client = ServiceBusClient.from_connection_string(self.emulator.connection_string)
        self.sender = self.client.get_queue_sender("jobs")
        self.program: Process | None = None
        self.sent = self.held = 0

    def do(self, event: str) -> dict[str, Any]:
        """Cause an event; what it gave, and what is in the queue after it."""
        seen: dict[str, Any] = {"event": event, "did": "nothing", "message": 0}
        if event == "publish":
            self.sent += 1
            self.sender.send_messages(ServiceBusMessage(str(self.sent)))
            seen |= {"did": "published", "message": self.sent}
        elif event == "receive":
            seen |= self.receive()
        elif event == "kill" and self.program is not None:
            self.program.kill()
            self.program, self.held = None, 0
            seen["did"] = "killed"
        elif event == "wait":
            self.emulator.advance_clock(LOCK_S + 1)
            seen["did"] = "waited"
        elif event in ("settle", "return") and self.held:
            assert self.program is not None
            self.held -= 1
            body, did = self.program.ask(event)
            seen |= {"did": did, "message": int(body)}
        return {**seen, "state": self.state()}

    def receive(self) -> dict[str, Any]:
        if self.program is None:
            self.program = Process("servicebus", self.emulator.connection_string, "jobs")
        free = any(one["lockedUntil"] is None for one in self.emulator.messages("jobs"))
        taken = self.program.ask("receive", LONG_S if free else SHORT_S)
        if taken is None:
            return {"did": "empty"}
        self.held += 1
        body, failed = taken
        return {"did": "received", "message": int(body), "failed": failed}

    def state(self) -> dict[str, list[int]]:
        messages = self.emulator.messages("jobs")
        return {
            "active": [int(one["body"]) for one in messages if one["lockedUntil"] is None],
            "locked": [int(one["body"]) for one in messages if one["lockedUntil"] is not None],
            "dead": [int(one["body"]) for one in self.emulator.messages("jobs/$deadletterqueue")],
        }

    def rest(self) -> list[list[Any]]:
        """The dead letters with their reasons."""
        receiver = self.client.get_queue_receiver("jobs", sub_queue="deadletter")
        with receiver:
            return [[int(str(one)), one.dead_letter_reason] for one in receiver.peek_messages(100)]

    def close(self) -> None:
        if self.program is not None:
            self.program.kill()
        self.sender.close()
        self.client.close()
        self.emulator.stop()
        self.folder.cleanup()
