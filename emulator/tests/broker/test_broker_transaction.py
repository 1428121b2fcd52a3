"""Transactions: all or nothing, their scope, their limits, and locks while one is open."""

from __future__ import annotations

import pytest

from servicebus_emulator.broker.description import (
    EntityStatus,
    QueueDescription,
    SubscriptionDescription,
    TopicDescription,
)
from servicebus_emulator.broker.errors import (
    MessageLockLost,
    MessageNotFound,
    NotAllowed,
    QuotaExceeded,
    TransactionRolledBack,
    TransactionUnknown,
)
from servicebus_emulator.broker.events import TransactionEnded
from servicebus_emulator.broker.message import Message, Outcome, ReceiveMode
from servicebus_emulator.broker.namespace import Namespace
from servicebus_emulator.broker.queue import Queue
from servicebus_emulator.broker.receiver import Receiver

from ..plain_content import PlainContent


def make(*names: str) -> tuple[Namespace, list[Queue]]:
    namespace = Namespace("test")
    return namespace, [
        namespace.create_queue(QueueDescription(name, lock_duration_s=30), 0.0) for name in names
    ]


def bodies(queue: Queue | None) -> list[str]:
    assert queue is not None
    return [message.content.body for message in queue.messages.values()]  # type: ignore[attr-defined]


def receive(queue: Queue, count: int = 1, now_s: float = 0.0) -> tuple[Receiver, list[Message]]:
    reader = queue.open_receiver(ReceiveMode.PEEK_LOCK, now_s)
    reader.add_credit(count, now_s)
    return reader, [message for to, message in queue.context.pop_deliveries() if to is reader]


def token(message: Message) -> bytes:
    assert message.lock_token is not None
    return message.lock_token


@pytest.mark.parametrize("commit", [True, False])
def test_posts_and_settlements_happen_together_or_not_at_all(commit: bool) -> None:
    namespace, (orders,) = make("orders")
    orders.send([PlainContent(name) for name in ("done", "deferred", "dead", "back")], 0.0)
    reader, (done, deferred, dead, back) = receive(orders, 4)
    transaction = namespace.begin_transaction(0.0)
    reader.complete(token(done), 0.0, transaction)
    reader.settle(Outcome.DEFER, token(deferred), 0.0, transaction=transaction)
    orders.settle(Outcome.DEAD_LETTER, [token(dead)], 0.0, reason="r", transaction=transaction)
    reader.settle(Outcome.ABANDON, token(back), 0.0, transaction=transaction)
    assert orders.send([PlainContent("posted")], 0.0, transaction=transaction) == []
    numbers = orders.schedule([PlainContent("later", scheduled_enqueue_s=99.0)], 0.0, transaction=transaction)
    assert bodies(orders) == ["done", "deferred", "dead", "back"]
    if not commit:
        transaction.rollback(1.0)
        assert bodies(orders) == ["done", "deferred", "dead", "back"]
        assert orders.locked_count == 4
        for message in (done, deferred, dead, back):
            reader.complete(token(message), 1.0)  # still locked by the receiver
        assert bodies(orders) == []
        return
    transaction.commit(1.0)
    assert sorted(bodies(orders)) == ["back", "deferred", "later", "posted"]
    assert bodies(orders.dead_letter_queue) == ["dead"]
    assert (orders.deferred_count, orders.scheduled_count, back.delivery_count) == (1, 1, 1)
    orders.cancel_scheduled(numbers, 1.0)
    with pytest.raises(TransactionUnknown):
        transaction.commit(1.0)
    with pytest.raises(TransactionUnknown):
        namespace.transaction(transaction.transaction_id)


def test_a_message_settled_in_a_transaction_cannot_be_settled_again() -> None:
    namespace, (orders,) = make("orders")
    orders.send([PlainContent("a")], 0.0)
    reader, (message,) = receive(orders)
    transaction = namespace.begin_transaction(0.0)
    reader.complete(token(message), 0.0, transaction)
    for again in (None, transaction):
        with pytest.raises(MessageLockLost):
            reader.complete(token(message), 0.0, again)
    with pytest.raises(MessageLockLost):
        orders.settle(Outcome.ABANDON, [token(message)], 0.0)


def test_a_lock_does_not_run_out_inside_a_transaction_but_ends_with_a_late_rollback() -> None:
    namespace, (orders,) = make("orders")
    orders.send([PlainContent("a"), PlainContent("b")], 0.0)
    reader, (one, two) = receive(orders, 2)
    first, second = namespace.begin_transaction(0.0), namespace.begin_transaction(0.0)
    reader.complete(token(one), 0.0, first)
    reader.complete(token(two), 0.0, second)
    namespace.advance(60.0)
    first.commit(60.0)
    second.rollback(60.0)
    assert bodies(orders) == ["b"]
    assert (two.lock_token, two.delivery_count) == (None, 1)


def test_a_rollback_after_the_receiver_closed_lets_the_lock_go_on() -> None:
    namespace, (orders,) = make("orders")
    orders.send([PlainContent("a")], 0.0)
    reader, (message,) = receive(orders)
    transaction = namespace.begin_transaction(0.0)
    reader.complete(token(message), 0.0, transaction)
    reader.close(1.0)
    assert orders.locked_count == 1
    transaction.rollback(2.0)
    assert orders.locked_count == 1
    namespace.advance(60.0)
    _, (again,) = receive(orders, now_s=60.0)
    assert again is message


def test_cancelling_in_a_transaction() -> None:
    namespace, (orders,) = make("orders")
    numbers = orders.schedule([PlainContent(name, scheduled_enqueue_s=50.0) for name in "ab"], 0.0)
    undone, done = namespace.begin_transaction(0.0), namespace.begin_transaction(0.0)
    orders.cancel_scheduled([numbers[0]], 0.0, transaction=undone)
    orders.cancel_scheduled([numbers[1]], 0.0, transaction=done)
    with pytest.raises(MessageNotFound):
        orders.cancel_scheduled([numbers[0]], 0.0)
    namespace.advance(60.0)
    assert orders.scheduled_count == 2  # held by the transactions
    undone.rollback(60.0)
    done.commit(60.0)
    assert (bodies(orders), orders.scheduled_count) == (["a"], 0)


def test_after_two_minutes_it_is_rolled_back() -> None:
    namespace, (orders,) = make("orders")
    transaction = namespace.begin_transaction(0.0)
    orders.send([PlainContent("a")], 100.0, transaction=transaction)
    namespace.advance(219.0)
    assert namespace.transaction(transaction.transaction_id) is transaction
    namespace.advance(220.0)
    (event,) = namespace.pop_events()
    assert isinstance(event, TransactionEnded)
    with pytest.raises(TransactionUnknown):
        transaction.commit(220.0)
    assert bodies(orders) == []


def test_a_hundred_messages_and_no_more() -> None:
    namespace, (orders,) = make("orders")
    transaction = namespace.begin_transaction(0.0)
    orders.send([PlainContent("a")] * 60, 0.0, transaction=transaction)
    with pytest.raises(QuotaExceeded):
        orders.send([PlainContent("a")] * 41, 0.0, transaction=transaction)
    orders.send([PlainContent("a")] * 40, 0.0, transaction=transaction)
    transaction.commit(0.0)
    assert orders.active_count == 100


def test_settling_one_message_too_many_settles_none() -> None:
    namespace, (orders,) = make("orders")
    orders.send([PlainContent(str(n)) for n in range(101)], 0.0)
    reader, messages = receive(orders, 101)
    tokens = [token(message) for message in messages]
    transaction = namespace.begin_transaction(0.0)
    with pytest.raises(QuotaExceeded):
        orders.settle(Outcome.COMPLETE, tokens, 0.0, transaction=transaction)
    orders.settle(Outcome.COMPLETE, tokens[:100], 0.0, transaction=transaction)
    reader.complete(tokens[100], 0.0)
    transaction.commit(0.0)
    assert bodies(orders) == []


def test_one_top_level_entity_unless_it_is_cross_entity() -> None:
    namespace, (orders, bills) = make("orders", "bills")
    orders.send([PlainContent("a")], 0.0)
    reader, (message,) = receive(orders)
    transaction = namespace.begin_transaction(0.0)
    reader.complete(token(message), 0.0, transaction)
    with pytest.raises(NotAllowed, match="cannot span multiple top-level entities"):
        bills.send([PlainContent("b")], 0.0, transaction=transaction)
    transaction.rollback(0.0)

    transaction = namespace.begin_transaction(0.0, cross_entity=True)
    reader.complete(token(message), 0.0, transaction)
    bills.send([PlainContent("b")], 0.0, transaction=transaction)
    bills.send([PlainContent("other")], 0.0)
    other, (second,) = receive(bills)
    with pytest.raises(NotAllowed):
        other.complete(token(second), 0.0, transaction)
    transaction.commit(0.0)
    assert (bodies(orders), bodies(bills)) == ([], ["other", "b"])


def test_send_via_puts_what_the_destination_refuses_into_the_transfer_dead_letters() -> None:
    namespace, (orders, bills) = make("orders", "bills")
    orders.send([PlainContent("a")], 0.0)
    reader, (message,) = receive(orders)
    transaction = namespace.begin_transaction(0.0)
    reader.complete(token(message), 0.0, transaction)
    bills.send([PlainContent("via")], 0.0, transaction=transaction, via=orders)
    namespace.update_queue(QueueDescription("bills", status=EntityStatus.DISABLED), 0.0)
    transaction.commit(0.0)
    assert (bodies(orders), bodies(bills), bodies(orders.transfer_dead_letter_queue)) == ([], [], ["via"])


def test_a_commit_that_cannot_be_done_is_rolled_back_as_a_whole() -> None:
    namespace, (orders,) = make("orders")
    orders.send([PlainContent("a")], 0.0)
    reader, (message,) = receive(orders)
    transaction = namespace.begin_transaction(0.0)
    reader.complete(token(message), 0.0, transaction)
    orders.send([PlainContent("b")], 0.0, transaction=transaction)
    namespace.update_queue(
        QueueDescription("orders", lock_duration_s=30, status=EntityStatus.SEND_DISABLED), 0.0
    )
    with pytest.raises(TransactionRolledBack):
        transaction.commit(0.0)
    assert bodies(orders) == ["a"]
    reader.complete(token(message), 0.0)


def test_a_topic_and_its_subscriptions_are_one_top_level_entity() -> None:
    namespace = Namespace("test")
    topic = namespace.create_topic(TopicDescription("events"), 0.0)
    subscription = namespace.create_subscription("events", SubscriptionDescription("s"), 0.0)
    topic.send([PlainContent("a")], 0.0)
    reader, (message,) = receive(subscription)
    transaction = namespace.begin_transaction(0.0)
    reader.complete(token(message), 0.0, transaction)
    topic.send([PlainContent("b")], 0.0, transaction=transaction)
    transaction.commit(0.0)
    assert bodies(subscription) == ["b"]


def test_a_session_lock_lost_while_a_transaction_is_open() -> None:
    namespace = Namespace("test")
    orders = namespace.create_queue(
        QueueDescription("orders", requires_session=True, lock_duration_s=30), 0.0
    )
    orders.send([PlainContent("a", session_id="s"), PlainContent("b", session_id="s")], 0.0)
    reader = orders.open_session("s", ReceiveMode.PEEK_LOCK, 0.0)
    reader.add_credit(2, 0.0)
    (_, one), (_, two) = namespace.pop_deliveries()
    first, second = namespace.begin_transaction(0.0), namespace.begin_transaction(0.0)
    reader.complete(token(one), 0.0, first)
    reader.complete(token(two), 0.0, second)
    namespace.advance(40.0)
    first.commit(40.0)
    second.rollback(40.0)
    assert bodies(orders) == ["b"]
    again = orders.open_session("s", ReceiveMode.PEEK_LOCK, 41.0)
    again.add_credit(1, 41.0)
    assert [message.delivery_count for _, message in namespace.pop_deliveries()] == [1]


def test_duplicates_are_found_at_commit() -> None:
    namespace = Namespace("test")
    orders = namespace.create_queue(QueueDescription("orders", requires_duplicate_detection=True), 0.0)
    transaction = namespace.begin_transaction(0.0)
    orders.send(
        [PlainContent("a", message_id="1"), PlainContent("a", message_id="1")], 0.0, transaction=transaction
    )
    orders.schedule(
        [PlainContent("a", message_id="1", scheduled_enqueue_s=9.0)], 0.0, transaction=transaction
    )
    orders.send([PlainContent("a", message_id="2")], 0.0)
    transaction.commit(0.0)
    assert (orders.active_count, orders.scheduled_count) == (2, 0)
