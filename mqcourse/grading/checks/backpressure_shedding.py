"""Checks of the lab backpressure_shedding: bounds, refusals and order, seen at the broker."""

import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from mqcourse.grading import guarantees
from mqcourse.grading.checks.rabbitmq import Desk
from mqcourse.grading.guarantees import Breach, Guarantee
from mqcourse.grading.history import History, Kind
from mqcourse.grading.trial import Answer, Trial

ORDERS_MOST, NEWS_MOST = 50, 20
OVER = 3
"""What a quorum queue may take in beyond its limit: it counts after the fact."""
IDLE_S = 0.8
PACE_S = 0.01
LONGEST_S = 40.0
"""A right pipeline needs about 5 s."""
STANDSTILL_S = 2.0
"""After so long without a change in the queue for orders, the publisher has come as far as it gets."""
FULL = {"x-queue-type": "classic", "x-max-length": 5, "x-overflow": "reject-publish"}


def bounds(answer: Answer) -> Sequence[Breach]:
    """Each queue is filled beyond its bound; then what is there is looked at."""
    orders, news = range(1, 81), range(101, 161)
    with Desk() as desk, Trial(answer, desk.number_of) as trial:
        first, second = desk.name("orders"), desk.name("news")
        trial.result(trial.start("declare()", "declare", orders=first, news=second))
        missing = [name for name in (first, second) if desk.ready(name) is None]
        if missing:
            return [
                Breach(Guarantee.NOT_LOST, f"declare() left no queue {missing[0]!r}: nothing can go there")
            ]
        taken = [number for number in orders if desk.offer(first, number)]
        confirmed = [number for number in news if desk.offer(second, number)]
        kept = [number for number, _ in desk.take_all(first)]
        left = [number for number, _ in desk.take_all(second)]
    return [
        *_too_many("orders", len(kept), ORDERS_MOST),
        *_too_many("news", len(left), NEWS_MOST),
        *_too_few("orders", len(kept), ORDERS_MOST),
        *_too_few("news", len(left), NEWS_MOST),
        *guarantees.lost(
            taken, kept, word="order", why="was confirmed and then dropped: nobody was told that it is lost"
        ),
        *(
            Breach(Guarantee.NOT_LOST, f"news {number} was refused, although the newest news is worth most")
            for number in news
            if number not in confirmed
        ),
        *(
            Breach(Guarantee.NOT_LOST, f"news {number} is gone, and older news is there")
            for number in news[-15:]
            if number in confirmed and number not in left
        ),
    ]


def publish(answer: Answer) -> Sequence[Breach]:
    """Two queues with room for five; orders are taken out slowly, news not at all."""
    orders, news = range(1, 21), range(101, 121)
    with Desk() as desk, Trial(answer, desk.number_of) as trial:
        first, second = desk.declare("orders", **FULL), desk.declare("news", **FULL)
        mixed = [number for pair in zip(orders, news, strict=True) for number in pair]
        messages = [["order" if number < 100 else "news", desk.job(number)] for number in mixed]
        publisher = trial.start("publish()", "publish", orders=first, news=second, messages=messages)
        stored: list[int] = []
        with _taking_out(desk, first, stored):
            told = _numbers(desk, trial.result(publisher, deadline_s=20.0))
        stored += [number for number, _ in desk.take_all(first)]
        read = [number for number, _ in desk.take_all(second)]
    return [
        *guarantees.lost(
            orders, stored, word="order", why="was never stored, though its queue was emptied again"
        ),
        *_twice("order", stored),
        *_twice("news", read),
        *_told(news, read, told, orders),
        *guarantees.unasked(orders, stored, word="order", why="is in the queue for orders and is none"),
    ]


def work(answer: Answer) -> Sequence[Breach]:
    """News waits first; orders come while it is worked on; then the worker dies in the middle of an order."""
    news, early, late = range(101, 109), range(1, 5), range(5, 9)
    with Desk() as desk, Trial(answer, desk.number_of) as trial:
        first, second = desk.declare("orders"), desk.declare("news")
        desk.publish(second, news)
        desk.publish(first, early)
        trial.hold(lambda worker, message: message == 102 or (worker == "worker A" and message == 7))
        one = trial.start("worker A", "work", orders=first, news=second, handle="@handle")
        trial.wait_quiet(
            lambda seen: 102 in seen.messages(Kind.STARTED),
            lambda: desk.ready(first) == 0 == desk.ready(second),
        )
        begun = trial.history.messages(Kind.STARTED)
        if 102 not in begun:
            return _not_begun(trial.history, early, news)
        desk.publish(first, late)  # while news 102 is worked on
        trial.release("worker A", 102)
        trial.wait_quiet(
            lambda seen: 7 in seen.messages(Kind.STARTED),
            lambda: desk.ready(first) == 0 == desk.ready(second),
        )
        order_seen = trial.history.messages(Kind.STARTED)
        trial.kill(one)
        trial.hold(lambda _worker, _message: False)
        two = trial.start("worker B", "work", orders=first, news=second, handle="@handle")
        everything = {*news, *early, *late}
        trial.wait_quiet(
            lambda seen: everything <= set(seen.messages(Kind.FINISHED)),
            lambda: desk.ready(first) == 0 == desk.ready(second),
        )
        # Idle for a while, it has acknowledged what it wants to acknowledge.
        trial.wait_quiet(
            lambda seen: bool(guarantees.duplicated(seen.messages(Kind.FINISHED), allowed={6, 7})),
            quiet_s=IDLE_S,
            deadline_s=4.0,
        )
        trial.kill(two)
        desk.wait_unused(first)
        desk.wait_unused(second)
        seen = trial.history
        back = [number for queue in (first, second) for number, _ in desk.take_all(queue)]
    finished = seen.messages(Kind.FINISHED)
    return [
        *_behind(order_seen, early, 101, "was there before any news was begun"),
        *_behind(order_seen, late, 103, "came while news 102 was worked on"),
        *guarantees.acknowledged_early(seen),
        *guarantees.lost(
            everything - set(guarantees.interrupted(seen)), finished, why="was lost: it was never processed"
        ),
        *guarantees.duplicated(finished, allowed={6, 7}),
        *(
            Breach(Guarantee.ONCE, f"message {number} would be processed twice: it is in the queue again")
            for number in back
            if number in finished
        ),
    ]


def pipeline(answer: Answer) -> Sequence[Breach]:
    """200 messages, each second one an order, as fast as the publisher can, for a worker that needs 10 ms for each.

    The worker's first message is done only when the queue for orders has been seen full, or will not be: so there is
    an overload on a machine of any speed.
    """
    numbers = range(1, 201)
    orders = [number for number in numbers if number % 2 == 0]
    news = [number for number in numbers if number % 2]
    deepest = {"orders": 0, "news": 0}
    with Desk() as desk, Trial(answer, desk.number_of) as trial:
        first, second = desk.name("orders"), desk.name("news")
        trial.result(trial.start("declare()", "declare", orders=first, news=second))
        missing = [name for name in (first, second) if desk.ready(name) is None]
        if missing:
            return [
                Breach(Guarantee.NOT_LOST, f"declare() left no queue {missing[0]!r}: nothing can go there")
            ]
        messages = [["news" if number % 2 else "order", desk.job(number)] for number in numbers]
        trial.hold(lambda _worker, _message: True)
        worker = trial.start("the worker", "work", orders=first, news=second, handle="@handle")
        publisher = trial.start("publish()", "publish", orders=first, news=second, messages=messages)
        told: set[int] | None = None
        overloaded = False
        changed_at = calm_since = time.monotonic()
        waiting = 0
        while time.monotonic() - calm_since < 3.0:
            for name, held in trial.history.open_work().items():
                for message in held if overloaded else ():
                    trial.release(name, message)
                    calm_since = time.monotonic()
            for name, queue in (("orders", first), ("news", second)):
                ready = desk.ready(queue)
                deepest[name] = max(deepest[name], ready or 0)
                if ready:
                    calm_since = max(calm_since, time.monotonic() - 2.0)
                if name == "orders" and (ready != waiting or not publisher.ready):
                    waiting, changed_at = ready or 0, time.monotonic()
            overloaded = (
                overloaded
                or waiting >= ORDERS_MOST
                or not publisher.running
                or time.monotonic() - changed_at > STANDSTILL_S
            )
            if worker.breach:
                return [worker.breach]
            if publisher.running:
                calm_since = max(calm_since, time.monotonic() - 2.0)
            elif told is None:
                told = _numbers(desk, trial.result(publisher))
            if time.monotonic() - publisher.began_s > LONGEST_S:
                break
            if told is not None and set(orders) | set(news) - told <= set(
                trial.history.messages(Kind.FINISHED)
            ):
                break
            time.sleep(PACE_S)  # the worker's 10 ms for each message
        if told is None:
            told = _numbers(desk, trial.result(publisher, deadline_s=1.0))
        finished = trial.history.messages(Kind.FINISHED)
    return [
        *_too_many("orders", deepest["orders"], ORDERS_MOST),
        *_too_many("news", deepest["news"], NEWS_MOST),
        *guarantees.lost(orders, finished, word="order", why="was lost under overload"),
        *guarantees.duplicated(finished),
        *_told(news, finished, told, orders),
    ]


@contextmanager
def _taking_out(desk: Desk, queue: str, taken: list[int]) -> Iterator[None]:
    """Take a message out of the queue every 50 ms, on a connection of its own, until the block ends."""
    stop = threading.Event()

    def take() -> None:
        with Desk() as other:
            while not stop.wait(0.05):
                body = other.take_body(queue)
                if body is not None:
                    taken.append(desk.number_of(body) or -1)

    thread = threading.Thread(target=take, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _numbers(desk: Desk, returned: object) -> set[int]:
    """What publish() reported as not taken; whatever is no body of ours reports nothing."""
    bodies = returned if isinstance(returned, list) else []
    return {desk.number_of(body) or -1 for body in bodies if isinstance(body, bytes)}


def _told(news: Iterable[int], there: Iterable[int], told: set[int], orders: Iterable[int]) -> list[Breach]:
    """What was reported as given up is exactly the news that went nowhere."""
    kept = set(there)
    return [
        *(
            Breach(Guarantee.TOLD, f"news {number} was lost, and publish() did not report it")
            for number in news
            if number not in kept and number not in told
        ),
        *(
            Breach(Guarantee.TOLD, f"news {number} was reported as given up, and it was taken")
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
    return [Breach(Guarantee.NOT_LOST, f"the queue for {name} kept {count} messages, it has room for {most}")]


def _behind(begun: Sequence[int], orders: Iterable[int], news: int, why: str) -> list[Breach]:
    """Orders that were begun after news that should have waited for them."""
    if news not in begun:
        return []
    before = set(begun[: begun.index(news)])
    return [
        Breach(Guarantee.IMPORTANT_FIRST, f"order {number} waited behind news {news}, although it {why}")
        for number in orders
        if number not in before
    ]


def _not_begun(seen: History, early: Iterable[int], news: Iterable[int]) -> list[Breach]:
    """The worker never came to news 102: what it did not do is all there is to say."""
    return guarantees.lost([*early, *news], seen.messages(Kind.FINISHED), why="was never processed")


CHECKS = {"bounds": bounds, "publish": publish, "work": work, "pipeline": pipeline}
