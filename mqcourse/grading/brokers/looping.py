"""What a program's loop did, as its connection to RabbitMQ shows it: whose turn it was, how often, after what pause."""

from collections.abc import Sequence
from itertools import zip_longest

from mqcourse.grading.brokers.wire import Act, Did
from mqcourse.grading.guarantees import Breach, Guarantee

BUSY_S = 0.003
"""A pause shorter than this is none: the loop polls the broker as fast as the connection allows."""

BUSY_RATIO = 2.0
"""Nor is one that is not this many times as long as the program needs between an answer and its next request anyway:
on a busy machine that alone may take longer than BUSY_S."""


def published(
    acts: Sequence[Act], messages: Sequence[int], told: set[int], news: set[int] | None = None
) -> list[Breach]:
    """What the broker saw of the publisher: each message in its turn, news once, a pause before an order goes again."""
    is_news = (lambda n: n > 100) if news is None else (lambda n: n in news)
    tries: dict[int, int] = {}
    turns: list[int] = []
    refused_at: dict[int, float] = {}
    waits: list[float] = []
    usual: list[float] = []
    answered: Act | None = None
    for act in acts:
        if act.did in (Did.STORED, Did.REFUSED):
            answered = act
        if act.did is Did.PUBLISHED:
            if answered is not None and answered.number != act.number:
                usual.append(act.at_s - answered.at_s)
            tries[act.number] = tries.get(act.number, 0) + 1
            if not turns or turns[-1] != act.number:
                turns.append(act.number)
            if act.number in refused_at and not is_news(act.number):
                waits.append(act.at_s - refused_at[act.number])
        elif act.did is Did.REFUSED:
            refused_at[act.number] = act.at_s
    word = {True: "news", False: "order"}
    out = next((n for n, wanted in zip_longest(turns, messages) if n is not None and n != wanted), None)
    return [
        *(
            Breach(
                Guarantee.REPORTED, f"news {n} was given up, and it was never sent: there may have been room"
            )
            for n in sorted(told)
            if is_news(n) and n not in tries and n > 0
        ),
        *(
            Breach(
                Guarantee.REPORTED,
                f"news {n} was sent {tries[n]} times: a refused one was to be given up at once, so that what "
                "is behind it need not wait",
            )
            for n in sorted(tries)
            if is_news(n) and tries[n] > 1
        ),
        *(
            [
                Breach(
                    Guarantee.ORDER,
                    f"{word[is_news(out)]} {out} was sent out of its turn: each message of the list is sent until it "
                    "is taken or given up, and then the next message",
                )
            ]
            if out is not None
            else []
        ),
        *restless("publish()", waits, usual, "after a refused order it tried again"),
    ]


def pauses(acts: Sequence[Act], orders: str, news: str) -> tuple[list[float], list[float]]:
    """Seconds between two rounds in which both queues were empty, from the second answer to the next question; and
    seconds between an answer and the next question inside a round, where nobody is asked to wait."""
    found: list[float] = []
    usual: list[float] = []
    empty: set[str] = set()
    last_s: float | None = None
    for act in acts:
        if act.did is Did.EMPTY:
            empty.add(act.queue)
            last_s = act.at_s
        elif act.did is Did.DELIVERED:
            empty, last_s = set(), None
        elif act.did is Did.ASKED and last_s is not None:
            if empty >= {orders, news}:
                found.append(act.at_s - last_s)
                empty = set()
            else:
                usual.append(act.at_s - last_s)
            last_s = None
    return found, usual


def restless(name: str, waits: Sequence[float], usual: Sequence[float], what: str) -> list[Breach]:
    """The shortest of a few is judged, since a busy machine makes them longer only."""
    least_s = max(BUSY_S, BUSY_RATIO * min(usual, default=0.0))
    if len(waits) < 2 or min(waits) >= least_s:
        return []
    return [
        Breach(
            Guarantee.UNHURRIED,
            f"{what} after {min(waits) * 1000:.1f} ms ({name}): wait a little, or the loop keeps a core and the broker busy",
        )
    ]
