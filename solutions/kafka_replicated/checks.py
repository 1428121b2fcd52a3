"""Checks of the lab kafka_replicated. Brokers are killed and paused; which ones, and when, is drawn from the answer's seed."""

import threading
from collections.abc import Callable, Sequence
from typing import Any

from mqcourse.grading import guarantees
from mqcourse.grading.brokers.check_cluster import NODES
from mqcourse.grading.brokers.kafka_cluster import CheckKafkaCluster, Part
from mqcourse.grading.guarantees import Breach, Guarantee
from mqcourse.grading.history import Kind
from mqcourse.grading.program import Program
from mqcourse.grading.trial import Answer, Trial

ALONE_S = 1.5
"""So long the leader is alone. A producer that takes its word reports a record in milliseconds."""

ELECTED_S = 90.0
"""A leader that is lost is followed by another one in seconds; a producer repeats what failed for 120 s at most."""

RECORD = "record"


def create(answer: Answer) -> Sequence[Breach]:
    """The topic is created twice, its settings are read, a broker is killed, and each partition gets a record."""
    lost = answer.draw("create").choice(NODES)
    with CheckKafkaCluster() as broker, Trial(answer) as trial:
        topic = broker.name("orders")
        trial.result(trial.start("first call", "create", topic=topic))
        parts = broker.parts_now(topic)
        if not parts:
            return [Breach(Guarantee.NOTHING_ELSE, "there is no topic of the name that was asked for")]
        settings = broker.settings_now(topic)
        if error := broker.accepts(topic, 0):
            return [Breach(Guarantee.ACCEPTS, f"all brokers run, and partition 0 answers {error}")]
        trial.result(trial.start("second call", "create", topic=topic))
        if not broker.parts_now(topic) or len(broker.stored(topic)) != 1:
            return [Breach(Guarantee.NOT_LOST, "a second call of create has emptied the topic")]
        breaches = []
        if len(parts) != 3 or any(sorted(part.replicas) != [*NODES] for part in parts):
            breaches.append(
                Breach(
                    Guarantee.DURABLE,
                    f"the replicas are on the brokers {[list(part.replicas) for part in parts]}, and not on every broker "
                    "for each of three partitions",
                )
            )
        if (least := int(settings["min.insync.replicas"])) < 2:
            breaches.append(
                Breach(
                    Guarantee.NOT_LOST,
                    f"a record is acknowledged with {least} replica in sync: its loss loses the record",
                )
            )
        if settings["unclean.leader.election.enable"].lower() != "false":
            breaches.append(
                Breach(
                    Guarantee.NOT_LOST,
                    "a replica that lacks acknowledged records may become the leader by itself",
                )
            )
        if breaches:
            return breaches
        broker.wait_for(
            "every replica is in sync", lambda: all(len(part.in_sync) == 3 for part in broker.parts(topic))
        )
        broker.kill(lost)
        trial.saw("the cluster", f"broker {lost} is killed")
        broker.wait_for(
            "the others lead",
            lambda: all(
                part.leader not in (None, lost) and lost not in part.in_sync for part in broker.parts(topic)
            ),
        )
        if least > 2:
            return [
                Breach(
                    Guarantee.ACCEPTS,
                    f"broker {lost} is down, and the two others refuse records: {least} replicas must be in sync",
                )
            ]
        for index in range(len(parts)):
            if error := broker.accepts(topic, index):
                return [
                    Breach(Guarantee.ACCEPTS, f"broker {lost} is down, and partition {index} answers {error}")
                ]
    return []


def publish(answer: Answer) -> Sequence[Breach]:
    """The leader is killed under the first program. Under the second it is alone for a moment, and then both are killed."""
    draw = answer.draw("publish")
    count = draw.randint(30, 60)
    cut = draw.randint(5, count // 2)
    first, second = range(1, count + 1), range(1001, 1001 + count)
    order = draw.sample(NODES, 3)
    with CheckKafkaCluster() as broker, Trial(answer, broker.number_of) as trial:
        topic = broker.topic("lines", [order], **{"min.insync.replicas": "2"})
        reached = threading.Event()

        def start(name: str, numbers: Sequence[int], then: Callable[[], None]) -> Program:
            """A program that sends these records; at the drawn one `then` lets brokers fail."""
            left = iter(numbers)
            reached.clear()

            def next_line() -> bytes | None:
                number = next(left, None)
                if number == numbers[cut]:
                    then()
                    reached.set()
                return None if number is None else broker.body(number)

            trial.offer("next_line", next_line)
            return trial.start(name, "publish", topic=topic, next_line="@next_line", stored="@handle")

        one = start("program 1", first, lambda: broker.kill(order[0]))
        if trial.wait(lambda _seen: reached.is_set()):
            trial.saw("the cluster", f"broker {order[0]}, the leader, is killed")
        trial.result(one, deadline_s=ELECTED_S)
        if not reached.is_set():
            return [
                Breach(Guarantee.NOT_LOST, f"publish returned before it had asked for {RECORD} {first[cut]}")
            ]
        reported = trial.history.messages(Kind.STARTED)
        broker.wait_for("another broker leads", lambda: broker.parts(topic)[0].leader not in (None, order[0]))
        there = broker.stored(topic)
        breaches = [
            *_claims(reported, there),
            *guarantees.lost(first, there, word=RECORD, why="is not in the log, and publish has returned"),
            *guarantees.lost(first, reported, word=RECORD, why="was not reported, and publish has returned"),
            *guarantees.duplicated(there, word=RECORD, verb="is in the log"),
            *guarantees.out_of_order(there, dict.fromkeys(first, "lines"), word=RECORD, verb="is in the log"),
        ]
        if breaches:
            return breaches
        broker.heal()
        broker.wait_for("every replica is in sync", lambda: len(broker.parts(topic)[0].in_sync) == 3)
        leader = broker.parts(topic)[0].leader or 0
        followers = [node for node in NODES if node != leader]

        def leave_alone() -> None:
            for node in followers:
                broker.pause(node)

        two = start("program 2", second, leave_alone)
        if not trial.wait(lambda _seen: reached.is_set()):
            return [Breach(Guarantee.NOT_LOST, f"publish did not ask for {RECORD} {second[cut]}")]
        trial.wait(lambda seen: second[-1] in seen.messages(Kind.STARTED), deadline_s=ALONE_S)
        trial.kill(two)
        broker.kill(leader)
        trial.saw("the cluster", f"broker {leader}, the leader, was alone for a moment and is killed")
        for node in followers:
            broker.resume(node)
        broker.wait_for("another broker leads", lambda: broker.parts(topic)[0].leader not in (None, leader))
        # Only with a record that all replicas have is the new leader sure of the earlier ones, and shows them.
        broker.wait_for("the next leader takes a record", lambda: not broker.accepts(topic, 0))
        return _claims(trial.history.messages(Kind.STARTED), broker.stored(topic))


def diagnose(answer: Answer) -> Sequence[Breach]:
    """Two partitions lose their leader, one refuses records, and others miss a replica and do neither."""
    draw = answer.draw("diagnose")
    down, left, other = draw.sample(NODES, 3)
    wanted = {
        "single": ("1", [[down], [other]]),
        "lax": ("1", [[down, left], [down, other], [other, left]]),
        "strict": ("2", [[down, other], [other, left]]),
        "triple": ("2", [[down, other, left], [other, left, down]]),
    }
    with CheckKafkaCluster() as broker, Trial(answer) as trial:
        offline: dict[str, list[int]] = {}
        refuses, places, topics = [], {}, {}
        for kind, (least, each) in wanted.items():
            draw.shuffle(each)
            topics[kind] = broker.topic(kind, each, **{"min.insync.replicas": least})
            for index, replicas in enumerate(each):
                name = f"{topics[kind]}-{index}"
                places[name] = replicas
                # Where one replica is down and the other was away before, only the first has every record.
                if replicas in ([down], [down, left]):
                    offline[name] = [down]
                elif kind == "strict" and down in replicas:
                    refuses.append(name)

        def now() -> dict[str, Part]:
            return {
                f"{topic}-{index}": part
                for topic in topics.values()
                for index, part in enumerate(broker.parts(topic))
            }

        broker.pause(left)
        broker.wait_for(
            "the in-sync sets shrink", lambda: all(left not in part.in_sync for part in now().values())
        )
        broker.kill(down)
        broker.resume(left)
        trial.saw("the cluster", f"broker {down} is killed, and broker {left} was away before")

        def settled() -> bool:
            parts = now()
            return {name for name, part in parts.items() if part.leader is None} == {*offline} and all(
                {*part.in_sync} == {*places[name]} - {down}
                for name, part in parts.items()
                if name not in offline
            )

        broker.wait_for("the cluster is as it stays", settled)
        got = trial.result(trial.start("report", "diagnose", topics=[*topics.values()]))
    if (
        not isinstance(got, dict)
        or not isinstance(got.get("offline"), dict)
        or not isinstance(got.get("refuses"), list)
    ):
        return [
            Breach(Guarantee.DIAGNOSED, "the result is no dict with a dict `offline` and a list `refuses`")
        ]
    return [
        *_named("offline", [*got["offline"]], [*offline]),
        *_named("refuses", got["refuses"], refuses),
        *_brokers(got, offline),
    ]


def _named(name: str, got: Sequence[Any], wanted: Sequence[str]) -> list[Breach]:
    return [
        *(Breach(Guarantee.DIAGNOSED, f"{part} is not in `{name}`") for part in wanted if part not in got),
        *(
            Breach(Guarantee.DIAGNOSED, f"{part} is in `{name}`, and should not be")
            for part in got
            if part not in wanted
        ),
    ]


def _brokers(got: Any, offline: dict[str, list[int]]) -> list[Breach]:
    return [
        Breach(
            Guarantee.DIAGNOSED,
            f"the brokers that can lead {part} without a loss are {brokers}, and not {got['offline'][part]}",
        )
        for part, brokers in offline.items()
        if part in got["offline"] and got["offline"][part] != brokers
    ]


def drain(answer: Answer) -> Sequence[Breach]:
    """Leaders are moved away from a broker; then a preferred election is ordered, and the broker is killed."""
    draw = answer.draw("drain")
    leaving, second, third = draw.sample(NODES, 3)
    places = [[leaving, second, third], [second, leaving, third], [third, second, leaving]]
    draw.shuffle(places)
    with CheckKafkaCluster() as broker, Trial(answer) as trial:
        topic = broker.topic("drained", places)
        # One partition is led by another broker than its first one: an election for it would move its leader.
        kept = places.index([second, leaving, third])
        broker.reorder(topic, kept, [third, leaving, second])
        before = broker.parts_now(topic)
        trial.result(trial.start("program", "drain", topics=[topic], broker=leaving))
        after = broker.parts_now(topic)
        broker.elect_preferred(topic)
        later = broker.parts_now(topic)
        breaches = [
            *(
                Breach(
                    Guarantee.REPLICAS_KEPT,
                    f"partition {index} had replicas on {sorted(old.replicas)}, and now has them on {sorted(new.replicas)}",
                )
                for index, (old, new) in enumerate(zip(before, after, strict=True))
                if {*old.replicas} != {*new.replicas}
            ),
            *(
                Breach(Guarantee.LEADERS_MOVED, f"broker {leaving} still leads partition {index}")
                for index, part in enumerate(after)
                if part.leader == leaving
            ),
            *(
                Breach(
                    Guarantee.LEADERS_MOVED,
                    f"broker {leaving} leads partition {index} again after a preferred election",
                )
                for index, (part, now) in enumerate(zip(later, after, strict=True))
                if part.leader == leaving != now.leader
            ),
            *(
                Breach(
                    Guarantee.UNDISTURBED_LEADERS,
                    f"the leader of partition {index} was broker {old.leader}, and is broker {new.leader}",
                )
                for index, (old, new) in enumerate(zip(before, after, strict=True))
                if old.leader not in (leaving, new.leader)
            ),
        ]
        if breaches:
            return breaches
        broker.kill(leaving)
        trial.saw("the cluster", f"broker {leaving} is killed")
        for index in range(len(places)):
            if error := broker.accepts(topic, index):
                return [
                    Breach(
                        Guarantee.ACCEPTS, f"broker {leaving} is down, and partition {index} answers {error}"
                    )
                ]
    return []


def _claims(reported: Sequence[int], there: Sequence[int]) -> list[Breach]:
    return [
        Breach(
            Guarantee.HONEST,
            f"{RECORD} {number} was reported as stored, and is not in the log of the next leader",
        )
        for number in sorted({*reported} - {*there})
    ]


CHECKS = {"create": create, "publish": publish, "diagnose": diagnose, "drain": drain}
