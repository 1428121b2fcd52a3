"""What an entity is set to: frozen descriptions, and one table of defaults and allowed ranges.

The table serves the configuration reader, the ATOM endpoint and the error texts alike. Sources: learn.microsoft.com
service-bus-quotas, message-expiration, duplicate-detection, message-transfers-locks-settlement (cloud);
Config-schema.json of azure-service-bus-emulator-installer (official emulator).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from enum import Enum

from servicebus_emulator.broker.errors import ArgumentError, ArgumentOutOfRange

# .NET TimeSpan.MaxValue, the service's way to say "never".
FOREVER_S = 922337203685.4775807


class EntityStatus(Enum):
    """Which halves of an entity work (learn.microsoft.com entity-suspend)."""

    ACTIVE = "Active"
    DISABLED = "Disabled"
    SEND_DISABLED = "SendDisabled"
    RECEIVE_DISABLED = "ReceiveDisabled"

    @property
    def can_send(self) -> bool:
        return self in (EntityStatus.ACTIVE, EntityStatus.RECEIVE_DISABLED)

    @property
    def can_receive(self) -> bool:
        return self in (EntityStatus.ACTIVE, EntityStatus.SEND_DISABLED)


class AccessRight(Enum):
    """What a shared access rule permits; Manage includes the other two."""

    LISTEN = "Listen"
    SEND = "Send"
    MANAGE = "Manage"


@dataclass(frozen=True, slots=True)
class AuthorizationRule:
    """A shared access rule of an entity or a namespace. Its two times are its client's, as text; empty for none."""

    key_name: str
    primary_key: str
    secondary_key: str = ""
    rights: frozenset[AccessRight] = frozenset(AccessRight)
    created_time: str = ""
    modified_time: str = ""


@dataclass(frozen=True, slots=True)
class QueueDescription:
    """A queue as `PUT /{queue}` or config.json sets it; durations in seconds."""

    name: str
    lock_duration_s: float = 60.0
    max_size_in_megabytes: int = 1024
    requires_duplicate_detection: bool = False
    requires_session: bool = False
    default_message_time_to_live_s: float = FOREVER_S
    dead_lettering_on_message_expiration: bool = False
    duplicate_detection_history_time_window_s: float = 600.0
    max_delivery_count: int = 10
    enable_batched_operations: bool = True
    status: EntityStatus = EntityStatus.ACTIVE
    forward_to: str | None = None
    forward_dead_lettered_messages_to: str | None = None
    user_metadata: str | None = None
    auto_delete_on_idle_s: float = FOREVER_S
    enable_partitioning: bool = False  # kept and shown; the emulator has one partition
    enable_express: bool = False  # kept and shown; without effect
    max_message_size_in_kilobytes: int | None = None  # None: the tier's, see `Limits`
    authorization_rules: tuple[AuthorizationRule, ...] = ()


@dataclass(frozen=True, slots=True)
class TopicDescription:
    """A topic as `PUT /{topic}` or config.json sets it; durations in seconds."""

    name: str
    default_message_time_to_live_s: float = FOREVER_S
    max_size_in_megabytes: int = 1024
    requires_duplicate_detection: bool = False
    duplicate_detection_history_time_window_s: float = 600.0
    enable_batched_operations: bool = True
    filtering_messages_before_publishing: bool = False
    status: EntityStatus = EntityStatus.ACTIVE
    user_metadata: str | None = None
    support_ordering: bool = True
    auto_delete_on_idle_s: float = FOREVER_S
    enable_partitioning: bool = False
    enable_express: bool = False
    max_message_size_in_kilobytes: int | None = None
    authorization_rules: tuple[AuthorizationRule, ...] = ()


@dataclass(frozen=True, slots=True)
class SubscriptionDescription:
    """A subscription as `PUT /{topic}/subscriptions/{name}` or config.json sets it; durations in seconds."""

    name: str
    lock_duration_s: float = 60.0
    requires_session: bool = False
    default_message_time_to_live_s: float = FOREVER_S
    dead_lettering_on_message_expiration: bool = False
    dead_lettering_on_filter_evaluation_exceptions: bool = True
    max_delivery_count: int = 10
    enable_batched_operations: bool = True
    status: EntityStatus = EntityStatus.ACTIVE
    forward_to: str | None = None
    forward_dead_lettered_messages_to: str | None = None
    user_metadata: str | None = None
    auto_delete_on_idle_s: float = FOREVER_S


@dataclass(frozen=True, slots=True)
class SqlFilter:
    """A SQL expression; `parameters` are the values of its `@names`."""

    expression: str
    parameters: Mapping[str, object] = field(default_factory=dict)
    compatibility_level: int = 20


@dataclass(frozen=True, slots=True)
class CorrelationFilter:
    """Equal values, all of them; None means "not asked for"."""

    correlation_id: object | None = None
    message_id: object | None = None
    to: str | None = None
    reply_to: str | None = None
    label: str | None = None
    session_id: str | None = None
    reply_to_session_id: str | None = None
    content_type: str | None = None
    properties: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TrueFilter:
    """Matches everything."""


@dataclass(frozen=True, slots=True)
class FalseFilter:
    """Matches nothing."""


Filter = SqlFilter | CorrelationFilter | TrueFilter | FalseFilter


@dataclass(frozen=True, slots=True)
class SqlAction:
    """`SET` and `REMOVE` statements run on the matched copy."""

    expression: str
    parameters: Mapping[str, object] = field(default_factory=dict)
    compatibility_level: int = 20


@dataclass(frozen=True, slots=True)
class RuleDescription:
    """A rule: filter and optional action. A new subscription has `DEFAULT_RULE`."""

    name: str
    filter: Filter = field(default_factory=TrueFilter)
    action: SqlAction | None = None
    created_s: float = 0.0


DEFAULT_RULE_NAME = "$Default"
PROBE_QUEUE_NAME = "$probe"
"""The health probe's own queue: the one entity whose name may begin with `$`; administration shows it to nobody."""
Description = QueueDescription | TopicDescription | SubscriptionDescription


@dataclass(frozen=True, slots=True)
class Range:
    """Allowed values of one field, both ends included; `forever` also allows FOREVER_S."""

    minimum: float
    maximum: float
    unit: str
    forever: bool = False

    def allows(self, value: float) -> bool:
        """`forever` is what .NET calls TimeSpan.MaxValue, which some clients round."""
        return self.minimum <= value <= self.maximum or (self.forever and abs(value - FOREVER_S) <= 1)

    def __str__(self) -> str:
        if self.maximum >= FOREVER_S:
            unit = self.unit.removesuffix("s") if self.minimum == 1 else self.unit
            return f"{figure(self.minimum)} {unit} or more, or never"
        text = f"{figure(self.minimum)} to {figure(self.maximum)} {self.unit}"
        return f"{text}, or never" if self.forever else text


def figure(value: float) -> str:
    """A number of any size for an error text: every digit of a whole one, not longer than a glance."""
    if isinstance(value, float):
        return f"{value:g}" if not value.is_integer() else figure(int(value))
    if abs(value) >= 10**30:  # Python itself refuses to write out a number of more than 4,300 digits
        return "a number of more than 30 digits"
    return str(value)


# Field -> range. A description has a row's field or not; `validate` asks only for those it has.
CLOUD_RANGES: dict[str, Range] = {
    "lock_duration_s": Range(5, 300, "seconds"),
    "max_size_in_megabytes": Range(1, 81920, "megabytes"),
    "default_message_time_to_live_s": Range(1, FOREVER_S, "seconds", forever=True),
    "duplicate_detection_history_time_window_s": Range(20, 7 * 86400, "seconds"),
    "max_delivery_count": Range(1, 2**31 - 1, "deliveries"),
    "auto_delete_on_idle_s": Range(300, FOREVER_S, "seconds", forever=True),
    "max_message_size_in_kilobytes": Range(1024, 102400, "kilobytes"),
}
OFFICIAL_EMULATOR_RANGES: dict[str, Range] = {
    **CLOUD_RANGES,
    "default_message_time_to_live_s": Range(
        300, 3600, "seconds", forever=True
    ),  # never = not set: held to 1 h
    "duplicate_detection_history_time_window_s": Range(5, 300, "seconds"),
    "max_delivery_count": Range(1, 10, "deliveries"),  # NServiceBus.Transport.AzureServiceBus#1331
}
# What the emulator itself allows: the union of both, so that a config.json or an ATOM body for either works here.
OWN_RANGES: dict[str, Range] = {
    **CLOUD_RANGES,
    "duplicate_detection_history_time_window_s": Range(5, 7 * 86400, "seconds"),
}

# Service Bus quotas: entity name at most 260 characters, subscription and rule name 50; metadata 1,024.
MAX_ENTITY_NAME_CHARACTERS = 260
MAX_SUBSCRIPTION_NAME_CHARACTERS = 50
MAX_RULE_NAME_CHARACTERS = 50
MAX_USER_METADATA_CHARACTERS = 1024
MAX_ACCESS_RULES = 12
# Fields that cannot be changed after creation (the cloud answers 400).
FIXED_AFTER_CREATION = ("requires_session", "requires_duplicate_detection", "enable_partitioning")


def validate(description: Description, ranges: Mapping[str, Range] = OWN_RANGES) -> None:
    """Check every ranged field of a description.

    Raises ArgumentOutOfRange naming field, value and range; ArgumentError for a bad name. Combinations of settings
    are those of `refusals`.
    """
    is_subscription = isinstance(description, SubscriptionDescription)
    check_name(
        description.name, MAX_SUBSCRIPTION_NAME_CHARACTERS if is_subscription else MAX_ENTITY_NAME_CHARACTERS
    )
    for item in fields(description):
        allowed = ranges.get(item.name)
        value = getattr(description, item.name)
        # The cloud's default of the history is beyond the official emulator's range; nobody set it, nothing uses it.
        if item.name == "duplicate_detection_history_time_window_s" and value == item.default:
            continue
        if allowed is not None and value is not None and not allowed.allows(value):
            raise ArgumentOutOfRange(
                f"{vendor_name(item.name)} of '{description.name}' is {figure(value)}; allowed is {allowed}."
            )
    metadata = description.user_metadata
    if metadata is not None and len(metadata) > MAX_USER_METADATA_CHARACTERS:
        raise ArgumentOutOfRange(
            f"UserMetadata of '{description.name}' has {len(metadata)} characters; "
            f"at most {MAX_USER_METADATA_CHARACTERS} are allowed."
        )
    check_access_rules(getattr(description, "authorization_rules", ()))


def check_access_rules(rules: Sequence[AuthorizationRule]) -> None:
    """Raises ArgumentError: Manage without the other rights, no right, two of one name, more than 12
    (learn.microsoft.com service-bus-sas)."""
    if len(rules) > MAX_ACCESS_RULES:
        raise ArgumentError(
            f"{len(rules)} AuthorizationRules are too many: at most {MAX_ACCESS_RULES} are allowed."
        )
    for rule in rules:
        if not rule.rights:
            raise ArgumentError(
                f"The AuthorizationRule '{rule.key_name}' gives no right: use Listen, Send or Manage."
            )
        if AccessRight.MANAGE in rule.rights and len(rule.rights) < len(AccessRight):
            raise ArgumentError(
                f"The AuthorizationRule '{rule.key_name}' has Manage, which needs Send and Listen too."
            )
    if len({rule.key_name.lower() for rule in rules}) < len(rules):
        raise ArgumentError("Two AuthorizationRules have the same KeyName.")


def vendor_name(field_name: str) -> str:
    """A field as Service Bus calls it: `lock_duration_s` is LockDuration."""
    return "".join(word.capitalize() for word in field_name.removesuffix("_s").split("_"))


def check_name(name: str, max_characters: int = MAX_ENTITY_NAME_CHARACTERS) -> None:
    """Raise ArgumentError unless `name` may name an entity.

    Letters, digits, `.`, `-`, `_`, `~` and `/` inside; begins and ends with a letter, digit or one of `_~`
    (the cloud refuses others; the official emulator also refuses `~`, which MassTransit uses).
    """
    if not name or len(name) > max_characters:
        raise ArgumentError(
            f"The name '{name[:60]}' has {len(name)} characters; allowed are 1 to {max_characters}."
        )
    if name in (DEFAULT_RULE_NAME, PROBE_QUEUE_NAME):
        return
    if max_characters < MAX_ENTITY_NAME_CHARACTERS and "/" in name:
        raise ArgumentError(f"The name '{name}' is not valid: a subscription's or rule's name has no '/'.")
    edge_ok = all(character.isalnum() or character in "_~" for character in (name[0], name[-1]))
    if not edge_ok or not all(character.isalnum() or character in "._-~/" for character in name):
        raise ArgumentError(
            f"The name '{name}' is not valid: use letters, digits, '.', '-', '_', '~' and '/' inside, "
            "and begin and end with a letter, a digit, '_' or '~'."
        )
