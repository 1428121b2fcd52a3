"""The entities to start with: Microsoft's config.json, read strictly, every problem told at once.

The form is that of the official emulator's Config-schema.json; comments and trailing commas are allowed.
Beyond it: several namespaces under any names, every setting of the administration,
``AuthorizationRules`` of namespaces, queues and topics, and ``Logging`` may be left out.
What is left out of an entity has the cloud's default, with the official emulator's limits its defaults.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from servicebus_emulator.admin import description_xml, duration
from servicebus_emulator.broker.description import (
    AccessRight,
    AuthorizationRule,
    CorrelationFilter,
    FalseFilter,
    Filter,
    QueueDescription,
    RuleDescription,
    SqlAction,
    SqlFilter,
    SubscriptionDescription,
    TopicDescription,
    TrueFilter,
    check_access_rules,
    figure,
)
from servicebus_emulator.broker.errors import ArgumentError
from servicebus_emulator.broker.limits import OFFICIAL_EMULATOR, UNLIMITED, Limits
from servicebus_emulator.broker.namespace import Namespace
from servicebus_emulator.config import jsonc
from servicebus_emulator.config.apply import (
    ConfiguredEntity,
    ConfiguredNamespace,
    ConfiguredRule,
    ConfiguredSubscription,
    apply,
)
from servicebus_emulator.sas import AccessRule, Right

LOGGING_TYPES = ("File", "Console", "File,Console", "Console,File")
_FILTER_TYPES = {
    "correlation": "Correlation",
    "correlationfilter": "Correlation",
    "sql": "Sql",
    "sqlfilter": "Sql",
    "true": "True",
    "truefilter": "True",
    "false": "False",
    "falsefilter": "False",
}
_CORRELATION = {
    "ContentType": "content_type",
    "CorrelationId": "correlation_id",
    "Label": "label",
    "MessageId": "message_id",
    "ReplyTo": "reply_to",
    "ReplyToSessionId": "reply_to_session_id",
    "SessionId": "session_id",
    "To": "to",
}
_OFFICIAL_DEFAULTS: Mapping[str, object] = {
    "default_message_time_to_live_s": 3600.0,
    "duplicate_detection_history_time_window_s": 20.0,
    "max_delivery_count": 3,
}


class ConfigError(Exception):
    """The configuration is refused. ``problems`` has a line for each, each with its JSON path."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


def read(text: str, limits: Limits = UNLIMITED) -> tuple[ConfiguredNamespace, ...]:
    """The configured namespaces. Raises ConfigError with every problem found."""
    try:
        value = jsonc.loads(text)
    except jsonc.JsonError as error:
        raise ConfigError([f"$: no JSON: {error}"]) from None
    reader = _Reader(limits)
    found = reader.root(value)
    if not reader.problems:
        # What only the broker knows (names, forwarding, expressions, quotas) is tried on one that is thrown away.
        for configured in found:
            reader.problems += apply(configured, Namespace(configured.name, limits=limits), 0.0)
    if reader.problems:
        raise ConfigError(reader.problems)
    return found


@dataclass(slots=True)
class _Reader:
    """Walks the value; each problem is noted with its path and the walk goes on."""

    limits: Limits
    problems: list[str]

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.problems = []

    # -- the frame

    def root(self, value: object) -> tuple[ConfiguredNamespace, ...]:
        top = self.fields(value, "$", ("UserConfig", "$schema"), required=("UserConfig",))
        user = self.fields(top.get("UserConfig", {}), "$.UserConfig", ("Namespaces", "Logging"))
        if top and "Namespaces" not in user:
            self.wrong("$.UserConfig", "'Namespaces' is missing")
        if "Logging" in user:
            self.logging(user["Logging"], "$.UserConfig.Logging")
        elif self.limits is OFFICIAL_EMULATOR:
            self.wrong("$.UserConfig", "'Logging' is missing; the official emulator requires it")
        path = "$.UserConfig.Namespaces"
        items = self.items(user.get("Namespaces", []), path)
        if not items and "Namespaces" in user:
            self.wrong(path, "at least one namespace is needed")
        if self.limits is OFFICIAL_EMULATOR and len(items) > 1:
            self.wrong(path, f"{len(items)} namespaces; the official emulator has exactly 1")
        found = tuple(self.namespace(item, f"{path}[{at}]") for at, item in enumerate(items))
        self.unique([(space.name, f"{space.path}.Name") for space in found], "namespace")
        return found

    def logging(self, value: object, path: str) -> None:
        kind = self.fields(value, path, ("Type",)).get("Type", "File")
        if kind not in LOGGING_TYPES:
            self.wrong(f"{path}.Type", f"{_shown(kind)}; allowed are {', '.join(LOGGING_TYPES)}")

    def namespace(self, value: object, path: str) -> ConfiguredNamespace:
        fields = self.fields(
            value, path, ("Name", "Queues", "Topics", "AuthorizationRules"), required=("Name",)
        )
        name = self.text(fields.get("Name", "x"), f"{path}.Name")
        if name and not name.replace("-", "").isalnum():
            self.wrong(f"{path}.Name", f"'{name}' may hold only letters, digits and '-'")
        rules = self.rules_of_access(fields.get("AuthorizationRules", []), f"{path}.AuthorizationRules")
        return ConfiguredNamespace(
            name=name,
            path=path,
            queues=tuple(
                self.entity(item, f"{path}.Queues[{at}]", QueueDescription("x"))
                for at, item in enumerate(self.items(fields.get("Queues", []), f"{path}.Queues"))
            ),
            topics=tuple(
                self.entity(item, f"{path}.Topics[{at}]", TopicDescription("x"))
                for at, item in enumerate(self.items(fields.get("Topics", []), f"{path}.Topics"))
            ),
            access_rules=tuple(
                AccessRule(
                    rule.key_name,
                    rule.primary_key,
                    frozenset(Right(right.value) for right in rule.rights),
                    rule.secondary_key,
                )
                for rule in rules
            ),
        )

    # -- entities

    def entity(
        self, value: object, path: str, blank: QueueDescription | TopicDescription
    ) -> ConfiguredEntity:
        names = ["Name", "Properties", "AuthorizationRules"]
        if isinstance(blank, TopicDescription):
            names.append("Subscriptions")
        fields = self.fields(value, path, names, required=("Name",))
        changes = self.settings(fields.get("Properties", {}), f"{path}.Properties", blank)
        changes["name"] = self.text(fields.get("Name", "x"), f"{path}.Name")
        if str(changes["name"]).startswith("$"):
            self.wrong(
                f"{path}.Name", f"'{changes['name']}' begins with '$', which is kept for the service itself"
            )
        changes["authorization_rules"] = self.rules_of_access(
            fields.get("AuthorizationRules", []), f"{path}.AuthorizationRules"
        )
        subscriptions = tuple(
            self.subscription(item, f"{path}.Subscriptions[{at}]")
            for at, item in enumerate(self.items(fields.get("Subscriptions", []), f"{path}.Subscriptions"))
        )
        return ConfiguredEntity(replace(blank, **changes), path, subscriptions)  # type: ignore[arg-type]

    def subscription(self, value: object, path: str) -> ConfiguredSubscription:
        fields = self.fields(value, path, ("Name", "Properties", "Rules"), required=("Name",))
        blank = SubscriptionDescription("x")
        changes = self.settings(fields.get("Properties", {}), f"{path}.Properties", blank)
        changes["name"] = self.text(fields.get("Name", "x"), f"{path}.Name")
        rules = tuple(
            self.rule(item, f"{path}.Rules[{at}]")
            for at, item in enumerate(self.items(fields.get("Rules", []), f"{path}.Rules"))
        )
        return ConfiguredSubscription(replace(blank, **changes), path, rules)  # type: ignore[arg-type]

    def settings(self, value: object, path: str, blank: description_xml.Settable) -> dict[str, object]:
        _, table = description_xml.table_of(blank)
        known = {item.name: item for item in table if isinstance(item, description_xml.Setting)}
        forwards = {
            name: field for name, field in description_xml.FORWARD_FIELDS.items() if hasattr(blank, field)
        }
        given = self.fields(value, path, (*known, *forwards))
        found: dict[str, object] = {}
        if self.limits is OFFICIAL_EMULATOR:
            found = {name: default for name, default in _OFFICIAL_DEFAULTS.items() if hasattr(blank, name)}
        for name, raw in given.items():
            where = f"{path}.{name}"
            if name in forwards:
                found[forwards[name]] = (
                    description_xml.destination_of(self.text(raw, where, empty=True)) or None
                )
            elif name in known:
                self.setting(known[name], raw, where, found)
        return found

    def setting(
        self, setting: description_xml.Setting, raw: object, where: str, found: dict[str, object]
    ) -> None:
        expected, fits = _EXPECTED[setting.kind]
        if not fits(raw):
            self.wrong(where, f"{_shown(raw)} is no {expected}")
            return
        try:
            value = (
                raw
                if setting.kind in (description_xml.BOOL, description_xml.INT)
                else setting.kind.read(str(raw))
            )
        except ValueError as error:
            self.wrong(where, str(error))
            return
        allowed = self.limits.ranges.get(setting.field)
        if allowed is not None and isinstance(value, int | float) and not allowed.allows(value):
            span = ""
            if setting.kind is description_xml.DURATION:
                span = f" ({duration.write(allowed.minimum)} to {duration.write(allowed.maximum)})"
            self.wrong(where, f"{_shown(raw)} is out of range; allowed is {allowed}{span}")
            return
        found[setting.field] = value

    def rules_of_access(self, value: object, path: str) -> tuple[AuthorizationRule, ...]:
        found = []
        for at, item in enumerate(self.items(value, path)):
            where = f"{path}[{at}]"
            fields = self.fields(
                item,
                where,
                ("Name", "Rights", "PrimaryKey", "SecondaryKey"),
                required=("Name", "Rights", "PrimaryKey"),
            )
            rights = set()
            for index, word in enumerate(self.items(fields.get("Rights", []), f"{where}.Rights")):
                try:
                    rights.add(AccessRight(word))
                except ValueError:
                    allowed = ", ".join(right.value for right in AccessRight)
                    self.wrong(f"{where}.Rights[{index}]", f"{_shown(word)}; allowed are {allowed}")
            found.append(
                AuthorizationRule(
                    self.text(fields.get("Name", "x"), f"{where}.Name"),
                    self.text(fields.get("PrimaryKey", "x"), f"{where}.PrimaryKey"),
                    self.text(fields.get("SecondaryKey", ""), f"{where}.SecondaryKey", empty=True),
                    frozenset(rights),
                )
            )
        self.unique([(rule.key_name, f"{path}[{at}].Name") for at, rule in enumerate(found)], "rule")
        if not self.problems:
            try:
                check_access_rules(found)  # those of a namespace do not come to the broker
            except ArgumentError as error:
                self.wrong(path, str(error))
        return tuple(found)

    # -- rules of subscriptions

    def rule(self, value: object, path: str) -> ConfiguredRule:
        fields = self.fields(value, path, ("Name", "Properties"), required=("Name", "Properties"))
        name = self.text(fields.get("Name", "x"), f"{path}.Name")
        where = f"{path}.Properties"
        given = self.fields(
            fields.get("Properties", {}), where, ("FilterType", "CorrelationFilter", "SqlFilter", "Action")
        )
        return ConfiguredRule(
            RuleDescription(name, self.filter(given, where), self.action(given, f"{where}.Action")), path
        )

    def filter(self, given: Mapping[str, object], path: str) -> Filter:
        raw = given.get("FilterType")
        if raw is None:
            present = [name for name in ("CorrelationFilter", "SqlFilter") if name in given]
            if len(present) != 1:
                self.wrong(path, "'FilterType' is missing; allowed are Correlation and Sql")
                return TrueFilter()
            raw = present[0]
        kind = _FILTER_TYPES.get(str(raw).lower())
        if kind is None:
            self.wrong(
                f"{path}.FilterType",
                f"{_shown(raw)} is not known; allowed are Correlation, Sql, True and False. The rule is not dropped "
                "silently: without it the subscription would take everything",
            )
            return TrueFilter()
        other = {"Correlation": "SqlFilter", "Sql": "CorrelationFilter"}.get(kind, "")
        if other in given:
            self.wrong(f"{path}.{other}", f"does not fit to FilterType {_shown(raw)}")
        if kind == "Sql":
            where = f"{path}.SqlFilter"
            fields = self.fields(
                given.get("SqlFilter", {}), where, ("SqlExpression",), required=("SqlExpression",)
            )
            return SqlFilter(self.text(fields.get("SqlExpression", "x"), f"{where}.SqlExpression"))
        if kind == "Correlation":
            return self.correlation(given.get("CorrelationFilter", {}), f"{path}.CorrelationFilter")
        return TrueFilter() if kind == "True" else FalseFilter()

    def correlation(self, value: object, path: str) -> CorrelationFilter:
        given = self.fields(value, path, (*_CORRELATION, "Properties"))
        found = {
            _CORRELATION[name]: self.text(raw, f"{path}.{name}")
            for name, raw in given.items()
            if name in _CORRELATION
        }
        properties = self.fields(given.get("Properties", {}), f"{path}.Properties", None)
        for name, raw in properties.items():
            if not isinstance(raw, str | int | float | bool):
                self.wrong(
                    f"{path}.Properties.{name}", f"{_shown(raw)} is neither text, number, true nor false"
                )
        if not found and not properties and not self.problems:
            self.wrong(path, "names no property to compare; at least one is needed")
        return CorrelationFilter(**found, properties=properties)

    def action(self, given: Mapping[str, object], path: str) -> SqlAction | None:
        if "Action" not in given or given["Action"] is None:
            return None
        fields = self.fields(given["Action"], path, ("SqlExpression",), required=("SqlExpression",))
        return SqlAction(self.text(fields.get("SqlExpression", "x"), f"{path}.SqlExpression"))

    # -- values

    def wrong(self, path: str, what: str) -> None:
        self.problems.append(f"{path}: {what}")

    def fields(
        self, value: object, path: str, known: Iterable[str] | None, required: Sequence[str] = ()
    ) -> dict[str, object]:
        if not isinstance(value, dict):
            self.wrong(path, f"{_shown(value)} is no object")
            return {}
        for name in required:
            if name not in value:
                self.wrong(path, f"'{name}' is missing")
        if known is None:
            return value
        names = list(known)
        for name in value:
            if name not in names:
                near = difflib.get_close_matches(name, names, 1)
                hint = f"did you mean '{near[0]}'?" if near else f"known are {', '.join(names)}"
                self.wrong(f"{path}.{name}", f"is not known here; {hint}")
        return {name: item for name, item in value.items() if name in names}

    def items(self, value: object, path: str) -> list[object]:
        if isinstance(value, list):
            return value
        self.wrong(path, f"{_shown(value)} is no list")
        return []

    def text(self, value: object, path: str, *, empty: bool = False) -> str:
        if isinstance(value, str) and (value or empty):
            return value
        self.wrong(path, f"{_shown(value)} is no text" if value != "" else "is empty")
        return "x"

    def unique(self, named: Sequence[tuple[str, str]], what: str) -> None:
        seen: set[str] = set()
        for name, path in named:
            if name.lower() in seen:
                self.wrong(path, f"'{name}' names a {what} twice (names do not differ by case)")
            seen.add(name.lower())


_EXPECTED: Mapping[description_xml.Kind, tuple[str, Callable[[object], bool]]] = {
    description_xml.BOOL: ("true or false", lambda raw: isinstance(raw, bool)),
    description_xml.INT: ("whole number", lambda raw: isinstance(raw, int) and not isinstance(raw, bool)),
    description_xml.DURATION: ('ISO 8601 duration such as "PT1M"', lambda raw: isinstance(raw, str)),
    description_xml.STATUS: ("text", lambda raw: isinstance(raw, str)),
    description_xml.TEXT: ("text", lambda raw: isinstance(raw, str)),
}


def _shown(value: object) -> str:
    """A value in an error text, not longer than a glance."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    text = (
        {True: "true", False: "false", None: "null"}.get(value)
        if value is None or isinstance(value, bool)
        else None
    )
    if isinstance(value, int | float) and not isinstance(value, bool):
        text = figure(value)
    text = text or (f"'{value}'" if isinstance(value, str) else str(value))
    return text if len(text) <= 60 else text[:57] + "..."
