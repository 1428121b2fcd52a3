"""Values of the filter language: unknown, comparison and arithmetic as C# does them.

Unknown (a missing or null property) is None here. Source: service-bus-messaging-sql-filter, "Property evaluation
semantics" and "Operator binding semantics".
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

Value = object  # None, bool, int, float, str, bytes, datetime, timedelta, UUID
MIN_LONG, MAX_LONG = -(2**63), 2**63 - 1


class FilterException(Exception):
    """A filter or action could not be evaluated on this message; `type_name` is the dead-letter reason."""

    type_name = "FilterException"


def is_number(value: Value) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _family(value: Value) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, (int, float)):
        return "number"
    for kind, name in (
        (str, "string"),
        (datetime, "dateTime"),
        (timedelta, "duration"),
        (UUID, "guid"),
        (bytes, "binary"),
    ):
        if isinstance(value, kind):
            return name
    return type(value).__name__


_COMPARISONS: dict[str, Callable[[Any, Any], object]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_ORDERED = frozenset({"number", "string", "dateTime", "duration"})


def compare(sign: str, left: Value, right: Value) -> bool | None:
    """`left sign right`; None (unknown) when a side is unknown. Raises FilterException for types without the operator."""
    if left is None or right is None:
        return None
    family = _family(left)
    if family != _family(right) or (sign not in ("=", "<>", "!=") and family not in _ORDERED):
        raise FilterException(
            f"Operator '{sign}' cannot be applied to operands of type {family} and {_family(right)}."
        )
    return bool(_COMPARISONS[sign](left, right))


def same_value(left: Value, right: Value) -> bool:
    """Equality of a correlation filter: same kind of value and equal; numbers of all widths compare as numbers."""
    if left is None or right is None or _family(left) != _family(right):
        return False
    return in_utc(left) == in_utc(right)


def in_utc(value: Value) -> Value:
    """A moment without a zone (a rule made by administration may hold one) is meant in UTC."""
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) and value.tzinfo is None else value


def arithmetic(sign: str, left: Value, right: Value) -> Value:
    """`left sign right` with C# promotion: long with long stays long, a double makes a double, + joins strings."""
    if left is None or right is None:
        return None
    if sign == "+" and (isinstance(left, str) or isinstance(right, str)):
        return as_text(left) + as_text(right)
    if (
        not isinstance(left, (int, float))
        or not isinstance(right, (int, float))
        or not (is_number(left) and is_number(right))
    ):
        raise FilterException(
            f"Operator '{sign}' cannot be applied to operands of type {_family(left)} and {_family(right)}."
        )
    if isinstance(left, float) or isinstance(right, float):
        return _double(sign, float(left), float(right))
    return _long(sign, int(left), int(right))


def _long(sign: str, left: int, right: int) -> int:
    if sign in "/%":
        if right == 0:
            raise FilterException("Attempted to divide by zero.")
        quotient = abs(left) // abs(right)  # towards zero, as C# divides
        if (left < 0) != (right < 0):
            quotient = -quotient
        result = quotient if sign == "/" else left - quotient * right
    else:
        result = left + right if sign == "+" else left - right if sign == "-" else left * right
    return (result - MIN_LONG) % 2**64 + MIN_LONG  # an overflow wraps, as unchecked C# does


def _double(sign: str, left: float, right: float) -> float:
    if sign == "+":
        return left + right
    if sign == "-":
        return left - right
    if sign == "*":
        return left * right
    if sign == "%":
        return math.nan if right == 0 or math.isinf(left) else math.fmod(left, right)
    if right == 0:
        return (
            math.nan
            if left == 0 or math.isnan(left)
            else math.copysign(math.inf, left) * math.copysign(1, right)
        )
    return left / right


def negate(value: Value) -> Value:
    if value is None:
        return None
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise FilterException(f"Operator '-' cannot be applied to an operand of type {_family(value)}.")
    return -value if isinstance(value, float) else _long("-", 0, value)


def plus(value: Value) -> Value:
    if value is not None and not is_number(value):
        raise FilterException(f"Operator '+' cannot be applied to an operand of type {_family(value)}.")
    return value


def as_text(value: Value) -> str:
    """Text of a value, as C# joins it to a string."""
    if isinstance(value, bool):
        return "True" if value else "False"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def like(value: Value, pattern: Value, escape: Value, has_escape: bool) -> bool | None:
    """SQL LIKE with % and _; None when an operand is unknown. Raises FilterException unless all are strings."""
    if value is None or pattern is None or (has_escape and escape is None):
        return None
    if not isinstance(value, str) or not isinstance(pattern, str):
        raise FilterException("LIKE needs strings on both sides.")
    if has_escape and (not isinstance(escape, str) or len(escape) != 1):
        raise FilterException("The ESCAPE of LIKE must be a string of length 1.")
    return _like_pattern(pattern, escape if isinstance(escape, str) else None).fullmatch(value) is not None


@lru_cache(maxsize=1024)
def _like_pattern(pattern: str, escape: str | None) -> re.Pattern[str]:
    """A pattern that takes time in proportion to the text.

    What is between two `%` has a fixed length, so its first place is as good as any later one: an atomic group
    keeps to it, where plain `.*` would try all combinations and one filter could stop the whole process.
    """
    pieces: list[list[str]] = [[]]  # what stands between the %
    position = 0
    while position < len(pattern):
        character = pattern[position]
        if character == escape:
            position += 1
            if position == len(pattern):
                raise FilterException("The LIKE pattern ends with its escape character.")
            pieces[-1].append(re.escape(pattern[position]))
        elif character == "%":
            pieces.append([])
        else:
            pieces[-1].append("." if character == "_" else re.escape(character))
        position += 1
    first, *middle = ("".join(piece) for piece in pieces)
    if not middle:
        return re.compile(first, re.DOTALL)
    last = middle.pop()
    found = "".join(f"(?>.*?{piece})" for piece in middle if piece)
    return re.compile(f"{first}{found}.*{last}", re.DOTALL)


def converted(value: Value, existing: Value) -> Value:
    """What `SET` stores over an existing value of another type: the new value in the old type where possible."""
    if value is None or existing is None or type(value) is type(existing):
        return value
    try:
        if isinstance(existing, str):
            return as_text(value)
        if isinstance(existing, bool):
            if isinstance(value, str) and value.lower() in ("true", "false"):
                return value.lower() == "true"
            return bool(value) if is_number(value) else value
        if isinstance(existing, int) and isinstance(value, (str, float)) and not isinstance(value, bool):
            whole = int(value)
            return whole if MIN_LONG <= whole <= MAX_LONG else value
        if isinstance(existing, float) and isinstance(value, (str, int)) and not isinstance(value, bool):
            return float(value)
    except (ValueError, OverflowError):
        return value
    return value
