"""What the broker reports to the store: the `Journal` protocol, and the journal that keeps nothing.

The broker calls these after each change; nothing is on disk until the gateway calls `commit()`, once for all the
confirms it has gathered, and only then lets those confirms out (group commit). Everything told between two commits
becomes durable together or not at all, which is what makes a transaction and a batch atomic across a crash.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from servicebus_emulator.broker.description import Description, RuleDescription
    from servicebus_emulator.broker.message import Message


class Journal(Protocol):
    """Receives every change that must survive a crash. `store_id` names a queue, sub-queue, topic or subscription."""

    @property
    def dirty(self) -> bool:
        """Whether anything was told since the last commit."""

    @property
    def confirms_waiting(self) -> bool:
        """Whether anything but locks was told: locks may wait for the next commit, everything else backs a confirm."""

    def message_added(self, store_id: int, message: Message) -> None:
        """A message was enqueued, scheduled or moved in."""

    def message_changed(self, store_id: int, message: Message) -> None:
        """State, delivery count or lock of a stored message changed."""

    def message_rewritten(self, store_id: int, message: Message) -> None:
        """The content of a stored message changed (properties modified while settling)."""

    def message_removed(self, store_id: int, sequence_number: int) -> None:
        """A message was completed, deleted, expired or moved out."""

    def sequence_advanced(self, store_id: int, last_sequence_number: int) -> None:
        """The highest sequence number given out so far."""

    def session_changed(self, store_id: int, session_id: str, state: bytes | None, updated_s: float) -> None:
        """A session's state was set (None: cleared)."""

    def message_id_seen(self, store_id: int, key: object, seen_s: float) -> None:
        """Duplicate detection records a message id."""

    def message_ids_forgotten(self, store_id: int, before_s: float) -> None:
        """Duplicate detection forgot everything seen before the time."""

    def entity_changed(
        self, store_id: int, path: str, description: Description, created_s: float, updated_s: float
    ) -> None:
        """An entity was created or updated; `path` is `name` or `topic/Subscriptions/name`."""

    def entity_removed(self, store_id: int) -> None:
        """An entity went, with all its messages (its sub-queues are told separately)."""

    def rule_changed(self, store_id: int, rule: RuleDescription) -> None:
        """A subscription's rule was added or replaced."""

    def rule_removed(self, store_id: int, rule_name: str) -> None:
        """A subscription's rule was removed."""

    def clock_moved(self, offset_s: float) -> None:
        """The broker's clock was moved forward: from now on it runs so far ahead of the machine's."""

    def commit(self, *, locks: bool = True) -> None:
        """Make everything told so far durable; returns when it is. Raises OSError-like on a full or broken disk.

        Without `locks`, locks that are still held wait for a later commit. The server commits them once a second: a
        crash then counts a delivery only for messages that were held when that was last done.
        """


class MemoryJournal:
    """Keeps nothing: a namespace without a data directory."""

    __slots__ = ()
    dirty = False
    confirms_waiting = False

    def message_added(self, store_id: int, message: Message) -> None: ...
    def message_changed(self, store_id: int, message: Message) -> None: ...
    def message_rewritten(self, store_id: int, message: Message) -> None: ...
    def message_removed(self, store_id: int, sequence_number: int) -> None: ...
    def sequence_advanced(self, store_id: int, last_sequence_number: int) -> None: ...
    def session_changed(
        self, store_id: int, session_id: str, state: bytes | None, updated_s: float
    ) -> None: ...
    def message_id_seen(self, store_id: int, key: object, seen_s: float) -> None: ...
    def message_ids_forgotten(self, store_id: int, before_s: float) -> None: ...
    def entity_changed(
        self, store_id: int, path: str, description: Description, created_s: float, updated_s: float
    ) -> None: ...
    def entity_removed(self, store_id: int) -> None: ...
    def rule_changed(self, store_id: int, rule: RuleDescription) -> None: ...
    def rule_removed(self, store_id: int, rule_name: str) -> None: ...
    def clock_moved(self, offset_s: float) -> None: ...
    def commit(self, *, locks: bool = True) -> None: ...
