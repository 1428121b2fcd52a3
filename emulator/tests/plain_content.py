"""A Content without any wire: what the broker's own tests send."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

_FIELDS = {
    "contenttype": "content_type",
    "correlationid": "correlation_id",
    "label": "label",
    "subject": "label",
    "messageid": "message_id",
    "replyto": "reply_to",
    "replytosessionid": "reply_to_session_id",
    "sessionid": "session_id",
    "to": "to",
    "partitionkey": "partition_key",
    "timetolive": "time_to_live_s",
}


@dataclass(frozen=True, slots=True)
class PlainContent:
    """A message of plain values; its encoding is JSON."""

    body: str = ""
    message_id: object | None = None
    session_id: str | None = None
    partition_key: str | None = None
    time_to_live_s: float | None = None
    scheduled_enqueue_s: float | None = None
    properties: Mapping[str, object] = field(default_factory=dict)
    label: str | None = None
    to: str | None = None
    reply_to: str | None = None
    reply_to_session_id: str | None = None
    correlation_id: object | None = None
    content_type: str | None = None
    padding_bytes: int = 0

    @property
    def encoded(self) -> bytes:
        return json.dumps({name: getattr(self, name) for name in self.__dataclass_fields__}).encode()

    @classmethod
    def decode(cls, encoded: bytes) -> PlainContent:
        return cls(**json.loads(encoded))

    @property
    def size_bytes(self) -> int:
        return len(self.body) + self.padding_bytes

    def system_property(self, name: str) -> object | None:
        if name == "scheduledenqueuetimeutc":
            return None
        return getattr(self, _FIELDS[name])

    def application_properties(self) -> Mapping[str, object]:
        return self.properties

    def comparable_properties(self) -> Mapping[str, object]:
        return self.properties

    def with_application_properties(self, properties: Mapping[str, object]) -> PlainContent:
        return replace(self, properties=dict(properties))

    def with_system_properties(self, changes: Mapping[str, object | None]) -> PlainContent:
        return replace(self, **{_FIELDS[name]: value for name, value in changes.items()})
