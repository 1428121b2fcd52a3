"""A subscription's rule, ready to run: does it match a message, and what does its action make of the copy."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import cast
from uuid import UUID

from servicebus_emulator.broker.description import (
    FOREVER_S,
    MAX_RULE_NAME_CHARACTERS,
    CorrelationFilter,
    FalseFilter,
    RuleDescription,
    SqlFilter,
    TrueFilter,
    check_name,
)
from servicebus_emulator.broker.errors import ArgumentError
from servicebus_emulator.broker.message import SYSTEM_PROPERTIES, Content
from servicebus_emulator.broker.sql_parser import Assignment, parse_action, parse_filter
from servicebus_emulator.broker.sql_scope import Scope
from servicebus_emulator.broker.sql_value import (
    MAX_LONG,
    MIN_LONG,
    FilterException,
    Value,
    as_text,
    converted,
    is_number,
    same_value,
)
from servicebus_emulator.broker.typed_value import plain_values

RULE_NAME_PROPERTY = "RuleName"  # on copies made by a rule with an action (topic-filters)
# CorrelationFilter field -> system property.
_CORRELATED = {
    "correlation_id": "correlationid",
    "message_id": "messageid",
    "to": "to",
    "reply_to": "replyto",
    "label": "label",
    "session_id": "sessionid",
    "reply_to_session_id": "replytosessionid",
    "content_type": "contenttype",
}


class Rule:
    """A compiled RuleDescription. Building one raises FilterError (bad SQL), ArgumentError (bad name or number)."""

    __slots__ = ("_action_parameters", "_matches", "_parameters", "_statements", "always", "description")

    def __init__(self, description: RuleDescription) -> None:
        check_name(description.name, MAX_RULE_NAME_CHARACTERS)
        _check_numbers(description)
        self.description = description
        self.always = isinstance(description.filter, TrueFilter)
        rule_filter, action = description.filter, description.action
        self._parameters = plain_values(rule_filter.parameters) if isinstance(rule_filter, SqlFilter) else {}
        self._action_parameters = plain_values(action.parameters) if action is not None else {}
        self._matches = _compile(description)
        self._statements = parse_action(description.action.expression) if description.action else []

    @property
    def has_action(self) -> bool:
        return self.description.action is not None

    def matches(
        self, content: Content, new_id: Callable[[], UUID], enqueued_s: float, sequence_number: int
    ) -> bool:
        """Whether the filter is true (not false, not unknown). Raises FilterException."""
        if self.always:
            return True
        return self._matches(Scope(content, self._parameters, new_id, enqueued_s, sequence_number))

    def act(
        self, content: Content, new_id: Callable[[], UUID], enqueued_s: float, sequence_number: int
    ) -> Content:
        """The copy after the action, with the rule's name on it. Raises FilterException."""
        action = self.description.action
        if action is None:
            return content
        for statement in self._statements:
            scope = Scope(content, self._action_parameters, new_id, enqueued_s, sequence_number)
            if isinstance(statement, Assignment):
                content = _set(content, scope, statement)
            elif statement.scope == "sys":
                content = content.with_system_properties({_settable(statement.name): None})
            else:
                key = scope.key(statement.name)
                if key is not None:
                    properties = dict(content.application_properties())
                    del properties[key]
                    content = content.with_application_properties(properties)
        return content.with_application_properties(
            {**content.application_properties(), RULE_NAME_PROPERTY: self.description.name}
        )


def _check_numbers(description: RuleDescription) -> None:
    """Numbers of a rule are longs: a larger one could be put into no message."""
    rule_filter, action = description.filter, description.action
    given = [
        rule_filter.parameters if isinstance(rule_filter, SqlFilter) else {},
        rule_filter.properties if isinstance(rule_filter, CorrelationFilter) else {},
        action.parameters if action is not None else {},
    ]
    for name, value in (item for values in given for item in plain_values(values).items()):
        if isinstance(value, int) and not MIN_LONG <= value <= MAX_LONG:
            raise ArgumentError(
                f"Rule '{description.name}': the value {value} of '{name}' does not fit into 64 bits."
            )


def _compile(description: RuleDescription) -> Callable[[Scope], bool]:
    rule_filter = description.filter
    if isinstance(rule_filter, SqlFilter):
        predicate = parse_filter(rule_filter.expression)
        return lambda scope: predicate(scope) is True
    if isinstance(rule_filter, CorrelationFilter):
        return _correlation(rule_filter)
    return lambda scope: not isinstance(rule_filter, FalseFilter)


def _correlation(wanted: CorrelationFilter) -> Callable[[Scope], bool]:
    system = [
        (name, getattr(wanted, field))
        for field, name in _CORRELATED.items()
        if getattr(wanted, field) is not None
    ]
    user = list(plain_values(wanted.properties).items())

    def matches(scope: Scope) -> bool:
        content = scope.content
        for name, value in system:
            if not same_value(content.system_property(name), value):
                return False
        return all(same_value(scope.value("user", key), value) for key, value in user)

    return matches


def _set(content: Content, scope: Scope, statement: Assignment) -> Content:
    value = statement.value(scope)
    if statement.scope == "sys":
        name = _settable(statement.name)
        return content.with_system_properties({name: _fitting(name, value)})
    properties = dict(content.application_properties())
    key = scope.key(statement.name)
    if key is None:
        properties[statement.name] = value
    else:
        properties[key] = converted(value, properties[key])
    return content.with_application_properties(properties)


def _fitting(name: str, value: Value) -> Value:
    """A value in the type of the system property it is for; seconds for the time to live. Raises FilterException."""
    if value is None:
        return None
    if name == "timetolive":
        seconds = value.total_seconds() if isinstance(value, timedelta) else value
        if is_number(seconds) and 0 <= cast(float, seconds) <= FOREVER_S:
            return seconds
    elif name == "scheduledenqueuetimeutc":
        if isinstance(value, datetime):
            return value
    else:
        return as_text(value)
    raise FilterException(f"The system property '{name}' cannot be set to '{as_text(value)[:60]}'.")


def _settable(name: str) -> str:
    lowered = name.lower()
    if lowered not in SYSTEM_PROPERTIES:
        raise FilterException(f"The system property '{name}' does not exist or cannot be set.")
    return lowered
