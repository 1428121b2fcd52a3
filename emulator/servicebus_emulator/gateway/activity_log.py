"""The structured log: which client did what to which message, one JSON object a line."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import Any

from servicebus_emulator.amqp.json_value import json_value

LOGGER = logging.getLogger("servicebus_emulator")


class ActivityLog:
    """Writes events of one client. Connections and refusals are INFO, messages DEBUG.

    `messages` is read before each message event is even put together, so that a log that keeps none of them costs nothing.
    """

    __slots__ = ("client", "messages")

    def __init__(self, client: str) -> None:
        self.client = client
        self.messages = LOGGER.isEnabledFor(logging.DEBUG)

    def note(self, event: str, **fields: Any) -> None:
        """Something about the connection or a link."""
        if LOGGER.isEnabledFor(logging.INFO):
            LOGGER.info(event, extra={"activity": {"client": self.client, **fields}})

    def message(self, event: str, **fields: Any) -> None:
        """Something about a message; call it only when `messages` is true."""
        LOGGER.debug(event, extra={"activity": {"client": self.client, **fields}})


class JsonLines(logging.Formatter):
    """One JSON object a line: when, how grave, what, and who did it to what."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "event": record.getMessage(),
            **getattr(record, "activity", {}),
        }
        if record.exc_info:
            line["fault"] = self.formatException(record.exc_info)
        return json.dumps(json_value(line))
