"""Descriptions, rules and ids as JSON text, and back.

Values JSON has no type for are written as {"$type": text}: AMQP types survive in filters and message ids.
"""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from servicebus_emulator.broker import description as described
from servicebus_emulator.broker.description import AccessRight, Description, EntityStatus, RuleDescription
from servicebus_emulator.broker.typed_value import TypedValue

_CLASSES: dict[str, type[Any]] = {
    item.__name__: item
    for item in (
        described.QueueDescription,
        described.TopicDescription,
        described.SubscriptionDescription,
        described.AuthorizationRule,
        described.RuleDescription,
        described.SqlFilter,
        described.SqlAction,
        described.CorrelationFilter,
        described.TrueFilter,
        described.FalseFilter,
        TypedValue,
    )
}


def to_json(value: Description | RuleDescription) -> str:
    return json.dumps(_plain(value), separators=(",", ":"))


def from_json(text: str) -> Any:
    """The description or rule `to_json` wrote; a field this version does not know is left out."""
    return _rich(json.loads(text))


def id_to_json(key: object) -> str:
    """A message id of any AMQP id type as text that distinguishes the types."""
    return json.dumps(_plain(key), separators=(",", ":"))


def id_from_json(text: str) -> object:
    return _rich(json.loads(text))


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        content = {item.name: _plain(getattr(value, item.name)) for item in fields(value)}
        return {"$class": type(value).__name__, **content}
    if isinstance(value, (EntityStatus, AccessRight)):
        return {f"${type(value).__name__}": value.value}
    if isinstance(value, (frozenset, set)):
        return {"$set": sorted((_plain(item) for item in value), key=str)}
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    if isinstance(value, UUID):
        return {"$uuid": str(value)}
    if isinstance(value, (bytes, bytearray, memoryview)):
        return {"$bytes": bytes(value).hex()}
    if isinstance(value, datetime):
        return {"$datetime": value.isoformat()}
    if isinstance(value, timedelta):
        return {"$seconds": value.total_seconds()}
    if isinstance(value, dict) or hasattr(value, "items"):
        return {"$map": [[_plain(key), _plain(item)] for key, item in value.items()]}
    return value


def _rich(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_rich(item) for item in value)
    if not isinstance(value, dict):
        return value
    if "$class" in value:
        kind = _CLASSES[value["$class"]]
        known = {item.name for item in fields(kind)}
        return kind(**{name: _rich(item) for name, item in value.items() if name in known})
    tag, content = next(iter(value.items()))
    if tag == "$EntityStatus":
        return EntityStatus(content)
    if tag == "$AccessRight":
        return AccessRight(content)
    if tag == "$set":
        return frozenset(_rich(item) for item in content)
    if tag == "$uuid":
        return UUID(content)
    if tag == "$bytes":
        return bytes.fromhex(content)
    if tag == "$datetime":
        return datetime.fromisoformat(content)
    if tag == "$seconds":
        return timedelta(seconds=content)
    return {_rich(key): _rich(item) for key, item in content}
