"""Checks of the lab rabbitmq_work_queue."""

from collections.abc import Sequence, Set

from mqcourse.grading import guarantees
from mqcourse.grading.brokers.payments import once
from mqcourse.grading.brokers.rabbitmq import CheckRabbitMQ
from mqcourse.grading.brokers.shift import Shift, Step, never_began
from mqcourse.grading.brokers.wire import Did, Wire
from mqcourse.grading.guarantees import Breach, Guarantee
from mqcourse.grading.history import History, Kind
from mqcourse.grading.trial import Answer, GuaranteesBroken, Trial

REDELIVERIES = 3
"""What the exercise poison requires."""


def acknowledge(answer: Answer) -> Sequence[Breach]:
    """Three workers are killed, each at another step of its work on a message; the fourth one does the rest."""
    draw = answer.draw("acknowledge")
    sent = set(range(1, draw.randint(9, 12) + 1))
    steps = draw.sample(list(Step), 3)
    points = sorted(draw.sample(range(2, len(sent)), 3))
    with (
        CheckRabbitMQ() as broker,
        Wire(broker.number_of) as wire,
        Trial(wire.through(answer), broker.number_of) as trial,
    ):
        queue = broker.declare("acknowledge")
        broker.publish(queue, sorted(sent))
        shift = Shift(broker, trial, wire, [queue])
        held: set[int] = set()
        for name, step, point in zip("ABC", steps, points, strict=True):
            worker = trial.start(f"worker {name}", "work", queue=queue, handle="@handle")
            if not shift.drive(worker, to=point):
                return never_began(worker, point, trial.history, held)
            shift.kill(worker, point, step)
            if early := shift.acknowledged_early(worker, queue, sent):
                return early
            held |= set(guarantees.interrupted(trial.history))
        last = trial.start("worker D", "work", queue=queue, handle="@handle")
        shift.drive(last, all_of=sent)
        ended = shift.goes_on(last)
        back = shift.end(last)
        seen = trial.history
    finished = seen.messages(Kind.FINISHED)
    again = {point for step, point in zip(steps, points, strict=True) if step is Step.WORK_ACKNOWLEDGEMENT}
    over = guarantees.passed_over(seen, held=held)
    return [
        *over,
        *([] if over else guarantees.lost(sent, finished)),
        *guarantees.duplicated(finished, allowed=again | shift.unheard),
        *ended,
        *back,
        *guarantees.unasked(sent, finished),
    ]


def fair(answer: Answer) -> Sequence[Breach]:
    """Worker A works long on one message; worker B must get all the others meanwhile, and that one when A dies."""
    draw = answer.draw("fair")
    sent = set(range(1, draw.randint(7, 10) + 1))
    long = draw.randint(1, 4)
    with (
        CheckRabbitMQ() as broker,
        Wire(broker.number_of) as wire,
        Trial(wire.through(answer), broker.number_of) as trial,
    ):
        queue = broker.declare("fair")
        broker.publish(queue, sorted(sent))
        shift = Shift(broker, trial, wire, [queue])
        first = trial.start("worker A", "work_fairly", queue=queue, handle="@handle")
        if not shift.drive(first, to=long):
            return never_began(first, long, trial.history, set())
        shift.inspect(first, [long])
        others = sent - {long}
        trial.hold(lambda worker, _message: worker == first.name)
        kept = set(wire.held())  # by worker A, whatever it has fetched
        second = trial.start("worker B", "work_fairly", queue=queue, handle="@handle")
        trial.wait_quiet(lambda seen: _all(others, seen), lambda: shift.nothing_left(kept))
        waiting = others - set(trial.history.messages(Kind.STARTED))
        wire.settle()
        taken = wire.numbers(Did.DELIVERED)
        if not second.running:
            return shift.goes_on(second)
        if hoarded := waiting & taken:
            return guarantees.unfair(hoarded, behind=long, busy=first.name, idle=second.name)
        if waiting:
            return guarantees.lost(
                sent, others - waiting, why="was not processed: the workers fetched no more messages"
            )
        shift.kill(first, long, Step.WORK)
        trial.hold(lambda _worker, _message: False)
        trial.wait_quiet(lambda seen: _all(sent, seen), shift.nothing_left)
        if not second.running:
            return shift.goes_on(second)
        back = shift.end(second)
        seen = trial.history
    finished = seen.messages(Kind.FINISHED)
    over = guarantees.passed_over(seen, held={long})
    return [
        *over,
        *([] if over else guarantees.lost(sent, finished)),
        *guarantees.duplicated(finished),
        *back,
        *guarantees.unasked(sent, finished),
    ]


def poison(answer: Answer) -> Sequence[Breach]:
    """One message fails each time, one the first time, one the first two times."""
    draw = answer.draw("poison")
    sent = set(range(1, draw.randint(7, 10) + 1))
    always, once_, twice = draw.sample(sorted(sent - {1}), 3)
    fails = {always: 1_000, once_: 1, twice: 2}
    most = REDELIVERIES + 1
    with (
        CheckRabbitMQ() as broker,
        Wire(broker.number_of) as wire,
        Trial(wire.through(answer), broker.number_of) as trial,
    ):
        queue, dead_letters = broker.name("poison"), broker.name("poison.dead")
        trial.result(
            trial.start(
                "declare_with_dead_letters()",
                "declare_with_dead_letters",
                queue=queue,
                dead_letters=dead_letters,
            )
        )
        for name in (queue, dead_letters):
            if broker.ready(name) is None:
                return [
                    Breach(
                        Guarantee.NOT_LOST,
                        f"message 1 was lost: declare_with_dead_letters() left no queue {_role(name, queue)}",
                    )
                ]
        made = [*_declared(broker, queue, "queue"), *_declared(broker, dead_letters, "dead_letters")]
        limit = broker.declared(queue).get("x-delivery-limit")
        if limit != REDELIVERIES:
            made.append(
                Breach(
                    Guarantee.GIVEN_UP,
                    f"RabbitMQ does not stop after {REDELIVERIES} redeliveries: the queue was declared with "
                    + (f"x-delivery-limit {limit}" if limit is not None else "no x-delivery-limit"),
                )
            )
        if made:
            return made
        broker.publish(queue, sorted(sent))
        shift = Shift(broker, trial, wire, [queue])
        trial.fail(lambda message, tried: tried <= fails.get(message, 0))
        worker = trial.start("worker A", "work_with_retries", queue=queue, handle="@handle")
        good = sent - {always}
        shift.drive(worker, all_of=good)

        def set_aside(seen: History) -> bool:
            return seen.messages(Kind.STARTED).count(always) > most * 2 or bool(broker.ready(dead_letters))

        trial.wait_quiet(set_aside, shift.nothing_left)
        back = shift.end(worker)
        left = {number for number, _ in broker.take_all(queue)}
        seen = trial.history
        dead = {number for number, _ in broker.take_all(dead_letters)}
    finished = seen.messages(Kind.FINISHED)
    limits = {always: (most, most), once_: (2, 2), twice: (3, 3)}
    tried = guarantees.tries(seen, limits)
    return [
        *tried,
        *guarantees.lost(
            sent,
            dead.union(finished) | (left if tried else set()),
            why="was lost: it was neither processed nor moved to the dead letters",
        ),
        *guarantees.duplicated(finished),
        *back,
        *guarantees.unasked(
            {always}, dead - {once_, twice}, why="is among the dead letters although it did not fail"
        ),
    ]


def confirm(answer: Answer) -> Sequence[Breach]:
    """A queue that holds a few messages and refuses more, and a queue that does not exist."""
    draw = answer.draw("confirm")
    room = draw.randint(3, 7)
    sent = range(1, room + draw.randint(2, 5) + 1)
    astray = range(101, 101 + draw.randint(1, 3))
    with (
        CheckRabbitMQ() as broker,
        Wire(broker.number_of) as wire,
        Trial(wire.through(answer), broker.number_of) as trial,
    ):
        # A classic queue: it counts exactly to its limit (a quorum queue admits one more), and it can lose a
        # message that was not sent as persistent.
        full = broker.declare(
            "confirm", **{"x-queue-type": "classic", "x-max-length": room, "x-overflow": "reject-publish"}
        )
        nowhere = broker.name("nowhere")
        bodies = {number: broker.job(number) for number in (*sent, *astray)}
        one = trial.start("the publisher", "publish", queue=full, bodies=[bodies[n] for n in sent])
        two = trial.start("the publisher", "publish", queue=nowhere, bodies=[bodies[n] for n in astray])
        refused = {
            broker.number_of(body) for program in (one, two) for body in _bodies(trial.result(program))
        }
        wire.settle()
        tried = wire.numbers(Did.PUBLISHED)
        there_now = broker.ready(nowhere) is not None
        stored = broker.take_all(full)
    there = [number for number, _ in stored]
    claimed = {*sent, *astray} - refused
    return [
        *(
            [
                Breach(
                    Guarantee.NOTHING_ELSE,
                    "publish() declared the queue that did not exist: its messages wait where nobody consumes",
                )
            ]
            if there_now
            else []
        ),
        *guarantees.dishonest(claimed, there, sent),
        *guarantees.duplicated(there, word="message"),
        *(
            Breach(Guarantee.NOT_LOST, f"message {number} was reported as refused, and it was never sent")
            for number in sent
            if number in refused and number not in tried
        ),
        *(
            Breach(
                Guarantee.DURABLE,
                f"message {number} would not survive a restart of the broker: "
                f"its delivery_mode is {properties.delivery_mode}",
            )
            for number, properties in stored
            if properties.delivery_mode != 2
        ),
    ]


def _declared(broker: CheckRabbitMQ, name: str, role: str) -> list[Breach]:
    """What of the declaration would not outlive the broker."""
    has = broker.declared(name)
    found = []
    if not has["durable"] or has["exclusive"] or has["auto_delete"]:
        how = next(
            word
            for word, is_so in (
                ("not durable", not has["durable"]),
                ("exclusive", has["exclusive"]),
                ("auto_delete", True),
            )
            if is_so
        )
        found.append(
            Breach(Guarantee.DURABLE, f"the queue {role!r} does not survive: RabbitMQ has it as {how}")
        )
    if has.get("x-queue-type", "classic") != "quorum":
        found.append(Breach(Guarantee.DURABLE, f"the queue {role!r} is no quorum queue"))
    return found


def _role(name: str, queue: str) -> str:
    return "of the name `queue`" if name == queue else "of the name `dead_letters`"


def _all(numbers: Set[int], seen: History) -> bool:
    return set(numbers) <= set(seen.messages(Kind.FINISHED))


def _bodies(result: object) -> list[bytes]:
    """What publish() gave back, as bodies. GuaranteesBroken for what is no list of them."""
    if not isinstance(result, list) or not all(isinstance(each, bytes) for each in result):
        what = f"publish() returned {str(result)[:80]!r}; it must return a list of the bodies that were not taken"
        raise GuaranteesBroken([Breach(Guarantee.RUNS, what)])
    return result


CHECKS = {"acknowledge": acknowledge, "fair": fair, "poison": poison, "once": once, "confirm": confirm}
