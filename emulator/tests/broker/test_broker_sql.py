"""The SQL filter and action language, held to its documented grammar and semantics."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from servicebus_emulator.broker.description import CorrelationFilter, RuleDescription, SqlAction, SqlFilter
from servicebus_emulator.broker.errors import ArgumentError, FilterError
from servicebus_emulator.broker.rule import Rule
from servicebus_emulator.broker.sql_parser import parse_filter
from servicebus_emulator.broker.sql_scope import Scope
from servicebus_emulator.broker.sql_value import FilterException, like

from ..plain_content import PlainContent

ID = UUID("12345678-1234-4234-8234-123456789012")
MESSAGE = PlainContent(
    "body",
    message_id="m-1",
    session_id="s-1",
    label="express bus",
    to="Store5",
    content_type="application/json",
    properties={
        "color": "red",
        "Quantity": 10,
        "price": 2.5,
        "vip": True,
        "nothing": None,
        "HR-EmployeeID": 7,
        "Property With Space": "x",
        "odd]name": 1,
        'quo"ted': 1,
        "Contoso & Northwind": "partners",
        "percent": "100%",
        "quote": "it's",
        "when": datetime(2026, 1, 2, tzinfo=UTC),
        "span": timedelta(minutes=5),
        "guid": ID,
        "straße": "Ä",
        "big": 2**62,
        "sys": "a property named sys",
    },
)


def value(expression: str, content: PlainContent = MESSAGE, **parameters: object) -> bool | None:
    return parse_filter(expression)(Scope(content, parameters, lambda: ID, 1000.0, 5))


TRUE = """
color = 'red'
color <> 'blue'
color != 'blue'
COLOR = 'red'
user.color = 'red'
USER.Color = 'red'
[color] = 'red'
"color" = 'red'
user.[color] = 'red'
quantity = 10
Quantity > 9
quantity >= 10
quantity < 11
quantity <= 10
10 = quantity
quantity = 10.0
price = 2.5
price > 2
price < 3
price = 25e-1
price = 0.25E1
price = .25E+1
vip = TRUE
vip = true
vip <> FALSE
color = 'red' AND quantity = 10
color = 'blue' OR quantity = 10
color = 'blue' OR color = 'green' OR color = 'red'
color = 'red' OR color = 'x' AND quantity = 99
NOT color = 'blue'
NOT (color = 'blue' OR color = 'green')
NOT NOT color = 'red'
not color = 'blue' and vip = true
(color = 'red')
((color) = ('red'))
color IS NOT NULL
missing IS NULL
nothing IS NULL
NOT color IS NULL
sys.ReplyTo IS NULL
EXISTS(color)
EXISTS ( user.color )
exists([HR-EmployeeID])
EXISTS(nothing)
NOT EXISTS(missing)
EXISTS(sys.Label)
NOT EXISTS(sys.ReplyTo)
color IN ('green', 'red')
quantity IN (1, 5 + 5)
color NOT IN ('green', 'blue')
quantity in (10.0)
color LIKE 'r%'
color LIKE '%e%'
color LIKE '_e_'
color LIKE 'red'
color NOT LIKE 'b%'
percent LIKE '100\\%' ESCAPE '\\'
percent LIKE '100!%' ESCAPE '!'
percent NOT LIKE '10!%' ESCAPE '!'
sys.Label LIKE '%bus%'
sys.To IN ('Store5','Store6','Store7') OR StoreId = 'Store8'
sys.MessageId = 'm-1'
sys.messageid = 'm-1'
SYS.SessionId = 's-1'
sys.Subject = sys.Label
sys.ContentType = 'application/json'
sys.[Label] = 'express bus'
sys.SequenceNumber = 5
sys.EnqueuedTimeUtc < when
[HR-EmployeeID] = 7
[Property With Space] = 'x'
[odd]]name] = 1
"quo""ted" = 1
"Contoso & Northwind" = 'partners'
[sys] = 'a property named sys'
quote = 'it''s'
straße = 'Ä'
quantity + 5 = 15
quantity - 5 - 5 = 0
quantity * 2 + 1 = 21
1 + quantity * 2 = 21
(1 + quantity) * 2 = 22
quantity / 3 = 3
quantity / 4.0 = 2.5
quantity % 3 = 1
-quantity = -10
- - quantity = 10
+quantity = 10
-7 / 2 = -3
-7 % 3 = -1
7 % -3 = 1
quantity > -1
color + 's' = 'reds'
color + 1 = 'red1'
big + big < 0
newid() <> guid OR newid() = guid
property('color') = 'red'
p('color') = 'red'
p('sys.Label') = 'express bus'
P('user.' + 'color') = 'red'
property('missing') IS NULL
property(quantity) = 10
property(vip) = TRUE
@limit < quantity
quantity > @limit AND color = @color
when = when
span = span
guid = newid()
missing = 1 OR color = 'red'
NOT (missing = 1 AND color = 'blue')
color = 'red'
  AND
	vip = true
1 = 1
'a' < 'b'
'' = ''
9223372036854775807 > 0
"""
# lines that belong together
TRUE_CASES = (
    TRUE.strip().replace("color = 'red'\n  AND\n\tvip = true", "color = 'red' AND\tvip = true").split("\n")
)


@pytest.mark.parametrize("expression", TRUE_CASES)
def test_true(expression: str) -> None:
    assert value(expression, limit=3, color="red") is True


FALSE_CASES = [
    "color = 'Red'",
    "color = 'blue'",
    "quantity > 10",
    "vip = FALSE",
    "NOT color = 'red'",
    "color IS NULL",
    "missing IS NOT NULL",
    "nothing IS NOT NULL",
    "EXISTS(missing)",
    "EXISTS(sys.ReplyTo)",
    "color IN ('green')",
    "color NOT IN ('red')",
    "color LIKE 'R%'",
    "color LIKE 'e'",
    "color LIKE ''",
    "color NOT LIKE 'r%'",
    "percent LIKE '10!%' ESCAPE '!'",
    "missing = 1 AND color = 'blue'",
    "NOT (missing = 1 OR color = 'red')",
    "1 = 0",
    "color = 'blue' AND missing = 1",
]


@pytest.mark.parametrize("expression", FALSE_CASES)
def test_false(expression: str) -> None:
    assert value(expression) is False


UNKNOWN_CASES = [
    "missing = 1",
    "missing <> 1",
    "NOT missing = 1",
    "nothing = 1",
    "nothing = NULL",
    "NULL = NULL",
    "color = NULL",
    "missing + 1 = 2",
    "1 + missing * 2 > 0",
    "-missing = 1",
    "missing LIKE 'a%'",
    "missing NOT LIKE 'a%'",
    "color LIKE missing",
    "color LIKE 'a' ESCAPE missing",
    "missing IN (1, 2)",
    "missing NOT IN (1, 2)",
    "color NOT IN ('blue', missing)",
    "missing = 1 AND color = 'red'",
    "missing = 1 OR color = 'blue'",
    "missing = 1 AND missing = 2",
    "missing = 1 OR missing = 2",
    "sys.ReplyTo = 'x'",
    "property('missing') = 1",
    "property(missing) = 1",
]


@pytest.mark.parametrize("expression", UNKNOWN_CASES)
def test_unknown_is_neither_true_nor_false(expression: str) -> None:
    assert value(expression) is None
    assert Rule(RuleDescription("r", SqlFilter(expression))).matches(MESSAGE, lambda: ID, 0, 0) is False


EXCEPTION_CASES = [
    "sys.Nonsense = 1",
    "sys.Nonsense IS NULL",
    "EXISTS(sys.Nonsense)",
    "color > 1",
    "color = 1",
    "quantity = '10'",
    "vip > FALSE",
    "vip = 1",
    "guid > guid",
    "color - 1 = 2",
    "vip + 1 = 2",
    "-color = 1",
    "+color = 1",
    "quantity / 0 = 1",
    "quantity % 0 = 1",
    "quantity LIKE '1%'",
    "color LIKE 1",
    "color LIKE 'r' ESCAPE 'ab'",
    "color LIKE 'r!' ESCAPE '!'",
    "quantity IN ('10')",
    "property(1) = 1",
    "property(quantity + 1) = 11",
    "@absent = 1",
]


@pytest.mark.parametrize("expression", EXCEPTION_CASES)
def test_what_cannot_be_evaluated_raises(expression: str) -> None:
    with pytest.raises(FilterException):
        value(expression)


SYNTAX_ERRORS = [
    "",
    "   ",
    "color",
    "'red'",
    "1",
    "TRUE",
    "color =",
    "= 'red'",
    "color = 'red' AND",
    "AND color = 'red'",
    "color = 'red' color = 'blue'",
    "color == 'red'",
    "color = 'red",
    "color = red'",
    "[color = 'red'",
    '"color = 1',
    "[] = 1",
    "color = 'red')",
    "(color = 'red'",
    "color IN ()",
    "color IN 'red'",
    "color IN ('a',)",
    "color IS 'red'",
    "color IS NOT",
    "1 IS NULL",
    "'a' IS NULL",
    "color + 1 IS NULL",
    "color LIKE",
    "color LIKE 'a' ESCAPE",
    "color NOT = 'a'",
    "color NOT 'a'",
    "EXISTS color",
    "EXISTS()",
    "EXISTS('color')",
    "EXISTS(1 + 1)",
    "(color = 1) = TRUE",
    "color = 1 = TRUE",
    "color AND vip = TRUE",
    "NOT color",
    "(color = 1) + 1 = 2",
    "color = (vip = TRUE)",
    "color IN (vip = TRUE)",
    "other.color = 1",
    "sys. = 1",
    "sys.user.color = 1",
    "unknown() = 1",
    "newid(1) = guid",
    "property() = 1",
    "_a = 1",
    "1a = 1",
    "@ = 1",
    "color = #red",
    "color ! 1",
    "color & 1 = 1",
    "color || 'a' = 'b'",
    "select = 1; drop = 2",
    "in = 1",
    "like = 1",
    "null = 1 OR",
    "9223372036854775808 = 1",
    "x" * 1021 + " = 1",
    "(" * 100 + "a = 1" + ")" * 100,
    "NOT " * 100 + "a = 1",
    "- " * 200 + "1 = 1",
    "SET a = 1",
]


@pytest.mark.parametrize("expression", SYNTAX_ERRORS)
def test_syntax_errors_are_refused_when_the_rule_is_made(expression: str) -> None:
    with pytest.raises(FilterError) as caught:
        Rule(RuleDescription("r", SqlFilter(expression)))
    assert caught.value.condition == "com.microsoft:argument-error"
    assert "\n" not in caught.value.description


@pytest.mark.parametrize(
    ("one", "other", "both", "either"),
    [
        ("T", "T", "T", "T"), ("T", "F", "F", "T"), ("T", "U", "U", "T"),
        ("F", "T", "F", "T"), ("F", "F", "F", "F"), ("F", "U", "F", "U"),
        ("U", "T", "U", "T"), ("U", "F", "F", "U"), ("U", "U", "U", "U"),
    ],
)  # fmt: skip
def test_truth_tables(one: str, other: str, both: str, either: str) -> None:
    text = {"T": "1 = 1", "F": "1 = 0", "U": "missing = 1"}
    truth = {"T": True, "F": False, "U": None}
    assert value(f"{text[one]} AND {text[other]}") is truth[both]
    assert value(f"{text[one]} OR {text[other]}") is truth[either]
    assert value(f"NOT {text[one]}") is {"T": False, "F": True, "U": None}[one]


def test_double_arithmetic_is_that_of_ieee() -> None:
    assert value("1.0 / 0 > 9223372036854775807") is True
    assert value("-1.0 / 0 < 0") is True
    assert value("0.0 / 0 = 0.0 / 0") is False
    assert value("5.5 % 2 = 1.5") is True
    assert value("1 % 0.0 = 1") is False
    assert math.isnan(float("nan"))


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="ab%_!\n.*(", max_size=8), st.text(alphabet="ab%_.*(", max_size=6))
def test_like_agrees_with_a_plain_matcher(text: str, pattern: str) -> None:
    def matches(rest: str, wanted: str) -> bool:
        if not wanted:
            return not rest
        if wanted[0] == "%":
            return any(matches(rest[start:], wanted[1:]) for start in range(len(rest) + 1))
        return bool(rest) and wanted[0] in ("_", rest[0]) and matches(rest[1:], wanted[1:])

    assert like(text, pattern, None, False) is matches(text, pattern)


def test_no_like_pattern_can_hold_the_process_up() -> None:
    """Tried one place after the other, these combinations would outlast the universe."""
    assert like("a" * 5000, "%a" * 40 + "%b", None, False) is False
    assert like("ab" * 2500, "%a_%" * 40 + "b%b", None, False) is True


def test_a_moment_without_a_zone_is_one_in_utc() -> None:
    bare = datetime(2026, 1, 2, tzinfo=UTC).replace(tzinfo=None)
    assert value("when = @moment", moment=bare) is True
    assert value("when > @moment", moment=bare - timedelta(seconds=1)) is True
    correlation = Rule(RuleDescription("r", CorrelationFilter(properties={"when": bare})))
    assert correlation.matches(MESSAGE, lambda: ID, 0.0, 0) is True


@pytest.mark.lengthy
@settings(max_examples=500, deadline=None)
@given(st.text(max_size=60) | st.text(alphabet="ab1 ()='<>+-*/%.,@[]\"ANDORTISULKE", max_size=60))
def test_no_text_makes_the_parser_fail_in_another_way(expression: str) -> None:
    try:
        predicate = parse_filter(expression)
    except FilterError:
        return
    with contextlib.suppress(FilterException):
        assert predicate(Scope(MESSAGE, {}, lambda: ID)) in (True, False, None)


ACTIONS: list[tuple[str, Mapping[str, object], Mapping[str, object]]] = [
    ("SET a = 1", {}, {"a": 1}),
    ("set a = 1; set b = 'x'", {}, {"a": 1, "b": "x"}),
    ("SET a = 1, SET b = 2", {}, {"a": 1, "b": 2}),
    ("SET a = 1 SET b = 2", {}, {"a": 1, "b": 2}),
    ("SET a = 1; SET b = a + 1;", {}, {"a": 1, "b": 2}),
    ("SET quantity = quantity / 2", {"quantity": 10}, {"quantity": 5}),
    ("SET QUANTITY = 3", {"quantity": 10}, {"quantity": 3}),
    ("REMOVE priority", {"priority": 1, "b": 2}, {"b": 2}),
    ("REMOVE [Priority]", {"priority": 1}, {}),
    ("REMOVE absent", {"b": 2}, {"b": 2}),
    ("SET user.a = 'x'; REMOVE user.b", {"b": 1}, {"a": "x"}),
    ("SET [a b] = 1.5", {}, {"a b": 1.5}),
    ("SET a = absent", {}, {"a": None}),
    ("SET a = absent + 1", {"a": 1}, {"a": None}),
    ("SET text = 5", {"text": "x"}, {"text": "5"}),
    ("SET number = '5'", {"number": 1}, {"number": 5}),
    ("SET number = 'five'", {"number": 1}, {"number": "five"}),
    ("SET number = 2", {"number": 1.5}, {"number": 2.0}),
    ("SET flag = 'false'", {"flag": True}, {"flag": False}),
    ("SET id = newid()", {}, {"id": ID}),
    ("SET from_label = sys.Label", {}, {"from_label": "express bus"}),
    ("SET a = @given", {}, {"a": "told"}),
    ("SET a = 1E308", {"a": 1}, {"a": 1e308}),  # fits into no whole number
    ("SET a = -(-9223372036854775807 - 1)", {}, {"a": -(2**63)}),  # wraps, as unchecked C# does
    ("SET a = @naive", {}, {"a": datetime(2026, 1, 2, tzinfo=UTC)}),
]


@pytest.mark.parametrize(("action", "before", "after"), ACTIONS)
def test_actions(action: str, before: Mapping[str, object], after: Mapping[str, object]) -> None:
    naive = datetime(2026, 1, 2, tzinfo=UTC).replace(tzinfo=None)
    parameters = {"@given": "told", "@naive": naive}
    rule = Rule(RuleDescription("r", action=SqlAction(action, parameters)))
    content = PlainContent(label="express bus", properties=before)
    result = rule.act(content, lambda: ID, 0.0, 0)
    assert result.application_properties() == {**after, "RuleName": "r"}
    assert content.properties is before  # the original is untouched


def test_actions_set_and_remove_system_properties() -> None:
    rule = Rule(
        RuleDescription(
            "r", action=SqlAction("SET sys.Label = 'new'; SET sys.CorrelationId = 5; REMOVE sys.To")
        )
    )
    result = rule.act(PlainContent(to="there"), lambda: ID, 0.0, 0)
    assert isinstance(result, PlainContent)
    assert (result.label, result.correlation_id, result.to) == ("new", "5", None)


@pytest.mark.parametrize(
    "action",
    ["", "SET", "SET a", "SET a =", "a = 1", "REMOVE", "REMOVE 1", "SET 1 = 1", "SET a = b = c", "SET a = 1 2",
     "DELETE a", "SET a = (b = 1)", "SET other.a = 1", ";", "; ".join(f"SET a{n} = 1" for n in range(33))],
)  # fmt: skip
def test_bad_actions_are_refused(action: str) -> None:
    with pytest.raises(FilterError):
        Rule(RuleDescription("r", action=SqlAction(action)))


@pytest.mark.parametrize(
    "action",
    [
        "SET sys.Nonsense = 1",
        "REMOVE sys.Nonsense",
        "SET a = sys.Nonsense",
        "SET sys.TimeToLive = 'soon'",
        "SET sys.TimeToLive = TRUE",
        "SET sys.TimeToLive = -1",
        "SET sys.TimeToLive = 1E308",
        "SET sys.TimeToLive = 0.0 / 0",
        "SET sys.TimeToLive = newid()",
        "SET sys.ScheduledEnqueueTimeUtc = 5",
        "SET sys.ScheduledEnqueueTimeUtc = 'tomorrow'",
    ],
)
def test_actions_on_system_properties_with_a_name_or_value_they_do_not_have_fail(action: str) -> None:
    with pytest.raises(FilterException):
        Rule(RuleDescription("r", action=SqlAction(action))).act(PlainContent(), lambda: ID, 0.0, 0)


@pytest.mark.parametrize(
    ("wanted", "matches"),
    [
        (CorrelationFilter(), True),
        (CorrelationFilter(label="express bus"), True),
        (CorrelationFilter(label="Express bus"), False),
        (CorrelationFilter(label="express bus", to="Store5"), True),
        (CorrelationFilter(label="express bus", to="Store6"), False),
        (CorrelationFilter(message_id="m-1", session_id="s-1", content_type="application/json"), True),
        (CorrelationFilter(reply_to="x"), False),
        (CorrelationFilter(properties={"color": "red"}), True),
        (CorrelationFilter(properties={"color": "red", "Quantity": 10}), True),
        (CorrelationFilter(properties={"Quantity": 10.0}), True),
        (CorrelationFilter(properties={"Quantity": "10"}), False),
        (CorrelationFilter(properties={"vip": True}), True),
        (CorrelationFilter(properties={"vip": 1}), False),
        (CorrelationFilter(properties={"missing": None}), False),
        (CorrelationFilter(label="express bus", properties={"color": "blue"}), False),
    ],
)
def test_correlation(wanted: CorrelationFilter, matches: bool) -> None:
    assert Rule(RuleDescription("r", wanted)).matches(MESSAGE, lambda: ID, 0.0, 0) is matches


@pytest.mark.parametrize(
    "rule",
    [
        RuleDescription("r", CorrelationFilter(properties={"a": 2**63})),
        RuleDescription("r", SqlFilter("a = @p", {"@p": -(2**63) - 1})),
        RuleDescription("r", action=SqlAction("SET a = @p", {"@p": 2**63})),
    ],
)
def test_a_number_that_no_message_can_hold_is_refused_when_the_rule_is_made(rule: RuleDescription) -> None:
    with pytest.raises(ArgumentError, match="does not fit into 64 bits"):
        Rule(rule)


def test_a_rule_needs_a_name() -> None:
    with pytest.raises(ArgumentError):
        Rule(RuleDescription(""))
    with pytest.raises(ArgumentError):
        Rule(RuleDescription("x" * 51))
