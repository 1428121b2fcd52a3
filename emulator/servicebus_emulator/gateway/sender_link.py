"""A client's sender link: messages into a queue or topic."""

from __future__ import annotations

from typing import Any

from servicebus_emulator.amqp.errors import CodecError
from servicebus_emulator.amqp.events import MessageReceived
from servicebus_emulator.amqp.link import Link
from servicebus_emulator.amqp.message import BATCH_FORMAT, EncodedMessage, split_batch
from servicebus_emulator.amqp.performatives import Accepted, TransactionalState
from servicebus_emulator.broker.entity import Entity
from servicebus_emulator.broker.errors import BrokerError, MessageSizeExceeded, NotAllowed
from servicebus_emulator.broker.queue import Queue
from servicebus_emulator.broker.topic import Topic
from servicebus_emulator.gateway.amqp_errors import rejection
from servicebus_emulator.gateway.client import Client

CREDIT = 1000
"""Credit a sender is kept at; azure-servicebus sends on without any, so the link takes as much again."""

ACCEPTED = Accepted()


class SenderLink:
    """One sender link of a client. `via` is set for a send-via link: the entity the transaction belongs to."""

    __slots__ = ("client", "entity", "link", "via")

    def __init__(self, client: Client, link: Link, entity: Entity, via: Entity | None) -> None:
        self.client = client
        self.link = link
        self.entity = entity
        self.via = via
        link.credit_overdraft = CREDIT

    def opened(self) -> None:
        """Give the sender its credit."""
        self.link.grant(CREDIT)

    def on_message(self, event: MessageReceived) -> None:
        """Store a delivery and confirm or reject it."""
        link, client = self.link, self.client
        state = event.state
        transaction_id = state.txn_id if type(state) is TransactionalState else None
        verdict: Any = ACCEPTED
        count = 0
        try:
            if event.payload is None:
                raise MessageSizeExceeded(
                    f"The received message (delivery-id:{event.delivery_id}, size:{event.size_bytes} bytes) exceeds "
                    f"the limit ({link.max_message_size} bytes) currently allowed on the link."
                )
            payload = event.payload
            if event.message_format == BATCH_FORMAT:
                contents = [EncodedMessage.arrived(each) for each in split_batch(payload)]
            else:
                contents = [EncodedMessage.arrived(payload)]
            count = len(contents)
            if transaction_id is None:
                self.entity.send(contents, client.emulator.broker_now_s, via=self.via)
            else:
                transaction = client.transactions.find(transaction_id, link)
                self.entity.send(
                    contents, client.emulator.broker_now_s, transaction=transaction, via=self.via
                )
                verdict = TransactionalState(transaction_id, ACCEPTED)
            client.emulator.messages_in += count
            if client.activity.messages:
                ids = [content.message_id for content in contents]
                within = {} if transaction_id is None else {"transaction": transaction_id.hex()}
                client.activity.message("sent", entity=self.entity.path, message_ids=ids, **within)
        except (BrokerError, CodecError) as error:
            verdict = rejection(error)
            client.activity.note(
                "send refused", entity=self.entity.path, condition=error.condition, why=str(error)
            )
        if not event.settled:
            link.session.settle_incoming(event.delivery_id, verdict)
        if link.credit <= CREDIT >> 1:
            link.grant(CREDIT)

    def on_credit(self) -> None:
        """A sender link has no credit of ours to use."""

    def uses(self, entity: Entity) -> bool:
        """Whether messages go to or through the entity."""
        return entity is self.entity or entity is self.via

    def closed(self) -> None:
        """A sender link holds no message and no lock."""


def refuse_topic_receiver(entity: Queue | Topic) -> Queue:
    """A receiver needs a queue or subscription. Raises NotAllowed for a topic."""
    if isinstance(entity, Topic):
        raise NotAllowed(
            f"'{entity.path}' is a topic; receive from one of its subscriptions: {entity.path}/Subscriptions/<name>."
        )
    return entity
