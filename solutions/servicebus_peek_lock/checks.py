"""Checks of the lab servicebus_peek_lock. What differs from run to run is drawn from the answer's seed."""

import math
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from mqcourse.grading import guarantees
from mqcourse.grading.brokers import settlements
from mqcourse.grading.brokers.servicebus import LOCK_S, CheckServiceBus
from mqcourse.grading.guarantees import Breach, Guarantee
from mqcourse.grading.history import History, Kind
from mqcourse.grading.trial import Answer, GuaranteesBroken, Trial

LONG_WORK_S = 2 * LOCK_S + 1.0
"""Longer than two locks, so that one renewal is not enough."""

LONG_SESSION_LOCK = timedelta(minutes=5)
"""Session locks that do not expire during a trial, however slow the machine: they end because their worker dies or lets
go. The longest that the service allows."""

LOOKS = (2, 3)
"""At the beginning of these messages a worker is looked at, whether it has completed what it has done: at the second,
when a batch of any size is open, and at the third, which begins at once after it. Whoever completes what is done once in
a while can hit one of these moments, and not both."""

CUSTOMERS = ("anna", "ben", "cleo", "dan", "eva", "finn", "gina", "hugo")

IMPATIENT = """
from azure.servicebus._common import _configuration
def _ask_once(ask):
    def configured(self, **settings):
        asked = settings.get("retry_total", 3)
        ask(self, **{**settings, "retry_total": 0 if asked == 3 else asked})
    return configured
_configuration.Configuration.__init__ = _ask_once(_configuration.Configuration.__init__)
del _configuration, _ask_once
"""
"""By default a client tries four times for a free session before it raises, 19 s with max_wait_time=1. This one
tries once, so a check sees soon what a worker does when no session is free."""

SET_STATE = (
    "azure.servicebus:ServiceBusSession.set_state",
    "azure.servicebus.aio:ServiceBusSession.set_state",
)
COMPLETE = (
    "azure.servicebus:ServiceBusReceiver.complete_message",
    "azure.servicebus.aio:ServiceBusReceiver.complete_message",
)


def settle(answer: Answer) -> Sequence[Breach]:
    """Worker A is killed while it works on a message; worker B gets what is left, when the locks have expired."""
    draw = answer.draw("settle")
    sent = range(1, draw.choice((11, 13)) + 1)
    kill_at = draw.randint(3, 6)
    with CheckServiceBus() as broker, Trial(answer, broker.number_of) as trial:
        queue = broker.queue("settle")
        broker.send(queue, sent)
        broker.peek(queue)  # the first time takes longest: not while the worker is stopped
        trial.hold(lambda worker, _message: worker == "worker A")
        first = trial.start("worker A", "work", queue=queue, handle="@handle")
        for begun in range(1, kill_at + 1):
            if not trial.wait(lambda seen, n=begun: _begun(seen, "worker A") >= n or _doubled(seen)):  # type: ignore[misc]
                return settlements.never_came(sent, trial.history)
            if begun in LOOKS or begun == kill_at:
                with first.stopped_short():
                    unsettled = settlements.unsettled(
                        trial.history.messages(Kind.FINISHED), broker.peek(queue)
                    )
                if unsettled:
                    trial.wait(lambda _seen: False, deadline_s=settlements.LANES_S)
                    if len(trial.history.open_work().get("worker A", ())) > 1:
                        # It works on several at a time: one that was done just now may be completed just now.
                        unsettled = settlements.unsettled(
                            trial.history.messages(Kind.FINISHED), broker.peek(queue)
                        )
                if unsettled:
                    return unsettled
            if begun < kill_at:
                trial.release("worker A", trial.history.open_work()["worker A"][0])
        trial.kill(first)
        left = set(broker.peek(queue))
        trial.saw("the queue", f"{len(left)} messages, completed: {len(sent) - len(left)}")
        if early := guarantees.acknowledged_early(trial.history, gone={*sent} - left, verb=settlements.VERB):
            return early
        broker.lengthen_locks(queue)  # only what worker A held must come back soon
        second = trial.start("worker B", "work", queue=queue, handle="@handle")
        settlements.wait_done(broker, trial, queue, sent)
        back = settlements.left_over(broker, trial, queue)
        if not back and settlements.all_done(sent, trial.history):
            broker.becomes(lambda: not second.running, settlements.idle_s(trial))
        ended = settlements.ended(second)
        trial.kill(second)
        seen = trial.history
    finished = seen.messages(Kind.FINISHED)
    return [
        *ended,
        *guarantees.passed_over(seen, held=left, verb=settlements.VERB),
        *guarantees.lost(set(sent) - set(guarantees.interrupted(seen)), finished),
        *guarantees.duplicated(finished),
        *back,
        *guarantees.unasked(sent, finished),
    ]


def poison(answer: Answer) -> Sequence[Breach]:
    """Two messages fail each time, two only at first. A worker is killed at the second try of one that always fails."""
    draw = answer.draw("poison")
    sent = range(1, 10)
    cut, bad, twice, once = draw.sample(sent, 4)
    good = set(sent) - {cut, bad}
    told = {
        n: f"the field {draw.choice(('address', 'amount', 'date'))!r} of {draw.randrange(10**8):08} is empty"
        for n in sent
    }
    fails = {cut: math.inf, bad: math.inf, twice: 2, once: 1}
    with CheckServiceBus() as broker, Trial(answer, broker.number_of) as trial:
        queue = broker.queue("poison")
        broker.send(queue, sent)
        trial.fail(
            lambda message, tried: (
                told[message] if tried <= fails.get(message, 0) and (message, tried) != (cut, 2) else False
            )
        )
        trial.hold(lambda worker, message: (worker, message) == ("worker A", cut))
        first = trial.start("worker A", "work_with_dead_letters", queue=queue, handle="@handle")
        reached = trial.wait_quiet(
            lambda seen: seen.messages(Kind.STARTED, "worker A").count(cut) == 2 or _too_often(seen, bad),
            quiet_s=2.5,
        )
        left = set(sent)
        if reached and not _too_often(trial.history, bad):
            trial.kill(first)
            left = set(broker.peek(queue))
            broker.lengthen_locks(queue)  # only what worker A held must come back soon
            first = trial.start("worker B", "work_with_dead_letters", queue=queue, handle="@handle")
        trial.wait(
            lambda seen: (
                _too_often(seen, cut)
                or _too_often(seen, bad)
                or (broker.active(queue) == 0 and not seen.open_work())
            )
        )
        trial.wait_quiet(
            lambda seen: settlements.all_done(good, seen) and broker.active(queue) == 0, quiet_s=1
        )
        ended = settlements.ended(first)
        back = settlements.left_over(broker, trial, queue)
        trial.kill(first)
        seen = trial.history
        dead = {number: (reason, text) for number, reason, text in broker.dead_letters(queue)}
    finished = seen.messages(Kind.FINISHED)
    return [
        *ended,
        *guarantees.acknowledged_early(
            seen, gone=set(guarantees.interrupted(seen)) - left - set(dead), verb=settlements.VERB
        ),
        *guarantees.tries(seen, {cut: (3, 3), bad: (3, 3), twice: (3, 3), once: (2, 2)}),
        *guarantees.lost(
            sent,
            {*dead, *finished},
            why="was lost: it was neither processed nor dead-lettered",
        ),
        *guarantees.duplicated(finished),
        *back,
        *guarantees.unasked(
            {cut, bad}, set(dead) - {twice, once}, why="is among the dead letters although it did not fail"
        ),
        *(
            Breach(
                Guarantee.SAYS_WHY,
                f"dead letter {number} has the reason {_quoted(reason)} and the description {_quoted(text)}: the "
                f"reason WorkFailed and the exception's text, {_quoted(told.get(number, ''))}, were asked for",
            )
            for number, (reason, text) in dead.items()
            if reason != "WorkFailed" or told.get(number, "") not in text
        ),
    ]


def renew(answer: Answer) -> Sequence[Breach]:
    """Work on one message takes longer than two locks last, while another worker is idle."""
    draw = answer.draw("renew")
    sent = range(1, draw.randint(6, 8) + 1)
    long = draw.randint(1, 3)
    with CheckServiceBus() as broker, Trial(answer, broker.number_of) as trial:
        queue = broker.queue("renew")
        broker.send(queue, sent)
        trial.hold(lambda _worker, message: message == long)
        for name in ("worker A", "worker B"):
            trial.start(name, "work_long", queue=queue, handle="@handle")
        if not trial.wait(lambda seen: long in seen.messages(Kind.STARTED)):
            return guarantees.lost(sent, trial.history.messages(Kind.FINISHED))
        end_s = time.monotonic() + LONG_WORK_S
        gone = long not in broker.peek(queue)
        while time.monotonic() < end_s and not gone and not _doubled(trial.history):
            trial.wait(_doubled, deadline_s=0.2)
        twice = _doubled(trial.history)
        trial.hold(lambda _worker, _message: False)
        for worker, messages in trial.history.open_work().items():
            for message in set(messages):
                trial.release(worker, message)
        if gone:
            return [
                Breach(
                    Guarantee.ACKNOWLEDGED_LATE,
                    f"message {long} was completed too early: the queue did not hold it any more while its work went on",
                )
            ]
        if not twice:
            try:
                settlements.wait_done(broker, trial, queue, sent)
                # What the busy worker had fetched in advance, it takes up now.
                trial.wait_quiet(_doubled, quiet_s=1)
            except GuaranteesBroken as broken:
                return [_lock_lost(breach) for breach in broken.breaches]
        back = [] if twice else settlements.left_over(broker, trial, queue)
        seen = trial.history
    unlocked = [
        Breach(
            Guarantee.LOCKED,
            f"message {number} was delivered again while its work still went on: its lock had expired",
        )
        for number in _overlapping(seen)
    ]
    if unlocked:
        return unlocked
    finished = seen.messages(Kind.FINISHED)
    return [
        *guarantees.lost(sent, finished),
        *(
            Breach(
                Guarantee.LOCKED,
                f"{breach.what}: a worker that was not killed held it and did not complete it before its lock ended",
            )
            for breach in guarantees.duplicated(finished)
        ),
        *back,
        *guarantees.unasked(sent, finished),
    ]


def order(answer: Answer) -> Sequence[Breach]:
    """Three customers; worker A is killed in the middle of one of them, worker B does all the rest."""
    draw = answer.draw("order")
    names = draw.sample(CUSTOMERS, 3)
    turns = [name for name in names for _ in range(5)]
    draw.shuffle(turns)
    customers = dict(enumerate(turns, 1))
    kill_at = draw.choice((2, 4))
    given_back = max(number for number, customer in customers.items() if customer == names[0])
    with (
        CheckServiceBus() as broker,
        Trial(replace(answer, setup=answer.setup + IMPATIENT), broker.number_of) as trial,
    ):
        queue = broker.queue("order", requires_session=True, lock_duration=LONG_SESSION_LOCK)
        broker.send(queue, customers, sessions=customers)
        broker.give_back(queue, given_back, customers[given_back])
        trial.hold(lambda worker, _message: worker == "worker A" and _begun(trial.history, worker) >= kill_at)
        first = trial.start("worker A", "work_in_order", queue=queue, handle="@handle")
        if not trial.wait(lambda seen: _begun(seen, "worker A") >= kill_at):
            return settlements.never_came(customers, trial.history)
        if miscounted := settlements.miscounted(broker, trial, queue, len(customers)):
            return guarantees.concurrent(trial.history, customers) or miscounted
        mine = {customers[number] for number in trial.history.open_work().get("worker A", ())}
        others = {number for number, customer in customers.items() if customer not in mine}
        second = trial.start("worker B", "work_in_order", queue=queue, handle="@handle")
        done = trial.wait_quiet(
            lambda seen: settlements.all_done(others, seen) or bool(guarantees.concurrent(seen, customers)),
            quiet_s=settlements.IDLE_S,
            deadline_s=30,
        )
        together = guarantees.concurrent(trial.history, customers)
        ended: list[Breach] = []
        # What nobody came to: worker A is about to be killed, and what it kept to itself would be worked on then.
        waiting = others.difference(trial.history.messages(Kind.FINISHED))
        kept = (
            broker.held(queue, {customers[number] for number in waiting})
            if waiting and not together
            else set()
        )
        if done and not together:
            # Every session with messages is locked by worker A now: worker B must wait for one, and not give up.
            broker.becomes(lambda: not second.running, settlements.idle_s(trial))
            trial.kill(first)
            settlements.wait_done(broker, trial, queue, customers)
            ended = settlements.ended(second)
        else:
            trial.kill(first)
        back = [] if together else settlements.left_over(broker, trial, queue)
        trial.kill(second)
        seen = trial.history
    finished = seen.messages(Kind.FINISHED)
    cut = set(guarantees.interrupted(seen))
    return [
        *together,
        *ended,
        *guarantees.out_of_order(list(dict.fromkeys(finished)), customers),
        *(
            []
            if together
            else [
                *settlements.ignored(given_back, finished),
                *guarantees.lost(
                    set(customers) - cut - {given_back},
                    [number for number in finished if number not in waiting or customers[number] not in kept],
                    why="was never processed: no worker accepted its session",
                ),
                *(guarantees.passed_over(seen, held=cut, verb=settlements.VERB) if done else ()),
            ]
        ),
        *guarantees.duplicated(finished),
        *back,
        *guarantees.unasked(customers, finished),
    ]


def state(answer: Answer) -> Sequence[Breach]:
    """Workers die in the middle of a basket: at work, before they write the state, and before they complete."""
    draw = answer.draw("state")
    names = [f"basket {number}" for number in draw.sample(range(100, 1000), 3)]
    sizes = dict(zip(names, (draw.randint(7, 9), draw.randint(1, 3), 2), strict=True))
    turns = [name for name, size in sizes.items() for _ in range(size)]
    draw.shuffle(turns)
    baskets = dict(enumerate(turns, 1))
    prices = {number: draw.randint(3, 99) for number in baskets}
    items = {name: [number for number, basket in baskets.items() if basket == name] for name in names}
    sums = {name: sum(prices[number] for number in numbers) for name, numbers in items.items()}
    fields = {
        number: {"price": prices[number], "last": number == items[basket][-1]}
        for number, basket in baskets.items()
    }
    # A dies while it packs an item, B and C between two steps after one: the last item of the basket can be the one.
    at_work, *after_work = sorted(draw.sample(range(1, len(items[names[0]])), 3))
    if draw.random() < 0.5:
        after_work[-1] = len(items[names[0]]) - 1
    cut = [items[names[0]][place] for place in (at_work, *after_work)]
    given_back = items[names[0]][at_work + 1]
    steps = draw.sample((SET_STATE, COMPLETE), 2)
    stops = dict(zip(("worker B", "worker C"), zip(steps, cut[1:], strict=True), strict=True))
    told: dict[str, list[object]] = {}
    with CheckServiceBus() as broker, Trial(answer, broker.number_of) as trial:
        queue = broker.queue("state", requires_session=True, lock_duration=LONG_SESSION_LOCK)
        broker.send(queue, prices, sessions=baskets, fields=fields)
        broker.give_back(queue, given_back, names[0])
        trial.offer("tell", lambda basket, total: told.setdefault(str(basket), []).append(total))
        trial.hold(lambda worker, message: (worker, message) == ("worker A", cut[0]))
        trial.stop_at(
            lambda worker, step: (
                worker in stops
                and step in stops[worker][0]
                and trial.history.messages(Kind.FINISHED, worker)[-1:] == [stops[worker][1]]
            )
        )
        verbs: dict[str, Any] = {"handle": "@handle", "tell": "@tell", "steps": (*SET_STATE, *COMPLETE)}
        first = trial.start("worker A", "add_up", queue=queue, **verbs)
        if not trial.wait(lambda seen: cut[0] in seen.messages(Kind.STARTED)):
            return settlements.never_came(prices, trial.history)
        if miscounted := settlements.miscounted(broker, trial, queue, len(prices)):
            return miscounted
        trial.kill(first)
        kills = [f"worker A at work on message {cut[0]}"]
        for worker, (step, number) in stops.items():
            program = trial.start(worker, "add_up", queue=queue, **verbs)
            if trial.wait_quiet(lambda _seen, p=program: trial.stopped(p), quiet_s=3):  # type: ignore[misc]
                trial.saw(worker, f"stopped before {step[0].rpartition('.')[2]}()")
                kills.append(
                    f"{worker} after it had packed message {number}, before {step[0].rpartition('.')[2]}()"
                )
            trial.kill(program)
        last = trial.start("worker D", "add_up", queue=queue, **verbs)
        settlements.wait_done(broker, trial, queue, prices)
        broker.becomes(lambda: set(told) >= set(sums), settlements.SETTLED_S * trial.patience)
        back = settlements.left_over(broker, trial, queue)
        ended = settlements.ended(last)
        trial.kill(last)
        seen = trial.history
    finished = seen.messages(Kind.FINISHED)
    interrupted = set(guarantees.interrupted(seen))
    return [
        *ended,
        *guarantees.passed_over(seen, held=interrupted, verb=settlements.VERB),
        *settlements.ignored(given_back, finished),
        *guarantees.lost(set(prices) - interrupted - {given_back}, finished),
        *guarantees.duplicated(finished, allowed=set(cut[1:])),
        *(
            Breach(
                Guarantee.STATE,
                f"the sum of {basket} is {right}, but the workers told {_heard(told.get(basket, []))}"
                + (f"; killed were {', '.join(kills)}" if basket == names[0] else ""),
            )
            for basket, right in sums.items()
            if not told.get(basket) or any(total != right for total in told[basket])
        ),
        *back,
        *guarantees.unasked(prices, finished),
    ]


def _begun(seen: History, worker: str) -> int:
    return len(seen.messages(Kind.STARTED, worker))


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


def _too_often(seen: History, message: int) -> bool:
    return seen.messages(Kind.STARTED).count(message) > 9


def _quoted(text: str) -> str:
    return repr(text) if text else "nothing"


def _heard(totals: Sequence[object]) -> str:
    return " and ".join(str(total) for total in totals) or "nothing"


CHECKS = {"settle": settle, "poison": poison, "renew": renew, "order": order, "state": state}
