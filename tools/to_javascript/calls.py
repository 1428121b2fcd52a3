"""Calls, texts, generators: of the module's own functions and classes, of methods, of what Python brings."""

import ast
import json

from tools.to_javascript.code import (
    LOOSE,
    RUNTIME,
    SCENARIO,
    WHOLE,
    Code,
)
from tools.to_javascript.containers import Containers
from tools.to_javascript.forms import (
    body_of_arrow,
    set_by_name,
    signature_parts,
)
from tools.to_javascript.kinds import (
    ANY,
    BITS,
    INT,
    NONE,
    NUMBERS,
    STR,
    Kind,
    a_list,
    function,
)
from tools.to_javascript.library import FUNCTIONS
from tools.to_javascript.program import (
    Signature,
    signature,
)
from tools.to_javascript.scope import Scope

METHODS = {
    ("list", "append"): "push", ("list", "pop"): "pop", ("list", "index"): "indexOf",
    ("deque", "append"): "push", ("deque", "appendleft"): "pushFront", ("deque", "popleft"): "shift",
    ("deque", "pop"): "pop", ("deque", "clear"): "clear", ("deque", "rotate"): "rotate", ("deque", "remove"): "remove",
}  # fmt: skip
"""What a container's method is called in JavaScript. Others, which need more than a name, are in `_container_call`."""
GIVES_ELEMENT = ("pop", "popleft")


class Calls(Containers):
    """The outermost layer of expressions."""

    # text

    def _joinedstr(self, node: ast.JoinedStr) -> Code:
        text = ""
        for part in node.values:
            if isinstance(part, ast.Constant):
                text += (
                    json.dumps(part.value, ensure_ascii=False)[1:-1].replace("`", "\\`").replace("${", "\\${")
                )
            elif isinstance(part, ast.FormattedValue):
                text += f"${{{self._formatted(part)}}}"
        return Code(f"`{text}`", STR)

    def _formatted(self, node: ast.FormattedValue) -> str:
        value = self.emit(node.value)
        form = ast.unparse(node.format_spec)[2:-1] if node.format_spec is not None else ""
        if form == ".6g" and value.kind.present in (*NUMBERS, ANY):
            return f"{self.use(SCENARIO, 'general')}({value.text})"
        if not form and node.conversion == ord("r") and value.kind == STR:
            return f"{self.use(RUNTIME, 'quoted')}({value.text})"
        if not form and node.conversion == -1 and value.kind in (STR, INT, BITS):
            return value.text
        self.module.stop(
            node.value, f"{{{ast.unparse(node.value)}}} in a text in this form is not known here"
        )

    # functions

    def _lambda(self, node: ast.Lambda) -> Code:
        if signature_parts(node.args):
            self.module.stop(node, "a lambda with more than plain parameters")
        with self.inside(Scope(self.scope, self.scope.owner, {one.arg: ANY for one in node.args.args})):
            inside = self.emit(node.body)
        names = ", ".join(self.variable(node, one.arg) for one in node.args.args)
        return Code(f"({names}) => {body_of_arrow(inside)}", function(inside.kind), LOOSE)

    def _yield(self, node: ast.Yield) -> Code:
        if node.value is None:
            self.module.stop(node, "a yield of nothing")
        return Code(f"yield {self.emit(node.value).at(LOOSE)}", ANY, LOOSE)

    def _yieldfrom(self, node: ast.YieldFrom) -> Code:
        inside = self.emit(node.value)
        kind = inside.kind.of[0] if inside.kind.name == "process" else ANY
        return Code(f"yield* {inside.at(LOOSE)}", kind, LOOSE)

    def _call(self, node: ast.Call) -> Code:
        if any(isinstance(one, ast.Starred) for one in node.args) or any(
            one.arg is None for one in node.keywords
        ):
            self.module.stop(node, f"a call with * or ** ({ast.unparse(node)})")
        if isinstance(node.func, ast.Attribute):
            return self._method_call(node, node.func)
        if isinstance(node.func, ast.Name):
            return self._named_call(node, node.func)
        self.module.stop(node, f"a call of what is no name ({ast.unparse(node)})")

    def _named_call(self, node: ast.Call, called: ast.Name) -> Code:
        kind = self.scope.kind(called.id)
        if kind is not None:
            if kind.name not in ("function", "any"):
                self.module.stop(node, f"a call of a {kind.name}")
            returns = kind.of[0] if kind.of else ANY
            return Code(f"{self._name(called).text}({self.plain_arguments(node)})", returns)
        found = self.program.find(self.module, called.id)
        if found is None:
            return self._python_call(node, called.id)
        if isinstance(found.node, ast.ClassDef):
            made = self.arguments(node, self.program.constructor(found.node.name))
            return Code(f"new {self.reach(called.id)}({made})", Kind.instance(found.node.name))
        if isinstance(found.node, ast.FunctionDef):
            returns = self.returns(found.module, found.node)
            return Code(f"{self.reach(called.id)}({self.arguments(node, signature(found.node))})", returns)
        self.module.stop(node, f"a call of a constant ({ast.unparse(node)})")

    def _method_call(self, node: ast.Call, called: ast.Attribute) -> Code:
        owner = self.emit(called.value)
        kind = owner.kind.present
        text = f"{owner.at(WHOLE)}.{called.attr}"
        if kind == ANY:
            return Code(f"{text}({self.plain_arguments(node, named=True)})", ANY)
        if kind.name == "instance":
            method = self.program.method(kind.label, called.attr)
            if method is not None and not method.decorator_list:
                module = self.program.class_named(kind.label).module
                returns = self.returns(module, method, kind.label)
                return Code(f"{text}({self.arguments(node, signature(method))})", returns)
            field = self._attribute(called)
            if field.kind.name in ("function", "any"):
                returns = field.kind.of[0] if field.kind.of else ANY
                return Code(f"{field.text}({self.plain_arguments(node)})", returns)
        return self._container_call(node, called, owner)

    def _container_call(self, node: ast.Call, called: ast.Attribute, owner: Code) -> Code:
        kind, name = owner.kind.present, called.attr
        text = owner.at(WHOLE)
        if (kind.name, name) in METHODS:
            if name == "pop" and node.args:
                self.module.stop(node, "pop with an index is not known here")
            returns = kind.element if name in GIVES_ELEMENT else INT if name == "index" else NONE
            return Code(f"{text}.{METHODS[kind.name, name]}({self.plain_arguments(node)})", returns)
        given = [self.emit(one) for one in node.args]
        if (kind.name, name, len(given)) == ("list", "insert", 2):
            return Code(f"{text}.splice({given[0].text}, 0, {given[1].text})", NONE)
        if (kind.name, name, len(given)) == ("list", "remove", 1):
            return Code(f"{self.use(RUNTIME, 'removeFrom')}({owner.text}, {given[0].text})", NONE)
        if (kind.name, name, len(given)) == ("map", "values", 0):
            return Code(f"{text}.values()", Kind("iterator", kind.of))
        if (kind.name, name, len(given)) == ("str", "join", 1) and given[0].kind == a_list(STR):
            return Code(f"{given[0].at(WHOLE)}.join({owner.text})", STR)
        self.module.stop(node, f"the method {name} of a {kind.name} is not known here ({ast.unparse(node)})")

    def plain_arguments(self, node: ast.Call, *, named: bool = False) -> str:
        """Arguments by position. `named`: some have names, which what is called takes in this order."""
        if node.keywords and not named:
            self.module.stop(node, f"a named argument is not known here ({ast.unparse(node)})")
        given = [*node.args, *(one.value for one in node.keywords)]
        return ", ".join(self.emit(one).at(LOOSE) for one in given)

    def arguments(self, node: ast.Call, known: Signature) -> str:
        """Arguments in the order of the parameters; those with a name and a default, as properties of the last one."""
        parts = [self.emit(one).at(LOOSE) for one in node.args]
        given = {one.arg or "": self.emit(one.value).at(LOOSE) for one in node.keywords}
        in_order = [*known.positional, *known.named]
        for name in in_order[len(parts) :]:
            if name in given:
                parts.append(given.pop(name))
        if in_order[: len(parts)] != [*in_order[: len(node.args)], *(set_by_name(node, in_order))]:
            self.module.stop(node, f"an argument is left out before another ({ast.unparse(node)})")
        if given:
            if len(parts) < len(in_order) or not given.keys() <= {*known.optional}:
                self.module.stop(node, f"an argument is left out before another ({ast.unparse(node)})")
            named = [value if value == name else f"{name}: {value}" for name, value in given.items()]
            parts.append(f"{{ {', '.join(named)} }}")
        return ", ".join(parts)

    def _python_call(self, node: ast.Call, name: str) -> Code:
        made = FUNCTIONS[name](self, node) if name in FUNCTIONS else None
        if made is None:
            self.module.stop(node, f"{name} in this form is not known here ({ast.unparse(node)})")
        return made
