"""Lists, dictionaries, tuples: their elements, displays, comprehensions, and what a loop goes through."""

import ast
import json

from tools.to_javascript.code import (
    AND,
    LOOSE,
    RUNTIME,
    WHOLE,
    Code,
)
from tools.to_javascript.forms import (
    body_of_arrow,
    range_call,
    zip_call,
)
from tools.to_javascript.kinds import (
    ANY,
    INT,
    STR,
    Kind,
    a_list,
    held,
    joined,
)
from tools.to_javascript.operators import Operators
from tools.to_javascript.places import names_of
from tools.to_javascript.scope import Scope


class Containers(Operators):
    """What holds other values."""

    def emit(self, node: ast.expr, expected: Kind = ANY) -> Code:
        """See Names."""
        return self._dict(node, expected) if isinstance(node, ast.Dict) else super().emit(node, expected)

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
                if code.kind.name != "record":
                    self.module.stop(
                        node, f"** of a {code.kind.name} is not known here ({ast.unparse(node)})"
                    )
                parts.append(f"...{code.at(LOOSE)}")
                kinds.append(code.kind.of[0])
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
        if loop.is_async:
            self._stop_at_loops(node)
        array = self.array(loop.iter)
        parameter = self.bind(loop.target, array.kind.element)
        text = array.at(WHOLE)
        for test in loop.ifs:
            text += f".filter(({parameter}) => {self.true(test).at(LOOSE)})"
        return text, parameter, array.kind.element

    def _stop_at_loops(self, node: ast.expr) -> list[ast.comprehension]:
        self.module.stop(node, f"more than one loop, or async, in a comprehension ({ast.unparse(node)})")

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
        """Taken one after the other, as in Python."""
        (loop,) = node.generators if len(node.generators) == 1 else self._stop_at_loops(node)
        if loop.is_async:
            self._stop_at_loops(node)
        source = self.array(loop.iter)
        with self.inside(Scope(self.scope, self.scope.owner)):
            target = self.bind(loop.target, source.kind.element)
            tests = " && ".join(self.true(one).at(AND) for one in loop.ifs) or "true"
            element = self.emit(node.elt)
        made = f"({target}) => {tests}, ({target}) => {body_of_arrow(element)}"
        return Code(
            f"{self.use(RUNTIME, 'lazily')}({source.text}, {made})", Kind("iterator", (element.kind,))
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
