"""A value of a rule in the type and the form its client sent it: what is read is what was written.

Clients cast what they read: a .NET long that is returned as an int fails, and so does a time without its seventh digit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

DATE_TIME_OFFSET = "dateTimeOffset"
"""Of .NET, over AMQP only: XML Schema has dateTime for it."""


@dataclass(frozen=True, slots=True)
class TypedValue:
    """`kind` is the name of an XML Schema type (`long`, `dateTime` …), `text` the value in it, `value` what filters
    compare: int, float, bool, str, datetime, timedelta or UUID."""

    kind: str
    text: str
    value: object

    def __str__(self) -> str:
        return self.text


def plain(value: object) -> object:
    """What a filter compares."""
    return value.value if isinstance(value, TypedValue) else value


def plain_values(values: Mapping[str, object]) -> dict[str, object]:
    """All of a rule's values as a filter compares them."""
    return {name: plain(value) for name, value in values.items()}
