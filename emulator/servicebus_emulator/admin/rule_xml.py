"""A subscription's rules to XML and back: filters, actions and their typed values."""

from __future__ import annotations

import datetime
import re
import uuid
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from xml.sax.saxutils import escape

from servicebus_emulator.admin import duration
from servicebus_emulator.admin.atom import CONNECT, INSTANCE, SCHEMA, BadRequest, element, local, timestamp
from servicebus_emulator.broker.description import (
    CorrelationFilter,
    FalseFilter,
    Filter,
    RuleDescription,
    SqlAction,
    SqlFilter,
    TrueFilter,
)
from servicebus_emulator.broker.typed_value import DATE_TIME_OFFSET, TypedValue

_TYPE = f"{{{INSTANCE}}}type"
_INT_MAX = 2**31 - 1
# element -> field, in the service's order
_CORRELATION = {
    "CorrelationId": "correlation_id",
    "MessageId": "message_id",
    "To": "to",
    "ReplyTo": "reply_to",
    "Label": "label",
    "SessionId": "session_id",
    "ReplyToSessionId": "reply_to_session_id",
    "ContentType": "content_type",
}


def write(rule: RuleDescription) -> str:
    """The RuleDescription element of a rule."""
    return (
        f'<RuleDescription xmlns="{CONNECT}" xmlns:i="{INSTANCE}">{_write_filter(rule.filter)}'
        f"{_write_action(rule.action)}<CreatedAt>{timestamp(rule.created_s)}</CreatedAt>"
        f"{element('Name', rule.name)}</RuleDescription>"
    )


def read(root: ET.Element, name: str, now_s: float) -> RuleDescription:
    """The rule in a RuleDescription (or DefaultRuleDescription) element; ``name`` is that of the address.

    Raises BadRequest for an unknown filter or action type, a bad value, or a name that differs.
    """
    chosen: Filter = TrueFilter()
    action: SqlAction | None = None
    for child in root:
        match local(child.tag):
            case "Filter":
                chosen = _read_filter(child)
            case "Action":
                action = _read_action(child)
            case "Name":
                given = (child.text or "").strip()
                if given and name and given.lower() != name.lower():
                    raise BadRequest(f"Name: '{given}' differs from the rule '{name}' of the address")
                name = name or given
            case "CreatedAt":
                pass
            case unknown:
                raise BadRequest(f"{unknown}: not known in a {local(root.tag)}")
    return RuleDescription(name, chosen, action, now_s)


def _write_filter(chosen: Filter) -> str:
    match chosen:
        case TrueFilter():
            return _sql("Filter", "TrueFilter", "1=1", 20, {})
        case FalseFilter():
            return _sql("Filter", "FalseFilter", "1=0", 20, {})
        case SqlFilter():
            return _sql(
                "Filter", "SqlFilter", chosen.expression, chosen.compatibility_level, chosen.parameters
            )
        case CorrelationFilter():
            parts = [
                element(name, value)
                for name, field in _CORRELATION.items()
                if (value := getattr(chosen, field)) is not None
            ]
            if chosen.properties:
                parts.append(f"<Properties>{_write_values(chosen.properties)}</Properties>")
            return f'<Filter i:type="CorrelationFilter">{"".join(parts)}</Filter>'


def _write_action(action: SqlAction | None) -> str:
    if action is None:
        return '<Action i:type="EmptyRuleAction"/>'
    return _sql("Action", "SqlRuleAction", action.expression, action.compatibility_level, action.parameters)


def _sql(tag: str, kind: str, expression: str, level: int, parameters: Mapping[str, object]) -> str:
    values = f"<Parameters>{_write_values(parameters)}</Parameters>" if parameters else ""
    return (
        f'<{tag} i:type="{kind}">{element("SqlExpression", expression)}'
        f"{element('CompatibilityLevel', level)}{values}</{tag}>"
    )


def _write_values(values: Mapping[str, object]) -> str:
    parts = []
    for name, value in values.items():
        kind, text = _typed(value)
        parts.append(
            f"<KeyValueOfstringanyType>{element('Key', name)}"
            f'<Value xmlns:d6p1="{SCHEMA}" i:type="d6p1:{kind}">{escape(text)}</Value></KeyValueOfstringanyType>'
        )
    return "".join(parts)


def _typed(value: object) -> tuple[str, str]:
    match value:
        case TypedValue():
            return "dateTime" if value.kind == DATE_TIME_OFFSET else value.kind, value.text
        case bool():
            return "boolean", "true" if value else "false"
        case int():
            return ("int" if -_INT_MAX - 1 <= value <= _INT_MAX else "long"), str(value)
        case float():
            return "double", repr(value)
        case datetime.datetime():
            # the service gives back what it was given: a moment without a zone stays without one
            return "dateTime", value.isoformat().replace("+00:00", "Z")
        case datetime.timedelta():
            return "duration", duration.write(value.total_seconds())
        case uuid.UUID():
            return "guid", str(value)
        case _:
            return "string", str(value)


def _read_filter(root: ET.Element) -> Filter:
    kind = root.get(_TYPE, "").rpartition(":")[2]
    match kind:
        case "TrueFilter":
            return TrueFilter()
        case "FalseFilter":
            return FalseFilter()
        case "SqlFilter":
            expression, level, parameters = _read_sql(root)
            # Clients have no element of their own for the two trivial filters they create by default.
            if expression.replace(" ", "") == "1=1" and not parameters:
                return TrueFilter()
            return SqlFilter(expression, parameters, level)
        case "CorrelationFilter":
            return _read_correlation(root)
        case _:
            raise BadRequest(
                f"Filter: the type '{kind}' is not known; known are SqlFilter, CorrelationFilter, TrueFilter and FalseFilter"
            )


def _read_correlation(root: ET.Element) -> CorrelationFilter:
    found: dict[str, str] = {}
    properties: Mapping[str, object] = {}
    for child in root:
        name = local(child.tag)
        if name in _CORRELATION:
            if child.text:
                found[_CORRELATION[name]] = child.text
        elif name == "Properties":
            properties = _read_values(child)
        else:
            raise BadRequest(f"Filter: {name} is not known in a CorrelationFilter")
    return CorrelationFilter(**found, properties=properties)


def _read_action(root: ET.Element) -> SqlAction | None:
    kind = root.get(_TYPE, "").rpartition(":")[2]
    if kind in ("EmptyRuleAction", "") and not len(root):
        return None
    if kind != "SqlRuleAction":
        raise BadRequest(
            f"Action: the type '{kind}' is not known; known are SqlRuleAction and EmptyRuleAction"
        )
    expression, level, parameters = _read_sql(root)
    return SqlAction(expression, parameters, level)


def _read_sql(root: ET.Element) -> tuple[str, int, Mapping[str, object]]:
    expression, level = "", 20
    parameters: Mapping[str, object] = {}
    for child in root:
        match local(child.tag):
            case "SqlExpression":
                expression = child.text or ""
            case "CompatibilityLevel":
                try:
                    level = int(child.text or "20")
                except ValueError:
                    raise BadRequest(f"CompatibilityLevel: '{child.text}' is no whole number") from None
                if not 0 <= level <= _INT_MAX:
                    raise BadRequest(f"CompatibilityLevel: {level} is out of range; the service uses 20")
            case "Parameters":
                parameters = _read_values(child)
            case "RequiresPreprocessing":
                pass
            case unknown:
                raise BadRequest(f"{local(root.tag)}: {unknown} is not known")
    if not expression.strip():
        raise BadRequest(f"{local(root.tag)}: SqlExpression is empty")
    return expression, level, parameters


def _read_values(root: ET.Element) -> dict[str, object]:
    found: dict[str, object] = {}
    for pair in root:
        key = pair.findtext(f"{{{CONNECT}}}Key") or ""
        value = pair.find(f"{{{CONNECT}}}Value")
        if not key or value is None:
            raise BadRequest(f"{local(root.tag)}: each KeyValueOfstringanyType needs a Key and a Value")
        try:
            found[key] = _value(value.get(_TYPE, "string").rpartition(":")[2], value.text or "")
        except ValueError as error:
            raise BadRequest(f"{local(root.tag)}: the value of '{key}' is wrong: {error}") from None
    return found


# XML Schema's whole numbers and their ranges.
_WHOLE = {
    "byte": (-(2**7), 2**7),
    "short": (-(2**15), 2**15),
    "int": (-(2**31), 2**31),
    "long": (-(2**63), 2**63),
    "unsignedByte": (0, 2**8),
    "unsignedShort": (0, 2**16),
    "unsignedInt": (0, 2**32),
    "unsignedLong": (0, 2**64),
}


def _value(kind: str, text: str) -> TypedValue:
    """A value with its type and text. Raises ValueError for a text that is none of the type."""
    return TypedValue(kind, text, _compared(kind, text))


def _compared(kind: str, text: str) -> object:
    match kind:
        case "string" | "anyURI" | "char":
            return text
        case _ if kind in _WHOLE:
            return _whole(kind, text.strip())
        case "double" | "float" | "decimal":
            return float(text)
        case "boolean":
            return _truth(text.strip())
        case "dateTime":
            return datetime.datetime.fromisoformat(text.strip())
        case "duration":
            sign = -1 if text.strip().startswith("-") else 1
            return sign * datetime.timedelta(seconds=duration.parse(text.strip().removeprefix("-")))
        case "guid":
            return uuid.UUID(text.strip())
        case _:
            raise ValueError(f"the type '{kind}' is not known")


def _whole(kind: str, digits: str) -> int:
    least, beyond = _WHOLE[kind]
    if not re.fullmatch(r"[+-]?\d{1,40}", digits, re.ASCII):
        raise ValueError(f"'{digits[:40]}' is no {kind}")
    if not least <= int(digits) < beyond:
        raise ValueError(f"{digits} is out of the range of {kind}, {least} to {beyond - 1}")
    return int(digits)


def _truth(text: str) -> bool:
    if text not in ("true", "false", "1", "0"):
        raise ValueError(f"'{text[:40]}' is neither true nor false")
    return text in ("true", "1")
