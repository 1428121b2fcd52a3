"""Checks of the lab kafka_exactly_once. What differs from run to run is drawn from the answer's seed."""

import random
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mqcourse.grading import guarantees
from mqcourse.grading.brokers.kafka import CheckKafka, End
from mqcourse.grading.brokers.row_store import Moment, RowStore
from mqcourse.grading.guarantees import Breach, Guarantee
from mqcourse.grading.history import History, Kind
from mqcourse.grading.program import Program
from mqcourse.grading.trial import Answer, GuaranteesBroken, Trial

JOIN_S, SHARED_S = 12.0, 60.0
"""How long a worker may do nothing while it joins its group and reads, and all of its work."""

LOGGED_S, SETTLED_S = 1.0, 6.0
"""How long what was sent may take to be in the log before its worker is killed, and the last transaction to end."""

BLOCKED_S = 40.0
"""So long a worker may be blocked by the transaction of a dead one. After 60 s, the default of transaction_timeout_ms, the
broker would end that transaction, and the mistake would not show."""

QUIET_S, PASSED_S = 0.3, 5.0
"""After so long without new work, a worker that has begun does no more: when its offsets are committed, and otherwise."""

IDLE_S = 2.5
"""How long a worker finds no record and must not end."""

STATEMENT_S = 5.0
"""How long a worker may take to reach a statement that hangs or is refused."""

TRANSFER, ORDER, LINE, RECORD = "transfer", "order", "line", "record"

OTHER = 1000
"""What a check sends or gives as the second record of a number has this number more."""

WORKERS = ("worker A", "worker B", "worker C", "worker D", "worker E")

PRODUCER, CONSUMER = "kafka:KafkaProducer.", "kafka:KafkaConsumer."
COMMITS = (f"{CONSUMER}commit", f"{CONSUMER}commit_async")
PRICE: Sequence[str] = ()
OFFSETS: Sequence[str] = (f"{PRODUCER}send_offsets_to_transaction", *COMMITS)
COMMIT: Sequence[str] = (f"{PRODUCER}commit_transaction",)
NEXT: Sequence[str] = (f"{CONSUMER}poll", f"{CONSUMER}__next__")
"""Where a worker that bills orders is killed: while it prices its second order, before its offsets, before its commit, and
before it reads on."""


@dataclass(frozen=True)
class _Transfers:
    """The transfers of two workers, one of which is killed."""

    first: Sequence[int]
    second: Sequence[int]
    cut: int
    """At this transfer the first worker is killed."""
    refused: Sequence[int]

    @property
    def wanted(self) -> list[int]:
        """The transfers that must be committed."""
        reached = [number for number in self.first if number < self.cut]
        return [number for number in (*reached, *self.second) if number not in self.refused]


def transfer(answer: Answer) -> Sequence[Breach]:
    """Worker A is killed between the two records of a transfer; worker B follows. One transfer of each is refused."""
    drawn = _transfers(answer.draw("transfer"))
    with CheckKafka() as broker, Trial(answer, broker.number_of) as trial:
        debits, credited = broker.topic("debits", 1), broker.topic("credits", 1)

        def start(worker: str, numbers: Iterable[int]) -> Program:
            return trial.start(
                worker,
                "transfer",
                debits=debits,
                credits=credited,
                transactional_id=debits,
                transfers=[[broker.body(number), broker.body(OTHER + number)] for number in numbers],
                approve="@handle",
            )

        trial.fail(lambda number, _try: number in drawn.refused)
        trial.hold(lambda _worker, number: number == drawn.cut)
        cut = start("worker A", drawn.first)
        if trial.wait(lambda seen: drawn.cut in seen.messages(Kind.STARTED)):
            # Where the debit is sent first, it is in the log when its worker dies.
            broker.becomes(lambda: bool(broker.open_transactions(debits, 1)), LOGGED_S * trial.patience)
        trial.kill(cut)
        left = broker.open_transactions(debits, 1)
        trial.saw("debits", f"open transactions: {len(left) or 'none'}")
        trial.result(start("worker B", drawn.second))
        if left & broker.open_transactions(debits, 1):
            return [_unended("worker A", "worker B")]
        for topic in (debits, credited):
            broker.settles(topic, 1, SETTLED_S * trial.patience)
        paid = broker.visible(debits, 1)
        got = [number - OTHER for number in broker.visible(credited, 1)]
    return [
        *(
            Breach(
                Guarantee.ATOMIC,
                f"{TRANSFER} {number}: a reader with read_committed gets its "
                + ("debit and not its credit" if number in paid else "credit and not its debit"),
            )
            for number in sorted({*paid} ^ {*got})
            if number > 0
        ),
        *guarantees.unasked(
            {*drawn.first, *drawn.second} - {*drawn.refused},
            [*paid, *got],
            word=TRANSFER,
            why="was refused by approve, and a reader with read_committed gets a record of it",
        ),
        *(
            Breach(
                Guarantee.NOTHING_ELSE,
                f"{TRANSFER} {number} is committed, and its worker was killed before approve had returned",
            )
            for number in sorted({*paid, *got} & {drawn.cut})
        ),
        *guarantees.lost(
            drawn.wanted,
            {*paid} & {*got},
            word=TRANSFER,
            why="is lost: a reader with read_committed does not get both of its records",
        ),
        *guarantees.duplicated(paid, word=TRANSFER, verb="was debited"),
        *guarantees.duplicated(got, word=TRANSFER, verb="was credited"),
    ]


def _transfers(draw: random.Random) -> _Transfers:
    count = draw.randint(5, 7)
    cut = draw.randint(4, count)
    second = range(count + 1, count + 1 + draw.randint(3, 5))
    return _Transfers(range(1, count + 1), second, cut, (draw.randint(2, cut - 1), draw.choice(second[:-1])))


def committed(answer: Answer) -> Sequence[Breach]:
    """Partitions with committed, aborted and open transactions, and records behind an open one."""
    draw = answer.draw("committed")
    with CheckKafka() as broker, Trial(answer, broker.number_of) as trial:
        roles = ["plain", "aborted", "open", "open first", "empty"]
        draw.shuffle(roles)
        topic = broker.topic("committed", len(roles))
        wanted: list[int] = []
        for part, role in enumerate(roles):
            wanted += _filled(broker, draw, topic, part, role)
        tops, stable = broker.ends(topic, len(roles)), broker.ends(topic, len(roles), committed=True)
        told = trial.result(trial.start("the report", "committed", topic=topic, handle="@handle"))
        handled = trial.history.messages(Kind.FINISHED)
    told = told if isinstance(told, dict) else {}
    return [
        *guarantees.lost(
            wanted,
            handled,
            word=RECORD,
            why="is committed before the last stable offset, and was not handled",
        ),
        *guarantees.duplicated(handled, word=RECORD),
        *guarantees.unasked(
            wanted,
            handled,
            word=RECORD,
            why="was handled, and it is aborted, in an open transaction, or behind one",
        ),
        *(
            Breach(
                Guarantee.LAG,
                f"partition {part} ({role}): {tops[part] - stable[part]} offsets are between the last stable offset and "
                f"the end of the log, and the report has {told.get(part, 'none')}",
            )
            for part, role in enumerate(roles)
            if told.get(part) != tops[part] - stable[part]
        ),
    ]


def _filled(broker: CheckKafka, draw: random.Random, topic: str, part: int, role: str) -> list[int]:
    """Fill one partition by its role; the numbers that a reader of committed records gets."""
    base = 100 * (part + 1)

    def some(start: int) -> list[int]:
        return [base + start + number for number in range(draw.randint(2, 4))]

    first, second, third, behind = some(0), some(10), some(20), some(30)
    if role == "empty":
        return []
    if role == "open first":
        broker.transaction(topic, {part: first}, End.OPEN)
        broker.produce(topic, {part: second})
        return []
    broker.produce(topic, {part: first})
    if role == "plain":
        broker.transaction(topic, {part: second}, End.COMMIT)
        return first + second
    broker.transaction(topic, {part: second}, End.ABORT)
    if role == "aborted":
        broker.transaction(topic, {part: third}, End.COMMIT)
        return first + third
    broker.transaction(topic, {part: third}, End.OPEN)
    broker.transaction(topic, {part: behind}, End.COMMIT)
    return first


def bill(answer: Answer) -> Sequence[Breach]:
    """Three or four workers are killed, each between two other steps; the last one does the rest."""
    draw = answer.draw("bill")
    kills: dict[str, Sequence[str] | None] = dict(zip(WORKERS, [*_kills(draw), None], strict=False))
    partitions = draw.randint(1, 3)
    sent: list[int] = []
    aborted: list[int] = []
    with CheckKafka() as broker, Trial(answer, broker.number_of) as trial:
        orders, bills = broker.topic("orders", 2), broker.topic("bills", partitions)
        group = broker.group("billing")
        made: dict[int, bytes] = {}
        trial.give(lambda number: made.setdefault(number, broker.body(OTHER + number)))

        def stops(worker: str, step: str) -> bool:
            """A worker that has no such step is killed before it reads on."""
            steps = kills[worker]
            return bool(steps) and _begun(trial, worker) > 0 and step in (*(steps or ()), *NEXT)

        trial.stop_at(stops)
        trial.hold(lambda worker, _order: kills[worker] == PRICE and _begun(trial, worker) > 1)
        left: frozenset[tuple[int, int, int]] = frozenset()
        for turn, (worker, steps) in enumerate(kills.items()):
            mine = range(100 * turn + 1, 100 * turn + 1 + draw.randint(3, 5))
            gone = range(100 * turn + 51, 100 * turn + 53)
            broker.transaction(orders, _in_turn(gone, 2), End.ABORT)
            broker.produce(orders, _in_turn(mine, 2))
            sent.extend(mine)
            aborted.extend(gone)
            ends, before = broker.ends(orders, 2), broker.ends(bills, partitions)
            program = trial.start(
                worker,
                "bill",
                steps=(*OFFSETS, *COMMIT, *NEXT),
                orders=orders,
                bills=bills,
                group=group,
                transactional_id=group,
                price="@handle",
            )

            blocked_s = time.monotonic() + BLOCKED_S if left else float("inf")

            def here(program: Program = program, steps: Sequence[str] | None = steps) -> bool:
                return trial.stopped(program) or (steps == PRICE and _begun(trial, program.name) > 1)

            def over(ends: Mapping[int, int] = ends, steps: Sequence[str] | None = steps) -> bool:
                return steps is None and broker.committed(group, orders) == ends

            _follow(
                trial,
                program,
                lambda here=here, until_s=blocked_s: here() or time.monotonic() > until_s,  # type: ignore[misc]
                over,
            )
            if left & broker.open_transactions(bills, partitions):
                return [_unended(WORKERS[turn - 1], worker)]
            if steps is None:
                broker.settles(bills, partitions, SETTLED_S * trial.patience)
                broker.becomes(lambda: not program.running, IDLE_S)  # noqa: B023  called in this turn only
            elif steps in (OFFSETS, COMMIT):
                # Where a bill was sent before, it is in the log when its worker dies.
                broker.becomes(
                    lambda: broker.ends(bills, partitions) != before,  # noqa: B023  called in this turn only
                    LOGGED_S * trial.patience,
                )
            if program.ended == "returned" or program.breach:
                ended = Breach(Guarantee.RUNS, f"{worker} ended by itself when no order arrived for a while")
                return [program.breach or ended]
            if steps is not None:
                trial.kill(program)
                left, place = broker.open_transactions(bills, partitions), broker.committed(group, orders)
                trial.saw(
                    "the broker",
                    f"open transactions: {len(left) or 'none'}, committed offsets: {place or 'none'}",
                )
                broker.expel(group)
            found = broker.visible(bills, partitions)
            if wrong := _misbilled(found, sent, aborted):
                return wrong
            if not _begun(trial, worker):
                break  # no later worker would do better, and each would be waited for
    billed = [number - OTHER for number in found]
    return guarantees.lost(sent, billed, word=ORDER, why="has no bill that a reader with read_committed gets")


def _misbilled(found: Sequence[int], sent: Iterable[int], aborted: Sequence[int]) -> list[Breach]:
    """What is wrong with the records of the topic bills, whatever follows."""
    billed = [number - OTHER for number in found if number > OTHER]
    return [
        *guarantees.duplicated(billed, word=ORDER, verb="was billed"),
        *guarantees.unasked(
            sent, {*billed} & {*aborted}, word=ORDER, why="has a bill, and its transaction was aborted"
        ),
        *(
            Breach(
                Guarantee.INTACT,
                f"the topic bills has a record that price did not return{f': {ORDER} {number}' if number > 0 else ''}",
            )
            for number in sorted({number for number in found if number <= OTHER})
        ),
    ]


def _follow(trial: Trial, program: Program, here: Callable[[], bool], done: Callable[[], bool]) -> None:
    """Wait until a worker is where it is wanted, or all is done, or it begins with no more."""
    trial.wait(lambda _seen: True)
    count, since_s = 0, time.monotonic()

    def over(_seen: History) -> bool:
        nonlocal count, since_s
        if count != (count := _begun(trial, program.name)):
            since_s = time.monotonic()
        return here() or time.monotonic() - since_s > (PASSED_S if count else JOIN_S) * trial.patience

    trial.wait_quiet(over, done, quiet_s=QUIET_S, stuck_s=JOIN_S, deadline_s=SHARED_S)


def _kills(draw: random.Random) -> list[Sequence[str]]:
    """Where workers are killed, in turn. Each of the first three decides about a mistake that the others do not show."""
    kills = [OFFSETS, COMMIT, NEXT, *draw.choice(((), (PRICE,)))]
    draw.shuffle(kills)
    return kills


def write(answer: Answer) -> Sequence[Breach]:
    """Writer 1 is held while it prepares a line; writer 2 of the same name writes; then writer 1 goes on."""
    draw = answer.draw("write")
    count = draw.randint(5, 8)
    held = draw.randint(3, count - 1)
    older, newer = range(1, count + 1), range(count + 1, count + draw.randint(3, 5))
    with CheckKafka() as broker, Trial(answer, broker.number_of) as trial:
        topic = broker.topic("lines", 1)

        def start(writer: str, numbers: Iterable[int]) -> Program:
            given: dict[str, Any] = {"topic": topic, "transactional_id": topic, "prepare": "@handle"}
            return trial.start(writer, "write", lines=[broker.body(number) for number in numbers], **given)

        trial.hold(lambda writer, number: writer == "writer 1" and number == held)
        first = start("writer 1", older)
        if not trial.wait(lambda seen: held in seen.messages(Kind.STARTED)):
            return [Breach(Guarantee.RUNS, f"writer 1 did not prepare line {held}")]
        broker.becomes(lambda: {*range(1, held)} <= {*broker.visible(topic, 1)}, SETTLED_S * trial.patience)
        at_first = broker.visible(topic, 1)
        trial.saw("the topic", f"committed lines while writer 1 prepares line {held}: {at_first or 'none'}")
        told = {"writer 2": trial.result(start("writer 2", newer))}
        trial.hold(lambda _writer, _number: False)
        trial.release("writer 1", held)
        failed: list[Breach] = []
        try:
            told["writer 1"] = trial.result(first)
        except GuaranteesBroken as broken:
            failed = broken.breaches
        broker.settles(topic, 1, SETTLED_S * trial.patience)
        found = broker.visible(topic, 1)
        trial.saw("the topic", f"committed lines at the end: {found or 'none'}")
    places = dict.fromkeys(older, "writer 1") | dict.fromkeys(newer, "writer 2")
    kept = Counter(places.get(number, "") for number in {*found})
    return [
        *guarantees.lost(
            range(1, held), at_first, word=LINE, why=f"was not committed when writer 1 prepared line {held}"
        ),
        *(
            Breach(
                Guarantee.FENCED,
                f"{LINE} {number} of writer 1 is committed, and writer 2 with the same transactional_id had started before",
            )
            for number in found
            if number <= count and number not in at_first
        ),
        *guarantees.lost(newer, found, word=LINE, why="of writer 2 is not committed"),
        *guarantees.duplicated(found, word=LINE, verb="was committed"),
        *guarantees.out_of_order(found, places, word=LINE, verb="is in the log"),
        *failed,
        *(
            Breach(
                Guarantee.HONEST,
                f"{writer} returned {returned!r}, and {kept[writer]} of its lines are committed",
            )
            for writer, returned in sorted(told.items())
            if returned != kept[writer]
        ),
    ]


def sink(answer: Answer) -> Sequence[Breach]:
    """Worker A is killed in its work, B in its transaction; the database refuses a statement of C; D does the rest."""
    draw = answer.draw("sink")
    cut = draw.randint(2, 4)
    moments: list[Moment] = ["BEFORE", "AFTER"]
    first, rest = range(1, draw.randint(7, 9)), range(11, draw.randint(17, 19))
    sent, aborted = [*first, *rest], range(101, 103)
    with CheckKafka() as broker, RowStore() as store, Trial(answer, broker.number_of) as trial:
        topic = broker.topic("sink", 2)
        broker.produce(topic, _in_turn(first, 2))
        broker.transaction(topic, _in_turn(aborted, 2), End.ABORT)
        broker.produce(topic, _in_turn(rest, 2))
        ends = broker.ends(topic, 2)

        def start(worker: str) -> Program:
            given: dict[str, Any] = {"topic": topic, "database": store.path, "handle": "@handle"}
            return trial.start(worker, "sink", steps=COMMITS, **given)

        def wrong(text: str) -> list[Breach]:
            """What is wrong with the rows already, whatever follows."""
            found = [broker.number_of(value) or -1 for value in store.rows()]
            trial.saw("the database", f"{text}: {len(found)} rows, next offsets {store.position() or 'none'}")
            handled = {*trial.history.messages(Kind.FINISHED)}
            return [
                *guarantees.duplicated(found, word=RECORD, verb="was stored"),
                *guarantees.unasked(
                    sent, {*found} & {*aborted}, word=RECORD, why="has a row, and its transaction was aborted"
                ),
                *(
                    Breach(Guarantee.COMMITTED_LATE, f"{RECORD} {n} has a row, and handle never ended for it")
                    for n in sorted({*found} & {*sent} - handled)
                ),
            ]

        trial.stop_at(lambda worker, _step: worker == "worker A")
        trial.hold(lambda worker, _number: worker == "worker A" and _begun(trial, worker) >= cut)
        program = start("worker A")
        trial.wait(lambda _seen: trial.stopped(program) or _begun(trial, "worker A") >= cut)
        trial.kill(program)
        if breaches := wrong("after the kill of worker A"):
            return breaches
        if not _begun(trial, "worker A"):
            return guarantees.lost(
                sent, (), word=RECORD, why="has no row in the database: worker A took no record"
            )
        with store.hanging(draw.choice(moments)):
            program = start("worker B")
            try:
                trial.wait(lambda _seen: True)
                store.hangs(STATEMENT_S * trial.patience, lambda: not program.running)
            finally:
                trial.kill(program)
        if breaches := wrong("after the kill of worker B"):
            return breaches
        with store.refusing():
            last = start("worker C")
            trial.wait(lambda _seen: True)
            broker.becomes(
                lambda: not last.running or _begun(trial, "worker C") > 1, STATEMENT_S * trial.patience
            )
        if breaches := wrong("after worker C met a statement that was refused"):
            return breaches
        if last.ended == "error":
            last.breach = None  # the exercise allows it
            last = start("worker D")
        _follow(trial, last, lambda: False, lambda: store.position() == ends)
        broker.becomes(lambda: not last.running, IDLE_S)
        breaches = wrong("at the end")
        found, position = {broker.number_of(value) for value in store.rows()}, store.position()
    return [
        *guarantees.lost(
            sent, [number or -1 for number in found], word=RECORD, why="has no row in the database"
        ),
        *breaches,
        *(
            Breach(
                Guarantee.ONCE,
                f"partition {part}: every record up to offset {end - 1} has a row, and its next offset in position is "
                f"{position.get(part, 'missing')}",
            )
            for part, end in ends.items()
            if {*sent} <= found and position.get(part) != end
        ),
        *(
            [Breach(Guarantee.RUNS, f"{last.name} ended by itself when no record arrived for a while")]
            if last.ended == "returned"
            else []
        ),
    ]


def _unended(dead: str, after: str) -> Breach:
    return Breach(
        Guarantee.UNBLOCKED,
        f"readers wait: {dead} was killed, and its transaction is still open after {after} has started with the same "
        "transactional_id",
    )


def _begun(trial: Trial, worker: str) -> int:
    return len(trial.history.messages(Kind.STARTED, worker))


def _in_turn(numbers: Iterable[int], partitions: int) -> Mapping[int, Sequence[int]]:
    places: dict[int, list[int]] = {part: [] for part in range(partitions)}
    for turn, number in enumerate(numbers):
        places[turn % partitions].append(number)
    return places


CHECKS = {"transfer": transfer, "committed": committed, "bill": bill, "write": write, "sink": sink}
