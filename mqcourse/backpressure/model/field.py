"""One field of a scenario: its unit and range, how a value is checked against them, and how it is written."""

import math
import re
from collections.abc import Mapping
from dataclasses import field
from numbers import Real
from typing import Any

from mqcourse.errors import CourseError

LONGEST_SAID = 40
"""Characters of a wrong text that an error repeats."""
UNSAYABLE = re.compile(
    r"[\x00-\x1f\x7f-\xa0\u1680\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff\ud800-\udfff]"
)
"""What would break an error's one line or hide in it: control characters, all spaces but the plain one, half letters."""
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
    span = f"{'above' if spec.get('above') else 'from'} {to_text(spec['low'])} to {to_text(spec['high'])} {spec['unit']}"
    if spec["kind"] == "whole":
        span = f"whole numbers {span}"
    if spec["kind"] == "numbers":
        span = f"a list of at most {spec['most']} numbers {span}"
    return f"{span}, or None ({spec['none']})" if spec.get("none") else span


def validate(spec: Mapping[str, Any], value: Any) -> Any:
    """The value of a field, in its type; raises ScenarioError when it is not allowed."""
    kind, name = spec["kind"], spec["name"]
    if kind == "choice":
        if not isinstance(value, str) or value not in spec["choices"]:
            raise ScenarioError(name, f"is {quoted(value)}", allowed(spec))
        return value
    if kind == "numbers":
        if not isinstance(value, list | tuple) or len(value) > spec["most"]:
            raise ScenarioError(name, f"is {quoted(value)}", allowed(spec))
        return tuple(_in_range(spec, one) for one in value)
    if value is None and spec["none"]:
        return None
    return _in_range(spec, value)


def _in_range(spec: Mapping[str, Any], value: Any) -> float | int:
    if not isinstance(value, Real) or isinstance(value, bool):  # numpy's numbers are real ones, too
        raise ScenarioError(spec["name"], f"is {quoted(value)}", allowed(spec))
    number = _double(value)
    whole = spec["kind"] == "whole"
    if whole and math.isfinite(number) and number != int(number):
        raise ScenarioError(spec["name"], f"is {to_text(number)}", allowed(spec))
    too_low = number <= spec["low"] if spec.get("above") else number < spec["low"]
    if too_low or not number <= spec["high"]:
        raise ScenarioError(spec["name"], f"is {to_text(number)} {spec['unit']}", allowed(spec))
    return int(number) if whole else number


def _double(value: Real) -> float:
    try:
        return float(value)
    except OverflowError:  # a whole number beyond every double
        return math.inf if value > 0 else -math.inf  # type: ignore[operator]


def quoted(value: Any) -> str:
    """A wrong value as an error repeats it: short, on one line, and in the page as in Python."""
    if isinstance(value, str):
        return f"'{one_line(value)}'"
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}"
    if isinstance(value, dict | set | frozenset):
        return f"a {type(value).__name__} of {len(value)}"
    if isinstance(value, Real) and not isinstance(value, bool):
        return to_text(_double(value))
    return one_line(repr(value))


def one_line(text: str) -> str:
    """The beginning of a text, with what cannot be in a line as its code."""
    short = text if len(text) <= LONGEST_SAID else text[:LONGEST_SAID] + "…"
    return UNSAYABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", short)


def to_text(value: Any) -> str:
    """A value as it is in an address or an error: whole numbers without a point."""
    if value is None:
        return "none"
    if isinstance(value, list | tuple):
        return ",".join(to_text(one) for one in value)
    if isinstance(value, float) and abs(value) < 1e16 and value == int(value):
        return str(int(value))
    return str(value)


def from_text(spec: Mapping[str, Any], text: str) -> Any:
    """The value that `to_text` wrote."""
    if spec["kind"] == "choice":
        return text
    if text == "none" and spec.get("none"):
        return None
    parts = [one for one in text.split(",") if one] if spec["kind"] == "numbers" else [text]
    if not all(WRITTEN.fullmatch(one.strip()) for one in parts):
        raise ScenarioError(spec["name"], f"is {quoted(text)}", allowed(spec))
    if spec["kind"] == "numbers":
        return tuple(float(one) for one in parts)
    number = float(text)
    return int(number) if spec["kind"] == "whole" and number == number // 1 else number
