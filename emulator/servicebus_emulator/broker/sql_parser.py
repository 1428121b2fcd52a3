"""Parser of the SQL filter and action language: text to a function of the message.

Grammar: learn.microsoft.com service-bus-messaging-sql-filter and service-bus-messaging-sql-rule-action. A predicate
and an expression are different things there, and so they are here: `colour` alone is no filter, `a = 1 = TRUE` none
either. Each node becomes a closure over its parts, so a filter is parsed once and costs a few calls a message.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from servicebus_emulator.broker.errors import FilterError
from servicebus_emulator.broker.sql_lexer import Kind, Token, tokens
from servicebus_emulator.broker.sql_scope import Scope
from servicebus_emulator.broker.sql_value import (
    FilterException,
    Value,
    arithmetic,
    compare,
    like,
    negate,
    plus,
)

Evaluate = Callable[[Scope], Value]
Predicate = Callable[[Scope], bool | None]
MAX_DEPTH = 64  # of nesting; far above what 1,024 characters are used for, far below Python's stack
MAX_STATEMENTS = 32  # overview-emulator and quotas: expressions in a rule action


@dataclass(frozen=True, slots=True)
class _Node:
    evaluate: Evaluate
    is_predicate: bool
    property_name: tuple[str, str] | None = None  # (scope, name) of a bare property
    is_property: bool = False  # a property, also one named by property(...)


@dataclass(frozen=True, slots=True)
class Assignment:
    """`SET scope.name = value`."""

    scope: str
    name: str
    value: Evaluate


@dataclass(frozen=True, slots=True)
class Removal:
    """`REMOVE scope.name`."""

    scope: str
    name: str


def parse_filter(expression: str) -> Predicate:
    """A predicate: True, False or None (unknown). Raises FilterError; calling it raises FilterException."""
    parser = _Parser(expression)
    node = parser.predicate()
    parser.expect_end()
    return _truth(node)


def parse_action(expression: str) -> list[Assignment | Removal]:
    """The statements of a rule action in order. Raises FilterError."""
    parser = _Parser(expression)
    statements: list[Assignment | Removal] = []
    while not parser.at_end():
        statements.append(parser.statement())
        if len(statements) > MAX_STATEMENTS:
            raise FilterError(f"The action has more than {MAX_STATEMENTS} statements.")
    if not statements:
        raise FilterError("The action is empty; write SET property = value or REMOVE property.")
    return statements


def _truth(node: _Node) -> Predicate:
    evaluate = node.evaluate

    def predicate(scope: Scope) -> bool | None:
        value = evaluate(scope)
        return value if isinstance(value, bool) else None

    return predicate


class _Parser:
    def __init__(self, expression: str) -> None:
        self._tokens = tokens(expression)
        self._position = 0
        self._depth = 0

    # -- tokens
    @property
    def _next(self) -> Token:
        return self._tokens[self._position]

    def _take(self) -> Token:
        token = self._next
        self._position += 1
        return token

    def _is(self, kind: Kind, value: str) -> bool:
        return self._next.kind is kind and self._next.value == value

    def _accept(self, kind: Kind, value: str) -> bool:
        if self._is(kind, value):
            self._position += 1
            return True
        return False

    def _expect(self, kind: Kind, value: str) -> None:
        if not self._accept(kind, value):
            raise FilterError(f"Expected '{value}' but found {self._next} in the SQL expression.")

    def at_end(self) -> bool:
        return self._next.kind is Kind.END

    def expect_end(self) -> None:
        if not self.at_end():
            raise FilterError(f"Expected the end of the SQL expression but found {self._next}.")

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise FilterError(f"The SQL expression is nested more than {MAX_DEPTH} levels deep.")

    # -- predicates
    def predicate(self) -> _Node:
        node = self._or()
        if not node.is_predicate:
            raise FilterError(
                "The SQL expression is a value, not a condition: compare it with something, for example colour = 'red'."
            )
        return node

    def _or(self) -> _Node:
        node = self._and()
        while self._is(Kind.KEYWORD, "OR"):
            self._take()
            node = _either(_needs_predicate(node, "OR"), _needs_predicate(self._and(), "OR"))
        return node

    def _and(self) -> _Node:
        node = self._not()
        while self._is(Kind.KEYWORD, "AND"):
            self._take()
            node = _both(_needs_predicate(node, "AND"), _needs_predicate(self._not(), "AND"))
        return node

    def _not(self) -> _Node:
        if self._accept(Kind.KEYWORD, "NOT"):
            self._deeper()
            node = _opposite(_needs_predicate(self._not(), "NOT"))
            self._depth -= 1
            return node
        return self._comparison()

    def _comparison(self) -> _Node:
        left = self._sum()
        token = self._next
        if token.kind is Kind.OPERATOR and token.value in ("=", "<>", "!=", ">", ">=", "<", "<="):
            self._take()
            return _comparison(str(token.value), _needs_value(left), _needs_value(self._sum()))
        if self._accept(Kind.KEYWORD, "IS"):
            negated = self._accept(Kind.KEYWORD, "NOT")
            self._expect(Kind.KEYWORD, "NULL")
            if not left.is_property:
                raise FilterError("IS [NOT] NULL needs a property on its left side.")
            return _is_null(left.evaluate, negated)
        negated = False
        if self._is(Kind.KEYWORD, "NOT"):
            following = self._tokens[self._position + 1]
            if following.kind is Kind.KEYWORD and following.value in ("IN", "LIKE"):
                self._take()
                negated = True
        if self._accept(Kind.KEYWORD, "IN"):
            return self._in(_needs_value(left), negated)
        if self._accept(Kind.KEYWORD, "LIKE"):
            return self._like(_needs_value(left), negated)
        return left

    def _in(self, left: _Node, negated: bool) -> _Node:
        self._expect(Kind.OPERATOR, "(")
        items = [_needs_value(self._sum()).evaluate]
        while self._accept(Kind.OPERATOR, ","):
            items.append(_needs_value(self._sum()).evaluate)
        self._expect(Kind.OPERATOR, ")")
        return _in_list(left.evaluate, items, negated)

    def _like(self, left: _Node, negated: bool) -> _Node:
        pattern = _needs_value(self._sum()).evaluate
        escape: Evaluate | None = None
        if self._accept(Kind.KEYWORD, "ESCAPE"):
            escape = _needs_value(self._sum()).evaluate
        value = left.evaluate

        def evaluate(scope: Scope) -> Value:
            character = escape(scope) if escape is not None else None
            result = like(value(scope), pattern(scope), character, escape is not None)
            return result if result is None or not negated else not result

        return _Node(evaluate, True)

    # -- expressions
    def _sum(self) -> _Node:
        node = self._product()
        while self._next.kind is Kind.OPERATOR and self._next.value in ("+", "-"):
            sign = str(self._take().value)
            node = _binary(sign, _needs_value(node), _needs_value(self._product()))
        return node

    def _product(self) -> _Node:
        node = self._unary()
        while self._next.kind is Kind.OPERATOR and self._next.value in ("*", "/", "%"):
            sign = str(self._take().value)
            node = _binary(sign, _needs_value(node), _needs_value(self._unary()))
        return node

    def _unary(self) -> _Node:
        if self._next.kind is Kind.OPERATOR and self._next.value in ("+", "-"):
            self._deeper()
            change = negate if self._take().value == "-" else plus
            operand = _needs_value(self._unary()).evaluate
            self._depth -= 1
            return _Node(lambda scope: change(operand(scope)), False)
        return self._primary()

    def _primary(self) -> _Node:
        token = self._take()
        if token.kind in (Kind.NUMBER, Kind.STRING):
            return _constant(token.value)
        if token.kind is Kind.PARAMETER:
            name = str(token.value)
            return _Node(lambda scope: scope.parameter(name), False)
        if token.kind is Kind.KEYWORD:
            if token.value in ("TRUE", "FALSE"):
                return _constant(token.value == "TRUE")
            if token.value == "NULL":
                return _constant(None)
            if token.value == "EXISTS":
                self._expect(Kind.OPERATOR, "(")
                scope_name, name = self.property()
                self._expect(Kind.OPERATOR, ")")
                return _Node(lambda scope: scope.exists(scope_name, name), True)
        if token.kind is Kind.OPERATOR and token.value == "(":
            self._deeper()
            node = self._or()
            self._depth -= 1
            self._expect(Kind.OPERATOR, ")")
            return _Node(node.evaluate, node.is_predicate)
        if token.kind is Kind.NAME:
            if token.regular and self._is(Kind.OPERATOR, "("):
                return self._function(str(token.value).lower(), token)
            self._position -= 1
            scope_name, name = self.property()
            return _Node(
                lambda scope: scope.value(scope_name, name), False, (scope_name, name), is_property=True
            )
        raise FilterError(f"Expected a value in the SQL expression but found {token}.")

    def _function(self, name: str, token: Token) -> _Node:
        self._expect(Kind.OPERATOR, "(")
        if name == "newid":
            self._expect(Kind.OPERATOR, ")")
            return _Node(lambda scope: scope.new_id(), False)
        if name not in ("property", "p"):
            raise FilterError(f"Unknown function {token}: only newid(), property(name) and p(name) exist.")
        node = _needs_value(self._sum())
        argument, bare = node.evaluate, node.property_name is not None
        self._expect(Kind.OPERATOR, ")")

        def evaluate(scope: Scope) -> Value:
            wanted = argument(scope)
            if wanted is None:
                return None
            if not isinstance(wanted, str):
                if (
                    bare
                ):  # Microsoft's own tests write property(intProperty) = 3; documented is a string alone
                    return wanted
                raise FilterException("property(name) needs a string.")
            scope_name, dot, rest = wanted.partition(".")
            if dot and scope_name.lower() in ("sys", "user"):
                return scope.value(scope_name.lower(), rest)
            return scope.value("user", wanted)

        return _Node(evaluate, False, is_property=True)

    def property(self) -> tuple[str, str]:
        """(`sys` or `user`, name) of `[scope.]name`."""
        token = self._take()
        if token.kind is not Kind.NAME:
            raise FilterError(f"Expected a property but found {token} in the SQL expression.")
        if not self._accept(Kind.OPERATOR, "."):
            return "user", str(token.value)
        scope_name = str(token.value).lower()
        if scope_name not in ("sys", "user"):
            raise FilterError(f"Unknown scope {token}: a property is sys.name, user.name or name.")
        name = self._take()
        if name.kind is not Kind.NAME:
            raise FilterError(f"Expected a property name behind '{scope_name}.' but found {name}.")
        return scope_name, str(name.value)

    # -- actions
    def statement(self) -> Assignment | Removal:
        token = self._take()
        if token.kind is not Kind.KEYWORD or token.value not in ("SET", "REMOVE"):
            raise FilterError(f"Expected SET or REMOVE but found {token} in the action.")
        scope_name, name = self.property()
        result: Assignment | Removal
        if token.value == "SET":
            self._expect(Kind.OPERATOR, "=")
            result = Assignment(scope_name, name, _needs_value(self._sum()).evaluate)
        else:
            result = Removal(scope_name, name)
        separated = self._accept(Kind.OPERATOR, ";")
        separated = self._accept(Kind.OPERATOR, ",") or separated
        if not separated and not self.at_end() and self._next.kind is not Kind.KEYWORD:
            raise FilterError(f"Expected ';' but found {self._next} in the action.")
        return result


def _needs_predicate(node: _Node, word: str) -> _Node:
    if not node.is_predicate:
        raise FilterError(f"{word} joins conditions, not values: write for example colour = 'red'.")
    return node


def _needs_value(node: _Node) -> _Node:
    if node.is_predicate:
        raise FilterError("A condition is where the SQL expression needs a value.")
    return node


def _constant(value: Value) -> _Node:
    return _Node(lambda scope: value, False)


def _both(left: _Node, right: _Node) -> _Node:
    first, second = left.evaluate, right.evaluate

    def evaluate(scope: Scope) -> Value:
        one = first(scope)
        if one is False:
            return False
        other = second(scope)
        return False if other is False else None if one is None or other is None else True

    return _Node(evaluate, True)


def _either(left: _Node, right: _Node) -> _Node:
    first, second = left.evaluate, right.evaluate

    def evaluate(scope: Scope) -> Value:
        one = first(scope)
        if one is True:
            return True
        other = second(scope)
        return True if other is True else None if one is None or other is None else False

    return _Node(evaluate, True)


def _opposite(node: _Node) -> _Node:
    inner = node.evaluate

    def evaluate(scope: Scope) -> Value:
        value = inner(scope)
        return None if value is None else not value

    return _Node(evaluate, True)


def _comparison(sign: str, left: _Node, right: _Node) -> _Node:
    first, second = left.evaluate, right.evaluate
    return _Node(lambda scope: compare(sign, first(scope), second(scope)), True)


def _binary(sign: str, left: _Node, right: _Node) -> _Node:
    first, second = left.evaluate, right.evaluate
    return _Node(lambda scope: arithmetic(sign, first(scope), second(scope)), False)


def _is_null(value: Evaluate, negated: bool) -> _Node:
    return _Node(lambda scope: (value(scope) is None) != negated, True)


def _in_list(left: Evaluate, items: list[Evaluate], negated: bool) -> _Node:
    def evaluate(scope: Scope) -> Value:
        value = left(scope)
        if value is None:
            return None
        unknown = False
        for item in items:
            same = compare("=", value, item(scope))
            if same:
                return not negated
            unknown = unknown or same is None
        return None if unknown else negated

    return _Node(evaluate, True)
