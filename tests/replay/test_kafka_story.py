"""What is told of Kafka's events: records stay in their partition, and a consumer's copies follow its offsets."""

from typing import Any

import pytest

from tests.replay.told import told

TOPIC = "log-orders-0a1b2c"
GROUP = "log-packing-0a1b2c"


def sent(number: int, message: str) -> tuple[str, str, dict[str, Any]]:
    return "shop", "sent", {"send": number, "topic": TOPIC, "message": message, "key": "ann"}


def stored(number: int, partition: int, offset: int) -> tuple[str, str, dict[str, Any]]:
    return "shop", "stored", {"send": number, "topic": TOPIC, "partition": partition, "offset": offset}


def got(offset: int, message: str, who: str = "reader") -> tuple[str, str, dict[str, Any]]:
    return who, "read", {"topic": TOPIC, "partition": 0, "offset": offset, "message": message, "key": "ann"}


def test_a_record_is_in_its_partition_when_the_broker_has_answered_and_stays_there_when_it_is_read() -> None:
    found = told("kafka", sent(1, "paid"), stored(1, 0, 7), got(7, "paid"), got(7, "paid"))
    moves = [(move.to, move.look) for step in found.steps for move in step.moves]
    assert moves == [
        (f"topic:{TOPIC}", "sent"),
        (f"partition:{TOPIC}/0", "plain"),
        ("program:reader", "held"),
        ("program:reader", "again"),
    ]
    assert found.messages == ("ann paid",) * 3
    assert found.steps[1].say == "The broker stores “ann paid” in partition 0 at offset 7."
    assert found.missing == ()


def test_a_tombstone_is_told_with_its_key_and_null() -> None:
    bare = {"topic": TOPIC, "key": "bob"}
    found = told(
        "kafka",
        ("shop", "sent", {"send": 1, **bare}),
        stored(1, 0, 7),
        ("reader", "read", {"partition": 0, "offset": 7, **bare}),
    )
    assert [step.say for step in found.steps] == [
        "shop sends “null” with the key bob to orders.",
        "The broker stores “bob null” in partition 0 at offset 7.",
        "reader reads “bob null”: partition 0, offset 7.",
    ]


def test_a_commit_finishes_what_lies_below_it_and_no_more() -> None:
    found = told(
        "kafka",
        ("reader", "joined", {"group": GROUP}),
        got(0, "a"),
        got(1, "b"),
        ("reader", "committed", {"group": GROUP, "offsets": [[TOPIC, 0, 1]]}),
    )
    last = found.steps[-1]
    assert [(found.messages[move.message], move.look) for move in last.moves] == [("ann a", "done")]
    assert last.notes == {f"partition:{TOPIC}/0": "packing committed 1"}
    assert last.say == "reader commits offset 1 of partition 0 for the group packing."


def test_partitions_with_one_offset_are_named_together() -> None:
    offsets = [[TOPIC, 2, 0], [TOPIC, 0, 0], [TOPIC, 1, 5]]
    found = told(
        "kafka",
        ("reader", "assigned", {"group": GROUP, "partitions": [[TOPIC, number] for number in (0, 1, 2)]}),
        ("reader", "committed", {"group": GROUP, "offsets": offsets}),
    )
    assert [step.say for step in found.steps] == [
        "reader is assigned partitions 0, 1 and 2 of orders.",
        "reader commits offset 0 of partitions 0 and 2 and offset 5 of partition 1 for the group packing.",
    ]


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (stored(9, 0, 0), "the sending of a record that was stored"),
        (("shop", "danced", {}), "an event “danced” that this page cannot show"),
    ],
)
def test_what_the_recording_does_not_have_is_named(event: Any, reason: str) -> None:
    assert told("kafka", event).missing == (reason,)
