"""Sessions: exclusive locks, order, state, waiting for one, delivery counts."""

from __future__ import annotations

import pytest

from servicebus_emulator.broker.description import QueueDescription
from servicebus_emulator.broker.errors import (
    EntityNotFound,
    MessageNotFound,
    NotAllowed,
    ServiceTimeout,
    SessionCannotBeLocked,
    SessionLockLost,
)
from servicebus_emulator.broker.events import EntityEnded, SessionGranted, SessionLost, SessionWaitEnded
from servicebus_emulator.broker.message import Message, Outcome, ReceiveMode
from servicebus_emulator.broker.namespace import Namespace
from servicebus_emulator.broker.queue import Queue
from servicebus_emulator.broker.receiver import Receiver
from servicebus_emulator.broker.session import SessionWait

from ..plain_content import PlainContent

PEEK_LOCK = ReceiveMode.PEEK_LOCK


def queue(**settings: object) -> Queue:
    description = QueueDescription("orders", requires_session=True, lock_duration_s=30, **settings)  # type: ignore[arg-type]
    return Namespace("test").create_queue(description, 0.0)


def send(to: Queue, session_id: str, *bodies: str, now_s: float = 0.0) -> None:
    to.send([PlainContent(body, session_id=session_id) for body in bodies], now_s)


def receive(receiver: Receiver, count: int, now_s: float = 0.0) -> list[Message]:
    receiver.add_credit(count, now_s)
    return [message for to, message in receiver.queue.context.pop_deliveries() if to is receiver]


def texts(messages: list[Message]) -> list[str]:
    return [message.content.body for message in messages]  # type: ignore[attr-defined]


def test_a_session_is_one_receivers_at_a_time_with_all_that_comes_later() -> None:
    orders = queue()
    send(orders, "a", "1")
    send(orders, "b", "1")
    reader = orders.open_session("a", PEEK_LOCK, 0.0)
    with pytest.raises(SessionCannotBeLocked):
        orders.open_session("a", PEEK_LOCK, 0.0)
    reader.add_credit(5, 0.0)
    send(orders, "a", "2")
    got = [(to, message.content.body) for to, message in orders.context.pop_deliveries()]  # type: ignore[attr-defined]
    assert got == [(reader, "1"), (reader, "2")]


def test_plain_receivers_and_sessions_do_not_mix() -> None:
    orders = queue()
    with pytest.raises(NotAllowed):
        orders.open_receiver(PEEK_LOCK, 0.0)
    plain = orders.context.create_queue(QueueDescription("plain"), 0.0)
    with pytest.raises(NotAllowed):
        plain.open_session("a", PEEK_LOCK, 0.0)
    assert orders.dead_letter_queue is not None
    orders.dead_letter_queue.open_receiver(
        PEEK_LOCK, 0.0
    )  # the dead letters of a session entity are read plainly


def test_an_empty_named_session_is_accepted_at_once() -> None:
    assert queue().open_session("nobody wrote yet", PEEK_LOCK, 0.0).session is not None


def test_the_next_available_session_is_the_one_that_waited_longest() -> None:
    orders = queue()
    for session_id in ("x", "y", "z"):
        send(orders, session_id, "1")
    orders.open_session("x", PEEK_LOCK, 0.0)
    found = [orders.open_next_session(PEEK_LOCK, 0.0, 60.0) for _ in range(3)]
    assert [item.session.session_id for item in found if isinstance(item, Receiver) and item.session] == [
        "y",
        "z",
    ]
    assert isinstance(found[2], SessionWait)


def test_a_held_attach_is_granted_when_a_session_gets_messages_or_becomes_free() -> None:
    orders = queue()
    namespace = orders.context
    first = orders.open_next_session(PEEK_LOCK, 0.0, 60.0)
    second = orders.open_next_session(PEEK_LOCK, 0.0, 60.0)
    send(orders, "a", "1", now_s=1.0)
    (granted,) = namespace.pop_events()
    assert isinstance(granted, SessionGranted)
    assert granted.wait is first
    receive(granted.receiver, 1, 1.0)
    granted.receiver.close(2.0)
    (granted,) = namespace.pop_events()
    assert isinstance(granted, SessionGranted)
    assert granted.wait is second


def test_a_held_attach_ends_at_its_deadline_even_when_the_clock_jumps() -> None:
    orders = queue()
    wait = orders.open_next_session(PEEK_LOCK, 0.0, 60.0)
    cancelled = orders.open_next_session(PEEK_LOCK, 0.0, 60.0)
    assert isinstance(cancelled, SessionWait)
    cancelled.cancel()
    orders.context.advance(59.0)
    assert orders.context.pop_events() == []
    orders.context.advance(500.0)
    (ended,) = orders.context.pop_events()
    assert isinstance(ended, SessionWaitEnded)
    assert ended.wait is wait
    assert isinstance(ended.error, ServiceTimeout)


def test_deleting_the_entity_ends_held_attaches() -> None:
    orders = queue()
    orders.open_next_session(PEEK_LOCK, 0.0, 60.0)
    orders.context.delete_queue("orders", 1.0)
    ended, *rest = orders.context.pop_events()
    assert isinstance(ended, SessionWaitEnded)
    assert isinstance(ended.error, EntityNotFound)
    assert all(isinstance(event, EntityEnded) for event in rest)


def test_an_expired_session_lock_counts_a_failure_and_loses_everything() -> None:
    orders = queue()
    send(orders, "a", "1", "2")
    reader = orders.open_session("a", PEEK_LOCK, 0.0)
    one, two = receive(reader, 2)
    held = one.lock_token
    assert held is not None
    orders.context.advance(30.0)
    (lost,) = orders.context.pop_events()
    assert isinstance(lost, SessionLost)
    assert lost.receiver is reader
    with pytest.raises(SessionLockLost):
        reader.complete(held, 30.0)
    for call in (
        lambda: orders.renew_session_lock("a", 30.0),
        lambda: orders.session_state("a", 30.0),
        lambda: orders.set_session_state("a", b"x", 30.0),
    ):
        with pytest.raises(SessionLockLost):
            call()
    again = receive(orders.open_session("a", PEEK_LOCK, 31.0), 5, 31.0)
    assert [(m.delivery_count, m.content.body) for m in again] == [(1, "1"), (1, "2")]  # type: ignore[attr-defined]
    assert two.delivery_count == 1


def test_closing_with_unsettled_messages_counts_nothing() -> None:
    orders = queue()
    send(orders, "a", "1")
    reader = orders.open_session("a", PEEK_LOCK, 0.0)
    receive(reader, 1)
    reader.close(1.0)
    (again,) = receive(orders.open_session("a", PEEK_LOCK, 1.0), 1, 1.0)
    assert again.delivery_count == 0


def test_an_abandoned_message_is_served_next() -> None:
    orders = queue()
    send(orders, "a", "1", "2")
    reader = orders.open_session("a", PEEK_LOCK, 0.0)
    (one,) = receive(reader, 1)
    assert one.lock_token is not None
    reader.settle(Outcome.ABANDON, one.lock_token, 0.0)
    assert texts(receive(reader, 2)) == ["1", "2"]


def test_renewing_keeps_the_session_and_its_messages() -> None:
    orders = queue()
    send(orders, "a", "1")
    reader = orders.open_session("a", PEEK_LOCK, 0.0)
    (one,) = receive(reader, 1)
    assert orders.renew_session_lock("a", 20.0, receiver=reader) == 50.0
    assert one.locked_until_s == 50.0
    assert one.lock_token is not None
    reader.complete(one.lock_token, 49.0)
    with pytest.raises(NotAllowed):
        orders.renew_locks([b"x" * 16], 49.0)


def test_state_survives_the_session_being_empty_and_free() -> None:
    orders = queue()
    reader = orders.open_session("a", PEEK_LOCK, 0.0)
    assert orders.session_state("a", 0.0) is None
    orders.set_session_state("a", b"half done", 5.0)
    reader.close(6.0)
    assert orders.list_sessions(4.0, 0, 10) == ["a"]
    assert orders.list_sessions(5.0, 0, 10) == []
    reader = orders.open_session("a", PEEK_LOCK, 7.0)
    assert orders.session_state("a", 7.0) == b"half done"
    orders.set_session_state("a", None, 8.0)
    reader.close(8.0)
    assert orders.sessions is not None
    assert orders.sessions.sessions == {}  # nothing is kept of a session without messages and state


def test_sessions_with_messages_are_listed_in_pages() -> None:
    orders = queue()
    for session_id in ("c", "a", "b"):
        send(orders, session_id, "1")
    assert orders.list_sessions(None, 0, 2) == ["a", "b"]
    assert orders.list_sessions(None, 2, 2) == ["c"]


def test_deferred_messages_need_the_session() -> None:
    orders = queue()
    send(orders, "a", "1")
    reader = orders.open_session("a", PEEK_LOCK, 0.0)
    (one,) = receive(reader, 1)
    assert one.lock_token is not None
    reader.settle(Outcome.DEFER, one.lock_token, 0.0)
    orders.open_session("b", PEEK_LOCK, 0.0)
    with pytest.raises(MessageNotFound):
        orders.receive_deferred([1], PEEK_LOCK, 0.0, session_id="b")
    with pytest.raises(SessionLockLost):
        orders.receive_deferred([1], PEEK_LOCK, 0.0, session_id="c")
    (one,) = orders.receive_deferred([1], PEEK_LOCK, 0.0, session_id="a")
    assert one.lock_token is not None
    reader.complete(one.lock_token, 0.0)


def test_peek_and_batch_delete_of_one_session() -> None:
    orders = queue()
    send(orders, "a", "1", "2")
    send(orders, "b", "3")
    assert texts(orders.peek(0, 9, 0.0, session_id="a")) == ["1", "2"]
    assert orders.batch_delete(10, 1.0, 1.0, session_id="a") == 2
    assert orders.list_sessions(None, 0, 9) == ["b"]
    found = orders.open_next_session(PEEK_LOCK, 1.0, 60.0)
    assert isinstance(found, Receiver)
    assert found.session is not None
    assert found.session.session_id == "b"


def test_a_session_with_only_a_state_is_listed_and_no_bytes_clear_it() -> None:
    orders = queue()
    orders.open_session("kept", PEEK_LOCK, 0.0)
    orders.set_session_state("kept", b"x", 0.0)
    assert orders.list_sessions(None, 0, 9) == ["kept"]
    orders.set_session_state("kept", b"", 1.0)
    assert orders.session_state("kept", 1.0) is None
    assert orders.list_sessions(None, 0, 9) == []
    assert orders.list_sessions(0.0, 0, 9) == []
