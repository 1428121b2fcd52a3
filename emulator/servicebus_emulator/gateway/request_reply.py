"""Request and reply over a pair of links: how $cbs and $management are talked to."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from servicebus_emulator.amqp.errors import CodecError
from servicebus_emulator.amqp.events import MessageReceived
from servicebus_emulator.amqp.link import Link, OutgoingDelivery
from servicebus_emulator.amqp.message import CORRELATION_ID, EncodedMessage, build
from servicebus_emulator.amqp.performatives import Accepted, TransactionalState
from servicebus_emulator.broker.entity import Entity
from servicebus_emulator.gateway.amqp_errors import rejection
from servicebus_emulator.gateway.client import Client

CREDIT = 200
MAX_WAITING_REPLIES = 1000
"""Replies kept for a client that gives its reply link no credit; with more its request link stops being served."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: application properties and the body value (already wire types)."""

    properties: Mapping[str, Any]
    body: Any


class Service:
    """What serves a node. Subclasses answer requests."""

    def answer(self, request: EncodedMessage, transaction_id: bytes | None) -> Reply:
        """Carry out a request; every refusal is a reply too."""
        raise NotImplementedError

    def uses(self, entity: Entity) -> bool:
        return False


class RequestLink:
    """The client's link for requests. `node` names what it talks to, to find the reply link beside it."""

    __slots__ = ("client", "link", "node", "service")

    def __init__(self, client: Client, link: Link, node: str, service: Service) -> None:
        self.client = client
        self.link = link
        self.node = node
        self.service = service
        link.credit_overdraft = CREDIT

    def opened(self) -> None:
        """Give the client credit."""
        self.link.grant(CREDIT)

    def on_message(self, event: MessageReceived) -> None:
        """Answer one request on the reply link that it names, or the one beside it."""
        session = self.link.session
        state = event.state
        transaction_id = state.txn_id if type(state) is TransactionalState else None
        verdict: Any = (
            Accepted() if transaction_id is None else TransactionalState(transaction_id, Accepted())
        )
        try:
            if event.payload is None:
                raise CodecError("the request is larger than the link takes")
            request = EncodedMessage(event.payload)
            reply = self.service.answer(request, transaction_id)
            correlation = request.message_id if request.message_id is not None else request.correlation_id
            target = self._reply_link(request.reply_to)
            if target is not None:
                target.send(
                    build(
                        value=reply.body,
                        properties={CORRELATION_ID: correlation},
                        application_properties=reply.properties,
                    )
                    if reply.body is not None
                    else _without_body(reply, correlation)
                )
        except CodecError as error:
            verdict = rejection(error)
        if not event.settled:
            session.settle_incoming(event.delivery_id, verdict)
        if self.link.credit <= CREDIT >> 1:
            self.link.grant(CREDIT)

    def _reply_link(self, reply_to: Any) -> ReplyLink | None:
        beside = [
            link.context
            for link in self.link.session.links_by_handle.values()
            if isinstance(link.context, ReplyLink) and link.context.node == self.node
        ]
        if not beside:
            beside = [
                link.context
                for session in self.client.connection.sessions.values()
                for link in session.links_by_handle.values()
                if isinstance(link.context, ReplyLink) and link.context.node == self.node
            ]
        for candidate in beside:
            if reply_to is not None and candidate.address == reply_to:
                return candidate
        return beside[-1] if beside else None

    def on_credit(self) -> None:
        """No messages flow to the client here."""

    def uses(self, entity: Entity) -> bool:
        """Whether its node is the entity's."""
        return self.service.uses(entity)

    def closed(self) -> None:
        """A request that was taken in is still answered."""


class ReplyLink:
    """The client's link for replies. `address` is its target address, which requests may name as reply-to."""

    __slots__ = ("_number", "_waiting", "address", "client", "link", "node", "service")

    def __init__(self, client: Client, link: Link, node: str, service: Service, address: Any) -> None:
        self.client = client
        self.link = link
        self.node = node
        self.service = service
        self.address = address
        self._waiting: deque[bytes] = deque()
        self._number = 0

    def opened(self) -> None:
        """The client gives credit here."""

    def send(self, payload: bytes) -> None:
        """Send a reply, or keep it until there is credit."""
        if len(self._waiting) >= MAX_WAITING_REPLIES:
            self._waiting.popleft()
        self._waiting.append(payload)
        self.on_credit()

    def on_credit(self) -> None:
        """Send what waits; a drain gives the rest of the credit back."""
        link = self.link
        while self._waiting and link.credit > 0 and link.attached:
            self._number += 1
            settled = link.snd_settle_mode != 0
            link.send(self._waiting.popleft(), self._number.to_bytes(8, "big"), settled=settled)
        if link.drain and link.attached:
            link.drained()

    def on_settled(self, delivery: OutgoingDelivery, state: Any, settled: bool) -> None:
        """The client has its reply."""
        if not settled:
            delivery.settle(state)

    def on_message(self, event: MessageReceived) -> None:
        """A reply link carries no messages to us."""

    def uses(self, entity: Entity) -> bool:
        """Whether its node is the entity's."""
        return self.service.uses(entity)

    def closed(self) -> None:
        self._waiting.clear()


def _without_body(reply: Reply, correlation: Any) -> bytes:
    return build(value={}, properties={CORRELATION_ID: correlation}, application_properties=reply.properties)
