"""The nodes of a cluster while a check lets them fail: for real, one check at a time, and all of them run again at its end."""

import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.grading import journal
from mqcourse.grading.outcome import Unjudged
from mqcourse.home import state_folder
from mqcourse.install.file_lock import only_one
from mqcourse.products import OF_LABS, start_command
from mqcourse.progress import Progress
from mqcourse.stack import chaos, process, record
from mqcourse.stack.endpoints import ENVIRONMENT
from mqcourse.stack.process import Child
from mqcourse.stack.services.registry import CLUSTERS, SERVICES
from mqcourse.stack.services.service import Service

NODE = "node"
"""The journal's kind of a thing: a node that a check has let fail."""
WAIT_S = 1800.0
"""Far longer than all checks of a lab on a cluster take."""


class Nodes:
    """The nodes of the course's own cluster, by number. As a context manager it waits until no other check uses them.

    Unjudged at its end when a node failed that the check had left alone: an answer is not to be judged by that.
    """

    def __init__(self, cluster: str, wait_s: float = WAIT_S) -> None:
        self.cluster = cluster
        self._wait_s = wait_s
        self._broker = cluster.removesuffix("-cluster")
        self._left: dict[str, Child] = {}
        self._away: set[str] = set()
        self._lock = ExitStack()

    def __enter__(self) -> Self:
        confirm(self.cluster)
        self._lock.enter_context(
            only_one(
                state_folder() / f"{self.cluster}.check",
                say=_say,
                waiting_for=f"another check on {OF_LABS[self.cluster]}",
                limit_s=self._wait_s,
            )
        )
        try:
            self._bring_back(CLUSTERS[self.cluster])  # a check that was killed may have left some down
        except BaseException:
            self._lock.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            lost = [name for name in self._left if self._is_lost(name)]
            self._bring_back([SERVICES[name] for name in {*lost, *self._away}])
        if lost:
            raise _went_away(SERVICES[lost[0]])

    @property
    def away(self) -> frozenset[int]:
        """The numbers of the nodes that are killed or paused now."""
        return frozenset(int(name.rpartition("-")[2]) for name in self._away)

    def kill(self, number: int) -> None:
        """kill -9 of a node."""
        chaos.kill(self._failing(number), state_folder())

    def pause(self, number: int) -> None:
        """Stop a node where it is (SIGSTOP): its connections stay open, and it answers nobody."""
        chaos.pause(self._failing(number), state_folder())

    def resume(self, number: int) -> None:
        """Let a paused node continue."""
        node = self._node(number)
        chaos.resume(node, state_folder())
        self._back([node])

    def heal(self) -> None:
        """Bring every node back that was killed or paused."""
        self._bring_back([SERVICES[name] for name in sorted(self._away)])

    def _node(self, number: int) -> Service:
        return SERVICES[f"{self._broker}-{number}"]

    def _failing(self, number: int) -> Service:
        node = self._node(number)
        if self._is_lost(node.name):
            raise _went_away(node)
        journal.note(self.cluster, NODE, node.name)
        self._away.add(node.name)
        return node

    def _is_lost(self, name: str) -> bool:
        return name not in self._away and not _runs(self._left[name])

    def _bring_back(self, nodes: Sequence[Service]) -> None:
        if nodes:
            chaos.heal(nodes, state_folder(), Progress(quiet=True))
            self._back(nodes)

    def _back(self, nodes: Sequence[Service]) -> None:
        for node in nodes:
            if node.name in self._away:
                self._away.discard(node.name)
                journal.gone(self.cluster, NODE, node.name)
            known = record.read(state_folder(), node.name)
            if known and known.child:
                self._left[node.name] = known.child


def _went_away(node: Service) -> Unjudged:
    return Unjudged(
        f"{node.title} went away while the answers ran, so this run does not count and no result is saved",
        do="The node is started again: run it again",
    )


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def _runs(child: Child) -> bool:
    return process.is_alive(child) and not process.is_paused(child)


def confirm(cluster: str) -> None:
    """Unjudged unless every node of the course's own cluster was started. A check may have some of them down right now.

    CourseError when a variable names another cluster: its nodes cannot be let fail from here.
    """
    broker = cluster.removesuffix("-cluster")
    if os.environ.get(variable := ENVIRONMENT[f"{broker}_nodes"]):
        raise CourseError(
            f"the checks let nodes fail, and {variable} names a cluster that is not the course's",
            do=f"Unset it, and start the course's cluster with `{start_command(cluster)}`",
            code=Exit.USAGE,
        )
    for node in CLUSTERS[cluster]:
        known = record.read(state_folder(), node.name)
        if known is None or known.child is None:
            raise Unjudged(
                f"{node.title} was not started", do=f"Start the cluster with `{start_command(cluster)}`"
            )


def has_failed(name: str) -> bool:
    """Whether a node that was started does not run now."""
    known = record.read(state_folder(), name)
    return known is not None and known.child is not None and not _runs(known.child)
