"""Forms of Python's syntax that several parts of the translation ask for."""

import ast

from tools.to_javascript.code import LOOSE, Code


def yields(node: ast.FunctionDef) -> bool:
    """Whether a function is a generator, by its own body."""
    ahead: list[ast.AST] = list(node.body)
    while ahead:
        one = ahead.pop()
        if isinstance(one, ast.Yield | ast.YieldFrom):
            return True
        if not isinstance(one, ast.FunctionDef | ast.Lambda):
            ahead += ast.iter_child_nodes(one)
    return False


def set_by_name(node: ast.Call, in_order: list[str]) -> list[str]:
    """The arguments of a call that have their own name and place, by place."""
    names = {one.arg for one in node.keywords}
    return [name for name in in_order if name in names]


def is_path(node: ast.expr) -> bool:
    """A name, or an attribute of a path: reading it twice gives the same and does nothing."""
    return isinstance(node, ast.Name) or (isinstance(node, ast.Attribute) and is_path(node.value))


def range_call(node: ast.expr) -> list[ast.expr] | None:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "range":
        return node.args
    return None


def enumerate_call(node: ast.expr) -> ast.expr | None:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "enumerate":
        return node.args[0] if len(node.args) == 1 and not node.keywords else None
    return None


def zip_call(node: ast.expr) -> tuple[ast.expr, ast.expr] | None:
    """The arguments of `zip(one, other, strict=True)`."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "zip":
        strict = [ast.unparse(one) for one in node.keywords] == ["strict=True"]
        return (node.args[0], node.args[1]) if len(node.args) == 2 and strict else None
    return None


def body_of_arrow(code: Code) -> str:
    """What follows `=>`: an object needs brackets, else it would be a block."""
    return f"({code.text})" if code.text.startswith("{") else code.at(LOOSE)


def signature_parts(arguments: ast.arguments) -> bool:
    """Whether there is more than plain parameters."""
    return bool(
        arguments.vararg
        or arguments.kwarg
        or arguments.kwonlyargs
        or arguments.defaults
        or arguments.posonlyargs
    )
