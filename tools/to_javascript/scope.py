"""The names that a function sees while it is translated, and what is known of their values."""

import ast
from dataclasses import dataclass, field

from tools.to_javascript.kinds import ANY, Kind, join
from tools.to_javascript.places import Places


@dataclass
class Scope:
    """One function, lambda or comprehension. `owner`: the class whose method it belongs to."""

    parent: "Scope | None" = None
    owner: str = ""
    kinds: dict[str, Kind] = field(default_factory=dict)
    outer: set[str] = field(default_factory=set)
    """Names that belong to a function further out (nonlocal)."""
    places: Places = field(default_factory=Places)
    returned: list[Kind] = field(default_factory=list)
    node: ast.FunctionDef | None = None
    in_loop: int = 0

    def kind(self, name: str) -> Kind | None:
        """What is known of a variable; None when it is none of this function's and of those around it."""
        if name in self.kinds and name not in self.outer:
            return self.kinds[name]
        if name in self.places.names and name not in self.outer:
            return ANY
        return self.parent.kind(name) if self.parent is not None else None

    def assign(self, name: str, kind: Kind) -> None:
        """A variable may also hold this."""
        if name in self.outer or (name not in self.places.names and name not in self.kinds):
            if self.parent is not None:
                self.parent.assign(name, kind)
            return
        self.kinds[name] = join(self.kinds[name], kind) if name in self.kinds else kind
