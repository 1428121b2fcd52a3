"""The state of one client: its AMQP connection, its rights, and what each of its links stands for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from servicebus_emulator.amqp.connection import Connection
from servicebus_emulator.amqp.errors import RESOURCE_LIMIT_EXCEEDED, AmqpProtocolError
from servicebus_emulator.amqp.events import MessageReceived
from servicebus_emulator.amqp.link import Link
from servicebus_emulator.amqp.performatives import AmqpError
from servicebus_emulator.broker.entity import Entity
from servicebus_emulator.broker.errors import BrokerError, UnauthorizedAccess
from servicebus_emulator.gateway.access import Access
from servicebus_emulator.gateway.activity_log import ActivityLog
from servicebus_emulator.gateway.amqp_errors import error_of, forced, internal
from servicebus_emulator.gateway.open_transactions import Transactions
from servicebus_emulator.gateway.turn import Turn
from servicebus_emulator.sas import Right

HIGH_WATER_BYTES = 1_048_576
"""With more than this waiting to be written, a connection is handed no further deliveries."""

MAX_LINKS = 10_000
MAX_LINKS_BEFORE_TOKEN = 16
"""Of one connection. A client needs two to put its first token, and no other node is served before that."""


class Node(Protocol):
    """What a link's `context` is."""

    def on_message(self, event: MessageReceived) -> None: ...
    def on_credit(self) -> None: ...
    def uses(self, entity: Entity) -> bool: ...
    def closed(self) -> None: ...


class Client:
    """A connection with everything that belongs to it. `congested` is set by whoever writes to the socket."""

    def __init__(self, emulator: Turn, address: str) -> None:
        self.emulator = emulator
        self.activity = ActivityLog(address)
        self.connection = Connection(
            "server",
            container_id=emulator.container_id,
            max_frame_size=emulator.max_frame_size,
            idle_time_out_ms=emulator.idle_time_out_ms,
        )
        self.hosted = emulator.hosted_for("")
        self.access = Access(lambda: self.hosted.key_ring(), authorize=emulator.authorize)
        self.transactions = Transactions()
        self.held_back: set[Node] = set()
        self.unwritten_bytes = 0
        self.socket: object = None
        """Whoever writes to this client's socket."""
        self.sasl_plain: bytes | None = None
        """What SASL PLAIN sent, until the open frame names the namespace that it is for."""
        self._links: set[Link] = set()
        self._secured: dict[Link, list[tuple[Right | None, str | None]]] = {}

    @property
    def congested(self) -> bool:
        """Whether so much waits to be written that deliveries must wait too."""
        return self.unwritten_bytes + self.connection.output_size > HIGH_WATER_BYTES

    def fail(self) -> None:
        """A fault on this side: end this connection."""
        self.end(
            internal("The service was unable to process the request; the emulator's log has the reason.")
        )

    # -- its end -------------------------------------------------------------------------------------------

    def end(self, error: AmqpError) -> None:
        """Close the connection with an error."""
        self.connection.close(error)
        self.gone()

    def gone(self) -> None:
        """The connection is over: give back what its links hold. May be called twice."""
        for session in list(self.connection.sessions.values()):
            for link in list(session.links_by_handle.values()):
                self.release(link)
        for link in list(self._secured):
            self.release(link)
        self._secured.clear()
        self.held_back.clear()

    def uncongested(self) -> None:
        """The client reads again: go on with the links that were held back."""
        if self.held_back:
            self.emulator.touched.update(self.held_back)
            self.held_back.clear()

    # -- links ---------------------------------------------------------------------------------------------

    def secure(self, link: Link, right: Right | None, path: str) -> None:
        """Check a right for a link and remember it for as long as the link lives. A link may need several.

        Raises UnauthorizedAccess.
        """
        if not self.access.allows(right, path, self.emulator.machine_now_s):
            wanted = right.value if right is not None else "Any"
            raise UnauthorizedAccess(
                f"Unauthorized access. '{wanted}' claim(s) are required to perform this operation. "
                f"Resource: '{path}'."
            )
        self._secured.setdefault(link, []).append((right, path))

    def secured(self, link: Link) -> bool:
        """Whether a token is good for anything at all; if so the link needs one for as long as it lives."""
        entitled = self.access.allows(None, None, self.emulator.machine_now_s)
        if entitled:
            self._secured.setdefault(link, []).append((None, None))
        return entitled

    @property
    def links(self) -> Iterable[Link]:
        return self._links

    def drop(self, link: Link, error: BrokerError) -> None:
        """Detach a link from this side."""
        self.release(link)
        link.detach(error_of(error))

    def drop_unauthorized(self) -> None:
        """Detach the links whose tokens have expired."""
        now_s = self.emulator.machine_now_s
        for link, needed in list(self._secured.items()):
            lost = [path for right, path in needed if not self.access.allows(right, path, now_s)]
            if lost:
                where = lost[0] or "the namespace"
                self.activity.note("token expired", link=link.name, entity=where)
                self.drop(
                    link,
                    UnauthorizedAccess(
                        f"ExpiredToken: the token for '{where}' has expired. Put a new token and attach again."
                    ),
                )

    def admit(self, link: Link) -> None:
        """Count a link. Raises AmqpProtocolError beyond what a connection may have."""
        limit = MAX_LINKS if self._secured else MAX_LINKS_BEFORE_TOKEN
        if len(self._links) >= limit:
            raise AmqpProtocolError(
                f"{limit} links are attached on this connection"
                + ("" if self._secured else ", and it has put no token yet"),
                RESOURCE_LIMIT_EXCEEDED,
            )
        self._links.add(link)

    def entity_ended(self, entity: Entity, error: BrokerError) -> bool:
        """Detach every link that works with an entity which is no more. Returns whether there was one."""
        bound = [link for link in self._secured if link.context is not None and link.context.uses(entity)]
        for link in bound:
            self.drop(link, error)
        return bool(bound)

    def release(self, link: Link) -> None:
        """Give back what a link holds; it serves nothing from now on."""
        node: Node | None = link.context
        link.context = None
        self._secured.pop(link, None)
        self._links.discard(link)
        if node is not None:
            self.held_back.discard(node)
            node.closed()

    def shut_down(self) -> None:
        """The emulator stops: tell the client."""
        self.connection.close(forced("The emulator is shutting down."))
        self.gone()
