"""Messages as a person reads and writes them, for the page."""

from __future__ import annotations

import json
from typing import Any, cast

from servicebus_emulator.admin.host import Draft, View
from servicebus_emulator.amqp import message as m
from servicebus_emulator.amqp.errors import CodecError
from servicebus_emulator.amqp.json_value import json_value
from servicebus_emulator.amqp.message import EncodedMessage, build
from servicebus_emulator.amqp.types import Timestamp
from servicebus_emulator.broker.message import Content

_FIELDS = {
    "message_id": m.MESSAGE_ID,
    "session_id": m.GROUP_ID,
    "subject": m.SUBJECT,
    "correlation_id": m.CORRELATION_ID,
    "content_type": m.CONTENT_TYPE,
    "to": m.TO,
    "reply_to": m.REPLY_TO,
    "reply_to_session_id": m.REPLY_TO_GROUP_ID,
}
_MAX_SHOWN_BYTES = 64 * 1024


def view(content: Content) -> View:
    """Decode a message: JSON or text where it is that, else hexadecimal."""
    message = cast(EncodedMessage, content)
    properties: dict[str, object] = {}
    for name, position in _FIELDS.items():
        value = message.field(position)
        if value is not None:
            properties[name] = json_value(value)
    if message.time_to_live_s is not None:
        properties["time_to_live_s"] = message.time_to_live_s
    if message.scheduled_enqueue_s is not None:
        properties["scheduled_enqueue_s"] = message.scheduled_enqueue_s
    try:
        body = message.body()
    except CodecError:  # nobody checks a body on its way in
        return View(message.encoded[:_MAX_SHOWN_BYTES].hex(" "), "hex", properties)
    if not isinstance(body, bytes):
        return View(json.dumps(json_value(body), ensure_ascii=False), "json", properties)
    shown = body[:_MAX_SHOWN_BYTES]
    try:
        text = shown.decode("utf-8")
    except UnicodeDecodeError:
        return View(shown.hex(" "), "hex", properties)
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return View(text, "text", properties)
    return View(text, "json", properties)


def compose(draft: Draft) -> Content:
    """Encode what a person typed. Raises ValueError for a property that AMQP cannot carry."""
    unknown = set(draft.properties) - set(_FIELDS)
    if unknown:
        raise ValueError(f"no property of a message is called {', '.join(sorted(unknown))}")
    annotations: dict[str, Any] = {}
    if draft.scheduled_enqueue_s is not None:
        annotations[m.SCHEDULED_ENQUEUE_TIME] = Timestamp(round(draft.scheduled_enqueue_s * 1000))
    try:
        content = EncodedMessage.arrived(
            build(
                body=draft.body.encode(),
                properties={_FIELDS[name]: value for name, value in draft.properties.items()},
                application_properties=draft.application_properties,
                annotations=annotations,
            )
        )
        if draft.time_to_live_s is not None:
            content = content.with_system_properties({"timetolive": draft.time_to_live_s})
    except CodecError as error:
        raise ValueError(error.description) from None
    return content
