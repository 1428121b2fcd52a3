"""An AMQP value as JSON can hold it, for the page and the log. Types are lost on the way; there is no way back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from math import isfinite
from uuid import UUID

from servicebus_emulator.amqp.types import Array, Described, Timestamp

EXACT = 2**53
"""From here on JavaScript's numbers are not exact."""
LAST_TIMESTAMP_MS = 250_000_000_000_000
"""Within Python's years 1 to 9999."""


def json_value(value: object) -> object:
    """What JSON has no type for becomes text: bytes as hexadecimal, large and non-finite numbers in decimal."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, Timestamp):
        return (
            datetime.fromtimestamp(value / 1000, UTC).isoformat()
            if abs(value) < LAST_TIMESTAMP_MS
            else str(int(value))
        )
    if isinstance(value, int):
        return int(value) if abs(value) < EXACT else str(int(value))
    if isinstance(value, float):
        return value if isfinite(value) else str(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex()
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Described):
        return json_value(value.value)
    if isinstance(value, Mapping):
        return {str(key): json_value(item) for key, item in value.items()}
    if isinstance(value, Array):
        return [json_value(item) for item in value.items]
    if isinstance(value, list | tuple):
        return [json_value(item) for item in value]
    return str(value)
