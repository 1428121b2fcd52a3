"""What `mq cluster status` prints: a cluster in plain words."""

from collections.abc import Sequence

from mqcourse.stack.cluster import ClusterSeen, NodeSeen, Replicated, joined
from mqcourse.stack.status_page import NEXT

TITLES = {"rabbitmq-cluster": "RabbitMQ", "kafka-cluster": "Kafka"}
ADVICE = {
    **NEXT,
    "killed": "`mq chaos heal {name}` starts it again on its data",
    "stopped": "`mq start {name}` starts it",
    "paused": "`mq chaos resume {name}` lets it continue",
}
LOST = {
    "rabbitmq-cluster": "A quorum queue elects no leader and confirms no message until one more node is back.",
    "kafka-cluster": "No controller and no new leader is elected, and acks=all gets no acknowledgement, until one more "
    "node is back.",
}
"""What a cluster does not do without a majority."""


def page(clusters: Sequence[ClusterSeen]) -> str:
    """The clusters, one after the other."""
    return "\n\n".join("\n".join(_lines(each)) for each in clusters)


def _lines(seen: ClusterSeen) -> list[str]:
    up = sum(node.answers for node in seen.nodes)
    verb = "answers" if up == 1 else "answer"
    lines = [f"{TITLES[seen.name]}: {up} of {len(seen.nodes)} nodes {verb}, {_verdict(seen)}."]
    if not seen.majority:
        lines.append(LOST[seen.name])
    lines += [f"  node {node.number}  {_node(node, len(seen.nodes))}" for node in seen.nodes]
    if not seen.linked:
        lines.append(
            "The proxy that carries the links between the nodes does not run: `mq chaos heal` starts it."
        )
    if seen.quorum_leader is not None:
        members = _numbers(seen.quorum_members)
        lines.append(f"Node {seen.quorum_leader} leads the quorum of controllers; its members are {members}.")
    if seen.unknown:
        lines.append(f"Leaders are not known: {seen.unknown}.")
    elif not seen.replicated:
        what = "quorum queue" if seen.name == "rabbitmq-cluster" else "topic"
        lines.append(f"There is no {what} yet.")
    lines += [f"  {_replicated(each, seen.name)}" for each in seen.replicated]
    return lines


def _verdict(seen: ClusterSeen) -> str:
    """Whether there is a majority, and of which nodes where some that answer are cut off."""
    if not seen.majority:
        return "THERE IS NO MAJORITY"
    group = [node.number for node in joined(seen.nodes)]
    if len(group) < sum(node.answers for node in seen.nodes):
        return f"{_numbers(group)} have a majority"
    return "they have a majority"


def _node(node: NodeSeen, count: int) -> str:
    text = node.state
    if node.state in ADVICE:
        text += f": {ADVICE[node.state].format(name=node.name)}"
    if node.sees is not None and len(node.sees) < count:
        text += f", sees {_numbers(node.sees)} running"
    if node.cut_from:
        text += f"; its links with {_numbers(node.cut_from)} are cut"
    if len(node.cut_from) == count - 1:
        text += f" (`mq chaos heal {node.name}` joins them)"
    if node.delay_ms:
        text += f"; each byte to and from it takes {node.delay_ms} ms longer"
    return text


def _replicated(each: Replicated, cluster: str) -> str:
    leader = f"leader {each.leader}" if each.leader is not None else "NO LEADER"
    if cluster == "rabbitmq-cluster":
        return f"{each.name}  {leader}; members {_numbers(each.replicas)}; online {_numbers(each.in_sync)}"
    text = f"{each.name}  {leader}; replicas {_numbers(each.replicas)}; in sync {_numbers(each.in_sync)}"
    return f"{text}; eligible besides {_numbers(each.eligible)}" if each.eligible else text


def _numbers(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers)) or "none"
