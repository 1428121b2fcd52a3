"""Checks of the lab rabbitmq_replicated. Nodes are killed and paused; which ones, and when, is drawn from the answer's seed."""

import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from typing import Any

from mqcourse.grading import guarantees
from mqcourse.grading.brokers.check_cluster import NODES
from mqcourse.grading.brokers.rabbitmq_cluster import CheckRabbitMQCluster, called
from mqcourse.grading.brokers.wire import Did, Wire
from mqcourse.grading.guarantees import Breach, Guarantee
from mqcourse.grading.history import Kind
from mqcourse.grading.program import Program
from mqcourse.grading.trial import Answer, Trial

ALONE_S = 1.5
"""So long the leader is alone. A publisher that does not wait for a confirm reports a message in milliseconds."""

ELECTED_S = 60.0
"""A killed leader is followed by another one in seconds; on a busy machine it may take far longer."""

BACK_S = 10.0
"""After so long a message that was not acknowledged is back in its queue, once its consumer is killed."""


def declare(answer: Answer) -> Sequence[Breach]:
    """A classic queue stays as it is; a new queue keeps its messages and accepts others while a node is down."""
    order = answer.draw("declare").sample(NODES, 3)
    lost, others = order[0], order[1:]
    with CheckRabbitMQCluster() as broker, Trial(answer) as trial:
        nodes = broker.addresses(order)
        weak = broker.declare("weak", lost, **{"x-queue-type": "classic"})
        broker.send(weak, [("first", b"first")])
        said = trial.result(trial.start("call for a classic queue", "declare", nodes=nodes, queue=weak))
        found = broker.copies(weak)
        if found is None or found.kind != "classic" or broker.ready(weak) != 1:
            return [Breach(Guarantee.NOT_LOST, "the classic queue of that name has not been left as it was")]
        if said is not False:
            return [
                Breach(Guarantee.REPLICATED, f"for a classic queue of that name declare returned {said!r}")
            ]

        queue = broker.name("orders")
        said = trial.result(trial.start("first call", "declare", nodes=nodes, queue=queue))
        found = broker.copies(queue)
        if found is None:
            return [Breach(Guarantee.NOTHING_ELSE, "there is no queue of the name that was asked for")]
        if found.kind != "quorum" or found.members != NODES:
            return [
                Breach(
                    Guarantee.REPLICATED,
                    f"it is a {found.kind} queue with a copy on {_nodes(found.members)}, and not on every node",
                )
            ]
        if said is not True:
            return [
                Breach(Guarantee.REPLICATED, f"for a new queue with three copies declare returned {said!r}")
            ]
        broker.wait_whole(queue)
        if error := broker.accepts(queue):
            return [Breach(Guarantee.ACCEPTS, f"all nodes run, and a message is answered with {error}")]
        broker.kill(lost)
        trial.saw("the cluster", f"node {lost} is killed")
        broker.wait_led(queue, others)
        said = trial.result(
            trial.start("second call", "declare", nodes=nodes, queue=queue), deadline_s=ELECTED_S
        )
        if broker.copies(queue) is None or broker.ready(queue) != 1:
            return [Breach(Guarantee.NOT_LOST, "a second call of declare has emptied the queue")]
        if said is not True:
            return [
                Breach(
                    Guarantee.REPLICATED,
                    f"for a quorum queue with three copies the second call returned {said!r}",
                )
            ]
        if error := broker.accepts(queue):
            return [Breach(Guarantee.ACCEPTS, f"node {lost} is down, and a message is answered with {error}")]
    return []


def publish(answer: Answer) -> Sequence[Breach]:
    """A full queue refuses; then the leader is killed; then the followers are paused, and no message can be confirmed."""
    draw = answer.draw("publish")
    count = draw.randint(20, 40)
    cut = draw.randint(3, count // 2)
    zero, first, second = range(1, 6), range(101, 101 + count), range(1001, 1001 + count)
    order = draw.sample(NODES, 3)
    with CheckRabbitMQCluster() as broker, Trial(answer, broker.number_of) as trial:
        ids: dict[int, str] = {}
        nodes = broker.addresses(order)
        reached = threading.Event()

        def start(
            name: str,
            at: list[str],
            queue: str,
            numbers: Sequence[int],
            then: Callable[[], None] | None = None,
        ) -> Program:
            """A program that sends these messages; at the drawn one `then` lets nodes fail."""
            left = iter(numbers)
            reached.clear()

            def next_message() -> list[Any] | None:
                number = next(left, None)
                if number is None:
                    return None
                if then is not None and number == numbers[cut]:
                    then()
                    reached.set()
                ids[number] = f"order-{number}-{draw.randrange(16**6):06x}"
                return [ids[number], broker.message(number)]

            trial.offer("next_message", next_message)
            arguments: dict[str, Any] = {"nodes": at, "queue": queue, "stored": "@handle"}
            return trial.start(name, "publish", next_message="@next_message", **arguments)

        def judged(queue: str, numbers: Sequence[int]) -> list[Breach]:
            reported = [each for each in trial.history.messages(Kind.STARTED) if each in numbers]
            there = broker.look(queue)
            return [
                *_claims(reported, [each for each, _id in there]),
                *guarantees.lost(numbers, reported, why="was not reported, and publish has returned"),
                *(
                    Breach(
                        Guarantee.INTACT,
                        f"message {each} has the message_id {id_!r}, and not {ids[each]!r}",
                    )
                    for each, id_ in there
                    if each in ids and id_ != ids[each]
                ),
            ]

        limited = broker.declare("limited", order[0], **{"x-max-length": 20, "x-overflow": "reject-publish"})
        broker.fill(limited)
        with Wire(broker.number_of, nodes[0]) as wire:
            full = start("program 1", [wire.url, *nodes[1:]], limited, zero)
            trial.wait(lambda seen: bool(wire.acts(Did.REFUSED)) or bool(seen.messages(Kind.STARTED)))
            trial.saw("the queue", "it is full, and is emptied now")
            broker.empty(limited)
            trial.result(full, deadline_s=ELECTED_S)
        if breaches := judged(limited, zero):
            return breaches

        queue = broker.declare("lines", order[0])
        one = start("program 2", nodes, queue, first, lambda: broker.kill(order[0]))
        if trial.wait(lambda _seen: reached.is_set()):
            trial.saw("the cluster", f"node {order[0]}, the leader, is killed")
        trial.result(one, deadline_s=ELECTED_S)
        if not reached.is_set():
            return [
                Breach(Guarantee.NOT_LOST, f"publish returned before it had asked for message {first[cut]}")
            ]
        broker.wait_led(queue, order[1:])
        if breaches := judged(queue, first):
            return breaches

        broker.heal()
        leader = broker.wait_whole(queue)
        followers = [node for node in NODES if node != leader]

        def leave_alone() -> None:
            for node in followers:
                broker.pause(node)

        two = start("program 3", broker.addresses([leader, *followers]), queue, second, leave_alone)
        if not trial.wait(lambda _seen: reached.is_set()):
            return [Breach(Guarantee.NOT_LOST, f"publish did not ask for message {second[cut]}")]
        trial.saw("the cluster", f"nodes {followers[0]} and {followers[1]} are paused, and {leader} is alone")

        def early() -> list[int]:
            return [each for each in trial.history.messages(Kind.STARTED) if each >= second[cut]]

        trial.wait(lambda _seen: bool(early()), deadline_s=ALONE_S)
        claimed = early()
        trial.kill(two)
        for node in followers:
            broker.resume(node)
    return [
        Breach(
            Guarantee.HONEST,
            f"message {each} was reported as stored while its leader was alone: no majority of the nodes had it",
        )
        for each in claimed
    ]


def diagnose(answer: Answer) -> Sequence[Breach]:
    """A node is down, and another one is to be stopped. Queues have one, two or three copies at different nodes."""
    draw = answer.draw("diagnose")
    down, stopping, staying = draw.sample(NODES, 3)
    one = {"x-quorum-initial-group-size": 1}
    with CheckRabbitMQCluster() as broker, Trial(answer) as trial:
        unavailable, needs, leads, safe = list[str](), list[str](), list[str](), list[str]()
        for node, kinds in ((down, [unavailable]), (stopping, [needs, leads]), (staying, [safe])):
            for made in (
                broker.declare("classic", node, **{"x-queue-type": "classic"}),
                broker.declare("single", node, **one),
            ):
                for kind in kinds:
                    kind.append(made)
        for node, without, kinds in (
            (stopping, staying, [unavailable]),
            (stopping, down, [needs, leads]),
            (staying, down, [needs]),
        ):
            pair = broker.declare("pair", node)
            broker.drop_copy(pair, without)
            for kind in kinds:
                kind.append(pair)
        for node, kinds in ((stopping, [needs, leads]), (staying, [needs])):
            triple = broker.declare("triple", node)
            for kind in kinds:
                kind.append(triple)
        queues = [*{*unavailable, *needs, *leads, *safe}]
        draw.shuffle(queues)
        broker.kill(down)
        trial.saw("the cluster", f"node {down} is killed")

        def settled() -> bool:
            """Whether the node that is asked has noticed the end of the other, and each leader is where it was."""
            for queue in queues:
                found = broker.copies(queue, staying)
                if found is None or down in found.online:
                    return False
                wanted = {node for node in found.members if node != down}
                if {*found.online} != wanted or (queue in leads) != (
                    found.leader == stopping and queue in needs
                ):
                    return False
            return True

        broker.wait_for("the cluster is as it stays", settled)
        arguments: dict[str, Any] = {
            "api": broker.management(staying),
            "queues": queues,
            "node": called(stopping),
        }
        got = trial.result(trial.start("report", "diagnose", **arguments))
    wanted = {"unavailable": unavailable, "needs": needs, "leads": leads}
    if not isinstance(got, dict) or not all(isinstance(got.get(key), list) for key in wanted):
        return [
            Breach(
                Guarantee.DIAGNOSED, "the result is no dict with the lists `unavailable`, `needs` and `leads`"
            )
        ]
    return [breach for key, names in wanted.items() for breach in _named(key, got[key], names)]


def work(answer: Answer) -> Sequence[Breach]:
    """A worker is killed in its work. Under the next one a node is killed while it works, and a message arrives twice."""
    draw = answer.draw("work")
    count = draw.randint(8, 12)
    sent = list(range(1, count + 1))
    held = draw.randint(3, count - 2)
    again = draw.randint(1, held - 1)
    order = draw.sample(NODES, 3)
    ids = {number: f"order-{draw.randrange(16**8):08x}" for number in sent}
    with CheckRabbitMQCluster() as broker, Trial(answer, broker.number_of) as trial, ExitStack() as wires:
        queue = broker.declare("work", order[0])
        nodes = broker.addresses(order)
        broker.send(queue, [(ids[number], broker.message(number)) for number in sent])
        # The same message once more, as a publisher sends it after a lost confirm; its body differs.
        broker.send(queue, [(ids[again], broker.message(again, attempt=2))])
        in_queue = count + 1

        trial.hold(lambda _worker, number: number == 1)
        one = trial.start("worker A", "work", nodes=nodes, queue=queue, handle="@handle")
        if not trial.wait(lambda seen: one.name in seen.open_work()):
            return [Breach(Guarantee.NOT_LOST, "worker A began no message, and the queue has some")]
        trial.kill(one)
        broker.becomes(lambda: broker.ready(queue) == in_queue, BACK_S * trial.patience)
        waiting = {number for number, _id in broker.look(queue)}
        if early := guarantees.acknowledged_early(trial.history, gone={*sent} - waiting):
            return early

        survivors = [wires.enter_context(Wire(broker.number_of, node)) for node in nodes[1:]]
        trial.hold(lambda _worker, number: number == held)
        at = [nodes[0], *(wire.url for wire in survivors)]
        two = trial.start("worker B", "work", nodes=at, queue=queue, handle="@handle")
        if not trial.wait_quiet(lambda seen: held in seen.open_work().get(two.name, ())):
            return _unfinished(trial, sent, two.name) or [
                Breach(Guarantee.NOT_LOST, f"worker B did not begin message {held}")
            ]
        broker.kill(order[0])
        trial.saw("the cluster", f"node {order[0]}, the leader, is killed")
        broker.wait_led(queue, order[1:])
        trial.hold(lambda _worker, _number: False)
        trial.release(two.name, held)

        def settled() -> bool:
            with suppress(*broker.PASSING):
                return (
                    {*sent} <= {*trial.history.messages(Kind.FINISHED, two.name)}
                    and any(wire.used for wire in survivors)
                    and not any(wire.in_hand for wire in survivors)
                    and broker.ready(queue) == 0
                )
            return False

        def over(_seen: Any) -> bool:
            finished = trial.history.messages(Kind.FINISHED, two.name)
            return len(finished) > len({*finished})

        trial.wait_quiet(over, settled)
        done = trial.history.messages(Kind.FINISHED, two.name)
        breaches = [*guarantees.duplicated(done), *_unfinished(trial, sent, two.name)]
        if breaches:
            return breaches
        left = [number for wire in survivors for number in wire.held()]
        trial.kill(two)
        return [
            Breach(Guarantee.SETTLED, f"message {number} was processed, and is not acknowledged")
            for number in sorted({*left} | {number for number, _id in broker.look(queue)})
        ]


def _unfinished(trial: Trial, sent: Sequence[int], worker: str) -> list[Breach]:
    finished = trial.history.messages(Kind.FINISHED, worker)
    return guarantees.lost(sent, finished, why=f"was not processed by {worker}")


def _nodes(numbers: Sequence[int]) -> str:
    return f"node{'s' * (len(numbers) != 1)} {', '.join(map(str, numbers))}"


def _named(name: str, got: Sequence[Any], wanted: Sequence[str]) -> list[Breach]:
    return [
        *(Breach(Guarantee.DIAGNOSED, f"{queue} is not in `{name}`") for queue in wanted if queue not in got),
        *(
            Breach(Guarantee.DIAGNOSED, f"{queue} is in `{name}`, and should not be")
            for queue in got
            if queue not in wanted
        ),
    ]


def _claims(reported: Sequence[int], there: Sequence[int]) -> list[Breach]:
    return [
        Breach(Guarantee.HONEST, f"message {number} was reported as stored, and is not in the queue")
        for number in sorted({*reported} - {*there})
    ]


CHECKS = {"declare": declare, "publish": publish, "diagnose": diagnose, "work": work}
