"""Creating, updating, deleting and restoring the entities of a namespace."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar, cast

from servicebus_emulator.broker.context import Context
from servicebus_emulator.broker.description import (
    DEFAULT_RULE_NAME,
    Description,
    QueueDescription,
    RuleDescription,
    SubscriptionDescription,
    TopicDescription,
    validate,
)
from servicebus_emulator.broker.entity import Entity
from servicebus_emulator.broker.entity_path import (
    DEAD_LETTER_SUFFIX,
    TRANSFER_DEAD_LETTER_SUFFIX,
    subscription_path,
)
from servicebus_emulator.broker.errors import (
    BrokerError,
    EntityAlreadyExists,
    EntityNotFound,
    QuotaExceeded,
)
from servicebus_emulator.broker.events import EntityEnded
from servicebus_emulator.broker.queue import Queue
from servicebus_emulator.broker.refusals import Asked, check, settled
from servicebus_emulator.broker.rule import Rule
from servicebus_emulator.broker.subscription import Subscription
from servicebus_emulator.broker.topic import Topic

D = TypeVar("D", bound=Description)

# A store id is 4 * entity number + one of these.
MAIN, DEAD_LETTER, TRANSFER_DEAD_LETTER = 0, 1, 2


def create_queue(context: Context, description: QueueDescription, now_s: float) -> Queue:
    description = _checked_new(context, description.name, description)
    queue = _add_queue(context, _next_store_id(context), description, now_s)
    context.journal.entity_changed(queue.store_id, queue.path, description, now_s, now_s)
    return queue


def create_topic(context: Context, description: TopicDescription, now_s: float) -> Topic:
    description = _checked_new(context, description.name, description)
    topic = _add_topic(context, _next_store_id(context), description, now_s)
    context.journal.entity_changed(topic.store_id, topic.path, description, now_s, now_s)
    return topic


def create_subscription(
    context: Context,
    topic: Topic,
    description: SubscriptionDescription,
    now_s: float,
    rules: Sequence[RuleDescription] | None,
) -> Subscription:
    maximum = context.limits.max_subscriptions_per_topic
    if maximum is not None and len(topic.subscriptions) >= maximum:
        raise QuotaExceeded(f"Topic '{topic.path}' has {maximum} subscriptions, as many as allowed.")
    path = subscription_path(topic.path, description.name)
    description = _checked_new(context, path, description)
    wanted = [RuleDescription(DEFAULT_RULE_NAME)] if rules is None else list(rules)
    for rule in wanted:
        Rule(rule)  # refuses a bad one before anything is made
    if len({rule.name.lower() for rule in wanted}) != len(wanted):
        raise EntityAlreadyExists(f"Two rules of subscription '{description.name}' have the same name.")
    subscription = _add_subscription(context, _next_store_id(context), topic, description, now_s)
    context.journal.entity_changed(subscription.store_id, path, description, now_s, now_s)
    try:
        for rule in wanted:
            subscription.add_rule(rule, now_s)
    except BrokerError:
        delete(context, subscription, now_s)
        raise
    topic.accessed_s = now_s
    return subscription


def update(context: Context, entity: Entity, description: Description, now_s: float) -> None:
    """Raises NotAllowed for what is fixed after creation, and what creation raises for the rest."""
    before = entity.description
    description = replace(_checked(context, entity.path, description, before), name=before.name)
    entity.updated_s = entity.idle_since_s = now_s
    had_forward = isinstance(entity, Queue) and entity.forward_to is not None
    entity.apply_description(description, now_s)
    context.journal.entity_changed(entity.store_id, entity.path, description, entity.created_s, now_s)
    if isinstance(entity, Queue) and entity.forward_to is not None and not had_forward:
        entity.forward_waiting(now_s)


def delete(context: Context, entity: Entity, now_s: float) -> None:
    """Remove an entity with everything in it; its receivers end with EntityNotFound."""
    if isinstance(entity, Topic):
        for subscription in list(entity.subscriptions.values()):
            delete(context, subscription, now_s)
    if isinstance(entity, Subscription):
        entity.topic.subscriptions.pop(entity.name.lower(), None)
        entity.topic.accessed_s = now_s
    gone = EntityNotFound(f"'{entity.path}' was deleted.")
    parts = [entity, entity.transfer_dead_letter_queue]
    if isinstance(entity, Queue):
        parts.append(entity.dead_letter_queue)
    for part in parts:
        if part is None:
            continue
        part.deleted = True
        context.entities.pop(part.path.lower(), None)
        if isinstance(part, Queue):
            part.end_receivers(gone, now_s)
        context.events.append(EntityEnded(part, gone))
        for message in part.messages.values():
            message.present = False
        part.messages.clear()
        context.journal.entity_removed(part.store_id)


# -- restoring, as the store read it; nothing is checked and nothing told to the journal
def restore_entity(
    context: Context,
    store_id: int,
    path: str,
    description: Description,
    created_s: float,
    updated_s: float,
    now_s: float,
) -> Entity:
    """Make a stored entity again. Topics come before their subscriptions; idleness is counted from `now_s`."""
    context.last_entity_number = max(context.last_entity_number, store_id // 4)
    entity: Entity
    if isinstance(description, TopicDescription):
        entity = _add_topic(context, store_id, description, created_s)
    elif isinstance(description, QueueDescription):
        entity = _add_queue(context, store_id, description, created_s)
    else:
        topic = context.find(path[: -len(f"/Subscriptions/{description.name}")].lower())
        if not isinstance(topic, Topic):
            raise EntityNotFound(f"Namespace '{context.name}' has no topic for the subscription '{path}'.")
        entity = _add_subscription(context, store_id, topic, description, created_s)
    entity.updated_s = updated_s
    entity.idle_since_s = now_s
    return entity


# -- parts
def _next_store_id(context: Context) -> int:
    context.last_entity_number += 1
    return context.last_entity_number * 4 + MAIN


def _checked_new(context: Context, path: str, description: D) -> D:
    if context.find(path.lower()) is not None:
        raise EntityAlreadyExists(f"Namespace '{context.name}' has an entity '{path}' already.")
    limits = context.limits
    if limits.max_queues_and_topics is not None and not isinstance(description, SubscriptionDescription):
        present = sum(
            1
            for item in context.entities.values()
            if item.store_id % 4 == MAIN and "/subscriptions/" not in item.path.lower()
        )
        if present >= limits.max_queues_and_topics:
            raise QuotaExceeded(
                f"Namespace '{context.name}' has {present} queues and topics, as many as {limits.name} allows."
            )
    return _checked(context, path, description, None)


def _checked(context: Context, path: str, description: D, before: Description | None) -> D:
    """The description as it is kept. Raises what forbids it: a value out of its range, or a row of `refusals`."""
    description = cast(D, settled(Asked(context, path, description, before)))
    asked = Asked(context, path, description, before)
    check(asked)
    validate(description, context.limits.ranges)
    return description


def _add_queue(context: Context, store_id: int, description: QueueDescription, now_s: float) -> Queue:
    queue = Queue(context, store_id, description.name, description, now_s)
    _add_sub_queues(context, queue, now_s)
    context.entities[queue.path.lower()] = queue
    queue.apply_description(description, now_s)
    return queue


def _add_topic(context: Context, store_id: int, description: TopicDescription, now_s: float) -> Topic:
    topic = Topic(context, store_id, description.name, description, now_s)
    path = topic.path + TRANSFER_DEAD_LETTER_SUFFIX
    dead_letter_queue = Queue(
        context,
        store_id + TRANSFER_DEAD_LETTER,
        path,
        QueueDescription(description.name),
        now_s,
        sub_queue_of=topic,
    )
    topic.transfer_dead_letter_queue = dead_letter_queue
    context.entities[path.lower()] = dead_letter_queue
    context.entities[topic.path.lower()] = topic
    topic.apply_description(description, now_s)
    return topic


def _add_subscription(
    context: Context, store_id: int, topic: Topic, description: SubscriptionDescription, now_s: float
) -> Subscription:
    path = subscription_path(topic.path, description.name)
    subscription = Subscription(context, store_id, path, description, now_s, topic)
    _add_sub_queues(context, subscription, now_s)
    context.entities[path.lower()] = subscription
    topic.subscriptions[description.name.lower()] = subscription
    subscription.apply_description(description, now_s)
    return subscription


def _add_sub_queues(context: Context, queue: Queue, now_s: float) -> None:
    for number, suffix in (
        (DEAD_LETTER, DEAD_LETTER_SUFFIX),
        (TRANSFER_DEAD_LETTER, TRANSFER_DEAD_LETTER_SUFFIX),
    ):
        path = queue.path + suffix
        dead_letter_queue = Queue(
            context, queue.store_id + number, path, queue.description, now_s, sub_queue_of=queue
        )
        context.entities[path.lower()] = dead_letter_queue
        if number == DEAD_LETTER:
            queue.dead_letter_queue = dead_letter_queue
        else:
            queue.transfer_dead_letter_queue = dead_letter_queue
