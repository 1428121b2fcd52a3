"""Checks of the lab servicebus_peek_lock."""

import time
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from mqcourse.grading import guarantees
from mqcourse.grading.checks.servicebus import LOCK_S, Desk
from mqcourse.grading.guarantees import Breach, Guarantee
from mqcourse.grading.history import History, Kind
from mqcourse.grading.trial import STUCK_S, Answer, Refusal, Trial

WORDS: Any = {"verb": "completed"}
LONG_WORK_S = LOCK_S + 2.5
"""Longer than a lock, with time for another worker to take what was unlocked."""

SETTLED_S = 4.0
"""How long the last settlement may take to reach the service once the work is done."""

LONG_SESSION_LOCK = timedelta(seconds=60)
"""Session locks that do not expire during a trial: they end because their worker dies or lets go."""


def settle(answer: Answer) -> Sequence[Breach]:
    """Worker A is killed while it works on message 4; worker B gets what is left, when the locks have expired."""
    sent = range(1, 9)
    with Desk() as desk, Trial(answer, desk.number_of) as trial:
        queue = desk.queue("settle")
        desk.send(queue, sent)
        trial.hold(lambda worker, message: worker == "worker A" and message == 4)
        first = trial.start("worker A", "work", queue=queue, handle="@handle")
        if not trial.wait(lambda seen: 4 in seen.messages(Kind.STARTED) or _doubled(seen)):
            return _never_came(sent, trial.history)
        trial.kill(first)
        second = trial.start("worker B", "work", queue=queue, handle="@handle")
        _wait_done(desk, trial, queue, sent)
        back = _left_over(desk, queue, trial.history)
        trial.kill(second)
        seen = trial.history
    finished = seen.messages(Kind.FINISHED)
    early = guarantees.acknowledged_early(seen, **WORDS)
    return [
        *early,
        *guarantees.lost(
            set(sent) - set(guarantees.interrupted(seen)),
            finished,
            why="was lost: the killed worker had it, and nobody got it again",
        ),
        *guarantees.duplicated(finished),
        *back,
        *guarantees.unasked(sent, finished),
    ]


def poison(answer: Answer) -> Sequence[Breach]:
    """Message 3 fails each time, message 5 only the first time. The queue itself would allow ten deliveries."""
    sent = range(1, 7)
    good = set(sent) - {3}
    most = 3
    with Desk() as desk, Trial(answer, desk.number_of) as trial:
        queue = desk.queue("poison")
        desk.send(queue, sent)
        trial.fail(lambda message, tried: message == 3 or (message == 5 and tried == 1))
        worker = trial.start("worker A", "work_with_dead_letters", queue=queue, handle="@handle")
        trial.wait(
            lambda seen: (
                _too_often(seen)
                or (_all(good, seen) and desk.dead(queue) > 0)
                or (desk.active(queue) == 0 and not seen.open_work())
            )
        )
        trial.wait_quiet(lambda seen: _all(good, seen) and desk.active(queue) == 0, quiet_s=1)
        back = _left_over(desk, queue, trial.history)
        trial.kill(worker)
        seen = trial.history
        dead = {number: (reason, told) for number, reason, told in desk.dead_letters(queue)}
    finished = seen.messages(Kind.FINISHED)
    return [
        *guarantees.tries(seen, {3: (most, most), 5: (2, 2)}),
        *guarantees.lost(
            sent,
            {*dead, *finished},
            why="was lost: it was neither processed nor set aside as a dead letter",
        ),
        *guarantees.duplicated(finished),
        *back,
        *guarantees.unasked({3}, set(dead) - {5}, why="is among the dead letters although it did not fail"),
        *(
            Breach(
                Guarantee.SAYS_WHY,
                f"dead letter {number} says {_quoted(reason)} and {_quoted(told)}: the reason WorkFailed and what "
                "the exception said were asked for",
            )
            for number, (reason, told) in dead.items()
            if reason != "WorkFailed" or f"message {number} cannot be processed" not in told
        ),
    ]


def renew(answer: Answer) -> Sequence[Breach]:
    """Work on message 1 takes longer than its lock lasts, while another worker is idle."""
    sent = range(1, 5)
    with Desk() as desk, Trial(answer, desk.number_of) as trial:
        queue = desk.queue("renew")
        desk.send(queue, sent)
        trial.hold(lambda _worker, message: message == 1)
        for name in ("worker A", "worker B"):
            trial.start(name, "work_long", queue=queue, handle="@handle")
        if not trial.wait(lambda seen: 1 in seen.messages(Kind.STARTED)):
            return guarantees.lost(sent, trial.history.messages(Kind.FINISHED))
        end_s = time.monotonic() + LONG_WORK_S
        gone = 1 not in desk.peek(queue)
        while time.monotonic() < end_s and not _doubled(trial.history):
            trial.wait(_doubled, deadline_s=0.2)
        twice = _doubled(trial.history)
        trial.hold(lambda _worker, _message: False)
        for worker, messages in trial.history.open_work().items():
            for message in set(messages):
                trial.release(worker, message)
        if not twice:
            try:
                _wait_done(desk, trial, queue, sent)
                # What the busy worker had fetched in advance, it takes up now.
                trial.wait_quiet(_doubled, quiet_s=1)
            except Refusal as refusal:
                return [_lock_lost(breach) for breach in refusal.breaches]
        back = [] if twice else _left_over(desk, queue, trial.history)
        seen = trial.history
    if gone:
        return [
            Breach(
                Guarantee.ACKNOWLEDGED_LATE,
                "message 1 was completed too early: it was deleted while its work still went on",
            )
        ]
    unlocked = [
        Breach(
            Guarantee.LOCKED,
            f"message {number} was handed out again while its work still went on: its lock had expired",
        )
        for number in _overlapping(seen)
    ]
    if unlocked:
        return unlocked
    finished = seen.messages(Kind.FINISHED)
    return [
        *guarantees.lost(sent, finished),
        *guarantees.duplicated(finished),
        *back,
        *guarantees.unasked(sent, finished),
    ]


def order(answer: Answer) -> Sequence[Breach]:
    """Three customers; worker A is killed in the middle of one of them, worker B does all the rest."""
    customers = {number: ("anna", "ben", "cleo")[number % 3] for number in range(1, 13)}
    with Desk() as desk, Trial(answer, desk.number_of) as trial:
        queue = desk.queue("order", requires_session=True, lock_duration=LONG_SESSION_LOCK)
        desk.send(queue, customers, sessions=customers)
        trial.hold(
            lambda worker, _message: (
                worker == "worker A" and len(trial.history.messages(Kind.STARTED, worker)) >= 2
            )
        )
        first = trial.start("worker A", "work_in_order", queue=queue, handle="@handle")
        if not trial.wait(lambda seen: len(seen.messages(Kind.STARTED)) >= 2):
            return _never_came(customers, trial.history)
        held = trial.history.messages(Kind.STARTED)[1]
        others = {number for number, customer in customers.items() if customer != customers[held]}
        second = trial.start("worker B", "work_in_order", queue=queue, handle="@handle")
        done = trial.wait_quiet(
            lambda seen: (
                _all(others - set(seen.messages(Kind.STARTED, "worker A")), seen)
                or bool(guarantees.concurrent(seen, customers))
            ),
            quiet_s=STUCK_S,
        )
        together = guarantees.concurrent(trial.history, customers)
        trial.kill(first)
        if done and not together:
            _wait_done(desk, trial, queue, customers)
        back = [] if together else _left_over(desk, queue, trial.history)
        trial.kill(second)
        seen = trial.history
    finished = seen.messages(Kind.FINISHED)
    return [
        *together,
        *guarantees.acknowledged_early(seen, **WORDS),
        *guarantees.out_of_order(list(dict.fromkeys(finished)), customers),
        *(
            []
            if together
            else guarantees.lost(
                set(customers) - set(guarantees.interrupted(seen)),
                finished,
                why="was never processed: no worker came to its customer",
            )
        ),
        *guarantees.duplicated(finished),
        *back,
        *guarantees.unasked(customers, finished),
    ]


def state(answer: Answer) -> Sequence[Breach]:
    """Worker A is killed in the middle of a basket; worker B goes on with it and tells the sums."""
    prices = {1: 3, 2: 8, 3: 5, 4: 20, 5: 1, 6: 7}
    baskets = {1: "basket 1", 2: "basket 1", 3: "basket 1", 4: "basket 1", 5: "basket 2", 6: "basket 2"}
    sums = {
        name: sum(prices[number] for number, basket in baskets.items() if basket == name)
        for name in dict.fromkeys(baskets.values())
    }
    told: dict[str, list[object]] = {}
    fields = {number: {"price": price, "last": number in (4, 6)} for number, price in prices.items()}
    with Desk() as desk, Trial(answer, desk.number_of) as trial:
        queue = desk.queue("state", requires_session=True, lock_duration=LONG_SESSION_LOCK)
        desk.send(queue, prices, sessions=baskets, fields=fields)
        trial.offer("tell", lambda basket, total: told.setdefault(str(basket), []).append(total))
        trial.hold(lambda worker, message: worker == "worker A" and message == 3)
        verbs: dict[str, Any] = {"handle": "@handle", "tell": "@tell"}
        first = trial.start("worker A", "add_up", queue=queue, **verbs)
        if not trial.wait(lambda seen: 3 in seen.messages(Kind.STARTED)):
            return _never_came(prices, trial.history)
        trial.kill(first)
        second = trial.start("worker B", "add_up", queue=queue, **verbs)
        _wait_done(desk, trial, queue, prices)
        desk.becomes(lambda: set(told) >= set(sums), SETTLED_S)
        back = _left_over(desk, queue, trial.history)
        trial.kill(second)
        seen = trial.history
    finished = seen.messages(Kind.FINISHED)
    return [
        *guarantees.acknowledged_early(seen, **WORDS),
        *guarantees.lost(set(prices) - set(guarantees.interrupted(seen)), finished),
        *guarantees.duplicated(finished),
        *(
            Breach(
                Guarantee.STATE,
                f"the sum of {basket} is {right}, but the workers told {_heard(told.get(basket, []))}",
            )
            for basket, right in sums.items()
            if told.get(basket) != [right]
        ),
        *back,
        *guarantees.unasked(prices, finished),
    ]


def _wait_done(desk: Desk, trial: Trial, queue: str, sent: Iterable[int]) -> None:
    """Wait until everything was done, or the queue is empty, so that nothing more can come."""
    trial.wait(lambda seen: _all(sent, seen) or desk.active(queue) == 0)
    trial.wait_quiet(lambda seen: _all(sent, seen), quiet_s=0.7)


def _left_over(desk: Desk, queue: str, seen: History) -> list[Breach]:
    """Whether messages whose work was done are in the queue still: they would be handed out again."""
    if desk.becomes(lambda: desk.active(queue) == 0, SETTLED_S):
        return []
    finished = set(seen.messages(Kind.FINISHED))
    return [
        Breach(
            Guarantee.ONCE,
            f"{desk.active(queue)} messages are in the queue still, though {len(finished)} were done: they would be "
            "processed twice",
        )
    ]


def _never_came(sent: Iterable[int], seen: History) -> list[Breach]:
    """Worker A was idle before it came to where it would be killed: nothing to judge but that."""
    return guarantees.lost(sent, seen.messages(Kind.FINISHED)) or [
        Breach(Guarantee.RUNS, "worker A never began to work on what the check waits for")
    ]


def _doubled(seen: History) -> bool:
    started = seen.messages(Kind.STARTED)
    return len(started) > len(set(started))


def _lock_lost(breach: Breach) -> Breach:
    """A worker that was ended by a lost lock broke that guarantee, and not only its own neck."""
    if "MessageLockLostError" not in breach.what:
        return breach
    return Breach(Guarantee.LOCKED, f"a lock expired on a message in the worker's hands: {breach.what}")


def _overlapping(seen: History) -> list[int]:
    """Messages that were begun while their work still went on."""
    open_: set[int] = set()
    found: list[int] = []
    for event in seen:
        if event.kind is Kind.STARTED:
            if event.message in open_:
                found.append(event.message)
            open_.add(event.message)
        else:
            open_.discard(event.message)
    return sorted(set(found))


def _too_often(seen: History) -> bool:
    return seen.messages(Kind.STARTED).count(3) > 9


def _all(numbers: Iterable[int], seen: History) -> bool:
    return set(numbers) <= set(seen.messages(Kind.FINISHED))


def _quoted(text: str) -> str:
    return repr(text) if text else "nothing"


def _heard(totals: Sequence[object]) -> str:
    return " and ".join(str(total) for total in totals) or "nothing"


CHECKS = {"settle": settle, "poison": poison, "renew": renew, "order": order, "state": state}
