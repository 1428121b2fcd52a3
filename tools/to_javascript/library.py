"""What Python itself brings: each of its functions that the model calls, in the forms in which it calls it.

Each gives None for a form that it does not know.
"""

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING

from tools.to_javascript.code import DEQUE, RUNTIME, WHOLE, Code
from tools.to_javascript.kinds import ANY, BOOL, FLOAT, INT, Kind, join, joined

if TYPE_CHECKING:
    from tools.to_javascript.containers import Containers


def only(to: "Containers", node: ast.Call) -> Code | None:
    """The argument of a call that has exactly one."""
    if len(node.args) != 1 or node.keywords:
        return None
    code = to.emit(node.args[0])
    return Code(code.text, code.kind.present, code.binds)


def of_len(to: "Containers", node: ast.Call) -> Code | None:
    one = only(to, node)
    if one is None or one.kind.name not in ("list", "deque", "str"):
        return None
    return Code(f"{one.at(WHOLE)}.length", INT)


def of_int(to: "Containers", node: ast.Call) -> Code | None:
    one = only(to, node)
    return None if one is None or one.kind != FLOAT else Code(f"Math.trunc({one.text})", INT)


def of_ceil(to: "Containers", node: ast.Call) -> Code | None:
    one = only(to, node)
    return None if one is None or one.kind != FLOAT else Code(f"Math.ceil({one.text})", INT)


def of_sqrt(to: "Containers", node: ast.Call) -> Code | None:
    one = only(to, node)
    return None if one is None else Code(f"Math.sqrt({one.text})", FLOAT)


def of_frexp(to: "Containers", node: ast.Call) -> Code | None:
    one = only(to, node)
    return one and Code(f"{to.use(RUNTIME, 'frexp')}({one.text})", Kind("tuple", (FLOAT, INT)))


def of_deque(to: "Containers", node: ast.Call) -> Code | None:
    return None if node.args else Code(f"new {to.use(DEQUE, 'Deque')}()", Kind("deque", (ANY,)))


def of_list(to: "Containers", node: ast.Call) -> Code | None:
    if len(node.args) != 1 or node.keywords:
        return None
    one = to.array(node.args[0])
    copied = one.text.startswith("[...") or one.text.endswith((".toArray()", ".slice()"))
    return one if copied else Code(f"{one.at(WHOLE)}.slice()", one.kind)


def of_reversed(to: "Containers", node: ast.Call) -> Code | None:
    one = only(to, node)
    if one is None or one.kind.name != "list":
        return None
    return Code(f"{one.at(WHOLE)}.slice().reverse()", one.kind)


def of_iter(to: "Containers", node: ast.Call) -> Code | None:
    one = only(to, node)
    if one is None or one.kind.name != "list":
        return None
    return Code(f"{one.at(WHOLE)}.values()", Kind("iterator", (one.kind.element,)))


def of_next(to: "Containers", node: ast.Call) -> Code | None:
    if len(node.args) == 2:
        source, otherwise = (to.emit(one) for one in node.args)
        if source.kind.name == "iterator":
            called = to.use(RUNTIME, "nextOr")
            kind = join(source.kind.element, otherwise.kind)
            return Code(f"{called}({source.text}, {otherwise.text})", kind)
    if len(node.args) == 1 and isinstance(node.args[0], ast.GeneratorExp):
        found = to.filtered(node.args[0])
        if found is not None:
            return Code(f"{found[0]}.find({found[1]})", found[2])
    return None


def of_min(to: "Containers", node: ast.Call) -> Code | None:
    if [one.arg for one in node.keywords] == ["key"] and len(node.args) == 1:
        source = node.args[0]
        found = to.filtered(source) if isinstance(source, ast.GeneratorExp) else None
        if found is not None:
            called, key = to.use(RUNTIME, "leastBy"), to.emit(node.keywords[0].value)
            return Code(f"{called}({found[0]}.filter({found[1]}), {key.text})", found[2])
        return None
    return extreme(to, node, "min")


def of_max(to: "Containers", node: ast.Call) -> Code | None:
    return extreme(to, node, "max")


def extreme(to: "Containers", node: ast.Call, name: str) -> Code | None:
    if len(node.args) < 2 or node.keywords:
        return None
    given = [to.number(one) for one in node.args]
    kind = joined([one.kind for one in given])
    return Code(f"Math.{name}({', '.join(one.text for one in given)})", kind)


def of_bisect_right(to: "Containers", node: ast.Call) -> Code | None:
    if len(node.args) != 2 or node.keywords:
        return None
    return Code(f"{to.use(RUNTIME, 'bisectRight')}({', '.join(to.emit(one).text for one in node.args)})", INT)


def of_getattr(to: "Containers", node: ast.Call) -> Code | None:
    if len(node.args) != 2:
        return None
    return Code(f"{to.emit(node.args[0]).at(WHOLE)}[{to.emit(node.args[1]).text}]", ANY)


def of_isinstance(to: "Containers", node: ast.Call) -> Code | None:
    if len(node.args) != 2 or ast.unparse(node.args[1]) != "list":
        return None
    return Code(f"Array.isArray({to.emit(node.args[0]).text})", BOOL)


FUNCTIONS: dict[str, Callable[["Containers", ast.Call], Code | None]] = {
    "len": of_len,
    "int": of_int,
    "ceil": of_ceil,
    "sqrt": of_sqrt,
    "frexp": of_frexp,
    "deque": of_deque,
    "list": of_list,
    "reversed": of_reversed,
    "iter": of_iter,
    "next": of_next,
    "min": of_min,
    "max": of_max,
    "bisect_right": of_bisect_right,
    "getattr": of_getattr,
    "isinstance": of_isinstance,
    "tuple": of_list,
}
