"""Random rules and messages: each subscription holds exactly what its rules say, in the order of sending."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from servicebus_emulator.broker.description import (
    CorrelationFilter,
    FalseFilter,
    Filter,
    RuleDescription,
    SqlAction,
    SqlFilter,
    SubscriptionDescription,
    TopicDescription,
    TrueFilter,
)
from servicebus_emulator.broker.namespace import Namespace

from ..plain_content import PlainContent

Properties = Mapping[str, object]
# A filter, and the same in Python: True, False, or None where a property is missing.
FILTERS: list[tuple[Filter, Callable[[Properties], bool | None]]] = [
    (TrueFilter(), lambda p: True),
    (FalseFilter(), lambda p: False),
    (CorrelationFilter(properties={"color": "red"}), lambda p: p.get("color") == "red"),
    (SqlFilter("color = 'red'"), lambda p: p["color"] == "red" if "color" in p else None),
    (SqlFilter("NOT color = 'red'"), lambda p: p["color"] != "red" if "color" in p else None),
    (SqlFilter("size > 5 OR color IS NULL"), lambda p: "color" not in p or ("size" in p and p["size"] > 5)),  # type: ignore[operator]
    (SqlFilter("size IN (1, 7) AND EXISTS(color)"), lambda p: p.get("size") in (1, 7) and "color" in p),
    (
        SqlFilter("color LIKE '%e%' AND size % 2 = 0"),
        lambda p: "e" in str(p.get("color", "")) and p.get("size", 1) % 2 == 0,
    ),  # type: ignore[operator]
]
ACTION = SqlAction("SET size = size + 1; REMOVE color")


def acted(properties: Properties, name: str) -> Properties:
    changed = {key: value for key, value in properties.items() if key != "color"}
    changed["size"] = properties["size"] + 1 if "size" in properties else None  # type: ignore[operator]
    return {**changed, "RuleName": name}


class TopicMachine(RuleBasedStateMachine):
    """Two subscriptions, each with its own rules, against lists filled by plain Python."""

    @initialize()
    def start(self) -> None:
        self.namespace = Namespace("test")
        self.topic = self.namespace.create_topic(TopicDescription("t"), 0.0)
        self.names = ("one", "two")
        for name in self.names:
            self.namespace.create_subscription("t", SubscriptionDescription(name), 0.0, rules=[])
        self.rules: dict[str, dict[str, tuple[int, bool]]] = {name: {} for name in self.names}
        self.wanted: dict[str, list[tuple[str, Properties]]] = {name: [] for name in self.names}
        self.made = 0

    @rule(which=st.sampled_from([0, 1]), chosen=st.integers(0, len(FILTERS) - 1), acts=st.booleans())
    def add_rule(self, which: int, chosen: int, acts: bool) -> None:
        self.made += 1
        name = f"r{self.made}"
        description = RuleDescription(name, FILTERS[chosen][0], ACTION if acts else None)
        self.namespace.subscription("t", self.names[which]).add_rule(description, 0.0)
        self.rules[self.names[which]][name] = (chosen, acts)

    @rule(which=st.sampled_from([0, 1]), index=st.integers(0, 99))
    def remove_rule(self, which: int, index: int) -> None:
        rules = self.rules[self.names[which]]
        if rules:
            name = sorted(rules)[index % len(rules)]
            self.namespace.subscription("t", self.names[which]).remove_rule(name.upper(), 0.0)
            del rules[name]

    @rule(
        properties=st.fixed_dictionaries(
            {}, optional={"color": st.sampled_from(["red", "blue", "green"]), "size": st.integers(0, 8)}
        )
    )
    def send(self, properties: Properties) -> None:
        self.made += 1
        body = str(self.made)
        self.topic.send([PlainContent(body, properties=properties)], 0.0)
        for name in self.names:
            rules = self.rules[name].items()
            if any(FILTERS[chosen][1](properties) for _, (chosen, acts) in rules if not acts):
                self.wanted[name].append((body, properties))
            for rule_name, (chosen, acts) in rules:
                if acts and FILTERS[chosen][1](properties):
                    self.wanted[name].append((body, acted(properties, rule_name)))

    @invariant()
    def subscriptions_hold_what_their_rules_say(self) -> None:
        for name in getattr(self, "names", ()):
            messages = self.namespace.subscription("t", name).peek(0, 10_000, 0.0)
            got = [(message.content.body, message.content.application_properties()) for message in messages]  # type: ignore[attr-defined]
            assert got == self.wanted[name]
            assert [message.sequence_number for message in messages] == list(range(1, len(messages) + 1))


TestTopicAgainstPlainLists = pytest.mark.lengthy(TopicMachine.TestCase)
TestTopicAgainstPlainLists.settings = settings(
    max_examples=60,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
