"""One client: its AMQP connection, its rights, and what each of its links stands for."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Protocol

from servicebus_emulator.amqp.connection import Connection, forced, internal
from servicebus_emulator.amqp.errors import RESOURCE_LIMIT_EXCEEDED, AmqpProtocolError
from servicebus_emulator.amqp.events import (
    ConnectionClosed,
    ConnectionOpened,
    CreditChanged,
    DispositionReceived,
    Event,
    LinkAttached,
    LinkDetached,
    MessageReceived,
    SaslInitReceived,
    SessionEnded,
)
from servicebus_emulator.amqp.link import Link
from servicebus_emulator.amqp.performatives import AmqpError
from servicebus_emulator.broker.errors import BrokerError, MessageLockLost, UnauthorizedAccess
from servicebus_emulator.broker.receiver import Receiver
from servicebus_emulator.gateway.access import Access
from servicebus_emulator.gateway.activity_log import ActivityLog
from servicebus_emulator.gateway.amqp_errors import error_of, rejection
from servicebus_emulator.gateway.attach import attach
from servicebus_emulator.gateway.receiver_link import ReceiverLink
from servicebus_emulator.gateway.transactions import Coordinator, Transactions
from servicebus_emulator.sas import Right

if TYPE_CHECKING:
    from servicebus_emulator.broker.entity import Entity
    from servicebus_emulator.gateway.turn import Turn

LOGGER = logging.getLogger("servicebus_emulator")

HIGH_WATER_BYTES = 1_048_576
"""With more than this waiting to be written, a connection is handed no further deliveries."""

MAX_LINKS = 10_000
MAX_LINKS_BEFORE_TOKEN = 16
"""Of one connection. A client needs two to put its first token, and no other node is served before that."""

_LOCK_LOST = rejection(
    MessageLockLost(
        "The lock supplied is invalid. Either the lock expired, or the message has already been removed from the "
        "queue, or was received by a different receiver instance."
    )
)


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
        self.held_back: set[ReceiverLink] = set()
        self.unwritten_bytes = 0
        self.socket: object = None
        """Whoever writes to this client's socket."""
        self._plain: bytes | None = None
        self._links: set[Link] = set()
        self._secured: dict[Link, list[tuple[Right | None, str | None]]] = {}

    @property
    def congested(self) -> bool:
        """Whether so much waits to be written that deliveries must wait too."""
        return self.unwritten_bytes + self.connection.output_size > HIGH_WATER_BYTES

    # -- input ---------------------------------------------------------------------------------------------

    def receive(self, data: bytes) -> None:
        """Bytes from the client. Whatever goes wrong ends this connection and no other."""
        connection = self.connection
        try:
            for event in connection.events(data, self.emulator.machine_now_s):
                _HANDLERS[type(event)](self, event)
        except AmqpProtocolError as error:
            self._end(error_of(error))
        except Exception:
            LOGGER.exception("a fault while serving %s ends its connection", self.activity.client)
            self.fail()

    def fail(self) -> None:
        """A fault on this side: end this connection."""
        self._end(
            internal("The service was unable to process the request; the emulator's log has the reason.")
        )

    def _end(self, error: AmqpError) -> None:
        self.connection.close(error)
        self.gone()

    def tick(self) -> None:
        """Every second: idle timeouts and expired tokens."""
        try:
            self._tick()
        except Exception:
            LOGGER.exception("a fault while serving %s ends its connection", self.activity.client)
            self.fail()

    def _tick(self) -> None:
        for event in self.connection.tick(self.emulator.machine_now_s):
            _HANDLERS[type(event)](self, event)
        first_s = self.access.first_expiry_s
        if first_s is not None and first_s <= self.emulator.machine_now_s and self.emulator.authorize:
            self._drop_unauthorized()

    def _drop_unauthorized(self) -> None:
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

    def gone(self) -> None:
        """The connection is over: give back what its links hold. May be called twice."""
        for session in list(self.connection.sessions.values()):
            for link in list(session.links_by_handle.values()):
                self._release(link)
        for link in list(self._secured):
            self._release(link)
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

    def token_put(self) -> None:
        """A token was taken: links that were waiting for the first one go on."""
        for link in list(self._links):
            if isinstance(link.context, Coordinator):
                link.context.token_put()

    @property
    def links(self) -> Iterable[Link]:
        """All links of the connection."""
        return self._links

    def drop(self, link: Link, error: BrokerError) -> None:
        """Detach a link from this side."""
        self._release(link)
        link.detach(error_of(error))

    def _admit(self, link: Link) -> None:
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

    def _release(self, link: Link) -> None:
        node: Node | None = link.context
        link.context = None
        self._secured.pop(link, None)
        self._links.discard(link)
        if node is not None:
            if isinstance(node, ReceiverLink):
                self.held_back.discard(node)
            node.closed()

    # -- events --------------------------------------------------------------------------------------------

    def _on_sasl_init(self, event: SaslInitReceived) -> None:
        self.hosted = self.emulator.hosted_for(event.hostname or "")
        ok = event.mechanism in self.connection.mechanisms
        if event.mechanism == "PLAIN":
            self._plain = event.initial_response
            ok = self.access.plain(event.initial_response)
        self.activity.note("sasl", mechanism=event.mechanism, ok=ok)
        self.connection.sasl_outcome(0 if ok else 1)

    def _on_opened(self, event: ConnectionOpened) -> None:
        self.hosted = self.emulator.hosted_for(event.open.hostname or "")
        self.activity.client = f"{self.activity.client} {event.open.container_id}"
        if self._plain is not None and not self.access.plain(self._plain):
            self._end(
                error_of(UnauthorizedAccess("The rule and key of SASL PLAIN do not open this namespace."))
            )
            return
        limit = self.hosted.broker.limits.max_connections
        if limit is not None and self.emulator.open_clients(self.hosted) > limit:
            error = AmqpError(
                "amqp:resource-limit-exceeded",
                f"The namespace '{self.hosted.name}' allows {limit} connections, and they are all in use.",
                {},
            )
            self._end(error)
            return
        self.activity.note("opened", hostname=event.open.hostname, namespace=self.hosted.name)

    def _on_closed(self, event: ConnectionClosed) -> None:
        error = event.error
        self.activity.note(
            "closed",
            by="client" if event.by_peer else "server",
            condition=error.condition if isinstance(error, AmqpError) else None,
            why=error.description if isinstance(error, AmqpError) else None,
        )
        self.gone()

    def _on_ended(self, event: SessionEnded) -> None:
        for link in event.links:
            self._release(link)

    def _on_attached(self, event: LinkAttached) -> None:
        link = event.link
        try:
            self._admit(link)
            attach(self, link, event.attach)
        except (BrokerError, AmqpProtocolError) as error:
            fault = error_of(error)
            self.activity.note(
                "attach refused", link=link.name, condition=fault.condition, why=fault.description
            )
            self._release(link)
            link.refuse(fault)

    def _on_detached(self, event: LinkDetached) -> None:
        node = event.link.context
        if event.by_peer and not event.closed and isinstance(node, ReceiverLink):
            node.suspend()
        self._release(event.link)

    def _on_credit(self, event: CreditChanged) -> None:
        node = event.link.context
        if node is not None:
            node.on_credit()

    def _on_message(self, event: MessageReceived) -> None:
        node = event.link.context
        if node is not None and event.link.attached:
            node.on_message(event)

    def _on_disposition(self, event: DispositionReceived) -> None:
        state, settled = event.state, event.settled
        for delivery in event.deliveries:
            delivery.remote_state = state
            node = delivery.link.context
            if node is not None:
                node.on_settled(delivery, state, settled)
        if not settled and event.unknown:
            for first, last in event.unknown:
                event.session.settle_unknown(first, last, _LOCK_LOST)

    def _ignore(self, event: Event) -> None:
        """Nothing to do."""

    def receiver_named(self, link_name: str) -> Receiver | None:
        """The broker's receiver behind this client's link of that name."""
        for session in self.connection.sessions.values():
            for link in session.links_by_handle.values():
                if link.name == link_name and isinstance(link.context, ReceiverLink):
                    return link.context.receiver
        return None

    # -- what the broker says ------------------------------------------------------------------------------

    def shut_down(self) -> None:
        """The emulator stops: tell the client."""
        self.connection.close(forced("The emulator is shutting down."))
        self.gone()


_HANDLERS: dict[type, Any] = {
    SaslInitReceived: Client._on_sasl_init,
    ConnectionOpened: Client._on_opened,
    ConnectionClosed: Client._on_closed,
    SessionEnded: Client._on_ended,
    LinkAttached: Client._on_attached,
    LinkDetached: Client._on_detached,
    CreditChanged: Client._on_credit,
    MessageReceived: Client._on_message,
    DispositionReceived: Client._on_disposition,
}


class _Handlers(dict[type, Any]):
    def __missing__(self, kind: type) -> Any:
        return Client._ignore


_HANDLERS = _Handlers(_HANDLERS)
