"""What a reader states: a group of fields with units, ranges and defaults, checked when it is made."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Self

from mqcourse.backpressure.model.field import ScenarioError, from_text, validate
from mqcourse.errors import CourseError


class CapacityError(CourseError):
    """A number that the calculator refuses: names the field, its unit and its allowed range."""


class Given:
    """The base of Workload, Rates and Prices. Making one raises CapacityError for a value out of its range."""

    def __post_init__(self) -> None:
        for spec in self.specs():
            name = spec["name"]
            object.__setattr__(self, name, checked(spec, getattr(self, name)))

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
        return cls(**{name: typed(specs[name], text) for name, text in texts.items()})


def checked(spec: dict[str, Any], value: Any) -> Any:
    """The value of a field, in its type; raises CapacityError when it is not allowed."""
    try:
        return validate(spec, value)
    except ScenarioError as error:
        raise refusal(error) from None


def typed(spec: dict[str, Any], text: str) -> Any:
    """The value of a typed text, not yet checked against its range; raises CapacityError for what is no number."""
    try:
        return from_text(spec, text)
    except ScenarioError as error:
        raise refusal(error) from None


def refusal(error: ScenarioError) -> CapacityError:
    """The same line for a field that is no scenario's."""
    return CapacityError(str(error).removeprefix("scenario: "))
