"""Sessions (2.5): windows in both directions, the deliveries in flight, and the links inside."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from servicebus_emulator.amqp.errors import (
    ERRANT_LINK,
    HANDLE_IN_USE,
    RESOURCE_LIMIT_EXCEEDED,
    UNATTACHED_HANDLE,
    WINDOW_VIOLATION,
    FrameError,
    LinkError,
    LocalUseError,
    SessionError,
)
from servicebus_emulator.amqp.events import (
    CreditChanged,
    DispositionReceived,
    Event,
    LinkAttached,
    LinkDetached,
    SenderDisposition,
    SessionBegun,
    SessionEnded,
)
from servicebus_emulator.amqp.frames import (
    disposition_frame,
    encode_frame,
    encode_state,
    frame_around,
    single_transfer,
    transfer_fields,
)
from servicebus_emulator.amqp.link import MASK, Link, OutgoingDelivery, serial_difference
from servicebus_emulator.amqp.performatives import (
    MAX_UINT,
    RECEIVER,
    SENDER,
    AmqpError,
    Attach,
    Begin,
    Detach,
    Disposition,
    End,
    Flow,
    Transfer,
)
from servicebus_emulator.amqp.states import Machine

if TYPE_CHECKING:
    from servicebus_emulator.amqp.connection import Connection

MAX_HANDLES = 8192
"""Most links of one session: limits the memory of a peer that only attaches."""


class Session:
    """One session endpoint. `context` is the caller's own."""

    def __init__(self, connection: Connection, channel: int, incoming_window: int) -> None:
        self.connection = connection
        self.channel = channel
        self.remote_channel: int | None = None
        self.machine = Machine("session", connection.role, "UNMAPPED")
        self.context: Any = None
        self.links_by_remote_handle: dict[int, Link] = {}
        self.links_by_handle: dict[int, Link] = {}
        self._awaiting_attach: dict[tuple[str, bool], Link] = {}
        self._initial_window = incoming_window
        self.incoming_window = incoming_window
        self.next_incoming_id = 0
        self.next_outgoing_id = 0
        self.remote_incoming_window = 0
        self.remote_handle_max = MAX_UINT
        self.next_delivery_id = 0
        self.unsettled: dict[int, OutgoingDelivery] = {}
        self._waiting: deque[Callable[[], bool]] = deque()
        self._run: list[Any] | None = None

    # -- begin and end -------------------------------------------------------------------------------------

    def send_begin(self) -> None:
        """Write this end's begin (2.7.2)."""
        self.machine.on("send begin")
        self.connection.write(
            encode_frame(
                Begin(
                    remote_channel=self.remote_channel,
                    next_outgoing_id=self.next_outgoing_id,
                    incoming_window=self.incoming_window,
                    outgoing_window=MAX_UINT >> 1,
                    handle_max=MAX_HANDLES - 1,
                ),
                self.channel,
            )
        )

    def on_begin(self, begin: Begin, channel: int) -> Event:
        """The peer's begin."""
        self.machine.on("receive begin")
        self.remote_channel = channel
        self.next_incoming_id = begin.next_outgoing_id
        self.remote_incoming_window = begin.incoming_window
        self.remote_handle_max = begin.handle_max
        if self.machine.can("send begin"):
            self.send_begin()
        return SessionBegun(self, begin)

    def end(self, error: AmqpError | None = None) -> None:
        """End from this side; its links are gone with it."""
        event = "send end with error" if error is not None else "send end"
        if not self.machine.can(event):
            return
        self._flush_run()
        self.machine.on(event)
        self.connection.write(encode_frame(End(error), self.channel))
        self._clear()

    def on_end(self, end: End) -> Event:
        """The peer's end."""
        by_peer = self.machine.state == "MAPPED"
        self.machine.on("receive end")
        links = tuple(self.links_by_handle.values())
        if self.machine.can("send end"):
            self._flush_run()
            self.machine.on("send end")
            self.connection.write(encode_frame(End(), self.channel))
        self._clear()
        self.connection.forget_session(self)
        return SessionEnded(self, links, end.error if type(end.error) is AmqpError else None, by_peer)

    def _clear(self) -> None:
        self.links_by_handle.clear()
        self.links_by_remote_handle.clear()
        self._awaiting_attach.clear()
        self.unsettled.clear()
        self._waiting.clear()
        self._run = None

    # -- links ---------------------------------------------------------------------------------------------

    def attach(self, name: str, role: bool, **fields: Any) -> Link:
        """Begin a link from this side (fields: those of `Link.send_attach`)."""
        link = Link(self, name, role, self._free_handle())
        self.links_by_handle[link.handle] = link
        self._awaiting_attach[(name, role)] = link
        link.send_attach(**fields)
        return link

    def _free_handle(self) -> int:
        handles = self.links_by_handle
        limit = min(MAX_HANDLES - 1, self.remote_handle_max)
        if len(handles) > limit:
            raise SessionError("the session holds as many links as it may", RESOURCE_LIMIT_EXCEEDED)
        handle = len(handles)
        while handle in handles:
            handle = (handle + 1) % (limit + 1)
        return handle

    def forget_link(self, link: Link) -> None:
        """Free the handles of a link that is detached on both sides."""
        self.links_by_handle.pop(link.handle, None)
        if link.remote_handle is not None and self.links_by_remote_handle.get(link.remote_handle) is link:
            del self.links_by_remote_handle[link.remote_handle]

    def drop_outgoing(self, link: Link) -> None:
        """Forget deliveries of a link that is going away: they cannot be settled any more."""
        if link.role is SENDER and self.unsettled:
            for delivery_id in [i for i, delivery in self.unsettled.items() if delivery.link is link]:
                del self.unsettled[delivery_id]

    def link_of(self, remote_handle: int) -> Link:
        """The link that the peer calls by this handle. Raises SessionError when there is none (2.8.17)."""
        link = self.links_by_remote_handle.get(remote_handle)
        if link is None:
            raise SessionError(f"no link is attached with the handle {remote_handle}", UNATTACHED_HANDLE)
        return link

    # -- incoming frames -----------------------------------------------------------------------------------

    def on_frame(self, performative: Any, payload: bytes, events: list[Event]) -> None:
        """One frame of this session. Raises SessionError or LinkError where the peer broke a rule."""
        if self.machine.state != "MAPPED":
            if self.machine.state in ("END_SENT", "DISCARDING"):
                return  # 2.5.5: what was under way when the end was sent is passed over
            raise SessionError(f"a frame arrived in state {self.machine.state}")
        kind = type(performative)
        if kind is Transfer:
            self._on_transfer(performative, payload, events)
        elif kind is Disposition:
            self._on_disposition(performative, events)
        elif kind is Flow:
            self._on_flow(performative, events)
        elif kind is Attach:
            self._on_attach(performative, events)
        elif kind is Detach:
            events.extend(self.link_of(performative.handle).on_detach(performative))

    def _on_attach(self, attach: Attach, events: list[Event]) -> None:
        if attach.handle in self.links_by_remote_handle:
            raise SessionError(f"the handle {attach.handle} is in use", HANDLE_IN_USE)
        if attach.handle >= MAX_HANDLES:
            raise FrameError(f"the handle {attach.handle} is above handle-max {MAX_HANDLES - 1}")  # 2.7.2
        role = not attach.role
        link = self._awaiting_attach.pop((attach.name, role), None)
        if link is None:
            link = Link(self, attach.name, role, self._free_handle())
            self.links_by_handle[link.handle] = link
        link.remote_handle = attach.handle
        link.remote_attach = attach
        self.links_by_remote_handle[attach.handle] = link
        link.machine.on("receive attach")
        if role is RECEIVER:
            link.delivery_count = attach.initial_delivery_count or 0
        events.append(LinkAttached(link, attach))

    def _on_flow(self, flow: Flow, events: list[Event]) -> None:
        received = flow.next_incoming_id if flow.next_incoming_id is not None else 0
        # 2.5.6. Only the two transfer numbers are serial numbers; the window is a count of up to 2**32 - 1.
        under_way = serial_difference(self.next_outgoing_id, received)
        self.remote_incoming_window = max(0, flow.incoming_window - under_way)
        if self._waiting:
            self._send_waiting()
        if flow.handle is None:
            if flow.echo:
                self.write_flow()
            return
        link = self.link_of(flow.handle)
        if link.machine.state not in ("ATTACHED", "ATTACH_RCVD"):
            return
        if link.role is RECEIVER:
            events.append(link.on_sender_flow(flow))
        elif link.on_flow(flow):
            events.append(CreditChanged(link))
        if flow.echo and link.attached:
            self.write_link_flow(link)  # before our attach the peer does not know our handle

    def _on_transfer(self, transfer: Transfer, payload: bytes, events: list[Event]) -> None:
        self.next_incoming_id = (self.next_incoming_id + 1) & MASK
        self.incoming_window -= 1
        if self.incoming_window < 0:
            raise SessionError("a transfer arrived outside the incoming window", WINDOW_VIOLATION)
        if self.incoming_window <= self._initial_window >> 1:
            self.incoming_window = self._initial_window
            self.write_flow()
        link = self.link_of(transfer.handle)
        if link.machine.state != "ATTACHED":
            if link.machine.state in ("DETACH_SENT", "DETACH_PIPE"):
                return
            raise SessionError(f"a transfer arrived on link {link.name} before it was attached", ERRANT_LINK)
        if link.role is SENDER:
            raise SessionError(
                f"a transfer arrived on link {link.name}, whose peer is the receiver", ERRANT_LINK
            )
        try:
            message = link.on_transfer(transfer, payload)
        except LinkError as error:
            fault = AmqpError(error.condition, error.description)
            link.detach(fault)
            events.append(LinkDetached(link, True, fault, False))
            return
        if message is not None:
            events.append(message)

    def _on_disposition(self, disposition: Disposition, events: list[Event]) -> None:
        first = disposition.first
        last = first if disposition.last is None else disposition.last
        settled = disposition.settled
        if disposition.role is SENDER:
            events.append(SenderDisposition(self, first, last, settled, disposition.state))
            return
        unsettled = self.unsettled
        if first == last:  # the hot path
            delivery = unsettled.pop(first, None) if settled else unsettled.get(first)
            if delivery is None:
                event = DispositionReceived(self, (), ((first, first),), settled, disposition.state)
            else:
                event = DispositionReceived(self, (delivery,), (), settled, disposition.state)
            events.append(event)
            return
        if serial_difference(last, first) < 0:
            raise SessionError(f"a disposition goes from {first} back to {last}")
        deliveries, unknown = self._in_range(first, last)
        if settled:
            for delivery in deliveries:
                del unsettled[delivery.delivery_id]
        events.append(
            DispositionReceived(self, tuple(deliveries), tuple(unknown), settled, disposition.state)
        )

    def _in_range(self, first: int, last: int) -> tuple[list[OutgoingDelivery], list[tuple[int, int]]]:
        """The unsettled deliveries of a range, and its gaps; the work is bounded by what is unsettled."""
        length = ((last - first) & MASK) + 1
        if length <= len(self.unsettled):
            found = [self.unsettled.get((first + step) & MASK) for step in range(length)]
            deliveries = [delivery for delivery in found if delivery is not None]
        else:
            deliveries = [d for i, d in self.unsettled.items() if ((i - first) & MASK) < length]
            deliveries.sort(key=lambda delivery: (delivery.delivery_id - first) & MASK)
        gaps: list[tuple[int, int]] = []
        expected = first
        for delivery in deliveries:
            if delivery.delivery_id != expected:
                gaps.append((expected, (delivery.delivery_id - 1) & MASK))
            expected = (delivery.delivery_id + 1) & MASK
        if not deliveries or deliveries[-1].delivery_id != last:
            gaps.append((expected, last))
        return deliveries, gaps

    # -- outgoing frames -----------------------------------------------------------------------------------

    def write(self, performative: Any) -> None:
        self._flush_run()
        self.connection.write(encode_frame(performative, self.channel))

    def write_flow(self) -> None:
        """Tell the peer the session's windows."""
        self.write(self._flow())

    def _flow(self) -> Flow:
        return Flow(self.next_incoming_id, self.incoming_window, self.next_outgoing_id, MAX_UINT >> 1)

    def write_link_flow(self, link: Link) -> None:
        """Tell the peer a link's state; behind deliveries that wait for the window, so that order is kept."""
        if self._waiting and link.role is SENDER:
            self._waiting.append(lambda: self._write_link_flow(link))
        else:
            self._write_link_flow(link)

    def _write_link_flow(self, link: Link) -> bool:
        flow = self._flow()
        flow.handle = link.handle
        flow.delivery_count = link.delivery_count
        flow.link_credit = max(0, link.credit)  # a sender may have used some of the slack
        flow.drain = link.drain
        if link.role is SENDER:
            flow.available = 0
        self.write(flow)
        return True

    def send(
        self,
        link: Link,
        payload: bytes,
        tag: bytes,
        settled: bool,
        message_format: int,
        state: Any,
        context: Any,
    ) -> OutgoingDelivery:
        """Number a delivery and write it, or queue it behind a closed window (called by `Link.send`)."""
        delivery_id = self.next_delivery_id
        self.next_delivery_id = (delivery_id + 1) & MASK
        delivery = OutgoingDelivery(link, delivery_id, tag, context)
        if not settled:
            self.unsettled[delivery_id] = delivery
        connection = self.connection
        size = len(payload)
        if (
            size + 128 <= connection.remote_max_frame_size
            and self.remote_incoming_window > 0
            and not self._waiting
            and message_format == 0
            and state is None
            and len(tag) <= 32
        ):
            self.next_outgoing_id = (self.next_outgoing_id + 1) & MASK
            self.remote_incoming_window -= 1
            connection.write_pair(
                single_transfer(self.channel, link.encoded_handle, delivery_id, tag, settled, size), payload
            )
            return delivery
        last, more = transfer_fields(
            link.encoded_handle, delivery_id, tag, message_format, settled, encode_state(state)
        )
        position = 0

        def write_frames() -> bool:
            nonlocal position
            if not link.attached:
                return True
            room = connection.remote_max_frame_size - 8 - len(more)
            if room <= 0:
                raise LocalUseError(
                    f"the peer's frames of {connection.remote_max_frame_size} bytes hold no payload"
                )
            while self.remote_incoming_window > 0:
                final = size - position <= room
                chunk = payload[position:] if final else payload[position : position + room]
                position += len(chunk)
                self.next_outgoing_id = (self.next_outgoing_id + 1) & MASK
                self.remote_incoming_window -= 1
                connection.write_pair(frame_around(self.channel, last if final else more, len(chunk)), chunk)
                if final:
                    return True
            return False

        if self._waiting or not write_frames():
            self._waiting.append(write_frames)
        return delivery

    @property
    def waiting(self) -> int:
        """How many deliveries (and flows behind them) wait for the peer's window."""
        return len(self._waiting)

    def _send_waiting(self) -> None:
        while self._waiting and self._waiting[0]():
            self._waiting.popleft()

    # -- settling ------------------------------------------------------------------------------------------

    def settle_outgoing(self, delivery_id: int, state: Any) -> None:
        """Settle a delivery this side sent."""
        self.unsettled.pop(delivery_id, None)
        self._extend_run(SENDER, delivery_id, delivery_id, True, encode_state(state))

    def settle_unknown(self, first: int, last: int, state: Any) -> None:
        """Answer a disposition about deliveries this side does not know (any more)."""
        self._extend_run(SENDER, first, last, True, encode_state(state))

    def settle_incoming(self, delivery_id: int, state: Any, *, settled: bool = True) -> None:
        """Tell the sender what became of its delivery."""
        self._extend_run(RECEIVER, delivery_id, delivery_id, settled, encode_state(state))

    def _extend_run(self, role: bool, first: int, last: int, settled: bool, state: bytes) -> None:
        """Neighbouring dispositions that say the same are written as one range."""
        run = self._run
        if run is not None:
            if (
                run[4] == state
                and run[0] is role
                and run[3] is settled
                and first
                == run[2]
                + 1  # a range never crosses the wrap of delivery-ids: simple clients compare numbers
            ):
                run[2] = last
                return
            self._flush_run()
        self._run = [role, first, last, settled, state]
        self.connection.note_run(self)

    def _flush_run(self) -> None:
        run = self._run
        if run is not None:
            self._run = None
            self.connection.write(disposition_frame(self.channel, *run))

    def flush(self) -> None:
        """Write what was held back for a longer range."""
        self._flush_run()
