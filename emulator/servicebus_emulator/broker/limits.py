"""Limits: unlimited by default, those of a cloud tier or of Microsoft's emulator when asked for.

Sources: learn.microsoft.com service-bus-quotas, service-bus-throttling, service-bus-premium-messaging,
service-bus-resource-manager-exceptions and the pricing page's feature table; overview-emulator (official emulator).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from servicebus_emulator.broker.description import FOREVER_S, OFFICIAL_EMULATOR_RANGES, OWN_RANGES, Range


@dataclass(frozen=True, slots=True)
class Limits:
    """What a namespace refuses. None means unlimited."""

    name: str = "none"
    max_message_bytes: int | None = None
    shown_message_kilobytes: int = 256  # MaxMessageSizeInKilobytes of an entity that sets none
    large_messages: bool = True  # whether an entity may set MaxMessageSizeInKilobytes
    entity_sizes_megabytes: tuple[int, ...] | None = (
        None  # what MaxSizeInMegabytes may be; None: all in the range
    )
    partitioning: bool = True
    express: bool = True
    max_batch_messages: int = 4500  # the same in every tier, Azure/azure-service-bus#397
    max_entity_bytes: int | None = None  # overrides an entity's own max size when smaller
    enforce_entity_size: bool = False  # hold entities to their max_size_in_megabytes
    max_queues_and_topics: int | None = None
    max_subscriptions_per_topic: int | None = None
    max_sql_filters_per_topic: int | None = None
    max_correlation_filters_per_topic: int | None = None
    max_connections: int | None = None  # asked for by the gateway
    max_receivers_per_entity: int | None = None
    max_transaction_messages: int | None = 100  # documented for every tier
    transaction_timeout_s: float = 120.0  # documented for every tier
    max_batch_delete: int = 4000
    max_property_bytes: int | None = None  # all application properties of a message together
    max_time_to_live_s: float = FOREVER_S  # no message lives longer
    credits_per_second: int | None = None  # throttling
    topics: bool = True
    sessions: bool = True
    non_exclusive_sessions: bool = True  # premium (Azure.Messaging.ServiceBus, Sample24_NonExclusiveSessions)
    transactions: bool = True
    duplicate_detection: bool = True
    auto_forward: bool = True
    own_idle_and_lifetime: bool = (
        True  # whether an entity may set AutoDeleteOnIdle and DefaultMessageTimeToLive
    )
    ranges: Mapping[str, Range] = field(default_factory=lambda: OWN_RANGES)


STANDARD_SIZES_MEGABYTES = (1024, 2048, 3072, 4096, 5120)
UNLIMITED = Limits()
BASIC = Limits(
    name="basic",
    max_message_bytes=256 * 1024,
    enforce_entity_size=True,
    max_queues_and_topics=10_000,
    max_connections=1_000,
    max_receivers_per_entity=5_000,
    max_batch_delete=500,
    max_property_bytes=64 * 1024,
    credits_per_second=1_000,
    topics=False,
    sessions=False,
    non_exclusive_sessions=False,
    transactions=False,
    duplicate_detection=False,
    auto_forward=False,
    own_idle_and_lifetime=False,
    large_messages=False,
    entity_sizes_megabytes=STANDARD_SIZES_MEGABYTES,
    express=False,
)
STANDARD = Limits(
    name="standard",
    large_messages=False,
    entity_sizes_megabytes=STANDARD_SIZES_MEGABYTES,
    max_message_bytes=256 * 1024,
    enforce_entity_size=True,
    max_queues_and_topics=10_000,
    max_subscriptions_per_topic=2_000,
    max_sql_filters_per_topic=2_000,
    max_correlation_filters_per_topic=100_000,
    max_connections=1_000,
    max_receivers_per_entity=5_000,
    max_batch_delete=500,
    max_property_bytes=64 * 1024,
    credits_per_second=1_000,
    non_exclusive_sessions=False,
)
PREMIUM = Limits(
    name="premium",
    shown_message_kilobytes=1024,
    partitioning=False,
    express=False,
    max_message_bytes=1024 * 1024,
    enforce_entity_size=True,
    max_queues_and_topics=10_000,
    max_subscriptions_per_topic=2_000,
    max_sql_filters_per_topic=2_000,
    max_correlation_filters_per_topic=100_000,
    max_connections=5_000,
    max_receivers_per_entity=5_000,
    max_property_bytes=64 * 1024,
)
OFFICIAL_EMULATOR = Limits(
    name="official-emulator",
    large_messages=False,
    max_message_bytes=256 * 1024,
    max_entity_bytes=100 * 1024 * 1024,
    enforce_entity_size=True,
    max_queues_and_topics=50,
    max_subscriptions_per_topic=50,
    max_sql_filters_per_topic=70,  # azure-service-bus-emulator-installer#144
    max_correlation_filters_per_topic=1_000,
    max_connections=10,
    max_receivers_per_entity=200,
    max_batch_delete=500,
    max_property_bytes=64 * 1024,
    max_time_to_live_s=3600.0,
    non_exclusive_sessions=False,
    ranges=OFFICIAL_EMULATOR_RANGES,
)
# What `--tier` offers.
TIERS: dict[str, Limits] = {
    limits.name: limits for limits in (UNLIMITED, BASIC, STANDARD, PREMIUM, OFFICIAL_EMULATOR)
}
