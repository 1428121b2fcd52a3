"""Statements, functions, classes: a module of Python as a module of JavaScript, its comments with it."""

import ast
import inspect
from copy import copy

from tools.to_javascript import places
from tools.to_javascript.calls import Calls
from tools.to_javascript.code import Code
from tools.to_javascript.forms import enumerate_call, is_path, range_call, yields, zip_call
from tools.to_javascript.kinds import ANY, BITS, INT, NONE, NUMBERS, Kind, function
from tools.to_javascript.layout import block_comment, folded, line_comments
from tools.to_javascript.operators import BITWISE
from tools.to_javascript.places import names_of
from tools.to_javascript.program import (
    PYTHON,
    Module,
    Program,
    declared_fields,
    is_dataclass,
    is_type_checking,
)
from tools.to_javascript.scope import Scope

AUGMENTED = {ast.Add: "+=", ast.Sub: "-=", ast.Mult: "*=", ast.Div: "/="}
ROUNDS = 5
"""How often a function is translated until what is known of its variables no longer changes."""


class Statements(Calls):
    """Translates the statements of one module."""

    def lines(self, body: list[ast.stmt], after: int) -> list[str]:
        """A block; `after`: the last line of what is before it, whose comments are not the block's."""
        found: list[str] = []
        for node in body:
            if is_docstring(node):
                after = node.end_lineno or after
                continue
            inner = first_line_inside(node)
            found += self.comments(range(after + 1, node.lineno))
            names = self.scope.places.before.get(id(node))
            if names:
                found.append(f"let {', '.join(self.variable(node, name) for name in names)};")
            made = self.statement(node)
            end = inner if inner is not None else (node.end_lineno or node.lineno)
            trailing = [
                self.module.comments[at] for at in range(node.lineno, end + 1) if at in self.module.comments
            ]
            if len(trailing) == 1 and made and not isinstance(node, ast.FunctionDef):
                made[0 if inner is not None else -1] += f" // {trailing[0]}"
            elif made and not isinstance(node, ast.FunctionDef):
                found += line_comments(trailing)
            found += made
            after = node.end_lineno or node.lineno
        return found

    def comments(self, numbers: range) -> list[str]:
        return line_comments([self.module.comments[at] for at in numbers if at in self.module.comments])

    def statement(self, node: ast.stmt) -> list[str]:
        """The lines of one statement, not indented."""
        if isinstance(node, ast.Expr):
            return self._expression(node)
        if isinstance(node, ast.Assign):
            return self._assign(node)
        if isinstance(node, ast.AnnAssign):
            kind = self.program.kind_of(self.module, node.annotation)
            if node.value is None:
                self.module.stop(node, "an annotation without a value is not known here")
            return [self.store(node, node.target, self.emit(node.value, kind), kind)]
        if isinstance(node, ast.AugAssign):
            return [self._augmented(node)]
        if isinstance(node, ast.If):
            return self._if(node)
        if isinstance(node, ast.While):
            if node.orelse:
                self.module.stop(node, "else after a loop is not known here")
            test = "true" if ast.unparse(node.test) == "True" else self.true(node.test).text
            return [f"while ({test}) {{", *self._body(node.body, node.test.end_lineno, loop=True), "}"]
        if isinstance(node, ast.For):
            return self._for(node)
        if isinstance(node, ast.Return):
            return self._return(node)
        if isinstance(node, ast.Raise):
            if node.exc is None or node.cause is not None:
                self.module.stop(node, "raise in this form is not known here")
            return [f"throw {self.emit(node.exc).text};"]
        if isinstance(node, ast.Break):
            return ["break;"]
        if isinstance(node, ast.Continue):
            return ["continue;"]
        if isinstance(node, ast.Nonlocal | ast.Pass):
            return []
        if isinstance(node, ast.Delete):
            return [self._delete(node)]
        if isinstance(node, ast.FunctionDef):
            return self._nested(node)
        self.module.stop(node, f"{type(node).__name__} is not known here")

    def _body(self, body: list[ast.stmt], after: int | None, *, loop: bool = False) -> list[str]:
        self.scope.in_loop += loop
        found = self.lines(body, after or body[0].lineno - 1)
        self.scope.in_loop -= loop
        return indented(found)

    def _expression(self, node: ast.Expr) -> list[str]:
        call = node.value
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "extend":
            owner = self.emit(call.func.value)
            if owner.kind.name == "list" and len(call.args) == 1 and not call.keywords:
                source = self.iterable(call.args[0])
                return [f"for (const one of {source.text}) {owner.text}.push(one);"]
        if not isinstance(call, ast.Call | ast.Yield | ast.YieldFrom):
            self.module.stop(node, f"an expression that does nothing ({ast.unparse(node)})")
        return [f"{self.emit(call).text};"]

    def _assign(self, node: ast.Assign) -> list[str]:
        if len(node.targets) > 1:
            if not isinstance(node.value, ast.Constant):
                self.module.stop(node, "x = y = value is known for a constant alone")
            value = self.emit(node.value)
            return [self.store(node, target, value, value.kind) for target in node.targets]
        target = node.targets[0]
        if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
            return self._together(node, target, node.value)
        if isinstance(target, ast.Tuple):
            return self._taken_apart(node, target)
        value = self.emit(node.value)
        return [self.store(node, target, value, value.kind)]

    def _together(self, node: ast.Assign, target: ast.Tuple, value: ast.Tuple) -> list[str]:
        """`a, b = x, y` as two statements, where the second value does not depend on the first target."""
        if len(target.elts) != len(value.elts):
            self.module.stop(node, "as many values as targets are needed")
        found = []
        for at, (one, other) in enumerate(zip(target.elts, value.elts, strict=True)):
            if any(depends(other, before) for before in target.elts[:at]):
                self.module.stop(node, "a value that depends on the target before it", "Write two statements")
            code = self.emit(other)
            found.append(self.store(node, one, code, code.kind))
        return found

    def _taken_apart(self, node: ast.Assign, target: ast.Tuple) -> list[str]:
        value = self.emit(node.value)
        names = list(names_of(target))
        if len(names) != len(target.elts):
            self.module.stop(node, "a value is taken apart into plain names alone")
        for at, name in enumerate(names):
            kind = value.kind.of[at] if value.kind.name == "tuple" else value.kind.element
            self.scope.assign(name.id, kind)
        declared = self.scope.places.declared.get(id(node), {})
        whole = "_and_".join(name.id for name in names)
        if self.scope.kind(whole) is not None or value.kind.name not in ("tuple", "list"):
            self.module.stop(node, f"{whole} is taken, or what is taken apart is no tuple")
        # by index: taking a tuple apart with [a, b] runs JavaScript's iterators, in ln once for each number drawn
        return [
            f"const {whole} = {value.text};",
            *(
                f"{declared.get(name.id, '')} {self.variable(node, name.id)} = {whole}[{at}];".strip()
                for at, name in enumerate(names)
            ),
        ]

    def store(self, node: ast.stmt, target: ast.expr, value: Code, kind: Kind) -> str:
        """`target = value`, declared here where this is the place for it."""
        if isinstance(target, ast.Name):
            self.scope.assign(target.id, kind)
            word = self.scope.places.declared.get(id(node), {}).get(target.id, "")
            return f"{word} {self.variable(target, target.id)} = {value.text};".strip()
        if isinstance(target, ast.Attribute):
            self.note_field(target, kind)
            return f"{self.emit(target).text} = {value.text};"
        if isinstance(target, ast.Subscript) and not isinstance(target.slice, ast.Slice):
            return self._store_element(target, value)
        self.module.stop(node, f"this target is not known here ({ast.unparse(target)})")

    def _store_element(self, target: ast.Subscript, value: Code) -> str:
        owner = self.emit(target.value)
        if owner.kind.name == "map":
            return f"{owner.text}.set({self.emit(target.slice).text}, {value.text});"
        index = target.slice
        if owner.kind.name == "list" and isinstance(index, ast.UnaryOp) and is_path(target.value):
            return f"{owner.text}[{owner.text}.length - {self.emit(index.operand).text}] = {value.text};"
        if owner.kind.name in ("list", "record") and not isinstance(index, ast.UnaryOp):
            return f"{self.emit(target).text} = {value.text};"
        self.module.stop(target, f"an element of a {owner.kind.name} is not set here ({ast.unparse(target)})")

    def _augmented(self, node: ast.AugAssign) -> str:
        if isinstance(node.op, ast.BitOr) and self.emit(node.target).kind.name == "record":
            return f"Object.assign({self.emit(node.target).text}, {self.emit(node.value).text});"
        whole = ast.BinOp(readable(node.target), node.op, node.value)
        ast.copy_location(whole, node)
        if type(node.op) in BITWISE and isinstance(node.target, ast.Name):
            code = self.emit(whole)
            self.scope.assign(node.target.id, BITS)
            return f"{self.variable(node, node.target.id)} = {code.text};"
        if type(node.op) not in AUGMENTED:
            self.module.stop(node, f"{ast.unparse(node)} is not known here")
        target = self.emit(readable(node.target))
        element = node.target if isinstance(node.target, ast.Subscript) else None
        in_place = element is None or (
            self.emit(element.value).kind.name in ("list", "record")
            and not isinstance(element.slice, ast.UnaryOp)
        )
        if target.kind.present not in (*NUMBERS, ANY) or not in_place:
            self.module.stop(node, f"{ast.unparse(node)} is not known here")
        code = self.emit(whole)
        if isinstance(node.target, ast.Name):
            self.scope.assign(node.target.id, code.kind)
        return f"{target.text} {AUGMENTED[type(node.op)]} {self.number(node.value).text};"

    def _if(self, node: ast.If) -> list[str]:
        found = [f"if ({self.true(node.test).text}) {{", *self._body(node.body, first_line_inside(node)), "}"]
        while node.orelse:
            end = node.body[-1].end_lineno
            follows = node.orelse[0]
            alone = len(node.orelse) == 1 and isinstance(follows, ast.If)
            if alone and isinstance(follows, ast.If) and id(follows) not in self.scope.places.before:
                node = follows
                found[-1] = f"}} else if ({self.true(node.test).text}) {{"
                found += [*self._body(node.body, first_line_inside(node)), "}"]
            else:
                found[-1] = "} else {"
                found += [*self._body(node.orelse, end), "}"]
                break
        return found

    def _for(self, node: ast.For) -> list[str]:
        if node.orelse:
            self.module.stop(node, "else after a loop is not known here")
        if range_call(node.iter) is not None:
            head = self._counting(node)
        elif enumerate_call(node.iter) is not None or zip_call(node.iter) is not None:
            head, taken = self._side_by_side(node)
            return [head, *indented(taken), *self._body(node.body, node.iter.end_lineno, loop=True), "}"]
        else:
            source = self.iterable(node.iter)
            names = list(names_of(node.target))
            for at, name in enumerate(names):
                element = source.kind.element
                if isinstance(node.target, ast.Tuple):
                    element = element.of[at] if element.name == "tuple" else element.element
                self.scope.assign(name.id, element)
            target = ", ".join(self.variable(node, name.id) for name in names)
            target = f"[{target}]" if isinstance(node.target, ast.Tuple) else target
            head = f"for ({self.scope.places.loops[id(node)]} {target} of {source.text}) {{"
        return [head, *self._body(node.body, node.iter.end_lineno, loop=True), "}"]

    def _side_by_side(self, node: ast.For) -> tuple[str, list[str]]:
        """A loop over enumerate or zip, by index; the lists are plain names, and an index is counted again."""
        names = list(names_of(node.target))
        if not isinstance(node.target, ast.Tuple) or len(names) != 2 or len(node.target.elts) != 2:
            self.module.stop(node, "a loop over enumerate or zip needs two plain names")
        counted, both = enumerate_call(node.iter), zip_call(node.iter)
        word = self.scope.places.loops[id(node)]
        index = names[0].id if counted is not None else f"{names[0].id}_at"
        if word != "const" or (counted is None and self.scope.kind(index) is not None):
            self.module.stop(node, f"{index} changes inside the loop, or is taken")
        parts = [counted] if counted is not None else list(both or ())
        lists = [self.emit(one) for one in parts]
        if any(one.kind.name != "list" or not is_path(part) for one, part in zip(lists, parts, strict=True)):
            self.module.stop(node, "a loop over enumerate or zip is known for lists with plain names")
        if counted is not None:
            self.scope.assign(names[0].id, INT)
            names = names[1:]
        for name, one in zip(names, lists, strict=True):
            self.scope.assign(name.id, one.kind.element)
        head = f"for (let {index} = 0; {index} < {lists[0].text}.length; {index}++) {{"
        return head, [
            f"const {self.variable(node, name.id)} = {one.text}[{index}];"
            for name, one in zip(names, lists, strict=True)
        ]

    def _counting(self, node: ast.For) -> str:
        """A loop over range; its end is computed once, as in Python."""
        given = range_call(node.iter) or []
        if not isinstance(node.target, ast.Name) or not 1 <= len(given) <= 3:
            self.module.stop(node, "a loop over range in this form is not known here")
        name = self.variable(node, node.target.id)
        self.scope.assign(node.target.id, INT)
        begin, end = ("0", given[0]) if len(given) == 1 else (self.number(given[0]).text, given[1])
        step = ast.unparse(given[2]) if len(given) == 3 else "1"
        if step not in ("1", "-1"):
            self.module.stop(node, "a step that is neither 1 nor -1")
        sign, move = ("<", f"{name}++") if step == "1" else (">", f"{name}--")
        last = self.number(end).text
        if isinstance(end, ast.Constant | ast.UnaryOp):
            return f"for (let {name} = {begin}; {name} {sign} {last}; {move}) {{"
        stop_at = "_end" if name == "_" else f"{name}_end"
        if self.scope.kind(stop_at) is not None:
            self.module.stop(node, f"{stop_at} is the loop's own name for its end", "Use another name")
        return f"for (let {name} = {begin}, {stop_at} = {last}; {name} {sign} {stop_at}; {move}) {{"

    def _return(self, node: ast.Return) -> list[str]:
        if node.value is None:
            self.scope.returned.append(NONE)
            return ["return;"]
        code = self.emit(node.value)
        self.scope.returned.append(code.kind)
        return [f"return {code.text};"]

    def _delete(self, node: ast.Delete) -> str:
        target = node.targets[0]
        if len(node.targets) == 1 and isinstance(target, ast.Subscript):
            owner = self.emit(target.value)
            if owner.kind.name == "map":
                return f"{owner.text}.delete({self.emit(target.slice).text});"
            rest = target.slice
            if owner.kind.name == "list" and isinstance(rest, ast.Slice) and rest.lower and not rest.upper:
                return f"{owner.text}.splice({self.number(rest.lower).text});"
        self.module.stop(node, f"{ast.unparse(node)} is not known here")

    # functions

    def _nested(self, node: ast.FunctionDef) -> list[str]:
        if self.scope.in_loop or yields(node) or node.decorator_list:
            self.module.stop(node, "a function inside a loop, or one inside a function that yields")
        self.scope.assign(node.name, function(self.program.kind_of(self.module, node.returns)))
        parameters, body, scope = self.function(node, self.scope.owner)
        for name in scope.outer:
            if self.scope.kind(name) is None:
                self.module.stop(node, f"nonlocal {name} is not known here")
        word = self.scope.places.declared.get(id(node), {}).get(node.name, "")
        return [f"{word} {node.name} = ({parameters}) => {{".strip(), *indented(body), "};"]

    def function(self, node: ast.FunctionDef, owner: str) -> tuple[str, list[str], Scope]:
        """Parameters and body of a function, translated until what is known of its variables is stable."""
        arguments = node.args
        if arguments.vararg or arguments.kwarg or arguments.posonlyargs:
            self.module.stop(node, "* or ** among parameters is not known here")
        found = places.find(self.module, node)
        given = [one for one in [*arguments.args, *arguments.kwonlyargs] if one.arg != "self"]
        kinds = {one.arg: self.program.kind_of(self.module, one.annotation) for one in given}
        scope = Scope(self.scope, owner, kinds, places.nonlocal_names(node), found, node=node)
        with self.inside(scope):
            for _ in range(ROUNDS):
                before = dict(scope.kinds)
                scope.returned = []
                body = self.lines(node.body, node.body[0].lineno - 1)
                if scope.kinds == before:
                    return self.parameters(node), body, scope
        self.module.stop(node, f"what {node.name}'s variables hold does not settle", "Annotate them")

    def parameters(self, node: ast.FunctionDef) -> str:
        """Parameters with their defaults; those that must be named and have one, as one object."""
        positional = [one for one in node.args.args if one.arg != "self"]
        defaults: list[ast.expr | None] = [None] * (len(positional) - len(node.args.defaults))
        defaults += node.args.defaults
        parts = [self._parameter(one, other) for one, other in zip(positional, defaults, strict=True)]
        pairs = list(zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True))
        parts += [self._parameter(one, None) for one, default in pairs if default is None]
        optional = [self._parameter(one, default) for one, default in pairs if default is not None]
        if optional:
            parts.append(f"{{ {', '.join(optional)} }} = {{}}")
        return ", ".join(parts)

    def _parameter(self, one: ast.arg, default: ast.expr | None) -> str:
        name = self.variable(one, one.arg)
        if default is None:
            return name
        number = default.operand if isinstance(default, ast.UnaryOp) else default
        if not isinstance(number, ast.Constant):
            self.module.stop(default, "a parameter's default that is no constant")
        return f"{name} = {self.emit(default).text}"

    def translated(self, module: Module, node: ast.FunctionDef, owner: str) -> list[Kind]:
        """See Names."""
        _, _, scope = Statements(self.program, module).function(node, owner)
        return scope.returned

    # a module

    def _function_lines(self, node: ast.FunctionDef) -> list[str]:
        if node.decorator_list:
            self.module.stop(node, "a decorated function is not known here")
        parameters, body, _ = self.function(node, "")
        head = f"{exported(node.name)}function{'*' if yields(node) else ''} {node.name}({parameters}) {{"
        return [*block_comment(ast.get_docstring(node)), head, *indented(body), "}"]

    def _class_lines(self, node: ast.ClassDef) -> list[str]:
        if node.bases or node.keywords:
            self.module.stop(node, "a class with a base is not known here")
        self.fields(node.name)
        head = [*block_comment(ast.get_docstring(node)), f"{exported(node.name)}class {node.name} {{"]
        if is_dataclass(node):
            names = list(declared_fields(node))
            plain = all(
                is_docstring(one) or (isinstance(one, ast.AnnAssign) and not one.value) for one in node.body
            )
            if not plain:
                self.module.stop(node, "a dataclass with defaults or methods is not known here")
            fields = [f"this.{name} = {name};" for name in names]
            return [*head, *indented([f"constructor({', '.join(names)}) {{", *indented(fields), "}"]), "}"]
        if node.decorator_list:
            self.module.stop(node, "a decorated class is not known here")
        found: list[str] = []
        for one in node.body:
            if isinstance(one, ast.FunctionDef):
                found += ["", *self._method_lines(node, one)]
            elif not is_docstring(one) and "__slots__" not in ast.unparse(one).split(" = ")[0]:
                self.module.stop(one, "in a class, only methods and __slots__ are known here")
        return [*head, *indented(found[1:]), "}"]

    def _method_lines(self, owner: ast.ClassDef, node: ast.FunctionDef) -> list[str]:
        if node.decorator_list or not node.args.args or node.args.args[0].arg != "self":
            self.module.stop(node, "a decorated method, or one without self, is not known here")
        parameters, body, _ = self.function(node, owner.name)
        name = "constructor" if node.name == "__init__" else node.name
        head = f"{'*' if yields(node) else ''}{name}({parameters}) {{"
        return [*block_comment(ast.get_docstring(node)), head, *indented(body), "}"]

    def module_text(self) -> str:
        """The whole module; the first line warns against editing it."""
        found: list[str] = []
        body = self.module.tree.body
        after = 0
        short = False
        for at, node in enumerate(body):
            made = self._top(node, body[at + 1] if at + 1 < len(body) else None)
            if made:
                made = [*self.comments(range(after + 1, node.lineno)), *made]
                found += made if short and len(made) == 1 else ["", *made]
                short = len(made) == 1
            after = node.end_lineno or after
        imports = [
            f'import {{ {", ".join(sorted(names))} }} from "{source}";'
            for source, names in sorted(self.uses.items())
        ]
        said = inspect.cleandoc(ast.get_docstring(self.module.tree) or "").splitlines()
        head = [
            f"// Generated from {self.module.path} by `make derived`; change it there.",
            *([""] if said else []),
            *(f"// {line}".rstrip() for line in said),
            "",
        ]
        written = [*head, *imports, *([""] if imports else []), *found[1:]]
        return "\n".join(part for line in written for part in folded(line)) + "\n"

    def _top(self, node: ast.stmt, following: ast.stmt | None) -> list[str]:
        """A statement of the module itself."""
        if isinstance(node, ast.ImportFrom):
            self._check_import(node)
            return []
        if is_docstring(node) or is_type_checking(node):
            return []
        if isinstance(node, ast.ClassDef):
            return self._class_lines(node)
        if isinstance(node, ast.FunctionDef):
            return [] if node.name in self.module.by_hand else self._function_lines(node)
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            if name in self.module.aliases:
                return []
            said = ast.literal_eval(following.value) if is_docstring(following) else None  # type: ignore[union-attr]
            text = f"{exported(name)}const {name} = {self.emit(node.value).text};"
            return [*block_comment(said), text]
        self.module.stop(node, f"{type(node).__name__} at the top of a module is not known here")

    def _check_import(self, node: ast.ImportFrom) -> None:
        if node.module not in self.program.modules and node.module not in PYTHON:
            self.module.stop(node, f"{node.module} is not translated", "Translate it too, or do without it")


def translate(modules: list[Module], known: list[Module]) -> dict[str, str]:
    """JavaScript by the Python module's name. `known`: modules that are used and have their JavaScript by hand."""
    program = Program({module.name: module for module in [*modules, *known]})
    # twice: a field may be seen to hold more after the class that uses it was translated
    for _ in range(2):
        texts = {module.name: Statements(program, module).module_text() for module in modules}
        program.returns.clear()
    return texts


def exported(name: str) -> str:
    return "" if name.startswith("_") else "export "


def indented(lines: list[str]) -> list[str]:
    return [f"  {line}" if line else line for line in lines]


def is_docstring(node: ast.stmt | None) -> bool:
    """A text alone: a docstring, or the note below a constant."""
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def first_line_inside(node: ast.stmt) -> int | None:
    """The last line of the head of a compound statement."""
    if isinstance(node, ast.If | ast.While):
        return node.test.end_lineno
    if isinstance(node, ast.For):
        return node.iter.end_lineno
    return None


def depends(value: ast.expr, target: ast.expr) -> bool:
    """Whether a value may be another one once the target is set; objects may have several names."""
    parts = list(ast.walk(value))
    if isinstance(target, ast.Name):
        return any(isinstance(one, ast.Name) and one.id == target.id for one in parts)
    if any(isinstance(one, ast.Call | ast.Yield | ast.YieldFrom) for one in parts):
        return True
    if isinstance(target, ast.Attribute):
        return any(isinstance(one, ast.Attribute) and one.attr == target.attr for one in parts)
    return any(isinstance(one, ast.Subscript) for one in parts)


def readable(target: ast.expr) -> ast.expr:
    """A target of an assignment, as a value."""
    value = copy(target)
    if isinstance(value, ast.Name | ast.Attribute | ast.Subscript):
        value.ctx = ast.Load()
    return value
