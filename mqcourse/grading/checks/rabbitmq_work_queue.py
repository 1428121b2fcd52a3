"""Checks of the lab rabbitmq_work_queue."""

from collections.abc import Sequence, Set
from typing import Any

from mqcourse.grading import guarantees
from mqcourse.grading.checks.rabbitmq import Desk
from mqcourse.grading.guarantees import Breach, Guarantee
from mqcourse.grading.history import History, Kind
from mqcourse.grading.trial import STUCK_S, Answer, Program, Refusal, Trial

IDLE_S = 0.8
"""After so long without work a worker has acknowledged what it wants to acknowledge."""


def acknowledge(answer: Answer) -> Sequence[Breach]:
    """Worker A is killed while it works on message 4; worker B gets what is left."""
    sent = range(1, 9)
    with Desk() as desk, Trial(answer, desk.number_of) as trial:
        queue = desk.declare("acknowledge")
        desk.publish(queue, sent)
        trial.hold(lambda worker, message: worker == "worker A" and message == 4)
        first = trial.start("worker A", "work", queue=queue, handle="@handle")
        if not trial.wait_quiet(
            lambda seen: 4 in seen.messages(Kind.STARTED), lambda: desk.ready(queue) == 0
        ):
            return _never_came(sent, trial.history)
        trial.kill(first)
        second = trial.start("worker B", "work", queue=queue, handle="@handle")
        trial.wait_quiet(lambda seen: _all(sent, seen), lambda: desk.ready(queue) == 0)
        back = _came_back(desk, trial, second, queue)
        seen = trial.history
    finished = seen.messages(Kind.FINISHED)
    early = guarantees.acknowledged_early(seen)
    interrupted = guarantees.interrupted(seen)
    # Message 3 was acknowledged a moment before the kill: at least once allows that the broker had not read it yet.
    return [
        *early,
        *guarantees.lost(
            set(sent) - set(interrupted),
            finished,
            why="was lost: the killed worker had it, and nobody got it again",
        ),
        *guarantees.duplicated(finished, allowed={3, 4}),
        *back,
        *guarantees.unasked(sent, finished),
    ]


def fair(answer: Answer) -> Sequence[Breach]:
    """Worker A works long on its first message; worker B, started later, must get all the others meanwhile."""
    sent = range(1, 9)
    with Desk() as desk, Trial(answer, desk.number_of) as trial:
        queue = desk.declare("fair")
        desk.publish(queue, sent)
        trial.hold(lambda worker, _message: worker == "worker A")
        trial.start("worker A", "work_fairly", queue=queue, handle="@handle")
        if not trial.wait_quiet(lambda seen: bool(seen.messages(Kind.STARTED, "worker A")), quiet_s=STUCK_S):
            return guarantees.lost(sent, ())
        held = trial.history.messages(Kind.STARTED, "worker A")[0]
        others = set(sent) - {held}
        trial.start("worker B", "work_fairly", queue=queue, handle="@handle")
        trial.wait_quiet(lambda seen: _all(others, seen), lambda: desk.ready(queue) == 0)
        waiting = others - set(trial.history.messages(Kind.STARTED))
        hoarded = (
            guarantees.unfair(waiting, behind=held, busy="worker A", idle="worker B")
            if desk.ready(queue) == 0
            else []
        )
        trial.hold(lambda _worker, _message: False)
        for worker, messages in trial.history.open_work().items():
            for message in messages:
                trial.release(worker, message)
        if not waiting:
            trial.wait_quiet(lambda seen: _all(sent, seen), lambda: desk.ready(queue) == 0)
        finished = trial.history.messages(Kind.FINISHED)
    if hoarded:
        return hoarded
    return [
        *guarantees.lost(sent, finished, why="was never processed: the workers fetched no more messages"),
        *guarantees.duplicated(finished),
        *guarantees.unasked(sent, finished),
    ]


def poison(answer: Answer) -> Sequence[Breach]:
    """Message 3 fails each time, message 5 only the first time."""
    sent = range(1, 7)
    good = set(sent) - {3}
    most = 4
    with Desk() as desk, Trial(answer, desk.number_of) as trial:
        queue, dead_letters = desk.name("poison"), desk.name("poison.dead")
        trial.result(
            trial.start(
                "declare_with_dead_letters()",
                "declare_with_dead_letters",
                queue=queue,
                dead_letters=dead_letters,
            )
        )
        if desk.ready(queue) is None:
            return [
                Breach(
                    Guarantee.NOT_LOST,
                    "message 1 was lost: declare_with_dead_letters() left no queue it could go to",
                )
            ]
        desk.publish(queue, sent)
        trial.fail(lambda message, tried: message == 3 or (message == 5 and tried == 1))
        worker = trial.start("worker A", "work_with_retries", queue=queue, handle="@handle")

        def settled(seen: History) -> bool:
            tried = seen.messages(Kind.STARTED).count(3)
            return tried > most * 3 or (_all(good, seen) and bool(desk.ready(dead_letters)))

        trial.wait_quiet(settled, lambda: desk.ready(queue) == 0)
        back = _came_back(desk, trial, worker, queue, known={3})
        seen = trial.history
        dead = {number for number, _ in desk.take_all(dead_letters)}
    finished = seen.messages(Kind.FINISHED)
    return [
        *guarantees.tries(seen, {3: (most, most), 5: (2, 2)}),
        *guarantees.lost(
            sent,
            dead.union(finished),
            why="was lost: it was neither processed nor set aside as a dead letter",
        ),
        *guarantees.duplicated(finished),
        *back,
        *guarantees.unasked({3}, dead - {5}, why="is among the dead letters although it did not fail"),
    ]


def once(answer: Answer) -> Sequence[Breach]:
    """Message 2 was sent twice with one message_id; worker A is killed while it works on message 4."""
    sent = range(1, 7)
    ids = {number: f"job-{number}" for number in sent}
    done: set[str] = set()
    with Desk() as desk, Trial(answer, desk.number_of) as trial:
        queue = desk.declare("once")
        desk.publish(queue, [*sent, 2], ids=ids)
        trial.offer("is_done", lambda message_id: str(message_id) in done)
        trial.offer("mark_done", lambda message_id: done.add(str(message_id)))
        trial.hold(lambda worker, message: worker == "worker A" and message == 4)
        verbs: dict[str, Any] = {"handle": "@handle", "is_done": "@is_done", "mark_done": "@mark_done"}
        first = trial.start("worker A", "work_once", queue=queue, **verbs)
        if not trial.wait_quiet(
            lambda seen: 4 in seen.messages(Kind.STARTED), lambda: desk.ready(queue) == 0
        ):
            return _never_came(sent, trial.history)
        trial.kill(first)
        second = trial.start("worker B", "work_once", queue=queue, **verbs)
        trial.wait_quiet(lambda seen: _all(sent, seen), lambda: desk.ready(queue) == 0)
        # The second copy of message 2 is the last in the queue: a worker that does not know it takes it now.
        back = _came_back(desk, trial, second, queue)
        seen = trial.history
    finished = seen.messages(Kind.FINISHED)
    return [
        *guarantees.lost(
            sent,
            finished,
            why="was lost: it was marked as done or acknowledged, but its work was never finished",
        ),
        *guarantees.duplicated(finished),
        *back,
        *guarantees.unasked(sent, finished),
    ]


def confirm(answer: Answer) -> Sequence[Breach]:
    """A queue that holds five messages and refuses more, and a queue that is not there."""
    sent, astray = range(1, 9), range(9, 11)
    with Desk() as desk, Trial(answer, desk.number_of) as trial:
        # A classic queue: it counts exactly to its limit (a quorum queue admits one more), and it can lose a
        # message that was not sent as persistent.
        full = desk.declare(
            "confirm", **{"x-queue-type": "classic", "x-max-length": 5, "x-overflow": "reject-publish"}
        )
        bodies = {number: desk.job(number) for number in (*sent, *astray)}
        one = trial.start("the publisher", "publish", queue=full, bodies=[bodies[n] for n in sent])
        two = trial.start(
            "the publisher", "publish", queue=desk.name("nowhere"), bodies=[bodies[n] for n in astray]
        )
        refused = {desk.number_of(body) for program in (one, two) for body in _bodies(trial.result(program))}
        stored = desk.take_all(full)
    there = [number for number, _ in stored]
    claimed = {*sent, *astray} - refused
    return [
        *guarantees.dishonest(claimed, there, sent),
        *guarantees.duplicated(there, word="message"),
        *(
            Breach(Guarantee.NOT_LOST, f"message {number} was not stored although the queue had room")
            for number in list(sent)[: 5 - len(set(there))]
            if number not in there and not claimed - set(there)
        ),
        *(
            Breach(
                Guarantee.DURABLE,
                f"message {number} would not survive a restart of the broker: its delivery_mode is {properties.delivery_mode}",
            )
            for number, properties in stored
            if properties.delivery_mode != 2
        ),
    ]


def _never_came(sent: range, seen: History) -> list[Breach]:
    """Worker A was idle before it came to message 4: there is nothing to interrupt, so nothing to judge but that."""
    return guarantees.lost(sent, seen.messages(Kind.FINISHED)) or [
        Breach(Guarantee.RUNS, "worker A never began to work on message 4")
    ]


def _came_back(
    desk: Desk, trial: Trial, worker: Program, queue: str, known: Set[int] = frozenset()
) -> list[Breach]:
    """Messages whose work was done, but that are in the queue again once their worker, idle by now, is killed."""
    trial.wait_quiet(
        lambda seen: bool(guarantees.duplicated(seen.messages(Kind.FINISHED), allowed={3, 4})),
        quiet_s=IDLE_S,
        deadline_s=4,
    )
    trial.kill(worker)
    desk.wait_unused(queue)
    finished = set(trial.history.messages(Kind.FINISHED))
    return [
        Breach(
            Guarantee.ONCE,
            f"message {number} would be processed twice: it was in the queue again although its work was done",
        )
        for number, _ in desk.take_all(queue)
        if number in finished - known
    ]


def _all(numbers: set[int] | range, seen: History) -> bool:
    return set(numbers) <= set(seen.messages(Kind.FINISHED))


def _bodies(result: object) -> list[bytes]:
    """What publish() gave back, as bodies. Refusal for what is no list of them."""
    if not isinstance(result, list) or not all(isinstance(each, bytes) for each in result):
        what = (
            f"publish() returned {str(result)[:80]!r}, a list of the bodies that were not taken is asked for"
        )
        raise Refusal([Breach(Guarantee.RUNS, what)])
    return result


CHECKS = {"acknowledge": acknowledge, "fair": fair, "poison": poison, "once": once, "confirm": confirm}
