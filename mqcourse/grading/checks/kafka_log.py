"""Checks of the lab kafka_log."""

from collections.abc import Mapping, Sequence, Set

from mqcourse.grading import guarantees
from mqcourse.grading.checks.kafka import Desk
from mqcourse.grading.guarantees import Breach, Guarantee
from mqcourse.grading.history import History, Kind
from mqcourse.grading.trial import Answer, Trial

REPLAY_S = 8.0
"""How long a replay of ten records may take before it counts as one that never ends."""

JOIN_S = 8.0
"""How long two members of a group may take to share it out: the first hears of the second at its next heartbeat, 3 s."""

RECORD = "record"


def keys(answer: Answer) -> Sequence[Breach]:
    """Two processes publish one after the other; records of one account must stay in one partition, in order."""
    partitions = 4
    accounts = {number: f"account-{number % 6}" for number in range(1, 25)}
    with Desk() as desk, Trial(answer, desk.number_of) as trial:
        topic = desk.topic("keys", partitions)
        for seed, numbers in enumerate((range(1, 13), range(13, 25)), 1):
            events = [[accounts[number], desk.body(number)] for number in numbers]
            # Another seed for Python's hash() each time, as two processes of a real service would have.
            trial.result(
                trial.start(f"publisher {seed}", "publish", hash_seed=seed, topic=topic, events=events)
            )
        found = desk.read_all(topic, partitions)
    places: dict[int, int] = {}
    for number, partition, _key in found:
        places.setdefault(number, partition)
    order = [number for number, _partition, _key in found]
    return [
        *guarantees.lost(accounts, order, word=RECORD, why="was lost: it is not in the topic"),
        *(
            Breach(b.guarantee, b.what.replace("processed", "stored"))
            for b in guarantees.duplicated(order, word=RECORD)
        ),
        *guarantees.one_sided(places, partitions),
        *guarantees.apart(places, accounts),
        *guarantees.out_of_order(order, accounts, word=RECORD, verb="stands in the log"),
        *(
            Breach(
                Guarantee.TOGETHER,
                f"record {number} has no key: whoever adds a partition or compacts the topic cannot tell its account",
            )
            for number, _partition, key in found
            if key is None
        ),
    ]


def commit(answer: Answer) -> Sequence[Breach]:
    """Worker A is killed while it processes record 4; worker B takes its place in the group."""
    sent = range(1, 9)
    with Desk() as desk, Trial(answer, desk.number_of) as trial:
        topic, group = desk.topic("commit", 1), desk.group("work")
        desk.produce(topic, {0: sent})
        trial.hold(lambda worker, message: worker == "worker A" and message == 4)
        first = trial.start("worker A", "work", topic=topic, group=group, handle="@handle")
        if not trial.wait_quiet(lambda seen: 4 in seen.messages(Kind.STARTED), quiet_s=3):
            # Idle before it came to record 4: there is nothing to interrupt, so nothing to judge but that.
            return guarantees.lost(sent, trial.history.messages(Kind.FINISHED), word=RECORD) or [
                Breach(Guarantee.RUNS, "worker A never began to work on record 4")
            ]
        trial.kill(first)
        desk.expel(group)
        trial.start("worker B", "work", topic=topic, group=group, handle="@handle")
        trial.wait_quiet(lambda seen: _all(sent, seen), quiet_s=3)
        seen = trial.history
    finished = seen.messages(Kind.FINISHED)
    interrupted = set(guarantees.interrupted(seen))
    return [
        *guarantees.acknowledged_early(seen, word=RECORD, verb="committed"),
        *guarantees.lost(set(sent) - interrupted, finished, word=RECORD),
        *guarantees.duplicated(finished, word=RECORD),
        *guarantees.out_of_order(
            list(dict.fromkeys(finished)), dict.fromkeys(sent, "partition 0"), word=RECORD
        ),
        *guarantees.unasked(sent, finished, word=RECORD),
    ]


def rewind(answer: Answer) -> Sequence[Breach]:
    """Four partitions, the time asked for lies in the middle; one partition has nothing new, one nothing at all."""
    places = {0: [1, 2, 3, 7, 9, 12], 1: [4, 8, 10, 11], 2: [5, 6], 3: []}
    start_ms = 1_700_000_000_000
    times_ms = {number: start_ms + 60_000 * number for part in places.values() for number in part}
    asked = {number for number, time_ms in times_ms.items() if time_ms >= times_ms[7]}
    with Desk() as desk, Trial(answer, desk.number_of) as trial:
        topic = desk.topic("rewind", len(places))
        desk.produce(topic, places, times_ms=times_ms)
        program = trial.start("the replay", "replay", topic=topic, since_ms=times_ms[7], handle="@handle")
        endless: list[Breach] = []
        if not trial.wait(lambda _seen: not program.running, deadline_s=REPLAY_S):
            endless = [
                Breach(
                    Guarantee.ENDS,
                    f"the replay had not ended {REPLAY_S:g} s after its start, though it was at the end of the log",
                )
            ]
        elif program.breach:
            endless = [program.breach]
        finished = trial.history.messages(Kind.FINISHED)
    if endless and not finished:
        return endless
    order = {number: f"partition {part}" for part, numbers in places.items() for number in numbers}
    return [
        *guarantees.lost(
            asked,
            finished,
            word=RECORD,
            why="was lost: it is from the time asked for, and was not processed again",
        ),
        *guarantees.unasked(
            asked,
            finished,
            word=RECORD,
            why="was processed again, though it is from before the time asked for",
        ),
        *guarantees.duplicated(finished, word=RECORD),
        *guarantees.out_of_order(finished, order, word=RECORD),
        *endless,
    ]


def share(answer: Answer) -> Sequence[Breach]:
    """Service billing runs twice, service audit once: each service gets every record, its instances share them."""
    early, late = range(1, 13), range(13, 25)
    everything = {*early, *late}
    with Desk() as desk, Trial(answer, desk.number_of) as trial:
        topic = desk.topic("share", 4)
        desk.produce(topic, _dealt(early))
        services = {"billing 1": desk.group("billing"), "audit 1": desk.group("audit")}
        services["billing 2"] = services["billing 1"]
        for name, service in services.items():
            trial.start(name, "serve", topic=topic, service=service, handle="@handle")

        def broken(seen: History) -> bool:
            return any(guarantees.duplicated(_of(seen, service)) for service in ("billing", "audit"))

        def shared_out(seen: History) -> bool:
            return broken(seen) or (
                set(early) <= set(_of(seen, "billing")) & set(_of(seen, "audit"))
                and desk.members(services["billing 1"]) == 2
            )

        if trial.wait(shared_out, deadline_s=JOIN_S) and not broken(trial.history):
            desk.produce(topic, _dealt(late))
            trial.wait_quiet(
                lambda seen: (
                    broken(seen) or everything <= set(_of(seen, "billing")) & set(_of(seen, "audit"))
                ),
                quiet_s=3,
            )
            wanted = everything
        else:
            wanted = set(early)
        seen = trial.history
    return [*_per_service(seen, wanted), *_idle(seen, set(late) & wanted)]


def lag(answer: Answer) -> Sequence[Breach]:
    """A group that is behind, one partition it never committed in, one that is empty."""
    places = {0: range(1, 6), 1: range(6, 10), 2: range(10, 10), 3: range(10, 13)}
    committed = {0: 2, 3: 3}
    behind = {0: 3, 1: 4, 2: 0, 3: 0}
    with Desk() as desk, Trial(answer) as trial:
        topic, group = desk.topic("lag", len(places)), desk.group("slow")
        desk.produce(topic, places)
        desk.commit(group, topic, committed)
        told = trial.result(trial.start("the report", "lag", topic=topic, group=group))
        after = desk.committed(group, topic)
    told = told if isinstance(told, dict) else {}
    return [
        *(
            Breach(
                Guarantee.LAG,
                f"{count} records of partition {part} wait to be processed, but the report says {_said(told, part)}",
            )
            for part, count in behind.items()
            if told.get(part) != count
        ),
        *(
            Breach(
                Guarantee.UNDISTURBED,
                f"the report moved the group's place in partition {part} from offset {committed.get(part, 'none')} to {after.get(part, 'none')}",
            )
            for part in behind
            if after.get(part) != committed.get(part)
        ),
    ]


def _all(numbers: range, seen: History) -> bool:
    return set(numbers) <= set(seen.messages(Kind.FINISHED))


def _dealt(numbers: range) -> Mapping[int, Sequence[int]]:
    return {part: [number for number in numbers if number % 4 == part] for part in range(4)}


def _of(seen: History, service: str) -> list[int]:
    return [
        event.message for event in seen if event.kind is Kind.FINISHED and event.worker.startswith(service)
    ]


def _per_service(seen: History, wanted: Set[int]) -> list[Breach]:
    return [
        Breach(breach.guarantee, f"in service {service} {breach.what}")
        for service in ("billing", "audit")
        for breach in (
            *guarantees.duplicated(_of(seen, service), word=RECORD),
            *guarantees.lost(wanted, _of(seen, service), word=RECORD),
            *guarantees.unasked(range(1, 25), _of(seen, service), word=RECORD),
        )
    ]


def _idle(seen: History, late: Set[int]) -> list[Breach]:
    """Instances of billing that got nothing of what was sent when both were there."""
    if not late:
        return []
    return [
        Breach(Guarantee.SPREAD, f"{worker} got no record, the other instance of billing got all {len(late)}")
        for worker in ("billing 1", "billing 2")
        if not late & set(seen.messages(Kind.FINISHED, worker))
    ]


def _said(told: Mapping[object, object], part: int) -> object:
    return told.get(part, "nothing")


CHECKS = {"keys": keys, "commit": commit, "rewind": rewind, "share": share, "lag": lag}
