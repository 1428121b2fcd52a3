"""One field of a scenario: its unit and range, how a value is checked against them, and how it is written."""

import math
import re
from collections.abc import Mapping
from dataclasses import field
from numbers import Real
from typing import Any

from mqcourse.errors import CourseError

WRITTEN = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
"""A number in an address. Python and JavaScript each read more than this (1_000, 0x10, inf), and not the same."""


class ScenarioError(CourseError):
    """A scenario that cannot be run: names the field, its unit and what is allowed."""

    def __init__(self, field_name: str, problem: str, allowed: str) -> None:
        super().__init__(f"scenario: {field_name} {problem}", do=f"Allowed: {allowed}")
        self.field = field_name


def number(
    default: Any,
    unit: str,
    low: float,
    high: float,
    help: str,
    *,
    above: bool = False,
    whole: bool = False,
    none: str = "",
) -> Any:
    """A number field: unit, range (`above`: low itself is not allowed), and what None means where it is allowed."""
    kind = "whole" if whole else "number"
    return field(
        default=default,
        metadata={
            "kind": kind,
            "unit": unit,
            "low": low,
            "high": high,
            "above": above,
            "none": none,
            "help": help,
        },
    )


def choice(default: str, choices: tuple[str, ...], help: str) -> Any:
    return field(
        default=default, metadata={"kind": "choice", "unit": "one of", "choices": choices, "help": help}
    )


def numbers(default: tuple[float, ...], unit: str, low: float, high: float, most: int, help: str) -> Any:
    return field(
        default=default,
        metadata={"kind": "numbers", "unit": unit, "low": low, "high": high, "most": most, "help": help},
    )


def allowed(spec: Mapping[str, Any]) -> str:
    """The allowed range of a field, with its unit, in words."""
    if spec["kind"] == "choice":
        return ", ".join(spec["choices"])
    span = f"{'above' if spec.get('above') else 'from'} {shown(spec['low'])} to {shown(spec['high'])} {spec['unit']}"
    if spec["kind"] == "whole":
        span = f"whole numbers {span}"
    if spec["kind"] == "numbers":
        span = f"a list of at most {spec['most']} numbers {span}"
    return f"{span}, or None ({spec['none']})" if spec.get("none") else span


def checked(spec: Mapping[str, Any], value: Any) -> Any:
    """The value of a field, in its type; raises ScenarioError when it is not allowed."""
    kind, name = spec["kind"], spec["name"]
    if kind == "choice":
        if not isinstance(value, str) or value not in spec["choices"]:
            raise ScenarioError(name, f"is {value!r}", allowed(spec))
        return value
    if kind == "numbers":
        if not isinstance(value, list | tuple) or len(value) > spec["most"]:
            raise ScenarioError(
                name, f"is {value!r}" if not isinstance(value, list | tuple) else "is too long", allowed(spec)
            )
        return tuple(_in_range(spec, one) for one in value)
    if value is None and spec["none"]:
        return None
    return _in_range(spec, value)


def _in_range(spec: Mapping[str, Any], value: Any) -> float | int:
    if not isinstance(value, Real) or isinstance(value, bool):  # numpy's numbers are real ones, too
        raise ScenarioError(spec["name"], f"is {value!r}", allowed(spec))
    try:
        number = float(value)
    except OverflowError:  # a whole number beyond every double
        number = -math.inf if value < spec["low"] else math.inf
    whole = spec["kind"] == "whole"
    if whole and math.isfinite(number) and number != int(number):
        raise ScenarioError(spec["name"], f"is {number!r}", allowed(spec))
    too_low = number <= spec["low"] if spec.get("above") else number < spec["low"]
    if too_low or not number <= spec["high"]:
        seen = int(number) if isinstance(value, int) and abs(number) < 1e16 else number
        raise ScenarioError(spec["name"], f"is {seen!r} {spec['unit']}", allowed(spec))
    return int(number) if whole else number


def shown(value: Any) -> str:
    """A value as it stands in an address or an error: whole numbers without a point."""
    if value is None:
        return "none"
    if isinstance(value, list | tuple):
        return ",".join(shown(one) for one in value)
    if isinstance(value, float) and value == int(value) and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def read(spec: Mapping[str, Any], text: str) -> Any:
    """The value that `shown` wrote."""
    if spec["kind"] == "choice":
        return text
    if text == "none" and spec.get("none"):
        return None
    parts = [one for one in text.split(",") if one] if spec["kind"] == "numbers" else [text]
    if not all(WRITTEN.fullmatch(one.strip()) for one in parts):
        raise ScenarioError(spec["name"], f"is {text!r}", allowed(spec))
    if spec["kind"] == "numbers":
        return tuple(float(one) for one in parts)
    number = float(text)
    return int(number) if spec["kind"] == "whole" and number == number // 1 else number
