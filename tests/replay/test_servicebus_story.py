"""What is told of Service Bus's events: who has the lock of which message, and only what the events prove."""

from typing import Any

import pytest

from mqcourse.replay.scene import Story
from tests.replay.told import told

QUEUE = "t.orders.0a1b2c"


def sent(message: str, **what: object) -> tuple[str, str, dict[str, Any]]:
    return "shop", "sent", {"entity": QUEUE, "message": message, **what}


def joined(who: str = "worker", **what: object) -> tuple[str, str, dict[str, Any]]:
    return who, "joined", {"entity": QUEUE, **what}


def received(who: str, message: str, sequence: int, **what: object) -> tuple[str, str, dict[str, Any]]:
    return (
        who,
        "received",
        {"entity": QUEUE, "message": message, "sequence": sequence, "lock_ms": 5000, **what},
    )


def settled(did: str, message: str, sequence: int, **what: object) -> tuple[str, str, dict[str, Any]]:
    return "worker", did, {"message": message, "sequence": sequence, **what}


def counts(active: int, dead: int = 0) -> tuple[str, str, dict[str, Any]]:
    return "service", "counted", {"entity": QUEUE, "active": active, "dead": dead}


KILL = ("worker", "signalled", {"signal": "SIGKILL"})


def where(found: Story) -> dict[str, str]:
    """The last place of each message, by its label."""
    return {found.messages[move.message]: move.to for step in found.steps for move in step.moves}


def test_a_lock_outlives_its_worker_and_the_next_receiver_gets_the_message() -> None:
    events = [sent("a"), joined(), received("worker", "a", 1), KILL, counts(1)]
    before = told("servicebus", *events)
    assert where(before) == {"a": "program:worker"}
    assert before.steps[3].say.endswith("It had the lock of 1 message, and the lock lasts on.")
    after = told("servicebus", *events, joined("other"), received("other", "a", 1, deliveries=1))
    assert where(after) == {"a": "program:other"}
    assert after.steps[-1].say.endswith("Delivery count 1. The lock of worker has ended.")
    assert after.missing == ()


def test_receive_and_delete_loses_what_its_worker_had() -> None:
    found = told("servicebus", sent("a"), joined(deletes=True), received("worker", "a", 1), KILL, counts(0))
    assert where(found) == {"a": "end:lost"}
    assert found.steps[3].say == "worker is ended with SIGKILL. The service had deleted “a”, so it is lost."


@pytest.mark.parametrize(
    ("did", "expected"),
    [
        ("completed", "end:deleted"),
        ("abandoned", f"queue:{QUEUE}"),
        ("deferred", f"queue:{QUEUE}"),
        ("dead-lettered", f"queue:{QUEUE}$dead"),
    ],
)
def test_each_settlement_has_its_place(did: str, expected: str) -> None:
    found = told("servicebus", sent("a"), joined(), received("worker", "a", 1), settled(did, "a", 1))
    assert where(found) == {"a": expected}
    assert found.missing == ()


def test_a_lost_lock_gives_the_message_back() -> None:
    lost = settled("not-settled", "a", 1, settlement="complete", why="MessageLockLostError")
    found = told("servicebus", sent("a"), joined(), received("worker", "a", 1), lost)
    assert where(found) == {"a": f"queue:{QUEUE}"}
    assert found.steps[-1].say == "worker cannot complete “a”: MessageLockLostError."
    assert found.steps[-1].mark


def test_an_id_that_the_client_has_drawn_is_not_told() -> None:
    found = told("servicebus", sent("a", id="97de38e2-6522-48b2-9655-9f8af9a01d7f"), sent("b", id="pay-17"))
    assert [step.say for step in found.steps] == [
        "shop sends “a” to orders, and the service accepts it.",
        "shop sends “b” with the message id pay-17 to orders, and the service accepts it.",
    ]


def test_a_duplicate_is_dropped_when_the_count_proves_it() -> None:
    twice = [sent("pay 10", id="p"), sent("pay 20", id="p")]
    assert set(where(told("servicebus", *twice)).values()) == {f"queue:{QUEUE}"}
    found = told("servicebus", *twice, counts(1))
    assert where(found) == {"pay 10": f"queue:{QUEUE}", "pay 20": "end:dropped"}


def test_a_transaction_happens_as_a_whole_or_not_at_all() -> None:
    events = [
        sent("order"),
        joined(),
        received("worker", "order", 1),
        ("worker", "began", {"transaction": "t1"}),
        settled("completed", "order", 1, transaction="t1"),
        ("worker", "sent", {"entity": QUEUE, "message": "invoice", "transaction": "t1"}),
    ]
    assert where(told("servicebus", *events)) == {"order": "program:worker", "invoice": "program:worker"}
    undone = told("servicebus", *events, ("worker", "rolled-back", {"transaction": "t1"}))
    assert where(undone) == {"order": "program:worker", "invoice": "end:undone"}
    done = told("servicebus", *events, ("worker", "committed", {"transaction": "t1"}), counts(1))
    assert where(done) == {"order": "end:deleted", "invoice": f"queue:{QUEUE}"}
    assert done.missing == ()


def test_each_session_is_a_lane_and_a_worker_may_take_the_next() -> None:
    found = told(
        "servicebus",
        sent("a", session="Ina"),
        sent("b", session="Jan"),
        joined(session="Ina"),
        received("worker", "a", 1, session="Ina"),
        settled("completed", "a", 1),
        ("worker", "closed", {}),
        joined(session="Jan"),
    )
    assert [place.label for place in found.places if place.kind == "queue"] == [
        "orders, session Ina",
        "orders, session Jan",
    ]
    assert found.steps[3].say == "worker receives “a” of the session Ina, locked for 5.0 s."
    assert [step.states for step in found.steps[-2:]] == [
        {"program:worker": "closed"},
        {"program:worker": ""},
    ]


@pytest.mark.parametrize(
    ("events", "reason"),
    [
        ([joined(), received("worker", "a", 1)], "the sending of a message that was received"),
        ([joined(), settled("completed", "a", 9)], "the receiving of a message that was settled"),
        ([("worker", "danced", {})], "an event “danced” that this page cannot show"),
    ],
)
def test_what_the_recording_does_not_have_is_named(events: list[Any], reason: str) -> None:
    assert told("servicebus", *events).missing == (reason,)
