"""A real emulator process for the wire tests, owned by them and ended by its pid."""

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CONFIG: dict[str, Any] = {
    "UserConfig": {
        "Namespaces": [
            {
                "Name": "sbemulatorns",
                "Queues": [
                    *({"Name": f"queue{n}", "Properties": {}} for n in range(40)),
                    *({"Name": f"sessions{n}", "Properties": {"RequiresSession": True}} for n in range(5)),
                    {
                        "Name": "guarded",
                        "Properties": {},
                        "AuthorizationRules": [
                            {"Name": "listen", "PrimaryKey": "listen-key", "Rights": ["Listen"]},
                            {"Name": "send", "PrimaryKey": "send-key", "Rights": ["Send"]},
                        ],
                    },
                    {"Name": "expiring", "Properties": {"DefaultMessageTimeToLive": "PT1H"}},
                ],
                "Topics": [
                    {
                        "Name": "topic",
                        "Properties": {},
                        "Subscriptions": [
                            {"Name": "all", "Properties": {}},
                            {"Name": "ruled", "Properties": {}},
                        ],
                    }
                ],
            }
        ],
        "Logging": {"Type": "Console"},
    }
}


@dataclass
class Running:
    """One process, its port and its log."""

    process: subprocess.Popen[str]
    port: int
    log: Path

    def connection_string(self, name: str = "RootManageSharedAccessKey", key: str = "SAS_KEY_VALUE") -> str:
        return (
            f"Endpoint=sb://127.0.0.1:{self.port};SharedAccessKeyName={name};SharedAccessKey={key};"
            "UseDevelopmentEmulator=true;"
        )

    def kill(self) -> None:
        """kill -9: it gets no chance to put anything in order."""
        self.process.kill()
        self.process.wait(10)
        assert self.process.stdout is not None
        self.process.stdout.close()

    def stop(self) -> int:
        self.process.terminate()
        code = self.process.wait(10)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code


def start(folder: Path, *arguments: str, namespaces: Sequence[dict[str, Any]] = ()) -> Running:
    """Start one and wait for the line that says it is ready; `namespaces` come beside the usual one."""
    config, log = folder / "config.json", folder / "log"
    user: dict[str, Any] = CONFIG["UserConfig"]
    config.write_text(json.dumps({"UserConfig": {**user, "Namespaces": [*user["Namespaces"], *namespaces]}}))
    with log.open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "servicebus_emulator", "--config", str(config), "--port", "0", *arguments],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    assert process.stdout is not None
    line = process.stdout.readline()
    found = re.search(r"ready on 127\.0\.0\.1:(\d+)", line)
    if found is None:
        process.wait(10)
        process.stdout.close()
        raise AssertionError(f"the emulator did not start: {line}{log.read_text()}")
    return Running(process, int(found[1]), log)
