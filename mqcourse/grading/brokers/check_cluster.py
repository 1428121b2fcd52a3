"""What the checks on every cluster have in common: its nodes, which no other check uses meanwhile, and waiting for a state."""

import contextlib
import time
from abc import abstractmethod
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import ClassVar, Self

from mqcourse.grading.brokers.check_broker import CheckBroker
from mqcourse.grading.brokers.nodes import NODE, Nodes
from mqcourse.grading.outcome import Unjudged

NODES = (1, 2, 3)
CHANGED_S = 120.0
"""An election takes seconds on an idle machine; on a busy one it may take far longer."""


class CheckCluster(CheckBroker):
    """One check's work at a cluster. At its end every node runs again, and what it made is removed."""

    TITLE: ClassVar[str]
    """The vendor's name, for messages."""
    PASSING: ClassVar[tuple[type[Exception], ...]]
    """What the client raises while an election is under way."""

    def __init__(self) -> None:
        super().__init__()
        self._nodes = Nodes(self.BROKER)
        self.kill, self.pause = self._nodes.kill, self._nodes.pause
        self.resume, self.heal = self._nodes.resume, self._nodes.heal

    def __enter__(self) -> Self:
        self._nodes.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.ExitStack() as ending:
            ending.push(self._nodes)
            self.close()

    def close(self) -> None:
        self.heal()
        with contextlib.suppress(*self.PASSING):  # they stay in the journal, and the next run deletes them
            self.remove_made()

    @abstractmethod
    def remove_made(self) -> None:
        """Delete what the check has made or named at the brokers."""

    @property
    def left_alone(self) -> list[int]:
        """The nodes that this check has left alone. A paused one still accepts connections, in silence."""
        return [node for node in NODES if node not in self._nodes.away]

    def wait_for(self, what: str, condition: Callable[[], bool]) -> None:
        """Wait until it is so; Unjudged when it does not become so."""
        end_s = time.monotonic() + CHANGED_S
        failed: Exception | None = None
        while time.monotonic() < end_s:
            try:
                if condition():
                    return
            except self.PASSING as error:
                failed = error
            time.sleep(0.1)
        raise Unjudged(
            f"{self.TITLE}'s cluster did not get as far in {CHANGED_S:.0f} s: {what}", do="Grade again"
        ) from failed


def bring_back_nodes(cluster: str, things: Sequence[tuple[str, str]]) -> None:
    """Start the nodes again that are among things that a check has left, each as (kind, name).

    CourseError when another check uses the nodes now.
    """
    if any(kind == NODE for kind, _name in things):
        with Nodes(cluster, wait_s=0):
            pass  # whoever takes the nodes finds all of them running
