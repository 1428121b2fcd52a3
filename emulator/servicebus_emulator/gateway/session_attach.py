"""A held attach: a client that waits for the next available session (AMQP protocol guide, "Sessions")."""

from __future__ import annotations

from typing import TYPE_CHECKING

from servicebus_emulator.amqp.events import MessageReceived
from servicebus_emulator.amqp.link import Link
from servicebus_emulator.broker.errors import BrokerError
from servicebus_emulator.broker.message import ReceiveMode
from servicebus_emulator.broker.receiver import Receiver
from servicebus_emulator.broker.session import SessionWait
from servicebus_emulator.gateway.amqp_errors import error_of

if TYPE_CHECKING:
    from servicebus_emulator.broker.entity import Entity
    from servicebus_emulator.gateway.client import Client
    from servicebus_emulator.gateway.receiver_link import ReceiverLink
    from servicebus_emulator.gateway.terminus import SessionFilter


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
        """A session came free: answer the attach."""
        from servicebus_emulator.gateway.attach import accept_session

        accept_session(self.client, self.link, self.mode, self.asked, receiver)

    def refused(self, error: BrokerError) -> None:
        """No session came free in time."""
        self.link.context = None
        self.link.refuse(error_of(error))

    def on_message(self, event: MessageReceived) -> None:
        """No messages come on a link that is not attached."""

    def on_credit(self) -> None:
        """Credit given early is kept by the link and used once it is attached."""

    def uses(self, entity: Entity) -> bool:
        """The broker ends its receivers itself, and says so of each."""
        return False

    def closed(self) -> None:
        """The client gave up."""
        if self.wait is not None:
            self.wait.cancel()


def outlet_of(receiver: Receiver) -> ReceiverLink | None:
    """The link a broker's receiver serves."""
    from servicebus_emulator.gateway.receiver_link import ReceiverLink

    return receiver.link if isinstance(receiver.link, ReceiverLink) else None
