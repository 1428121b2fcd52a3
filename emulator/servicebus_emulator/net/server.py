"""The listening socket, the turns of the loop and the process's only clock.

Every connection is a `ClientSocket`. In one turn all that clients have sent is read, deliveries are carried, the journal of
everything done is committed and all output is written: many confirms, one fsync.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import selectors
import socket
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from servicebus_emulator.emulator import Emulator
from servicebus_emulator.net.client_socket import ClientSocket
from servicebus_emulator.net.commit_delay import NAP_S, CommitDelay

if TYPE_CHECKING:
    import ssl

    from servicebus_emulator.admin.http import Request, Response

LOGGER = logging.getLogger("servicebus_emulator")

TICK_S = 1.0
READ_BYTES = 262_144
"""Most that is read from one connection before the others have their turn."""
MAX_ACCEPTS = 128
"""Most connections accepted in one turn."""
OUT_OF_FILES_PAUSE_S = 1.0

Clock = Callable[[], float]
Events = list[tuple[selectors.SelectorKey, int]]


class SocketSelector(selectors.DefaultSelector):
    """A loop's selector that hands a connection's events straight to its ClientSocket.

    A handle, a context and a transport's calls for each read would cost more than the read. After the connections it runs
    the server's turn; all other events go to the loop as ever.
    """

    server: Server | None = None

    def select(self, timeout: float | None = None) -> Events:
        """Wait for events; returns those that are not a ClientSocket's."""
        server = self.server
        if server is None:
            return super().select(timeout)
        if server.commit_delay.waiting:
            time.sleep(NAP_S)  # those who are to share the commit are then read in one go
            timeout = 0.0
        events = super().select(timeout)
        if not events and not server.commit_delay.waiting:
            return events
        others: Events = []
        server.wake()
        for event in events:
            client_socket = event[0].data
            if type(client_socket) is not ClientSocket:
                others.append(event)
                continue
            try:
                client_socket.ready(event[1])
            except Exception:  # one client's fault must not end the loop
                LOGGER.exception("a fault while reading from a client ends its connection")
                client_socket.abort()
        if server.dirty:
            try:
                server.turn()
            except Exception:
                LOGGER.exception("a fault in a turn")
        return others


class Server:
    """Listens, and turns sockets' events into the emulator's. Runs in a loop made with its `selector`."""

    def __init__(
        self,
        emulator: Emulator,
        selector: SocketSelector,
        *,
        tls: ssl.SSLContext | None = None,
        clock: Clock = time.time,
    ) -> None:
        self.emulator = emulator
        self.selector: selectors.BaseSelector = selector
        self._selector = selector
        self.tls = tls
        self.clock = clock
        self.client_sockets: set[ClientSocket] = set()
        self.dirty: set[ClientSocket] = set()
        self.commit_delay = CommitDelay()
        self.read_buffer = memoryview(bytearray(READ_BYTES))
        """All connections read into it, since what was read is copied out at once."""
        self._turning = False
        self._broken = False
        self._listeners: list[socket.socket] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._timer_due_s = float("inf")
        self._ticker: asyncio.TimerHandle | None = None
        self.failed: asyncio.Future[None] | None = None
        """Gets the exception when the journal cannot be written: no confirm may be sent any more."""

    async def start(self, host: str, port: int) -> int:
        """Listen; returns the port (useful for port 0). Raises OSError when it cannot."""
        self._loop = loop = asyncio.get_running_loop()
        self.failed = loop.create_future()
        self.emulator.set_time(self.clock())
        self._listeners = _listen(host, port)
        for listener in self._listeners:
            loop.add_reader(listener, self._accept, listener)
        self._selector.server = self
        self._tick()
        self.schedule()
        bound: int = self._listeners[0].getsockname()[1]
        return bound

    async def stop(self) -> None:
        """Close the listening sockets, tell every client, write what is left, commit."""
        for listener in self._listeners:
            if self._loop is not None:
                self._loop.remove_reader(listener)
            listener.close()
        for handle in (self._ticker, self._timer):
            if handle is not None:
                handle.cancel()
        for client_socket in list(self.client_sockets):
            client_socket.shut_down()
        self.turn()
        deadline_s = time.monotonic() + 1.0
        while (
            any(client_socket.writes for client_socket in self.client_sockets)
            and time.monotonic() < deadline_s
        ):
            await asyncio.sleep(0.01)
        for client_socket in list(self.client_sockets):
            client_socket.abort()

    def _accept(self, listener: socket.socket) -> None:
        for _ in range(MAX_ACCEPTS):
            try:
                connection, name = listener.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                if error.errno not in (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM):
                    raise
                LOGGER.error("no connection can be accepted for now: %s", error)
                loop = self._loop
                if loop is not None:
                    loop.remove_reader(listener)
                    loop.call_later(OUT_OF_FILES_PAUSE_S, self._listen_again, listener)
                return
            connection.setblocking(False)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.client_sockets.add(ClientSocket(self, connection, name))

    def _listen_again(self, listener: socket.socket) -> None:
        if self._loop is not None and listener.fileno() >= 0:
            self._loop.add_reader(listener, self._accept, listener)

    def changed(self, client_socket: ClientSocket) -> None:
        """Input has arrived, or is to be written: the connection takes part in this turn."""
        self.dirty.add(client_socket)

    def closed(self, client_socket: ClientSocket) -> None:
        """The connection is no more."""
        self.client_sockets.discard(client_socket)
        self.dirty.discard(client_socket)

    # -- turns ---------------------------------------------------------------------------------------------

    def wake(self) -> None:
        """Input has arrived: what is done from now on happens at this time."""
        self.emulator.set_time(self.clock())

    def schedule(self) -> None:
        """Ask for a turn after everything that is ready now."""
        if not self._turning and self._loop is not None:
            self._turning = True
            self._loop.call_soon(self._scheduled)

    def _scheduled(self) -> None:
        self._turning = False
        self.wake()
        self.turn()

    def turn(self) -> None:
        """Carry deliveries, commit, write."""
        if self._broken:
            return
        emulator, dirty = self.emulator, self.dirty
        if self.commit_delay.waiting and self.commit_delay.worth_waiting(dirty, emulator.machine_now_s):
            return  # what was read waits with the commit
        if emulator.pump():
            self.schedule()
        for client in emulator.written:
            client_socket = client.socket
            if type(client_socket) is ClientSocket:
                dirty.add(client_socket)
        emulator.written.clear()
        if emulator.confirms_waiting:
            now_s = emulator.machine_now_s
            if not self.commit_delay.waiting and self.commit_delay.worth_waiting(dirty, now_s):
                return
            if not self._commit(locks=False):
                return
            self.commit_delay.committed(dirty, now_s)
        elif self.commit_delay.waiting:
            self.commit_delay.committed((), emulator.machine_now_s)  # the second's commit has taken it along
        if dirty:
            self.dirty = set()
            for client_socket in dirty:
                client_socket.flush()
        due_s = emulator.next_due_s()
        if due_s is not None and due_s < self._timer_due_s:
            self._arm(due_s)

    def _commit(self, *, locks: bool) -> bool:
        try:
            self.emulator.commit(locks=locks)
        except Exception as error:  # whatever the disk says: nothing of this turn may be confirmed
            self._broken = True
            if self.failed is not None:
                self.failed.set_exception(error)
            return False
        return True

    def _arm(self, due_s: float) -> None:
        if self._loop is None:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer_due_s = due_s
        self._timer = self._loop.call_later(max(0.0, due_s - self.clock()) + 0.001, self._due)

    def _due(self) -> None:
        self._timer, self._timer_due_s = None, float("inf")
        self.wake()
        self.turn()

    def _tick(self) -> None:
        if self._loop is None:
            return
        self._ticker = self._loop.call_later(TICK_S, self._tick)
        self.wake()
        if not self._broken and self.emulator.dirty:
            self._commit(locks=True)
        now_s = self.emulator.machine_now_s
        for client_socket in list(self.client_sockets):
            client_socket.tick(now_s)
        self.schedule()

    # -- HTTP ----------------------------------------------------------------------------------------------

    def stranger(self, request: Request) -> Response | None:
        """The refusal of a WebSocket that a web page of others requests."""
        from servicebus_emulator.admin import routes

        return routes.stranger(request, self.emulator)

    def respond(self, request: Request) -> Response:
        """Answer one HTTP request."""
        # loaded with the first request: most clients speak AMQP alone, and the emulator starts sooner
        from servicebus_emulator.admin import routes
        from servicebus_emulator.admin.http import Response

        emulator = self.emulator
        self.wake()
        if routes.wants_probe(request, emulator):
            from servicebus_emulator.gateway.health_probe import probe

            emulator.set_health(probe(emulator, self.clock))
        try:
            return routes.respond(request, emulator, emulator.broker_now_s)
        except Exception:
            LOGGER.exception("a fault while answering %s %s", request.method, request.target)
            return Response(500, b"The emulator could not answer; its log says why.", "text/plain")


def _listen(host: str, port: int) -> list[socket.socket]:
    """Listening sockets on every address a host name has. Raises OSError when one cannot be had."""
    listeners: list[socket.socket] = []
    try:
        for family, kind, protocol, _, address in dict.fromkeys(
            socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        ):
            listener = socket.socket(family, kind, protocol)
            listeners.append(listener)
            if os.name == "posix":
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            if listeners[0] is not listener:  # port 0: the first address's choice is everybody's
                address = (address[0], listeners[0].getsockname()[1], *address[2:])
            listener.bind(address)
            listener.listen(1024)
            listener.setblocking(False)
    except OSError:
        for listener in listeners:
            listener.close()
        raise
    return listeners
