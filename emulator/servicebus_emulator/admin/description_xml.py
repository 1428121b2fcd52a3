"""Queue, topic and subscription descriptions to XML and back: one table an entity, in the service's order.

The order matters: serializers of several clients skip an element that appears too late.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
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
from servicebus_emulator.broker.refusals import shown_size_megabytes

Settable = QueueDescription | TopicDescription | SubscriptionDescription


@dataclass(frozen=True, slots=True)
class Runtime:
    """What an entity shows beside its description. Times in seconds since the epoch."""

    created_s: float
    updated_s: float
    accessed_s: float
    """0 when it was not used yet: shown as the first moment of the year 1, .NET's DateTime.MinValue."""
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
    """A whole number of XML Schema. One beyond 64 bits cannot be held by any of the service's fields."""
    digits = text.strip()
    if not re.fullmatch(r"[+-]?\d+", digits, re.ASCII):
        raise ValueError(f"'{text[:40]}' is no whole number")
    if len(digits.lstrip("+-").lstrip("0")) > 19 or not -(2**63) <= int(digits) < 2**63:
        raise ValueError("the number has more than 64 bits")
    return int(digits)


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


NEVER = "0001-01-01T00:00:00Z"
RULES = "AuthorizationRules"
FORWARD_TO = "ForwardTo"
FORWARD_DEAD = "ForwardDeadLetteredMessagesTo"
_SIZE_IN_BYTES = _shown("SizeInBytes", lambda runtime: runtime.size_bytes)
_MESSAGE_COUNT = _shown("MessageCount", lambda runtime: runtime.total)
_CREATED = _shown("CreatedAt", lambda runtime: timestamp(runtime.created_s))
_UPDATED = _shown("UpdatedAt", lambda runtime: timestamp(runtime.updated_s))
_ACCESSED = _shown(
    "AccessedAt", lambda runtime: timestamp(runtime.accessed_s) if runtime.accessed_s else NEVER
)
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
_ORDERING = "SupportOrdering"

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


def write(description: Settable, runtime: Runtime, base: str, api_version: str, kilobytes: int) -> str:
    """The description's XML. ``base`` is the namespace's address, put before forward destinations.

    ``kilobytes`` is the tier's message size, shown where the entity has none.
    """
    name, table = table_of(description)
    shown: dict[str, object] = {
        "max_size_in_megabytes": shown_size_megabytes(description),
        "max_message_size_in_kilobytes": getattr(description, "max_message_size_in_kilobytes", None)
        or kilobytes,
    }
    parts = [f'<{name} xmlns="{CONNECT}" xmlns:i="{INSTANCE}">']
    for item in table:
        if isinstance(item, Setting):
            value = shown.get(item.field, getattr(description, item.field))
            if value is not None and item.since <= api_version:
                parts.append(element(item.name, item.kind.write(value)))
        elif isinstance(item, tuple):
            if item[0] not in _SINCE_2024 or api_version >= "2024-05":
                parts.append(item[1](runtime))
        elif item == RULES:
            parts.append(_write_rules(getattr(description, "authorization_rules", ())))
        elif item == _ORDERING:  # each partition of a queue has an order of its own
            partitioned = getattr(description, "enable_partitioning", False)
            parts.append(element(item, "false" if partitioned else "true"))
        else:
            target = getattr(description, FORWARD_FIELDS[item], None)
            if target:
                parts.append(element(item, target if "://" in target else f"{base}/{target}"))
    parts.append(f"</{name}>")
    return "".join(parts)


FORWARD_FIELDS = {FORWARD_TO: "forward_to", FORWARD_DEAD: "forward_dead_lettered_messages_to"}


def read(root: ET.Element, default: Settable, api_version: str) -> dict[str, object]:
    """The fields that a request sets, ready for ``dataclasses.replace``; what it leaves out is not in it.

    ``default`` names its entity. Raises BadRequest with every problem found.
    """
    _, table = table_of(default)
    settings = {item.name: item for item in table if isinstance(item, Setting)}
    ignored = {_ORDERING, *(item[0] for item in table if isinstance(item, tuple))}
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
                found[FORWARD_FIELDS[name]] = destination_of(text) or None
            elif name == RULES and RULES in table:
                found["authorization_rules"] = _read_rules(child)
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


def destination_of(text: str) -> str:
    """A forward destination as it is kept: the entity's name, or a URI whose scheme is another than ``sb``, which the
    service gives back as it was sent. Empty for none."""
    text = text.strip()
    scheme, separator, rest = text.partition("://")
    if not separator:
        return text.strip("/")
    entity = rest.partition("/")[2].strip("/")
    return entity if not entity or scheme.lower() == "sb" else text.rstrip("/")


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
            + _sent_time("CreatedTime", rule.created_time)
            + _sent_time("ModifiedTime", rule.modified_time)
            + f"<KeyName>{escape(rule.key_name)}</KeyName>"
            f"<PrimaryKey>{escape(rule.primary_key)}</PrimaryKey>"
            f"<SecondaryKey>{escape(rule.secondary_key)}</SecondaryKey></AuthorizationRule>"
        )
    return f"<{RULES}>{''.join(parts)}</{RULES}>"


def _sent_time(name: str, text: str) -> str:
    """The service keeps these two as its client sent them, without any default (live tests of azure-sdk-for-go)."""
    return element(name, text) if text else ""


def _read_rules(root: ET.Element) -> tuple[AuthorizationRule, ...]:
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
        rules.append(
            AuthorizationRule(
                values["KeyName"],
                values["PrimaryKey"],
                values.get("SecondaryKey", ""),
                rights,
                _time_of(values, "CreatedTime"),
                _time_of(values, "ModifiedTime"),
            )
        )
    return tuple(rules)


def _time_of(values: Mapping[str, str], name: str) -> str:
    text = values.get(name, "").strip()
    if text:
        try:
            datetime.fromisoformat(text)
        except ValueError:
            raise ValueError(f"{name} '{text[:40]}' is no dateTime") from None
    return text
