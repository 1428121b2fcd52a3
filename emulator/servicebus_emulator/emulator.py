"""The emulator without its sockets: namespaces, clients, and the pump that carries deliveries from one to the other.

Time is pushed in (`set_time`) by the server before it hands over what happened. `machine_now_s` is the machine's own
clock, which tokens are checked against; `broker_now_s` runs ahead of it by the offset a person has set.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence

from servicebus_emulator.admin.host import Draft, Health, HostedNamespace, View
from servicebus_emulator.admin.namespaces import named_by
from servicebus_emulator.admin.reach import LOOPBACK_ONLY, Reach
from servicebus_emulator.broker.errors import BrokerError
from servicebus_emulator.broker.events import (
    EntityEnded,
    ReceiverEnded,
    SessionGranted,
    SessionLost,
    SessionWaitEnded,
    TransactionEnded,
)
from servicebus_emulator.broker.journal import Journal
from servicebus_emulator.broker.message import Content
from servicebus_emulator.broker.receiver import Receiver
from servicebus_emulator.gateway import message_view
from servicebus_emulator.gateway.client import Client
from servicebus_emulator.gateway.receiver_link import ReceiverLink
from servicebus_emulator.gateway.session_attach import SessionAttach

LOGGER = logging.getLogger("servicebus_emulator")

MAX_ROUNDS = 10_000
"""Rounds of one pump before it yields to the server's loop."""


class Emulator:
    """Everything of the process that is not a socket. Implements the administration's `Host`."""

    def __init__(
        self,
        namespaces: Mapping[str, HostedNamespace],
        *,
        journals: Sequence[Journal] = (),
        authorize: bool = True,
        reach: Reach = LOOPBACK_ONLY,
        now_s: float,
        max_frame_size: int = 1_048_576,
        idle_time_out_ms: int | None = 240_000,
        container_id: str = "servicebus-emulator",
    ) -> None:
        self._namespaces = dict(namespaces)
        self._brokers = tuple(hosted.broker for hosted in self._namespaces.values())
        self._journals = tuple(journals)
        self._authorize = authorize
        self._reach = reach
        self.max_frame_size = max_frame_size
        self.idle_time_out_ms = idle_time_out_ms
        self.container_id = container_id
        self.machine_now_s = now_s
        self.broker_now_s = now_s
        self._offset_s = 0.0
        self.clients: set[Client] = set()
        self.touched: set[ReceiverLink] = set()
        self.written: set[Client] = set()
        """Clients that got something to send since the server last wrote."""
        self.messages_in = 0
        self.messages_out = 0
        self.connections_total = 0
        self._reset: Callable[[str], None] = self._purge
        self._health = Health(False, now_s, failure="not probed yet")

    # -- time ----------------------------------------------------------------------------------------------

    def set_time(self, machine_s: float) -> None:
        """The machine's clock now; the broker's never goes back."""
        self.machine_now_s = machine_s
        self.broker_now_s = max(self.broker_now_s, machine_s + self._offset_s)

    def next_due_s(self) -> float | None:
        """When a timer of a namespace is due next, on the machine's clock."""
        first_s: float | None = None
        for broker in self._brokers:
            due_s = broker.next_due_s()
            if due_s is not None and (first_s is None or due_s < first_s):
                first_s = due_s
        return None if first_s is None else first_s - self._offset_s

    # -- clients -------------------------------------------------------------------------------------------

    def connect(self, address: str) -> Client:
        client = Client(self, address)
        self.clients.add(client)
        self.connections_total += 1
        return client

    def disconnect(self, client: Client) -> None:
        """A client's transport is gone."""
        self.clients.discard(client)
        self.written.discard(client)
        client.connection.disconnected()
        client.gone()

    def hosted_for(self, hostname: str) -> HostedNamespace:
        """The namespace a host name means."""
        return self._namespaces[named_by(hostname, self._namespaces)]

    def open_clients(self, hosted: HostedNamespace) -> int:
        """How many open connections a namespace has."""
        return sum(1 for client in self.clients if client.hosted is hosted and client.connection.opened)

    # -- the pump ------------------------------------------------------------------------------------------

    def pump(self) -> bool:
        """Carry deliveries to their links until nothing moves. Returns whether there is more to do later."""
        brokers = self._brokers
        for broker in brokers:
            due_s = broker.next_due_s()
            if due_s is not None and due_s <= self.broker_now_s:
                broker.advance(self.broker_now_s)
        for _ in range(MAX_ROUNDS):
            again = False
            for broker in brokers:
                for receiver, message in broker.pop_deliveries():
                    receiver_link = receiver.link
                    if isinstance(receiver_link, ReceiverLink):
                        try:
                            receiver_link.deliver(message)
                        except Exception:  # one client's fault must not take the others' deliveries with it
                            self._fault(receiver_link.client)
                            again = True
                        self.written.add(receiver_link.client)
                for event in broker.pop_events():
                    again = True
                    self._act_upon(event)
            if self.touched:
                again = True
                touched, self.touched = self.touched, set()
                for receiver_link in touched:
                    self.written.add(receiver_link.client)
                    try:
                        receiver_link.top_up()
                    except BrokerError as error:
                        receiver_link.client.drop(receiver_link.link, error)
                    except Exception:
                        self._fault(receiver_link.client)
            if not again:
                return False
        return True

    def _fault(self, client: Client) -> None:
        LOGGER.exception("a fault while serving %s ends its connection", client.activity.client)
        client.fail()

    def _act_upon(self, event: object) -> None:
        if isinstance(event, SessionGranted):
            waiting = event.wait.link
            if isinstance(waiting, SessionAttach) and waiting.link.context is waiting:
                waiting.granted(event.receiver)
                self.written.add(waiting.client)
            else:
                event.receiver.close(self.broker_now_s)
        elif isinstance(event, SessionWaitEnded):
            waiting = event.wait.link
            if isinstance(waiting, SessionAttach):
                waiting.refused(event.error)
                self.written.add(waiting.client)
        elif isinstance(event, ReceiverEnded):
            self._end_link(event.receiver, event.error)
        elif isinstance(event, SessionLost):
            self._end_link(event.receiver, event.receiver.queue.locks.lost(b""))
        elif isinstance(event, EntityEnded):
            self.written.update(
                client for client in self.clients if client.entity_ended(event.entity, event.error)
            )
        elif isinstance(event, TransactionEnded):
            for client in self.clients:
                client.transactions.ended(event.transaction)

    def _end_link(self, receiver: Receiver, error: BrokerError) -> None:
        receiver_link = receiver.link
        if isinstance(receiver_link, ReceiverLink):
            receiver_link.client.drop(receiver_link.link, error)
            self.written.add(receiver_link.client)

    # -- the journal ---------------------------------------------------------------------------------------

    @property
    def dirty(self) -> bool:
        """Whether a journal holds something that is not durable yet."""
        return any(journal.dirty for journal in self._journals)

    @property
    def confirms_waiting(self) -> bool:
        """Whether a journal holds something that a confirm of this turn stands for; locks alone do not press."""
        return any(journal.confirms_waiting for journal in self._journals)

    def commit(self, *, locks: bool = True) -> None:
        """Make everything durable that was done so far; without `locks`, what a confirm of this turn stands for.

        Raises StoreError when a disk is full or broken.
        """
        for journal in self._journals:
            if journal.dirty if locks else journal.confirms_waiting:
                journal.commit(locks=locks)

    # -- the administration's Host -------------------------------------------------------------------------

    @property
    def namespaces(self) -> Mapping[str, HostedNamespace]:
        """By lower-case name; the first is the default one."""
        return self._namespaces

    @property
    def reach(self) -> Reach:
        """By which names it may be asked over HTTP, and by which web pages."""
        return self._reach

    @property
    def authorize(self) -> bool:
        """False under --no-auth."""
        return self._authorize

    @property
    def health(self) -> Health:
        """The last probe."""
        return self._health

    def set_health(self, health: Health) -> None:
        """What the last probe found."""
        self._health = health

    @property
    def clock_offset_s(self) -> float:
        """How far the broker's clock runs ahead."""
        return self._offset_s

    def now_s(self) -> float:
        """The machine's own time."""
        return self.machine_now_s

    def counters(self) -> Mapping[str, float]:
        """Figures of the process."""
        return {
            "connections": float(len(self.clients)),
            "connections_total": float(self.connections_total),
            "messages_received_total": float(self.messages_in),
            "messages_delivered_total": float(self.messages_out),
        }

    def advance_clock(self, forward_s: float) -> None:
        """Move the broker's clock forward."""
        if forward_s > 0:
            self._offset_s += forward_s
            self.set_time(self.machine_now_s)
            for hosted in self._namespaces.values():
                hosted.broker.journal.clock_moved(self._offset_s)
                hosted.broker.advance(self.broker_now_s)

    def reset(self, namespace: str) -> None:
        """Put a namespace back to what it was at start."""
        self._reset(namespace)

    def on_reset(self, act: Callable[[str], None]) -> None:
        """Set how a namespace is put back; the reader of the configuration provides it."""
        self._reset = act

    def _purge(self, namespace: str) -> None:
        for queue in self._namespaces[namespace].broker.queues():
            queue.purge(self.broker_now_s)

    def view(self, content: Content) -> View:
        """A content decoded for a person."""
        return message_view.view(content)

    def compose(self, draft: Draft) -> Content:
        """A content to send."""
        return message_view.compose(draft)
