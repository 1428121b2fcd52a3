"""Expressions. Each Python operation becomes the JavaScript one that gives the same value for its kinds, or stops."""

import ast
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tools.to_javascript.code import (
    AND,
    AND_BITS,
    CHOICE,
    EQUAL,
    LOOSE,
    OR,
    OR_BITS,
    ORDER,
    PRODUCT,
    RUNTIME,
    SCENARIO,
    SHIFT,
    SUM,
    UNARY,
    WHOLE,
    XOR_BITS,
    Code,
)
from tools.to_javascript.kinds import (
    ANY,
    BITS,
    BOOL,
    FLOAT,
    INT,
    NONE,
    NUMBERS,
    STR,
    Kind,
    a_list,
    function,
    held,
    join,
    joined,
)
from tools.to_javascript.library import FUNCTIONS
from tools.to_javascript.places import names_of
from tools.to_javascript.program import (
    Module,
    Program,
    Signature,
    constant_value,
    declared_fields,
    is_dataclass,
    kind_of_number,
    methods,
    signature,
)
from tools.to_javascript.scope import Scope

COMPARE = {
    ast.Eq: "===", ast.NotEq: "!==", ast.Is: "===", ast.IsNot: "!==",
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=",
}  # fmt: skip
ARITHMETIC = {ast.Add: ("+", SUM), ast.Sub: ("-", SUM), ast.Mult: ("*", PRODUCT), ast.Div: ("/", PRODUCT)}
BITWISE = {ast.BitXor: ("^", XOR_BITS), ast.BitOr: ("|", OR_BITS)}
METHODS = {
    ("list", "append"): "push", ("list", "pop"): "pop", ("list", "index"): "indexOf",
    ("deque", "append"): "push", ("deque", "appendleft"): "pushFront", ("deque", "popleft"): "shift",
    ("deque", "pop"): "pop", ("deque", "clear"): "clear", ("deque", "rotate"): "rotate", ("deque", "remove"): "remove",
}  # fmt: skip
"""What a container's method is called in JavaScript. Others, which need more than a name, are in `_container_call`."""
GIVES_ELEMENT = ("pop", "popleft")
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


class Expressions:
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
        """The JavaScript of an expression. `expected`: what an annotation says of it, for an empty display."""
        if isinstance(node, ast.Dict):
            return self._dict(node, expected)
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
        """A variable's name, if JavaScript allows it and nothing that the module imports is called so."""
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
        """The kind of a constant of a module."""
        return Expressions(self.program, module).emit(node).kind

    # operators

    def _unaryop(self, node: ast.UnaryOp) -> Code:
        if isinstance(node.op, ast.Not):
            return self.untrue(node.operand)
        if not isinstance(node.op, ast.USub):
            self.module.stop(node, f"{type(node.op).__name__} is not known here ({ast.unparse(node)})")
        operand = self.number(node.operand)
        kind = FLOAT if operand.kind.present == FLOAT else INT
        text = operand.at(UNARY)
        return Code(f"-({text})" if text.startswith("-") else f"-{text}", kind, UNARY)

    def number(self, node: ast.expr) -> Code:
        """An operand of arithmetic."""
        code = self.emit(node)
        if code.kind.present not in (*NUMBERS, ANY):
            self.module.stop(
                node, f"arithmetic with a {code.kind.name} is not known here ({ast.unparse(node)})"
            )
        return code

    def _binop(self, node: ast.BinOp) -> Code:
        if isinstance(node.op, ast.BitAnd):
            return self._masked(node)
        if type(node.op) in BITWISE:
            return Code(f"{self._bits(node).at(UNARY)} >>> 0", BITS, SHIFT)
        if isinstance(node.op, ast.RShift):
            return self._bits(node)
        if isinstance(node.op, ast.LShift):
            return self._power_of_two(node)
        if isinstance(node.op, ast.Mult) and isinstance(node.left, ast.List):
            return self._repeated(node, node.left)
        if isinstance(node.op, ast.Mod):
            left, right = self.number(node.left), self.number(node.right)
            return Code(f"{self.use(RUNTIME, 'modulo')}({left.text}, {right.text})", self._wider(left, right))
        if type(node.op) not in ARITHMETIC:
            self.module.stop(node, f"{type(node.op).__name__} is not known here ({ast.unparse(node)})")
        sign, binds = ARITHMETIC[type(node.op)]
        left, right = self.number(node.left), self.number(node.right)
        kind = FLOAT if isinstance(node.op, ast.Div) else self._wider(left, right)
        return Code(f"{left.at(binds)} {sign} {right.at(binds + 1)}", kind, binds)

    @staticmethod
    def _wider(left: Code, right: Code) -> Kind:
        return INT if {left.kind.present, right.kind.present} <= {INT, BITS} else FLOAT

    def _power_of_two(self, node: ast.BinOp) -> Code:
        places = constant_value(self.program, self.module, node.right)
        if constant_value(self.program, self.module, node.left) == 1 and places is not None:
            return Code(f"2 ** {places}", INT, PRODUCT)
        self.module.stop(node, "a shift to the left is known for 1 << constant alone")

    def _repeated(self, node: ast.BinOp, one: ast.List) -> Code:
        if len(one.elts) != 1 or not isinstance(one.elts[0], ast.Constant):
            self.module.stop(node, "a repeated list is known for one constant alone")
        value = self.emit(one.elts[0])
        return Code(f"new Array({self.number(node.right).text}).fill({value.text})", a_list(value.kind))

    def _masked(self, node: ast.BinOp) -> Code:
        """`x & constant`: JavaScript's operators work modulo 2**32, and so may all of x below a mask of 32 bits."""
        mask = constant_value(self.program, self.module, node.right)
        if mask is None or not 0 <= mask < 2**32:
            self.module.stop(node, "& is known for a constant of at most 32 bits at its right alone")
        inside = self._modulo(node.left)
        if mask == 2**32 - 1:
            return Code(f"{inside.at(UNARY)} >>> 0", BITS, SHIFT)
        masked = Code(f"{inside.at(UNARY)} & {self.emit(node.right).text}", BITS, AND_BITS)
        return masked if mask < 2**31 else Code(f"({masked.text}) >>> 0", BITS, SHIFT)

    def _modulo(self, node: ast.expr) -> Code:
        """A whole number that may be off by a multiple of 2**32, and is exact as a double."""
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
            left, right = self._modulo(node.left), self._modulo(node.right)
            return Code(f"Math.imul({left.text}, {right.text})", INT)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            left, right = self._modulo(node.left), self._modulo(node.right)
            return Code(f"{left.at(SUM)} + {right.at(SUM + 1)}", INT, SUM)
        if isinstance(node, ast.BinOp) and type(node.op) in BITWISE:
            return self._bits(node)
        code = self.emit(node)
        if code.kind not in (INT, BITS):
            self.module.stop(node, f"a {code.kind.name} below a mask of bits ({ast.unparse(node)})")
        return code

    def _bits(self, node: ast.expr) -> Code:
        """^ | >> on whole numbers of at most 32 bits; the sign of what ^ and | give is not put right yet."""
        if isinstance(node, ast.BinOp) and type(node.op) in BITWISE:
            sign, binds = BITWISE[type(node.op)]
            left, right = self._bits(node.left), self._bits(node.right)
            return Code(f"{left.at(UNARY)} {sign} {right.at(UNARY)}", BITS, binds)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.RShift):
            places = constant_value(self.program, self.module, node.right)
            if places is None or not 0 <= places < 32:
                self.module.stop(node, ">> is known for a constant from 0 to 31 alone")
            return Code(f"{self._bits(node.left).at(UNARY)} >>> {places}", BITS, SHIFT)
        code = self.emit(node)
        if code.kind != BITS:
            self.module.stop(
                node,
                f"{ast.unparse(node)} is not surely a whole number from 0 to 2**32 - 1, as ^ | >> need it here",
                "Mask it with & 0xFFFFFFFF first",
            )
        return code

    # truth

    def true(self, node: ast.expr) -> Code:
        """A test for truth."""
        if isinstance(node, ast.BoolOp):
            return self._all_or_any(node)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return self.untrue(node.operand)
        code = self.emit(node)
        return code if code.kind == BOOL else self._against(node, code, ("!==", "> 0"))

    def untrue(self, node: ast.expr) -> Code:
        """The opposite."""
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return self.true(node.operand)
        code = self.true(node) if isinstance(node, ast.BoolOp) else self.emit(node)
        if code.kind == BOOL:
            return Code(f"!{code.at(UNARY)}", BOOL, UNARY)
        return self._against(node, code, ("===", "=== 0"))

    def _against(self, node: ast.expr, code: Code, signs: tuple[str, str]) -> Code:
        """The test of a value that is no bool: against its kind's empty value."""
        kind = code.kind
        if kind in NUMBERS:
            return Code(f"{code.at(EQUAL + 1)} {signs[0]} 0", BOOL, EQUAL)
        if kind == STR:
            return Code(f'{code.at(EQUAL + 1)} {signs[0]} ""', BOOL, EQUAL)
        if kind.name in ("list", "deque"):
            return Code(f"{code.at(WHOLE)}.length {signs[1]}", BOOL, EQUAL)
        if kind.name == "map":
            return Code(f"{code.at(WHOLE)}.size {signs[1]}", BOOL, EQUAL)
        if kind.name == "optional" and kind.present.name == "instance":
            return Code(f"{code.at(EQUAL + 1)} {signs[0]} null", BOOL, EQUAL)
        self.module.stop(
            node,
            f"the truth of {ast.unparse(node)} ({kind.name}) is not known here",
            "Compare it with what you mean, as in `is not None` or `> 0`",
        )

    def _all_or_any(self, node: ast.BoolOp) -> Code:
        sign, binds = ("&&", AND) if isinstance(node.op, ast.And) else ("||", OR)
        return Code(f" {sign} ".join(self.true(one).at(binds) for one in node.values), BOOL, binds)

    def _boolop(self, node: ast.BoolOp) -> Code:
        codes = [self.emit(one) for one in node.values]
        if all(code.kind == BOOL for code in codes):
            return self._all_or_any(node)
        first = node.values[0]
        if isinstance(node.op, ast.And) or len(codes) != 2 or not is_path(first):
            self.module.stop(node, f"and, or that give no bool ({ast.unparse(node)})", "Write it with if")
        kind = codes[0].kind
        if kind.name == "optional" and kind.present.name == "list":
            test = f"{codes[0].text} !== null && {codes[0].text}.length > 0"
        else:
            test = self.true(first).at(CHOICE + 1)
        return Code(
            f"{test} ? {codes[0].text} : {codes[1].at(CHOICE)}", join(kind.present, codes[1].kind), CHOICE
        )

    def _compare(self, node: ast.Compare) -> Code:
        parts = []
        left = node.left
        if len(node.ops) > 1 and not all(
            is_path(one) or isinstance(one, ast.Constant) for one in node.comparators[:-1]
        ):
            self.module.stop(
                node, f"a chain of comparisons whose middle is no plain name ({ast.unparse(node)})"
            )
        for operator, right in zip(node.ops, node.comparators, strict=True):
            parts.append(self._compared(node, left, operator, right))
            left = right
        return parts[0] if len(parts) == 1 else Code(" && ".join(one.at(AND) for one in parts), BOOL, AND)

    def _compared(self, node: ast.expr, left: ast.expr, operator: ast.cmpop, right: ast.expr) -> Code:
        one, other = self.emit(left), self.emit(right)
        if isinstance(operator, ast.In | ast.NotIn):
            if other.kind.name not in ("list", "deque"):
                self.module.stop(node, f"`in` a {other.kind.name} is not known here ({ast.unparse(node)})")
            found = f"{other.at(WHOLE)}.includes({one.text})"
            return Code(found, BOOL) if isinstance(operator, ast.In) else Code(f"!{found}", BOOL, UNARY)
        if isinstance(operator, ast.Is | ast.IsNot) and NONE not in (one.kind, other.kind):
            self.module.stop(node, f"`is` is known for None alone ({ast.unparse(node)})")
        plain = (*NUMBERS, STR, BOOL, ANY)
        if isinstance(operator, ast.Eq | ast.NotEq) and not {one.kind.present, other.kind.present} <= {
            *plain
        }:
            self.module.stop(node, f"== of what is no number, text or bool ({ast.unparse(node)})")
        if isinstance(operator, ast.Lt | ast.LtE | ast.Gt | ast.GtE):
            self.number(left)
            self.number(right)
            return Code(f"{one.at(ORDER + 1)} {COMPARE[type(operator)]} {other.at(ORDER + 1)}", BOOL, ORDER)
        return Code(f"{one.at(EQUAL + 1)} {COMPARE[type(operator)]} {other.at(EQUAL + 1)}", BOOL, EQUAL)

    def _ifexp(self, node: ast.IfExp) -> Code:
        test, one, other = self.true(node.test), self.emit(node.body), self.emit(node.orelse)
        kind = join(one.kind, other.kind)
        return Code(f"{test.at(CHOICE + 1)} ? {one.at(CHOICE + 1)} : {other.at(CHOICE)}", kind, CHOICE)

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

    def _subscript(self, node: ast.Subscript) -> Code:
        owner = self.emit(node.value)
        kind, text = owner.kind.present, owner.at(WHOLE)
        if isinstance(node.slice, ast.Slice):
            return self._slice(node, node.slice, owner)
        index = node.slice
        from_end = isinstance(index, ast.UnaryOp) and isinstance(index.op, ast.USub)
        if kind.name == "tuple" and isinstance(index, ast.Constant) and isinstance(index.value, int):
            return Code(f"{text}[{index.value}]", kind.of[index.value])
        name = index.value if isinstance(index, ast.Constant) else None
        if kind.name == "record" and isinstance(name, str) and name.isidentifier():
            return Code(f"{text}.{name}", kind.of[0])
        if kind.name == "map":
            return Code(f"{text}.get({self.emit(index).text})", kind.of[0])
        if (kind.name == "list" and from_end) or (kind.name == "deque" and not from_end):
            return Code(f"{text}.at({self.emit(index).text})", kind.of[0])
        if kind.name in ("list", "record", "any") and not from_end:
            return Code(f"{text}[{self.emit(index).text}]", kind.of[0] if kind.of else ANY)
        self.module.stop(node, f"an element of a {kind.name} is not known here ({ast.unparse(node)})")

    def _slice(self, node: ast.expr, bounds: ast.Slice, owner: Code) -> Code:
        if owner.kind.name != "list" or bounds.step is not None:
            self.module.stop(node, f"a slice is known for a list without a step alone ({ast.unparse(node)})")
        ends = [self.number(one).text for one in (bounds.lower, bounds.upper) if one is not None]
        if bounds.lower is None:
            ends.insert(0, "0")
        return Code(f"{owner.at(WHOLE)}.slice({', '.join(ends)})", owner.kind)

    # displays and comprehensions

    def _list(self, node: ast.List | ast.Tuple) -> Code:
        parts, kinds = [], []
        for one in node.elts:
            if isinstance(one, ast.Starred):
                inside = self.emit(one.value)
                parts.append(f"...{inside.at(LOOSE)}")
                kinds.append(inside.kind.element)
            else:
                code = self.emit(one)
                parts.append(code.at(LOOSE))
                kinds.append(code.kind)
        text = f"[{', '.join(parts)}]"
        same = not kinds or len(set(kinds)) == 1
        if isinstance(node, ast.Tuple) and not same:
            return Code(text, Kind("tuple", tuple(held(kind) for kind in kinds)))
        return Code(text, a_list(joined(kinds)))

    _tuple = _list

    def _dict(self, node: ast.Dict, expected: Kind) -> Code:
        if not node.keys:
            if expected.name == "map":
                return Code("new Map()", expected)
            if expected.name == "record":
                return Code("{}", expected)
            self.module.stop(node, "an empty dict of unknown kind", "Annotate it: x: dict[int, Message] = {}")
        parts, kinds = [], []
        for key, value in zip(node.keys, node.values, strict=True):
            code = self.emit(value)
            if key is None:
                parts.append(f"...{code.at(LOOSE)}")
                kinds.append(code.kind.of[0] if code.kind.name == "record" else ANY)
                continue
            if not isinstance(key, ast.Constant) or not isinstance(key.value, str):
                self.module.stop(key, f"a dict's key that is no constant text ({ast.unparse(key)})")
            name = key.value if key.value.isidentifier() else json.dumps(key.value)
            parts.append(name if code.text == name else f"{name}: {code.at(LOOSE)}")
            kinds.append(code.kind)
        return Code(f"{{ {', '.join(parts)} }}", Kind("record", (held(joined(kinds)),)))

    def _comprehended(self, node: ast.ListComp | ast.DictComp | ast.GeneratorExp) -> tuple[str, str, Kind]:
        """The array that is gone through, filtered; the parameter for one element; the element's kind."""
        (loop,) = node.generators if len(node.generators) == 1 else self._stop_at_loops(node)
        array = self.array(loop.iter)
        parameter = self.bind(loop.target, array.kind.element)
        text = array.at(WHOLE)
        for test in loop.ifs:
            text += f".filter(({parameter}) => {self.true(test).at(LOOSE)})"
        return text, parameter, array.kind.element

    def _stop_at_loops(self, node: ast.expr) -> list[ast.comprehension]:
        self.module.stop(node, f"more than one loop in a comprehension ({ast.unparse(node)})")

    def bind(self, target: ast.expr, kind: Kind) -> str:
        """The target of a loop as a parameter, its names known from here on."""
        names = list(names_of(target))
        if isinstance(target, ast.Name):
            self.scope.kinds[target.id] = kind
            return self.variable(target, target.id)
        if not isinstance(target, ast.Tuple) or len(names) != len(target.elts):
            self.module.stop(target, f"a loop's target that is no name ({ast.unparse(target)})")
        for at, one in enumerate(names):
            self.scope.kinds[one.id] = kind.of[at] if kind.name == "tuple" else kind.element
        return f"[{', '.join(self.variable(one, one.id) for one in names)}]"

    def _listcomp(self, node: ast.ListComp) -> Code:
        with self.inside(Scope(self.scope, self.scope.owner)):
            loop = node.generators[0]
            counted = range_call(loop.iter)
            if counted is not None and len(counted) == 1 and not loop.ifs and len(node.generators) == 1:
                length = self.number(counted[0]).text
                name = self.bind(loop.target, INT)
                element = self.emit(node.elt)
                parameters = f"(_, {name})" if name != "_" else "()"
                made = f"{parameters} => {body_of_arrow(element)}"
                return Code(f"Array.from({{ length: {length} }}, {made})", a_list(element.kind))
            both = zip_call(loop.iter)
            if both is not None and not loop.ifs and len(node.generators) == 1:
                return self._over_both(node, both)
            text, parameter, _ = self._comprehended(node)
            element = self.emit(node.elt)
            if element.text == parameter:
                return Code(text if loop.ifs else f"{text}.slice()", a_list(element.kind))
            return Code(f"{text}.map(({parameter}) => {body_of_arrow(element)})", a_list(element.kind))

    def _over_both(self, node: ast.ListComp, both: tuple[ast.expr, ast.expr]) -> Code:
        """A list made of two lists side by side."""
        one, other = (self.array(part) for part in both)
        pair = Kind("tuple", (one.kind.element, other.kind.element))
        parameters = self.bind(node.generators[0].target, pair)[1:-1]
        element = self.emit(node.elt)
        made = f"({parameters}) => {body_of_arrow(element)}"
        return Code(f"{self.use(RUNTIME, 'mapBoth')}({one.text}, {other.text}, {made})", a_list(element.kind))

    def _dictcomp(self, node: ast.DictComp) -> Code:
        with self.inside(Scope(self.scope, self.scope.owner)):
            text, parameter, _ = self._comprehended(node)
            key, value = self.emit(node.key), self.emit(node.value)
            if key.kind != STR:
                self.module.stop(node, "a dict comprehension is known for keys that are text alone")
            pairs = f"{text}.map(({parameter}) => [{key.text}, {value.at(LOOSE)}])"
            return Code(f"Object.fromEntries({pairs})", Kind("record", (held(value.kind),)))

    def _generatorexp(self, node: ast.GeneratorExp) -> Code:
        """Taken one after the other, as in Python: a generator that is handed what it goes through."""
        (loop,) = node.generators if len(node.generators) == 1 else self._stop_at_loops(node)
        if any(isinstance(one, ast.Name) and one.id == "self" for one in ast.walk(node.elt)):
            self.module.stop(node, "self inside a generator expression is not known here")
        source = self.array(loop.iter)
        with self.inside(Scope(self.scope, "")):
            target = self.bind(loop.target, source.kind.element)
            tests = "".join(f"if ({self.true(one).text}) " for one in loop.ifs)
            element = self.emit(node.elt)
        body = f"for (const {target} of items) {tests}yield {element.at(LOOSE)};"
        return Code(
            f"(function* (items) {{ {body} }})({source.text})", Kind("iterator", (element.kind,)), WHOLE
        )

    def filtered(self, node: ast.GeneratorExp) -> tuple[str, str, Kind] | None:
        """List, parameter and element of `x for x in list if ...`, which `next` and `min` take at once."""
        loop = node.generators[0]
        if (
            len(node.generators) != 1
            or ast.unparse(loop.target) != ast.unparse(node.elt)
            or len(loop.ifs) != 1
        ):
            return None
        source = self.array(loop.iter)
        with self.inside(Scope(self.scope, self.scope.owner)):
            name = self.bind(loop.target, source.kind.element)
            test = self.true(loop.ifs[0])
        return source.at(WHOLE), f"({name}) => {test.at(LOOSE)}", source.kind.element

    def array(self, node: ast.expr) -> Code:
        """Anything that can be gone through, as an array."""
        code = self.iterable(node)
        if code.kind.name == "list":
            return code
        if code.kind.name == "deque":
            return Code(f"{code.at(WHOLE)}.toArray()", a_list(code.kind.element))
        return Code(f"[...{code.at(LOOSE)}]", a_list(code.kind.element))

    def iterable(self, node: ast.expr) -> Code:
        """Anything that a loop can go through."""
        code = self.emit(node)
        kind = code.kind
        if kind.name == "record":
            return Code(f"Object.keys({code.text})", a_list(STR))
        if kind.name == "map":
            return Code(f"{code.at(WHOLE)}.keys()", Kind("iterator", (INT,)))
        if kind.name in ("list", "deque", "iterator", "process", "any"):
            return code
        self.module.stop(node, f"a loop over a {kind.name} is not known here ({ast.unparse(node)})")

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

    # what a function gives back

    def returns(self, module: Module, node: ast.FunctionDef, owner: str = "") -> Kind:
        """What a call gives: as annotated; by the body where that says Any, or int where it may be narrower."""
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
    """The arguments of a call that have a name and a place of their own, by place."""
    names = {one.arg for one in node.keywords}
    return [name for name in in_order if name in names]


def is_path(node: ast.expr) -> bool:
    """A name, or an attribute of a path: reading it twice gives the same and does nothing."""
    return isinstance(node, ast.Name) or (isinstance(node, ast.Attribute) and is_path(node.value))


def range_call(node: ast.expr) -> list[ast.expr] | None:
    """The arguments of `range(...)`."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "range":
        return node.args
    return None


def enumerate_call(node: ast.expr) -> ast.expr | None:
    """The argument of `enumerate(...)`."""
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
