"""The modules that are translated and those they use: classes, functions, constants, and what their annotations say."""

import ast
import io
import tokenize
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NoReturn

from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from tools.to_javascript.kinds import ANY, BITS, BOOL, FLOAT, INT, NONE, STR, Kind, a_list, function, join

TEACH = "Write it in the forms that the model already uses, or teach the form to tools/to_javascript"
PLAIN = {"int": INT, "float": FLOAT, "bool": BOOL, "str": STR, "None": NONE, "Any": ANY}
PYTHON = ("bisect", "collections", "collections.abc", "dataclasses", "math", "typing")
"""Modules of Python's library that may be imported; expressions.py defines what a name of theirs becomes."""
FOR_TOOLS = ("fmt:", "noqa", "type:")


class CannotTranslate(CourseError):
    """A construct that the translator does not know."""

    exit_code = Exit.SAID_NO


@dataclass(frozen=True)
class Definition:
    """A name at the top of a module."""

    module: "Module"
    node: ast.ClassDef | ast.FunctionDef | ast.expr


@dataclass(frozen=True)
class Class:
    """A class and the module that holds it."""

    module: "Module"
    node: ast.ClassDef


@dataclass
class Module:
    """One Python file. `javascript`: the module that its names come from in JavaScript."""

    name: str
    path: str
    text: str
    javascript: str
    by_hand: frozenset[str] = frozenset()
    """Names of it that runtime.js has, written by hand."""
    tree: ast.Module = field(init=False)
    defined: dict[str, Definition] = field(default_factory=dict)
    aliases: dict[str, ast.expr] = field(default_factory=dict)
    imported: dict[str, tuple[str, str]] = field(default_factory=dict)
    comments: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.tree = ast.parse(self.text)
        self._read(self.tree.body)
        for token in tokenize.generate_tokens(io.StringIO(self.text).readline):
            said = token.string.lstrip("# ")
            if token.type == tokenize.COMMENT and not said.startswith(FOR_TOOLS):
                self.comments[token.start[0]] = said

    def _read(self, body: list[ast.stmt]) -> None:
        for node in body:
            if isinstance(node, ast.ClassDef | ast.FunctionDef):
                self.defined[node.name] = Definition(self, node)
            elif isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    self.imported[alias.asname or alias.name] = (node.module or "", alias.name)
            elif is_type_checking(node):
                self._read(node.body)  # type: ignore[attr-defined]
            elif isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
                target = node.targets[0] if isinstance(node, ast.Assign) else node.target
                if isinstance(target, ast.Name) and is_alias(node.value):
                    self.aliases[target.id] = node.value
                elif isinstance(target, ast.Name):
                    self.defined[target.id] = Definition(self, node.value)

    def stop(self, node: ast.AST, what: str, do: str = TEACH) -> NoReturn:
        """Raise CannotTranslate with file and line."""
        raise CannotTranslate(f"{self.path}:{getattr(node, 'lineno', 1)}: {what}", do=do)


def is_type_checking(node: ast.stmt) -> bool:
    """`if TYPE_CHECKING:`, which is for mypy alone."""
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def is_alias(node: ast.expr) -> bool:
    """A name for a type."""
    return (
        isinstance(node, ast.Subscript)
        and isinstance(node.value, ast.Name)
        and node.value.id in ("Callable", "Iterator")
    )


@dataclass(frozen=True)
class Signature:
    """How a function is called."""

    positional: tuple[str, ...]
    named: tuple[str, ...] = ()
    """Parameters that have to be named and given: in JavaScript they follow by position."""
    optional: tuple[str, ...] = ()
    """Those that have a default: in JavaScript the properties of one last argument."""


class Program:
    """All modules by their Python names."""

    def __init__(self, modules: Mapping[str, Module]) -> None:
        self.modules = modules
        self.fields: dict[str, dict[str, Kind]] = {}
        self.returns: dict[int, Kind] = {}
        self.changed = {name for module in modules.values() for name in changed_later(module.tree)}
        """Fields that are set outside an `__init__`."""

    def find(self, module: Module, name: str) -> Definition | None:
        """What a name of a module stands for; None for what comes from Python itself."""
        if name in module.defined:
            return module.defined[name]
        if name in module.imported:
            source, original = module.imported[name]
            if source in self.modules:
                return self.find(self.modules[source], original)
        return None

    def class_named(self, name: str) -> "Class":
        """A class by its name, which no other module uses."""
        for module in self.modules.values():
            found = module.defined.get(name)
            if found is not None and isinstance(found.node, ast.ClassDef):
                return Class(module, found.node)
        raise KeyError(name)

    def method(self, label: str, name: str) -> ast.FunctionDef | None:
        return next((one for one in methods(self.class_named(label)) if one.name == name), None)

    def constructor(self, label: str) -> Signature:
        """How an object of a class is made."""
        node = self.class_named(label).node
        if is_dataclass(node):
            return Signature(tuple(declared_fields(node)))
        init = self.method(label, "__init__")
        return signature(init) if init is not None else Signature(())

    def kind_of(self, module: Module, node: ast.expr | None) -> Kind:
        """The kind that an annotation states."""
        if node is None:
            return ANY
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            inside = ast.parse(node.value, mode="eval").body
            return self.kind_of(module, ast.copy_location(inside, node))
        if isinstance(node, ast.Constant) and node.value is None:
            return NONE
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            return join(self.kind_of(module, node.left), self.kind_of(module, node.right))
        if isinstance(node, ast.Name):
            return self._named_kind(module, node)
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
            return self._generic_kind(module, node.value.id, node)
        module.stop(node, f"the type {ast.unparse(node)} is not known here")

    def _named_kind(self, module: Module, node: ast.Name) -> Kind:
        if node.id in PLAIN:
            return PLAIN[node.id]
        source, original = module.imported.get(node.id, (module.name, node.id))
        owner = self.modules.get(source)
        if owner is not None and original in owner.aliases:
            return self.kind_of(owner, owner.aliases[original])
        found = self.find(module, node.id)
        if found is not None and isinstance(found.node, ast.ClassDef):
            return Kind.instance(found.node.name)
        module.stop(node, f"the type {node.id} is not known here")

    def _generic_kind(self, module: Module, name: str, node: ast.Subscript) -> Kind:
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        if name in ("list", "deque", "Iterator"):
            return Kind({"Iterator": "iterator"}.get(name, name), (self.kind_of(module, parts[0]),))
        if name == "tuple":
            if isinstance(parts[-1], ast.Constant) and parts[-1].value is Ellipsis:
                return a_list(self.kind_of(module, parts[0]))
            return Kind("tuple", tuple(self.kind_of(module, part) for part in parts))
        if name == "dict":
            key, value = (self.kind_of(module, part) for part in parts)
            if key in (STR, INT):
                return Kind("record" if key == STR else "map", (value,))
        if name == "Callable":
            return function(self.kind_of(module, parts[1]))
        module.stop(node, f"the type {ast.unparse(node)} is not known here")


def changed_later(node: ast.AST) -> Iterator[str]:
    """Names of attributes that are set outside an `__init__`."""
    if isinstance(node, ast.FunctionDef) and node.name == "__init__":
        return
    if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store | ast.Del):
        yield node.attr
    for child in ast.iter_child_nodes(node):
        yield from changed_later(child)


def methods(definition: Class) -> list[ast.FunctionDef]:
    """The methods of a class, in their order."""
    return [one for one in definition.node.body if isinstance(one, ast.FunctionDef)]


def is_dataclass(node: ast.ClassDef) -> bool:
    return any(
        isinstance(one, ast.Call) and isinstance(one.func, ast.Name) and one.func.id == "dataclass"
        for one in node.decorator_list
    )


def declared_fields(node: ast.ClassDef) -> dict[str, ast.expr]:
    """The fields of a dataclass with their annotations."""
    return {
        one.target.id: one.annotation
        for one in node.body
        if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name)
    }


def signature(node: ast.FunctionDef) -> Signature:
    """How a function or method is called, `self` left out."""
    positional = tuple(one.arg for one in node.args.args if one.arg != "self")
    pairs = list(zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True))
    named = tuple(one.arg for one, default in pairs if default is None)
    return Signature(positional, named, tuple(one.arg for one, default in pairs if default is not None))


def constant_value(program: Program, module: Module, node: ast.expr) -> int | None:
    """The whole number that an expression stands for, if it is a literal or a constant of a module."""
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return node.value
    if isinstance(node, ast.Name):
        found = program.find(module, node.id)
        if found is not None and isinstance(found.node, ast.Constant):
            return constant_value(program, found.module, found.node)
    return None


def kind_of_number(value: int) -> Kind:
    """BITS where the operators on bits may have it."""
    return BITS if 0 <= value < 2**32 else INT
