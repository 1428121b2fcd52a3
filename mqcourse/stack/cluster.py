"""What is seen of a cluster now: its nodes, whether a majority of them works together, who leads what."""

import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from mqcourse.home import software_folder
from mqcourse.stack import links, process, record
from mqcourse.stack.layout import StackLayout
from mqcourse.stack.ports import Ports
from mqcourse.stack.services.kafka_cluster import KafkaNode
from mqcourse.stack.services.rabbitmq_cluster import RabbitMQNode
from mqcourse.stack.services.registry import CLUSTERS, has_majority
from mqcourse.stack.services.service import NotReady, Service
from mqcourse.stack.stack import status_of

REQUEST_MS = 3000
"""How long a broker of Kafka may take for one answer."""
KAFKA_LIMIT_S = 12.0
"""A client may choose a node that was just killed or paused; it is asked again until then."""
PAGE = 500
"""Partitions in one answer."""


@dataclass(frozen=True)
class NodeSeen:
    """A node: its state as in `mq status`, or `paused` for a process that SIGSTOP holds.

    sees: the numbers of the nodes that it reports as running, itself included; None where it was not asked or did not
    answer. cut_from: the nodes with which its links are cut. delay_ms: how long its links hold each byte.
    """

    name: str
    number: int
    state: str
    sees: tuple[int, ...] | None = None
    cut_from: tuple[int, ...] = ()
    delay_ms: int = 0

    @property
    def answers(self) -> bool:
        return self.state == "running"


@dataclass(frozen=True)
class Replicated:
    """A quorum queue of RabbitMQ, or a partition of Kafka: the numbers of the nodes that have it.

    leader is None while there is none. in_sync: RabbitMQ's members that are online; Kafka's in-sync replicas.
    eligible: Kafka's eligible leader replicas, which left the in-sync set and still have every committed record
    (KIP-966); empty for RabbitMQ.
    """

    name: str
    leader: int | None
    replicas: tuple[int, ...]
    in_sync: tuple[int, ...]
    eligible: tuple[int, ...] = ()


@dataclass(frozen=True)
class ClusterSeen:
    """A cluster that was started.

    majority: whether more than half of its nodes answer and work together; without it no leader is elected, and no
    write that waits for a majority is confirmed. quorum_leader and quorum_members are those of Kafka's controllers.
    unknown: why leaders could not be asked, else None. linked: whether the proxy runs that carries the links between
    the nodes.
    """

    name: str
    nodes: tuple[NodeSeen, ...]
    majority: bool
    quorum_leader: int | None = None
    quorum_members: tuple[int, ...] = ()
    replicated: tuple[Replicated, ...] = ()
    unknown: str | None = None
    linked: bool = True


def look(state: Path, names: Sequence[str] = ()) -> list[ClusterSeen]:
    """Every cluster that was started (of those named), seen now; a cluster all of whose nodes are stopped is left out."""
    found = []
    for name, nodes in CLUSTERS.items():
        if names and name not in names:
            continue
        if all(record.read(state, node.name) is None for node in nodes):
            continue
        linked = links.proxy(state, name) is not None
        found.append(replace(LOOKS[name](name, nodes, state), linked=linked))
    return found


def node_states(nodes: Sequence[Service], state: Path) -> list[NodeSeen]:
    """The nodes by process and first bytes of the protocol, and the links of each."""
    cluster = nodes[0].cluster
    now = links.read(state, cluster) if cluster else links.Links()
    numbers = [_number(node.name) for node in nodes]
    with ThreadPoolExecutor(max_workers=len(nodes)) as pool:
        seen = pool.map(partial(_node_seen, state=state), nodes)
        return [
            replace(
                one,
                cut_from=now.cut_from(one.number, numbers),
                delay_ms=now.delay_ms.get(one.number, 0),
            )
            for one in seen
        ]


def together(seen: Mapping[int, Sequence[int]]) -> int:
    """How many nodes form the largest group of which each sees each other one.

    A node that is cut off still runs and answers, and sees only itself.
    """
    largest = 0
    for number, others in seen.items():
        group = [number]
        for other in others:
            if other != number and all(other in seen[one] and one in seen.get(other, ()) for one in group):
                group.append(other)
        largest = max(largest, len(group))
    return largest


def joined(nodes: Sequence[NodeSeen]) -> list[NodeSeen]:
    """The largest group of nodes that answer and whose links with each other are whole, by the lowest numbers."""
    answering = [one for one in nodes if one.answers]
    # a node is cut off from all others or from none, unless another one is
    groups = [
        [one, *(two for two in answering if two != one and two.number not in one.cut_from)]
        for one in answering
    ]
    return max(groups, key=len, default=[])


def _node_seen(node: Service, state: Path) -> NodeSeen:
    known = record.read(state, node.name)
    if known is not None and known.child is not None and process.is_paused(known.child):
        return NodeSeen(node.name, _number(node.name), "paused")
    return NodeSeen(node.name, _number(node.name), status_of(node, state).state)


def _number(name: str) -> int:
    """3 of rabbitmq-3."""
    return int(name.rpartition("-")[2])


def _layout(node: Service, state: Path) -> StackLayout | None:
    known = record.read(state, node.name)
    return None if known is None else StackLayout(state, software_folder(), Ports(known.base))


def _look_at_rabbitmq(name: str, nodes: Sequence[Service], state: Path) -> ClusterSeen:
    """Each node that answers is asked which nodes run as far as it sees."""
    seen = node_states(nodes, state)

    def asked(one: NodeSeen, path: str) -> Any:
        node = next(node for node in nodes if node.name == one.name)
        layout = _layout(node, state)
        if not one.answers or layout is None or not isinstance(node, RabbitMQNode):
            return None
        with contextlib.suppress(OSError, NotReady, ValueError):
            return node.ask(layout, path)
        return None

    def with_sight(one: NodeSeen) -> NodeSeen:
        rows = asked(one, "/api/nodes?columns=name,running")
        if rows is None:
            return one
        running = tuple(sorted(_erlang_number(row["name"]) for row in rows if row.get("running")))
        return replace(one, sees=running)

    with ThreadPoolExecutor(max_workers=len(nodes)) as pool:
        seen = list(pool.map(with_sight, seen))
    answering = [one for one in seen if one.answers]
    # what a node believes of another one holds only while their link is whole
    asked_all = {
        one.number: [other for other in one.sees if other not in one.cut_from]
        for one in answering
        if one.sees is not None
    }
    held_up = [(one.number, "paused") for one in seen if one.state == "paused"]
    held_up += [(one.number, "cut off") for one in seen if len(one.cut_from) == len(nodes) - 1]
    if len(asked_all) < len(answering):
        # a node's HTTP API waits for the answers of the others, so one that is paused or cut off holds it up
        majority = has_majority(len(joined(seen)), len(nodes))
        why = (
            f"the nodes wait for node {held_up[0][0]}, which is {held_up[0][1]}, before they tell"
            if held_up
            else "a node did not tell in time"
        )
        return ClusterSeen(name, tuple(seen), majority, unknown=why)
    majority = has_majority(together(asked_all), len(nodes))
    best = max(answering, key=lambda one: len(asked_all[one.number]), default=None)
    rows = asked(best, "/api/queues?columns=name,vhost,type,leader,members,online,state") if best else []
    if rows is None:
        return ClusterSeen(name, tuple(seen), majority, unknown="the list of queues did not arrive in time")
    queues = tuple(_queue(row, majority) for row in rows if row.get("type") == "quorum")
    return ClusterSeen(name, tuple(seen), majority, replicated=queues)


def _queue(row: Mapping[str, Any], majority: bool) -> Replicated:
    members = tuple(sorted(map(_erlang_number, row.get("members") or ())))
    online = tuple(sorted(map(_erlang_number, row.get("online") or ())))
    leader = _erlang_number(row["leader"]) if row.get("leader") else None
    # a node without a majority goes on naming the last leader that it knew
    leads = majority and leader in online and has_majority(len(online), len(members))
    vhost = unquote(row.get("vhost", "/"))
    name = row["name"] if vhost == "/" else f"{vhost}/{row['name']}"
    return Replicated(name, leader if leads else None, members, online)


def _erlang_number(name: str) -> int:
    """3 of mq3@localhost."""
    return int(name.partition("@")[0].removeprefix("mq"))


def _look_at_kafka(name: str, nodes: Sequence[Service], state: Path) -> ClusterSeen:
    """A broker that answers is asked for the quorum of controllers and for every partition."""
    seen = tuple(node_states(nodes, state))
    group = joined(seen)
    answering = [node for node, one in zip(nodes, seen, strict=True) if one in group]
    if not has_majority(len(answering), len(nodes)):
        return ClusterSeen(
            name,
            seen,
            False,
            unknown="without a majority no controller leads, and the nodes' lists of leaders may be old",
        )
    addresses = []
    for node in answering:
        layout = _layout(node, state)
        if layout is not None and isinstance(node, KafkaNode):
            addresses.append(node.addresses(layout).endpoint)
    try:
        quorum, partitions = _until_answered(partial(_ask_kafka, addresses), KAFKA_LIMIT_S)
    except Exception as error:  # each client error means the same here: nobody leads, or nobody tells
        return ClusterSeen(name, seen, False, unknown=f"no controller answers ({type(error).__name__})")
    leader = quorum["leader_id"] if quorum["leader_id"] > 0 else None
    members = tuple(sorted(voter["replica_id"] for voter in quorum["current_voters"]))
    return ClusterSeen(name, seen, leader is not None, leader, members, tuple(partitions))


def _until_answered(ask: Callable[[], Any], limit_s: float) -> Any:
    """What `ask` returns; it is asked again after an error until the limit, whose last error is raised."""
    deadline = time.monotonic() + limit_s
    while True:
        try:
            return ask()
        except Exception:
            if time.monotonic() > deadline:
                raise
        time.sleep(0.2)  # an election has no event that a client could wait for


def _ask_kafka(addresses: Sequence[str]) -> tuple[Mapping[str, Any], list[Replicated]]:
    from kafka import KafkaAdminClient

    admin = KafkaAdminClient(bootstrap_servers=list(addresses), request_timeout_ms=REQUEST_MS)
    try:
        quorum = admin.describe_metadata_quorum()["topics"][0]["partitions"][0]
        if quorum["error"]:
            raise NotReady(quorum["error"])
        topics = sorted(topic for topic in admin.list_topics() if not topic.startswith("__"))
        found: list[Replicated] = []
        cursor = None
        while topics:
            answer = admin.describe_topic_partitions(topics, PAGE, cursor)
            found += [
                _partition(topic["name"], one) for topic in answer["topics"] for one in topic["partitions"]
            ]
            cursor = answer["next_cursor"]
            if cursor is None:
                break
        return quorum, found
    finally:
        admin.close()


def _partition(topic: str, row: Mapping[str, Any]) -> Replicated:
    return Replicated(
        f"{topic}-{row['partition_index']}",
        row["leader_id"] if row["leader_id"] > 0 else None,
        tuple(sorted(row["replica_nodes"])),
        tuple(sorted(row["isr_nodes"])),
        tuple(sorted(row["eligible_leader_replicas"] or ())),
    )


LOOKS: Mapping[str, Callable[[str, Sequence[Service], Path], ClusterSeen]] = {
    "rabbitmq-cluster": _look_at_rabbitmq,
    "kafka-cluster": _look_at_kafka,
}
