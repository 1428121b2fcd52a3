"""Pure checkers: each looks at what happened and names the guarantee that broke, with the message it broke for.

They take histories, sets and counts, never raw output, and never a broker: the checks of each lab feed them.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from enum import StrEnum

from mqcourse.grading.history import History, Kind


class Guarantee(StrEnum):
    """What an exercise can promise, in the words the learner is told."""

    NOT_LOST = "no message is lost"
    ONCE = "no message is processed twice"
    ACKNOWLEDGED_LATE = "a message is acknowledged only after its work is done"
    COMMITTED_LATE = "an offset is committed only after the record is processed"
    ORDER = "messages with the same key keep their order"
    TOGETHER = "messages with the same key are in one partition"
    SPREAD = "the work is spread"
    LOCKED = "a message stays locked while it is processed"
    SAYS_WHY = "a dead-lettered message carries the reason"
    STATE = "the progress of a session is kept when its worker is killed"
    ALONE = "messages with the same key are never processed at the same time"
    FAIR = "no message waits behind a busy worker while another worker is idle"
    HONEST = "a message is reported as stored only if the broker has stored it"
    DURABLE = "a message survives a restart of the broker"
    RETRIED = "a message that fails is retried"
    GIVEN_UP = "a message that always fails is dead-lettered after its last attempt"
    NOTHING_ELSE = "only the messages that were asked for are processed"
    LAG = "the lag is the number of records that wait"
    UNDISTURBED = "the committed offsets of other groups are unchanged"
    PROMISE = "the latency target is met"
    THRIFTY = "the pool is no larger than the latency target requires"
    AGREES = "the figure agrees with theory and simulation"
    AGREED_LOSS = "no more is lost than was agreed"
    BOUNDED = "the queue has a length limit"
    REPORTED = "every message that the broker refused is reported to the producer"
    PRIORITY = "no message waits behind one of lower priority"
    DELAYED = "a message that fails is retried after its delay, and no other message waits for it"
    INTACT = "a message keeps its body and its properties"
    MATCHED = "each answer belongs to its question"
    ATOMIC = "the records of a transaction are visible together or not at all"
    FENCED = "only the newest writer of a transactional id writes"
    UNBLOCKED = "readers do not wait for a worker that is dead"
    IN_TURN = "a worker handles one record after the other"
    SPARING = "a worker commits after the given number of records, and not more often"
    AGREED_REPEATS = "a crash repeats no more records than was agreed"
    KEPT = "a restart moves no partition and starts no rebalance"
    TAKEN_OVER = "the partitions of a worker that stays away get another reader"
    SEPARATE = "a partition that waits holds up no other partition"
    HELD = "no record is processed while its receiver is busy"
    MEMBER = "a worker stays the same member of its group"
    JOINED = "a worker can join while another one works"
    DIRECT = "an answer needs no queue"
    UNHURRIED = "a loop that finds nothing to do waits before it tries again"
    ACCEPTS = "a topic or a queue accepts messages while one broker is down"
    DIAGNOSED = (
        "each queue or partition that cannot be used is named with what was asked for, and no other one"
    )
    REPLICATED = "a queue is reported as replicated exactly if each node has a copy"
    SETTLED = "a message whose work is done is removed from its queue"
    REPLICAS_KEPT = "each partition keeps its replicas"
    LEADERS_MOVED = "a broker that is drained leads no partition"
    UNDISTURBED_LEADERS = "the leaders of other partitions stay"
    ENDS = "the program ends by itself"
    RUNS = "the program runs"
    ANSWERED = "the exercise is answered"


NOT_ANSWERED = "not answered yet"
"""Of an exercise that is as it was found."""


@dataclass(frozen=True)
class Breach:
    """One guarantee that was broken: what happened, in plain words, naming the message."""

    guarantee: Guarantee
    what: str


Word = str
"""What the broker calls a message: "message" or "record"."""


def lost(
    sent: Iterable[int],
    done: Iterable[int],
    *,
    word: Word = "message",
    why: str = "was lost: it was never processed",
) -> list[Breach]:
    """Every message that was sent and is not among those that were done."""
    there = set(done)
    return [Breach(Guarantee.NOT_LOST, f"{word} {n} {why}") for n in sorted(set(sent) - there)]


def duplicated(
    done: Iterable[int],
    *,
    allowed: Set[int] = frozenset(),
    word: Word = "message",
    verb: str = "was processed",
) -> list[Breach]:
    """Every message that was done more than once, except those that may be (an at-least-once delivery)."""
    return [
        Breach(Guarantee.ONCE, f"{word} {n} {verb} {_times(count)}")
        for n, count in sorted(Counter(done).items())
        if count > 1 and n not in allowed
    ]


def unasked(
    asked: Iterable[int],
    done: Iterable[int],
    *,
    word: Word = "message",
    why: str = "was processed, but it was not requested",
) -> list[Breach]:
    """Every message that was done though it is not among those that were asked for."""
    return [
        Breach(
            Guarantee.NOTHING_ELSE,
            f"{word} {n} {why}" if n > 0 else f"something was processed that is no {word} of this queue",
        )
        for n in sorted(set(done) - set(asked))
    ]


def acknowledged_early(
    history: History, *, gone: Set[int] | None = None, word: Word = "message", verb: str = "acknowledged"
) -> list[Breach]:
    """Every message in a worker's hands when it was killed that the broker did not hold any more after that.

    `gone` are the numbers that the check did not find at the broker when it asked, after the kill and before anybody
    else could take them. Only these are accused. Without `gone` (to be used only where a broker cannot be asked)
    a message that was not delivered again counts as gone.
    """
    guarantee = Guarantee.COMMITTED_LATE if verb == "committed" else Guarantee.ACKNOWLEDGED_LATE
    finished = set(history.messages(Kind.FINISHED))
    if gone is None:
        gone = set(interrupted(history)) - finished
    return [
        Breach(
            guarantee,
            f"{word} {n} was {verb} too early: {worker} was killed while it worked on {word} {n}, "
            f"and the broker did not hold {word} {n} any more",
        )
        for n, worker in interrupted(history).items()
        if n in gone
    ]


def passed_over(
    history: History, *, held: Set[int], word: Word = "message", verb: str = "acknowledged"
) -> list[Breach]:
    """Every message that was cut off by a kill, that the broker still held (`held`), and that no worker finished after it.

    The worker that was killed did no wrong here: one that started later got the message, or could have, and left it.
    """
    finished = set(history.messages(Kind.FINISHED))
    return [
        Breach(
            Guarantee.NOT_LOST,
            f"{word} {n} was not processed: after the kill of {worker} the broker still held it (it was not {verb}), "
            "and the next worker did not work on it",
        )
        for n, worker in interrupted(history).items()
        if n in held and n not in finished
    ]


def interrupted(history: History) -> dict[int, str]:
    """Messages that were being worked on when their worker was killed, and that worker."""
    held: dict[str, list[int]] = {}
    cut: dict[int, str] = {}
    for event in history:
        mine = held.setdefault(event.worker, [])
        if event.kind is Kind.STARTED:
            mine.append(event.message)
        elif event.kind is Kind.KILLED:
            cut.update(dict.fromkeys(mine, event.worker))
            mine.clear()
        elif event.message in mine:
            mine.remove(event.message)
    return cut


def out_of_order(
    done: Iterable[int], keys: Mapping[int, str], *, word: Word = "message", verb: str = "was processed"
) -> list[Breach]:
    """For each key the first message that came after a later one. Messages are numbered in the order they were sent."""
    last: dict[str, int] = {}
    told: set[str] = set()
    breaches = []
    for n in done:
        key = keys.get(n)
        if key is None:
            continue
        if key not in told and n < last.get(key, 0):
            told.add(key)
            breaches.append(
                Breach(
                    Guarantee.ORDER,
                    f"{word} {n} of key {key!r} {verb} after {word} {last[key]} of the same key",
                )
            )
        last[key] = max(n, last.get(key, 0))
    return breaches


def apart(places: Mapping[int, int], keys: Mapping[int, str], *, word: Word = "record") -> list[Breach]:
    """For each key the first message that lies in another partition than the key's first one.

    `places` maps message to partition.
    """
    home: dict[str, tuple[int, int]] = {}
    told: set[str] = set()
    breaches = []
    for n in sorted(places):
        key = keys.get(n)
        if key is None:
            continue
        first, partition = home.setdefault(key, (n, places[n]))
        if places[n] != partition and key not in told:
            told.add(key)
            breaches.append(
                Breach(
                    Guarantee.TOGETHER,
                    f"{word}s {first} and {n} of key {key!r} are in partitions {partition} and {places[n]}: "
                    "so their order is not kept",
                )
            )
    return breaches


def concurrent(history: History, keys: Mapping[int, str], *, word: Word = "message") -> list[Breach]:
    """Every message that was begun while another one with the same key was still being worked on."""
    open_: dict[str, list[tuple[int, str]]] = {}
    breaches = []
    for event in history:
        if event.kind is Kind.KILLED:
            for held in open_.values():
                held[:] = [(n, worker) for n, worker in held if worker != event.worker]
            continue
        key = keys.get(event.message)
        if key is None:
            continue
        held = open_.setdefault(key, [])
        if event.kind is Kind.STARTED:
            if held:
                other, worker = held[0]
                breaches.append(
                    Breach(
                        Guarantee.ALONE,
                        f"{word} {event.message} of key {key!r} was begun by {event.worker} "
                        f"while {worker} still worked on {word} {other} of the same key",
                    )
                )
            held.append((event.message, event.worker))
        else:
            open_[key] = [(n, worker) for n, worker in held if (n, worker) != (event.message, event.worker)]
    return breaches


def unfair(
    waiting: Iterable[int], *, behind: int, busy: str, idle: str, word: Word = "message"
) -> list[Breach]:
    """Every message that waits in a busy worker's hands while another worker has nothing to do."""
    return [
        Breach(
            Guarantee.FAIR,
            f"{word} {n} waited behind {word} {behind} held by {busy}, while {idle} was idle",
        )
        for n in sorted(waiting)
    ]


def dishonest(
    claimed: Iterable[int], stored: Iterable[int], sent: Iterable[int], *, word: Word = "message"
) -> list[Breach]:
    """Messages reported as stored that are not there, and messages reported as refused that are."""
    claims, there = set(claimed), set(stored)
    return [
        Breach(Guarantee.HONEST, f"{word} {n} was reported as stored, but no queue holds it: it is lost")
        for n in sorted(claims - there)
    ] + [
        Breach(
            Guarantee.HONEST,
            f"{word} {n} was reported as refused, but the queue holds it: sent again, it would be there twice",
        )
        for n in sorted((there - claims) & set(sent))
    ]


def tries(history: History, limits: Mapping[int, tuple[int, int]], *, word: Word = "message") -> list[Breach]:
    """Messages that were tried too seldom or too often; `limits` maps message to (fewest, most) tries."""
    counted = Counter(history.messages(Kind.STARTED))
    breaches = []
    for n, (fewest, most) in sorted(limits.items()):
        if counted[n] < fewest:
            breaches.append(
                Breach(
                    Guarantee.RETRIED,
                    f"{word} {n} was given up after {_tries(counted[n])}, {fewest} were asked for"
                    if counted[n]
                    else f"{word} {n} was never tried, {_tries(fewest)} were asked for",
                )
            )
        if counted[n] > most:
            breaches.append(
                Breach(
                    Guarantee.GIVEN_UP,
                    f"{word} {n} was tried {_times(counted[n])}, at most {most} were asked for",
                )
            )
    return breaches


def one_sided(places: Mapping[int, int], partitions: int, *, word: Word = "record") -> list[Breach]:
    """Everything lies in one partition although there are several."""
    used = set(places.values())
    if partitions > 1 and len(places) > 1 and len(used) == 1:
        return [
            Breach(
                Guarantee.SPREAD,
                f"all {len(places)} {word}s are in partition {used.pop()}: {partitions - 1} of {partitions} partitions are empty",
            )
        ]
    return []


def shortened(breaches: Sequence[Breach], most: int = 3) -> list[str]:
    """The plain words of a few breaches; one line counts how many more there are of each guarantee's kind."""
    lines: list[str] = []
    for guarantee in dict.fromkeys(breach.guarantee for breach in breaches):
        same = list(dict.fromkeys(breach.what for breach in breaches if breach.guarantee is guarantee))
        lines += same[:most]
        if len(same) > most:
            lines.append(f"and {len(same) - most} more like this")
    return lines


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def _tries(count: int) -> str:
    return "1 try" if count == 1 else f"{count} tries"
