"""Checks of the lab backpressure_shedding: limits, refusals and order, seen at the broker."""

import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from mqcourse.grading import guarantees
from mqcourse.grading.brokers.looping import pauses, published, restless
from mqcourse.grading.brokers.rabbitmq import CheckRabbitMQ
from mqcourse.grading.brokers.shift import Shift, Step
from mqcourse.grading.brokers.wire import Did, Wire
from mqcourse.grading.guarantees import Breach, Guarantee
from mqcourse.grading.history import History, Kind
from mqcourse.grading.trial import Answer, Trial

ORDERS_MOST, NEWS_MOST = 50, 20
"""What the exercises `bounds` and `pipeline` require."""

OVER = 3
"""What a quorum queue may take in beyond its limit: it counts after the fact."""

FEWEST_REFUSALS = 5
"""So often an order is refused before there is room again: an order is tried until it is taken."""

ROUNDS = 12
"""So often an idle worker is watched asking, or for 3 s: the shortest of so many pauses is short on a busy machine too,
where nobody waits."""

PACE_S = 0.01
LONGEST_S = 60.0
"""A right pipeline needs about 5 s."""

CALM_S = 3.0
"""After so long without a publish and without a message taken, the worker has finished."""

STANDSTILL_S = 2.0
"""After so long without a change in the queue for orders, the publisher gets no further."""


def bounds(answer: Answer) -> Sequence[Breach]:
    """The broker is asked how the queues were declared; then each queue is filled beyond its limit."""
    draw = answer.draw("bounds")
    orders = range(1, ORDERS_MOST + draw.randint(15, 40) + 1)
    news = range(101, 101 + NEWS_MOST + draw.randint(15, 40))
    with CheckRabbitMQ() as broker, Trial(answer, broker.number_of) as trial:
        first, second = broker.name("orders"), broker.name("news")
        trial.result(trial.start("declare()", "declare", orders=first, news=second))
        if broken := _declared(broker, first, second):
            return broken
        taken = [number for number in orders if broker.offer(first, number)]
        confirmed = [number for number in news if broker.offer(second, number)]
        kept = [number for number, _ in broker.take_all(first)]
        left = [number for number, _ in broker.take_all(second)]
    return [
        *_too_many("orders", len(kept), ORDERS_MOST),
        *_too_many("news", len(left), NEWS_MOST),
        *_too_few("orders", len(kept), ORDERS_MOST),
        *_too_few("news", len(left), NEWS_MOST),
        *guarantees.lost(
            taken, kept, word="order", why="was confirmed and then dropped: its sender was not told"
        ),
        *(
            Breach(
                Guarantee.NOT_LOST,
                f"news {number} was refused, although the newest news has the highest value",
            )
            for number in news
            if number not in confirmed
        ),
        *(
            Breach(Guarantee.NOT_LOST, f"news {number} is gone, and older news is still in the queue")
            for number in news[-NEWS_MOST + OVER :]
            if number in confirmed and number not in left
        ),
    ]


def publish(answer: Answer) -> Sequence[Breach]:
    """Two small queues; orders are taken out slowly once one was refused several times, news not at all."""
    draw = answer.draw("publish")
    orders = range(1, draw.randint(16, 22) + 1)
    news = range(101, 101 + draw.randint(14, 20))
    mixed = _mixed(draw.sample([*orders, *news], len(orders) + len(news)))
    with (
        CheckRabbitMQ() as broker,
        Wire(broker.number_of) as wire,
        Trial(wire.through(answer), broker.number_of) as trial,
    ):
        first = broker.declare("orders", **_full(draw.randint(3, 7)))
        second = broker.declare("news", **_full(draw.randint(3, 7)))
        messages = [["order" if number < 100 else "news", broker.job(number)] for number in mixed]
        publisher = trial.start("publish()", "publish", orders=first, news=second, messages=messages)
        stored: list[int] = []
        with _taking_out(broker, wire, first, stored):
            told = _numbers(broker, trial.result(publisher, deadline_s=20.0))
        stored += [number for number, _ in broker.take_all(first)]
        read = [number for number, _ in broker.take_all(second)]
        acts = wire.acts()
    return [
        *published(acts, mixed, told),
        *guarantees.lost(
            orders, stored, word="order", why="was never stored, though its queue was emptied again"
        ),
        *_twice("order", stored),
        *_twice("news", read),
        *_told(news, read, told, orders),
        *guarantees.unasked(
            orders, stored, word="order", why="is in the queue for orders and is not an order"
        ),
        *guarantees.unasked(news, read, word="news", why="is in the queue for news and is none"),
    ]


def work(answer: Answer) -> Sequence[Breach]:
    """Orders arrive while news is worked on; workers die in the middle of an order and before an acknowledgement."""
    draw = answer.draw("work")
    news = range(101, 101 + draw.randint(6, 9))
    early = range(1, draw.randint(3, 5) + 1)
    late = range(early[-1] + 1, early[-1] + draw.randint(4, 6) + 1)
    busy = draw.choice(news[1:-2])
    steps = draw.sample([Step.WORK, Step.WORK_ACKNOWLEDGEMENT], 2)
    points = sorted(draw.sample(late[1:], 2))
    everything = {*news, *early, *late}
    with (
        CheckRabbitMQ() as broker,
        Wire(broker.number_of) as wire,
        Trial(wire.through(answer), broker.number_of) as trial,
    ):
        first, second = broker.declare("orders"), broker.declare("news")
        broker.publish(second, news)
        broker.publish(first, early)
        shift = Shift(broker, trial, wire, [first, second])
        queues: dict[str, Any] = {"orders": first, "news": second, "handle": "@handle"}
        one = trial.start("worker A", "work", **queues)
        if not shift.drive(one, to=busy):
            return _not_begun(trial.history, early, news)
        begun = trial.history.messages(Kind.STARTED)
        if behind := _behind(begun, early, "was in the queue before any news was begun"):
            return behind
        broker.publish(first, late)  # while that news is worked on
        if not shift.drive(one, to=points[0]):
            return _not_begun(trial.history, [*early, *late], news)
        if behind := _late(trial.history, late, busy):
            return behind
        shift.kill(one, points[0], steps[0])
        if gone := shift.acknowledged_early(one, first, {*early, *late}):
            return gone
        two = trial.start("worker B", "work", **queues)
        if not shift.drive(two, to=points[1]):
            return _not_begun(trial.history, [*early, *late], news)
        shift.kill(two, points[1], steps[1])
        if gone := shift.acknowledged_early(two, first, {*early, *late}):
            return gone
        three = trial.start("worker C", "work", **queues)
        shift.drive(three, all_of=everything)
        behind = _late(trial.history, late, busy)
        trial.wait(lambda _seen: len(pauses(wire.acts(), first, second)[0]) >= ROUNDS, deadline_s=3.0)
        rounds, usual = pauses(wire.acts(), first, second)
        ended = shift.goes_on(three)
        back = shift.end(three)
        seen = trial.history
    finished = seen.messages(Kind.FINISHED)
    again = {point for step, point in zip(steps, points, strict=True) if step is Step.WORK_ACKNOWLEDGEMENT}
    return [
        *behind,
        *guarantees.lost(everything, finished),
        *guarantees.duplicated(finished, allowed=again | shift.unheard),
        *ended,
        *back,
        *restless("worker C", rounds, usual, "when both queues were empty it asked again"),
    ]


def pipeline(answer: Answer) -> Sequence[Breach]:
    """200 messages, each second one an order, as fast as the publisher can, for a worker that needs 10 ms for each.

    The worker's first message is done only when the queue for orders has been seen full, or will not be: so there is
    an overload on a machine of any speed.
    """
    draw = answer.draw("pipeline")
    odd = draw.randint(0, 1)
    numbers = range(1, 201)
    orders = [number for number in numbers if number % 2 == odd]
    news = [number for number in numbers if number % 2 != odd]
    deepest = {"orders": 0, "news": 0}
    with (
        CheckRabbitMQ() as broker,
        Wire(broker.number_of) as wire,
        Trial(wire.through(answer), broker.number_of) as trial,
    ):
        first, second = broker.name("orders"), broker.name("news")
        trial.result(trial.start("declare()", "declare", orders=first, news=second))
        if broken := _declared(broker, first, second):
            return broken
        messages = [["order" if number % 2 == odd else "news", broker.job(number)] for number in numbers]
        shift = Shift(broker, trial, wire, [first, second])
        worker = trial.start("the worker", "work", orders=first, news=second, handle="@handle")
        publisher = trial.start("publish()", "publish", orders=first, news=second, messages=messages)
        told: set[int] | None = None
        overloaded = False
        changed_at = calm_since = time.monotonic()
        waiting = 0
        orders_waited = False
        """Whether orders were in the queue while the worker still held its last message."""
        while time.monotonic() - calm_since < CALM_S * trial.patience:
            held = trial.history.open_work().get(worker.name, [])
            ready = {name: broker.ready(queue) or 0 for name, queue in (("orders", first), ("news", second))}
            for name, count in ready.items():
                deepest[name] = max(deepest[name], count)
            if held and overloaded:
                shift.inspect(worker, held)
                if orders_waited and held[0] in news:
                    return [_overtaken(held[0], worker.name)]
                orders_waited = ready["orders"] > 0
                trial.release(worker.name, held[0])
                calm_since = time.monotonic()
            if any(ready.values()):
                calm_since = max(calm_since, time.monotonic() - CALM_S * trial.patience + 1.0)
            if ready["orders"] != waiting or not publisher.ready:
                waiting, changed_at = ready["orders"], time.monotonic()
            if not overloaded:
                overloaded = (
                    waiting >= ORDERS_MOST
                    or not publisher.running
                    or time.monotonic() - changed_at > STANDSTILL_S * trial.patience
                )
            if worker.breach:
                return [worker.breach]
            if publisher.running:
                calm_since = max(calm_since, time.monotonic() - CALM_S * trial.patience + 1.0)
            elif told is None:
                told = _numbers(broker, trial.result(publisher))
            if time.monotonic() - publisher.began_s > LONGEST_S * trial.patience:
                break
            if told is not None and set(orders) | set(news) - told <= set(
                trial.history.messages(Kind.FINISHED)
            ):
                break
            time.sleep(PACE_S)  # the worker's 10 ms for each message
        if told is None:
            told = _numbers(broker, trial.result(publisher, deadline_s=1.0))
        back = shift.end(worker)
        finished = trial.history.messages(Kind.FINISHED)
        acts = wire.acts()
    return [
        *_too_many("orders", deepest["orders"], ORDERS_MOST),
        *_too_many("news", deepest["news"], NEWS_MOST),
        *guarantees.lost(orders, finished, word="order", why="was lost under overload"),
        *guarantees.duplicated(finished),
        *back,
        *_told(news, finished, told, orders),
        *published(acts, numbers, told, news=set(news)),
    ]


def _mixed(numbers: list[int]) -> list[int]:
    """A random order of kinds in which the orders, and the news, still have rising numbers."""
    orders = iter(sorted(n for n in numbers if n < 100))
    news = iter(sorted(n for n in numbers if n > 100))
    return [next(orders) if number < 100 else next(news) for number in numbers]


def _full(room: int) -> Mapping[str, str | int]:
    return {"x-queue-type": "classic", "x-max-length": room, "x-overflow": "reject-publish"}


@contextmanager
def _taking_out(broker: CheckRabbitMQ, wire: Wire, queue: str, taken: list[int]) -> Iterator[None]:
    """Take a message out of the queue every 50 ms, on its own connection, until the block ends.

    It begins when an order was refused five times: so there is a full queue on a machine of any speed, and a publisher
    that gives up after a few tries shows it.
    """
    stop = threading.Event()

    def full() -> bool:
        return len([act for act in wire.acts(Did.REFUSED) if 0 < act.number < 100]) >= FEWEST_REFUSALS

    def take() -> None:
        with CheckRabbitMQ() as other:
            while not stop.wait(0.05):
                if not taken and not full():
                    continue
                body = other.take_body(queue)
                if body is not None:
                    taken.append(broker.number_of(body) or -1)

    thread = threading.Thread(target=take, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _declared(broker: CheckRabbitMQ, orders: str, news: str) -> list[Breach]:
    """The broker's view of the two declarations: durable, and with exactly the limits of the exercise."""
    found = []
    for role, queue, most in (("orders", orders, ORDERS_MOST), ("news", news, NEWS_MOST)):
        if broker.ready(queue) is None:
            return [
                Breach(Guarantee.NOT_LOST, f"declare() left no queue for {role}: a message for it is lost")
            ]
        has = broker.declared(queue)
        for wrong, is_so in (
            ("not durable", not has["durable"]),
            ("exclusive to the connection that declared it", has["exclusive"]),
            ("auto_delete", has["auto_delete"]),
        ):
            if is_so:
                what = f"the queue for {role} does not survive a restart of the broker: it is {wrong}"
                found.append(Breach(Guarantee.DURABLE, what))
        if has.get("x-max-length") is None:
            what = f"the queue for {role} has no x-max-length: the number of its messages has no limit"
            found.append(Breach(Guarantee.BOUNDED, what))
        elif has["x-max-length"] != most:
            what = f"the queue for {role} holds up to {has['x-max-length']} messages, {most} is required"
            found.append(Breach(Guarantee.BOUNDED, what))
    return found


def _numbers(broker: CheckRabbitMQ, returned: object) -> set[int]:
    """What publish() reported as not taken; whatever is no body of ours reports nothing."""
    bodies = returned if isinstance(returned, list) else []
    return {broker.number_of(body) or -1 for body in bodies if isinstance(body, bytes)}


def _told(news: Iterable[int], there: Iterable[int], told: set[int], orders: Iterable[int]) -> list[Breach]:
    """What was reported as given up is exactly the news that went nowhere."""
    kept = set(there)
    return [
        *(
            Breach(Guarantee.REPORTED, f"news {number} was lost, and publish() did not report it")
            for number in news
            if number not in kept and number not in told
        ),
        *(
            Breach(Guarantee.REPORTED, f"news {number} was reported as given up, and it was taken")
            for number in news
            if number in kept and number in told
        ),
        *(
            Breach(Guarantee.NOT_LOST, f"order {number} was given up: orders are not, however long it takes")
            for number in orders
            if number in told
        ),
    ]


def _twice(word: str, stored: Sequence[int]) -> list[Breach]:
    return [
        Breach(Guarantee.ONCE, f"{word} {number} was stored {stored.count(number)} times")
        for number in sorted(set(stored))
        if stored.count(number) > 1
    ]


def _too_many(name: str, count: int, most: int) -> list[Breach]:
    if count <= most + OVER:
        return []
    return [
        Breach(Guarantee.BOUNDED, f"{count} messages waited in the queue for {name}, {most} were allowed")
    ]


def _too_few(name: str, count: int, most: int) -> list[Breach]:
    if count >= most:
        return []
    return [Breach(Guarantee.NOT_LOST, f"the queue for {name} kept {count} messages, its limit is {most}")]


def _behind(begun: Sequence[int], orders: Iterable[int], why: str) -> list[Breach]:
    """Orders that were begun after the first news, or not at all while news was."""
    news = next((n for n in begun if n > 100), None)
    if news is None:
        return []
    before = set(begun[: begun.index(news)])
    return [
        Breach(Guarantee.PRIORITY, f"order {number} waited behind news {news}, although it {why}")
        for number in orders
        if number not in before
    ]


def _late(seen: History, late: Sequence[int], busy: int) -> list[Breach]:
    """The orders that arrived while news `busy` was worked on come before any other news."""
    begun = seen.messages(Kind.STARTED)
    after = begun[begun.index(busy) + 1 :]
    return _behind(after, late, f"arrived while news {busy} was worked on")


def _overtaken(number: int, worker: str) -> Breach:
    return Breach(
        Guarantee.PRIORITY,
        f"{worker} took news {number} although orders waited since before it was free",
    )


def _not_begun(seen: History, orders: Iterable[int], news: Iterable[int]) -> list[Breach]:
    """The worker has stopped: orders that waited behind news, or else what it did not do."""
    return _behind(
        seen.messages(Kind.STARTED), orders, "was in the queue when that news was begun"
    ) or guarantees.lost([*orders, *news], seen.messages(Kind.FINISHED), why="was never processed")


CHECKS = {"bounds": bounds, "publish": publish, "work": work, "pipeline": pipeline}
