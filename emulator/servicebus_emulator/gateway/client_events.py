"""Takes in the bytes of a client and handles each event that its connection reports."""

from __future__ import annotations

import logging
from typing import Any

from servicebus_emulator.amqp.errors import AmqpProtocolError
from servicebus_emulator.amqp.events import (
    ConnectionClosed,
    ConnectionOpened,
    CreditChanged,
    DispositionReceived,
    Event,
    LinkAttached,
    LinkDetached,
    MessageReceived,
    SaslInitReceived,
    SessionEnded,
)
from servicebus_emulator.amqp.performatives import AmqpError
from servicebus_emulator.broker.errors import BrokerError, MessageLockLost, UnauthorizedAccess
from servicebus_emulator.gateway.amqp_errors import error_of, rejection
from servicebus_emulator.gateway.attach import attach
from servicebus_emulator.gateway.client import Client
from servicebus_emulator.gateway.receiver_link import ReceiverLink

LOGGER = logging.getLogger("servicebus_emulator")

_LOCK_LOST = rejection(
    MessageLockLost(
        "The lock supplied is invalid. Either the lock expired, or the message has already been removed from the "
        "queue, or was received by a different receiver instance."
    )
)


def receive(client: Client, data: bytes) -> None:
    """Bytes from the client. Whatever goes wrong ends this connection and no other."""
    try:
        for event in client.connection.events(data, client.emulator.machine_now_s):
            _HANDLERS[type(event)](client, event)
    except AmqpProtocolError as error:
        client.end(error_of(error))
    except Exception:
        LOGGER.exception("a fault while serving %s ends its connection", client.activity.client)
        client.fail()


def tick(client: Client) -> None:
    """Every second: idle timeouts and expired tokens."""
    try:
        now_s = client.emulator.machine_now_s
        for event in client.connection.tick(now_s):
            _HANDLERS[type(event)](client, event)
        first_s = client.access.first_expiry_s
        if first_s is not None and first_s <= now_s and client.emulator.authorize:
            client.drop_unauthorized()
    except Exception:
        LOGGER.exception("a fault while serving %s ends its connection", client.activity.client)
        client.fail()


def _on_sasl_init(client: Client, event: SaslInitReceived) -> None:
    client.hosted = client.emulator.hosted_for(event.hostname or "")
    ok = event.mechanism in client.connection.mechanisms
    if event.mechanism == "PLAIN":
        client.sasl_plain = event.initial_response
        ok = client.access.plain(event.initial_response)
    client.activity.note("sasl", mechanism=event.mechanism, ok=ok)
    client.connection.sasl_outcome(0 if ok else 1)


def _on_opened(client: Client, event: ConnectionOpened) -> None:
    client.hosted = client.emulator.hosted_for(event.open.hostname or "")
    client.activity.client = f"{client.activity.client} {event.open.container_id}"
    if client.sasl_plain is not None and not client.access.plain(client.sasl_plain):
        client.end(error_of(UnauthorizedAccess("The rule and key of SASL PLAIN do not open this namespace.")))
        return
    limit = client.hosted.broker.limits.max_connections
    if limit is not None and client.emulator.open_clients(client.hosted) > limit:
        error = AmqpError(
            "amqp:resource-limit-exceeded",
            f"The namespace '{client.hosted.name}' allows {limit} connections, and they are all in use.",
            {},
        )
        client.end(error)
        return
    client.activity.note("opened", hostname=event.open.hostname, namespace=client.hosted.name)


def _on_closed(client: Client, event: ConnectionClosed) -> None:
    error = event.error
    client.activity.note(
        "closed",
        by="client" if event.by_peer else "server",
        condition=error.condition if isinstance(error, AmqpError) else None,
        why=error.description if isinstance(error, AmqpError) else None,
    )
    client.gone()


def _on_ended(client: Client, event: SessionEnded) -> None:
    for link in event.links:
        client.release(link)


def _on_attached(client: Client, event: LinkAttached) -> None:
    link = event.link
    try:
        client.admit(link)
        attach(client, link, event.attach)
    except (BrokerError, AmqpProtocolError) as error:
        fault = error_of(error)
        client.activity.note(
            "attach refused", link=link.name, condition=fault.condition, why=fault.description
        )
        client.release(link)
        link.refuse(fault)


def _on_detached(client: Client, event: LinkDetached) -> None:
    node = event.link.context
    if event.by_peer and not event.closed and isinstance(node, ReceiverLink):
        node.suspend()
    client.release(event.link)


def _on_credit(client: Client, event: CreditChanged) -> None:
    node = event.link.context
    if node is not None:
        node.on_credit()


def _on_message(client: Client, event: MessageReceived) -> None:
    node = event.link.context
    if node is not None and event.link.attached:
        node.on_message(event)


def _on_disposition(client: Client, event: DispositionReceived) -> None:
    state, settled = event.state, event.settled
    for delivery in event.deliveries:
        delivery.remote_state = state
        node = delivery.link.context
        if node is not None:
            node.on_settled(delivery, state, settled)
    if not settled and event.unknown:
        for first, last in event.unknown:
            event.session.settle_unknown(first, last, _LOCK_LOST)


def _ignore(client: Client, event: Event) -> None:
    """An event that the gateway does not use."""


class _Handlers(dict[type, Any]):
    """By the type of an event; `_ignore` for one that is not listed."""

    def __missing__(self, kind: type) -> Any:
        return _ignore


_HANDLERS = _Handlers(
    {
        SaslInitReceived: _on_sasl_init,
        ConnectionOpened: _on_opened,
        ConnectionClosed: _on_closed,
        SessionEnded: _on_ended,
        LinkAttached: _on_attached,
        LinkDetached: _on_detached,
        CreditChanged: _on_credit,
        MessageReceived: _on_message,
        DispositionReceived: _on_disposition,
    }
)
