"""Links (2.6): a named one-way stream of deliveries inside a session, with credit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from servicebus_emulator.amqp.errors import (
    NOT_IMPLEMENTED,
    TRANSFER_LIMIT_EXCEEDED,
    LinkError,
    LocalUseError,
)
from servicebus_emulator.amqp.events import Event, FlowReceived, LinkDetached, MessageReceived
from servicebus_emulator.amqp.frames import encode_uint
from servicebus_emulator.amqp.performatives import (
    FIRST,
    MIXED,
    RECEIVER,
    AmqpError,
    Attach,
    Detach,
    Flow,
    Transfer,
)
from servicebus_emulator.amqp.states import Machine

if TYPE_CHECKING:
    from servicebus_emulator.amqp.session import Session

MASK = 0xFFFF_FFFF


def serial_difference(left: int, right: int) -> int:
    """left - right in RFC 1982 serial arithmetic of 32 bits (2.8.10): -2**31 to 2**31 - 1."""
    difference = (left - right) & MASK
    return difference - 0x1_0000_0000 if difference & 0x8000_0000 else difference


class OutgoingDelivery:
    """A delivery that this side sent and that is not settled yet."""

    __slots__ = ("context", "delivery_id", "link", "remote_state", "tag")

    def __init__(self, link: Link, delivery_id: int, tag: bytes, context: Any) -> None:
        self.link = link
        self.delivery_id = delivery_id
        self.tag = tag
        self.context = context
        self.remote_state: Any = None

    def settle(self, state: Any = None) -> None:
        """Tell the receiver that the delivery is settled with this state, and forget it."""
        self.link.session.settle_outgoing(self.delivery_id, state)


class Link:
    """One end of a link. `role` is this end's: True receives (2.8.1).

    `context` is the caller's own. A sending link may send while `credit` is above 0; a receiving link grants
    credit with `grant`.
    """

    __slots__ = (
        "_chunks",
        "_chunks_size",
        "_encoded_handle",
        "_first_transfer",
        "context",
        "credit",
        "credit_overdraft",
        "delivery_count",
        "drain",
        "handle",
        "machine",
        "max_message_size",
        "name",
        "properties",
        "rcv_settle_mode",
        "remote_attach",
        "remote_handle",
        "role",
        "session",
        "snd_settle_mode",
        "source",
        "target",
    )

    def __init__(self, session: Session, name: str, role: bool, handle: int) -> None:
        self.session = session
        self.name = name
        self.role = role
        self.handle = handle
        self.remote_handle: int | None = None
        self.machine = Machine("link", "receiver" if role else "sender", "DETACHED")
        self.context: Any = None
        self.credit = 0
        self.delivery_count = 0
        self.drain = False
        self.credit_overdraft = 0
        """How many deliveries beyond the credit are taken before the link is detached."""
        self.max_message_size = 0
        """Largest message this end takes, in bytes; 0 is no limit."""
        self.snd_settle_mode = MIXED
        self.rcv_settle_mode = FIRST
        self.source: Any = None
        self.target: Any = None
        self.properties: dict[Any, Any] | None = None
        self.remote_attach: Attach | None = None
        self._encoded_handle = encode_uint(handle)
        self._first_transfer: Transfer | None = None
        self._chunks: list[bytes] = []
        self._chunks_size = 0

    @property
    def attached(self) -> bool:
        """Whether deliveries can flow."""
        return self.machine.state == "ATTACHED"

    @property
    def encoded_handle(self) -> bytes:
        """The handle as it is in a transfer frame."""
        return self._encoded_handle

    # -- attach and detach ---------------------------------------------------------------------------------

    def send_attach(
        self,
        *,
        source: Any,
        target: Any,
        snd_settle_mode: int = MIXED,
        rcv_settle_mode: int = FIRST,
        max_message_size: int = 0,
        properties: dict[Any, Any] | None = None,
    ) -> None:
        """Write this end's attach (2.7.3)."""
        self.machine.on("send attach")
        self.source, self.target = source, target
        self.snd_settle_mode, self.rcv_settle_mode = snd_settle_mode, rcv_settle_mode
        self.max_message_size = max_message_size
        self.properties = properties
        self.session.write(
            Attach(
                name=self.name,
                handle=self.handle,
                role=self.role,
                snd_settle_mode=snd_settle_mode,
                rcv_settle_mode=rcv_settle_mode,
                source=source,
                target=target,
                initial_delivery_count=None if self.role else self.delivery_count,
                max_message_size=max_message_size or None,
                properties=properties,
            )
        )

    def accept(
        self, *, source: Any, target: Any, max_message_size: int = 0, properties: dict[Any, Any] | None = None
    ) -> None:
        """Answer the peer's attach, keeping its settle modes; a receiving end settles at once, which is mode first."""
        attach = self.remote_attach
        if attach is None:
            raise LocalUseError(f"link {self.name}: there is no attach to accept")
        self.send_attach(
            source=source,
            target=target,
            snd_settle_mode=attach.snd_settle_mode,
            rcv_settle_mode=FIRST if self.role is RECEIVER else attach.rcv_settle_mode,
            max_message_size=max_message_size,
            properties=properties,
        )

    def refuse(self, error: AmqpError) -> None:
        """Answer the peer's attach with a null terminus and a detach with the reason (2.6.3)."""
        if self.machine.state != "ATTACH_RCVD":
            return  # the peer gave up waiting, its detach was answered
        self.send_attach(source=None, target=None)
        self.detach(error)

    def detach(self, error: AmqpError | None = None, *, closed: bool = True) -> None:
        """Detach from this side; a link that is on its way out already is left alone."""
        if not self.machine.can("send detach"):
            return
        self.machine.on("send detach")
        self._drop_partial()
        self.session.write(Detach(self.handle, closed, error))
        self.session.drop_outgoing(self)
        if self.machine.state == "DETACHED":
            self.session.forget_link(self)

    def on_detach(self, detach: Detach) -> list[Event]:
        """The peer's detach."""
        ours = self.machine.state in ("DETACH_SENT", "DETACH_PIPE")
        self.machine.on("receive detach")
        self._drop_partial()
        error = detach.error if type(detach.error) is AmqpError else None
        self.session.drop_outgoing(self)
        if self.machine.state == "GIVEN_UP":
            self.send_attach(source=None, target=None)
        if self.machine.can("send detach"):
            self.machine.on("send detach")
            self.session.write(Detach(self.handle, detach.closed))
        self.session.forget_link(self)
        return [] if ours and self.context is None else [LinkDetached(self, detach.closed, error, True)]

    # -- credit --------------------------------------------------------------------------------------------

    def grant(self, credit: int, *, drain: bool = False) -> None:
        """Receiving end: let the sender send this many deliveries from now on."""
        self.credit = credit
        self.drain = drain
        self.session.write_link_flow(self)

    def drained(self) -> None:
        """Sending end: use up the credit that is left and tell the receiver (2.6.7)."""
        self.delivery_count = (self.delivery_count + self.credit) & MASK
        self.credit = 0
        self.session.write_link_flow(self)

    def on_flow(self, flow: Flow) -> bool:
        """Take in the peer's view. Returns whether a sending end's credit or drain mode changed."""
        if self.role is RECEIVER:
            return False
        received = flow.delivery_count if flow.delivery_count is not None else 0  # before our attach arrived
        changed = flow.drain != self.drain
        self.drain = flow.drain
        if flow.link_credit is not None:
            # 2.6.7. Only the two delivery-counts are serial numbers; the credit is a count of up to 2**32 - 1.
            under_way = serial_difference(self.delivery_count, received)
            credit = max(0, flow.link_credit - under_way)
            changed = changed or credit != self.credit
            self.credit = credit
        return changed or flow.drain

    def on_sender_flow(self, flow: Flow) -> FlowReceived:
        """Receiving end: the sender reports its delivery-count, after a drain with the credit used up."""
        drained = False
        if flow.delivery_count is not None:
            advanced = serial_difference(flow.delivery_count, self.delivery_count)
            if 0 < advanced <= self.credit:
                self.delivery_count = flow.delivery_count
                self.credit -= advanced
                drained = self.drain and self.credit == 0
        return FlowReceived(self, drained or (self.drain and flow.drain and self.credit == 0))

    # -- deliveries ----------------------------------------------------------------------------------------

    def send(
        self,
        payload: bytes,
        tag: bytes,
        *,
        settled: bool = False,
        message_format: int = 0,
        state: Any = None,
        context: Any = None,
    ) -> OutgoingDelivery:
        """Send one delivery; it waits in the session when the peer's window is closed.

        Raises LocalUseError without credit or when the link is not attached.
        """
        if self.credit <= 0 or self.machine.state != "ATTACHED":
            raise LocalUseError(f"link {self.name} in state {self.machine.state} has credit {self.credit}")
        self.credit -= 1
        self.delivery_count = (self.delivery_count + 1) & MASK
        return self.session.send(self, payload, tag, settled, message_format, state, context)

    def on_transfer(self, transfer: Transfer, payload: bytes) -> MessageReceived | None:
        """Put a transfer frame to its delivery; returns the delivery when it is whole (2.6.14)."""
        first = self._first_transfer
        if first is None:
            if transfer.aborted:
                return None
            if transfer.resume:
                raise LinkError(
                    f"link {self.name}: no delivery is resumed here, send it again", NOT_IMPLEMENTED
                )
            if transfer.delivery_id is None:
                raise LinkError(f"link {self.name}: the first transfer of a delivery has no delivery-id")
            self._take_credit()
            if not transfer.more:  # the hot path: one frame, one delivery
                size = len(payload)
                limit = self.max_message_size
                return MessageReceived(
                    self,
                    transfer.delivery_id,
                    transfer.delivery_tag or b"",
                    transfer.message_format or 0,
                    bool(transfer.settled),
                    transfer.state,
                    payload if not limit or size <= limit else None,
                    size,
                )
            self._first_transfer = first = transfer
        elif transfer.aborted:
            self._drop_partial()
            return None
        elif transfer.delivery_id is not None and transfer.delivery_id != first.delivery_id:
            raise LinkError(
                f"link {self.name}: delivery {transfer.delivery_id} begins inside delivery {first.delivery_id}"
            )
        if transfer.settled:
            first.settled = True
        if transfer.state is not None:
            first.state = transfer.state
        self._chunks_size += len(payload)
        if not self.max_message_size or self._chunks_size <= self.max_message_size:
            self._chunks.append(payload)
        else:
            self._chunks.clear()  # too large: read on to its end, keep nothing
        if transfer.more:
            return None
        size = self._chunks_size
        whole = b"".join(self._chunks) if not self.max_message_size or size <= self.max_message_size else None
        self._drop_partial()
        return MessageReceived(
            self,
            first.delivery_id or 0,
            first.delivery_tag or b"",
            first.message_format or 0,
            bool(first.settled),
            first.state,
            whole,
            size,
        )

    def _take_credit(self) -> None:
        if self.credit + self.credit_overdraft <= 0:
            raise LinkError(
                f"link {self.name}: a delivery arrived without credit for it", TRANSFER_LIMIT_EXCEEDED
            )
        self.credit -= 1
        self.delivery_count = (self.delivery_count + 1) & MASK

    def _drop_partial(self) -> None:
        self._first_transfer = None
        self._chunks.clear()
        self._chunks_size = 0
