"""The $management node of an entity: which operations there are and how their answers look on the wire.

Source: learn.microsoft.com service-bus-amqp-request-response; where the SDKs and their live tests differ, they win.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from servicebus_emulator.amqp.errors import AmqpProtocolError
from servicebus_emulator.amqp.link import Link
from servicebus_emulator.amqp.message import EncodedMessage
from servicebus_emulator.amqp.types import Int, Symbol
from servicebus_emulator.broker.entity import Entity
from servicebus_emulator.broker.errors import (
    ArgumentError,
    BrokerError,
    NotImplementedByEmulator,
    UnauthorizedAccess,
)
from servicebus_emulator.broker.message import Message
from servicebus_emulator.broker.queue import Queue
from servicebus_emulator.broker.receiver import Receiver
from servicebus_emulator.broker.topic import Topic
from servicebus_emulator.gateway import management_messages as messages
from servicebus_emulator.gateway import management_rules as rules
from servicebus_emulator.gateway import management_sessions as sessions
from servicebus_emulator.gateway.amqp_errors import status_of
from servicebus_emulator.gateway.client import Client
from servicebus_emulator.gateway.management_request import Arguments, Call
from servicebus_emulator.gateway.open_transactions import check_reading, note_use
from servicebus_emulator.gateway.receiver_link import ReceiverLink
from servicebus_emulator.gateway.request_reply import Reply, Service
from servicebus_emulator.sas import Right

PREFIX = "com.microsoft:"
MANAGEMENT_CREDITS = 10
"""Throttling credits one operation costs (learn.microsoft.com service-bus-throttling)."""

Operation = Callable[[Call], dict[str, Any] | None]

OPERATIONS: dict[str, tuple[Right, Operation]] = {
    "renew-lock": (Right.LISTEN, messages.renew_locks),
    "peek-message": (Right.LISTEN, messages.peek),
    "schedule-message": (Right.SEND, messages.schedule),
    "cancel-scheduled-message": (Right.SEND, messages.cancel_scheduled),
    "receive-by-sequence-number": (Right.LISTEN, messages.receive_deferred),
    "update-disposition": (Right.LISTEN, messages.update_disposition),
    "batch-delete-messages": (Right.LISTEN, messages.batch_delete),
    "renew-session-lock": (Right.LISTEN, sessions.renew),
    "get-session-state": (Right.LISTEN, sessions.get_state),
    "set-session-state": (Right.LISTEN, sessions.set_state),
    "get-message-sessions": (Right.LISTEN, sessions.list_sessions),
    "add-rule": (Right.LISTEN, rules.add),
    "remove-rule": (Right.LISTEN, rules.remove),
    "enumerate-rules": (Right.LISTEN, rules.enumerate_rules),
}
"""Operation (after `com.microsoft:`) -> the right it needs and what carries it out; None is answered 204."""

EMPTY: dict[str, str] = {
    "get-message-sessions": "com.microsoft:session-not-found",
    "batch-delete-messages": "com.microsoft:message-not-found",
}
"""Error condition beside 204, where the cloud sends one."""


class ManagementService(Service):
    """Carries out the operations on one entity for one client."""

    def __init__(self, client: Client, entity: Queue | Topic, link: Link) -> None:
        self.client = client
        self.entity = entity
        self.link = link

    def uses(self, entity: Entity) -> bool:
        """Whether this is the entity's own node."""
        return self.entity is entity

    def answer(self, request: EncodedMessage, transaction_id: bytes | None) -> Reply:
        """Carry out one request."""
        name = ""
        try:
            properties = request.application_properties()
            name = str(properties.get("operation", "")).removeprefix(PREFIX)
            body = self._carry_out(name, properties, request, transaction_id)
        except (BrokerError, AmqpProtocolError) as error:
            self.client.activity.note(
                "management refused", operation=name, entity=self.entity.path, condition=error.condition
            )
            return _failure(status_of(error), error.condition, error.description)
        if body is None:
            return _failure(204, EMPTY.get(name), "NoContent")
        return Reply({"statusCode": Int(200), "statusDescription": "OK"}, body)

    def _carry_out(
        self, name: str, properties: Any, request: EncodedMessage, transaction_id: bytes | None
    ) -> dict[str, Any] | None:
        found = OPERATIONS.get(name)
        if found is None:
            raise NotImplementedByEmulator(
                f"The operation '{properties.get('operation')}' is not supported; known are "
                f"{', '.join(PREFIX + each for each in OPERATIONS)}."
            )
        right, operation = found
        client = self.client
        if not client.access.allows(right, self.entity.path, client.emulator.machine_now_s):
            raise UnauthorizedAccess(
                f"Unauthorized access. '{right.value}' claim(s) are required to perform this operation. "
                f"Resource: '{self.entity.path}'."
            )
        if right is Right.LISTEN:
            check_reading(self.link, self.entity)
        note_use(self.link, self.entity)
        body = request.body()
        if not isinstance(body, dict):
            raise ArgumentError(f"The body of {name} must be a map.")
        client.hosted.broker.charge(MANAGEMENT_CREDITS, client.emulator.broker_now_s)
        transaction = None if transaction_id is None else client.transactions.find(transaction_id, self.link)
        link_name = properties.get("associated-link-name")
        receiver = _receiver_named(client, link_name) if isinstance(link_name, str) else None
        call = Call(
            entity=self.entity,
            arguments=Arguments(name, body),
            now_s=client.emulator.broker_now_s,
            transaction=transaction,
            receiver=receiver,
            receiver_gone=receiver is None and isinstance(link_name, str),
        )
        if not client.activity.messages:
            return operation(call)
        named = _named(call)  # settled and cancelled ones are gone afterwards
        answer = operation(call)
        client.activity.message(
            "management",
            operation=name,
            entity=self.entity.path,
            messages=named or _told(self.entity, answer),
            **({} if transaction_id is None else {"transaction": transaction_id.hex()}),
        )
        return answer


def _named(call: Call) -> list[dict[str, Any]]:
    """The messages that a request names, for the log."""
    arguments, entity = call.arguments, call.entity
    found: list[Message | None] = []
    if arguments.optional("sequence-numbers") is not None:
        found = [entity.messages.get(number) for number in arguments.sequence_numbers()]
    elif arguments.optional("lock-tokens") is not None and isinstance(entity, Queue):
        found = [entity.locks.get(token) for token in arguments.lock_tokens()]
    return [_in_log(message.sequence_number, message) for message in found if message is not None]


def _told(entity: Queue | Topic, answer: dict[str, Any] | None) -> list[dict[str, Any]]:
    """The messages whose numbers a request was told, for the log."""
    numbers = (answer or {}).get("sequence-numbers")
    return [_in_log(number, entity.messages.get(number)) for number in numbers.items] if numbers else []


def _in_log(number: int, message: Message | None) -> dict[str, Any]:
    return {"sequence_number": number, "message_id": message.content.message_id if message else None}


def _failure(status: int, condition: str | None, description: str) -> Reply:
    properties: dict[str, Any] = {"statusCode": Int(status), "statusDescription": description}
    if condition is not None:
        # both spellings: .NET and Python read the first, Go also the second
        properties["errorCondition"] = Symbol(condition)
        properties["error-condition"] = Symbol(condition)
    return Reply(properties, None)


def _receiver_named(client: Client, link_name: str) -> Receiver | None:
    """The broker's receiver behind a client's link of that name."""
    for session in client.connection.sessions.values():
        for link in session.links_by_handle.values():
            if link.name == link_name and isinstance(link.context, ReceiverLink):
                return link.context.receiver
    return None
