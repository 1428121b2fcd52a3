"""A subscription: a queue that a topic fills through rules."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from servicebus_emulator.broker import dead_letter as dead
from servicebus_emulator.broker.description import (
    CorrelationFilter,
    Description,
    RuleDescription,
    SqlFilter,
    SubscriptionDescription,
)
from servicebus_emulator.broker.errors import EntityAlreadyExists, NotAllowed, QuotaExceeded, RuleNotFound
from servicebus_emulator.broker.message import Content
from servicebus_emulator.broker.queue import Queue
from servicebus_emulator.broker.rule import Rule
from servicebus_emulator.broker.sql_value import FilterException

if TYPE_CHECKING:
    from collections.abc import Sequence

    from servicebus_emulator.broker.namespace import Namespace
    from servicebus_emulator.broker.topic import Topic


class Subscription(Queue):
    """A topic's subscription."""

    __slots__ = ("_rules", "name", "topic")
    description: SubscriptionDescription

    def __init__(
        self,
        namespace: Namespace,
        store_id: int,
        path: str,
        description: SubscriptionDescription,
        now_s: float,
        topic: Topic,
    ) -> None:
        super().__init__(namespace, store_id, path, description, now_s)
        self.topic = topic
        self.name = description.name
        self._rules: dict[str, Rule] = {}  # by lower-case name

    @property
    def topic_name(self) -> str:
        return self.topic.path

    # -- rules
    def rules(self) -> list[RuleDescription]:
        """In name order, as every list of the service."""
        return [rule.description for _, rule in sorted(self._rules.items())]

    def rule(self, name: str) -> RuleDescription:
        """Raises RuleNotFound."""
        return self._find_rule(name).description

    def add_rule(self, rule: RuleDescription, now_s: float) -> RuleDescription:
        """Raises EntityAlreadyExists, FilterError (does not parse), QuotaExceeded. Returns it with `created_s`."""
        self.begin(now_s)
        if rule.name.lower() in self._rules:
            raise EntityAlreadyExists(f"'{self.path}' has a rule named '{rule.name}' already.")
        self._check_rule_quota(rule)
        return self._put_rule(rule, now_s)

    def replace_rule(self, rule: RuleDescription, now_s: float) -> RuleDescription:
        """Raises RuleNotFound, FilterError."""
        self.begin(now_s)
        before = self._find_rule(rule.name).description
        return self._put_rule(replace(rule, name=before.name, created_s=before.created_s), now_s)

    def remove_rule(self, name: str, now_s: float) -> None:
        """Raises RuleNotFound. With no rule left the subscription gets no messages."""
        self.begin(now_s)
        rule = self._find_rule(name)
        del self._rules[name.lower()]
        self.namespace.journal.rule_removed(self.store_id, rule.description.name)

    def restore_rule(self, rule: RuleDescription) -> None:
        """Put back a stored rule as it was."""
        self._rules[rule.name.lower()] = Rule(rule)

    def _put_rule(self, rule: RuleDescription, now_s: float) -> RuleDescription:
        if not rule.created_s:
            rule = replace(rule, created_s=now_s)
        self._rules[rule.name.lower()] = Rule(rule)
        self.namespace.journal.rule_changed(self.store_id, rule)
        return rule

    def _find_rule(self, name: str) -> Rule:
        rule = self._rules.get(name.lower())
        if rule is None:
            # the JavaScript SDK tells a missing entity from other troubles by these words
            raise RuleNotFound(
                f"The messaging entity '{self.path}/Rules/{name}' could not be found: "
                f"'{self.path}' has no rule named '{name}'."
            )
        return rule

    def _check_rule_quota(self, rule: RuleDescription) -> None:
        limits = self.namespace.limits
        for kind, maximum in (
            (SqlFilter, limits.max_sql_filters_per_topic),
            (CorrelationFilter, limits.max_correlation_filters_per_topic),
        ):
            if maximum is None or not isinstance(rule.filter, kind):
                continue
            present = sum(
                isinstance(other.filter, kind)
                for subscription in self.topic.subscriptions.values()
                for other in subscription.rules()
            )
            if present >= maximum:
                raise QuotaExceeded(
                    f"Topic '{self.topic.path}' has {present} filters of kind {kind.__name__}, as many as allowed."
                )

    # -- messages
    def offer(
        self, content: Content, now_s: float, hops: int, enqueued_number: int, source: str | None
    ) -> None:
        """Take the copies the rules make of a topic's message: one if any rule without action matches, and one more
        for every matching rule with an action (topic-filters)."""
        namespace = self.namespace
        copies: list[Content] = []
        plain = failed = False
        for rule in self._rules.values():
            if plain and not rule.has_action:
                continue
            try:
                if not rule.matches(content, namespace.new_id, now_s, enqueued_number):
                    continue
                if rule.has_action:
                    copies.append(rule.act(content, namespace.new_id, now_s, enqueued_number))
                else:
                    plain = True
            except FilterException as failure:
                if self.description.dead_lettering_on_filter_evaluation_exceptions and not failed:
                    failed = True
                    number = self.next_sequence_number()
                    dead.bury(
                        self,
                        content,
                        number,
                        now_s,
                        now_s,
                        enqueued_number,
                        hops,
                        failure.type_name,
                        str(failure),
                    )
        if plain:
            copies.insert(0, content)
        for copy in copies:
            self.arrive(copy, self.next_sequence_number(), now_s, hops, enqueued_number, source)
        if copies:
            self.serve(now_s)

    def check_send(self, contents: Sequence[Content]) -> None:
        raise NotAllowed(f"'{self.path}' is a subscription: send to its topic '{self.topic.path}'.")

    def apply_description(self, description: Description, now_s: float) -> None:
        super().apply_description(description, now_s)
        self.cap_time_to_live()

    def cap_time_to_live(self) -> None:
        """The topic's time to live wins when it is the smaller one (message-expiration)."""
        self.ttl_cap_s = min(
            self.description.default_message_time_to_live_s,
            self.topic.description.default_message_time_to_live_s,
            self.namespace.limits.max_time_to_live_s,
        )
