"""What is told of RabbitMQ's events: where each message is, and only what the events prove."""

from typing import Any

import pytest

from mqcourse.replay.bindings import fits
from mqcourse.replay.scene import Story
from tests.replay.told import told

QUEUE = {"queue": "t.tasks.0a1b2c"}


def declared(**arguments: object) -> tuple[str, str, dict[str, Any]]:
    return "shop", "declared", QUEUE | {"ready": 0, "consumers": 0, "arguments": arguments}


def published(
    message: str, key: str = "t.tasks.0a1b2c", exchange: str = ""
) -> tuple[str, str, dict[str, Any]]:
    return "shop", "published", {"channel": 1, "exchange": exchange, "key": key, "message": message}


def subscribed(auto_ack: bool = False) -> tuple[str, str, dict[str, Any]]:
    return "worker", "subscribed", QUEUE | {"channel": 1, "consumer": "c", "auto_ack": auto_ack}


def delivered(tag: int, message: str, **what: object) -> tuple[str, str, dict[str, Any]]:
    return "worker", "delivered", {"channel": 1, "consumer": "c", "tag": tag, "message": message, **what}


def counted(ready: int, consumers: int = 0) -> tuple[str, str, dict[str, Any]]:
    return "shop", "counted", QUEUE | {"ready": ready, "consumers": consumers}


KILL = ("worker", "signalled", {"signal": "SIGKILL"})


def where(found: Story) -> dict[str, str]:
    """The last place of each message, by its label."""
    return {found.messages[move.message]: move.to for step in found.steps for move in step.moves}


def test_an_acknowledged_message_is_deleted_and_an_unacknowledged_one_returns_when_the_broker_counts_it() -> (
    None
):
    events = [declared(), published("a"), published("b"), subscribed(), delivered(1, "a"), delivered(2, "b")]
    events += [("worker", "acked", {"channel": 1, "tag": 1}), KILL]
    before = told("rabbitmq", *events)
    assert where(before) == {"a": "end:deleted", "b": "program:worker"}
    after = told("rabbitmq", *events, counted(1))
    assert where(after) == {"a": "end:deleted", "b": "queue:t.tasks.0a1b2c"}
    assert after.steps[-1].say.endswith("“b” is ready again.")
    assert after.missing == ()
    assert [place.label for place in after.places][:3] == ["shop", "worker", "tasks"]


def test_what_was_deleted_on_sending_is_lost_with_its_worker() -> None:
    found = told(
        "rabbitmq", declared(), published("a"), subscribed(auto_ack=True), delivered(1, "a"), KILL, counted(0)
    )
    assert where(found) == {"a": "end:lost"}
    assert next(step for step in found.steps if step.did == "signalled").mark


def test_a_message_that_was_not_counted_yet_is_not_called_lost() -> None:
    found = told("rabbitmq", declared(), published("a"), published("b"), counted(1))
    assert set(where(found).values()) == {"queue:t.tasks.0a1b2c"}
    found = told("rabbitmq", declared(), published("a"), counted(1), counted(0))
    assert where(found) == {"a": "end:lost"}


def test_a_nack_of_several_queues_is_settled_by_their_counts() -> None:
    other = {"queue": "t.free.0a1b2c"}
    events = [
        ("shop", "exchange-declared", {"exchange": "all", "kind": "fanout"}),
        declared(),
        ("shop", "declared", other | {"ready": 0, "consumers": 0}),
        ("shop", "bound", QUEUE | {"exchange": "all", "key": ""}),
        ("shop", "bound", other | {"exchange": "all", "key": ""}),
        ("shop", "confirms", {"channel": 1}),
        published("a", "", "all"),
        ("shop", "refused", {"channel": 1, "tag": 1}),
    ]
    found = told("rabbitmq", *events, counted(0), ("shop", "counted", other | {"ready": 1, "consumers": 0}))
    ends = {move.message: move.to for step in found.steps for move in step.moves}
    assert sorted(ends.values()) == ["end:dropped", "queue:t.free.0a1b2c"]
    assert found.missing == ()


def test_a_dead_letter_is_followed_to_its_queue() -> None:
    dead = {"queue": "t.dead.0a1b2c"}
    found = told(
        "rabbitmq",
        declared(**{"x-dead-letter-exchange": "", "x-dead-letter-routing-key": "t.dead.0a1b2c"}),
        ("shop", "declared", dead | {"ready": 0, "consumers": 0}),
        published("a"),
        subscribed(),
        delivered(1, "a"),
        ("worker", "rejected", {"channel": 1, "tag": 1, "requeue": False}),
    )
    assert where(found) == {"a": "queue:t.dead.0a1b2c"}


def test_a_stream_keeps_what_its_consumers_acknowledge_or_reject() -> None:
    found = told(
        "rabbitmq",
        declared(**{"x-queue-type": "stream"}),
        published("a"),
        published("b"),
        subscribed(),
        delivered(1, "a"),
        ("worker", "acked", {"channel": 1, "tag": 1}),
        delivered(2, "b"),
        ("worker", "rejected", {"channel": 1, "tag": 2, "requeue": True}),
        delivered(3, "a"),
        counted(2, 1),
        KILL,
        counted(2),
    )
    assert found.missing == ()
    assert {place.id for place in found.places} == {
        "program:shop",
        "program:worker",
        "queue:t.tasks.0a1b2c",
    }
    stored = {move.message for step in found.steps for move in step.moves if move.to.startswith("queue:")}
    assert sorted(found.messages[message] for message in stored) == ["a", "b"]
    moved = [move for step in found.steps for move in step.moves if move.message in stored]
    assert len(moved) == 2, "what is stored moves once, when it is published"
    looks = [move.look for step in found.steps for move in step.moves if move.to == "program:worker"]
    assert looks == ["held", "done", "held", "done", "again"]
    assert [step.notes.get("queue:t.tasks.0a1b2c") for step in found.steps if step.notes] == [
        "0 stored",
        "1 stored",
        "2 stored",
    ]


@pytest.mark.parametrize(
    ("events", "reason"),
    [
        ([declared(), subscribed(), delivered(1, "a")], "the publishing of a message that was delivered"),
        ([("worker", "acked", {"channel": 1, "tag": 9})], "the delivery of a message that was acknowledged"),
        ([published("a", "x", "unbound")], "the bindings of unbound"),
        ([("worker", "danced", {})], "an event “danced” that this page cannot show"),
    ],
)
def test_what_the_recording_does_not_have_is_named(events: list[Any], reason: str) -> None:
    assert told("rabbitmq", *events).missing == (reason,)


@pytest.mark.parametrize(
    ("kind", "rule", "key", "expected"),
    [
        ("direct", "paid", "paid", True),
        ("direct", "paid", "payed", False),
        ("fanout", "", "anything", True),
        ("topic", "order.*", "order.paid", True),
        ("topic", "order.*", "order.paid.late", False),
        ("topic", "order.#", "order", True),
        ("topic", "#", "a.b", True),
        ("topic", "*.paid", "paid", False),
    ],
)
def test_bindings_fit_as_the_broker_defines_them(kind: str, rule: str, key: str, expected: bool) -> None:
    assert fits(kind, rule, key) is expected
