"""A claim of a chapter: what a cell asserts. One that does not hold here is shown in its place, and the cell goes on.

This module runs inside a chapter's kernel. `soften()` makes each `assert` of later cells show what was said and what
is so here, instead of raising. Two kinds stay as they are, since the code after them could not go on: those inside a
function or class, and those inside a `while`, which are its deadline.
"""

import ast
import builtins
from collections.abc import Callable, Sequence
from typing import Any

MIME = "application/vnd.mqcourse.claim+json"
"""How a claim that did not hold travels from the kernel to whoever runs it."""
NAME = "__mq_claim__"
LONGEST = 200
HARMLESS = {
    "abs",
    "dict",
    "float",
    "int",
    "len",
    "list",
    "max",
    "min",
    "round",
    "set",
    "sorted",
    "str",
    "sum",
    "tuple",
}
"""Calls that may be made once more to show a value."""
Values = Sequence[tuple[str, Callable[[], Any]]]


class Softener(ast.NodeTransformer):
    """`assert test, message` becomes `__mq_claim__(lambda: test, "test", lambda: message, values)`."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return node

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        return node

    def visit_While(self, node: ast.While) -> ast.AST:
        return node

    def visit_Assert(self, node: ast.Assert) -> ast.AST:
        if any(isinstance(one, ast.NamedExpr | ast.Await | ast.Yield) for one in ast.walk(node)):
            return node  # in a function of its own it would mean something else
        call = ast.Call(
            ast.Name(NAME, ast.Load()),
            [
                _later(node.test),
                ast.Constant(ast.unparse(node.test)),
                _later(node.msg or ast.Constant("")),
                ast.List(
                    [
                        ast.Tuple([ast.Constant(ast.unparse(one)), _later(one)], ast.Load())
                        for one in shown(node.test)
                    ],
                    ast.Load(),
                ),
            ],
            [],
        )
        return ast.fix_missing_locations(ast.copy_location(ast.Expr(call), node))


def _later(node: ast.expr) -> ast.Lambda:
    nothing = ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[])
    return ast.Lambda(nothing, node)


def shown(test: ast.expr) -> list[ast.expr]:
    """The parts of a claim whose values tell why it does not hold: both sides of each comparison, if it is safe."""
    if isinstance(test, ast.BoolOp):
        return [part for value in test.values for part in shown(value)]
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return shown(test.operand)
    sides = [test.left, *test.comparators] if isinstance(test, ast.Compare) else [test]
    return [side for side in sides if not isinstance(side, ast.Constant) and _is_safe(side)]


def _is_safe(node: ast.expr) -> bool:
    return all(
        not isinstance(one, ast.Call) or (isinstance(one.func, ast.Name) and one.func.id in HARMLESS)
        for one in ast.walk(node)
    )


def claim(test: Callable[[], Any], said: str, message: Callable[[], Any], values: Values) -> None:
    """Evaluate a claim; where it does not hold, show it. What the test itself raises is raised."""
    if test():
        return
    from IPython.display import display

    here = "; ".join(f"{text} is {_short(value)}" for text, value in values) or "it is not so"
    what = str(message())
    data = {"said": said, "here": f"{what} ({here})" if what else here}
    display({MIME: data, "text/plain": f"said: {said}; here: {data['here']}"}, raw=True)


def _short(value: Callable[[], Any]) -> str:
    seen = value()
    text = f"{seen:.4g}" if isinstance(seen, float) else " ".join(repr(seen).split())
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} …"


def soften() -> None:
    """From the next cell of this kernel on, claims are shown instead of raised."""
    from IPython import get_ipython

    setattr(builtins, NAME, claim)
    get_ipython().ast_transformers.append(Softener())
