"""Which combinations of settings the service refuses, with its code and its words: one table for every way in.

Administration, config.json and the page all use `registry`, which reads this table at creation and at each
update; docs/cloud.md shows it to users. Main source: learn.microsoft.com service-bus-resource-manager-exceptions
("sbResourceMgrExceptions"), which lists the service's own sentences.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from servicebus_emulator.broker.description import (
    FOREVER_S,
    Description,
    QueueDescription,
    SubscriptionDescription,
    TopicDescription,
    vendor_name,
)
from servicebus_emulator.broker.entity_path import entity_key
from servicebus_emulator.broker.errors import ArgumentError, BrokerError, NotAllowed
from servicebus_emulator.broker.limits import Limits

if TYPE_CHECKING:
    from servicebus_emulator.broker.context import Context

PARTITIONS = 16
"""Partitions of a partitioned entity, each as large as was asked for (service-bus-partitioning)."""
MAIN = 0
"""What a store id of a queue, topic or subscription leaves, divided by 4; its sub-queues leave another rest."""
FORWARDS = ("forward_to", "forward_dead_lettered_messages_to")


@dataclass(frozen=True, slots=True)
class Asked:
    """A description that somebody wants to have, and what there is."""

    namespace: Context
    path: str
    description: Description
    before: Description | None
    """What an update replaces; None at creation."""

    @property
    def limits(self) -> Limits:
        return self.namespace.limits

    @property
    def kind(self) -> str:
        """As the service calls it in its texts."""
        return type(self.description).__name__.removesuffix("Description")

    def has(self, field: str) -> bool:
        return bool(getattr(self.description, field, None))

    def changed(self, field: str) -> bool:
        before = self.before
        return before is not None and getattr(before, field, None) != getattr(self.description, field, None)

    def default(self, field: str) -> bool:
        """Whether a field has its default (or the description has no such field)."""
        fields = type(self.description).__dataclass_fields__
        return field not in fields or getattr(self.description, field) == fields[field].default


@dataclass(frozen=True, slots=True)
class Refusal:
    """One row: a short name, who says so, and the check, which returns the error where the row applies."""

    name: str
    source: str
    check: Callable[[Asked], BrokerError | None]


def _fixed(field: str) -> Callable[[Asked], BrokerError | None]:
    def check(asked: Asked) -> BrokerError | None:
        if not asked.changed(field):
            return None
        again = "Delete it and create it again."
        if field == "enable_partitioning":
            return NotAllowed(f"Partitioning cannot be changed for {asked.kind}. {again}")
        return NotAllowed(
            f"The value for the {vendor_name(field)} property of an existing {asked.kind} cannot be changed. {again}"
        )

    return check


def _not_in_tier(field: str, has: Callable[[Limits], bool]) -> Callable[[Asked], BrokerError | None]:
    def check(asked: Asked) -> BrokerError | None:
        if has(asked.limits) or asked.default(field) or not asked.has(field):
            return None
        return NotAllowed(
            f"The property '{vendor_name(field)}' can't be set when creating a {asked.kind} because the namespace "
            f"'{asked.namespace.name}' is using the '{asked.limits.name.capitalize()}' Tier."
        )

    return check


def _topics(asked: Asked) -> BrokerError | None:
    if isinstance(asked.description, TopicDescription) and not asked.limits.topics:
        return NotAllowed(f"Topics are not part of the {asked.limits.name} tier.")
    return None


def _sessions_and_forward(asked: Asked) -> BrokerError | None:
    if asked.has("requires_session") and asked.has("forward_to"):
        return NotAllowed(
            f"'{asked.path}' requires sessions and cannot forward its messages as well: leave out ForwardTo, or let "
            "an entity without sessions forward to one with them."
        )
    return None


def _forward_to_itself(asked: Asked) -> BrokerError | None:
    for field in FORWARDS:
        target = getattr(asked.description, field, None)
        if target and entity_key(target) == asked.path.lower():
            return NotAllowed(
                f"'{asked.path}' has an auto-forwarding policy to itself: {vendor_name(field)}."
            )
    return None


def _forward_destination(asked: Asked) -> BrokerError | None:
    for field in FORWARDS:
        target = getattr(asked.description, field, None)
        if not target or (asked.before is not None and not asked.changed(field)):
            continue  # a destination that was deleted since keeps its source as it is
        destination = asked.namespace.find(entity_key(target))
        if (
            destination is None
            or isinstance(destination.description, SubscriptionDescription)
            or destination.store_id % 4 != MAIN
        ):
            return ArgumentError(
                f"The auto forwarding destination entity does not exist: {vendor_name(field)} of '{asked.path}' names "
                f"'{target}', which is no queue or topic of this namespace. Create it first.",
                sub_code=40400,
            )
    return None


def _express_and_duplicates(asked: Asked) -> BrokerError | None:
    if asked.has("enable_express") and asked.has("requires_duplicate_detection"):
        return NotAllowed(
            "Both DelayedPersistence property and RequiresDuplicateDetection property cannot be enabled together: "
            f"'{asked.path}' sets EnableExpress and RequiresDuplicateDetection."
        )
    return None


def _size(asked: Asked) -> BrokerError | None:
    sizes = asked.limits.entity_sizes_megabytes
    asks: int | None = getattr(asked.description, "max_size_in_megabytes", None)
    if asks is None or sizes is None or asks in sizes:
        return None
    return ArgumentError(
        f"The specified value {asks} is invalid. The property 'MaxSizeInMegabytes', must be one of the following "
        f"values: {';'.join(map(str, sizes))}."
    )


def _partitioned_size(asked: Asked) -> BrokerError | None:
    asks: int | None = getattr(asked.description, "max_size_in_megabytes", None)
    if asks is not None and asked.has("enable_partitioning") and asks * PARTITIONS > 81_920:
        return ArgumentError(
            f"The specified value {asks} is invalid. The property 'MaxSizeInMegabytes' of the partitioned entity "
            f"'{asked.path}' is for each of its {PARTITIONS} partitions: at most 5120."
        )
    return None


def _large_messages(asked: Asked) -> BrokerError | None:
    if asked.has("max_message_size_in_kilobytes") and not asked.limits.large_messages:
        return NotAllowed(
            f"MaxMessageSizeInKilobytes: not available in the {asked.limits.name} tier, only in premium."
        )
    return None


REFUSALS: tuple[Refusal, ...] = (
    Refusal("Topic in Basic", "docs/resource-manager-exceptions", _topics),
    Refusal(
        "RequiresSession in Basic",
        "docs/resource-manager-exceptions",
        _not_in_tier("requires_session", lambda limits: limits.sessions),
    ),
    Refusal(
        "RequiresDuplicateDetection in Basic",
        "docs/resource-manager-exceptions",
        _not_in_tier("requires_duplicate_detection", lambda limits: limits.duplicate_detection),
    ),
    Refusal(
        "ForwardTo in Basic",
        "docs/resource-manager-exceptions",
        _not_in_tier("forward_to", lambda limits: limits.auto_forward),
    ),
    Refusal(
        "ForwardDeadLetteredMessagesTo in Basic",
        "docs/resource-manager-exceptions",
        _not_in_tier("forward_dead_lettered_messages_to", lambda limits: limits.auto_forward),
    ),
    Refusal(
        "AutoDeleteOnIdle in Basic",
        "docs/resource-manager-exceptions",
        _not_in_tier("auto_delete_on_idle_s", lambda limits: limits.own_idle_and_lifetime),
    ),
    Refusal(
        "DefaultMessageTimeToLive in Basic",
        "docs/resource-manager-exceptions",
        _not_in_tier("default_message_time_to_live_s", lambda limits: limits.own_idle_and_lifetime),
    ),
    Refusal(
        "EnableExpress in Basic or Premium",
        "docs/resource-manager-exceptions, docs/service-bus-premium-messaging",
        _not_in_tier("enable_express", lambda limits: limits.express),
    ),
    Refusal(
        "EnablePartitioning in Premium",
        "docs/service-bus-partitioning; Go live tests of administration",
        _not_in_tier("enable_partitioning", lambda limits: limits.partitioning),
    ),
    Refusal("MaxMessageSizeInKilobytes outside Premium", "suite test_mgmt_queues.py", _large_messages),
    # before the sizes, which mean another thing with partitions
    Refusal("RequiresSession changed", "docs/resource-manager-exceptions", _fixed("requires_session")),
    Refusal(
        "RequiresDuplicateDetection changed",
        "docs/resource-manager-exceptions",
        _fixed("requires_duplicate_detection"),
    ),
    Refusal("EnablePartitioning changed", "docs/resource-manager-exceptions", _fixed("enable_partitioning")),
    Refusal("MaxSizeInMegabytes of Standard", "docs/resource-manager-exceptions", _size),
    Refusal("MaxSizeInMegabytes of a partitioned entity", "docs/service-bus-partitioning", _partitioned_size),
    Refusal(
        "EnableExpress with RequiresDuplicateDetection",
        "docs/resource-manager-exceptions",
        _express_and_duplicates,
    ),
    Refusal(
        "RequiresSession with ForwardTo",
        "issues 317 and 660 of Azure/azure-service-bus",
        _sessions_and_forward,
    ),
    Refusal(
        "Forwarding to itself", "issue 737 of Particular/NServiceBus.AzureServiceBus", _forward_to_itself
    ),
    Refusal(
        "Forwarding to what does not exist", "issue 203 of Azure/azure-service-bus", _forward_destination
    ),
)


def check(asked: Asked) -> None:
    """Raise the first refusal that applies."""
    for row in REFUSALS:
        error = row.check(asked)
        if error is not None:
            raise error


def settled(asked: Asked) -> Description:
    """The description as the service keeps it: what a client sends back unchanged means what it was before.

    A forwarding entity never counts as idle, so its AutoDeleteOnIdle becomes the longest (service-bus-auto-forwarding;
    Azure/azure-service-bus#5). A partitioned one shows sixteen times the size it was asked for; that number given back
    means the same size. The tier's own message size given back sets none.
    """
    description = asked.description
    changes: dict[str, object] = {}
    if any(getattr(description, field, None) for field in FORWARDS):
        changes["auto_delete_on_idle_s"] = FOREVER_S
    if isinstance(description, (QueueDescription, TopicDescription)):
        size = description.max_size_in_megabytes
        shown = description.enable_partitioning and size > 5120 and size % PARTITIONS == 0
        if getattr(asked.before, "enable_partitioning", False) and asked.before is not None:
            shown = shown or (description.enable_partitioning and size == shown_size_megabytes(asked.before))
        if shown:
            changes["max_size_in_megabytes"] = size // PARTITIONS
        kilobytes = description.max_message_size_in_kilobytes
        if kilobytes is not None and kilobytes == asked.limits.shown_message_kilobytes:
            changes["max_message_size_in_kilobytes"] = None
    return replace(description, **changes) if changes else description  # type: ignore[arg-type]


def shown_size_megabytes(description: Description) -> int:
    """MaxSizeInMegabytes as the service shows it: that of all partitions together. 0 for a subscription."""
    size: int = getattr(description, "max_size_in_megabytes", 0)
    return size * PARTITIONS if getattr(description, "enable_partitioning", False) else size
