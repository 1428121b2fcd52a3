"""What is known of a value while its expression is translated: enough to choose the right JavaScript."""

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True)
class Kind:
    """One kind of value. `of`: what it holds or returns. `label`: the class, for an instance."""

    name: str
    of: tuple["Kind", ...] = ()
    label: str = ""

    @property
    def present(self) -> "Kind":
        """The same without None: mypy has checked that None does not reach the places where it is used."""
        return self.of[0] if self.name == "optional" else self

    @property
    def element(self) -> "Kind":
        """What a loop over it gives."""
        if self.name == "map":
            return INT
        if self.name == "record":
            return STR
        if self.name == "tuple":
            return joined(list(self.of))
        return self.of[0] if self.name in ("list", "deque", "iterator") else ANY

    @classmethod
    def instance(cls, label: str) -> Self:
        """An object of a class."""
        return cls("instance", label=label)


ANY = Kind("any")
"""Not known: usable in arithmetic and calls, but not where JavaScript needs to know more, as in a test for truth."""
NONE = Kind("none")
BOOL = Kind("bool")
FLOAT = Kind("float")
INT = Kind("int")
BITS = Kind("bits")
"""A whole number from 0 to 2**32 - 1, as JavaScript's operators on bits need it."""
STR = Kind("str")
NUMBERS = (FLOAT, INT, BITS)


def held(kind: Kind) -> Kind:
    """What a container or a field may hold later when it holds this now: BITS is for variables and constants alone."""
    return INT if kind == BITS else kind


def a_list(of: Kind) -> Kind:
    return Kind("list", (held(of),))


def function(returns: Kind) -> Kind:
    return Kind("function", (returns,))


def join(one: Kind, other: Kind) -> Kind:
    """The narrowest kind that holds both."""
    if one == other:
        return one
    if NONE in (one, other):
        rest = other if one == NONE else one
        return rest if rest.name in ("optional", "any") else Kind("optional", (rest,))
    if "optional" in (one.name, other.name):
        return join(join(one.present, other.present), NONE)
    if one in NUMBERS and other in NUMBERS:
        return FLOAT if FLOAT in (one, other) else INT
    if one.name == other.name and len(one.of) == len(other.of) and one.label == other.label:
        return Kind(one.name, tuple(join(a, b) for a, b in zip(one.of, other.of, strict=True)), one.label)
    return ANY


def joined(kinds: list[Kind]) -> Kind:
    """The narrowest kind that holds all; ANY of none."""
    if not kinds:
        return ANY
    result = kinds[0]
    for kind in kinds[1:]:
        result = join(result, kind)
    return result
