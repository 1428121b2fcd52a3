"""Checks of the lab kafka_groups. What differs from run to run is drawn from the answer's seed."""

import random
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from mqcourse.grading import guarantees
from mqcourse.grading.brokers.kafka import CheckKafka
from mqcourse.grading.guarantees import Breach, Guarantee
from mqcourse.grading.history import History, Kind
from mqcourse.grading.program import Program
from mqcourse.grading.trial import Answer, Trial

JOIN_S = 15.0
"""How long workers may do nothing while they join or share their group. The first hears of the second at its next
heartbeat (3 s), and its poll may take 5 s more."""

COMMITTED_S = 2.0
"""How long a commit that is due may take to reach the broker."""

SETTLED_S = 1.0
"""How long a worker that did all it should is watched for what it should not do, and a poll may take."""

STAY_AWAY_S, TAKEN_OVER_S, DEFAULT_S = 6.0, 25.0, 40.0
"""The shortest session timeout of the course's broker; how long the others may take to have the partitions, on an idle
machine and on any other: below the 45 s of the default session timeout, which would pass for the one that was asked for."""

AWAY_S = 300.0
"""The session timeout of the group whose worker restarts: no machine is so slow that it is over by then."""

RECORD = "record"

STABLE = "Stable"

POLLED, POLLED_S = 1, 6.0
"""After so many polls more, a worker that polls has met the records of its new partitions; and how long that may take."""

POLLS = ("kafka:KafkaConsumer.poll",)
COMMITS = ("kafka:KafkaConsumer.commit", "kafka:KafkaConsumer.commit_async")


@dataclass(frozen=True)
class _Log:
    """The records of a topic: the first ones, and those that follow."""

    first: Mapping[int, Sequence[int]]
    """Partition -> numbers, in the order of the log."""
    late: Mapping[int, Sequence[int]]

    @property
    def everything(self) -> dict[int, int]:
        """Number -> its partition."""
        return {n: part for places in (self.first, self.late) for part, some in places.items() for n in some}

    @property
    def ends(self) -> dict[int, int]:
        return {part: len(some) + len(self.late[part]) for part, some in self.first.items()}

    def finished(self, numbers: Iterable[int]) -> Counter[int]:
        """How many different records of each partition are among these numbers."""
        places = self.everything
        return Counter(places[n] for n in {*numbers} & {*places})


def _log(draw: random.Random, partitions: int, fewest: int, most: int, late: int) -> _Log:
    """Numbers rise in each partition: 101, 102, … in partition 0, 201, … in partition 1."""
    counts = [draw.randint(fewest, most) for _ in range(partitions)]
    return _Log(
        {part: range(100 * part + 101, 100 * part + 101 + count) for part, count in enumerate(counts)},
        {
            part: range(100 * part + 101 + count, 100 * part + 101 + count + late)
            for part, count in enumerate(counts)
        },
    )


def _numbers(places: Mapping[int, Sequence[int]]) -> set[int]:
    return {number for some in places.values() for number in some}


def _handed_over(draw: random.Random) -> tuple[int, _Log]:
    """How often to commit, and a log: twice so many records at first, then one for each partition, which is too few for a
    commit, and then two more."""
    partitions = draw.randint(2, 4)
    every = draw.randint(partitions + 1, 7)
    cuts = [0, *sorted(draw.sample(range(1, 2 * every), partitions - 1)), 2 * every]
    counts = [after - before for before, after in pairwise(cuts)]
    starts = [100 * part + 101 for part in range(partitions)]
    first = {part: range(start, start + counts[part]) for part, start in enumerate(starts)}
    late = {part: range(numbers.stop, numbers.stop + 3) for part, numbers in first.items()}
    return every, _Log(first, late)


def hand_over(answer: Answer) -> Sequence[Breach]:
    """Worker A is looked at when its first commit is due; then it has one record of each partition since its last commit,
    and worker B joins."""
    every, log = _handed_over(answer.draw("hand_over"))
    extra = {part: numbers[:1] for part, numbers in log.late.items()}
    before, everything = _numbers(log.first) | _numbers(extra), {*log.everything}
    commits: Counter[str] = Counter()

    with CheckKafka() as broker, Trial(answer, broker.number_of) as trial:
        topic, group = broker.topic("hand-over", len(log.first)), broker.group("work")
        broker.produce(topic, log.first)
        given: dict[str, Any] = {"topic": topic, "group": group, "every": every, "handle": "@handle"}

        def counted(worker: str, _step: str) -> bool:
            """Counts; it stops nobody. The listener may commit when it joins, before any record."""
            commits[worker] += bool(trial.history.messages(Kind.STARTED))
            return False

        trial.stop_at(counted)
        trial.hold(lambda _worker, _number: len(trial.history.messages(Kind.STARTED)) == every + 1)
        first_worker = trial.start("worker A", "work", steps=COMMITS, **given)
        if not _until(trial, lambda seen: len(seen.messages(Kind.STARTED)) > every):
            return _stuck(trial, [first_worker], before, broker.state(group))
        broker.becomes(
            lambda: sum(broker.committed(group, topic).values()) >= every, COMMITTED_S * trial.patience
        )
        place, asked = broker.committed(group, topic), commits["worker A"]
        trial.saw("the group", f"committed offsets when {every} records were handled: {place or 'none'}")
        if wrong := _together(trial, "worker A", every + 1) or _early(log, place, trial.history):
            return wrong
        if sum(place.values()) < every:
            return [
                Breach(
                    Guarantee.AGREED_REPEATS,
                    f"{every} records were handled, and {sum(place.values())} of them are committed: every is {every}",
                )
            ]
        if asked > 2:
            return [
                Breach(
                    Guarantee.SPARING,
                    f"worker A asked for {asked} commits while it handled {every} records: every is {every}",
                )
            ]
        trial.release("worker A", trial.history.messages(Kind.STARTED)[every])
        if not _until(trial, lambda seen: _numbers(log.first) <= {*seen.messages(Kind.FINISHED)}):
            return _stuck(trial, [first_worker], _numbers(log.first), broker.state(group))
        broker.produce(topic, extra)
        if not _until(trial, lambda seen: before <= {*seen.messages(Kind.FINISHED)}):
            return _stuck(trial, [first_worker], before, broker.state(group))
        trial.saw("the group", f"committed offsets before worker B joins: {broker.committed(group, topic)}")
        second = trial.start("worker B", "work", **given)
        _joined(broker, trial, group, (first_worker, second))
        broker.produce(topic, {part: numbers[1:] for part, numbers in log.late.items()})
        _until(trial, lambda seen: everything <= {*seen.messages(Kind.FINISHED)})
        trial.wait(lambda _seen: False, deadline_s=SETTLED_S)
        ended = _ended([first_worker, second])
        handled = trial.history.messages(Kind.FINISHED)
    return [
        *guarantees.duplicated(handled, word=RECORD, verb="was handled"),
        *guarantees.lost(everything, handled, word=RECORD),
        *ended,
    ]


def static(answer: Answer) -> Sequence[Breach]:
    """In one group a worker is killed and starts again; in another one it stays away."""
    draw = answer.draw("static")
    partitions = draw.randint(3, 5)
    log, other = _log(draw, partitions, 1, 2, 2), _log(draw, 2, 1, 2, 2)
    tag = f"{draw.randrange(16**4):04x}"
    with CheckKafka() as broker, Trial(answer, broker.number_of) as trial:
        topics = {"X": broker.topic("static", partitions), "Y": broker.topic("away", 2)}
        groups = {"X": broker.group("serve"), "Y": broker.group("away")}
        away_s = {"X": AWAY_S, "Y": STAY_AWAY_S}

        def start(program: str, group: str, instance: str) -> Program:
            return trial.start(
                program,
                "serve",
                topic=topics[group],
                group=groups[group],
                instance=f"{instance}-{tag}",
                away_s=away_s[group],
                handle="@handle",
            )

        staying, killed = start("worker B", "X", "b"), start("worker A", "X", "a")
        heir, gone = start("worker D", "Y", "d"), start("worker C", "Y", "c")
        for group, pair in (("X", (killed, staying)), ("Y", (heir, gone))):
            _joined(broker, trial, groups[group], pair)
        # Numbers of the second topic are the same plus 1000.
        broker.produce(topics["X"], log.first)
        broker.produce(topics["Y"], _raised(other.first))
        before = _numbers(log.first) | _numbers(_raised(other.first))
        if not _until(trial, lambda seen: before <= {*seen.messages(Kind.FINISHED)}):
            return _stuck(trial, [killed, staying, heir, gone], before, broker.state(groups["X"]))
        owner = _owners(trial.history, log)
        trial.saw("the first group", f"partitions of {_dealt(owner)}")
        trial.kill(gone)
        since_s = time.monotonic()
        trial.kill(killed)
        broker.produce(topics["X"], log.late)
        broker.produce(topics["Y"], _raised(other.late))
        back = start("worker A, again", "X", "a")
        states: list[str] = []

        def watched(seen: History) -> bool:
            states.append(broker.state(groups["X"]))
            return states[-1] != STABLE or _numbers(log.late) <= {*seen.messages(Kind.FINISHED)}

        _until(trial, watched)
        moved = _moved(trial.history, log, owner)
        if states[-1] != STABLE or moved:
            trial.saw("the first group", f"state after the restart: {states[-1]}")
            return moved or [
                Breach(
                    Guarantee.KEPT,
                    f"worker A was killed and started again, and its group is in the state {states[-1]}: it rebalances",
                )
            ]
        wanted = _numbers(_raised(other.late))
        limit_s = min(DEFAULT_S, TAKEN_OVER_S * trial.patience)
        left_s = max(JOIN_S / 4, since_s + limit_s - time.monotonic())
        trial.wait(lambda seen: wanted <= {*seen.messages(Kind.FINISHED)}, deadline_s=left_s / trial.patience)
        handled = trial.history.messages(Kind.FINISHED)
        ended = _ended([staying, heir, back])
    return [
        *guarantees.lost(_numbers(log.late), handled, word=RECORD),
        *(
            Breach(
                Guarantee.TAKEN_OVER,
                f"{RECORD} {number} of a partition of worker C has no reader {limit_s:.0f} s after worker C was killed, "
                f"and away_s is {STAY_AWAY_S:g}",
            )
            for number in sorted(wanted - {*handled})
        ),
        *ended,
    ]


def pause(answer: Answer) -> Sequence[Breach]:
    """One of three or four partitions has a receiver that is busy from its second, third or fourth record on."""
    draw = answer.draw("pause")
    partitions = draw.randint(3, 4)
    log = _log(draw, partitions, 5, 7, 2)
    busy = draw.randrange(partitions)
    taken = draw.randint(1, 3)
    mine = [*log.first[busy], *log.late[busy]]
    free = {number for number, part in log.everything.items() if part != busy}
    opened = False
    with CheckKafka() as broker, Trial(answer, broker.number_of) as trial:
        topic, group = broker.topic("pause", partitions), broker.group("deliver")

        def ready(part: int) -> bool:
            return opened or part != busy or not {mine[taken - 1]} & {*trial.history.messages(Kind.FINISHED)}

        def pressed(seen: History) -> bool:
            """A record was handled that had to wait."""
            return bool({*mine[taken:]} & {*seen.messages(Kind.STARTED)})

        trial.offer("ready", ready)
        broker.produce(topic, log.first)
        program = trial.start(
            "the worker", "deliver", topic=topic, group=group, ready="@ready", handle="@handle"
        )
        at_first = free & _numbers(log.first)
        if not _until(trial, lambda seen: bool(seen.messages(Kind.STARTED))):
            return _stuck(trial, [program], at_first, broker.state(group))
        member = broker.member_ids(group)
        _until(trial, lambda seen: pressed(seen) or at_first <= {*seen.messages(Kind.FINISHED)})
        broker.produce(topic, log.late)
        _until(trial, lambda seen: pressed(seen) or free <= {*seen.messages(Kind.FINISHED)})
        trial.wait(pressed, deadline_s=SETTLED_S)
        seen = trial.history
        waiting = free - {*seen.messages(Kind.FINISHED)}
        place = broker.committed(group, topic)
        trial.saw(
            "the group",
            f"committed offsets while the receiver of partition {busy} is busy: {place or 'none'}",
        )
        wrong = [
            *(
                Breach(
                    Guarantee.HELD,
                    f"{RECORD} {number} of partition {busy} was handled while ready({busy}) returned False",
                )
                for number in mine[taken:]
                if number in seen.messages(Kind.STARTED)
            ),
            *(
                Breach(
                    Guarantee.SEPARATE,
                    f"{RECORD} {number} of partition {log.everything[number]} was not handled while the receiver of "
                    f"partition {busy} was busy",
                )
                for number in sorted(waiting)
            ),
            *_early(log, place, seen),
            *_another(member, broker.member_ids(group)),
        ]
        if wrong or program.breach:
            return wrong or _ended([program])
        opened = True
        everything = {*log.everything}
        _until(trial, lambda seen: everything <= {*seen.messages(Kind.FINISHED)})
        broker.becomes(lambda: broker.committed(group, topic) == log.ends, COMMITTED_S * trial.patience)
        handled, place = trial.history.messages(Kind.FINISHED), broker.committed(group, topic)
        changed, ended = _another(member, broker.member_ids(group)), _ended([program])
        early = _early(log, place, trial.history)
    keys = {number: f"partition {part}" for number, part in log.everything.items()}
    return [
        *guarantees.lost(everything, handled, word=RECORD),
        *guarantees.duplicated(handled, word=RECORD, verb="was handled"),
        *guarantees.out_of_order(list(dict.fromkeys(handled)), keys, word=RECORD, verb="was handled"),
        *early,
        *changed,
        *ended,
    ]


def long(answer: Answer) -> Sequence[Breach]:
    """Worker A works on its first record until worker B has joined and done all of its part. Then worker B works on one
    record while worker A is killed, so that worker B gets the other partitions during its work.
    """
    draw = answer.draw("long")
    partitions = draw.choice((4, 6))
    log = _log(draw, partitions, 2, 3, 1)
    first, everything = _numbers(log.first), {*log.everything}
    polls: Counter[str] = Counter()

    def counted(worker: str, _step: str) -> bool:
        polls[worker] += 1
        return False

    with CheckKafka() as broker, Trial(answer, broker.number_of) as trial:
        topic, group = broker.topic("long", partitions), broker.group("process")
        broker.produce(topic, log.first)
        late = _numbers(log.late)

        def held_back(worker: str, number: int) -> bool:
            """The first record of worker A, and the first one of worker B that is not among those of the beginning."""
            if worker == "worker A":
                return _begun(trial, worker) == 1
            return number in late and len(late & {*trial.history.messages(Kind.STARTED, worker)}) == 1

        trial.stop_at(counted)
        trial.hold(held_back)

        def start(worker: str) -> Program:
            return trial.start(worker, "process", steps=POLLS, topic=topic, group=group, handle="@handle")

        older = start("worker A")
        if not _until(trial, lambda seen: bool(seen.messages(Kind.STARTED))):
            return _stuck(trial, [older], first, broker.state(group))
        held = trial.history.messages(Kind.STARTED)[0]
        members = broker.member_ids(group)
        newer = start("worker B")

        def shared(seen: History) -> bool:
            """Half of the partitions are worker B's, and it has done what is in them."""
            done = log.finished(seen.messages(Kind.FINISHED, "worker B"))
            whole = [part for part, numbers in log.first.items() if done[part] == len(numbers)]
            return len(whole) >= partitions // 2

        joined = _until(trial, shared)
        if together := _together(trial, "worker A", 1):
            return together
        if not joined:
            trial.saw("the group", f"state while worker A works on record {held}: {broker.state(group)}")
            return [
                *_ended([older, newer]),
                *_early(log, broker.committed(group, topic), trial.history),
                Breach(
                    Guarantee.JOINED,
                    f"worker B joined and handled {len(trial.history.messages(Kind.FINISHED, 'worker B'))} records while "
                    f"worker A worked on {RECORD} {held}; half of the {partitions} partitions are its part",
                ),
            ]
        place = broker.committed(group, topic)
        trial.saw("the group", f"committed offsets while worker A works on record {held}: {place or 'none'}")
        if early := _early(log, place, trial.history):
            return early
        trial.wait(lambda _seen: False, deadline_s=SETTLED_S)  # a poll of worker A completes the rebalance
        trial.release("worker A", held)
        _until(trial, lambda seen: first <= {*seen.messages(Kind.FINISHED)})
        trial.wait(lambda _seen: False, deadline_s=SETTLED_S)
        found = [
            *guarantees.lost(first, trial.history.messages(Kind.FINISHED), word=RECORD),
            *guarantees.duplicated(
                trial.history.messages(Kind.FINISHED), allowed={held}, word=RECORD, verb="was handled"
            ),
            *_ended([older, newer]),
        ]
        if found:
            return found
        trial.kill(older)
        broker.produce(topic, log.late)
        if not _until(trial, lambda seen: bool(late & {*seen.messages(Kind.STARTED, "worker B")})):
            return _stuck(trial, [newer], late, broker.state(group))
        busy = next(n for n in trial.history.messages(Kind.STARTED, "worker B") if n in late)
        broker.expel(group, members)
        broker.becomes(lambda: broker.members(group) == 1, JOIN_S * trial.patience)
        before = polls["worker B"]
        # What its next polls return are records of partitions that it did not have before.
        broker.becomes(lambda: polls["worker B"] > before + POLLED, POLLED_S * trial.patience)
        trial.saw("the group", f"worker A is removed, state: {broker.state(group)}")
        early = _early(log, broker.committed(group, topic), trial.history)
        trial.release("worker B", busy)
        _until(trial, lambda seen: everything <= {*seen.messages(Kind.FINISHED)})
        trial.wait(lambda _seen: False, deadline_s=SETTLED_S)
        handled, ended = trial.history.messages(Kind.FINISHED), _ended([newer])
    return [
        *early,
        *guarantees.lost(everything, handled, word=RECORD),
        *guarantees.duplicated(handled, allowed={held, busy}, word=RECORD, verb="was handled"),
        *ended,
    ]


def _until(trial: Trial, done: Callable[[History], bool]) -> bool:
    """Wait until that is true; no when no worker has begun with a record for a long time."""
    count, since_s = -1, time.monotonic()

    def over(seen: History) -> bool:
        nonlocal count, since_s
        if count != (count := len(seen.messages(Kind.STARTED))):
            since_s = time.monotonic()
        return done(seen) or time.monotonic() - since_s > JOIN_S * trial.patience

    trial.wait(over, deadline_s=10 * JOIN_S)
    return done(trial.history)


def _begun(trial: Trial, worker: str) -> int:
    return len(trial.history.messages(Kind.STARTED, worker))


def _joined(broker: CheckKafka, trial: Trial, group: str, programs: Sequence[Program]) -> None:
    """Wait until each of the workers is a member of the stable group. What follows shows whether it never was."""
    trial.wait(lambda _seen: True)
    broker.becomes(
        lambda: broker.members(group) == len(programs) or not all(program.running for program in programs),
        JOIN_S * trial.patience,
    )


def _stuck(trial: Trial, programs: Sequence[Program], wanted: Iterable[int], state: str) -> list[Breach]:
    """Why workers do not get through their first records."""
    handled = trial.history.messages(Kind.FINISHED)
    trial.saw("the group", f"state: {state}")
    return _ended(programs) or guarantees.lost(
        wanted, handled, word=RECORD, why=f"was not handled: no record was begun for {JOIN_S:g} s"
    )


def _ended(programs: Iterable[Program]) -> list[Breach]:
    return [
        program.breach
        or Breach(
            Guarantee.RUNS, f"{program.name} ended by itself; it runs until somebody stops it, also when idle"
        )
        for program in programs
        if program.ended not in (None, "killed")
    ]


def _together(trial: Trial, worker: str, count: int) -> list[Breach]:
    """More records than those up to the one that the check holds back."""
    begun = trial.history.messages(Kind.STARTED, worker)
    return [
        Breach(
            Guarantee.IN_TURN,
            f"{worker} began with {RECORD} {number} while handle still ran for {RECORD} {begun[count - 1]}",
        )
        for number in begun[count:][:1]
    ]


def _early(log: _Log, place: Mapping[int, int], seen: History) -> list[Breach]:
    """Every record before a committed offset that no worker has handled."""
    finished = {*seen.messages(Kind.FINISHED)}
    return [
        Breach(
            Guarantee.COMMITTED_LATE,
            f"{RECORD} {number} is not handled yet, and the committed offset of partition {part} is {place[part]}, after it",
        )
        for part, numbers in log.first.items()
        for number in [*numbers, *log.late[part]][: place.get(part, 0)]
        if number not in finished
    ]


def _another(before: frozenset[str], after: frozenset[str]) -> list[Breach]:
    if before == after:
        return []
    return [
        Breach(
            Guarantee.MEMBER,
            f"the group had {len(before)} member, and has {len(after - before) or 'no'} other one now: the worker left it",
        )
    ]


def _raised(places: Mapping[int, Sequence[int]]) -> dict[int, Sequence[int]]:
    return {part: [1000 + number for number in some] for part, some in places.items()}


def _owners(seen: History, log: _Log) -> dict[int, str]:
    """Partition -> the worker that handled the last of its first records."""
    places = log.everything
    return {
        places[event.message]: event.worker
        for event in seen
        if event.kind is Kind.FINISHED and event.message in places
    }


def _dealt(owner: Mapping[int, str]) -> str:
    workers = sorted({*owner.values()})
    return "; ".join(
        f"{worker}: {[part for part, each in sorted(owner.items()) if each == worker]}" for worker in workers
    )


def _moved(seen: History, log: _Log, owner: Mapping[int, str]) -> list[Breach]:
    """Every partition whose later records had another reader than its first ones."""
    late = {number: part for part, some in log.late.items() for number in some}
    readers = {
        late[event.message]: event.worker
        for event in seen
        if event.kind is Kind.STARTED and event.message in late
    }
    return [
        Breach(
            Guarantee.KEPT, f"partition {part} moved from {owner[part]} to {reader} when worker A restarted"
        )
        for part, reader in sorted(readers.items())
        if part in owner and reader.removesuffix(", again") != owner[part]
    ]


CHECKS = {"hand_over": hand_over, "static": static, "pause": pause, "long": long}
