"""Checks of the lab kafka_share_groups. What differs from run to run is drawn from the answer's seed."""

import threading
from collections.abc import Collection, Sequence

from confluent_kafka import AcknowledgeType

from mqcourse.grading import guarantees
from mqcourse.grading.brokers.kafka_share import CheckShareGroup
from mqcourse.grading.guarantees import Breach, Guarantee
from mqcourse.grading.history import History, Kind
from mqcourse.grading.program import Program
from mqcourse.grading.trial import Answer, Trial

JOIN_S = 15.0
"""How long a member of the group may take to its first record. A member that joins is given its partitions by its second heartbeat, 5 s
after the first."""

SHARED_S = 60.0
"""How long all of a worker's work may take."""

SETTLED_S = 5.0
"""How long an acknowledgement that was sent, or a record that was rejected, may take until the broker shows it."""

QUIET_S, IDLE_S = 0.4, 2.5
"""After so long without new work a worker has done what it does; so long it finds no record and must not end."""

LOCK_MS = "60000"
"""The longest lock the broker allows by default: no lock of a check ends by itself."""

HELD_S = 45.0
"""The longest wait while workers are held, however slow the machine: less than their records' lock."""

WORD = "record"
WORKERS = ("worker A", "worker B")


def prepare(answer: Answer) -> Sequence[Breach]:
    """The broker is asked for the settings; then a consumer of the check rejects an earlier record."""
    draw = answer.draw("prepare")
    limit, lock_s = draw.randint(2, 4), draw.randint(16, 29)
    with CheckShareGroup() as broker, Trial(answer, broker.number_of) as trial:
        topic, group, dead = (
            broker.topic("prepare", 1),
            broker.group("prepare"),
            broker.dead_letters("prepare"),
        )
        broker.singly(topic, [1])
        trial.result(
            trial.start("the program", "prepare", group=group, dead=dead, limit=limit, lock_s=lock_s)
        )
        settings = broker.settings_of(group)
        wrong = [
            Breach(
                guarantee,
                f"{name} of the group is {settings.get(name, 'not set')}, and {wanted} was asked for",
            )
            for guarantee, name, wanted in (
                (Guarantee.GIVEN_UP, "share.delivery.count.limit", str(limit)),
                (Guarantee.LOCKED, "share.record.lock.duration.ms", str(1000 * lock_s)),
            )
            if settings.get(name) != wanted
        ]
        if settings.get("share.auto.offset.reset", "latest") == "latest":
            wrong += guarantees.lost(
                [1], [], word=WORD, why="was sent before, and the group begins behind it"
            )
            return wrong
        _reject_first(broker, topic, group, JOIN_S * trial.patience)
        broker.becomes(lambda: bool(broker.dead(dead)), SETTLED_S * trial.patience)
        found = broker.dead(dead)
        trial.saw("the dead-letter topic", f"{len(found)} records")
    return [
        *wrong,
        *(
            [
                Breach(
                    Guarantee.INTACT,
                    "the record that was rejected is in the dead-letter topic without its value",
                )
            ]
            if -1 in found
            else guarantees.lost(
                [1], found, word=WORD, why="was rejected, and it is not in the dead-letter topic"
            )
        ),
    ]


def _reject_first(broker: CheckShareGroup, topic: str, group: str, limit_s: float) -> None:
    """Reject what a first poll with records returns."""
    reader = broker.consumer(topic, group)

    def rejected() -> bool:
        messages = reader.poll(0.5)
        for message in messages:
            reader.acknowledge(message, AcknowledgeType.REJECT)
        reader.commit_sync()
        return bool(messages)

    broker.becomes(rejected, limit_s)
    reader.close()


def _wait_joined(broker: CheckShareGroup, trial: Trial, group: str, workers: Collection[Program]) -> None:
    """Wait until the group has each worker as a member, or one has ended: on a late machine a worker has no record because
    it has not joined yet."""
    broker.becomes(
        lambda: len(broker.share_members(group)) >= len(workers) or any(worker.ended for worker in workers),
        SHARED_S * trial.patience,
    )


def work(answer: Answer) -> Sequence[Breach]:
    """Two workers are held while each works on its second record; one of them is killed there, the other does the rest."""
    draw = answer.draw("work")
    numbers = range(1, draw.randint(7, 10))
    names = [*WORKERS]
    draw.shuffle(names)
    cut, other = names
    with CheckShareGroup() as broker, Trial(answer, broker.number_of) as trial:
        topic = broker.topic("work", 1)
        group = broker.share_group(
            "work", share_auto_offset_reset="earliest", share_record_lock_duration_ms=LOCK_MS
        )
        broker.singly(topic, numbers)
        trial.hold(lambda _worker, _number: True)
        programs = {
            name: trial.start(name, "work", topic=topic, group=group, handle="@handle") for name in WORKERS
        }
        _wait_joined(broker, trial, group, programs.values())
        for turn in (1, 2):
            limit_s = min(JOIN_S, HELD_S / trial.patience)
            trial.wait(lambda seen, turn=turn: _both(seen, turn), deadline_s=limit_s)  # type: ignore[misc]
            ended = [name for name, program in programs.items() if program.ended == "returned"]
            if ended:
                return [
                    Breach(Guarantee.RUNS, f"{ended[0]} ended by itself when no record arrived for a while")
                ]
            if not _both(trial.history, turn):
                return _idle(trial.history, numbers)
            if turn == 1:
                for name in programs:
                    trial.release(name, trial.history.messages(Kind.STARTED, name)[0])
        finished = {*trial.history.messages(Kind.FINISHED)}
        left = len(numbers) - len(finished)
        broker.becomes(lambda: broker.waiting(group, topic) == left, SETTLED_S * trial.patience)
        waiting = broker.waiting(group, topic)
        trial.saw("the share group", f"{waiting} of {len(numbers)} records are not acknowledged")
        if waiting is not None and waiting < left:
            return [
                Breach(
                    Guarantee.ACKNOWLEDGED_LATE,
                    f"handle has returned for {len(finished)} of {len(numbers)} records, and the broker has acknowledgements "
                    f"of {len(numbers) - waiting}",
                )
            ]
        trial.hold(lambda _worker, _number: False)
        trial.kill(programs[cut])
        trial.release(other, trial.history.messages(Kind.STARTED, other)[1])

        def drained() -> bool:
            return broker.waiting(group, topic) == 0

        trial.wait_quiet(
            lambda seen: {*seen.messages(Kind.FINISHED)} >= {*numbers} and drained(),
            drained,
            quiet_s=QUIET_S,
            deadline_s=SHARED_S,
        )
        done = trial.history.messages(Kind.FINISHED)
        broker.becomes(lambda: not programs[other].running, IDLE_S)
        if programs[other].ended == "returned":
            return [Breach(Guarantee.RUNS, f"{other} ended by itself when no record arrived for a while")]
    return [
        *guarantees.lost(numbers, done, word=WORD, why="was lost: handle never returned for it"),
        *guarantees.duplicated(done, word=WORD, verb="was handled to its end"),
    ]


def _both(seen: History, turn: int) -> bool:
    return all(len(seen.messages(Kind.STARTED, name)) >= turn for name in WORKERS)


def _idle(seen: History, numbers: Sequence[int]) -> Sequence[Breach]:
    """One of two workers has no record although records wait."""
    held = seen.open_work()
    busy = [name for name in held if name.startswith("worker")]
    if not busy:
        return guarantees.lost(numbers, seen.messages(Kind.FINISHED), word=WORD, why="was never handled")
    idle = next(name for name in WORKERS if name not in busy)
    rest = sorted({*numbers} - {*seen.messages(Kind.STARTED)})
    return guarantees.unfair(rest, behind=held[busy[0]][0], busy=busy[0], idle=idle, word=WORD)


DONE, LATER, BROKEN = "done", "later", "broken"


def settle(answer: Answer) -> Sequence[Breach]:
    """One batch of records: most are done, one is broken, one is for later once, and one always is."""
    draw = answer.draw("settle")
    limit = draw.randint(3, 4)
    numbers = range(1, draw.randint(7, 9))
    broken, once, always = draw.sample(numbers, 3)
    with CheckShareGroup() as broker, Trial(answer, broker.number_of) as trial:
        topic, dead = broker.topic("settle", 1), broker.make_dead_letters("settle")
        group = broker.share_group(
            "settle",
            share_auto_offset_reset="earliest",
            share_record_lock_duration_ms=LOCK_MS,
            share_delivery_count_limit=str(limit),
            errors_deadletterqueue_topic_name=dead,
            errors_deadletterqueue_copy_record_enable="true",
        )
        broker.batch(topic, numbers)

        def outcome(number: int) -> str:
            if number == broken:
                return BROKEN
            first = trial.history.messages(Kind.FINISHED).count(number) == 1
            return LATER if number == always or (number == once and first) else DONE

        trial.give(outcome)
        worker = trial.start("the worker", "settle", topic=topic, group=group, handle="@handle")
        _wait_joined(broker, trial, group, [worker])
        trial.wait(lambda seen: bool(seen.messages(Kind.STARTED)), deadline_s=JOIN_S)

        def over(seen: History) -> bool:
            return seen.messages(Kind.STARTED).count(always) > 3 * limit

        trial.wait_quiet(
            over, lambda: broker.waiting(group, topic) == 0, quiet_s=QUIET_S, deadline_s=SHARED_S
        )
        broker.becomes(lambda: {broken, always} <= {*broker.dead(dead)}, SETTLED_S * trial.patience)
        found = broker.dead(dead)
        trial.saw("the dead-letter topic", f"{len(found)} records")
    tries: dict[int, tuple[int, int]] = {number: (1, 1) for number in numbers}
    tries[once], tries[always] = (2, 2), (limit, limit)
    return [
        *guarantees.tries(trial.history, tries, word=WORD),
        *guarantees.lost([broken, always], found, word=WORD, why="is not in the dead-letter topic"),
        *guarantees.unasked([broken, always], found, word=WORD, why="is in the dead-letter topic"),
    ]


def stop(answer: Answer) -> Sequence[Breach]:
    """A worker has a whole batch when it is asked to stop, in the middle of a record."""
    draw = answer.draw("stop")
    numbers = range(1, draw.randint(7, 10))
    cut = draw.randint(2, len(numbers) - 2)
    asked = threading.Event()
    with CheckShareGroup() as broker, Trial(answer, broker.number_of) as trial:
        topic = broker.topic("stop", 1)
        group = broker.share_group(
            "stop", share_auto_offset_reset="earliest", share_record_lock_duration_ms=LOCK_MS
        )
        broker.batch(topic, numbers)
        trial.offer("stopping", asked.is_set)
        trial.hold(lambda _worker, number: number == cut)
        program = trial.start(
            "the worker", "stop", topic=topic, group=group, handle="@handle", stopping="@stopping"
        )
        _wait_joined(broker, trial, group, [program])
        if not trial.wait(lambda seen: cut in seen.messages(Kind.STARTED), deadline_s=JOIN_S):
            if program.ended == "returned":
                return [Breach(Guarantee.RUNS, "the worker ended before it was asked to stop")]
            return guarantees.lost(
                numbers, trial.history.messages(Kind.FINISHED), word=WORD, why="was not handled"
            )
        asked.set()
        trial.release("the worker", cut)
        trial.result(program)
        done = trial.history.messages(Kind.FINISHED)
        left = len(numbers) - cut
        broker.becomes(lambda: broker.waiting(group, topic) == left, SETTLED_S * trial.patience)
        waiting, members = broker.waiting(group, topic), len(broker.share_members(group))
        trial.saw(
            "the share group", f"{members} members, {waiting} of {len(numbers)} records are not acknowledged"
        )
    return [
        *guarantees.unasked(
            range(1, cut + 1), done, word=WORD, why="was handled, and stopping() had returned True before"
        ),
        *(
            [
                Breach(
                    Guarantee.NOT_LOST,
                    f"{left} records were not handled, and the broker has {waiting} left for other workers",
                )
            ]
            if waiting is not None and waiting < left and [*done] == [*range(1, cut + 1)]
            else []
        ),
        *(
            [
                Breach(
                    Guarantee.ONCE,
                    f"{cut} records were handled, and {waiting - left} of them will be delivered again",
                )
            ]
            if waiting is not None and waiting > left
            else []
        ),
        *(
            [
                Breach(
                    Guarantee.UNBLOCKED, "the worker has returned, and the broker still counts it as a member"
                )
            ]
            if members
            else []
        ),
    ]


CHECKS = {"prepare": prepare, "work": work, "settle": settle, "stop": stop}
