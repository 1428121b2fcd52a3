"""One management request, and its map of arguments read with their types checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from servicebus_emulator.amqp.types import Array, Timestamp
from servicebus_emulator.broker.errors import ArgumentError, NotAllowed
from servicebus_emulator.broker.queue import Queue
from servicebus_emulator.broker.receiver import Receiver
from servicebus_emulator.broker.subscription import Subscription
from servicebus_emulator.broker.topic import Topic
from servicebus_emulator.broker.transaction import Transaction

MAX_ITEMS = 10_000
"""Most items of one request's list."""


class Arguments:
    """The body of a request. Each getter raises ArgumentError naming operation and argument."""

    def __init__(self, operation: str, values: dict[Any, Any]) -> None:
        self.operation = operation
        self._values = {str(key): value for key, value in values.items()}

    def _wrong(self, name: str, wanted: str) -> ArgumentError:
        return ArgumentError(f"{self.operation}: the argument '{name}' must be {wanted}.")

    def optional(self, name: str) -> Any:
        """Any value, None when absent."""
        return self._values.get(name)

    def text(self, name: str) -> str:
        value = self._values.get(name)
        if not isinstance(value, str):
            raise self._wrong(name, "a string")
        return value

    def optional_text(self, name: str) -> str | None:
        return None if self._values.get(name) is None else self.text(name)

    def number(self, name: str, default: int | None = None) -> int:
        value = self._values.get(name)
        if value is None and default is not None:
            return default
        if not isinstance(value, int) or isinstance(value, bool):
            raise self._wrong(name, "a whole number")
        return int(value)

    def time_s(self, name: str) -> float:
        """A timestamp, as seconds since the epoch."""
        value = self._values.get(name)
        if type(value) is not Timestamp:
            raise self._wrong(name, "a timestamp")
        return value / 1000

    def items(self, name: str, kind: type, wanted: str) -> list[Any]:
        """A list or an array of one type, not empty."""
        value = self._values.get(name)
        if isinstance(value, Array):
            value = value.items
        if not isinstance(value, list) or not value or not all(isinstance(item, kind) for item in value):
            raise self._wrong(name, wanted)
        if len(value) > MAX_ITEMS:
            raise ArgumentError(
                f"{self.operation}: '{name}' has {len(value)} items, at most {MAX_ITEMS} are taken."
            )
        return value

    def lock_tokens(self) -> list[bytes]:
        """The lock tokens, in .NET's little-endian GUID order."""
        return [token.bytes_le for token in self.items("lock-tokens", UUID, "a list or array of uuid")]

    def sequence_numbers(self) -> list[int]:
        return [int(n) for n in self.items("sequence-numbers", int, "a list or array of long")]


@dataclass(frozen=True, slots=True)
class Call:
    """One management request. `receiver` is the client's receiver that it names as associated link.

    `receiver_gone`: it names a link that is no receiver (any more).
    """

    entity: Queue | Topic
    arguments: Arguments
    now_s: float
    transaction: Transaction | None
    receiver: Receiver | None
    receiver_gone: bool = False

    @property
    def session_queue(self) -> Queue:
        """The entity for what the holder of a session does. Raises NotAllowed on a topic, SessionLockLost when the
        request comes from a receiver that lost its session, or whose link is gone and the session with it."""
        queue = self.queue
        lost = self.receiver_gone or (self.receiver is not None and self.receiver.session_lost)
        if lost and queue.requires_session:
            raise queue.locks.lost(b"")
        return queue

    @property
    def queue(self) -> Queue:
        """The entity as something with messages in it. Raises NotAllowed on a topic."""
        if isinstance(self.entity, Topic):
            raise NotAllowed(
                f"{self.arguments.operation} is for queues and subscriptions; '{self.entity.path}' is a topic."
            )
        return self.entity

    @property
    def subscription(self) -> Subscription:
        """The entity as a subscription. Raises NotAllowed otherwise."""
        if not isinstance(self.entity, Subscription):
            raise NotAllowed(
                f"{self.arguments.operation} is for subscriptions; '{self.entity.path}' is none."
            )
        return self.entity
