"""Creating, updating, deleting and restoring the entities of a namespace."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from servicebus_emulator.broker.address import (
    DEAD_LETTER_SUFFIX,
    TRANSFER_DEAD_LETTER_SUFFIX,
    entity_key,
    subscription_path,
)
from servicebus_emulator.broker.description import (
    DEFAULT_RULE_NAME,
    FIXED_AFTER_CREATION,
    Description,
    QueueDescription,
    RuleDescription,
    SubscriptionDescription,
    TopicDescription,
    validate,
    vendor_name,
)
from servicebus_emulator.broker.entity import Entity
from servicebus_emulator.broker.errors import (
    ArgumentError,
    BrokerError,
    EntityAlreadyExists,
    EntityNotFound,
    NotAllowed,
    QuotaExceeded,
)
from servicebus_emulator.broker.notice import EntityEnded
from servicebus_emulator.broker.queue import Queue
from servicebus_emulator.broker.rule import Rule
from servicebus_emulator.broker.subscription import Subscription
from servicebus_emulator.broker.topic import Topic

if TYPE_CHECKING:
    from servicebus_emulator.broker.namespace import Namespace

# A store id is 4 * entity number + one of these.
MAIN, DEAD_LETTER, TRANSFER_DEAD_LETTER = 0, 1, 2


def create_queue(namespace: Namespace, description: QueueDescription, now_s: float) -> Queue:
    _check_new(namespace, description.name, description)
    queue = _add_queue(namespace, _next_store_id(namespace), description, now_s)
    namespace.journal.entity_changed(queue.store_id, queue.path, description, now_s, now_s)
    return queue


def create_topic(namespace: Namespace, description: TopicDescription, now_s: float) -> Topic:
    if not namespace.limits.topics:
        raise NotAllowed(f"Topics are not part of the {namespace.limits.name} tier.")
    _check_new(namespace, description.name, description)
    topic = _add_topic(namespace, _next_store_id(namespace), description, now_s)
    namespace.journal.entity_changed(topic.store_id, topic.path, description, now_s, now_s)
    return topic


def create_subscription(
    namespace: Namespace,
    topic: Topic,
    description: SubscriptionDescription,
    now_s: float,
    rules: Sequence[RuleDescription] | None,
) -> Subscription:
    maximum = namespace.limits.max_subscriptions_per_topic
    if maximum is not None and len(topic.subscriptions) >= maximum:
        raise QuotaExceeded(f"Topic '{topic.path}' has {maximum} subscriptions, as many as allowed.")
    path = subscription_path(topic.path, description.name)
    _check_new(namespace, path, description)
    wanted = [RuleDescription(DEFAULT_RULE_NAME)] if rules is None else list(rules)
    for rule in wanted:
        Rule(rule)  # refuses a bad one before anything is made
    if len({rule.name.lower() for rule in wanted}) != len(wanted):
        raise EntityAlreadyExists(f"Two rules of subscription '{description.name}' have the same name.")
    subscription = _add_subscription(namespace, _next_store_id(namespace), topic, description, now_s)
    namespace.journal.entity_changed(subscription.store_id, path, description, now_s, now_s)
    try:
        for rule in wanted:
            subscription.add_rule(rule, now_s)
    except BrokerError:
        delete(namespace, subscription, now_s)
        raise
    topic.accessed_s = now_s
    return subscription


def update(entity: Entity, description: Description, now_s: float) -> None:
    """Raises NotAllowed for what is fixed after creation, and what creation raises for the rest."""
    namespace, before = entity.namespace, entity.description
    for field in FIXED_AFTER_CREATION:
        if getattr(before, field, None) != getattr(description, field, None):
            raise NotAllowed(
                f"{vendor_name(field)} of '{entity.path}' cannot be changed after creation: delete and create it."
            )
    _check_description(namespace, entity.path, description)
    description = replace(description, name=before.name)
    entity.updated_s = entity.accessed_s = now_s
    had_forward = isinstance(entity, Queue) and entity.forward_to is not None
    entity.apply_description(description, now_s)
    namespace.journal.entity_changed(entity.store_id, entity.path, description, entity.created_s, now_s)
    if isinstance(entity, Queue) and entity.forward_to is not None and not had_forward:
        entity.forward_waiting(now_s)


def delete(namespace: Namespace, entity: Entity, now_s: float) -> None:
    """Remove an entity with everything in it; its receivers end with EntityNotFound."""
    if isinstance(entity, Topic):
        for subscription in list(entity.subscriptions.values()):
            delete(namespace, subscription, now_s)
    if isinstance(entity, Subscription):
        entity.topic.subscriptions.pop(entity.name.lower(), None)
        entity.topic.accessed_s = now_s
    gone = EntityNotFound(f"'{entity.path}' was deleted.")
    parts = [entity, entity.transfer_dead_letter]
    if isinstance(entity, Queue):
        parts.append(entity.dead_letter)
    for part in parts:
        if part is None:
            continue
        part.deleted = True
        namespace.entities.pop(part.path.lower(), None)
        if isinstance(part, Queue):
            part.end_receivers(gone, now_s)
        namespace.notices.append(EntityEnded(part, gone))
        for message in part.messages.values():
            message.present = False
        part.messages.clear()
        namespace.journal.entity_removed(part.store_id)


# -- restoring, as the store read it; nothing is checked and nothing told to the journal
def restore_entity(
    namespace: Namespace,
    store_id: int,
    path: str,
    description: Description,
    created_s: float,
    updated_s: float,
    now_s: float,
) -> Entity:
    """Make a stored entity again. Topics come before their subscriptions; idleness is counted from `now_s`."""
    namespace.last_entity_number = max(namespace.last_entity_number, store_id // 4)
    entity: Entity
    if isinstance(description, TopicDescription):
        entity = _add_topic(namespace, store_id, description, created_s)
    elif isinstance(description, QueueDescription):
        entity = _add_queue(namespace, store_id, description, created_s)
    else:
        topic = namespace.topic(path[: -len(f"/Subscriptions/{description.name}")])
        entity = _add_subscription(namespace, store_id, topic, description, created_s)
    entity.updated_s = updated_s
    entity.accessed_s = now_s
    return entity


# -- parts
def _next_store_id(namespace: Namespace) -> int:
    namespace.last_entity_number += 1
    return namespace.last_entity_number * 4 + MAIN


def _check_new(namespace: Namespace, path: str, description: Description) -> None:
    if namespace.find(path.lower()) is not None:
        raise EntityAlreadyExists(f"Namespace '{namespace.name}' has an entity '{path}' already.")
    limits = namespace.limits
    if limits.max_queues_and_topics is not None and not isinstance(description, SubscriptionDescription):
        present = sum(
            1
            for item in namespace.entities.values()
            if item.store_id % 4 == MAIN and "/subscriptions/" not in item.path.lower()
        )
        if present >= limits.max_queues_and_topics:
            raise QuotaExceeded(
                f"Namespace '{namespace.name}' has {present} queues and topics, as many as {limits.name} allows."
            )
    _check_description(namespace, path, description)


def _check_description(namespace: Namespace, path: str, description: Description) -> None:
    limits = namespace.limits
    validate(description, limits.ranges)
    if isinstance(description, TopicDescription):
        if description.requires_duplicate_detection and not limits.duplicate_detection:
            raise NotAllowed(f"Duplicate detection is not part of the {limits.name} tier.")
        return
    if description.requires_session and not limits.sessions:
        raise NotAllowed(f"Sessions are not part of the {limits.name} tier.")
    if (
        isinstance(description, QueueDescription)
        and description.requires_duplicate_detection
        and not limits.duplicate_detection
    ):
        raise NotAllowed(f"Duplicate detection is not part of the {limits.name} tier.")
    for field in ("forward_to", "forward_dead_lettered_messages_to"):
        target = getattr(description, field)
        if not target:
            continue
        if not limits.auto_forward:
            raise NotAllowed(f"Auto-forwarding is not part of the {limits.name} tier.")
        key = entity_key(target)
        # The cloud accepts an entity that forwards to itself (SDK test test_mgmt_queue_update_success); the hop
        # limit ends what is sent to it.
        destination = namespace.find(key)
        if destination is None or isinstance(destination, Subscription) or destination.store_id % 4 != MAIN:
            raise ArgumentError(
                f"{vendor_name(field)} of '{path}' names '{target}', which is no queue or topic of this namespace: create it first."
            )


def _add_queue(namespace: Namespace, store_id: int, description: QueueDescription, now_s: float) -> Queue:
    queue = Queue(namespace, store_id, description.name, description, now_s)
    _add_sub_queues(queue, now_s)
    namespace.entities[queue.path.lower()] = queue
    queue.apply_description(description, now_s)
    return queue


def _add_topic(namespace: Namespace, store_id: int, description: TopicDescription, now_s: float) -> Topic:
    topic = Topic(namespace, store_id, description.name, description, now_s)
    path = topic.path + TRANSFER_DEAD_LETTER_SUFFIX
    tray = Queue(
        namespace,
        store_id + TRANSFER_DEAD_LETTER,
        path,
        QueueDescription(description.name),
        now_s,
        sub_queue_of=topic,
    )
    topic.transfer_dead_letter = tray
    namespace.entities[path.lower()] = tray
    namespace.entities[topic.path.lower()] = topic
    topic.apply_description(description, now_s)
    return topic


def _add_subscription(
    namespace: Namespace, store_id: int, topic: Topic, description: SubscriptionDescription, now_s: float
) -> Subscription:
    path = subscription_path(topic.path, description.name)
    subscription = Subscription(namespace, store_id, path, description, now_s, topic)
    _add_sub_queues(subscription, now_s)
    namespace.entities[path.lower()] = subscription
    topic.subscriptions[description.name.lower()] = subscription
    subscription.apply_description(description, now_s)
    return subscription


def _add_sub_queues(queue: Queue, now_s: float) -> None:
    namespace = queue.namespace
    for number, suffix in (
        (DEAD_LETTER, DEAD_LETTER_SUFFIX),
        (TRANSFER_DEAD_LETTER, TRANSFER_DEAD_LETTER_SUFFIX),
    ):
        path = queue.path + suffix
        tray = Queue(namespace, queue.store_id + number, path, queue.description, now_s, sub_queue_of=queue)
        namespace.entities[path.lower()] = tray
        if number == DEAD_LETTER:
            queue.dead_letter = tray
        else:
            queue.transfer_dead_letter = tray
