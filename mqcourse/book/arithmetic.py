"""The arithmetic of a card's number: `20000 * 1024 * 3 / 1e6`, evaluated without running any code."""

import ast
import math
import operator
from collections.abc import Callable

OPERATORS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
FUNCTIONS: dict[str, Callable[[float], float]] = {"ceil": math.ceil, "sqrt": math.sqrt}
LONGEST = 200
"""Signs of a formula: more is no formula of a card."""
LARGEST_POWER = 64


def value_of(formula: str) -> float:
    """The number that the formula gives. ValueError with the reason for anything but numbers, + - * / **, ceil and sqrt."""
    if len(formula) > LONGEST:
        raise ValueError(f"{len(formula)} signs are too many; at most {LONGEST}")
    try:
        found = _value(ast.parse(formula, mode="eval").body)
    except SyntaxError as error:
        raise ValueError(f"{formula!r} is no formula") from error
    except (ZeroDivisionError, OverflowError, TypeError) as error:
        raise ValueError(f"{formula!r} gives no number: {error}") from error
    if not math.isfinite(found):
        raise ValueError(f"{formula!r} gives no finite number")
    return found


def _value(node: ast.expr) -> float:
    match node:
        case ast.Constant(value=bool()):
            pass
        case ast.Constant(value=int() | float() as number):
            return number
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
            first, second = _value(left), _value(right)
            if isinstance(op, ast.Pow) and abs(second) > LARGEST_POWER:
                raise ValueError(f"a power of {second} is too large")
            return OPERATORS[type(op)](first, second)
        case ast.Call(func=ast.Name(id=name), args=[argument], keywords=[]) if name in FUNCTIONS:
            return FUNCTIONS[name](_value(argument))
    raise ValueError(f"{ast.unparse(node)!r} is not a number, + - * / **, ceil() or sqrt()")
