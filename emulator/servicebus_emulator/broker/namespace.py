"""A namespace: its entities, its timers, its outbox. Gateway and administration call nothing else of the broker first."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from servicebus_emulator.broker import catalog
from servicebus_emulator.broker.context import Context
from servicebus_emulator.broker.description import (
    QueueDescription,
    RuleDescription,
    SubscriptionDescription,
    TopicDescription,
)
from servicebus_emulator.broker.entity_path import entity_key
from servicebus_emulator.broker.errors import EntityNotFound
from servicebus_emulator.broker.journal import Journal
from servicebus_emulator.broker.limits import UNLIMITED, Limits
from servicebus_emulator.broker.queue import Queue
from servicebus_emulator.broker.subscription import Subscription
from servicebus_emulator.broker.topic import Topic


class Namespace(Context):
    """Everything one Service Bus namespace holds.

    `now_s` is seconds since the epoch and must never go back; the server adds its own offset to move time forward.
    Names are case-insensitive and keep the case they were created with.
    """

    def __init__(
        self,
        name: str,
        *,
        limits: Limits = UNLIMITED,
        journal: Journal | None = None,
        seed: int = 0,
    ) -> None:
        """`seed` starts the generator of lock tokens and newid(); give each run another one."""
        super().__init__(name, limits=limits, journal=journal, seed=seed)
        self.delete = partial(catalog.delete, self)

    # -- entities. Create raises EntityAlreadyExists, ArgumentError, ArgumentOutOfRange, QuotaExceeded, NotAllowed;
    #    get, update and delete raise EntityNotFound; update also NotAllowed for what is fixed after creation.
    def create_queue(self, description: QueueDescription, now_s: float) -> Queue:
        return catalog.create_queue(self, description, now_s)

    def create_topic(self, description: TopicDescription, now_s: float) -> Topic:
        return catalog.create_topic(self, description, now_s)

    def create_subscription(
        self,
        topic_name: str,
        description: SubscriptionDescription,
        now_s: float,
        *,
        rules: Sequence[RuleDescription] | None = None,
    ) -> Subscription:
        """With `rules` None it gets `$Default`, a true filter."""
        return catalog.create_subscription(self, self.topic(topic_name), description, now_s, rules)

    def queue(self, name: str) -> Queue:
        found = self.find(entity_key(name))
        if not isinstance(found, Queue) or isinstance(found, Subscription) or found.is_sub_queue:
            raise EntityNotFound(f"Namespace '{self.name}' has no queue '{name}'.")
        return found

    def topic(self, name: str) -> Topic:
        found = self.find(entity_key(name))
        if not isinstance(found, Topic):
            raise EntityNotFound(f"Namespace '{self.name}' has no topic '{name}'.")
        return found

    def subscription(self, topic_name: str, name: str) -> Subscription:
        found = self.topic(topic_name).subscriptions.get(name.lower())
        if found is None:
            raise EntityNotFound(f"Topic '{topic_name}' has no subscription '{name}'.")
        return found

    def queues(self) -> list[Queue]:
        """In name order."""
        found = [
            item
            for item in self.entities.values()
            if isinstance(item, Queue) and not isinstance(item, Subscription) and not item.is_sub_queue
        ]
        return sorted(found, key=lambda item: item.path.lower())

    def topics(self) -> list[Topic]:
        """In name order."""
        found = [item for item in self.entities.values() if isinstance(item, Topic)]
        return sorted(found, key=lambda item: item.path.lower())

    def subscriptions(self, topic_name: str) -> list[Subscription]:
        """In name order."""
        return [item for _, item in sorted(self.topic(topic_name).subscriptions.items())]

    def update_queue(self, description: QueueDescription, now_s: float) -> Queue:
        queue = self.queue(description.name)
        catalog.update(self, queue, description, now_s)
        return queue

    def update_topic(self, description: TopicDescription, now_s: float) -> Topic:
        topic = self.topic(description.name)
        catalog.update(self, topic, description, now_s)
        return topic

    def update_subscription(
        self, topic_name: str, description: SubscriptionDescription, now_s: float
    ) -> Subscription:
        subscription = self.subscription(topic_name, description.name)
        catalog.update(self, subscription, description, now_s)
        return subscription

    def delete_queue(self, name: str, now_s: float) -> None:
        catalog.delete(self, self.queue(name), now_s)

    def delete_topic(self, name: str, now_s: float) -> None:
        catalog.delete(self, self.topic(name), now_s)

    def delete_subscription(self, topic_name: str, name: str, now_s: float) -> None:
        catalog.delete(self, self.subscription(topic_name, name), now_s)

    def resolve(self, address: str) -> Queue | Topic:
        """The entity an AMQP path names; scheme, host and a leading `/` are ignored.

        `name`, `topic/Subscriptions/sub`, each with `/$DeadLetterQueue` or `/$Transfer/$DeadLetterQueue`;
        case-insensitive. `$management` and `$cbs` are the gateway's. Raises EntityNotFound.
        """
        found = self.find(entity_key(address))
        if isinstance(found, (Queue, Topic)):
            return found
        raise EntityNotFound(
            f"The messaging entity '{address}' could not be found in namespace '{self.name}': create it first, "
            "or correct the name."
        )
