"""Operators: arithmetic, 32-bit arithmetic, truth, comparison. Each gives the same value as in Python, or stops."""

import ast

from tools.to_javascript.code import (
    AND,
    AND_BITS,
    CHOICE,
    EQUAL,
    OR,
    OR_BITS,
    ORDER,
    PRODUCT,
    RUNTIME,
    SHIFT,
    SUM,
    UNARY,
    WHOLE,
    XOR_BITS,
    Code,
)
from tools.to_javascript.forms import (
    is_path,
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
    join,
)
from tools.to_javascript.names import Names
from tools.to_javascript.program import (
    constant_value,
)

COMPARE = {
    ast.Eq: "===", ast.NotEq: "!==", ast.Is: "===", ast.IsNot: "!==",
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=",
}  # fmt: skip
ARITHMETIC = {ast.Add: ("+", SUM), ast.Sub: ("-", SUM), ast.Mult: ("*", PRODUCT), ast.Div: ("/", PRODUCT)}
BITWISE = {ast.BitXor: ("^", XOR_BITS), ast.BitOr: ("|", OR_BITS)}


class Operators(Names):
    """Numbers and bools."""

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
            held = other.kind.name in ("list", "deque") or (one.kind, other.kind) == (STR, STR)
            if not held:
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
