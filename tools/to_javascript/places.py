"""Where a function's variables are declared: Python's belong to the whole function, JavaScript's to a block."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from tools.to_javascript.program import Module

Path = tuple[tuple[int, int, ast.stmt], ...]
"""From the function's own body inwards: the block, the index in it, and the statement there."""


@dataclass(frozen=True)
class Occurrence:
    name: str
    stored: bool
    path: Path


@dataclass
class Places:
    """`declared`: statement -> names with "const" or "let". `before`: statement -> names declared above it."""

    declared: dict[int, dict[str, str]] = field(default_factory=dict)
    before: dict[int, list[str]] = field(default_factory=dict)
    loops: dict[int, str] = field(default_factory=dict)
    """Loop -> "const" or "let" for its variables."""
    names: set[str] = field(default_factory=set)
    """All variables of the function but its parameters."""
    parameters: set[str] = field(default_factory=set)
    stored: set[str] = field(default_factory=set)

    def is_constant(self, name: str) -> bool:
        """Whether a variable or parameter keeps the value that it gets first."""
        if name in self.parameters:
            return name not in self.stored
        return any(names.get(name) == "const" for names in self.declared.values())


def blocks(node: ast.stmt) -> list[list[ast.stmt]]:
    """The blocks of statements inside a statement."""
    if isinstance(node, ast.If | ast.While | ast.For):
        return [block for block in (node.body, node.orelse) if block]
    return []


def names_of(target: ast.expr) -> Iterator[ast.Name]:
    """The plain names that an assignment's target sets."""
    if isinstance(target, ast.Name):
        yield target
    elif isinstance(target, ast.Tuple):
        for one in target.elts:
            yield from names_of(one)


def occurrences(body: list[ast.stmt], path: Path = ()) -> Iterator[Occurrence]:
    """Every name in a body with its place, in the order of evaluation."""
    for index, statement in enumerate(body):
        here = (*path, (id(body), index, statement))
        for name, stored in in_statement(statement):
            yield Occurrence(name, stored, here)
        for block in blocks(statement):
            yield from occurrences(block, here)


def in_statement(node: ast.stmt) -> Iterator[tuple[str, bool]]:
    """The names in a statement itself, the blocks inside it left out; what is read before what is set."""
    if isinstance(node, ast.FunctionDef):
        yield node.name, True
        yield from free_names(node)
    elif isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        if node.value is not None:
            yield from in_expression(node.value)
        for target in targets:
            if isinstance(node, ast.AugAssign) and isinstance(target, ast.Name):
                yield target.id, False
            yield from in_expression(target)
    elif isinstance(node, ast.For):
        yield from in_expression(node.iter)
    elif isinstance(node, ast.If | ast.While):
        yield from in_expression(node.test)
    else:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                yield from in_expression(child)


def in_expression(node: ast.AST) -> Iterator[tuple[str, bool]]:
    """The names in an expression, without those that a comprehension or lambda inside it binds."""
    if isinstance(node, ast.Name):
        yield node.id, isinstance(node.ctx, ast.Store)
        return
    bound: set[str] = set()
    if isinstance(node, ast.ListComp | ast.DictComp | ast.GeneratorExp | ast.SetComp):
        bound = {name.id for one in node.generators for name in names_of(one.target)}
    elif isinstance(node, ast.Lambda):
        bound = {one.arg for one in node.args.args}
    for child in ast.iter_child_nodes(node):
        for name, stored in in_expression(child):
            if name not in bound:
                yield name, stored


def free_names(node: ast.FunctionDef) -> Iterator[tuple[str, bool]]:
    """The names that a nested function takes from outside."""
    outer = nonlocal_names(node)
    own = {one.arg for one in [*node.args.args, *node.args.kwonlyargs]}
    inside = list(occurrences(node.body))
    own |= {one.name for one in inside if one.stored and one.name not in outer}
    own |= {name.id for one in ast.walk(node) if isinstance(one, ast.For) for name in names_of(one.target)}
    for one in inside:
        if one.name not in own:
            yield one.name, one.stored


def nonlocal_names(node: ast.FunctionDef) -> set[str]:
    return {name for one in node.body if isinstance(one, ast.Nonlocal) for name in one.names}


def in_body(one: Occurrence, loop: ast.For) -> bool:
    return any(block == id(loop.body) for block, _, _ in one.path)


def find(module: Module, node: ast.FunctionDef) -> Places:
    """Where the variables of a function are declared; a loop's own variables belong to the loop."""
    places = Places(parameters={one.arg for one in [*node.args.args, *node.args.kwonlyargs]})
    outside = nonlocal_names(node) | {one.arg for one in [*node.args.args, *node.args.kwonlyargs]}
    found: dict[str, list[Occurrence]] = {}
    for one in occurrences(node.body):
        found.setdefault(one.name, []).append(one)
        if one.stored:
            places.stored.add(one.name)
    loops = [one for one in walk(node.body) if isinstance(one, ast.For)]
    of_loops = {name.id for loop in loops for name in names_of(loop.target)} - outside
    for loop in loops:
        own = {name.id for name in names_of(loop.target)}
        changed = [one for name in own for one in found.get(name, []) if one.stored and in_body(one, loop)]
        if changed and is_range(loop.iter):
            module.stop(loop, "the variable of a loop over range is changed inside the loop", "Use while")
        places.loops[id(loop)] = "let" if changed else "const"
    for name in of_loops:
        own_loops = [loop for loop in loops if name in {one.id for one in names_of(loop.target)}]
        for one in found.get(name, []):
            if not any(in_body(one, loop) for loop in own_loops):
                module.stop(
                    one.path[-1][2], f"{name} is a loop's variable and is used outside the loop", "Rename one"
                )
    for name, all_of_it in found.items():
        stores = [one for one in all_of_it if one.stored]
        if stores and name not in outside | of_loops:
            _place(places, name, all_of_it, len(stores))
    places.names = {name for names in places.declared.values() for name in names} | of_loops
    places.names |= {name for names in places.before.values() for name in names}
    return places


def _place(places: Places, name: str, all_of_it: list[Occurrence], stores: int) -> None:
    first = all_of_it[0]
    block, index, statement = first.path[-1]
    straight = all(
        any(one_block == block and one_index >= index for one_block, one_index, _ in one.path)
        for one in all_of_it
    )
    if first.stored and straight and isinstance(statement, ast.Assign | ast.AnnAssign | ast.FunctionDef):
        places.declared.setdefault(id(statement), {})[name] = "const" if stores == 1 else "let"
        return
    depth = min(len(one.path) for one in all_of_it)
    shared = 0
    while shared < depth and len({one.path[shared][0] for one in all_of_it}) == 1:
        shared += 1
    # Python's variable lives on from one round of a loop to the next, so it is declared outside all loops
    loops = (at for at in range(shared - 1) if isinstance(first.path[at][2], ast.While | ast.For))
    place = next(loops, shared - 1)
    places.before.setdefault(id(first.path[place][2]), []).append(name)


def walk(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Every statement of a function, those of nested functions left out."""
    for statement in body:
        yield statement
        for block in blocks(statement):
            yield from walk(block)


def is_range(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "range"
