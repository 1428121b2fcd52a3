"""Queue, topic and subscription descriptions to XML and back: one table an entity, in the service's order.

The order matters: serializers of several clients skip an element that comes too late.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from xml.sax.saxutils import escape

from servicebus_emulator.admin import duration
from servicebus_emulator.admin.atom import CONNECT, COUNTS, INSTANCE, BadRequest, element, local, timestamp
from servicebus_emulator.broker.description import (
    AccessRight,
    AuthorizationRule,
    EntityStatus,
    QueueDescription,
    SubscriptionDescription,
    TopicDescription,
)

Settable = QueueDescription | TopicDescription | SubscriptionDescription


@dataclass(frozen=True, slots=True)
class Runtime:
    """What an entity shows beside its description. Times in seconds since the epoch."""

    created_s: float
    updated_s: float
    accessed_s: float
    active: int = 0
    dead_letter: int = 0
    scheduled: int = 0
    transfer: int = 0
    transfer_dead_letter: int = 0
    total: int = 0
    size_bytes: int = 0
    subscriptions: int = 0
    sql_filters: int = 0
    correlation_filters: int = 0


@dataclass(frozen=True, slots=True)
class Kind:
    """How one kind of value is read from text and written to it."""

    read: Callable[[str], object]
    write: Callable[[object], str]


def _read_bool(text: str) -> bool:
    lowered = text.strip().lower()
    if lowered not in ("true", "false", "1", "0"):
        raise ValueError(f"'{text}' is neither true nor false")
    return lowered in ("true", "1")


def _read_int(text: str) -> int:
    try:
        return int(text.strip())
    except ValueError:
        raise ValueError(f"'{text}' is no whole number") from None


def _read_status(text: str) -> EntityStatus:
    for status in EntityStatus:
        if status.value.lower() == text.strip().lower():
            return status
    raise ValueError(f"'{text}' is none of {', '.join(status.value for status in EntityStatus)}")


def _write_duration(value: object) -> str:
    return duration.write(float(str(value)))


def _write_status(value: object) -> str:
    return value.value if isinstance(value, EntityStatus) else str(value)


DURATION = Kind(duration.parse, _write_duration)
BOOL = Kind(_read_bool, lambda value: "true" if value else "false")
INT = Kind(_read_int, str)
STATUS = Kind(_read_status, _write_status)
TEXT = Kind(str, str)


@dataclass(frozen=True, slots=True)
class Setting:
    """An element that a client may set: its name, the field it fills, its kind."""

    name: str
    field: str
    kind: Kind
    since: str = "2017-04"
    """The api-version that brought it; an older request with it is refused, an older answer lacks it."""


Shown = Callable[[Runtime], str]
Item = Setting | tuple[str, Shown] | str


def _count(name: str, value: int) -> str:
    return f"<d2p1:{name}>{value}</d2p1:{name}>"


def _count_details(runtime: Runtime) -> str:
    return (
        f'<CountDetails xmlns:d2p1="{COUNTS}">'
        + _count("ActiveMessageCount", runtime.active)
        + _count("DeadLetterMessageCount", runtime.dead_letter)
        + _count("ScheduledMessageCount", runtime.scheduled)
        + _count("TransferMessageCount", runtime.transfer)
        + _count("TransferDeadLetterMessageCount", runtime.transfer_dead_letter)
        + "</CountDetails>"
    )


def _shown(name: str, show: Callable[[Runtime], object]) -> tuple[str, Shown]:
    return name, lambda runtime: element(name, show(runtime))


RULES = "AuthorizationRules"
FORWARD_TO = "ForwardTo"
FORWARD_DEAD = "ForwardDeadLetteredMessagesTo"
_SIZE_IN_BYTES = _shown("SizeInBytes", lambda runtime: runtime.size_bytes)
_MESSAGE_COUNT = _shown("MessageCount", lambda runtime: runtime.total)
_CREATED = _shown("CreatedAt", lambda runtime: timestamp(runtime.created_s))
_UPDATED = _shown("UpdatedAt", lambda runtime: timestamp(runtime.updated_s))
_ACCESSED = _shown("AccessedAt", lambda runtime: timestamp(runtime.accessed_s))
_ANONYMOUS = _shown("IsAnonymousAccessible", lambda runtime: "false")
_COUNTS = ("CountDetails", _count_details)
_AVAILABLE = _shown("EntityAvailabilityStatus", lambda runtime: "Available")
_LOCK = Setting("LockDuration", "lock_duration_s", DURATION)
_SIZE = Setting("MaxSizeInMegabytes", "max_size_in_megabytes", INT)
_DUPLICATES = Setting("RequiresDuplicateDetection", "requires_duplicate_detection", BOOL)
_SESSION = Setting("RequiresSession", "requires_session", BOOL)
_TTL = Setting("DefaultMessageTimeToLive", "default_message_time_to_live_s", DURATION)
_DEAD_EXPIRED = Setting("DeadLetteringOnMessageExpiration", "dead_lettering_on_message_expiration", BOOL)
_HISTORY = Setting(
    "DuplicateDetectionHistoryTimeWindow", "duplicate_detection_history_time_window_s", DURATION
)
_DELIVERIES = Setting("MaxDeliveryCount", "max_delivery_count", INT)
_BATCHED = Setting("EnableBatchedOperations", "enable_batched_operations", BOOL)
_STATUS = Setting("Status", "status", STATUS)
_METADATA = Setting("UserMetadata", "user_metadata", TEXT)
_IDLE = Setting("AutoDeleteOnIdle", "auto_delete_on_idle_s", DURATION)
_PARTITIONED = Setting("EnablePartitioning", "enable_partitioning", BOOL)
_EXPRESS = Setting("EnableExpress", "enable_express", BOOL)
_LARGEST = Setting("MaxMessageSizeInKilobytes", "max_message_size_in_kilobytes", INT, since="2021-05")
_ORDERING = _shown("SupportOrdering", lambda runtime: "true")

QUEUE: tuple[Item, ...] = (
    _LOCK, _SIZE, _DUPLICATES, _SESSION, _TTL, _DEAD_EXPIRED, _HISTORY, _DELIVERIES, _BATCHED, _SIZE_IN_BYTES,
    _MESSAGE_COUNT, _ANONYMOUS, RULES, _STATUS, FORWARD_TO, _METADATA, _CREATED, _UPDATED, _ACCESSED, _ORDERING,
    _COUNTS, _IDLE, _PARTITIONED, _AVAILABLE, _EXPRESS, FORWARD_DEAD, _LARGEST,
)  # fmt: skip
TOPIC: tuple[Item, ...] = (
    _TTL, _SIZE, _DUPLICATES, _HISTORY, _BATCHED, _SIZE_IN_BYTES,
    Setting("FilteringMessagesBeforePublishing", "filtering_messages_before_publishing", BOOL),
    _ANONYMOUS, RULES, _STATUS, _CREATED, _UPDATED, _ACCESSED,
    Setting("SupportOrdering", "support_ordering", BOOL), _COUNTS,
    _shown("SubscriptionCount", lambda runtime: runtime.subscriptions),
    _shown("SqlFilterCount", lambda runtime: runtime.sql_filters),
    _shown("CorrelationFilterCount", lambda runtime: runtime.correlation_filters),
    _IDLE, _PARTITIONED, _AVAILABLE, _shown("EnableSubscriptionPartitioning", lambda runtime: "false"),
    _EXPRESS, _METADATA, _LARGEST,
)  # fmt: skip
SUBSCRIPTION: tuple[Item, ...] = (
    _LOCK, _SESSION, _TTL, _DEAD_EXPIRED,
    Setting(
        "DeadLetteringOnFilterEvaluationExceptions", "dead_lettering_on_filter_evaluation_exceptions", BOOL
    ),
    _MESSAGE_COUNT, _DELIVERIES, _BATCHED, _STATUS, FORWARD_TO, _CREATED, _UPDATED, _ACCESSED, _COUNTS,
    FORWARD_DEAD, _IDLE, _AVAILABLE, _METADATA,
)  # fmt: skip
_SINCE_2024 = ("SqlFilterCount", "CorrelationFilterCount")


def table_of(description: Settable) -> tuple[str, tuple[Item, ...]]:
    """The element name and the table of a description."""
    if isinstance(description, QueueDescription):
        return "QueueDescription", QUEUE
    if isinstance(description, TopicDescription):
        return "TopicDescription", TOPIC
    return "SubscriptionDescription", SUBSCRIPTION


def write(description: Settable, runtime: Runtime, base: str, api_version: str) -> str:
    """The description's XML. ``base`` is the namespace's address, put before forward destinations."""
    name, table = table_of(description)
    parts = [f'<{name} xmlns="{CONNECT}" xmlns:i="{INSTANCE}">']
    for item in table:
        if isinstance(item, Setting):
            value = getattr(description, item.field)
            if value is not None and item.since <= api_version:
                parts.append(element(item.name, item.kind.write(value)))
        elif isinstance(item, tuple):
            if item[0] not in _SINCE_2024 or api_version >= "2024-05":
                parts.append(item[1](runtime))
        elif item == RULES:
            parts.append(_write_rules(getattr(description, "authorization_rules", ())))
        else:
            target = getattr(description, FORWARD_FIELDS[item], None)
            if target:
                parts.append(element(item, f"{base}/{target}"))
    parts.append(f"</{name}>")
    return "".join(parts)


FORWARD_FIELDS = {FORWARD_TO: "forward_to", FORWARD_DEAD: "forward_dead_lettered_messages_to"}


def read(root: ET.Element, default: Settable, api_version: str, now_s: float) -> dict[str, object]:
    """The fields that a request sets, ready for ``dataclasses.replace``; what it leaves out is not in it.

    ``default`` says which entity it is. Raises BadRequest with every problem found.
    """
    _, table = table_of(default)
    settings = {item.name: item for item in table if isinstance(item, Setting)}
    ignored = {item[0] for item in table if isinstance(item, tuple)}
    known_fields = {item.name for item in fields(default)}
    found: dict[str, object] = {}
    problems: list[str] = []
    for child in root:
        name, text = local(child.tag), (child.text or "")
        setting = settings.get(name)
        try:
            if setting is not None and setting.since <= api_version:
                if text or setting.kind is TEXT:
                    found[setting.field] = setting.kind.read(text) if text else None
                else:
                    problems.append(f"{name}: an empty element is not allowed")
            elif name in FORWARD_FIELDS and FORWARD_FIELDS[name] in known_fields:
                found[FORWARD_FIELDS[name]] = entity_of(text) or None
            elif name == RULES and RULES in table:
                found["authorization_rules"] = _read_rules(child, now_s)
            elif name == "DefaultRuleDescription" and table is SUBSCRIPTION:
                continue  # read by the caller, which knows rules
            elif name not in ignored:
                since = f" before api-version {setting.since}" if setting is not None else ""
                problems.append(f"{name}: not known{since} in a {local(root.tag)}")
        except ValueError as error:
            problems.append(f"{name}: {error}")
    if problems:
        raise BadRequest("; ".join(problems))
    return found


def entity_of(target: str) -> str:
    """The entity in a forward destination, which may be a full URI of the namespace."""
    if "://" in target:
        target = target.split("://", 1)[1].partition("/")[2]
    return target.strip().strip("/")


def _write_rules(rules: tuple[AuthorizationRule, ...]) -> str:
    if not rules:
        return f"<{RULES}/>"
    parts = []
    for rule in rules:
        rights = "".join(
            element("AccessRights", right.value) for right in AccessRight if right in rule.rights
        )
        parts.append(
            '<AuthorizationRule i:type="SharedAccessAuthorizationRule">'
            "<ClaimType>SharedAccessKey</ClaimType><ClaimValue>None</ClaimValue>"
            f"<Rights>{rights}</Rights>"
            f"<CreatedTime>{timestamp(rule.created_s)}</CreatedTime>"
            f"<ModifiedTime>{timestamp(rule.modified_s)}</ModifiedTime>"
            f"<KeyName>{escape(rule.key_name)}</KeyName>"
            f"<PrimaryKey>{escape(rule.primary_key)}</PrimaryKey>"
            f"<SecondaryKey>{escape(rule.secondary_key)}</SecondaryKey></AuthorizationRule>"
        )
    return f"<{RULES}>{''.join(parts)}</{RULES}>"


def _read_rules(root: ET.Element, now_s: float) -> tuple[AuthorizationRule, ...]:
    rules = []
    for child in root:
        values: Mapping[str, str] = {local(part.tag): (part.text or "") for part in child}
        rights_element = child.find(f"{{{CONNECT}}}Rights")
        words = [] if rights_element is None else [(right.text or "").strip() for right in rights_element]
        try:
            rights = frozenset(AccessRight(word) for word in words)
        except ValueError as error:
            raise ValueError(f"{error}; rights are Listen, Send and Manage") from None
        if not values.get("KeyName") or not values.get("PrimaryKey") or not rights:
            raise ValueError("an AuthorizationRule needs KeyName, PrimaryKey and at least one of Rights")
        if AccessRight.MANAGE in rights and len(rights) < 3:
            raise ValueError(f"the rule '{values['KeyName']}' has Manage, which needs Send and Listen too")
        rules.append(
            AuthorizationRule(
                values["KeyName"], values["PrimaryKey"], values.get("SecondaryKey", ""), rights, now_s, now_s
            )
        )
    names = [rule.key_name.lower() for rule in rules]
    if len(set(names)) < len(names):
        raise ValueError("two AuthorizationRules have the same KeyName")
    return tuple(rules)
