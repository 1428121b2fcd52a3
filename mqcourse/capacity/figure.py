"""One result of the calculator."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """A value in its unit, the same as a text, the formula with its numbers, and the formula's source."""

    name: str
    title: str
    value: float
    unit: str
    shown: str
    formula: str
    source: str
