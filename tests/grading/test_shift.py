"""Workers that are slow between a delivery and their work: a check waits for what they have in their hands."""

import threading
from collections.abc import Iterable
from typing import Any

import pytest

from mqcourse.grading import manifest, run
from mqcourse.grading.brokers.shift import Shift, Step
from mqcourse.grading.brokers.wire import Did
from mqcourse.grading.history import Event, History, Kind
from mqcourse.grading.submission import Submission
from mqcourse.grading.trial import QUIET_S, STUCK_S, GuaranteesBroken

SLOW_S = 2.5
SLOW = f"""
import time
def NAME(queue, handle):
    connection = pika.BlockingConnection(pika.URLParameters(at.rabbitmq_url))
    channel = connection.channel()
    channel.basic_qos(prefetch_count=1)
    for method, properties, body in channel.consume(queue):
        if channel.queue_declare(queue, passive=True).method.message_count == 0:
            time.sleep({SLOW_S})  # the last message, and no other waits
        handle(body)
        channel.basic_ack(method.delivery_tag)
"""


@pytest.mark.stack
@pytest.mark.usefixtures("stack")
@pytest.mark.parametrize(("exercise", "name"), [("acknowledge", "work"), ("fair", "work_fairly")])
def test_a_message_that_a_worker_has_and_has_not_begun_is_waited_for(exercise: str, name: str) -> None:
    assert QUIET_S < SLOW_S < STUCK_S
    lab = manifest.find("rabbitmq_work_queue")
    report = run.grade_submission(Submission(lab, {exercise: SLOW.replace("NAME", name)}, {}))
    [verdict] = [each for each in report.verdicts if each.exercise.id == exercise]
    assert verdict.breaches == (), verdict.traces


def test_an_acknowledgement_that_the_broker_did_not_hear_is_not_held_against_the_worker() -> None:
    """On a busy machine the connection of a killed worker can end before the broker has read all that was sent."""

    class Broker:
        def wait_ready(self, _queue: str, _count: int) -> int:
            return 3

        def look(self, _queue: str) -> list[int]:
            return [3, 4, 5]

    class Seen:
        def numbers(self, _did: Did) -> set[int]:
            return {1, 2, 3, 4}

        def hold(self, _when: object) -> None: ...

        def saw(self, _what: str, _text: str) -> None: ...

    seen: Any = Seen()
    broker: Any = Broker()
    shift = Shift(broker, seen, seen, ["queue"])
    assert shift.still_held("queue", {1, 2, 3, 4, 5}) == {3, 4, 5}
    assert shift.unheard == {3, 4}


class Late(threading.Event):
    """The connection is cut, and the check hears of it only after it has looked at the worker."""

    def __init__(self, *, cut: bool) -> None:
        super().__init__()
        self._cut = cut

    def wait(self, timeout: float | None = None) -> bool:
        if self.is_set():
            return True
        if self._cut:
            self.set()
        return False


class Worker:
    name, running = "worker", True


class Killed:
    """A trial and a wire: message 6 is done, message 7 is begun."""

    patience, used = 0.0, True

    def __init__(self, withheld: Iterable[int], *, cut: bool) -> None:
        self.seen = {Did.ACKNOWLEDGED: {5}, Did.WITHHELD: {*withheld}}
        self.was_cut = Late(cut=cut)
        self.history = History(
            (
                Event(Kind.STARTED, "worker", 6),
                Event(Kind.FINISHED, "worker", 6),
                Event(Kind.STARTED, "worker", 7),
            )
        )

    def numbers(self, did: Did) -> set[int]:
        return self.seen[did]

    def hold(self, _when: object) -> None: ...

    def settle(self) -> None: ...

    def cut(self, _where: object) -> None: ...

    def release(self, _worker: str, _message: int) -> None: ...

    def kill(self, _worker: object) -> None: ...


def test_an_acknowledgement_that_is_cut_off_while_the_worker_is_looked_at_was_sent() -> None:
    seen: Any = Killed([6], cut=True)
    worker: Any = Worker()
    Shift(seen, seen, seen, ["queue"]).kill(worker, 6, Step.WORK_ACKNOWLEDGEMENT)


@pytest.mark.parametrize("earlier", [[], [6]], ids=["none", "of an earlier worker"])
def test_a_worker_that_begins_the_next_message_without_an_acknowledgement_is_accused(
    earlier: list[int],
) -> None:
    seen: Any = Killed(earlier, cut=False)
    worker: Any = Worker()
    with pytest.raises(GuaranteesBroken):
        Shift(seen, seen, seen, ["queue"]).kill(worker, 6, Step.WORK_ACKNOWLEDGEMENT)
