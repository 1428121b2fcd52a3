"""Configured entities as values, and how they are put into a namespace."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from servicebus_emulator.broker.description import (
    Description,
    QueueDescription,
    RuleDescription,
    SubscriptionDescription,
    TopicDescription,
)
from servicebus_emulator.broker.entity import Entity
from servicebus_emulator.broker.errors import BrokerError, EntityNotFound
from servicebus_emulator.broker.namespace import Namespace
from servicebus_emulator.broker.refusals import Asked, settled
from servicebus_emulator.sas import AccessRule


@dataclass(frozen=True, slots=True)
class ConfiguredRule:
    """A rule and its place in the configuration."""

    description: RuleDescription
    path: str


@dataclass(frozen=True, slots=True)
class ConfiguredSubscription:
    """A subscription with its rules; without rules it gets ``$Default``."""

    description: SubscriptionDescription
    path: str
    rules: tuple[ConfiguredRule, ...] = ()


@dataclass(frozen=True, slots=True)
class ConfiguredEntity:
    """A queue, or a topic with its subscriptions."""

    description: QueueDescription | TopicDescription
    path: str
    subscriptions: tuple[ConfiguredSubscription, ...] = ()


@dataclass(frozen=True, slots=True)
class ConfiguredNamespace:
    """What one namespace starts with. Without ``access_rules`` the default key applies."""

    name: str
    path: str = "$"
    queues: tuple[ConfiguredEntity, ...] = ()
    topics: tuple[ConfiguredEntity, ...] = ()
    access_rules: tuple[AccessRule, ...] = ()


def apply(configured: ConfiguredNamespace, broker: Namespace, now_s: float) -> list[str]:
    """Create what is missing and update what differs; what the configuration does not name stays.

    Every entity is made first without its forwarding, so that they may be in any order.
    Returns a line, with its path, for each thing the broker refused.
    """
    work = _Work(broker, now_s, [])
    every = (*configured.queues, *configured.topics)
    seen: dict[str, str] = {}
    for entity in every:
        name = entity.description.name
        first = seen.setdefault(name.lower(), entity.path)
        if first != entity.path:
            work.problems.append(
                f"{entity.path}.Name: '{name}' is taken by {first} (names do not differ by case)"
            )
            continue
        work.entity(entity)
    for entity in every:
        work.forward(entity)
    return work.problems


@dataclass(slots=True)
class _Work:
    broker: Namespace
    now_s: float
    problems: list[str]

    def attempt(self, path: str, act: Callable[[], object]) -> bool:
        try:
            act()
        except BrokerError as error:
            self.problems.append(f"{path}: {error}")
            return False
        return True

    def entity(self, entity: ConfiguredEntity) -> None:
        broker, now_s = self.broker, self.now_s
        bare = entity.description
        if isinstance(bare, QueueDescription):
            queue = replace(bare, forward_to=None, forward_dead_lettered_messages_to=None)
            if _missing(lambda: broker.queue(bare.name)):
                self.attempt(entity.path, lambda: broker.create_queue(queue, now_s))
            elif not _forwards(bare) and _differs(broker, bare, broker.queue(bare.name)):
                self.attempt(entity.path, lambda: broker.update_queue(queue, now_s))
            return
        topic = bare
        if _missing(lambda: broker.topic(topic.name)):
            if not self.attempt(entity.path, lambda: broker.create_topic(topic, now_s)):
                return
        elif _differs(broker, topic, broker.topic(topic.name)) and not self.attempt(
            entity.path, lambda: broker.update_topic(topic, now_s)
        ):
            return
        names: set[str] = set()
        for subscription in entity.subscriptions:
            name = subscription.description.name
            if name.lower() in names:
                self.problems.append(f"{subscription.path}.Name: '{name}' appears twice under '{topic.name}'")
                continue
            names.add(name.lower())
            self.subscription(topic.name, subscription)

    def subscription(self, topic: str, configured: ConfiguredSubscription) -> None:
        broker, now_s, description = self.broker, self.now_s, configured.description
        bare = replace(description, forward_to=None, forward_dead_lettered_messages_to=None)
        if _missing(lambda: broker.subscription(topic, description.name)):
            rules: list[RuleDescription] | None = [] if configured.rules else None
            if not self.attempt(
                configured.path, lambda: broker.create_subscription(topic, bare, now_s, rules=rules)
            ):
                return
        elif not _forwards(description) and _differs(
            broker, description, broker.subscription(topic, description.name)
        ):
            self.attempt(configured.path, lambda: broker.update_subscription(topic, bare, now_s))
        if configured.rules:
            self.rules(topic, configured)

    def rules(self, topic: str, configured: ConfiguredSubscription) -> None:
        """The configured rules and no others: an old one left over would let messages through unasked."""
        held = self.broker.subscription(topic, configured.description.name)
        wanted = {rule.description.name.lower(): rule for rule in configured.rules}
        if len(wanted) < len(configured.rules):
            self.problems.append(f"{configured.path}.Rules: two rules have the same name")
            return
        for old in held.rules():
            if old.name.lower() not in wanted:
                held.remove_rule(old.name, self.now_s)
        present = {rule.name.lower(): rule for rule in held.rules()}
        for key, rule in wanted.items():
            old_rule = present.get(key)
            new = rule.description
            if old_rule is None:
                self.attempt(rule.path, partial(held.add_rule, new, self.now_s))
            elif (old_rule.filter, old_rule.action) != (new.filter, new.action):
                self.attempt(rule.path, partial(held.replace_rule, new, self.now_s))

    def forward(self, entity: ConfiguredEntity) -> None:
        broker, now_s, description = self.broker, self.now_s, entity.description
        if isinstance(description, QueueDescription) and _forwards(description):
            queue = description
            if not _missing(lambda: broker.queue(queue.name)) and _differs(
                broker, queue, broker.queue(queue.name)
            ):
                self.attempt(f"{entity.path}.Properties", lambda: broker.update_queue(queue, now_s))
        for subscription in entity.subscriptions:
            wanted, topic = subscription.description, description.name
            if not _forwards(wanted) or _missing(partial(broker.subscription, topic, wanted.name)):
                continue
            if _differs(broker, wanted, broker.subscription(topic, wanted.name)):
                self.attempt(
                    f"{subscription.path}.Properties",
                    partial(broker.update_subscription, topic, wanted, now_s),
                )


def _differs(broker: Namespace, wanted: Description, present: Entity) -> bool:
    """Whether an update would change something."""
    before = present.description
    return settled(Asked(broker, present.path, wanted, before)) != before


def _forwards(description: QueueDescription | SubscriptionDescription) -> bool:
    return bool(description.forward_to or description.forward_dead_lettered_messages_to)


def _missing(get: Callable[[], object]) -> bool:
    try:
        get()
    except EntityNotFound:
        return True
    return False
