"""Tokens of the SQL filter and action language (learn.microsoft.com service-bus-messaging-sql-filter)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from servicebus_emulator.broker.errors import FilterError

MAX_EXPRESSION_CHARACTERS = 1024  # service-bus-quotas: maximum size of a filter or action condition string
MAX_LONG = 2**63 - 1

# A regular identifier cannot be one of these; `[delimited]` and "quoted" ones can.
KEYWORDS = frozenset(
    {"AND", "OR", "NOT", "IS", "NULL", "IN", "LIKE", "ESCAPE", "EXISTS", "TRUE", "FALSE", "SET", "REMOVE"}
)
_OPERATORS = ("<>", "!=", ">=", "<=", "=", "<", ">", "+", "-", "*", "/", "%", "(", ")", ",", ".", ";")


class Kind(Enum):
    NAME = "name"  # regular, delimited or quoted identifier
    KEYWORD = "keyword"
    NUMBER = "number"
    STRING = "string"
    PARAMETER = "parameter"
    OPERATOR = "operator"
    END = "end"


@dataclass(frozen=True, slots=True)
class Token:
    """A token; `value` is the keyword in upper case, the operator, the name, or the constant's value."""

    kind: Kind
    value: str | int | float
    position: int  # characters from the start
    regular: bool = False  # a NAME written without brackets or quotes

    def __str__(self) -> str:
        return "the end" if self.kind is Kind.END else f"'{self.value}' at character {self.position + 1}"


def tokens(expression: str) -> list[Token]:
    """All tokens of an expression, the last one Kind.END. Raises FilterError."""
    if len(expression) > MAX_EXPRESSION_CHARACTERS:
        raise FilterError(
            f"The SQL expression has {len(expression)} characters; at most {MAX_EXPRESSION_CHARACTERS} are allowed."
        )
    found: list[Token] = []
    position = 0
    while position < len(expression):
        character = expression[position]
        if character.isspace():
            position += 1
        elif character == "'":
            text, position = _enclosed(expression, position, "'", "string constant")
            found.append(Token(Kind.STRING, text, position))
        elif character in '["':
            start = position
            text, position = _enclosed(expression, position, "]" if character == "[" else '"', "identifier")
            if not text:
                raise FilterError(f"Empty identifier at character {start + 1} of the SQL expression.")
            found.append(Token(Kind.NAME, text, start))
        elif _is_letter(character):
            start = position
            position = _end_of_word(expression, position)
            word = expression[start:position]
            if word.upper() in KEYWORDS:
                found.append(Token(Kind.KEYWORD, word.upper(), start))
            else:
                found.append(Token(Kind.NAME, word, start, regular=True))
        elif character == "@":
            start = position
            position = _end_of_word(expression, position + 1)
            if position == start + 1:
                raise FilterError(f"A parameter name must follow '@' at character {start + 1}.")
            found.append(Token(Kind.PARAMETER, expression[start:position], start))
        elif _is_digit(character) or (
            character == "." and _is_digit(expression[position + 1 : position + 2])
        ):
            number, end = _number(expression, position)
            found.append(Token(Kind.NUMBER, number, position))
            position = end
        else:
            operator = next((item for item in _OPERATORS if expression.startswith(item, position)), None)
            if operator is None:
                raise FilterError(f"Unexpected character '{character}' at character {position + 1}.")
            found.append(Token(Kind.OPERATOR, operator, position))
            position += len(operator)
    found.append(Token(Kind.END, "", len(expression)))
    return found


def _is_letter(character: str) -> bool:
    return character.isalpha()


def _is_digit(character: str) -> bool:
    return "0" <= character <= "9"


def _end_of_word(expression: str, position: int) -> int:
    while position < len(expression) and (expression[position].isalnum() or expression[position] == "_"):
        position += 1
    return position


def _enclosed(expression: str, start: int, closing: str, what: str) -> tuple[str, int]:
    """Text between delimiters, the closing one doubled inside; and the position behind it."""
    parts: list[str] = []
    position = start + 1
    while True:
        end = expression.find(closing, position)
        if end < 0:
            raise FilterError(
                f"The {what} that starts at character {start + 1} is not closed with {closing}."
            )
        parts.append(expression[position:end])
        if expression.startswith(closing, end + 1):
            parts.append(closing)
            position = end + 2
        else:
            return "".join(parts), end + 1


def _number(expression: str, start: int) -> tuple[int | float, int]:
    position = start
    while position < len(expression) and _is_digit(expression[position]):
        position += 1
    whole = True
    if expression.startswith(".", position):
        whole = False
        position += 1
        while position < len(expression) and _is_digit(expression[position]):
            position += 1
    if position < len(expression) and expression[position] in "eE":
        exponent = position + 1
        if expression[exponent : exponent + 1] in ("+", "-"):
            exponent += 1
        digits = exponent
        while digits < len(expression) and _is_digit(expression[digits]):
            digits += 1
        if digits > exponent:
            whole = False
            position = digits
    if position < len(expression) and (_is_letter(expression[position]) or expression[position] == "_"):
        raise FilterError(f"'{expression[start : position + 1]}' at character {start + 1} is not a number.")
    text = expression[start:position]
    if not whole:
        return float(text), position
    number = int(text)
    if number > MAX_LONG:
        raise FilterError(f"The integer {text} does not fit into 64 bits.")
    return number, position
