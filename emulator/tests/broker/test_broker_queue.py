"""Queues: locks, settling, order, expiry, scheduling, deferral, duplicates, deleting."""

from __future__ import annotations

import pytest

from servicebus_emulator.broker.description import EntityStatus, QueueDescription
from servicebus_emulator.broker.errors import (
    ArgumentError,
    ArgumentOutOfRange,
    EntityAlreadyExists,
    EntityDisabled,
    EntityNotFound,
    MessageLockLost,
    MessageNotFound,
    NotAllowed,
)
from servicebus_emulator.broker.events import EntityEnded, ReceiverEnded
from servicebus_emulator.broker.message import Message, MessageState, Outcome, ReceiveMode
from servicebus_emulator.broker.namespace import Namespace
from servicebus_emulator.broker.queue import Queue
from servicebus_emulator.broker.receiver import Receiver

from ..plain_content import PlainContent

PEEK_LOCK, DELETE = ReceiveMode.PEEK_LOCK, ReceiveMode.RECEIVE_AND_DELETE


def queue(**settings: object) -> Queue:
    return Namespace("test").create_queue(QueueDescription("orders", **settings), 0.0)  # type: ignore[arg-type]


def send(to: Queue, *bodies: str, now_s: float = 0.0, **fields: object) -> list[int]:
    return to.send([PlainContent(body, **fields) for body in bodies], now_s)  # type: ignore[arg-type]


def receive(receiver: Receiver, count: int, now_s: float) -> list[Message]:
    receiver.add_credit(count, now_s)
    deliveries = receiver.queue.context.pop_deliveries()
    receiver.drain()
    return [message for to, message in deliveries if to is receiver]


def token(message: Message) -> bytes:
    assert message.lock_token is not None
    return message.lock_token


def bodies(messages: list[Message]) -> list[str]:
    return [message.content.body for message in messages]  # type: ignore[attr-defined]


def waiting(in_queue: Queue, now_s: float = 0.0) -> list[str]:
    return bodies(in_queue.peek(0, 1000, now_s))


def test_sequence_numbers_start_at_1_and_have_no_gaps() -> None:
    orders = queue()
    assert send(orders, "a", "b") + send(orders, "c") == [1, 2, 3]


def test_a_locked_message_is_not_delivered_again_until_its_lock_expires() -> None:
    orders = queue(lock_duration_s=30)
    send(orders, "a")
    reader, other = orders.open_receiver(PEEK_LOCK, 0.0), orders.open_receiver(PEEK_LOCK, 0.0)
    (message,) = receive(reader, 1, 0.0)
    assert message.locked_until_s == 30.0
    assert receive(other, 1, 29.9) == []
    (again,) = receive(other, 1, 30.0)
    assert again.delivery_count == 1
    with pytest.raises(MessageLockLost):
        reader.complete(token(message), 30.0)


def test_credits_are_served_in_arrival_order() -> None:
    orders = queue()
    first, second = orders.open_receiver(PEEK_LOCK, 0.0), orders.open_receiver(PEEK_LOCK, 0.0)
    second.add_credit(1, 0.0)
    first.add_credit(2, 0.0)
    send(orders, "a", "b", "c")
    got = [(receiver, message.content.body) for receiver, message in orders.context.pop_deliveries()]  # type: ignore[attr-defined]
    assert got == [(second, "a"), (first, "b"), (first, "c")]


def test_drained_credit_is_not_served_any_more() -> None:
    orders = queue()
    reader = orders.open_receiver(PEEK_LOCK, 0.0)
    reader.add_credit(5, 0.0)
    reader.set_credit(2, 0.0)
    send(orders, "a")
    assert reader.drain() == 1
    send(orders, "b")
    assert bodies([message for _, message in orders.context.pop_deliveries()]) == ["a"]


def test_complete_removes_the_message_once() -> None:
    orders = queue()
    send(orders, "a")
    reader = orders.open_receiver(PEEK_LOCK, 0.0)
    (message,) = receive(reader, 1, 0.0)
    reader.complete(token(message), 1.0)
    assert orders.active_count == 0
    assert orders.size_bytes == 0
    with pytest.raises(MessageLockLost):
        reader.settle(Outcome.COMPLETE, message.lock_token or b"", 1.0)


def test_abandoned_and_released_messages_come_back_at_their_place() -> None:
    orders = queue()
    send(orders, "a", "b", "c", "d")
    reader = orders.open_receiver(PEEK_LOCK, 0.0)
    one, two, three = receive(reader, 3, 0.0)
    reader.settle(Outcome.ABANDON, token(three), 0.0)
    reader.settle(Outcome.RELEASE, token(one), 0.0)
    again = receive(reader, 9, 0.0)
    assert bodies(again) == ["a", "c", "d"]
    assert [message.delivery_count for message in again] == [0, 1, 0]
    assert two.locked_until_s > 0


def test_a_message_is_dead_lettered_after_max_delivery_count_failures() -> None:
    orders = queue(max_delivery_count=3)
    send(orders, "poison")
    reader = orders.open_receiver(PEEK_LOCK, 0.0)
    for attempt in range(3):
        (message,) = receive(reader, 1, 0.0)
        assert message.delivery_count == attempt
        reader.settle(Outcome.ABANDON, token(message), 0.0)
    assert orders.active_count == 0
    assert orders.dead_letter_queue is not None
    (dead,) = orders.dead_letter_queue.peek(0, 10, 0.0)
    assert dead.content.application_properties()["DeadLetterReason"] == "MaxDeliveryCountExceeded"
    assert "3 delivery attempts" in str(dead.content.application_properties()["DeadLetterErrorDescription"])


def test_dead_letters_never_move_again_and_take_no_sends() -> None:
    orders = queue(max_delivery_count=1, default_message_time_to_live_s=60)
    send(orders, "a")
    reader = orders.open_receiver(PEEK_LOCK, 0.0)
    (message,) = receive(reader, 1, 0.0)
    reader.settle(Outcome.DEAD_LETTER, token(message), 0.0, reason="because", description="of that")
    dead_letters = orders.dead_letter_queue
    assert dead_letters is not None
    from_dead_letters = dead_letters.open_receiver(PEEK_LOCK, 0.0)
    for _ in range(3):
        (dead,) = receive(from_dead_letters, 1, 100.0)
        assert dead.delivery_count == 0
        from_dead_letters.settle(Outcome.ABANDON, token(dead), 100.0)
    (dead,) = receive(from_dead_letters, 1, 1e9)
    assert dead.content.application_properties() == {
        "DeadLetterReason": "because",
        "DeadLetterErrorDescription": "of that",
    }
    with pytest.raises(NotAllowed):
        from_dead_letters.settle(Outcome.DEAD_LETTER, token(dead), 1e9)
    with pytest.raises(NotAllowed):
        dead_letters.send([PlainContent("x")], 1e9)


def test_properties_given_while_settling_are_merged() -> None:
    orders = queue()
    send(orders, "a", properties={"kept": 1, "changed": 1})
    reader = orders.open_receiver(PEEK_LOCK, 0.0)
    (message,) = receive(reader, 1, 0.0)
    reader.settle(Outcome.ABANDON, token(message), 0.0, properties={"changed": 2, "new": 3})
    (message,) = receive(reader, 1, 0.0)
    assert message.content.application_properties() == {"kept": 1, "changed": 2, "new": 3}


def test_receive_and_delete_takes_the_message_out_when_it_is_delivered() -> None:
    orders = queue()
    send(orders, "a")
    (message,) = receive(orders.open_receiver(DELETE, 0.0), 1, 0.0)
    assert message.lock_token is None
    assert orders.active_count == 0


def test_renewing_moves_the_end_of_the_lock() -> None:
    orders = queue(lock_duration_s=10)
    send(orders, "a")
    reader = orders.open_receiver(PEEK_LOCK, 0.0)
    (message,) = receive(reader, 1, 0.0)
    assert orders.renew_locks([token(message)], 9.0) == [19.0]
    reader.complete(token(message), 18.9)
    with pytest.raises(MessageLockLost):
        orders.renew_locks([b"x" * 16], 18.9)


def test_update_disposition_settles_whoever_holds_the_lock_all_or_none() -> None:
    orders = queue()
    send(orders, "a", "b")
    one, two = receive(orders.open_receiver(PEEK_LOCK, 0.0), 2, 0.0)
    with pytest.raises(MessageLockLost):
        orders.settle(Outcome.COMPLETE, [token(one), b"?" * 16], 0.0)
    assert orders.active_count == 2
    orders.settle(Outcome.COMPLETE, [token(one), token(two)], 0.0)
    assert orders.active_count == 0


def test_the_locks_of_a_closed_receiver_go_on_until_they_expire() -> None:
    """As the SDK's test_queue_send_dict_messages saw it of the service; by token they can still be settled."""
    orders = queue()
    send(orders, "a", "b", "c")
    reader = orders.open_receiver(PEEK_LOCK, 0.0)
    first, _ = receive(reader, 2, 0.0)
    reader.close(0.0)
    reader.close(0.0)
    other = orders.open_receiver(PEEK_LOCK, 0.0)
    assert [m.content.body for m in receive(other, 3, 0.0)] == ["c"]  # type: ignore[attr-defined]
    orders.settle(Outcome.COMPLETE, [token(first)], 1.0)
    orders.context.advance(60.0)
    again = receive(other, 3, 60.0)
    assert [(m.content.body, m.delivery_count) for m in again] == [("b", 1), ("c", 1)]  # type: ignore[attr-defined]


def test_deferred_messages_come_only_by_number_and_stay_deferred() -> None:
    orders = queue()
    send(orders, "a", "b")
    reader = orders.open_receiver(PEEK_LOCK, 0.0)
    one, _ = receive(reader, 2, 0.0)
    reader.settle(Outcome.DEFER, token(one), 0.0, properties={"why": "later"})
    assert receive(reader, 5, 0.0) == []
    assert (orders.active_count, orders.deferred_count) == (1, 1)
    for numbers in ([1, 2], [99], [1, 99]):
        with pytest.raises(MessageNotFound):
            orders.receive_deferred(numbers, PEEK_LOCK, 0.0)
    (message,) = orders.receive_deferred([1], PEEK_LOCK, 0.0, receiver=reader)
    assert message.state is MessageState.DEFERRED
    assert message.content.application_properties() == {"why": "later"}
    with pytest.raises(MessageNotFound):
        orders.receive_deferred([1], PEEK_LOCK, 0.0)
    reader.settle(Outcome.ABANDON, token(message), 0.0)
    (message,) = orders.receive_deferred([1], PEEK_LOCK, 0.0)
    assert message.delivery_count == 1
    orders.settle(Outcome.COMPLETE, [token(message)], 0.0)
    assert orders.deferred_count == 0


def test_an_expired_deferred_message_is_dead_lettered_when_it_is_asked_for() -> None:
    orders = queue(default_message_time_to_live_s=60, dead_lettering_on_message_expiration=True)
    send(orders, "a")
    reader = orders.open_receiver(PEEK_LOCK, 0.0)
    (message,) = receive(reader, 1, 0.0)
    reader.settle(Outcome.DEFER, token(message), 0.0)
    orders.context.advance(1000.0)
    assert orders.deferred_count == 1
    with pytest.raises(MessageNotFound):
        orders.receive_deferred([1], PEEK_LOCK, 1000.0)
    assert orders.dead_letter_queue is not None
    assert orders.dead_letter_queue.active_count == 1


@pytest.mark.parametrize(("dead_lettering", "dead"), [(True, 1), (False, 0)])
def test_expiry(dead_lettering: bool, dead: int) -> None:
    orders = queue(default_message_time_to_live_s=60, dead_lettering_on_message_expiration=dead_lettering)
    send(orders, "short", time_to_live_s=5.0)
    send(orders, "long", time_to_live_s=600.0)
    orders.context.advance(5.0)
    assert waiting(orders, 5.0) == ["long"]
    assert orders.dead_letter_queue is not None
    assert orders.dead_letter_queue.active_count == dead
    orders.context.advance(60.0)
    assert waiting(orders, 60.0) == []
    if dead:
        (first, _) = orders.dead_letter_queue.peek(0, 10, 60.0)
        assert first.content.application_properties()["DeadLetterReason"] == "TTLExpiredException"


def test_a_locked_message_may_be_completed_after_its_time_to_live_but_not_received_again() -> None:
    orders = queue(lock_duration_s=30)
    send(orders, "a", "b", time_to_live_s=5.0)
    reader = orders.open_receiver(PEEK_LOCK, 0.0)
    one, _ = receive(reader, 2, 0.0)
    reader.complete(token(one), 10.0)
    orders.context.advance(30.0)
    assert orders.active_count == 0


def test_a_scheduled_message_gets_a_new_number_and_its_due_time() -> None:
    orders = queue()
    (number,) = send(orders, "later", scheduled_enqueue_s=50.0)
    send(orders, "now")
    assert (orders.scheduled_count, orders.active_count) == (1, 1)
    (peeked, _) = orders.peek(0, 10, 0.0)
    assert peeked.state is MessageState.SCHEDULED
    orders.context.advance(200.0)
    (_, later) = orders.peek(0, 10, 200.0)
    assert (later.sequence_number, later.enqueued_s, later.state) == (3, 50.0, MessageState.ACTIVE)
    with pytest.raises(MessageNotFound):
        orders.cancel_scheduled([number], 200.0)


def test_cancelling_is_all_or_none() -> None:
    orders = queue()
    numbers = orders.schedule(
        [PlainContent("a", scheduled_enqueue_s=9.0), PlainContent("b", scheduled_enqueue_s=9.0)], 0
    )
    with pytest.raises(MessageNotFound):
        orders.cancel_scheduled([*numbers, 99], 0.0)
    orders.cancel_scheduled(numbers, 0.0)
    assert orders.messages == {}


def test_a_jump_of_the_clock_runs_timers_in_order() -> None:
    orders = queue(dead_lettering_on_message_expiration=True)
    send(orders, "expires after it is enqueued", scheduled_enqueue_s=10.0, time_to_live_s=5.0)
    send(orders, "stays", scheduled_enqueue_s=20.0, time_to_live_s=1000.0)
    reader = orders.open_receiver(PEEK_LOCK, 0.0)
    reader.add_credit(5, 0.0)
    orders.context.advance(60.0)
    (delivered,) = orders.context.pop_deliveries()
    assert bodies([delivered[1]]) == ["stays"]
    assert delivered[1].locked_until_s == 120.0
    assert orders.dead_letter_queue is not None
    assert orders.dead_letter_queue.active_count == 1


def test_timers_also_run_when_nobody_calls_advance() -> None:
    orders = queue()
    send(orders, "a", time_to_live_s=5.0)
    assert receive(orders.open_receiver(PEEK_LOCK, 0.0), 1, 6.0) == []


def test_next_due_tells_when_something_will_happen() -> None:
    orders = queue(lock_duration_s=30)
    assert orders.context.next_due_s() is None
    send(orders, "a")
    receive(orders.open_receiver(PEEK_LOCK, 0.0), 1, 7.0)
    assert orders.context.next_due_s() == 37.0


def test_duplicates_are_accepted_and_dropped_within_the_window() -> None:
    orders = queue(requires_duplicate_detection=True, duplicate_detection_history_time_window_s=60)
    send(orders, "a", message_id="1")
    (message,) = receive(orders.open_receiver(DELETE, 0.0), 1, 0.0)
    assert message.sequence_number == 1
    send(orders, "again", message_id="1", now_s=59.0)
    assert orders.active_count == 0
    send(orders, "scheduled twice", message_id="2", now_s=59.0, scheduled_enqueue_s=100.0)
    send(orders, "scheduled twice", message_id="2", now_s=59.0)
    assert (orders.active_count, orders.scheduled_count) == (0, 1)
    send(orders, "after the window", message_id="1", now_s=60.0)
    assert orders.active_count == 1
    orders.context.advance(1000.0)
    assert orders.history is not None
    assert len(orders.history) == 0


def test_peek_shows_every_state_in_order_and_changes_nothing() -> None:
    orders = queue()
    send(orders, "a", "b", "c")
    send(orders, "d", scheduled_enqueue_s=99.0)
    reader = orders.open_receiver(PEEK_LOCK, 0.0)
    one, two = receive(reader, 2, 0.0)
    reader.settle(Outcome.DEFER, token(one), 0.0)
    assert waiting(orders) == ["a", "b", "c", "d"]
    assert bodies(orders.peek(2, 2, 0.0)) == ["b", "c"]
    reader.complete(token(two), 0.0)
    send(orders, "e")
    assert bodies(orders.peek(2, 9, 0.0)) == ["c", "d", "e"]


def test_batch_delete_takes_unlocked_active_messages_older_than_the_time() -> None:
    orders = queue()
    for number in range(5):
        send(orders, str(number), now_s=float(number))
    receive(orders.open_receiver(PEEK_LOCK, 4.0), 1, 4.0)
    assert orders.batch_delete(2, 4.0, 5.0) == 2
    assert waiting(orders, 5.0) == ["0", "3", "4"]
    assert orders.batch_delete(100, 4.0, 5.0) == 1
    assert orders.batch_delete(100, 4.0, 5.0) == 0
    with pytest.raises(ArgumentOutOfRange):
        orders.batch_delete(4001, 9.0, 5.0)
    assert bodies(receive(orders.open_receiver(PEEK_LOCK, 5.0), 9, 5.0)) == ["4"]


def test_purge_empties_the_queue_and_its_locks() -> None:
    orders = queue()
    send(orders, "a", "b")
    reader = orders.open_receiver(PEEK_LOCK, 0.0)
    (message,) = receive(reader, 1, 0.0)
    held = token(message)
    assert orders.purge(0.0) == 2
    with pytest.raises(MessageLockLost):
        reader.complete(held, 0.0)
    send(orders, "c")
    assert bodies(receive(reader, 5, 0.0)) == ["c"]


def test_resubmit_moves_a_dead_letter_back_without_its_reason() -> None:
    orders = queue()
    send(orders, "a", properties={"own": 1})
    reader = orders.open_receiver(PEEK_LOCK, 0.0)
    (message,) = receive(reader, 1, 0.0)
    reader.settle(Outcome.DEAD_LETTER, token(message), 0.0, reason="r")
    assert orders.dead_letter_queue is not None
    orders.dead_letter_queue.resubmit(1, 0.0)
    assert orders.dead_letter_queue.active_count == 0
    (message,) = receive(reader, 1, 0.0)
    assert (message.content.application_properties(), message.delivery_count) == ({"own": 1}, 0)
    with pytest.raises(NotAllowed):
        orders.resubmit(1, 0.0)


@pytest.mark.parametrize(
    ("status", "can_send", "can_receive"),
    [
        (EntityStatus.ACTIVE, True, True),
        (EntityStatus.DISABLED, False, False),
        (EntityStatus.SEND_DISABLED, False, True),
        (EntityStatus.RECEIVE_DISABLED, True, False),
    ],
)
def test_status(status: EntityStatus, can_send: bool, can_receive: bool) -> None:
    orders = queue()
    reader = orders.open_receiver(PEEK_LOCK, 0.0)
    orders.context.update_queue(QueueDescription("ORDERS", status=status), 1.0)
    events = orders.context.pop_events()
    if can_receive:
        assert events == []
        orders.open_receiver(PEEK_LOCK, 1.0)
    else:
        (event,) = events
        assert isinstance(event, ReceiverEnded)
        assert event.receiver is reader
        assert isinstance(event.error, EntityDisabled)
        with pytest.raises(EntityDisabled):
            orders.open_receiver(PEEK_LOCK, 1.0)
    if can_send:
        send(orders, "a", now_s=1.0)
    else:
        with pytest.raises(EntityDisabled):
            send(orders, "a", now_s=1.0)


def test_a_batch_is_stored_whole_or_not_at_all() -> None:
    orders = queue(requires_session=True)
    with pytest.raises(NotAllowed):
        orders.send([PlainContent("a", session_id="s"), PlainContent("b")], 0.0)
    assert orders.messages == {}
    with pytest.raises(ArgumentError):
        orders.send([PlainContent("a", session_id="s", partition_key="p")], 0.0)


def test_deleting_ends_receivers_and_frees_the_name() -> None:
    orders = queue()
    reader = orders.open_receiver(PEEK_LOCK, 0.0)
    namespace = orders.context
    namespace.delete_queue("Orders", 0.0)
    event, *others = namespace.pop_events()
    assert isinstance(event, ReceiverEnded)
    assert event.receiver is reader
    assert [type(other) for other in others] == [EntityEnded] * 3  # the queue and its two sub-queues
    assert others[0].entity is orders
    with pytest.raises(EntityNotFound):
        namespace.resolve("orders")
    with pytest.raises(EntityNotFound):
        send(orders, "a")
    namespace.create_queue(QueueDescription("orders"), 0.0)
    with pytest.raises(EntityAlreadyExists):
        namespace.create_queue(QueueDescription("ORDERS"), 0.0)


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("orders", "orders"),
        ("/ORDERS/", "orders"),
        ("amqps://host.example:5671/orders", "orders"),
        ("sb://host/Orders/$deadletterqueue", "orders/$DeadLetterQueue"),
        ("orders/$Transfer/$DeadLetterQueue", "orders/$Transfer/$DeadLetterQueue"),
    ],
)
def test_addresses(address: str, path: str) -> None:
    assert queue().context.resolve(address).path == path


def test_a_queue_is_deleted_when_idle_for_long_enough() -> None:
    orders = queue(auto_delete_on_idle_s=300)
    namespace = orders.context
    send(orders, "a", now_s=100.0)
    reader = orders.open_receiver(PEEK_LOCK, 100.0)
    namespace.advance(1000.0)
    assert namespace.resolve("orders") is orders  # a receiver keeps it alive
    reader.close(1000.0)
    namespace.advance(1299.0)
    assert namespace.resolve("orders") is orders
    namespace.advance(2000.0)
    with pytest.raises(EntityNotFound):
        namespace.resolve("orders")
