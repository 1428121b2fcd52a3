"""Failures of a cluster's node that are real: its process is killed, stopped and continued, or started again."""

import signal
from collections.abc import Sequence
from pathlib import Path

import psutil

from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.progress import Progress
from mqcourse.stack import process, record, stack
from mqcourse.stack.process import Child
from mqcourse.stack.services.registry import SERVICES
from mqcourse.stack.services.service import Service


def kill(node: Service, state: Path) -> str:
    """End its process at once (SIGKILL), and wait until it is gone; what was done."""
    child = _living(node, state)
    process.kill([psutil.Process(child.pid)])
    return f"{node.title} is killed (process {child.pid})"


def pause(node: Service, state: Path) -> str:
    """Stop its process where it is (SIGSTOP): its connections stay open, and it answers nobody."""
    child = _living(node, state)
    _signal(child, signal.SIGSTOP)
    return f"{node.title} is paused (process {child.pid})"


def resume(node: Service, state: Path) -> str:
    """Let a paused process continue (SIGCONT)."""
    child = _living(node, state)
    if not process.is_paused(child):
        return f"{node.title} was not paused"
    _signal(child, signal.SIGCONT)
    return f"{node.title} continues (process {child.pid})"


def heal(nodes: Sequence[Service], state: Path, progress: Progress) -> list[str]:
    """Let the paused nodes continue and start the killed ones again on their data; what was done.

    Those that were killed start side by side, because the last one that ran may have to come first. Raises CourseError
    for a node of a cluster that was never started, and when one does not come up.
    """
    said, gone = [], []
    for node in nodes:
        known = record.read(state, node.name)
        if known is None or known.child is None:
            raise _not_started(node)
        if not process.is_alive(known.child):
            gone.append(node)
        elif process.is_paused(known.child):
            said.append(resume(node, state))
        else:
            said.append(f"{node.title} runs")
    if gone:
        stack.up(gone, progress)
        said += [f"{node.title} is started again on its data" for node in gone]
    return said


def failed_nodes(state: Path) -> list[Service]:
    """Every node that is killed or paused now."""
    found = []
    for node in SERVICES.values():
        known = record.read(state, node.name) if node.cluster else None
        child = known.child if known else None
        if child is not None and (not process.is_alive(child) or process.is_paused(child)):
            found.append(node)
    return found


def _living(node: Service, state: Path) -> Child:
    """Its process, known by pid and birth. Raises CourseError when it does not run."""
    known = record.read(state, node.name)
    if known is None or known.child is None:
        raise _not_started(node)
    if not process.is_alive(known.child):
        raise CourseError(
            f"{node.title} does not run: it was killed, or it ended",
            do=f"Start it again with `mq chaos heal {node.name}`",
            code=Exit.UNREACHABLE,
        )
    return known.child


def _signal(child: Child, number: signal.Signals) -> None:
    """Send a signal; psutil refuses a process that took over the pid meanwhile."""
    try:
        psutil.Process(child.pid).send_signal(number)
    except psutil.NoSuchProcess:
        raise CourseError(
            f"process {child.pid} has just ended",
            do="`mq cluster status` shows the nodes",
            code=Exit.UNREACHABLE,
        ) from None


def _not_started(node: Service) -> CourseError:
    broker = (node.cluster or node.name).removesuffix("-cluster")
    return CourseError(
        f"{node.title} was not started", do=f"Run `mq start --nodes 3 {broker}`", code=Exit.UNREACHABLE
    )
