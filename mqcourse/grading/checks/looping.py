"""What a program's loop did, as its connection to RabbitMQ shows it: whose turn it was, how often, after what pause."""

from collections.abc import Sequence
from itertools import zip_longest

from mqcourse.grading.checks.wire import Act, Did
from mqcourse.grading.guarantees import Breach, Guarantee

BUSY_S = 0.003
"""A pause shorter than this is none: the loop asks the broker as fast as the connection allows."""


def published(
    acts: Sequence[Act], messages: Sequence[int], told: set[int], news: set[int] | None = None
) -> list[Breach]:
    """What the broker saw of the publisher: each message in its turn, news once, a pause before an order goes again."""
    is_news = (lambda n: n > 100) if news is None else (lambda n: n in news)
    tries: dict[int, int] = {}
    turns: list[int] = []
    refused_at: dict[int, float] = {}
    waits: list[float] = []
    for act in acts:
        if act.did is Did.PUBLISHED:
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
            Breach(Guarantee.TOLD, f"news {n} was given up, and it was never sent: there may have been room")
            for n in sorted(told)
            if is_news(n) and n not in tries and n > 0
        ),
        *(
            Breach(
                Guarantee.TOLD,
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
                    "is taken or given up, and then the next one",
                )
            ]
            if out is not None
            else []
        ),
        *restless("publish()", waits, "after a refused order it tried again"),
    ]


def pauses(acts: Sequence[Act], orders: str, news: str) -> list[float]:
    """Seconds between two rounds in which both queues were empty: from the second answer to the next question."""
    found: list[float] = []
    empty: set[str] = set()
    since_s: float | None = None
    for act in acts:
        if act.did is Did.EMPTY:
            empty.add(act.queue)
            if empty >= {orders, news}:
                since_s = act.at_s
        elif act.did is Did.DELIVERED:
            empty, since_s = set(), None
        elif act.did is Did.ASKED and since_s is not None:
            found.append(act.at_s - since_s)
            empty, since_s = set(), None
    return found


def restless(name: str, pauses: Sequence[float], what: str) -> list[Breach]:
    """Without a pause the shortest of a few is a fraction of a millisecond; a busy machine makes them longer only."""
    if len(pauses) < 2 or min(pauses) >= BUSY_S:
        return []
    return [
        Breach(
            Guarantee.UNHURRIED,
            f"{what} after {min(pauses) * 1000:.1f} ms ({name}): wait a little, or the loop keeps a core and the broker busy",
        )
    ]
