"""An emulator in a process of its caller, for tests: started, reset between two tests, and stopped."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

_READY = re.compile(r"ready on \S+:(?P<port>\d+) in .*\): (?P<connection_string>.+)$")
_PAGE = re.compile(r"#token=(?P<token>\S+)$")
_NO_PROXY = urllib.request.build_opener(urllib.request.ProxyHandler({}))
STOP_TIMEOUT_S = 10.0
REQUEST_TIMEOUT_S = 30.0


class EmulatorError(Exception):
    """The emulator did not start, or refused a request; the text is the emulator's."""


class EmulatorProcess:
    """A running emulator. `start` returns when clients can connect; `stop` ends the process."""

    def __init__(
        self, process: subprocess.Popen[str], port: int, connection_string: str, page_token: str
    ) -> None:
        self.process = process
        self.port = port
        self.connection_string = connection_string
        """For every SDK. Where `config` has AuthorizationRules, the key is to be filled in."""
        self._page_token = page_token

    @classmethod
    def start(
        cls, folder: Path, config: Mapping[str, Any] | Path | None = None, arguments: Sequence[str] = ()
    ) -> EmulatorProcess:
        """Start an emulator on a free port of 127.0.0.1, with further `arguments` of its command line.

        `config`: Microsoft's config.json, as a path or as the value in it. `folder` gets the log.
        Raises EmulatorError when it does not start.
        """
        command = [sys.executable, "-m", "servicebus_emulator", "--port", "0", *arguments]
        if isinstance(config, Mapping):
            file = folder / "config.json"
            file.write_text(json.dumps(config), encoding="utf-8")
            config = file
        if config is not None:
            command += ["--config", str(config)]
        log = folder / "emulator.log"
        with log.open("w", encoding="utf-8") as errors:
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True)
        if process.stdout is None:
            raise EmulatorError("the emulator has no output")
        ready = _READY.search(process.stdout.readline().strip())
        if ready is None:
            process.stdout.close()
            code = process.wait(STOP_TIMEOUT_S)
            raise EmulatorError(
                f"the emulator ended with {code} before it was ready: "
                f"{log.read_text(encoding='utf-8').strip() or 'see its options'}"
            )
        token = ""
        if "<its PrimaryKey>" in ready["connection_string"]:
            page = _PAGE.search(process.stdout.readline().strip())
            token = page["token"] if page else ""
        return cls(process, int(ready["port"]), ready["connection_string"], token)

    def reset(self) -> None:
        """Put every namespace back to its configuration: no messages, and only the configured entities."""
        state = self._request("state", None)
        for namespace in state["namespaces"]:
            self._request("reset", {"namespace": namespace["name"]})

    def advance_clock(self, seconds: float) -> None:
        """Move the emulator's clock forward, so that a lock or a time to live ends now. It never goes back."""
        self._request("clock", {"forwardSeconds": seconds})

    def messages(self, entity: str) -> list[dict[str, Any]]:
        """The first messages of a queue, a subscription or a dead-letter queue, peeked."""
        found: list[dict[str, Any]] = self._request(f"messages?entity={quote(entity)}", None)["messages"]
        return found

    def stop(self) -> None:
        """End the process, with SIGKILL where it does not end by itself."""
        self.process.terminate()
        try:
            self.process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()

    def _request(self, name: str, body: Mapping[str, Any] | None) -> Any:
        headers = {"Content-Type": "application/json"}
        if self._page_token:
            headers["X-Page-Token"] = self._page_token
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/api/{name}",
            data=None if body is None else json.dumps(body).encode(),
            headers=headers,
        )
        try:
            with _NO_PROXY.open(request, timeout=REQUEST_TIMEOUT_S) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as refusal:
            with refusal:
                raise EmulatorError(
                    f"/api/{name}: {refusal.code} {refusal.read().decode(errors='replace')}"
                ) from None
