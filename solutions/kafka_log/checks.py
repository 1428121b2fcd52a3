"""Checks of the lab kafka_log. What differs from run to run is drawn from the answer's seed."""

import math
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass

from mqcourse.grading import guarantees
from mqcourse.grading.brokers.kafka import CheckKafka
from mqcourse.grading.guarantees import Breach, Guarantee
from mqcourse.grading.history import History, Kind
from mqcourse.grading.program import Program
from mqcourse.grading.trial import Answer, Trial

REPLAY_S = 8.0
"""How long a replay of some ten records may take before it counts as one that never ends."""

JOIN_S, SHARED_S = 20.0, 60.0
"""How long members of a group may do nothing while they share it out, and all of it. The first hears of the second at
its next heartbeat (3 s), so 7 s are usual."""

ABSENT_S = 60.0
"""How much longer an instance may stay unseen by the group and without a record before its absence counts against the
answer: on a machine with much other work an instance can be as late."""

SETTLED_S = 8.0
"""After so long without a record, members that have joined get no more."""

LANES_S = 0.3
"""How long other threads of a worker may take to begin with work, or to commit, while one of them is held."""

COMMITTED_S = 4.0
"""How long the last commit may take to reach the broker once the work is done."""

IDLE_S = 2.5
"""How long a worker finds no record and must not end."""

APPEND_S = 0.02
"""Between two records that are appended while a replay runs: less than any pause that could be taken for the end."""

RECORD = "record"

ACCOUNTS = 18
"""So many that a hash spreads them over more than half of six partitions, all but once in 50,000 draws."""


def keys(answer: Answer) -> Sequence[Breach]:
    """Two processes publish one after the other; records of one account must stay in one partition, in order."""
    draw = answer.draw("keys")
    partitions = draw.randint(4, 6)
    names = [f"account-{number}" for number in draw.sample(range(100, 1000), ACCOUNTS)]
    # Each process meets the accounts in an order of its own: what it could count for itself, the other counts otherwise.
    rounds = [draw.sample(names, ACCOUNTS) for _ in range(4)]
    accounts = dict(enumerate((name for each in rounds for name in each), 1))
    half = 2 * ACCOUNTS
    with CheckKafka() as broker, Trial(answer, broker.number_of) as trial:
        topic = broker.topic("keys", partitions)
        for seed, numbers in enumerate((range(1, half + 1), range(half + 1, 2 * half + 1)), 1):
            events = [[accounts[number], broker.body(number)] for number in numbers]
            # Another seed for Python's hash() each time, as two processes of a real service would have.
            trial.result(
                trial.start(f"publisher {seed}", "publish", hash_seed=seed, topic=topic, events=events)
            )
        found = broker.read_all(topic, partitions)
    places: dict[int, int] = {}
    for number, partition, _key in found:
        places.setdefault(number, partition)
    order = [number for number, _partition, _key in found]
    return [
        *guarantees.lost(accounts, order, word=RECORD, why="was lost: it is not in the topic"),
        *guarantees.duplicated(order, word=RECORD, verb="was stored"),
        *_narrow(places, partitions),
        *guarantees.apart(places, accounts),
        *guarantees.out_of_order(order, accounts, word=RECORD, verb="is in the log"),
    ]


def commit(answer: Answer) -> Sequence[Breach]:
    """Workers A and B are killed while they work on a record; worker C does the rest and must have committed it all."""
    draw = answer.draw("commit")
    # Which of its records each worker is killed at. One of them has done a number that is no whole batch of two or three.
    kills = dict(zip(("worker A", "worker B"), draw.choice(((2, 5), (4, 2), (5, 2), (6, 2))), strict=True))
    sent = range(1, draw.randint(10, 13))
    places = _dealt(draw, sent, 2)
    at = {number: (part, offset) for part, numbers in places.items() for offset, number in enumerate(numbers)}
    lanes = {number: f"partition {part}" for number, (part, _offset) in at.items()}
    found: list[Breach] = []
    programs: list[Program] = []
    with CheckKafka() as broker, Trial(answer, broker.number_of) as trial:
        topic, group = broker.topic("commit", len(places)), broker.group("work")
        broker.produce(topic, places)

        def drained() -> bool:
            """No record waits. While one does, two consumers of a worker may be about to share the partitions."""
            place = broker.committed(group, topic)
            return all(place.get(part, 0) >= len(numbers) for part, numbers in places.items())

        trial.hold(lambda worker, _message: _begun(trial.history, worker) >= kills.get(worker, math.inf))
        reached = True
        for worker, begins in kills.items():
            programs.append(
                program := trial.start(worker, "work", topic=topic, group=group, handle="@handle")
            )
            reached = trial.wait_quiet(
                lambda seen, w=worker, n=begins: _begun(seen, w) >= n,  # type: ignore[misc]
                drained,
                stuck_s=JOIN_S,
                deadline_s=SHARED_S,
            )
            if not reached:
                break  # it is idle before it came to where it would be killed: there is no more to interrupt
            done, place = trial.history.messages(Kind.FINISHED), broker.committed(group, topic)
            trial.wait(lambda _seen: False, deadline_s=LANES_S)
            if len(trial.history.open_work().get(worker, ())) > 1:
                # It works on several records at a time: one that was done just now may be committed just now.
                done, place = trial.history.messages(Kind.FINISHED), broker.committed(group, topic)
            trial.kill(program)
            after = broker.committed(group, topic)
            trial.saw("the group", f"committed offsets by partition: {after or 'none'}")
            broker.expel(group)
            gone = {number for number, (part, offset) in at.items() if offset < after.get(part, 0)}
            gone -= {*trial.history.messages(Kind.FINISHED)}
            found += [
                *guarantees.acknowledged_early(trial.history, gone=gone, word=RECORD, verb="committed"),
                *_uncommitted(done, at, place, f"{worker} was killed"),
            ]
            if found:
                return found
        if reached:
            programs.append(
                last := trial.start("worker C", "work", topic=topic, group=group, handle="@handle")
            )
            if trial.wait_quiet(lambda seen: _all(sent, seen), drained, stuck_s=JOIN_S, deadline_s=SHARED_S):
                done = trial.history.messages(Kind.FINISHED)
                broker.becomes(
                    lambda: not _uncommitted(done, at, broker.committed(group, topic), ""),
                    COMMITTED_S * trial.patience,
                )
                found += _uncommitted(done, at, broker.committed(group, topic), "worker C was idle")
                broker.becomes(lambda: not last.running, IDLE_S)
        seen = trial.history
        finished = seen.messages(Kind.FINISHED)
        found += [
            program.breach
            or Breach(Guarantee.RUNS, f"{program.name} ended by itself when no record arrived for a while")
            for program in programs
            if program.ended not in (None, "killed")
        ]
    cut = set(guarantees.interrupted(seen))
    return [
        *guarantees.passed_over(seen, held=cut, word=RECORD, verb="committed"),
        *guarantees.lost(set(sent) - cut, finished, word=RECORD),
        *guarantees.duplicated(finished, word=RECORD),
        *guarantees.out_of_order(list(dict.fromkeys(finished)), lanes, word=RECORD),
        *guarantees.unasked(sent, finished, word=RECORD),
        *found,
    ]


@dataclass(frozen=True)
class _Stamped:
    """A topic whose timestamps do not rise, and a time in the middle of them."""

    places: Mapping[int, Sequence[int]]
    times_ms: Mapping[int, int]
    since_ms: int

    @property
    def asked(self) -> Set[int]:
        """The records from that time on."""
        return {number for number, time_ms in self.times_ms.items() if time_ms >= self.since_ms}


def rewind(answer: Answer) -> Sequence[Breach]:
    """Timestamps do not rise; one partition has nothing from that time on, one nothing at all; and records keep coming."""
    draw = answer.draw("rewind")
    log = _stamped(draw)
    with CheckKafka() as broker, Trial(answer, broker.number_of) as trial:
        topic = broker.topic("rewind", len(log.places), **{"retention.ms": "-1"})
        broker.produce(topic, log.places, times_ms=log.times_ms)
        program = trial.start("the replay", "replay", topic=topic, since_ms=log.since_ms, handle="@handle")
        over = threading.Event()
        busy = threading.Thread(
            target=_append, args=(broker, topic, log, over), name="records that keep coming", daemon=True
        )
        busy.start()
        try:
            ended = trial.wait(lambda _seen: not program.running, deadline_s=REPLAY_S)
        finally:
            over.set()
            busy.join()
        endless: list[Breach] = []
        if not ended:
            endless = [
                Breach(
                    Guarantee.ENDS,
                    f"the replay had not ended {REPLAY_S:g} s after its start, though it had long reached the end that "
                    "the log had then; new records kept arriving",
                )
            ]
        elif program.breach:
            endless = [program.breach]
        everything = trial.history.messages(Kind.FINISHED)
    if endless and not everything:
        return endless
    # What was appended during the replay may be among what is processed, or not.
    finished = [number for number in everything if number <= len(log.times_ms)]
    order = {number: f"partition {part}" for part, numbers in log.places.items() for number in numbers}
    return [
        *guarantees.lost(
            log.asked,
            finished,
            word=RECORD,
            why="was lost: its timestamp is since_ms or later, and it was not processed again",
        ),
        *guarantees.unasked(
            log.asked,
            finished,
            word=RECORD,
            why="was processed again, though its timestamp is before since_ms",
        ),
        *guarantees.duplicated(everything, word=RECORD),
        *guarantees.out_of_order(finished, order, word=RECORD),
        *endless,
    ]


def share(answer: Answer) -> Sequence[Breach]:
    """One service runs twice, another one once: each gets every record, the instances of the first share them."""
    draw = answer.draw("share")
    partitions = draw.randint(3, 5)
    first = range(1, draw.randint(10, 14))
    late = range(first.stop, first.stop + 3 * partitions)
    twice, once = draw.sample(("billing", "audit", "search", "mail", "stock", "reports"), 2)
    everything = {*first, *late}
    with CheckKafka() as broker, Trial(answer, broker.number_of) as trial:
        topic = broker.topic("share", partitions)
        broker.produce(topic, _in_turn(first, partitions))
        services = {f"{twice} 1": broker.group(twice), f"{once} 1": broker.group(once)}
        services[f"{twice} 2"] = services[f"{twice} 1"]
        for name, service in services.items():
            trial.start(name, "serve", topic=topic, service=service, handle="@handle")

        def broken(seen: History) -> bool:
            return any(guarantees.duplicated(_of(seen, service)) for service in (twice, once))

        def shared_out(seen: History) -> bool:
            return broken(seen) or (
                set(first) <= set(_of(seen, twice)) & set(_of(seen, once))
                and broker.members(services[f"{twice} 1"]) == 2
            )

        def absent() -> list[str]:
            """The instances that have had no record, and that the broker does not count in the group of their service."""
            groups = Counter(services.values())
            return [
                name
                for name, group in services.items()
                if not trial.history.messages(Kind.STARTED, name) and broker.members(group) != groups[group]
            ]

        def until(done: Callable[[History], bool]) -> bool:
            return trial.wait_quiet(
                done, lambda: not absent(), quiet_s=SETTLED_S, stuck_s=JOIN_S, deadline_s=SHARED_S
            )

        shared = until(shared_out)
        if not shared and set(first) <= set(_of(trial.history, twice)) & set(_of(trial.history, once)):
            # Every record is processed, so what an absent instance would do is still to be seen.
            trial.wait_quiet(
                lambda seen: broken(seen) or not absent(),
                lambda: not absent(),
                stuck_s=ABSENT_S,
                deadline_s=ABSENT_S,
            )
            if not broken(trial.history) and (missing := absent()):
                return [
                    Breach(
                        Guarantee.SPREAD,
                        f"{name} processed no record, and its group did not count it as a member",
                    )
                    for name in missing
                ]
            shared = until(shared_out)
        if shared and not broken(trial.history):
            broker.produce(topic, _in_turn(late, partitions))
            until(lambda seen: broken(seen) or everything <= set(_of(seen, twice)) & set(_of(seen, once)))
            wanted = everything
        else:
            wanted = set(first)
        seen = trial.history
    return [
        *(
            Breach(breach.guarantee, f"in service {service} {breach.what}")
            for service in (twice, once)
            for breach in (
                *guarantees.duplicated(_of(seen, service), word=RECORD),
                *guarantees.lost(wanted, _of(seen, service), word=RECORD),
                *guarantees.unasked(everything, _of(seen, service), word=RECORD),
            )
        ),
        *_idle(seen, twice, set(late) & wanted),
    ]


@dataclass(frozen=True)
class _Behind:
    """A topic and a group that is behind in it."""

    stored: Mapping[int, int]
    """Partition -> how many records were appended."""
    deleted: Mapping[int, int]
    """Partition -> how many of them the broker has deleted since."""
    committed: Mapping[int, int]

    @property
    def waiting(self) -> Mapping[int, int]:
        """Partition -> how many records the group has still to process."""
        return {
            part: count - self.committed.get(part, self.deleted.get(part, 0))
            for part, count in self.stored.items()
        }


def lag(answer: Answer) -> Sequence[Breach]:
    """Three groups: partitions half done, all done, empty, never committed in, and with a beginning that was deleted."""
    draw = answer.draw("lag")
    cases = [_behind(draw) for _ in range(3)]
    breaches: list[Breach] = []
    with CheckKafka() as broker, Trial(answer) as trial:
        asked = []
        for number, case in enumerate(cases, 1):
            topic, group = broker.topic("lag", len(case.stored)), broker.group("slow")
            broker.produce(topic, {part: range(1, count + 1) for part, count in case.stored.items()})
            broker.delete(topic, case.deleted)
            broker.commit(group, topic, case.committed)
            asked.append(
                (case, topic, group, trial.start(f"report {number}", "lag", topic=topic, group=group))
            )
        for case, topic, group, program in asked:
            told = trial.result(program)
            told = told if isinstance(told, dict) else {}
            after = broker.committed(group, topic)
            breaches += [
                *(
                    Breach(
                        Guarantee.LAG,
                        f"{program.name}: {count} records of partition {part} wait to be processed "
                        f"({_described(case, part)}), but it returns {told.get(part, 'nothing')}",
                    )
                    for part, count in case.waiting.items()
                    if told.get(part) != count
                ),
                *(
                    Breach(
                        Guarantee.UNDISTURBED,
                        f"{program.name} moved the group's place in partition {part} from offset "
                        f"{case.committed.get(part, 'none')} to {after.get(part, 'none')}",
                    )
                    for part in case.stored
                    if after.get(part) != case.committed.get(part)
                ),
            ]
    return breaches


def _narrow(places: Mapping[int, int], partitions: int) -> list[Breach]:
    used = set(places.values())
    if not places or len(used) > partitions // 2:
        return []
    return [
        Breach(
            Guarantee.SPREAD,
            f"all {len(places)} records of {ACCOUNTS} accounts are in {len(used)} of {partitions} partitions: no more "
            "consumers than that can work side by side",
        )
    ]


def _uncommitted(
    done: Iterable[int], at: Mapping[int, tuple[int, int]], committed: Mapping[int, int], when: str
) -> list[Breach]:
    """Records that were done and that the group's place was still before."""
    return [
        Breach(
            Guarantee.ONCE,
            f"{RECORD} {number} is processed twice after a crash: it was done, and when {when} the group's committed "
            f"offset in its partition was {committed.get(part, 'none')}, not after its offset {offset}",
        )
        for number in sorted({*done} & {*at})
        for part, offset in [at[number]]
        if committed.get(part, 0) <= offset
    ]


def _stamped(draw: random.Random) -> _Stamped:
    """Three partitions with records on both sides of the time, out of order; one that has older ones only; one empty."""
    since_ms = draw.randrange(1_600_000_000_000, 1_750_000_000_000)
    # True is a record from that time on. The first of them is not the first record, older ones follow it, and one of
    # the partitions ends with an older one.
    patterns = [
        [False] * draw.randint(1, 3) + [True] + draw.sample([True, True, False, False], 4) + [end]
        for end in (True, False, True)
    ]
    patterns += [[False] * draw.randint(2, 3), []]
    draw.shuffle(patterns)
    times_ms: dict[int, int] = {}
    places: dict[int, list[int]] = {}
    exact = draw.choice([part for part, pattern in enumerate(patterns) if True in pattern])
    for part, pattern in enumerate(patterns):
        places[part] = []
        for place, later in enumerate(pattern):
            number = len(times_ms) + 1
            gap_ms = draw.randrange(1_000, 3_600_000)
            times_ms[number] = since_ms + gap_ms if later else since_ms - gap_ms
            if part == exact and place == pattern.index(True):
                times_ms[number] = since_ms
            places[part].append(number)
    return _Stamped(places, times_ms, since_ms)


def _append(broker: CheckKafka, topic: str, log: _Stamped, over: threading.Event) -> None:
    """Records that arrive during the replay, until it is over. A partition without a record from that time on stays so."""
    number = len(log.times_ms)
    parts = [part for part, numbers in log.places.items() if log.asked & {*numbers}]
    with broker.producing(topic) as append:
        while not over.wait(APPEND_S):
            for part in parts:
                number += 1
                append(number, part, log.since_ms + 4_000_000 + number)


def _behind(draw: random.Random) -> _Behind:
    stored: dict[int, int] = {}
    deleted: dict[int, int] = {}
    committed: dict[int, int] = {}
    roles = ["half done", "never read", "empty", "done", "begun late", "cut and read"]
    draw.shuffle(roles)
    for part, role in enumerate(roles):
        count = stored[part] = 0 if role == "empty" else draw.randint(5, 12)
        if role == "half done":
            committed[part] = draw.randint(1, count - 2)
        elif role == "done":
            committed[part] = count
        elif role == "begun late":
            deleted[part] = draw.randint(1, count - 2)
        elif role == "cut and read":
            deleted[part] = draw.randint(1, count - 3)
            committed[part] = draw.randint(deleted[part] + 1, count - 1)
    return _Behind(stored, deleted, committed)


def _described(case: _Behind, part: int) -> str:
    place = f"committed offset {case.committed[part]}" if part in case.committed else "no committed offset"
    return f"offsets {case.deleted.get(part, 0)} to {case.stored[part]}, {place}"


def _begun(seen: History, worker: str) -> int:
    return len(seen.messages(Kind.STARTED, worker))


def _all(numbers: Iterable[int], seen: History) -> bool:
    return set(numbers) <= set(seen.messages(Kind.FINISHED))


def _dealt(draw: random.Random, numbers: Iterable[int], partitions: int) -> Mapping[int, Sequence[int]]:
    """Numbers over the partitions at random, with at least three in each."""
    numbers = list(numbers)
    places: dict[int, list[int]] = {part: [] for part in range(partitions)}
    certain = [part for part in places for _ in range(3)]
    parts = certain + [draw.randrange(partitions) for _ in numbers[len(certain) :]]
    draw.shuffle(parts)
    for number, part in zip(numbers, parts, strict=True):
        places[part].append(number)
    return places


def _in_turn(numbers: Iterable[int], partitions: int) -> Mapping[int, Sequence[int]]:
    return {part: [number for number in numbers if number % partitions == part] for part in range(partitions)}


def _of(seen: History, service: str) -> list[int]:
    return [
        event.message for event in seen if event.kind is Kind.FINISHED and event.worker.startswith(service)
    ]


def _idle(seen: History, service: str, late: Set[int]) -> list[Breach]:
    """Instances of the service that received no record sent while both were running."""
    if not late:
        return []
    return [
        Breach(
            Guarantee.SPREAD, f"{worker} got no record, the other instance of {service} got all {len(late)}"
        )
        for worker in (f"{service} 1", f"{service} 2")
        if not late & set(seen.messages(Kind.FINISHED, worker))
    ]


CHECKS = {"keys": keys, "commit": commit, "rewind": rewind, "share": share, "lag": lag}
