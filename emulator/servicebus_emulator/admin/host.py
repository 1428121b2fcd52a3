"""What the administration needs from the running emulator. The server gives it; tests give a small one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from servicebus_emulator.admin.reach import Reach
from servicebus_emulator.broker.message import Content
from servicebus_emulator.broker.namespace import Namespace
from servicebus_emulator.broker.queue import Queue
from servicebus_emulator.broker.topic import Topic
from servicebus_emulator.sas import AccessRule, KeyRing, Right


@dataclass(frozen=True, slots=True)
class Health:
    """Outcome of the last probe: one send and one receive on a hidden queue."""

    healthy: bool
    checked_s: float
    took_s: float = 0.0
    failure: str = ""


@dataclass(slots=True)
class HostedNamespace:
    """One namespace of this process: its state and who may sign for it."""

    name: str
    broker: Namespace
    keys: KeyRing = field(default_factory=KeyRing)
    """The namespace's own rules; those of its entities are in their descriptions."""
    created_s: float = 0.0

    def key_ring(self) -> KeyRing:
        """Every rule that may sign in this namespace, those of the entities too."""
        rules = list(self.keys.rules)
        entities: list[Queue | Topic] = [*self.broker.queues(), *self.broker.topics()]
        for entity in entities:
            # a subscription has no rules of its own: those of its topic cover it
            for rule in getattr(entity.description, "authorization_rules", ()):
                rights = frozenset(Right(right.value) for right in rule.rights)
                rules.append(
                    AccessRule(rule.key_name, rule.primary_key, rights, rule.secondary_key, entity.path)
                )
        return KeyRing(tuple(rules))


@dataclass(frozen=True, slots=True)
class View:
    """A message's content as a person reads it; the wire side makes it (the broker does not decode bodies)."""

    body: str
    body_kind: str
    """``text``, ``json`` or ``hex``."""
    properties: Mapping[str, object]
    """The message's own properties that are set, by their SDK names such as ``message_id``."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A message that a person wants to send."""

    body: str
    properties: Mapping[str, str] = field(default_factory=dict)
    """``message_id``, ``session_id``, ``subject``, ``correlation_id``, ``content_type``, ``to``, ``reply_to``."""
    application_properties: Mapping[str, object] = field(default_factory=dict)
    time_to_live_s: float | None = None
    scheduled_enqueue_s: float | None = None


class Host(Protocol):
    """The running emulator, as far as a request may look at it or change it.

    Every call happens on the server's own thread, so nothing else changes meanwhile. After ``respond``
    the server serves the deliveries that became due and commits the journal before it answers.
    """

    @property
    def namespaces(self) -> Mapping[str, HostedNamespace]:
        """The namespaces by lower-case name; the first is the default one."""

    @property
    def authorize(self) -> bool:
        """False under ``--no-auth``: every request may do everything."""

    @property
    def reach(self) -> Reach:
        """By which names it may be asked, and by which web pages."""

    @property
    def health(self) -> Health:
        """The probe made for this request (the server probes before it requests an answer to /health)."""

    @property
    def clock_offset_s(self) -> float:
        """How far the emulator's clock runs ahead of the machine's."""

    def now_s(self) -> float:
        """The machine's own time, which tokens are checked against: moving the clock forward expires no token."""

    def counters(self) -> Mapping[str, float]:
        """Figures of the process for /metrics, for example ``connections`` or ``frames_in_total``."""

    def advance_clock(self, forward_s: float) -> None:
        """Move the emulator's clock forward; locks, TTLs and schedules that become due then run."""

    def reset(self, namespace: str) -> None:
        """Put a namespace back to what it was at start: configured entities, no messages."""

    def view(self, content: Content) -> View:
        """A content decoded for a person."""

    def compose(self, draft: Draft) -> Content:
        """A content to send. Raises ValueError for a property that AMQP cannot carry."""
