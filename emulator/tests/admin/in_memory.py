"""The administration without a socket: a real broker, and the real SDK's client over a transport in memory."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from azure.core.pipeline.transport import HttpResponse, HttpTransport
from azure.servicebus.management import ServiceBusAdministrationClient

from servicebus_emulator.admin import routes
from servicebus_emulator.admin.host import Draft, Health, HostedNamespace, View
from servicebus_emulator.admin.http import Request, Response
from servicebus_emulator.admin.reach import LOOPBACK_ONLY, Reach
from servicebus_emulator.broker.message import Content
from servicebus_emulator.sas import DEFAULT_KEY, DEFAULT_RULE_NAME

from ..plain_content import PlainContent

HOST = "localhost:5300"


@dataclass
class SmallHost:
    """A host as the server gives it, without a server."""

    namespaces: dict[str, HostedNamespace]
    authorize: bool = True
    reach: Reach = LOOPBACK_ONLY
    health: Health = field(default_factory=lambda: Health(True, 0.0, 0.0015))
    clock_offset_s: float = 0.0
    made: list[str] = field(default_factory=list)

    def now_s(self) -> float:
        return time.time()

    def counters(self) -> Mapping[str, float]:
        return {"connections": 2, "messages_received_total": 7}

    def advance_clock(self, forward_s: float) -> None:
        self.clock_offset_s += forward_s
        for hosted in self.namespaces.values():
            hosted.broker.advance(self.now_s() + self.clock_offset_s)

    def reset(self, namespace: str) -> None:
        self.made.append(f"reset {namespace}")

    def view(self, content: Content) -> View:
        return View(getattr(content, "body", ""), "text", {"message_id": content.message_id})

    def compose(self, draft: Draft) -> PlainContent:
        return PlainContent(
            draft.body,
            message_id=draft.properties.get("message_id") or uuid.uuid4().hex,
            session_id=draft.properties.get("session_id"),
            time_to_live_s=draft.time_to_live_s,
            scheduled_enqueue_s=draft.scheduled_enqueue_s,
            properties=draft.application_properties,
        )

    def ask(self, method: str, target: str, body: bytes = b"", **headers: str) -> Response:
        """One request of a person or a program."""
        return routes.respond(asked(method, target, body, **headers), self, time.time() + self.clock_offset_s)


def asked(method: str, target: str, body: bytes = b"", **headers: str) -> Request:
    """A request from this machine, with the usual Host unless `headers` has another one."""
    named = {"host": HOST} | {name.replace("_", "-"): value for name, value in headers.items()}
    return Request(method, target, tuple(named.items()), body)


class MemoryTransport(HttpTransport):
    """Carries the SDK's requests to ``respond``."""

    def __init__(self, host: SmallHost) -> None:
        self.host = host
        self.last: Response | None = None

    def open(self) -> None: ...
    def close(self) -> None: ...
    def __exit__(self, *args: object) -> None: ...

    def send(self, request: Any, **kwargs: object) -> HttpResponse:
        target = "/" + request.url.split("://", 1)[1].partition("/")[2]
        body = request.body or b""
        headers = {**request.headers, "Host": HOST}
        plain = Request(
            request.method,
            target,
            tuple((name.lower(), str(value)) for name, value in headers.items()),
            body.encode() if isinstance(body, str) else body,
            secure=True,
        )
        self.last = routes.respond(plain, self.host, time.time() + self.host.clock_offset_s)
        return _Answer(request, self.last)


class _Answer(HttpResponse):
    def __init__(self, request: object, answer: Response) -> None:
        super().__init__(request, None)
        self.status_code = answer.status
        self.reason = answer.reason
        self.headers = dict(answer.all_headers())
        self.content_type = answer.content_type
        self._answer = answer

    def body(self) -> bytes:
        return self._answer.body


def admin_client(host: SmallHost, **kwargs: Any) -> ServiceBusAdministrationClient:
    """The SDK's client, its requests carried in memory."""
    connection = f"Endpoint=sb://{HOST};SharedAccessKeyName={DEFAULT_RULE_NAME};SharedAccessKey={DEFAULT_KEY}"
    return ServiceBusAdministrationClient.from_connection_string(
        kwargs.pop("connection", connection), transport=MemoryTransport(host), retry_total=0, **kwargs
    )
