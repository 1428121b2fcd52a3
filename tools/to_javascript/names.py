"""Names, literals, fields of objects: what an expression begins with, and what is known of it."""

import ast
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tools.to_javascript.code import (
    LOOSE,
    RUNTIME,
    WHOLE,
    Code,
)
from tools.to_javascript.forms import (
    yields,
)
from tools.to_javascript.kinds import (
    ANY,
    BITS,
    BOOL,
    FLOAT,
    INT,
    NONE,
    STR,
    Kind,
    function,
    held,
    joined,
)
from tools.to_javascript.program import (
    Module,
    Program,
    declared_fields,
    is_dataclass,
    kind_of_number,
    methods,
    signature,
)
from tools.to_javascript.scope import Scope

RESERVED = frozenset(
    [
        "arguments",
        "await",
        "break",
        "case",
        "catch",
        "class",
        "const",
        "continue",
        "debugger",
        "default",
        "delete",
        "do",
        "else",
        "enum",
        "eval",
        "export",
        "extends",
        "false",
        "finally",
        "for",
        "function",
        "if",
        "implements",
        "import",
        "in",
        "instanceof",
        "interface",
        "let",
        "new",
        "null",
        "package",
        "private",
        "protected",
        "public",
        "return",
        "static",
        "super",
        "switch",
        "this",
        "throw",
        "true",
        "try",
        "typeof",
        "undefined",
        "var",
        "void",
        "while",
        "with",
        "yield",
        "Array",
        "Deque",
        "Infinity",
        "Map",
        "Math",
        "NaN",
        "Number",
        "Object",
    ]
)


class Names:
    """Translates the expressions of one module; `uses` collects what has to be imported."""

    def __init__(self, program: Program, module: Module) -> None:
        self.program = program
        self.module = module
        self.scope = Scope()
        self.uses: dict[str, set[str]] = {}

    def use(self, javascript: str, name: str) -> str:
        """A name of another JavaScript module."""
        self.uses.setdefault(javascript, set()).add(name)
        return name

    @contextmanager
    def inside(self, scope: Scope) -> Iterator[Scope]:
        """Translate what belongs to a function, lambda or comprehension."""
        outside, self.scope = self.scope, scope
        try:
            yield scope
        finally:
            self.scope = outside

    def emit(self, node: ast.expr, expected: Kind = ANY) -> Code:
        """The JavaScript of an expression. `expected`: what its annotation states; containers need it when empty."""
        form: Callable[[ast.expr], Code] | None = getattr(self, f"_{type(node).__name__.lower()}", None)
        if form is None:
            self.module.stop(node, f"{type(node).__name__} is not known here ({ast.unparse(node)})")
        return form(node)

    # names and literals

    def _constant(self, node: ast.Constant) -> Code:
        value = node.value
        if value is None:
            return Code("null", NONE)
        if isinstance(value, bool):
            return Code("true" if value else "false", BOOL)
        if isinstance(value, str):
            return Code(json.dumps(value, ensure_ascii=False), STR)
        if isinstance(value, int | float):
            if isinstance(value, int) and int(float(value)) != value:
                self.module.stop(node, f"{value} is no double: JavaScript cannot hold it")
            written = ast.get_source_segment(self.module.text, node) or repr(value)
            return Code(written, FLOAT if isinstance(value, float) else kind_of_number(value))
        self.module.stop(node, f"a constant {type(value).__name__} is not known here")

    def _name(self, node: ast.Name) -> Code:
        if node.id == "self" and self.scope.owner:
            return Code("this", Kind.instance(self.scope.owner))
        kind = self.scope.kind(node.id)
        if kind is not None:
            return Code(self.variable(node, node.id), kind)
        found = self.program.find(self.module, node.id)
        if found is None:
            self.module.stop(node, f"the name {node.id} is not known here")
        name = self.reach(node.id)
        if isinstance(found.node, ast.FunctionDef):
            return Code(name, function(self.returns(found.module, found.node)))
        if not isinstance(found.node, ast.expr):
            self.module.stop(node, f"the class {node.id} as a value is not known here")
        return Code(name, self.constant_kind(found.module, found.node))

    def variable(self, node: ast.AST, name: str) -> str:
        """A variable's name, if JavaScript allows it and no import of the module has that name."""
        if name in RESERVED or any(name in names for names in self.uses.values()):
            self.module.stop(node, f"{name} is taken in JavaScript", "Use another name for the variable")
        return name

    def reach(self, name: str) -> str:
        """A name of this or another module, imported where it is not this one's own."""
        source, original = self.module.imported.get(name, (self.module.name, name))
        owner = self.program.modules[source]
        if original in owner.by_hand:
            self.use(RUNTIME, original)
        elif owner is not self.module:
            self.use(owner.javascript, original)
        return original

    def constant_kind(self, module: Module, node: ast.expr) -> Kind:
        return type(self)(self.program, module).emit(node).kind

    # what belongs to an object, a container

    def _attribute(self, node: ast.Attribute) -> Code:
        owner = self.emit(node.value)
        kind = owner.kind.present
        text = f"{owner.at(WHOLE)}.{node.attr}"
        if kind == ANY:
            return Code(text, ANY)
        if kind.name != "instance":
            self.module.stop(node, f"the attribute {node.attr} of a {kind.name} is not known here")
        fields = self.fields(kind.label)
        if node.attr in fields:
            return Code(text, fields[node.attr])
        method = self.program.method(kind.label, node.attr)
        if method is None or method.decorator_list:
            self.module.stop(node, f"{kind.label} has no attribute {node.attr} that is known here")
        if not self.stays(node.value) or method.args.kwonlyargs or method.args.defaults:
            self.module.stop(node, f"this method as a value is not known here ({ast.unparse(node)})")
        returns = self.returns(self.program.class_named(kind.label).module, method, kind.label)
        names = ", ".join(signature(method).positional)
        return Code(f"({names}) => {text}({names})", function(returns), LOOSE)

    def stays(self, node: ast.expr) -> bool:
        """Whether a path leads to the same object for as long as the function runs."""
        if isinstance(node, ast.Attribute):
            return node.attr not in self.program.changed and self.stays(node.value)
        if not isinstance(node, ast.Name):
            return False
        return node.id == "self" or self.scope.places.is_constant(node.id)

    def fields(self, label: str) -> dict[str, Kind]:
        """What an object of a class holds, by the annotations and the assignments in its `__init__`."""
        if label in self.program.fields:
            return self.program.fields[label]
        definition = self.program.class_named(label)
        found = self.program.fields.setdefault(label, {})
        if is_dataclass(definition.node):
            for name, annotation in declared_fields(definition.node).items():
                found[name] = self.program.kind_of(definition.module, annotation)
            return found
        for method in methods(definition):
            if (
                method.name == "__init__"
            ):  # in the order in which they are set, as each may need those before it
                self.translated(definition.module, method, label)
        for method in methods(definition):
            if method.name in found:
                definition.module.stop(method, f"{label}.{method.name} is a field and a method")
        return found

    def note_field(self, target: ast.Attribute, kind: Kind) -> None:
        """`self.x = value` in an `__init__`: what x holds, unless an annotation has said so."""
        scope = self.scope
        in_init = scope.node is not None and scope.node.name == "__init__"
        if in_init and isinstance(target.value, ast.Name) and target.value.id == "self":
            self.program.fields.setdefault(scope.owner, {}).setdefault(target.attr, held(kind))

    # what a function gives back

    def returns(self, module: Module, node: ast.FunctionDef, owner: str = "") -> Kind:
        """What a call gives: as annotated; by the body where that is Any, or int where it may be narrower."""
        if id(node) in self.program.returns:
            return self.program.returns[id(node)]
        kind = self.program.kind_of(module, node.returns)
        self.program.returns[id(node)] = kind  # what a call in its own body gives
        if kind in (ANY, INT) and node.name not in module.by_hand and node.name != "__init__":
            inside = joined(self.translated(module, node, owner))
            if yields(node):
                kind = Kind("process", (inside,))
            elif kind == ANY or inside == BITS:
                kind = inside
        self.program.returns[id(node)] = kind
        return kind

    def translated(self, module: Module, node: ast.FunctionDef, owner: str) -> list[Kind]:
        """Translate a function for what it returns and sets; statements.py does it."""
        raise NotImplementedError
