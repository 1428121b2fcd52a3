"""The JSON API beneath the page at ``/``: look at entities and messages, send, resubmit, reset, move the clock.

GET  /api/state                                        namespaces, entities, counts, the clock
GET  /api/messages?namespace=&entity=&from=&top=        messages peeked, nothing is locked
POST /api/send      {namespace, entity, body, …}        one message
POST /api/resubmit  {namespace, entity, sequenceNumber} one dead-lettered message back to its queue
POST /api/purge     {namespace, entity}                 every message of one queue or sub-queue
POST /api/reset     {namespace}                         as at start: configured entities, no messages
POST /api/clock     {forwardSeconds}                    the emulator's clock forward
"""

from __future__ import annotations

import datetime
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import replace

from servicebus_emulator.admin.entity_operations import is_hidden, runtime_of
from servicebus_emulator.admin.host import Draft, Host, HostedNamespace
from servicebus_emulator.admin.http import Request
from servicebus_emulator.amqp.json_value import json_value
from servicebus_emulator.broker.errors import ArgumentError, EntityNotFound, NotAllowed
from servicebus_emulator.broker.message import Message, MessageState
from servicebus_emulator.broker.queue import Queue
from servicebus_emulator.broker.topic import Topic

MAX_PEEK = 200
MAX_FORWARD_S = 10 * 365 * 86_400.0
LAST_MOMENT_S = 253_402_300_799.0
"""9999-12-31 23:59:59, the end of .NET's time as well."""
_TEXT_PROPERTIES = (
    "message_id",
    "session_id",
    "correlation_id",
    "subject",
    "content_type",
    "to",
    "reply_to",
    "reply_to_session_id",
    "partition_key",
)
Answer = tuple[int, object]


def respond(request: Request, host: Host, now_s: float) -> Answer:
    """Status and JSON value. Raises BrokerError for what the broker refuses."""
    name = "/".join(request.segments[1:])
    if request.method == "GET":
        if name == "state":
            return 200, _state(host, now_s)
        if name == "messages":
            return 200, _messages(request, host, now_s)
        return 404, {"error": f"/api/{name} is not known."}
    act = _ACTIONS.get(name)
    if request.method != "POST" or act is None:
        return 404, {"error": f"{request.method} /api/{name} is not known."}
    try:
        body = json.loads(request.body or b"{}")
        json.dumps(
            body, ensure_ascii=False
        ).encode()  # half a surrogate pair can be written in JSON, but is no text
    except (json.JSONDecodeError, UnicodeError, RecursionError) as error:
        raise ArgumentError(f"The request's body is no JSON: {error}.") from None
    if not isinstance(body, dict):
        raise ArgumentError("The request's body must be a JSON object.")
    return 200, act(body, host, now_s)


# -- looking


def _state(host: Host, now_s: float) -> object:
    return {
        "now": _moment(now_s),
        "clockOffsetSeconds": host.clock_offset_s,
        "namespaces": [
            {
                "name": hosted.name,
                "tier": hosted.broker.limits.name,
                "queues": [_entity(queue) for queue in hosted.broker.queues() if not is_hidden(queue.path)],
                "topics": [
                    _entity(topic)
                    | {
                        "subscriptions": [
                            _entity(subscription) | {"rules": [rule.name for rule in subscription.rules()]}
                            for subscription in sorted(
                                topic.subscriptions.values(), key=lambda item: item.name.lower()
                            )
                        ]
                    }
                    for topic in hosted.broker.topics()
                ],
            }
            for hosted in host.namespaces.values()
        ],
    }


def _entity(entity: Queue | Topic) -> dict[str, object]:
    runtime = runtime_of(entity)
    shown: dict[str, object] = {
        "path": entity.path,
        "name": entity.description.name,
        "status": entity.description.status.value,
        "scheduled": runtime.scheduled,
        "sizeBytes": runtime.size_bytes,
    }
    if isinstance(entity, Queue):
        shown |= {
            "active": runtime.active,
            "deferred": entity.deferred_count,
            "deadLetter": runtime.dead_letter,
            "transferDeadLetter": runtime.transfer_dead_letter,
            "receivers": entity.receiver_count,
            "requiresSession": entity.description.requires_session,
            "lockSeconds": entity.description.lock_duration_s,
            "maxDeliveryCount": entity.description.max_delivery_count,
            "forwardTo": entity.description.forward_to,
        }
    return shown


def _messages(request: Request, host: Host, now_s: float) -> object:
    query = request.query
    hosted = _hosted(query, host)
    entity = _resolve(query, hosted)
    first, top = _whole(query, "from", 1), min(_whole(query, "top", 50), MAX_PEEK)
    found = entity.peek(first, top, now_s)
    return {"entity": entity.path, "messages": [_message(message, host, now_s) for message in found]}


def _message(message: Message, host: Host, now_s: float) -> object:
    view = host.view(message.content)
    locked = message.locked_until_s > now_s and message.lock_token is not None
    return {
        "sequenceNumber": message.sequence_number,
        "state": {
            MessageState.ACTIVE: "active",
            MessageState.DEFERRED: "deferred",
            MessageState.SCHEDULED: "scheduled",
        }[message.state],
        "enqueued": _moment(message.enqueued_s),
        "expires": None if message.expires_s is None else _moment(message.expires_s),
        "scheduled": None if message.scheduled_s is None else _moment(message.scheduled_s),
        "lockedUntil": _moment(message.locked_until_s) if locked else None,
        "deliveryCount": message.delivery_count,
        "deadLetterSource": message.dead_letter_source,
        "sizeBytes": message.content.size_bytes,
        "properties": {name: json_value(value) for name, value in view.properties.items()},
        "applicationProperties": {
            name: json_value(value) for name, value in message.content.application_properties().items()
        },
        "body": view.body,
        "bodyKind": view.body_kind,
    }


# -- acting


def _send(body: Mapping[str, object], host: Host, now_s: float) -> object:
    hosted = _hosted(body, host)
    entity = _resolve(body, hosted)
    properties = {name: str(body[name]) for name in _TEXT_PROPERTIES if body.get(name) not in (None, "")}
    own = body.get("applicationProperties") or {}
    if not isinstance(own, dict) or not all(
        isinstance(item, str | int | float | bool) for item in own.values()
    ):
        raise ArgumentError("applicationProperties must be an object of texts, numbers, true and false.")
    draft = Draft(
        body=str(body.get("body", "")),
        properties=properties,
        application_properties=own,
        time_to_live_s=_seconds(body, "timeToLiveSeconds"),
    )
    delay_s = _seconds(body, "delaySeconds")
    if delay_s:
        draft = replace(draft, scheduled_enqueue_s=now_s + delay_s)
    try:
        content = host.compose(draft)
    except ValueError as error:
        raise ArgumentError(f"The message cannot be sent: {error}.") from None
    return {"sequenceNumbers": entity.send([content], now_s)}


def _resubmit(body: Mapping[str, object], host: Host, now_s: float) -> object:
    entity = _resolve(body, _hosted(body, host))
    if not isinstance(entity, Queue):
        raise NotAllowed(f"'{entity.path}' is a topic; only dead-lettered messages can be resubmitted.")
    return {"sequenceNumber": entity.resubmit(_whole(body, "sequenceNumber", 0), now_s)}


def _purge(body: Mapping[str, object], host: Host, now_s: float) -> object:
    entity = _resolve(body, _hosted(body, host))
    if not isinstance(entity, Queue):
        raise NotAllowed(f"'{entity.path}' is a topic; empty its subscriptions.")
    return {"removed": entity.purge(now_s)}


def _reset(body: Mapping[str, object], host: Host, now_s: float) -> object:
    hosted = _hosted(body, host)
    host.reset(hosted.name.lower())
    return {"reset": hosted.name}


def _clock(body: Mapping[str, object], host: Host, now_s: float) -> object:
    forward_s = _seconds(body, "forwardSeconds")
    if not forward_s or host.clock_offset_s + forward_s > MAX_FORWARD_S:
        raise ArgumentError(
            f"forwardSeconds must be above 0, and the clock at most {MAX_FORWARD_S:g} s (10 years) ahead; "
            "it never goes back."
        )
    host.advance_clock(forward_s)
    return {"clockOffsetSeconds": host.clock_offset_s}


_ACTIONS: dict[str, Callable[[Mapping[str, object], Host, float], object]] = {
    "send": _send,
    "resubmit": _resubmit,
    "purge": _purge,
    "reset": _reset,
    "clock": _clock,
}


# -- values


def _hosted(values: Mapping[str, object], host: Host) -> HostedNamespace:
    name = str(values.get("namespace") or next(iter(host.namespaces))).lower()
    found = host.namespaces.get(name)
    if found is None:
        raise EntityNotFound(f"There is no namespace '{name}' here; there are {', '.join(host.namespaces)}.")
    return found


def _resolve(values: Mapping[str, object], hosted: HostedNamespace) -> Queue | Topic:
    path = str(values.get("entity") or "")
    if not path:
        raise ArgumentError("'entity' is missing.")
    return hosted.broker.resolve(path)


def _whole(values: Mapping[str, object], name: str, default: int) -> int:
    text = str(values.get(name, default))
    if not text.isascii() or not text.isdigit() or len(text) > 19:
        raise ArgumentError(f"{name}: '{text}' is no whole number of 0 or more.")
    return int(text)


def _seconds(values: Mapping[str, object], name: str) -> float | None:
    raw = values.get(name)
    if raw is None or raw == "":
        return None
    try:
        found = float(str(raw))
    except ValueError:
        found = math.nan
    if not 0 <= found <= MAX_FORWARD_S:  # also nan
        raise ArgumentError(
            f"{name}: '{raw}' is no number of seconds from 0 to {MAX_FORWARD_S:g} (10 years)."
        )
    return found


def _moment(seconds: float) -> str:
    seconds = min(seconds, LAST_MOMENT_S)  # a client may schedule for later than any calendar goes
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).isoformat(timespec="milliseconds")
