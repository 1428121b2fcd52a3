"""One AMQP connection (2.4): bytes in, events out, bytes to send. No socket, no clock: time is passed in.

Use, on either side::

    connection = Connection("server", container_id="...")
    for event in connection.events(data, now_s): ...
    transport.write(connection.take())
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from servicebus_emulator.amqp.composite import BY_CODE, from_fields
from servicebus_emulator.amqp.decode import decode_value
from servicebus_emulator.amqp.errors import (
    FRAMING_ERROR,
    RESOURCE_LIMIT_EXCEEDED,
    AmqpProtocolError,
    CodecError,
    FrameError,
    LocalUseError,
    SessionError,
)
from servicebus_emulator.amqp.events import ConnectionClosed, ConnectionOpened, Event, SessionEnded
from servicebus_emulator.amqp.frames import (
    AMQP_FRAME,
    AMQP_HEADER,
    EMPTY_FRAME,
    MIN_MAX_FRAME_SIZE,
    SASL_FRAME,
    SASL_HEADER,
    decode_body,
    encode_frame,
    quick_disposition,
    quick_transfer,
    split_header,
)
from servicebus_emulator.amqp.performatives import (
    AmqpError,
    Begin,
    Close,
    End,
    Open,
    SaslMechanisms,
    SaslOutcome,
)
from servicebus_emulator.amqp.sasl import on_sasl
from servicebus_emulator.amqp.session import Session
from servicebus_emulator.amqp.states import Machine

MAX_SESSIONS = 5000
DEFAULT_WINDOW = 0x7FFF_FFFF
_CLOSED = frozenset(("END", "DISCARDING"))
_FRAME_SPECS = {code: spec for code, spec in BY_CODE.items() if 0x10 <= code <= 0x18}


class Connection:
    """The protocol's whole state for one peer.

    `mechanisms` (server) are the SASL mechanisms offered; `sasl` (client) is the mechanism to use and its initial
    response, None to go without SASL. `idle_time_out_ms` is what this side allows the peer to be silent.
    """

    def __init__(
        self,
        role: str,
        *,
        container_id: str,
        hostname: str | None = None,
        max_frame_size: int = 1_048_576,
        channel_max: int = MAX_SESSIONS - 1,
        idle_time_out_ms: int | None = 240_000,
        mechanisms: tuple[str, ...] = ("MSSBCBS", "PLAIN", "ANONYMOUS", "EXTERNAL"),
        sasl: tuple[str, bytes] | None = None,
        incoming_window: int = DEFAULT_WINDOW,
        properties: dict[Any, Any] | None = None,
    ) -> None:
        self.role = role
        self.container_id = container_id
        self.hostname = hostname
        self.max_frame_size = max_frame_size
        self.channel_max = channel_max
        self.idle_time_out_ms = idle_time_out_ms
        self.properties = properties
        self.mechanisms = mechanisms
        self.machine = Machine("connection", role, "START")
        self.sasl: Machine | None = None
        self.client_sasl = sasl
        self.remote_open: Open | None = None
        self.remote_max_frame_size = MIN_MAX_FRAME_SIZE
        self.sessions: dict[int, Session] = {}
        self.sessions_by_remote_channel: dict[int, Session] = {}
        self._incoming_window = incoming_window
        self._input = b""
        self._output: list[bytes] = []
        self.output_size = 0
        """Bytes that wait in `take`."""
        self._runs: list[Session] = []
        self._awaiting_header = True
        self.received_at_s: float | None = None
        self.sent_at_s: float | None = None

    @property
    def closed(self) -> bool:
        """Whether nothing more is to be read: write what is left and disconnect."""
        return self.machine.state in _CLOSED

    @property
    def opened(self) -> bool:
        """Whether both opens have been exchanged and no close."""
        return self.machine.state == "OPENED"

    # -- output --------------------------------------------------------------------------------------------

    def write(self, data: bytes) -> None:
        """Queue bytes."""
        self._output.append(data)
        self.output_size += len(data)

    def write_pair(self, head: bytes, payload: bytes) -> None:
        """Queue a frame's head and payload without joining them first."""
        self._output.append(head)
        self._output.append(payload)
        self.output_size += len(head) + len(payload)

    def note_run(self, session: Session) -> None:
        """A session holds a disposition back to make it a range; `take` flushes it."""
        self._runs.append(session)

    def take(self, now_s: float | None = None) -> bytes:
        """Everything to send; it is the caller's from now on."""
        if self._runs:
            for session in self._runs:
                session.flush()
            self._runs.clear()
        if not self._output:
            return b""
        data = b"".join(self._output)
        self._output.clear()
        self.output_size = 0
        if now_s is not None:
            self.sent_at_s = now_s
        return data

    @property
    def has_output(self) -> bool:
        """Whether `take` would return something."""
        return bool(self._output or self._runs)

    # -- what this side does -------------------------------------------------------------------------------

    def start(self) -> None:
        """Client: write the first header (2.2, 5.3)."""
        if self.client_sasl is not None:
            self.sasl = Machine("sasl client", self.role, "START")
            self.sasl.on("send header")
            self.write(SASL_HEADER)
        else:
            self._send_amqp_header()

    def _send_amqp_header(self) -> None:
        self.machine.on("send header")
        self.write(AMQP_HEADER)
        if self.role == "client":
            self._send_open()

    def _send_open(self) -> None:
        self.machine.on("send open")
        self.write(
            encode_frame(
                Open(
                    container_id=self.container_id,
                    hostname=self.hostname,
                    max_frame_size=self.max_frame_size,
                    channel_max=self.channel_max,
                    idle_time_out=self.idle_time_out_ms,
                    properties=self.properties,
                )
            )
        )

    def sasl_outcome(self, code: int, additional_data: bytes | None = None) -> None:
        """Server: the verdict on the client's SASL init: 0 ok, 1 bad credentials (5.3.3.6)."""
        if self.sasl is None:
            raise FrameError("there is no SASL exchange to end")
        self.sasl.on("send outcome")
        self.write(encode_frame(SaslOutcome(code, additional_data), 0, SASL_FRAME))
        if code != 0:
            self.machine.state = "END"
        self._awaiting_header = True

    def begin_session(self, incoming_window: int | None = None) -> Session:
        """Begin a session from this side. Raises LocalUseError before this side's open is written."""
        if self.machine.state not in ("OPENED", "OPEN_SENT", "OPEN_PIPE"):
            raise LocalUseError(f"a session cannot begin in connection state {self.machine.state}")
        session = Session(
            self, self._free_channel(), self._incoming_window if incoming_window is None else incoming_window
        )
        self.sessions[session.channel] = session
        session.send_begin()
        return session

    def close(self, error: AmqpError | None = None) -> None:
        """Close from this side."""
        event = "send close" if error is None else "send close with error"
        if not self.machine.can(event):
            if self.machine.can("send close") and self.machine.state != "OPENED":
                event = "send close"
            else:
                self.machine.state = "END"
                return
        for session in self._runs:
            session.flush()
        self._runs.clear()
        if self.machine.state == "HDR_EXCH" and self.role == "server":
            self.write(encode_frame(Open(self.container_id)))
        self.machine.on(event)
        self.write(encode_frame(Close(error)))

    def _free_channel(self) -> int:
        limit = (
            self.channel_max
            if self.remote_open is None
            else min(self.channel_max, self.remote_open.channel_max)
        )
        if len(self.sessions) > limit:
            raise AmqpProtocolError(
                "the connection holds as many sessions as it may", RESOURCE_LIMIT_EXCEEDED
            )
        channel = len(self.sessions)
        while channel in self.sessions:
            channel = (channel + 1) % (limit + 1)
        return channel

    def forget_session(self, session: Session) -> None:
        """Free the channels of a session that ended on both sides."""
        self.sessions.pop(session.channel, None)
        if session.remote_channel is not None:
            self.sessions_by_remote_channel.pop(session.remote_channel, None)

    # -- time ----------------------------------------------------------------------------------------------

    def tick(self, now_s: float) -> list[Event]:
        """Keep the peer's idle timeout and enforce this side's (2.4.5). Call it every few seconds."""
        if self.closed:
            return []
        events: list[Event] = []
        if self.received_at_s is None:
            self.received_at_s = now_s
        if self.sent_at_s is None:
            self.sent_at_s = now_s
        if self.idle_time_out_ms and now_s - self.received_at_s > self.idle_time_out_ms / 1000:
            self._fail(
                AmqpProtocolError(
                    f"no frame arrived for {now_s - self.received_at_s:.0f} s, "
                    f"the idle timeout is {self.idle_time_out_ms / 1000:.0f} s",
                    RESOURCE_LIMIT_EXCEEDED,
                ),
                events,
            )
            return events
        if (
            self.machine.state == "OPENED"
            and self.remote_open is not None
            and self.remote_open.idle_time_out
            and now_s - self.sent_at_s > self.remote_open.idle_time_out / 2000
        ):
            self.write(EMPTY_FRAME)
        return events

    # -- input ---------------------------------------------------------------------------------------------

    def receive(self, data: bytes, now_s: float | None = None) -> list[Event]:
        """Take in bytes from the peer; returns what happened. For a side that waits for no event to be answered."""
        return list(self.events(data, now_s))

    def events(self, data: bytes, now_s: float | None = None) -> Iterator[Event]:
        """Take in bytes from the peer, and tell what happened one event at a time. Never raises for what a peer does.

        What follows an event is read only when the next one is asked for: a peer may pipeline (2.4.2, 5.3), so the
        bytes behind a SASL init or an attach are understood only after its answer. Exhaust the iterator.

        When the peer breaks the protocol the last event is ConnectionClosed, a close frame is queued, and `closed`
        is true.
        """
        if now_s is not None:
            self.received_at_s = now_s
        if self.closed:
            return
        if self._input:
            data = self._input + data
            self._input = b""
        events: list[Event] = []
        position, end = 0, len(data)
        machine = self.machine
        try:
            while machine.state not in _CLOSED:
                if self._awaiting_header:
                    if end - position < 8:
                        if not _could_be_header(data[position:end]):
                            raise FrameError("the peer does not speak AMQP 1.0")
                        break
                    self._on_header(data[position : position + 8])
                    position += 8
                    continue
                if end - position < 8:
                    break
                size, offset, kind, channel = split_header(data, position)
                if size > self.max_frame_size:
                    raise FrameError(f"a frame of {size} bytes is above max-frame-size {self.max_frame_size}")
                if end - position < size:
                    break
                self._on_frame(data, position + offset, position + size, kind, channel, events)
                position += size
                if events:
                    yield from events
                    events.clear()
        except AmqpProtocolError as error:
            self._fail(error, events)
            yield from events
        else:
            self._input = data[position:] if position < end else b""

    def _fail(self, error: AmqpProtocolError, events: list[Event]) -> None:
        fault = AmqpError(error.condition, error.description)
        self._input = b""
        if self._awaiting_header and self.machine.state == "START":
            self.write(AMQP_HEADER)  # 2.2: answer with the header that would have been right, then disconnect
            self.machine.state = "END"
        elif self.sasl is not None and self.sasl.state != "DONE":
            self.machine.state = "END"
        else:
            self.close(fault)
        events.append(ConnectionClosed(fault, False))

    def disconnected(self) -> None:
        """The transport is gone, so no more can be read or written."""
        self.machine.state = "END"
        self._output.clear()
        self._runs.clear()
        self.output_size = 0

    def _on_header(self, header: bytes) -> None:
        if header == SASL_HEADER:
            if self.role == "server":
                if self.sasl is not None:
                    raise FrameError("a second SASL header arrived")
                self.sasl = Machine("sasl server", self.role, "START")
                self.sasl.on("receive header")
                self.write(SASL_HEADER)
                self.sasl.on("send mechanisms")
                self.write(encode_frame(SaslMechanisms(self.mechanisms), 0, SASL_FRAME))
            elif self.sasl is not None:
                self.sasl.on("receive header")
            else:
                raise FrameError("the peer requests SASL, which this side did not begin")
        elif header == AMQP_HEADER:
            if self.sasl is not None and self.sasl.state != "DONE":
                raise FrameError("the AMQP header came before SASL was finished")
            self.machine.on("receive header")
            if self.machine.can("send header"):
                self._send_amqp_header()
        else:
            raise FrameError(f"protocol header {header!r} is not AMQP 1.0")
        self._awaiting_header = False

    def _on_frame(
        self, data: bytes, start: int, end: int, kind: int, channel: int, events: list[Event]
    ) -> None:
        if kind == AMQP_FRAME:
            if self.sasl is not None and self.sasl.state != "DONE":
                raise FrameError("an AMQP frame came before SASL was finished")
            if start == end:
                return  # empty frame: the peer is alive (2.4.5)
            if (
                data[start] == 0x00 and data[start + 1 : start + 2] == b"\x53"
            ):  # the usual form of a descriptor
                code = data[start + 2] if start + 2 < end else 0
                if code == 0x15:
                    disposition = quick_disposition(data, start + 3, end)
                    if disposition is not None:
                        self._on_performative(disposition, channel, b"", events)
                        return
                elif code == 0x14:
                    quick = quick_transfer(data, start + 3, end)
                    if quick is not None:
                        self._on_performative(quick[0], channel, data[quick[1] : end], events)
                        return
                spec = _FRAME_SPECS.get(code)
                if spec is None:
                    raise CodecError("no AMQP frame body has this descriptor")
                fields, position = decode_value(data, start + 3)
                if position > end:
                    raise CodecError("the performative runs past its frame")
                self._on_performative(
                    from_fields(spec, fields), channel, data[position:end] if position < end else b"", events
                )
                return
            body = data[start:end]
            performative, position = decode_body(body)
            self._on_performative(performative, channel, body[position:], events)
        elif kind == SASL_FRAME:
            performative, _ = decode_body(data[start:end])
            if on_sasl(self, performative, events):
                self._awaiting_header = True
                self._send_amqp_header()
        else:
            raise FrameError(f"frame type {kind} is not known")

    def _on_performative(self, performative: Any, channel: int, payload: bytes, events: list[Event]) -> None:
        kind = type(performative)
        if self.machine.state != "OPENED":
            if kind is Open:
                self._on_open(performative, events)
                return
            if self.machine.state in ("DISCARDING", "CLOSE_SENT"):
                if kind is Close:
                    self.machine.on("receive close")
                    events.append(ConnectionClosed(performative.error, True))
                return
            raise FrameError(
                f"a {kind.__name__.lower()} frame arrived in connection state {self.machine.state}"
            )
        session = self.sessions_by_remote_channel.get(channel)
        if session is not None and kind in _IN_SESSION:
            try:
                session.on_frame(performative, payload, events)
            except SessionError as error:
                fault = AmqpError(error.condition, error.description)
                links = tuple(session.links_by_handle.values())
                session.end(fault)
                events.append(SessionEnded(session, links, fault, False))
            return
        if kind is Begin:
            self._on_begin(performative, channel, session, events)
        elif kind is Close:
            self.machine.on("receive close")
            for each in self._runs:
                each.flush()
            self._runs.clear()
            self.machine.on("send close")
            self.write(encode_frame(Close()))
            why = performative.error
            events.append(ConnectionClosed(why if type(why) is AmqpError else None, True))
        elif kind is Open:
            self.machine.on("receive open")
        elif kind is not End and kind not in _IN_SESSION:
            raise FrameError(f"a {kind.__name__} is no frame of a connection")
        elif session is None:
            return  # azure-servicebus sends a detach after its end: frames of a session that is gone are passed over
        elif kind is End:
            events.append(session.on_end(performative))

    def _on_open(self, performative: Open, events: list[Event]) -> None:
        self.machine.on("receive open")
        if performative.max_frame_size < MIN_MAX_FRAME_SIZE:
            raise FrameError(f"max-frame-size {performative.max_frame_size} is below {MIN_MAX_FRAME_SIZE}")
        self.remote_open = performative
        self.remote_max_frame_size = performative.max_frame_size
        if self.machine.can("send open"):
            self._send_open()
        events.append(ConnectionOpened(performative))

    def _on_begin(self, begin: Begin, channel: int, present: Session | None, events: list[Event]) -> None:
        if present is not None:
            raise FrameError(f"a begin arrived on channel {channel}, where a session is")
        if channel > self.channel_max:
            raise AmqpProtocolError(
                f"channel {channel} is above channel-max {self.channel_max}", FRAMING_ERROR
            )
        if begin.remote_channel is not None:
            answered = self.sessions.get(begin.remote_channel)
            if answered is None or answered.machine.state != "BEGIN_SENT":
                raise FrameError(f"a begin answers channel {begin.remote_channel}, where no session waits")
            session = answered
        else:
            session = Session(self, self._free_channel(), self._incoming_window)
            self.sessions[session.channel] = session
        self.sessions_by_remote_channel[channel] = session
        events.append(session.on_begin(begin, channel))


_IN_SESSION = frozenset(BY_CODE[code].cls for code in (0x12, 0x13, 0x14, 0x15, 0x16))


def _could_be_header(data: bytes) -> bool:
    return b"AMQP".startswith(data[:4]) or data[:4] == b"AMQP"
