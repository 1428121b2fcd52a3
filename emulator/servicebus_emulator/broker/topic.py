"""A topic: copies each message into the subscriptions whose rules match."""

from __future__ import annotations

from typing import TYPE_CHECKING

from servicebus_emulator.broker import dead_letter as dead
from servicebus_emulator.broker.description import Description, TopicDescription
from servicebus_emulator.broker.entity import Entity
from servicebus_emulator.broker.message import Content, Message

if TYPE_CHECKING:
    from servicebus_emulator.broker.namespace import Namespace
    from servicebus_emulator.broker.subscription import Subscription


class Topic(Entity):
    """A topic. Scheduled messages wait here; everything else is in the subscriptions.

    Sending (`send`, `schedule`, `cancel_scheduled`) is described in `Entity`. `subscriptions` is keyed by lower-case
    name. `transfer_dead_letter` (a Queue) holds what a send-via post could not deliver.
    """

    __slots__ = ("subscriptions",)
    description: TopicDescription

    def __init__(
        self, namespace: Namespace, store_id: int, path: str, description: TopicDescription, now_s: float
    ) -> None:
        super().__init__(namespace, store_id, path, description, now_s)
        self.subscriptions: dict[str, Subscription] = {}

    @property
    def size_bytes(self) -> int:
        """Bytes of scheduled messages and of all subscriptions with their dead letters."""
        total = self.stored_bytes
        for subscription in self.subscriptions.values():
            total += subscription.stored_bytes
            if subscription.dead_letter is not None:
                total += subscription.dead_letter.stored_bytes
        return total

    def peek(self, from_sequence_number: int, count: int, now_s: float) -> list[Message]:
        """Its scheduled messages from a sequence number upward."""
        self.begin(now_s)
        found: list[Message] = []
        for message in self.from_number(from_sequence_number):
            if len(found) >= count:
                break
            found.append(message)
        return found

    def purge(self, now_s: float) -> int:
        """Remove every scheduled message. Returns how many."""
        self.begin(now_s)
        found = list(self.messages.values())
        for message in found:
            self.remove(message)
        return len(found)

    def arrive(
        self, content: Content, number: int, now_s: float, hops: int, enqueued_number: int, source: str | None
    ) -> None:
        for subscription in list(self.subscriptions.values()):
            subscription.offer(content, now_s, hops, enqueued_number or number, source)

    def transfer(self, content: Content, destination: str, now_s: float) -> None:
        refusal = dead.forward(self, destination, content, now_s, 0, 0)
        tray = self.transfer_dead_letter
        if refusal is not None and tray is not None:
            dead.take_in(tray, content, tray.next_sequence_number(), now_s, now_s, 0, 0, *refusal)

    def last_access_s(self) -> float:
        own_s = super().last_access_s()
        return max([own_s, *(item.last_access_s() for item in self.subscriptions.values())])

    def is_busy(self) -> bool:
        return super().is_busy() or any(item.is_read for item in self.subscriptions.values())

    def apply_description(self, description: Description, now_s: float) -> None:
        super().apply_description(description, now_s)
        for subscription in self.subscriptions.values():
            subscription.cap_time_to_live()
