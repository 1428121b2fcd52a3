"""HTTP/1.1 without a socket (h11), and the upgrade to AMQP over WebSocket (wsproto)."""

from __future__ import annotations

import logging
import urllib.parse
from collections.abc import Callable
from email.utils import formatdate
from typing import Any

import h11

from servicebus_emulator.admin.http import MAX_BODY_BYTES, Request, Response
from servicebus_emulator.admin.request_target import BadTarget, RequestTarget, read_target

LOGGER = logging.getLogger("servicebus_emulator")

MAX_HEAD_BYTES = 64 * 1024
"""A longer request line and headers are answered 431."""
REQUEST_TIME_OUT_S = 60.0
"""How long a client may take from the last answer to the end of its next request; SDKs keep connections open."""
WEBSOCKET_PATH = "/$servicebus/websocket"
SUBPROTOCOLS = ("amqp", "AMQPWSB10")


class HttpLayer:
    """One HTTP connection. Requests are handed to `respond`; its answers wait in `take`.

    After `upgraded` is true the bytes of both directions belong to `websocket`.
    """

    def __init__(
        self,
        respond: Callable[[Request], Response],
        now_s: float,
        *,
        stranger: Callable[[Request], Response | None],
        secure: bool,
        loopback: bool,
        own_address: str,
    ) -> None:
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=MAX_HEAD_BYTES)
        self._waiting_since_s = now_s
        self._respond = respond
        self._stranger = stranger
        self._own_address = own_address
        self._secure = secure
        self._loopback = loopback
        self._request: Any = None
        self._body: list[bytes] = []
        self._size = 0
        self._output: list[bytes] = []
        self.websocket: WebSocketLayer | None = None
        self.finished = False
        """Whether the connection is to be closed once everything is written."""

    def receive(self, data: bytes, now_s: float) -> bytes:
        """Bytes from the client; returns AMQP bytes when the connection has become a WebSocket."""
        if self.websocket is not None:
            return self.websocket.receive(data)
        if self.finished:
            return b""
        try:
            self._http.receive_data(data)
            while True:
                event = self._http.next_event()
                if event is h11.NEED_DATA or event is h11.PAUSED:
                    break
                if isinstance(event, h11.Request):
                    self._request, self._body, self._size = event, [], 0
                    if _header(event, b"upgrade").lower() == b"websocket":
                        return self._upgrade(event, now_s)
                    if self._http.they_are_waiting_for_100_continue:
                        self._send(h11.InformationalResponse(status_code=100, headers=[]))
                elif isinstance(event, h11.Data):
                    self._size += len(event.data)
                    if self._size > MAX_BODY_BYTES:
                        self._answer(
                            Response(413, b"The body is too large.", "text/plain"), now_s, close=True
                        )
                        return b""
                    self._body.append(bytes(event.data))
                elif isinstance(event, h11.EndOfMessage):
                    self._answer(self._carry_out(), now_s)
                    if self._http.our_state is h11.MUST_CLOSE:
                        self.finished = True
                        break
                    self._http.start_next_cycle()
                elif isinstance(event, h11.ConnectionClosed):
                    self.finished = True
                    break
        except h11.RemoteProtocolError as error:
            self.finished = True
            if self._http.our_state in (h11.IDLE, h11.SEND_RESPONSE):
                self._answer(
                    Response(error.error_status_hint, f"{error}\n".encode(), "text/plain"), now_s, close=True
                )
        return b""

    def tick(self, now_s: float) -> None:
        """Once a second: end a connection whose client takes its time, however many bytes it trickles in."""
        if self.websocket is not None or self.finished or now_s - self._waiting_since_s <= REQUEST_TIME_OUT_S:
            return
        began = bool(self._http.trailing_data[0]) or self._http.their_state is not h11.IDLE
        if began and self._http.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            text = f"The request was not complete after {REQUEST_TIME_OUT_S:.0f} s.\n"
            self._answer(Response(408, text.encode(), "text/plain"), now_s, close=True)
        self.finished = True

    def _carry_out(self) -> Response:
        request = self._request
        try:
            target = _target_of(request)
        except BadTarget as error:
            return Response(error.status, f"{error}\n".encode(), "text/plain; charset=utf-8")
        if target.origin == "*":
            return Response(200, headers=(("allow", "GET, HEAD, PUT, POST, DELETE, OPTIONS"),))
        return self._respond(self._read(request, target, b"".join(self._body)))

    def _read(self, request: Any, target: RequestTarget, body: bytes) -> Request:
        headers = [(n.decode("latin-1").lower(), v.decode("latin-1")) for n, v in request.headers]
        return Request(
            method=request.method.decode("ascii"),
            target=target.origin,
            headers=(*(pair for pair in headers if pair[0] != "host"), ("host", target.host)),
            body=body,
            secure=self._secure,
            loopback=self._loopback,
            own_address=self._own_address,
        )

    def _answer(self, response: Response, now_s: float, *, close: bool = False) -> None:
        self._waiting_since_s = now_s
        headers = [*response.all_headers(), ("date", formatdate(now_s, usegmt=True))]
        if response.status != 204:
            headers.append(("content-length", str(len(response.body))))
        if close:
            headers.append(("connection", "close"))
            self.finished = True
        self._send(h11.Response(status_code=response.status, headers=headers, reason=response.reason))
        self._send(h11.Data(data=response.body))
        self._send(h11.EndOfMessage())

    def _send(self, event: Any) -> None:
        data = self._http.send(event)
        if data:
            self._output.append(data)

    def _upgrade(self, request: Any, now_s: float) -> bytes:
        try:
            target = _target_of(request)
            path = urllib.parse.unquote(target.origin.partition("?")[0])
            if path.rstrip("/").lower() != WEBSOCKET_PATH:
                raise BadTarget(404, f"There is no WebSocket at '{path[:80]}': ask for {WEBSOCKET_PATH}.")
        except BadTarget as error:
            LOGGER.info("a WebSocket was refused: %s", error)
            self._answer(
                Response(error.status, f"{error}\n".encode(), "text/plain; charset=utf-8"), now_s, close=True
            )
            return b""
        refused = self._stranger(self._read(request, target, b""))
        if refused is not None:
            LOGGER.info("a WebSocket was refused: %s", refused.body.decode())
            self._answer(refused, now_s, close=True)
            return b""
        self.websocket = WebSocketLayer(self._output)
        trailing = self._http.trailing_data[0]
        plain = self.websocket.open(list(request.headers), target.origin, bytes(trailing))
        self.finished = self.websocket.finished
        return plain

    def send(self, amqp: bytes) -> None:
        """AMQP bytes for a WebSocket client."""
        if self.websocket is not None:
            self.websocket.send(amqp)

    def take(self) -> bytes:
        """Bytes to write."""
        if self.websocket is not None:
            self.finished = self.websocket.finished
        data = b"".join(self._output)
        self._output.clear()
        return data


class WebSocketLayer:
    """AMQP in binary WebSocket messages (AMQP over WebSocket binding 1.0): message borders mean nothing."""

    def __init__(self, output: list[bytes]) -> None:
        from wsproto import ConnectionType, WSConnection

        self._socket = WSConnection(ConnectionType.SERVER)
        self._output = output
        self.opened = False
        self.finished = False

    def open(self, headers: list[tuple[bytes, bytes]], target: str, trailing: bytes) -> bytes:
        """Answer an upgrade request for the WebSocket's path; returns AMQP bytes that followed it directly."""
        from wsproto.events import AcceptConnection, RejectConnection, Request
        from wsproto.utilities import RemoteProtocolError

        try:
            self._socket.initiate_upgrade_connection(headers, target)
            offered: list[str] = []
            for event in self._socket.events():
                if isinstance(event, Request):
                    offered = list(event.subprotocols)
        except RemoteProtocolError as error:
            LOGGER.info("a WebSocket was refused: %s", error)
            self.finished = True
            self._output.append(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
            return b""
        chosen = next((each for each in offered if each in SUBPROTOCOLS), None)
        if chosen is None and offered:
            LOGGER.info(
                "a WebSocket was refused: of the subprotocols %s none is %s",
                offered,
                " or ".join(SUBPROTOCOLS),
            )
            self._output.append(self._socket.send(RejectConnection(status_code=400)))
            self.finished = True
            return b""
        self._output.append(self._socket.send(AcceptConnection(subprotocol=chosen)))
        self.opened = True
        return self.receive(trailing) if trailing else b""

    def receive(self, data: bytes) -> bytes:
        """Bytes from the client; returns the AMQP bytes in them."""
        from wsproto.events import BytesMessage, CloseConnection, Ping, TextMessage
        from wsproto.utilities import RemoteProtocolError

        plain: list[bytes] = []
        try:
            self._socket.receive_data(data)
            for event in self._socket.events():
                if isinstance(event, BytesMessage):
                    plain.append(bytes(event.data))
                elif isinstance(event, Ping):
                    self._output.append(self._socket.send(event.response()))
                elif isinstance(event, CloseConnection):
                    if not self.finished:
                        self._output.append(self._socket.send(event.response()))
                    self.finished = True
                elif isinstance(event, TextMessage):
                    self._output.append(
                        self._socket.send(CloseConnection(code=1003, reason="binary messages only"))
                    )
                    self.finished = True
        except RemoteProtocolError:
            self.finished = True
        return b"".join(plain)

    def send(self, amqp: bytes) -> None:
        """Wrap AMQP bytes in one binary message."""
        from wsproto.events import BytesMessage

        if self.opened and not self.finished:
            self._output.append(self._socket.send(BytesMessage(data=amqp)))


def _target_of(request: Any) -> RequestTarget:
    """The target of an h11 request. Raises BadTarget."""
    return read_target(
        request.method.decode("ascii"),
        request.target.decode("latin-1"),
        _header(request, b"host").decode("latin-1"),
    )


def _header(request: Any, name: bytes) -> bytes:
    for key, value in request.headers:
        if key.lower() == name:
            return bytes(value)
    return b""
