"""What the engine reports to its caller: one value per thing that happened, in the order it happened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from servicebus_emulator.amqp.performatives import AmqpError, Attach, Begin, Open

if TYPE_CHECKING:
    from servicebus_emulator.amqp.link import Link, OutgoingDelivery
    from servicebus_emulator.amqp.session import Session


class Event:
    __slots__ = ()


@dataclass(slots=True, frozen=True)
class SaslInitReceived(Event):
    """Server: the client chose a mechanism. Answer with `Connection.sasl_outcome`."""

    mechanism: str
    initial_response: bytes | None
    hostname: str | None


@dataclass(slots=True, frozen=True)
class SaslFinished(Event):
    """Client: the server's verdict; 0 is ok (5.3.3.6)."""

    code: int


@dataclass(slots=True, frozen=True)
class ConnectionOpened(Event):
    """The peer's open has arrived."""

    open: Open


@dataclass(slots=True, frozen=True)
class ConnectionClosed(Event):
    """The connection is over; `error` is the reason, `by_peer` whether the peer ended it. Write what is left, then disconnect."""

    error: AmqpError | None
    by_peer: bool


@dataclass(slots=True, frozen=True)
class SessionBegun(Event):
    """A session is mapped."""

    session: Session
    begin: Begin


@dataclass(slots=True, frozen=True)
class SessionEnded(Event):
    """A session is over, and with it every link in `links`."""

    session: Session
    links: tuple[Link, ...]
    error: AmqpError | None
    by_peer: bool


@dataclass(slots=True, frozen=True)
class LinkAttached(Event):
    """The peer sent an attach. A server answers with `link.accept` or `link.refuse`, now or later."""

    link: Link
    attach: Attach


@dataclass(slots=True, frozen=True)
class LinkDetached(Event):
    """A link is over."""

    link: Link
    closed: bool
    error: AmqpError | None
    by_peer: bool


@dataclass(slots=True, frozen=True)
class CreditChanged(Event):
    """The peer's flow changed what this sending link may send."""

    link: Link


@dataclass(slots=True, frozen=True)
class FlowReceived(Event):
    """A flow about a receiving link: the sender reports its state; `drained` when credit was given up."""

    link: Link
    drained: bool


@dataclass(slots=True, frozen=True)
class MessageReceived(Event):
    """A whole delivery. `payload` is None when it was larger than the link's max-message-size."""

    link: Link
    delivery_id: int
    tag: bytes
    message_format: int
    settled: bool
    state: Any
    payload: bytes | None
    size_bytes: int


@dataclass(slots=True, frozen=True)
class DispositionReceived(Event):
    """The receiver's word on deliveries that were sent to it.

    `deliveries` are those of the range that are still unsettled here; `unknown` are the parts of the range
    (first, last) that are not.
    """

    session: Session
    deliveries: tuple[OutgoingDelivery, ...]
    unknown: tuple[tuple[int, int], ...]
    settled: bool
    state: Any


@dataclass(slots=True, frozen=True)
class SenderDisposition(Event):
    """The sender's word on deliveries it sent to this side: the range first to last is settled or updated."""

    session: Session
    first: int
    last: int
    settled: bool
    state: Any
