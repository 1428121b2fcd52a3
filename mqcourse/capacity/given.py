"""What a reader states: a group of fields with units, ranges and defaults, checked when it is made."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Self

from mqcourse.backpressure.model.field import FieldError, from_text, validate


class CapacityError(FieldError):
    """A number that the calculator refuses: names the field, its unit and its allowed range."""

    # `mq capacity` and the page name what is asked; the fields of all three groups have different names


class Given:
    """The base of Workload, Rates and Prices. Making one raises CapacityError for a value out of its range."""

    def __post_init__(self) -> None:
        for spec in self.specs():
            name = spec["name"]
            object.__setattr__(self, name, validate(spec, getattr(self, name), CapacityError))

    @classmethod
    def specs(cls) -> tuple[dict[str, Any], ...]:
        """Name, default, unit, range and meaning of each field, in their order."""
        return tuple({"name": one.name, "default": one.default, **one.metadata} for one in fields(cls))  # type: ignore[arg-type]

    @classmethod
    def from_texts(cls, texts: Mapping[str, str]) -> Self:
        """One of typed values by field name; a field that is not typed has its default.

        Raises CapacityError for a text that is no number, or for a value out of its range.
        """
        specs = {spec["name"]: spec for spec in cls.specs()}
        return cls(**{name: from_text(specs[name], text, CapacityError) for name, text in texts.items()})
