"""A held attach: a client that waits for the next available session (AMQP protocol guide, "Sessions")."""

from __future__ import annotations

import dataclasses
from uuid import UUID

from servicebus_emulator.amqp.events import MessageReceived
from servicebus_emulator.amqp.link import Link
from servicebus_emulator.amqp.types import Symbol
from servicebus_emulator.broker.entity import Entity
from servicebus_emulator.broker.errors import BrokerError
from servicebus_emulator.broker.message import ReceiveMode
from servicebus_emulator.broker.receiver import Receiver
from servicebus_emulator.broker.session import SessionWait
from servicebus_emulator.broker.ticks import A_SECOND, TO_1970
from servicebus_emulator.gateway.amqp_errors import error_of
from servicebus_emulator.gateway.client import Client
from servicebus_emulator.gateway.receiver_link import ReceiverLink
from servicebus_emulator.gateway.terminus import AttachRefused, SessionFilter, source_in_force

LOCKED_UNTIL = Symbol("com.microsoft:locked-until-utc")


class SessionAttach:
    """A link between its attach and the session it gets; hung on the broker's wait as its `link`."""

    __slots__ = ("asked", "client", "link", "mode", "wait")

    def __init__(self, client: Client, link: Link, mode: ReceiveMode, asked: SessionFilter) -> None:
        self.client = client
        self.link = link
        self.mode = mode
        self.asked = asked
        self.wait: SessionWait | None = None

    def granted(self, receiver: Receiver) -> None:
        """A session is free now: answer the attach."""
        accept_session(self.client, self.link, self.mode, self.asked, receiver)

    def refused(self, error: BrokerError) -> None:
        """No session was free in time."""
        self.link.context = None
        self.link.refuse(error_of(error))

    def on_message(self, event: MessageReceived) -> None:
        """No messages arrive on a link that is not attached."""

    def on_credit(self) -> None:
        """Credit given early is kept by the link and used once it is attached."""

    def uses(self, entity: Entity) -> bool:
        """The broker ends its receivers itself, and reports each."""
        return False

    def closed(self) -> None:
        """The client gave up."""
        if self.wait is not None:
            self.wait.cancel()


def accept_session(
    client: Client, link: Link, mode: ReceiveMode, asked: SessionFilter, receiver: Receiver
) -> None:
    """Answer a session receiver's attach with the session it got."""
    session, frame = receiver.session, link.remote_attach
    if session is None or frame is None:
        raise AttachRefused("the receiver has no session")
    receiver_link = ReceiverLink(client, link, mode)
    receiver_link.receiver = receiver
    receiver.link = receiver_link
    link.context = receiver_link
    ticks = TO_1970 + int(session.locked_until_s * A_SECOND)
    token = None if session.lock_token is None else UUID(bytes_le=session.lock_token)
    source = dataclasses.replace(
        source_in_force(frame.source), filter=asked.answer(session.session_id, token)
    )
    link.accept(source=source, target=frame.target, properties={LOCKED_UNTIL: ticks})
    client.activity.note(
        "attached", role="receiver", entity=receiver.queue.path, mode=mode.value, session=session.session_id
    )
    if link.credit or link.drain:
        receiver_link.on_credit()
