"""Each $management operation in the shapes that the request-response page and the SDKs use."""

import uuid

import pytest

from servicebus_emulator.amqp.events import MessageReceived
from servicebus_emulator.amqp.message import CORRELATION_ID, MESSAGE_ID, EncodedMessage, build
from servicebus_emulator.amqp.performatives import SENDER, Modified, Source
from servicebus_emulator.amqp.types import Array, Described, Int, Symbol, Timestamp, UInt, ULong
from servicebus_emulator.broker.description import (
    EntityStatus,
    QueueDescription,
    SubscriptionDescription,
    TopicDescription,
)
from servicebus_emulator.gateway.management import OPERATIONS

from .in_memory_client import World

DISABLED = (400, "com.microsoft:entity-disabled")
LATER_MS = 4_000_000_000_000


@pytest.fixture
def client():
    return World().client()


def take(client, queue="q", count=1, **fields):
    receiver = client.receiver(queue, **fields)
    receiver.grant(count)
    client.world.run()
    return client.received(receiver)


def token_of(event: MessageReceived) -> uuid.UUID:
    return uuid.UUID(bytes_le=event.tag)


def test_locks_are_renewed_all_or_none(client):
    client.send(client.attach(SENDER, "q"))
    (event,) = take(client)
    client.world.pass_time(30)
    status, body = client.manage("q", "renew-lock", {"lock-tokens": Array(uuid.UUID, [token_of(event)])})
    assert status == 200
    assert body["expirations"] == Array(Timestamp, [Timestamp(int((client.world.now_s + 60) * 1000))])
    lost = {"lock-tokens": [token_of(event), uuid.uuid4()]}
    assert client.manage("q", "renew-lock", lost) == (410, "com.microsoft:message-lock-lost")


def test_peek_shows_and_changes_nothing(client):
    sender = client.attach(SENDER, "q")
    for n in range(5):
        client.send(sender, bytes([n]))
    status, body = client.manage("q", "peek-message", {"from-sequence-number": 3, "message-count": Int(2)})
    messages = [EncodedMessage(entry["message"]) for entry in body["messages"]]
    assert status == 200
    assert [message.body() for message in messages] == [b"\x02", b"\x03"]
    assert [message.annotation("x-opt-sequence-number") for message in messages] == [3, 4]
    assert client.manage("q", "peek-message", {"from-sequence-number": 6, "message-count": Int(2)}) == (
        204,
        None,
    )


def test_scheduling_and_cancelling(client):
    message = build(
        body=b"later", properties={0: "m"}, annotations={"x-opt-scheduled-enqueue-time": Timestamp(LATER_MS)}
    )
    status, body = client.manage(
        "q", "schedule-message", {"messages": [{"message-id": "m", "message": message}]}
    )
    assert (status, body) == (200, {"sequence-numbers": Array(int, [1])})
    assert client.manage("q", "cancel-scheduled-message", {"sequence-numbers": Array(int, [1])}) == (200, {})
    again = client.manage("q", "cancel-scheduled-message", {"sequence-numbers": [1]})
    assert again == (404, "com.microsoft:message-not-found")


def test_deferred_messages_come_by_number_and_are_settled_by_token(client):
    client.send(client.attach(SENDER, "q"))
    (event,) = take(client)
    defer = {"disposition-status": "defered", "lock-tokens": [token_of(event)]}
    assert client.manage("q", "update-disposition", defer) == (200, {})
    ask = {"sequence-numbers": Array(int, [1]), "receiver-settle-mode": UInt(1)}
    status, body = client.manage("q", "receive-by-sequence-number", ask)
    (entry,) = body["messages"]
    assert status == 200
    assert EncodedMessage(entry["message"]).annotation("x-opt-message-state") == 1
    assert client.manage("q", "receive-by-sequence-number", ask) == (404, "com.microsoft:message-not-found")
    to_dead_letter = {
        "disposition-status": "suspended",
        "lock-tokens": [entry["lock-token"]],
        "deadletter-reason": "r",
        "deadletter-description": "d",
        "properties-to-modify": {"k": "v"},
    }
    assert client.manage("q", "update-disposition", to_dead_letter) == (200, {})
    (dead,) = take(client, "q/$DeadLetterQueue")
    assert EncodedMessage(dead.payload).application_properties() == {
        "k": "v",
        "DeadLetterReason": "r",
        "DeadLetterErrorDescription": "d",
    }


def test_a_sequence_number_given_twice_is_one_message(client):
    client.send(client.attach(SENDER, "q"))
    (event,) = take(client)
    defer = {"disposition-status": "defered", "lock-tokens": [token_of(event)]}
    assert client.manage("q", "update-disposition", defer) == (200, {})
    ask = {"sequence-numbers": Array(int, [1, 1]), "receiver-settle-mode": UInt(1)}
    status, body = client.manage("q", "receive-by-sequence-number", ask)
    assert (status, len(body["messages"])) == (200, 1)
    message = build(body=b"later", annotations={"x-opt-scheduled-enqueue-time": Timestamp(LATER_MS)})
    status, body = client.manage("q", "schedule-message", {"messages": [{"message": message}]})
    numbers = {"sequence-numbers": Array(int, body["sequence-numbers"].items * 2)}
    assert client.manage("q", "cancel-scheduled-message", numbers) == (200, {})


def test_session_operations(client):
    source = Source("s", filter={Symbol("com.microsoft:session-filter"): "A"})
    client.send(client.attach(SENDER, "s"), session_id="A")
    client.receiver("s", source=source)
    assert client.manage("s", "get-session-state", {"session-id": "A"}) == (200, {"session-state": None})
    assert client.manage("s", "set-session-state", {"session-id": "A", "session-state": b"x"}) == (200, {})
    assert client.manage("s", "get-session-state", {"session-id": "A"}) == (200, {"session-state": b"x"})
    client.world.pass_time(10)
    status, body = client.manage("s", "renew-session-lock", {"session-id": "A"})
    assert (status, body) == (200, {"expiration": Timestamp(int((client.world.now_s + 60) * 1000))})
    lost = client.manage("s", "renew-session-lock", {"session-id": "B"})
    assert lost == (410, "com.microsoft:session-lock-lost")
    every = {"last-updated-time": Timestamp(253_402_300_799_999), "skip": Int(0), "top": Int(10)}
    assert client.manage("s", "get-message-sessions", every) == (
        200,
        {"skip": Int(1), "sessions-ids": Array(str, ["A"])},
    )
    none = {"last-updated-time": Timestamp(LATER_MS), "skip": Int(0), "top": Int(10)}
    assert client.manage("s", "get-message-sessions", none) == (204, "com.microsoft:session-not-found")


def test_rules_are_added_listed_and_removed(client):
    where = "t/Subscriptions/u"
    sql = {
        "rule-name": "one",
        "rule-description": {
            "sql-filter": {"expression": "a = 1"},
            "sql-rule-action": {"expression": "SET b = 2"},
        },
    }
    correlation = {
        "rule-name": "two",
        "rule-description": {
            "correlation-filter": {"label": "L", "properties": {"k": 1}},
            "sql-rule-action": None,
        },
    }
    assert client.manage(where, "add-rule", sql) == (200, {})
    assert client.manage(where, "add-rule", correlation) == (200, {})
    assert client.manage(where, "add-rule", sql)[0] == 409
    bad = {"rule-name": "bad", "rule-description": {"sql-filter": {"expression": "a ="}}}
    assert client.manage(where, "add-rule", bad)[0] == 400
    status, body = client.manage(where, "enumerate-rules", {"skip": Int(0), "top": Int(10)})
    rules = [entry["rule-description"] for entry in body["rules"]]
    assert status == 200
    assert {rule.descriptor for rule in rules} == {0x13700000004}
    assert [rule.value[2] for rule in rules] == ["$Default", "one", "two"]
    assert [rule.value[0].descriptor for rule in rules] == [0x1370000007, 0x1370000006, 0x1370000009]
    assert rules[1].value[1].value[0] == "SET b = 2"
    assert client.manage(where, "enumerate-rules", {"skip": Int(3), "top": Int(10)}) == (204, None)
    assert client.manage(where, "remove-rule", {"rule-name": "one"}) == (200, {})
    assert client.manage(where, "remove-rule", {"rule-name": "one"})[0] == 404
    assert client.manage("q", "add-rule", sql) == (400, "amqp:not-allowed")


WHEN = Timestamp(1_700_000_000_000)
SPAN = Described(Symbol("com.microsoft:timespan"), 90 * 10_000_000)
OFFSET = Described(Symbol("com.microsoft:datetime-offset"), 638_356_032_000_000_000)  # 2023-11-14 22:40 UTC
SPAN_OF_SEVEN_DIGITS = Described(Symbol("com.microsoft:timespan"), -(90 * 10_000_000 + 1_234_567))
OFFSET_OF_SEVEN_DIGITS = Described(Symbol("com.microsoft:datetime-offset"), 638_356_032_001_234_567)
SENT = {
    "when": WHEN,
    "span": SPAN,
    "offset": OFFSET,
    "where": Described(Symbol("com.microsoft:uri"), "sb://x"),
}


@pytest.mark.parametrize(
    ("filters", "matches"),
    [
        ({"sql-filter": {"expression": "when < sys.EnqueuedTimeUtc AND offset > when"}}, True),
        ({"sql-filter": {"expression": "where LIKE 'sb:%' AND span = span"}}, True),
        ({"sql-filter": {"expression": "sys.MessageId = '7' AND sys.CorrelationId = '8'"}}, True),
        ({"correlation-filter": {"message-id": ULong(7), "properties": {"when": WHEN, "span": SPAN}}}, True),
        ({"correlation-filter": {"message-id": "7", "properties": {"where": "sb://x"}}}, True),
        ({"correlation-filter": {"properties": {"when": Timestamp(1)}}}, False),
        ({"correlation-filter": {"properties": {"span": SPAN_OF_SEVEN_DIGITS, "offset": OFFSET}}}, False),
        ({"correlation-filter": {"properties": {"offset": OFFSET_OF_SEVEN_DIGITS}}}, False),
    ],
)
def test_filters_know_times_and_ids_whatever_their_type_on_the_wire(client, filters, matches):
    where = "t/Subscriptions/u"
    assert client.manage(where, "remove-rule", {"rule-name": "$Default"}) == (200, {})
    assert client.manage(where, "add-rule", {"rule-name": "r", "rule-description": filters}) == (200, {})
    _, body = client.manage(where, "enumerate-rules", {})
    (entry,) = body["rules"]
    if "correlation-filter" in filters:
        assert entry["rule-description"].value[0].value[8] == filters["correlation-filter"]["properties"]
    message = build(properties={MESSAGE_ID: ULong(7), CORRELATION_ID: "8"}, application_properties=SENT)
    client.send_encoded(client.attach(SENDER, "t"), message)
    assert len(take(client, where)) == matches
    assert take(client, f"{where}/$DeadLetterQueue") == []


@pytest.mark.parametrize(
    "correlation", [{"label": Int(5)}, {"properties": {"k": [1]}}, {"properties": {"k": None}}]
)
def test_a_correlation_filter_of_values_that_nothing_can_equal_is_refused(client, correlation):
    rule = {"rule-name": "r", "rule-description": {"correlation-filter": correlation}}
    assert client.manage("t/Subscriptions/u", "add-rule", rule) == (400, "com.microsoft:argument-error")


@pytest.mark.parametrize("status", [status for status in EntityStatus if not status.can_receive])
def test_what_takes_messages_out_heeds_the_status_and_looking_does_not(client, status):
    sender = client.attach(SENDER, "q")
    for _ in range(2):
        client.send(sender)
    deferred, held = take(client, count=2)
    client.settle(deferred.delivery_id, Modified(undeliverable_here=True))
    broker, now_s = client.world.broker, client.world.now_s
    broker.update_queue(QueueDescription("q", status=status), now_s)
    client.world.run()
    settled = {"lock-tokens": [token_of(held)], "disposition-status": "completed"}
    assert client.manage("q", "update-disposition", settled) == DISABLED
    assert client.manage("q", "receive-by-sequence-number", {"sequence-numbers": [1]}) == DISABLED
    before = {"message-count": 9, "enqueued-time-utc": Timestamp(int(now_s * 1000) + 9000)}
    assert client.manage("q", "batch-delete-messages", before) == DISABLED
    seen, peeked = client.manage("q", "peek-message", {"from-sequence-number": 1, "message-count": 9})
    assert (seen, len(peeked["messages"])) == (200, 2)
    broker.update_queue(QueueDescription("q"), now_s)
    assert client.manage("q", "update-disposition", settled)[0] == 200
    assert client.manage("q", "receive-by-sequence-number", {"sequence-numbers": [1]})[0] == 200


def test_a_disabled_topic_or_subscription_keeps_its_rules(client):
    broker, now_s = client.world.broker, client.world.now_s
    rule = {"rule-name": "r", "rule-description": {"sql-filter": {"expression": "a = 1"}}}
    broker.update_topic(TopicDescription("t", status=EntityStatus.DISABLED), now_s)
    assert client.manage("t/subscriptions/u", "add-rule", rule) == DISABLED
    broker.update_topic(TopicDescription("t"), now_s)
    assert client.manage("t/subscriptions/u", "add-rule", rule)[0] == 200
    broker.update_subscription("t", SubscriptionDescription("u", status=EntityStatus.DISABLED), now_s)
    assert client.manage("t/subscriptions/u", "remove-rule", {"rule-name": "r"}) == DISABLED
    assert client.manage("t/subscriptions/u", "enumerate-rules", {"top": 9, "skip": 0})[0] == 200


def test_batch_delete_says_how_many(client):
    sender = client.attach(SENDER, "q")
    for _ in range(3):
        client.send(sender)
    ask = {"message-count": Int(2), "enqueued-time-utc": Timestamp(LATER_MS)}
    assert client.manage("q", "batch-delete-messages", ask) == (200, {"message-count": Int(2)})
    assert client.manage("q", "batch-delete-messages", ask) == (200, {"message-count": Int(1)})
    assert client.manage("q", "batch-delete-messages", ask) == (204, "com.microsoft:message-not-found")


@pytest.mark.parametrize("operation", sorted(OPERATIONS))
@pytest.mark.parametrize("entity", ["q", "t", "t/Subscriptions/u", "s"])
def test_missing_arguments_are_an_answer_and_never_a_fault(client, operation, entity):
    status, condition = client.manage(entity, operation, {})
    assert status in (200, 204, 400, 401, 404)
    if status == 400:
        assert condition in ("com.microsoft:argument-error", "amqp:not-allowed")


def test_an_unknown_operation_is_named(client):
    assert client.manage("q", "make-coffee", {}) == (501, "amqp:not-implemented")
