"""Workers on RabbitMQ queues, led through their work message by message and killed between any two steps of it."""

import time
from collections.abc import Sequence, Set
from enum import StrEnum

from mqcourse.grading import guarantees
from mqcourse.grading.brokers.rabbitmq import CheckRabbitMQ
from mqcourse.grading.brokers.wire import Cut, Did, Wire
from mqcourse.grading.guarantees import Breach, Guarantee
from mqcourse.grading.history import History, Kind
from mqcourse.grading.program import Program
from mqcourse.grading.trial import GuaranteesBroken, Trial

LATE_S = 3.0
"""So long an acknowledgement may be on its way, from one thread of a worker to another one."""

ANOTHER_S = 0.3
"""So long a worker that is busy is watched for a second message that it begins."""

ACKNOWLEDGES_S = 6.0
"""After so long a message whose work is done will not be acknowledged any more."""

IDLE_S = 1.5
"""So long a worker with nothing to do is watched, whether it ends by itself."""


class Step(StrEnum):
    """Where a worker is killed."""

    WORK = "in the middle of the work"
    WORK_ACKNOWLEDGEMENT = "between the work and the acknowledgement"
    ACKNOWLEDGED = "after the acknowledgement"


class Shift:
    """The workers of one trial, on some queues. All their work is held, and released one message after the other.

    GuaranteesBroken, with what broke, as soon as the broker has seen something that must not be: an acknowledgement before the
    work was done, a missing one when the next message is begun, or two messages begun at once.
    """

    def __init__(
        self, broker: CheckRabbitMQ, trial: Trial, wire: Wire, queues: Sequence[str], word: str = "message"
    ) -> None:
        self._broker, self._trial, self._wire, self._queues, self._word = broker, trial, wire, queues, word
        self.unheard: set[int] = set()
        """Messages that were acknowledged and are in the queue again: the connection ended before the broker had heard
        it. No worker can prevent that they are processed twice."""
        trial.hold(lambda _worker, _message: True)

    def drive(self, worker: Program, *, to: int | None = None, all_of: Set[int] = frozenset()) -> bool:
        """Let the worker work on until it has begun `to`, which stays unfinished. False if it does not get there.

        Without `to`, until everything in `all_of` is finished.
        """
        while True:
            if not self._trial.wait_quiet(
                lambda seen: (
                    worker.name in seen.open_work()
                    or (to is None and all_of <= set(seen.messages(Kind.FINISHED)))
                ),
                self.nothing_left,
            ):
                return False
            held = self._trial.history.open_work().get(worker.name, [])
            if not held:
                return True
            self.inspect(worker, held)
            if to in held:
                return True
            self._trial.release(worker.name, held[0])

    def nothing_left(self, apart: Set[int] = frozenset()) -> bool:
        """Whether no work can begin any more: the queues are empty, and each delivery that is in hand was begun.

        A slow worker has a message for a while before it begins on it. `apart`: messages that a busy worker keeps.
        """
        if any(self._broker.ready(queue) for queue in self._queues):
            return False
        history = self._trial.history
        killed = {event.worker for event in history if event.kind is Kind.KILLED}
        begun = {
            event.message
            for event in history
            if event.kind in (Kind.STARTED, Kind.FINISHED) and event.worker not in killed
        }
        return begun.union(apart).issuperset(self._wire.held())

    def inspect(self, worker: Program, held: Sequence[int]) -> None:
        """Compare what the worker holds with what was reported to the broker. GuaranteesBroken when they do not fit."""
        if not self._wire.used:
            raise GuaranteesBroken(
                [
                    Breach(
                        Guarantee.RUNS,
                        f"{worker.name} has no connection to at.rabbitmq_url, the address of the first cell, where the check watches",
                    )
                ]
            )
        self._wire.settle()
        finished = self._trial.history.messages(Kind.FINISHED)
        acknowledged = self._wire.numbers(Did.ACKNOWLEDGED)
        early = [n for n in held if n not in finished and n in acknowledged and not self._wire.unsettled(n)]
        if early:
            raise GuaranteesBroken(
                [
                    Breach(
                        Guarantee.ACKNOWLEDGED_LATE,
                        f"{self._word} {n} was acknowledged too early: RabbitMQ had the acknowledgement while "
                        f"{worker.name} still worked on {self._word} {n}",
                    )
                    for n in early
                ]
            )
        if len(held) > 1:
            raise GuaranteesBroken(
                [
                    Breach(
                        Guarantee.ONCE,
                        f"{worker.name} began {self._word} {held[1]} while it still worked on {self._word} {held[0]}: "
                        "a kill now would cost the work on both",
                    )
                ]
            )
        if late := self._late(worker, LATE_S):
            raise GuaranteesBroken(
                [
                    Breach(
                        Guarantee.ONCE,
                        f"{self._word} {n} would be processed twice if {worker.name} were killed now: it is done, "
                        f"and {worker.name} has begun {self._word} {held[0]} without having acknowledged it",
                    )
                    for n in late
                ]
            )

    def kill(self, worker: Program, message: int, step: Step) -> None:
        """kill -9 of a worker that works on `message`, at that step of its work on it."""
        if step is Step.WORK:
            self._trial.wait(
                lambda seen: len(seen.open_work().get(worker.name, ())) > 1, deadline_s=ANOTHER_S
            )
            self.inspect(worker, self._trial.history.open_work().get(worker.name, ()))
        else:
            where = Cut.BEFORE if step is Step.WORK_ACKNOWLEDGEMENT else Cut.AFTER
            self._wire.cut(lambda act: where if act.number == message else None)
            self._trial.release(worker.name, message)
            self._await_cut(worker, message)
        self._trial.kill(worker)
        self._wire.cut(lambda _act: None)

    def goes_on(self, worker: Program) -> list[Breach]:
        """Whether a worker that finds nothing to do goes on waiting."""
        self._trial.wait(lambda _seen: not worker.running, deadline_s=IDLE_S)
        if worker.running:
            return []
        what = f"{worker.name} had ended by itself when there was nothing to do: the next {self._word} finds no worker"
        return [Breach(Guarantee.NOT_LOST, what)]

    def end(self, worker: Program) -> list[Breach]:
        """Kill a worker that has nothing left to do: what it has done must be acknowledged."""
        late = self._late(worker, LATE_S)
        self._trial.kill(worker)
        for queue in self._queues:
            self._broker.wait_unused(queue)
        return [
            Breach(
                Guarantee.ONCE,
                f"{self._word} {n} would be processed twice: its work was done, and it was never acknowledged",
            )
            for n in late
        ]

    def still_held(self, queue: str, sent: Set[int]) -> set[int]:
        """What the broker still holds of `sent`, asked when every worker is dead."""
        acknowledged = self._wire.numbers(Did.ACKNOWLEDGED)
        expected = sent - acknowledged
        ready = self._broker.wait_ready(queue, len(expected))
        self._trial.saw("the queue", f"{ready} messages, {len(sent - expected)} acknowledged")
        if ready == len(expected):
            return set(expected)
        held = set(self._broker.look(queue))
        self.unheard |= held & acknowledged
        return held

    def acknowledged_early(self, worker: Program, queue: str, sent: Set[int]) -> list[Breach]:
        """What the worker, killed just now and alone on the queue, held and the broker does not have."""
        cut_off = {n for n, who in guarantees.interrupted(self._trial.history).items() if who == worker.name}
        gone = cut_off - self.still_held(queue, sent)
        return guarantees.acknowledged_early(self._trial.history, gone=gone, word=self._word)

    def _late(self, worker: Program, patience_s: float) -> list[int]:
        """What the worker has finished and, after some waiting, not acknowledged.

        An acknowledgement that this kill withholds from the broker was sent, perhaps while the worker is looked at.
        """
        end_s = time.monotonic() + patience_s * self._trial.patience
        while True:
            self._wire.settle()
            mine = set(self._trial.history.messages(Kind.FINISHED, worker.name))
            withheld = self._wire.numbers(Did.WITHHELD) if self._wire.was_cut.is_set() else set()
            late = sorted(mine - self._wire.numbers(Did.ACKNOWLEDGED) - withheld)
            if not late or time.monotonic() > end_s:
                return late
            time.sleep(0.02)

    def _await_cut(self, worker: Program, message: int) -> None:
        end_s = time.monotonic() + ACKNOWLEDGES_S * self._trial.patience
        while not self._wire.was_cut.wait(0.05):
            over = time.monotonic() > end_s or not worker.running
            held = self._trial.history.open_work().get(worker.name, ())
            if held:
                self.inspect(worker, held)
            self._wire.settle()
            if over and not self._wire.was_cut.is_set():
                raise GuaranteesBroken(
                    [
                        Breach(
                            Guarantee.ONCE,
                            f"{self._word} {message} would be processed twice: its work was done, "
                            "and it was not acknowledged",
                        )
                    ]
                )


def never_began(
    worker: Program, point: int, seen: History, held: Set[int], *, word: str = "message"
) -> list[Breach]:
    """A worker was idle before it began a message. No work can be interrupted, so only that is judged."""
    return guarantees.passed_over(seen, held=held, word=word) or [
        Breach(
            Guarantee.NOT_LOST,
            f"{word} {point} was not processed: {worker.name} never began to work on it",
        )
    ]
