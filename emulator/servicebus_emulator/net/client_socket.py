"""One connection from its first byte to its last: its socket, what it speaks, and the layers put together for that.

What a client speaks is told by its first bytes: `A` begins AMQP's header, 0x16 a TLS handshake, anything else is
HTTP, which may become AMQP over WebSocket.
"""

from __future__ import annotations

import contextlib
import ipaddress
import logging
import selectors
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from servicebus_emulator.amqp.frames import AMQP_HEADER, TLS_HEADER
from servicebus_emulator.gateway import client_events
from servicebus_emulator.gateway.client import HIGH_WATER_BYTES, Client

if TYPE_CHECKING:
    import ssl

    from servicebus_emulator.admin.http import Request, Response
    from servicebus_emulator.emulator import Emulator
    from servicebus_emulator.net.http_layer import HttpLayer
    from servicebus_emulator.net.tls_layer import TlsLayer

LOGGER = logging.getLogger("servicebus_emulator")

LOW_WATER_BYTES = HIGH_WATER_BYTES // 4
LINGER_S = 5.0
"""How long a closing connection may take to read what is left for it."""
SNIFF_TIMEOUT_S = 30.0
"""A connection that is silent for this long is closed."""
READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE


class Hub(Protocol):
    """The server, as its connections use it."""

    emulator: Emulator
    selector: selectors.BaseSelector
    tls: ssl.SSLContext | None
    clock: Callable[[], float]
    read_buffer: memoryview
    """All connections read into it, since what was read is copied out at once."""

    def stranger(self, request: Request) -> Response | None:
        """The refusal of a WebSocket that a web page of others requests."""

    def respond(self, request: Request) -> Response:
        """Answer one HTTP request."""

    def schedule(self) -> None:
        """Ask for a turn after everything that is ready now."""

    def changed(self, client_socket: ClientSocket) -> None:
        """Input has arrived, or is to be written: the connection takes part in this turn."""

    def closed(self, client_socket: ClientSocket) -> None:
        """The connection is no more."""


class ClientSocket:
    """A client's socket. The selector calls `ready`; the server calls `flush` once a turn."""

    __slots__ = (
        "_address",
        "_closing_since_s",
        "_first",
        "_http",
        "_loopback",
        "_opened_s",
        "_own_address",
        "_paused",
        "_socket",
        "_tls",
        "_unsent",
        "_watched",
        "client",
        "server",
    )

    def __init__(self, server: Hub, connection: socket.socket, name: object) -> None:
        self.server = server
        self.client: Client | None = None
        self._socket: socket.socket | None = connection
        self._tls: TlsLayer | None = None
        self._http: HttpLayer | None = None
        self._first = b""
        self._unsent = bytearray()
        self._watched = 0
        self._paused = False
        self._opened_s = server.clock()
        self._closing_since_s: float | None = None
        self._address = ""
        self._loopback = False
        self._own_address = ""
        if isinstance(name, tuple):
            self._address = f"{name[0]}:{name[1]}"
            with contextlib.suppress(ValueError):
                self._loopback = ipaddress.ip_address(name[0]).is_loopback
            with contextlib.suppress(OSError):  # the client may have gone already
                self._own_address = str(connection.getsockname()[0])
        self._watch()

    # -- the socket ----------------------------------------------------------------------------------------

    def _watch(self) -> None:
        """Tell the selector what this connection waits for."""
        closing = self._closing_since_s is not None
        wanted = WRITE if self._unsent else 0
        if not (self._paused or (closing and self._unsent)):
            wanted |= READ
        if wanted == self._watched or self._socket is None:
            return
        selector = self.server.selector
        if not wanted:
            selector.unregister(self._socket)
        elif self._watched:
            selector.modify(self._socket, wanted, self)
        else:
            selector.register(self._socket, wanted, self)
        self._watched = wanted

    def ready(self, mask: int) -> None:
        """The socket can be read or written."""
        if mask & READ and self._socket is not None:
            buffer = self.server.read_buffer
            try:
                size = self._socket.recv_into(buffer)
            except (BlockingIOError, InterruptedError):
                size = -1
            except OSError:
                self.abort()
                return
            if self._closing_since_s is not None:
                if size == 0:
                    self.abort()
            elif size > 0:
                if self._tls is None and self._http is None and self.client is not None:  # the hot path
                    client_events.receive(self.client, bytes(buffer[:size]))
                    self.server.changed(self)
                else:
                    self._receive(bytes(buffer[:size]))
            elif size == 0:
                if self._unsent:
                    self.close()
                else:
                    self.abort()
        if mask & WRITE:
            self._write_on()

    def _write(self, data: bytes) -> None:
        if self._socket is None or not data:
            return
        sent = 0
        if not self._unsent:
            try:
                sent = self._socket.send(data)
            except (BlockingIOError, InterruptedError):
                pass
            except OSError:
                self.abort()
                return
            if sent == len(data):
                return
        self._unsent += memoryview(data)[sent:]
        if len(self._unsent) > HIGH_WATER_BYTES:
            self._paused = True  # the client reads too slowly: hear it no further until it does
        self._watch()

    def _write_on(self) -> None:
        """The client has read: write more of what waits."""
        if self._socket is None or not self._unsent:
            return
        try:
            sent = self._socket.send(memoryview(self._unsent)[:HIGH_WATER_BYTES])
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            self.abort()
            return
        del self._unsent[:sent]
        if not self._unsent and self._closing_since_s is not None:
            self._linger()
            return
        if self._paused and len(self._unsent) <= LOW_WATER_BYTES:
            self._paused = False
        self._watch()
        self._note_unwritten()

    def _note_unwritten(self) -> None:
        """Say how much waits; a client that has caught up is handed deliveries again."""
        client = self.client
        if client is not None:
            client.unwritten_bytes = len(self._unsent)
            if client.held_back and not client.congested:
                client.uncongested()
                self.server.schedule()

    @property
    def writes(self) -> bool:
        """Whether something waits to be written."""
        return bool(self._unsent)

    # -- layers --------------------------------------------------------------------------------------------

    def _receive(self, data: bytes) -> None:
        """Take in bytes as they came from the socket."""
        if self._closing_since_s is not None:
            return
        if self._tls is not None:
            import ssl

            try:
                data = self._tls.receive(data)
            except ssl.SSLError as error:
                LOGGER.info("TLS with %s failed: %s", self._address, error)
                self._write(self._tls.take())
                self.close()
                return
            self._write(self._tls.take())
            if not data:
                return
        if self._http is not None:
            self._to_http(self._http, data)
        elif self.client is not None:
            self._amqp(data)
        else:
            self._sniff(self._first + data)

    def _sniff(self, data: bytes) -> None:
        self._first = data
        if data[0] == 0x16 and self._tls is None:
            if self.server.tls is None:
                LOGGER.info("%s began TLS, which is off: start with a certificate", self._address)
                self.close()
                return
            self._begin_tls(data)
        elif data[:1] == b"A" and AMQP_HEADER.startswith(data[:4]):
            if len(data) < 8:
                return
            if data[:8] == TLS_HEADER and self.server.tls is not None and self._tls is None:
                self._write(TLS_HEADER)  # 5.2: TLS inside the connection
                self._begin_tls(data[8:])
                return
            self._first = b""
            self._admit()
            self._amqp(data)
        else:
            from servicebus_emulator.net.http_layer import HttpLayer

            self._first = b""
            self._http = HttpLayer(
                self.server.respond,
                self.server.clock(),
                stranger=self.server.stranger,
                secure=self._tls is not None,
                loopback=self._loopback,
                own_address=self._own_address,
            )
            self._to_http(self._http, data)

    def _begin_tls(self, data: bytes) -> None:
        from servicebus_emulator.net.tls_layer import TlsLayer

        assert self.server.tls is not None  # noqa: S101 - the callers looked
        self._tls, self._first = TlsLayer(self.server.tls), b""
        if data:
            self._receive(data)

    def _admit(self) -> None:
        self.client = self.server.emulator.connect(self._address)
        self.client.socket = self

    def _amqp(self, data: bytes) -> None:
        if self.client is not None:
            client_events.receive(self.client, data)
            self.server.changed(self)

    def _to_http(self, http: HttpLayer, data: bytes) -> None:
        amqp = http.receive(data, self.server.clock())
        if http.websocket is not None and http.websocket.opened and self.client is None:
            self._admit()
        if amqp:
            self._amqp(amqp)
        self.server.changed(self)

    # -- output --------------------------------------------------------------------------------------------

    def flush(self) -> None:
        """Write what this turn brought."""
        if self._socket is None or self._closing_since_s is not None:
            return
        data = b""
        done = False
        client, http = self.client, self._http
        if client is not None:
            data = client.connection.take(self.server.emulator.machine_now_s)
            done = client.connection.closed
        if http is not None:
            if data:
                http.send(data)
            data = http.take()
            done = done or http.finished
        if data:
            if self._tls is not None:
                self._tls.send(data)
                data = self._tls.take()
            self._write(data)
            if self._unsent or (client is not None and client.held_back):
                self._note_unwritten()
        if done:
            self.close()

    # -- time and end --------------------------------------------------------------------------------------

    def tick(self, now_s: float) -> None:
        """Once a second."""
        if self._closing_since_s is not None:
            if now_s - self._closing_since_s > LINGER_S:
                self.abort()
        elif self.client is not None:
            client_events.tick(self.client)
            if self.client.connection.has_output or self.client.connection.closed:
                self.server.changed(self)
        elif self._http is not None:
            self._http.tick(now_s)
            if self._http.finished:
                self.server.changed(self)
        elif now_s - self._opened_s > SNIFF_TIMEOUT_S:
            self.close()

    def shut_down(self) -> None:
        """The emulator stops."""
        if self.client is not None:
            self.client.shut_down()
            self.server.changed(self)
        else:
            self.close()

    def close(self) -> None:
        """Disconnect once everything is written and the client has hung up too (or LINGER_S is over)."""
        if self._closing_since_s is not None or self._socket is None:
            return
        self._closing_since_s = self.server.clock()
        if self._unsent:
            self._watch()
        else:
            self._linger()

    def _linger(self) -> None:
        """Close the sending side, and discard what the client still sends.

        Closing at once would answer those bytes with a reset, and a reset takes the reason for the close, which the
        client has not read yet, from its hands.
        """
        assert self._socket is not None  # noqa: S101 - the callers looked
        try:
            self._socket.shutdown(socket.SHUT_WR)
        except OSError:
            self.abort()
            return
        self._dismiss()
        self._paused = False
        self._watch()

    def abort(self) -> None:
        """Disconnect now."""
        connection, self._socket = self._socket, None
        if connection is None:
            return
        if self._watched:
            self.server.selector.unregister(connection)
            self._watched = 0
        connection.close()
        self._unsent.clear()
        self.server.closed(self)
        self._dismiss()

    def _dismiss(self) -> None:
        """Give back what the client held."""
        client, self.client = self.client, None
        if client is not None:
            server = self.server
            server.emulator.set_time(server.clock())
            server.emulator.disconnect(client)
            server.schedule()
