"""Failures of a cluster's node that are real: its process is killed or stopped, its links are cut or slow, and back."""

import contextlib
import signal
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.progress import Progress
from mqcourse.stack import links, process, record, stack
from mqcourse.stack.process import Child
from mqcourse.stack.services.registry import CLUSTERS, SERVICES, has_majority
from mqcourse.stack.services.service import Service

EFFECT_LIMIT_S = 60.0
"""Far above what a signal takes on a machine that is busy."""


def kill(node: Service, state: Path) -> str:
    """End its process at once (SIGKILL), and wait until it is gone; what was done."""
    child = _living(node, state)
    process.kill([psutil.Process(child.pid)])
    return f"{node.title} is killed (process {child.pid})"


def pause(node: Service, state: Path) -> str:
    """Stop its process where it is (SIGSTOP): its connections stay open, and it answers nobody."""
    child = _living(node, state)
    _signal(child, signal.SIGSTOP, paused=True)
    return f"{node.title} is paused (process {child.pid})"


def resume(node: Service, state: Path) -> str:
    """Let a paused process continue (SIGCONT)."""
    child = _living(node, state)
    if not process.is_paused(child):
        return f"{node.title} was not paused"
    _signal(child, signal.SIGCONT, paused=False)
    return f"{node.title} continues (process {child.pid})"


def partition(node: Service, state: Path) -> str:
    """Cut its links with every other node, as a network that loses every packet. Clients still reach it."""
    _living(node, state)
    cluster, number = _place(node)
    links.apply(state, cluster, links.read(state, cluster).partitioned(number))
    return f"{node.title} is cut off from the other nodes; clients still reach it"


def slow(node: Service, state: Path, ms: int) -> str:
    """Hold every byte between it and the other nodes for so many milliseconds, in each direction."""
    _living(node, state)
    cluster, number = _place(node)
    links.apply(state, cluster, links.read(state, cluster).slowed(number, ms))
    return f"every byte between {node.title} and the other nodes takes {ms} ms longer"


def heal(nodes: Sequence[Service], state: Path, progress: Progress) -> list[str]:
    """Join the links of the nodes again, let paused ones continue, start killed ones on their data; what was done.

    Those that were killed start side by side, because the last one that ran may have to come first. Raises CourseError
    for a node of a cluster that was never started, when too few would run for a majority, without which a node cannot
    become ready, and when one does not come up.
    """
    children = {node: _child(node, state) for node in nodes}
    gone = [node for node, child in children.items() if not process.is_alive(child)]
    for cluster in dict.fromkeys(node.cluster for node in gone if node.cluster):
        _refuse_too_few(cluster, nodes, state)
    joined, without_proxy = _join(nodes, state)
    paused = [node for node, child in children.items() if node not in gone and process.is_paused(child)]
    said = [f"the links of {node.title} are whole again" for node in joined]
    said += [resume(node, state) for node in paused]
    stack.up([*gone, *without_proxy], progress)  # of one that runs, only what is missing beside it is started
    said += [f"{node.title} is started again on its data" for node in gone]
    for cluster, _ in map(_place, without_proxy):
        links.await_proxy(state, cluster)
        said.append(f"the proxy of the links of {cluster} is started again")
    return [*said, *(f"{node.title} runs" for node in nodes if node not in (*joined, *paused, *gone))]


def _join(nodes: Sequence[Service], state: Path) -> tuple[list[Service], list[Service]]:
    """Heal the links of the nodes; those that were cut or slow, and a living node of each cluster whose proxy does not run."""
    joined: list[Service] = []
    without: dict[str, Service] = {}
    for node in nodes:
        cluster, number = _place(node)
        if links.heal(state, cluster, number):
            joined.append(node)
        if links.proxy(state, cluster) is None and process.is_alive(_child(node, state)):
            without[cluster] = node
    return joined, list(without.values())


def _place(node: Service) -> tuple[str, int]:
    """The cluster and the number of a node."""
    if node.cluster is None:
        raise CourseError(f"{node.title} is no node of a cluster", code=Exit.USAGE)
    return node.cluster, int(node.name.rpartition("-")[2])


def _refuse_too_few(cluster: str, healed: Sequence[Service], state: Path) -> None:
    """Raise CourseError when the nodes that run and reach each other, and those to be healed, are no majority."""
    every = CLUSTERS[cluster]
    isolated = links.read(state, cluster).isolated
    later = [
        node for node in every if node in healed or (_runs(node, state) and _place(node)[1] not in isolated)
    ]
    if not has_majority(len(later), len(every)):
        raise CourseError(
            f"{later[0].title} cannot start alone: without a majority of {len(every)} nodes it does not become ready",
            do="Heal all that failed with `mq chaos heal`",
            code=Exit.UNREACHABLE,
        )


def _runs(node: Service, state: Path) -> bool:
    known = record.read(state, node.name)
    child = known.child if known else None
    return child is not None and process.is_alive(child) and not process.is_paused(child)


def failed_nodes(state: Path) -> list[Service]:
    """Every node that is killed, paused, cut off or slow now, or whose cluster's links nobody carries."""
    found = []
    for node in SERVICES.values():
        known = record.read(state, node.name) if node.cluster else None
        child = known.child if known else None
        if child is None:
            continue
        cluster, number = _place(node)
        if (
            not process.is_alive(child)
            or process.is_paused(child)
            or number in links.read(state, cluster).failed
            or links.proxy(state, cluster) is None
        ):
            found.append(node)
    return found


def _child(node: Service, state: Path) -> Child:
    """The process that it was started as. Raises CourseError when it was not started, or was stopped."""
    known = record.read(state, node.name)
    if known is None or known.child is None:
        broker = (node.cluster or node.name).removesuffix("-cluster")
        raise CourseError(
            f"{node.title} was not started", do=f"Run `mq start --nodes 3 {broker}`", code=Exit.UNREACHABLE
        )
    return known.child


def _living(node: Service, state: Path) -> Child:
    """Its process, known by pid and birth. Raises CourseError when it does not run."""
    child = _child(node, state)
    if not process.is_alive(child):
        raise CourseError(
            f"{node.title} does not run: it was killed, or it ended",
            do=f"Start it again with `mq chaos heal {node.name}`",
            code=Exit.UNREACHABLE,
        )
    return child


def _signal(child: Child, number: signal.Signals, *, paused: bool) -> None:
    """Send a signal and wait until it has had its effect, which the kernel brings about later.

    psutil refuses a process that took over the pid meanwhile.
    """
    with contextlib.suppress(psutil.NoSuchProcess):
        psutil.Process(child.pid).send_signal(number)
    deadline = time.monotonic() + EFFECT_LIMIT_S
    while process.is_alive(child) and process.is_paused(child) != paused:
        if time.monotonic() > deadline:
            raise CourseError(
                f"process {child.pid} has not taken {number.name} in {EFFECT_LIMIT_S:.0f} s",
                do="Run it again",
                code=Exit.BUSY,
            )
        time.sleep(0.01)  # a process has no event for it that another than its parent could wait for
    if not process.is_alive(child):
        raise CourseError(
            f"process {child.pid} has just ended",
            do="`mq cluster status` shows the nodes",
            code=Exit.UNREACHABLE,
        )
