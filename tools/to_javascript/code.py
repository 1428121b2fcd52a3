"""A piece of JavaScript, and what it needs as an operand or to be imported."""

from dataclasses import dataclass

from tools.to_javascript.kinds import Kind

RUNTIME = "../engine/runtime.js"
DEQUE = "../engine/deque.js"
SCENARIO = "../engine/scenario.js"

# how tightly a form binds, from MDN's table of operator precedence
WHOLE, UNARY, PRODUCT, SUM, SHIFT, ORDER, EQUAL, AND_BITS, XOR_BITS, OR_BITS, AND, OR, CHOICE, LOOSE = range(
    14, 0, -1
)


@dataclass(frozen=True)
class Code:
    """A piece of JavaScript, what kind of value it gives, and how tightly its outermost operator binds."""

    text: str
    kind: Kind
    binds: int = WHOLE

    def at(self, level: int) -> str:
        """The text where an operand of this tightness is needed."""
        return self.text if self.binds >= level else f"({self.text})"
