"""A client's receiver link: messages out of a queue, subscription or session, and their settlement."""

from __future__ import annotations

from typing import Any

from servicebus_emulator.amqp.errors import AmqpProtocolError
from servicebus_emulator.amqp.events import MessageReceived
from servicebus_emulator.amqp.link import Link, OutgoingDelivery
from servicebus_emulator.amqp.performatives import Accepted, Received, Rejected, TransactionalState
from servicebus_emulator.broker.entity import Entity
from servicebus_emulator.broker.errors import BrokerError
from servicebus_emulator.broker.message import Message, Outcome, ReceiveMode
from servicebus_emulator.broker.receiver import Receiver
from servicebus_emulator.gateway.amqp_errors import rejection
from servicebus_emulator.gateway.annotations import annotated
from servicebus_emulator.gateway.client import Client
from servicebus_emulator.gateway.outcomes import settlement_of

SLICE = 64
"""Most messages asked of the broker at once for one link, so that a large credit cannot fill a slow reader's buffer."""


class ReceiverLink:
    """One receiver link of a client; hung on the broker's receiver as its `link`."""

    __slots__ = ("client", "draining", "link", "peek_lock", "receiver")

    def __init__(self, client: Client, link: Link, mode: ReceiveMode) -> None:
        self.client = client
        self.link = link
        self.peek_lock = mode is ReceiveMode.PEEK_LOCK
        self.receiver: Receiver | None = None
        self.draining = False

    def on_credit(self) -> None:
        """The client's flow: what it means is worked out when the outbox is empty.

        Credit that it takes back is withdrawn at once, as what follows in the same read may free a message: the
        SDKs drain a link and release what they had fetched in one write when they close a receiver.
        """
        receiver = self.receiver
        if receiver is not None and self.link.credit < receiver.credit:
            receiver.drain()  # what is left of it is granted anew below, by top_up
        if self.link.drain:
            self.draining = True
        self.client.emulator.touched.add(self)

    def top_up(self) -> None:
        """Hand the link's credit on to the broker, in slices; end a drain when nothing more is to be had.

        Called with an empty outbox, so the link's credit counts nothing that is already on its way.
        """
        receiver, link = self.receiver, self.link
        if receiver is None or receiver.closed or not link.attached:
            return
        if self.client.congested:
            self.client.held_back.add(self)
            return
        wanted = min(link.credit, SLICE)
        if receiver.credit != wanted:
            receiver.set_credit(wanted, self.client.emulator.broker_now_s)
        if self.draining and receiver.credit == wanted:
            receiver.drain()
            link.drained()
            self.draining = False

    def deliver(self, message: Message) -> None:
        """Send a message the broker took for this link."""
        link, client = self.link, self.client
        now_s = client.emulator.broker_now_s
        if self.peek_lock:
            token = message.lock_token
            if token is None or not link.attached or link.credit <= 0:
                if token is not None and message.holder is not None:
                    message.holder.settle(Outcome.RELEASE, token, now_s)  # it never left
                return
            payload = annotated(message, locked=True, now_s=now_s)
            link.send(payload, token, context=message)
        else:
            if not link.attached:
                return
            payload = annotated(message, locked=False, now_s=now_s)
            # nothing to settle, so no token in the tag: the SDKs look at its length
            link.send(payload, b"", settled=True)
        emulator = client.emulator
        emulator.messages_out += 1
        receiver = self.receiver
        if self.draining or (receiver is not None and receiver.credit == 0 and link.credit > 0):
            emulator.touched.add(self)
        if client.activity.messages:
            client.activity.message(
                "delivered",
                entity=receiver.queue.path if receiver else "",
                sequence_number=message.sequence_number,
                message_id=message.content.message_id,
                delivery_count=message.delivery_count,
            )

    def on_settled(self, delivery: OutgoingDelivery, state: Any, settled: bool) -> None:
        """The client's word on one delivery: apply it, and confirm unless the client does not wait."""
        receiver = self.receiver
        if receiver is None or delivery.context is None:
            return
        client = self.client
        now_s = client.emulator.broker_now_s
        # an echo of rejected carries no error: with one, the SDKs read it as "the dead-lettering failed"
        answer = state
        if type(state) is Rejected:
            answer = Rejected()
        elif type(state) is TransactionalState and type(state.outcome) is Rejected:
            answer = TransactionalState(state.txn_id, Rejected())
        try:
            if type(state) is Accepted:
                receiver.complete(delivery.tag, now_s)
            elif type(state) is Received:
                return  # 3.4.1: not a final state
            elif type(state) is TransactionalState:
                self._settle_in_transaction(receiver, delivery, state, now_s)
            else:
                self._settle(receiver, delivery.tag, state, now_s)
            if client.activity.messages:
                in_transaction = type(state) is TransactionalState
                client.activity.message(
                    "settled",
                    entity=receiver.queue.path,
                    outcome=type(state.outcome if in_transaction else state).__name__.lower(),
                    sequence_number=delivery.context.sequence_number,
                    message_id=delivery.context.content.message_id,
                    **({"transaction": state.txn_id.hex()} if in_transaction else {}),
                )
        except (BrokerError, AmqpProtocolError) as error:
            answer = rejection(error)
            client.activity.note(
                "settle refused",
                entity=receiver.queue.path,
                condition=error.condition,
                sequence_number=delivery.context.sequence_number,
                message_id=delivery.context.content.message_id,
            )
        if not settled:
            delivery.settle(answer)

    def _settle(
        self, receiver: Receiver, token: bytes, state: Any, now_s: float, transaction: Any = None
    ) -> None:
        settlement = settlement_of(state)
        receiver.settle(
            settlement.outcome,
            token,
            now_s,
            reason=settlement.reason,
            description=settlement.description,
            properties=settlement.properties,
            transaction=transaction,
        )

    def _settle_in_transaction(
        self, receiver: Receiver, delivery: OutgoingDelivery, state: TransactionalState, now_s: float
    ) -> None:
        transactions = self.client.transactions
        transaction = transactions.find(state.txn_id, self.link)
        self._settle(receiver, delivery.tag, state.outcome, now_s, transaction)
        transactions.remember(state.txn_id, delivery)

    def on_message(self, event: MessageReceived) -> None:
        """A receiver link carries no messages to us."""

    def suspend(self) -> None:
        """The client detached without closing: its locks stay until they expire and may be settled by token.

        Source: the SDK's test_queue_message_settle_through_mgmt_link_due_to_broken_receiver_link.
        """
        if self.receiver is not None and self.receiver.session is None:
            self.receiver.suspend(self.client.emulator.broker_now_s)
            self.receiver = None

    def uses(self, entity: Entity) -> bool:
        """The broker ends its receivers itself, and reports each."""
        return False

    def closed(self) -> None:
        """The link is gone: its locks are free."""
        if self.receiver is not None:
            self.receiver.close(self.client.emulator.broker_now_s)
