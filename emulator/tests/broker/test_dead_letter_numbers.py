"""A dead letter keeps its sequence number, in whatever order the messages die."""

from servicebus_emulator.broker.description import QueueDescription
from servicebus_emulator.broker.message import Outcome, ReceiveMode
from servicebus_emulator.broker.namespace import Namespace
from servicebus_emulator.broker.queue import Queue

from ..plain_content import PlainContent


def dead(queue: Queue) -> list[tuple[int, int]]:
    assert queue.dead_letter_queue is not None
    return [
        (message.sequence_number, message.enqueued_sequence_number)
        for message in queue.dead_letter_queue.peek(0, 99, 0.0)
    ]


def test_numbers_are_kept_and_ordered() -> None:
    orders = Namespace("test").create_queue(QueueDescription("q"), 0.0)
    orders.send([PlainContent(str(number)) for number in range(1, 6)], 0.0)
    reader = orders.open_receiver(ReceiveMode.PEEK_LOCK, 0.0)
    reader.add_credit(5, 0.0)
    by_number = {message.sequence_number: token for token, message in reader.held.items()}
    for number in (4, 2, 5):
        reader.settle(Outcome.DEAD_LETTER, by_number[number], 0.0)
        assert dead(orders) == sorted(dead(orders))
    assert dead(orders) == [(2, 2), (4, 4), (5, 5)]
    dead_letters = orders.dead_letter_queue
    assert dead_letters is not None
    assert [message.sequence_number for message in dead_letters.peek(3, 99, 0.0)] == [4, 5]
    reader = dead_letters.open_receiver(ReceiveMode.PEEK_LOCK, 0.0)
    reader.add_credit(9, 0.0)
    assert sorted(message.sequence_number for message in reader.held.values()) == [2, 4, 5]


def test_a_forwarded_message_has_its_new_number_in_the_dead_letters_and_keeps_the_first() -> None:
    namespace = Namespace("test")
    target = namespace.create_queue(QueueDescription("to", max_delivery_count=1), 0.0)
    source = namespace.create_queue(QueueDescription("from", forward_to="to"), 0.0)
    target.send([PlainContent("own")], 0.0)
    for _ in range(3):
        source.send([PlainContent("x")], 0.0)
    reader = target.open_receiver(ReceiveMode.PEEK_LOCK, 0.0)
    reader.add_credit(9, 0.0)
    for token in list(reader.held):
        reader.settle(Outcome.ABANDON, token, 0.0)
    assert dead(target) == [(1, 1), (2, 1), (3, 2), (4, 3)]
