"""Rules of access keep their times: when they were made, and when they last became another."""

from __future__ import annotations

from dataclasses import replace

import pytest

from servicebus_emulator.broker.description import (
    AccessRight,
    AuthorizationRule,
    QueueDescription,
    TopicDescription,
)
from servicebus_emulator.broker.namespace import Namespace

LISTEN = AuthorizationRule("reader", "key", "other", frozenset({AccessRight.LISTEN}))
SEND = AuthorizationRule("writer", "key", "other", frozenset({AccessRight.SEND}))


@pytest.mark.parametrize("kind", [QueueDescription, TopicDescription])
def test_an_update_changes_the_times_of_what_is_new_or_another_alone(
    kind: type[QueueDescription] | type[TopicDescription],
) -> None:
    namespace = Namespace("n")
    queue = kind is QueueDescription
    made = kind("e", authorization_rules=(LISTEN,))
    (namespace.create_queue if queue else namespace.create_topic)(made, 100.0)  # type: ignore[operator]

    def updated(now_s: float, *rules: AuthorizationRule) -> list[tuple[str, float, float]]:
        wanted = kind("e", authorization_rules=rules)
        update = namespace.update_queue if queue else namespace.update_topic
        found = update(wanted, now_s).description.authorization_rules  # type: ignore[operator]
        return [(rule.key_name, rule.created_s, rule.modified_s) for rule in found]

    assert updated(200.0, LISTEN) == [("reader", 100.0, 100.0)]
    assert updated(300.0, SEND, LISTEN) == [("writer", 300.0, 300.0), ("reader", 100.0, 100.0)]
    renewed = replace(LISTEN, primary_key="another")
    assert updated(400.0, SEND, renewed) == [("writer", 300.0, 300.0), ("reader", 100.0, 400.0)]
    assert updated(500.0, renewed) == [("reader", 100.0, 400.0)]
    assert updated(600.0, renewed, SEND) == [("reader", 100.0, 400.0), ("writer", 600.0, 600.0)]
