"""An emulator for one client: a process of its own on a free port, with TLS, ended by its process and never by name."""

from __future__ import annotations

import datetime
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from azure.servicebus.management import ServiceBusAdministrationClient

from servicebus_emulator.net import certificate

HERE = Path(__file__).parent
POLICY, KEY = "RootManageSharedAccessKey", "SAS_KEY_VALUE"
CONFIG = {
    "UserConfig": {
        "Namespaces": [
            {
                "Name": "sbemulatorns",
                "AuthorizationRules": [
                    {"Name": POLICY, "Rights": ["Listen", "Send", "Manage"], "PrimaryKey": KEY},
                    {"Name": "listen-only", "Rights": ["Listen"], "PrimaryKey": KEY},
                    {"Name": "send-only", "Rights": ["Send"], "PrimaryKey": KEY},
                ],
            }
        ]
    }
}


@contextmanager
def emulator(folder: Path, *words: str, config: Mapping[str, Any] = CONFIG) -> Iterator[Emulator]:
    """An emulator of our own on a free port, ready; ended by its process, never by name."""
    folder.mkdir(parents=True, exist_ok=True)
    config_file = folder / "config.json"
    config_file.write_text(json.dumps(config))
    paths = certificate.ensure(folder, datetime.datetime.now(datetime.UTC))
    log = folder / "emulator.log"
    with log.open("wb") as errors:
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "servicebus_emulator",
                *("--config", str(config_file), "--port", "0"),
                *("--tls-cert", str(paths.certificate), "--tls-key", str(paths.key)),
                *words,
            ],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            if not line:
                process.wait(10)
                raise AssertionError(f"the emulator did not start:\n{log.read_text()[-2000:]}")
            port = port_of(line)
            yield Emulator(port, paths.certificate, process.pid)
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.stdout is not None:
                process.stdout.close()


@dataclass(frozen=True)
class Emulator:
    """A running emulator: its port on localhost, the certificate to trust, its process."""

    port: int
    certificate: Path
    pid: int

    @property
    def connection_string(self) -> str:
        """For clients without TLS."""
        return (
            f"Endpoint=sb://localhost:{self.port};SharedAccessKeyName={POLICY};SharedAccessKey={KEY};"
            "UseDevelopmentEmulator=true"
        )

    @property
    def environment(self) -> dict[str, str]:
        """What the shim and the SDK's tests read."""
        secure = f"Endpoint=sb://localhost:{self.port}/;SharedAccessKeyName={POLICY};SharedAccessKey={KEY}"
        return {
            **os.environ,
            "PYTHONPATH": str(HERE / "shim"),
            "SERVICEBUS_SAS_POLICY": POLICY,
            "SERVICEBUS_SAS_KEY": KEY,
            "SERVICEBUS_ENDPOINT_SUFFIX": f":{self.port}",
            "SERVICEBUS_FULLY_QUALIFIED_NAMESPACE": f"localhost:{self.port}",
            "SERVICEBUS_CONNECTION_STR": secure,
            "REQUESTS_CA_BUNDLE": str(self.certificate),
            "SSL_CERT_FILE": str(self.certificate),
            "NODE_EXTRA_CA_CERTS": str(self.certificate),
        }


def port_of(ready_line: str) -> int:
    """The port in the line that the emulator prints when it is ready."""
    for word in ready_line.replace(",", " ").split():
        address, _, port = word.rstrip(";./").rpartition(":")
        if address and port.isdigit():
            return int(port)
    raise AssertionError(f"no port in the emulator's line {ready_line!r}")


@contextmanager
def administration(emulator: Emulator) -> Iterator[ServiceBusAdministrationClient]:
    """Python's administration client, which insists on HTTPS, trusting the emulator's certificate."""
    with ServiceBusAdministrationClient.from_connection_string(
        emulator.connection_string, connection_verify=str(emulator.certificate)
    ) as client:
        yield client
