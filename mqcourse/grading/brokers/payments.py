"""The check of the exercise once: payments that arrive twice, and workers killed around the commit."""

from collections.abc import Mapping, Sequence
from typing import Any

from mqcourse.grading import guarantees
from mqcourse.grading.brokers.ledger import Ledger
from mqcourse.grading.brokers.rabbitmq import CheckRabbitMQ
from mqcourse.grading.brokers.shift import never_began
from mqcourse.grading.brokers.wire import Cut, Did, Wire
from mqcourse.grading.guarantees import Breach, Guarantee
from mqcourse.grading.history import Kind
from mqcourse.grading.program import Program
from mqcourse.grading.trial import STUCK_S, Answer, GuaranteesBroken, Trial

BLOCKED_S = 1.0
"""So long a transaction is kept from its commit, to see whether the acknowledgement waits for it."""

MOST_BLOCKED_S = 4.0
"""Longer a transaction is kept from its commit on no machine: after 5 s Python's sqlite3 gives up by default."""

TOGETHER_S = 3.0
"""So long the second worker has to begin on the payment that the first one works on."""

ACKNOWLEDGES_S = 6.0
"""After so long a payment whose work is done will not be acknowledged any more."""

COPIES = 3
"""So often the first payment is delivered: once to the first worker and, when the second one has subscribed, twice more. The
broker deals in turn, so of these two each worker gets one, or the second one both when the first takes no more."""

BASE = 8
"""Amounts are powers of it: larger than the number of times that a payment can be added."""


def once(answer: Answer) -> Sequence[Breach]:
    """Payments that arrive twice, at two workers at once and later; workers killed around the commit.

    A payment's amount is a power of BASE, so the total shows how often each was added.
    """
    draw = answer.draw("once")
    sent = list(range(1, draw.randint(7, 9) + 1))
    amounts = dict(zip(sent, draw.sample([BASE**power for power in sent], len(sent)), strict=True))
    ids = {number: f"payment-{draw.randrange(16**6):06x}" for number in sent}
    blocked, cut = sorted(draw.sample(sent[2:-1], 2))
    again = draw.choice([number for number in sent[1:] if number not in (blocked, cut)])
    with (
        CheckRabbitMQ() as broker,
        Wire(broker.number_of) as wire,
        Trial(wire.through(answer), broker.number_of) as trial,
        Ledger() as ledger,
    ):
        queue = broker.declare("once")
        broker.send(queue, broker.job(1, amount=amounts[1]), ids[1])
        arguments: dict[str, Any] = {"queue": queue, "database": ledger.path, "handle": "@handle"}
        trial.hold(lambda _worker, _message: True)

        # Both workers hold payment 1 before either of them has noted it.
        first = trial.start("worker A", "work_once", **arguments)
        if not trial.wait_quiet(
            lambda seen: first.name in seen.open_work(), lambda: _idle(broker, wire, queue)
        ):
            return never_began(first, 1, trial.history, set(), word="payment")
        _through_the_wire(wire, first)
        asking = wire.asking
        second = trial.start("worker B", "work_once", **arguments)
        trial.wait(lambda _seen: wire.asking > asking or not second.running, deadline_s=STUCK_S)
        for _ in range(COPIES - 1):
            broker.send(queue, broker.job(1, amount=amounts[1]), ids[1])
        trial.wait(lambda _seen: len(wire.acts(Did.DELIVERED)) > 1 or not second.running, deadline_s=STUCK_S)
        trial.wait(lambda seen: second.name in seen.open_work(), deadline_s=TOGETHER_S)
        # Only when both have done with it is anybody killed: what the slower one does counts as well.
        while _drive(trial, broker, wire, queue, first, second, to=None, done=COPIES):
            pass
        trial.kill(second)
        for number in (*sent[1:], again):
            broker.send(queue, broker.job(number, amount=amounts[number]), ids[number])

        # The commit of one payment is kept waiting: its acknowledgement must wait as well. Then the worker dies.
        if not _drive(trial, broker, wire, queue, first, to=blocked):
            return never_began(first, blocked, trial.history, set(), word="payment")
        with ledger.no_commit() as kept:
            trial.release(first.name, blocked)
            trial.wait(
                lambda seen: _acknowledged(wire, ids, blocked) or first.name in seen.open_work(),
                deadline_s=min(BLOCKED_S, MOST_BLOCKED_S / trial.patience),
            )
            wire.settle()
            if kept and _acknowledged(wire, ids, blocked):
                return [
                    Breach(
                        Guarantee.ACKNOWLEDGED_LATE,
                        f"payment {blocked} was acknowledged too early: RabbitMQ had the acknowledgement, "
                        "and the database could not yet have committed the payment",
                    )
                ]
            trial.kill(first)

        # The next worker is killed between the commit and the acknowledgement.
        third = trial.start("worker C", "work_once", **arguments)
        if not _drive(trial, broker, wire, queue, third, to=cut):
            return never_began(third, cut, trial.history, set(), word="payment")
        if ids[cut] in ledger.done():
            return [
                Breach(
                    Guarantee.NOT_LOST,
                    f"payment {cut} was noted before it was handled and added: a kill in between loses it",
                )
            ]
        before = ledger.commits()
        wire.cut(lambda act: Cut.BEFORE if act.number == cut else None)
        trial.release(third.name, cut)
        if not wire.was_cut.wait(ACKNOWLEDGES_S * trial.patience):
            return _worker_failed(trial, third) or [
                Breach(Guarantee.ONCE, f"payment {cut} was not acknowledged after its work")
            ]
        commits = ledger.commits() - before
        noted = ids[cut] in ledger.done()
        trial.kill(third)
        wire.cut(lambda _act: None)
        torn = _torn(cut, commits, noted)

        last = trial.start("worker D", "work_once", **arguments)
        while _drive(trial, broker, wire, queue, last, to=None):
            pass
        wire.settle()
        trial.wait_quiet(lambda seen: False, lambda: _idle(broker, wire, queue), quiet_s=0.5)
        trial.kill(last)
        broker.wait_unused(queue)
        broker.wait_ready(queue, 0, deadline_s=0.5)
        left = sorted({number for number, _ in broker.take_all(queue)})
        back = wire.numbers(Did.GIVEN_BACK) | wire.numbers(Did.DROPPED)
        done, total = ledger.done(), ledger.total()
        seen = trial.history
    return [
        *torn,
        *_booked(sent, amounts, total),
        *(
            Breach(Guarantee.NOT_LOST, f"payment {n} was added, and the table done has no row for it")
            for n in sent
            if ids[n] not in done and not torn
        ),
        *(
            Breach(Guarantee.NOTHING_ELSE, "the table done has a row that is no message_id of these payments")
            for _ in done - set(ids.values())
        ),
        *(
            Breach(Guarantee.NOT_LOST, f"payment {n} was never given to handle()")
            for n in sent
            if n not in seen.messages(Kind.STARTED)
        ),
        *(
            Breach(Guarantee.ONCE, f"a delivery of payment {n} was rejected, and not acknowledged")
            for n in sorted(back)
        ),
        *(
            Breach(Guarantee.ONCE, f"payment {n} is in the queue again: a delivery was never acknowledged")
            for n in left
        ),
    ]


def _torn(number: int, commits: int, noted: bool) -> list[Breach]:
    """Whether the note and the sum of a payment were in one transaction, seen when its acknowledgement was sent."""
    if not noted:
        return [
            Breach(
                Guarantee.NOT_LOST,
                f"payment {number} was acknowledged before the table done had it: a kill in between loses the note",
            )
        ]
    if commits > 1:
        return [
            Breach(
                Guarantee.ONCE,
                f"payment {number} took {commits} transactions: a kill between the sum and the note "
                "adds it twice, or never",
            )
        ]
    return []


def _booked(sent: Sequence[int], amounts: Mapping[int, int], total: int) -> list[Breach]:
    """How often each payment is in the total: its digit in BASE."""
    digits = {n: total // amounts[n] % BASE for n in sent}
    return [
        *guarantees.lost(
            [n for n in sent if digits[n] == 0],
            (),
            word="payment",
            why="was lost: the total does not hold it",
        ),
        *(
            Breach(Guarantee.ONCE, f"payment {n} was added {'twice' if digit == 2 else f'{digit} times'}")
            for n, digit in digits.items()
            if digit > 1
        ),
        *(
            [Breach(Guarantee.NOTHING_ELSE, f"the total is {total}, which no payments give")]
            if total % BASE or total >= BASE ** (len(sent) + 1)
            else []
        ),
    ]


def _idle(broker: CheckRabbitMQ, wire: Wire, queue: str) -> bool:
    """Whether the queue is empty and every delivery is settled."""
    return broker.ready(queue) == 0 and not wire.in_hand


def _drive(
    trial: Trial,
    broker: CheckRabbitMQ,
    wire: Wire,
    queue: str,
    *workers: Program,
    to: int | None,
    done: int | None = None,
) -> bool:
    """Release the workers' payments one after the other until one of them holds `to` (left there).

    Without `to`: release the next payment; False when there is none any more, or `done` deliveries are settled and no
    worker holds a payment.
    """

    def through() -> bool:
        settled = wire.acts(Did.ACKNOWLEDGED, Did.GIVEN_BACK, Did.DROPPED)
        return done is not None and len(settled) >= done

    while True:
        came = trial.wait_quiet(
            lambda seen: through() or any(worker.name in seen.open_work() for worker in workers),
            lambda: _idle(broker, wire, queue),
            quiet_s=1.0,
        )
        work = [
            (worker, message)
            for worker, messages in trial.history.open_work().items()
            for message in messages
        ]
        if not came or not work:
            return False
        for worker, message in work:
            if to is not None and message >= to:
                return True
            trial.release(worker, message)
        if to is None:
            return True


def _acknowledged(wire: Wire, ids: Mapping[int, str], number: int) -> bool:
    return number in ids and number in wire.numbers(Did.ACKNOWLEDGED)


def _through_the_wire(wire: Wire, worker: Program) -> None:
    if not wire.used:
        what = f"{worker.name} has no connection to at.rabbitmq_url, the address of the first cell, where the check watches"
        raise GuaranteesBroken([Breach(Guarantee.RUNS, what)])


def _worker_failed(trial: Trial, worker: Program) -> list[Breach]:
    return [worker.breach] if worker.breach else []
