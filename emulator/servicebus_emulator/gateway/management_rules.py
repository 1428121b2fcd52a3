"""Management operations on a subscription's rules, with their described lists (Microsoft.Azure.ServiceBus codecs)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from servicebus_emulator.amqp.sections import id_text, plain_value, wire_value
from servicebus_emulator.amqp.types import (
    Byte,
    Char,
    Described,
    Float32,
    Int,
    Short,
    Symbol,
    Timestamp,
    UByte,
    UInt,
    ULong,
    UShort,
)
from servicebus_emulator.broker.description import (
    CorrelationFilter,
    EntityStatus,
    FalseFilter,
    Filter,
    RuleDescription,
    SqlAction,
    SqlFilter,
    TrueFilter,
    check_name,
)
from servicebus_emulator.broker.errors import ArgumentError, EntityDisabled
from servicebus_emulator.broker.sql_value import in_utc
from servicebus_emulator.broker.subscription import Subscription
from servicebus_emulator.broker.ticks import moment_text, moment_ticks, span_text, span_ticks
from servicebus_emulator.broker.typed_value import DATE_TIME_OFFSET, TypedValue, plain
from servicebus_emulator.gateway.management_request import Call

# The two number families are the service's own: those of the filters have one zero fewer.
RULE_DESCRIPTION = ULong(0x13700000004)
EMPTY_ACTION = ULong(0x13700000005)
SQL_ACTION = ULong(0x13700000006)
SQL_FILTER = ULong(0x1370000006)
TRUE_FILTER = ULong(0x1370000007)
FALSE_FILTER = ULong(0x1370000008)
CORRELATION_FILTER = ULong(0x1370000009)

_CORRELATION_FIELDS = (
    ("correlation-id", "correlation_id"),
    ("message-id", "message_id"),
    ("to", "to"),
    ("reply-to", "reply_to"),
    ("label", "label"),
    ("session-id", "session_id"),
    ("reply-to-session-id", "reply_to_session_id"),
    ("content-type", "content_type"),
)


def add(call: Call) -> dict[str, Any]:
    name = call.arguments.text("rule-name")
    check_name(name, 50)
    description = call.arguments.optional("rule-description")
    if not isinstance(description, dict):
        raise ArgumentError("add-rule: rule-description must be a map.")
    given = {str(key): value for key, value in description.items()}
    rule = RuleDescription(name, _filter(given), _action(given.get("sql-rule-action")), call.now_s)
    _changeable(call).add_rule(rule, call.now_s)
    return {}


def remove(call: Call) -> dict[str, Any]:
    _changeable(call).remove_rule(call.arguments.text("rule-name"), call.now_s)
    return {}


def _changeable(call: Call) -> Subscription:
    """The subscription. Raises EntityDisabled: administration over HTTP may change a disabled one, AMQP may not."""
    subscription = call.subscription
    for entity in (subscription, subscription.topic):
        if entity.status is EntityStatus.DISABLED:
            raise EntityDisabled(
                f"'{entity.path}' has status Disabled: its rules can be changed over HTTP only."
            )
    return subscription


def enumerate_rules(call: Call) -> dict[str, Any] | None:
    """enumerate-rules: a page of rules as described lists."""
    skip, top = call.arguments.number("skip", 0), call.arguments.number("top", 100)
    if skip < 0 or top < 1:
        raise ArgumentError(f"enumerate-rules: skip is {skip} and top is {top}; use 0 and 1 or more.")
    page = call.subscription.rules()[skip : skip + top]
    return {"rules": [{"rule-description": described(rule)} for rule in page]} if page else None


def described(rule: RuleDescription) -> Described:
    """A rule as the service encodes it."""
    action = rule.action
    return Described(
        RULE_DESCRIPTION,
        [
            _described_filter(rule.filter),
            Described(EMPTY_ACTION, [])
            if action is None
            else Described(SQL_ACTION, [action.expression, Int(action.compatibility_level)]),
            rule.name,
            Timestamp(int(rule.created_s * 1000)),
        ],
    )


def _described_filter(filter_: Filter) -> Described:
    if isinstance(filter_, SqlFilter):
        return Described(SQL_FILTER, [filter_.expression, Int(filter_.compatibility_level)])
    if isinstance(filter_, TrueFilter):
        return Described(TRUE_FILTER, ["1=1", Int(20)])
    if isinstance(filter_, FalseFilter):
        return Described(FALSE_FILTER, ["1=0", Int(20)])
    values: list[Any] = [getattr(filter_, name) for _, name in _CORRELATION_FIELDS]
    properties = {name: _wired(value) for name, value in filter_.properties.items()}
    return Described(CORRELATION_FILTER, [*values, properties])


# XML Schema type -> AMQP type, where the value alone does not tell it.
_WIRE_TYPES: dict[str, Callable[[Any], Any]] = {
    "byte": Byte,
    "short": Short,
    "int": Int,
    "unsignedByte": UByte,
    "unsignedShort": UShort,
    "unsignedInt": UInt,
    "unsignedLong": ULong,
    "float": Float32,
    "char": Char,
}
_KINDS: dict[type, str] = {
    Byte: "byte",
    Short: "short",
    Int: "int",
    UByte: "unsignedByte",
    UShort: "unsignedShort",
    UInt: "unsignedInt",
    ULong: "unsignedLong",
    Float32: "float",
    Char: "char",
    int: "long",
}
"""AMQP type -> XML Schema type, for those that Python does not tell apart."""


_TICKS: dict[str, tuple[str, Callable[[int], str], Callable[[str], int]]] = {
    "com.microsoft:timespan": ("duration", span_text, span_ticks),
    "com.microsoft:datetime-offset": (DATE_TIME_OFFSET, moment_text, moment_ticks),
}
"""Described type of .NET -> XML Schema type, and its ticks as text and back."""
_DESCRIPTORS = {kind: (Symbol(name), back) for name, (kind, _, back) in _TICKS.items()}


def _wired(value: object) -> Any:
    """A rule's value in the AMQP type it was given in."""
    compared = plain(value)
    if isinstance(value, TypedValue):
        if value.kind in _DESCRIPTORS:
            descriptor, ticks = _DESCRIPTORS[value.kind]
            return Described(descriptor, ticks(value.text))
        if value.kind in _WIRE_TYPES:
            return _WIRE_TYPES[value.kind](compared)
    return wire_value(in_utc(compared))


def _filter(given: dict[str, Any]) -> Filter:
    sql, correlation = given.get("sql-filter"), given.get("correlation-filter")
    if isinstance(sql, dict):
        expression = sql.get("expression")
        if not isinstance(expression, str):
            raise ArgumentError("add-rule: a sql-filter needs a string 'expression'.")
        return SqlFilter(expression)
    if isinstance(correlation, dict):
        values = {name: _text(key, correlation.get(key)) for key, name in _CORRELATION_FIELDS}
        properties = correlation.get("properties") or {}
        if not isinstance(properties, dict):
            raise ArgumentError("add-rule: the properties of a correlation-filter must be a map.")
        wanted = {str(key): _comparable(str(key), value) for key, value in properties.items()}
        return CorrelationFilter(**values, properties=wanted)
    if "true-filter" in given:
        return TrueFilter()
    if "false-filter" in given:
        return FalseFilter()
    raise ArgumentError("add-rule: the rule has neither a sql-filter nor a correlation-filter.")


def _text(name: str, value: Any) -> str | None:
    value = id_text(value) if name in ("message-id", "correlation-id") else value
    if value is not None and not isinstance(value, str):
        raise ArgumentError(f"add-rule: the correlation-filter's '{name}' must be a string.")
    return value


def _comparable(name: str, value: Any) -> object:
    compared: object = plain_value(value)
    kind = _KINDS.get(type(value))
    if kind is not None:
        text = f"{compared:.9g}" if kind == "float" else str(compared)
        return TypedValue(kind, text, compared)
    if type(value) is Described and isinstance(compared, (datetime, timedelta)):
        kind, text_of, _ = _TICKS[str(value.descriptor)]
        return TypedValue(kind, text_of(value.value), compared)
    if isinstance(compared, (str, int, float, UUID, datetime, timedelta)):
        return compared
    raise ArgumentError(
        f"add-rule: the correlation-filter's property '{name}' is neither text, number, true, false, "
        "uuid nor a time."
    )


def _action(given: Any) -> SqlAction | None:
    if given is None:
        return None
    expression = given.get("expression") if isinstance(given, dict) else None
    if not isinstance(expression, str):
        raise ArgumentError("add-rule: a sql-rule-action needs a string 'expression'.")
    return SqlAction(expression) if expression.strip() else None
