"""Transactions over the wire: declared, carried by transfers and dispositions, discharged or abandoned."""

import pytest

from servicebus_emulator.amqp.message import build
from servicebus_emulator.amqp.performatives import (
    SENDER,
    Accepted,
    AmqpError,
    Coordinator,
    Declared,
    Rejected,
    TransactionalState,
)
from servicebus_emulator.amqp.types import Described, Symbol, ULong

from .in_memory_client import World


class Transacting:
    def __init__(self):
        self.world = World()
        self.client = self.world.client()
        self.control = self.client.attach(SENDER, None, target=Coordinator())
        self.sender = self.client.attach(SENDER, "q")
        self.receiver = self.client.receiver("q")

    def declare(self):
        answer = self.client.send_encoded(self.control, build(value=Described(ULong(0x31), [None])))
        assert isinstance(answer, Declared)
        return answer.txn_id

    def discharge(self, txn_id, *, fail=False):
        return self.client.send_encoded(self.control, build(value=Described(ULong(0x32), [txn_id, fail])))

    def take(self):
        before = len(self.client.received(self.receiver))
        self.receiver.grant(1)
        self.world.run()
        received = self.client.received(self.receiver)[before:]
        self.receiver.grant(0)
        self.world.run()
        return received[0].delivery_id if received else None


@pytest.fixture
def tx():
    return Transacting()


def test_commit_makes_posts_and_settlements_happen_together(tx):
    tx.client.send(tx.sender, b"old")
    number = tx.take()
    txn_id = tx.declare()
    state = TransactionalState(txn_id)
    assert tx.client.send(tx.sender, b"new", state=state) == TransactionalState(txn_id, Accepted())
    done = TransactionalState(txn_id, Accepted())
    assert tx.client.settle(number, done) == done
    assert tx.take() is None
    assert tx.discharge(txn_id) == Accepted()
    assert tx.take() is not None
    assert tx.world.broker.queue("q").active_count == 1


def test_after_a_rollback_the_message_is_still_locked_and_can_be_settled_on_the_same_link(tx):
    tx.client.send(tx.sender)
    number = tx.take()
    txn_id = tx.declare()
    tx.client.send(tx.sender, b"never", state=TransactionalState(txn_id))
    tx.client.settle(number, TransactionalState(txn_id, Accepted()))
    assert tx.discharge(txn_id, fail=True) == Accepted()
    assert tx.take() is None
    assert tx.client.settle(number, Accepted()) == Accepted()
    assert tx.world.broker.queue("q").active_count == 0


def test_dead_lettering_takes_part_and_its_confirmation_is_no_error(tx):
    tx.client.send(tx.sender)
    number = tx.take()
    txn_id = tx.declare()
    why = AmqpError("com.microsoft:dead-letter", "why", {"DeadLetterReason": "broken"})
    answer = tx.client.settle(number, TransactionalState(txn_id, Rejected(why)))
    assert answer == TransactionalState(txn_id, Rejected())
    assert tx.discharge(txn_id) == Accepted()
    queue = tx.world.broker.queue("q")
    assert (queue.active_count, queue.dead_letter_queue.active_count) == (0, 1)


def test_a_control_link_that_closes_rolls_back(tx):
    txn_id = tx.declare()
    tx.client.send(tx.sender, state=TransactionalState(txn_id))
    tx.control.detach()
    tx.world.run()
    assert tx.take() is None
    assert (
        tx.client.send(tx.sender, state=TransactionalState(txn_id)).error.condition
        == "amqp:transaction:unknown-id"
    )


def test_a_transaction_that_takes_too_long_is_rolled_back(tx):
    txn_id = tx.declare()
    tx.client.send(tx.sender, state=TransactionalState(txn_id))
    tx.world.pass_time(121)
    assert tx.discharge(txn_id).error.condition == "amqp:transaction:unknown-id"
    assert tx.world.broker.queue("q").active_count == 0


@pytest.mark.parametrize(
    "body", [Described(ULong(0x32), [b"nobody", False]), "declare", Described(ULong(0x31), [1, 2, 3])]
)
def test_nonsense_to_the_coordinator_is_rejected(tx, body):
    assert tx.client.send_encoded(tx.control, build(value=body)).error is not None
    assert isinstance(tx.declare(), bytes)


def test_scheduling_takes_part(tx):
    txn_id = tx.declare()
    later = build(body=b"x", properties={0: "id"})
    status, answer = tx.client.manage(
        "q",
        "schedule-message",
        {"messages": [{"message": later, "message-id": "id"}]},
        state=TransactionalState(txn_id),
    )
    assert (status, len(answer["sequence-numbers"].items)) == (200, 1)
    assert tx.world.broker.queue("q").active_count == 0
    assert tx.discharge(txn_id) == Accepted()
    assert tx.world.broker.queue("q").active_count == 1


def test_send_via_puts_a_message_elsewhere_within_one_entitys_transaction(tx):
    given = {Symbol("com.microsoft:transfer-destination-address"): "p"}
    via = tx.client.attach(SENDER, "q", properties=given)
    tx.client.send(tx.sender, b"order")
    number = tx.take()
    txn_id = tx.declare()
    tx.client.settle(number, TransactionalState(txn_id, Accepted()))
    tx.client.send(via, b"bill", state=TransactionalState(txn_id))
    assert tx.world.broker.queue("p").active_count == 0
    assert tx.discharge(txn_id) == Accepted()
    assert (tx.world.broker.queue("q").active_count, tx.world.broker.queue("p").active_count) == (0, 1)


def test_a_session_for_transactions_across_entities_reads_no_second_one(tx):
    """Azure/azure-sdk-for-net issue 34997: also outside a transaction, also by peeking."""
    second = tx.client.receiver("p")
    assert tx.client.refusal(second) == "amqp:not-allowed"
    assert tx.client.manage("p", "peek-message", {"from-sequence-number": 1, "message-count": 1}) == (
        400,
        "amqp:not-allowed",
    )
    assert tx.client.receiver("q/$DeadLetterQueue").attached
    other = tx.world.client()
    assert other.receiver("p").attached


def test_a_refused_link_is_not_what_a_session_began_with():
    client = World().client()
    client.attach(SENDER, None, target=Coordinator())
    assert client.refusal(client.receiver("s")) == "amqp:not-allowed"  # it has sessions
    assert client.receiver("q").attached
    assert client.refusal(client.receiver("p")) == "amqp:not-allowed"


def test_what_a_session_began_with_is_what_others_are_sent_through(tx):
    """Also when the send to the second entity is the transaction's first operation."""
    tx.client.send(tx.sender, b"order")
    number = tx.take()
    elsewhere = tx.client.attach(SENDER, "p")
    txn_id = tx.declare()
    done = TransactionalState(txn_id, Accepted())
    assert tx.client.send(elsewhere, b"bill", state=TransactionalState(txn_id)) == done
    assert tx.client.settle(number, done) == done
    assert tx.discharge(txn_id) == Accepted()
    assert [tx.world.broker.queue(name).active_count for name in ("q", "p")] == [0, 1]


@pytest.mark.parametrize("coordinators", [1, 2, 3])
def test_every_coordinator_of_a_session_that_began_with_one_may_cross_entities(coordinators):
    """.NET opens one with the session and declares on a second one, opened when the first entity is in use."""
    client = World().client()
    controls = [client.attach(SENDER, None, target=Coordinator())]
    sender = client.attach(SENDER, "q")
    controls += [client.attach(SENDER, None, target=Coordinator()) for _ in range(coordinators - 1)]
    elsewhere = client.attach(SENDER, "p")
    txn_id = client.send_encoded(controls[-1], build(value=Described(ULong(0x31), [None]))).txn_id
    for each in (sender, elsewhere):
        answer = client.send(each, state=TransactionalState(txn_id))
        assert answer == TransactionalState(txn_id, Accepted())
    assert client.send_encoded(controls[-1], build(value=Described(ULong(0x32), [txn_id]))) == Accepted()
    assert [client.world.broker.queue(name).active_count for name in ("q", "p")] == [1, 1]


def test_a_session_keeps_what_it_began_with_when_a_coordinator_closes():
    client = World().client()
    first = client.attach(SENDER, None, target=Coordinator())
    assert client.receiver("q").attached
    first.detach()
    client.world.run()
    assert client.refusal(client.receiver("p")) == "amqp:not-allowed"


def test_a_coordinator_after_an_entitys_link_does_not_cross_entities():
    client = World().client()
    sender, elsewhere = client.attach(SENDER, "q"), client.attach(SENDER, "p")
    control = client.attach(SENDER, None, target=Coordinator())
    txn_id = client.send_encoded(control, build(value=Described(ULong(0x31), [None]))).txn_id
    assert client.send(sender, state=TransactionalState(txn_id)) == TransactionalState(txn_id, Accepted())
    assert client.send(elsewhere, state=TransactionalState(txn_id)).error.condition == "amqp:not-allowed"
