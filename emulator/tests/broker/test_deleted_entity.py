"""A deleted entity's timers are forgotten: the clock passes them without waking it again and again."""

from servicebus_emulator.broker.description import QueueDescription
from servicebus_emulator.broker.message import ReceiveMode
from servicebus_emulator.broker.namespace import Namespace

from ..plain_content import PlainContent


def test_time_passes_the_locks_and_schedules_of_a_deleted_queue() -> None:
    namespace = Namespace("n")
    queue = namespace.create_queue(QueueDescription("q", lock_duration_s=5), 0.0)
    receiver = queue.open_receiver(ReceiveMode.PEEK_LOCK, 0.0)
    queue.send([PlainContent("a", time_to_live_s=7), PlainContent("b", scheduled_enqueue_s=9)], 0.0)
    receiver.add_credit(1, 0.0)
    namespace.delete_queue("q", 1.0)
    namespace.advance(100.0)
    assert namespace.next_due_s() is None
