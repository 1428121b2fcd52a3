"""What a service of the stack is: how to install, launch, probe and empty it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from mqcourse.progress import Progress
from mqcourse.stack.place import Place


class NotReady(Exception):
    """The service does not answer as it should yet."""


PRIVATE = 0o077
"""Nobody but their owner reads or writes them."""


@dataclass(frozen=True)
class Launch:
    """A program to start: its argument list, whole environment and working folder."""

    argv: tuple[str, ...]
    env: Mapping[str, str]
    cwd: Path
    umask: int = PRIVATE
    """Which rights the files that it makes lack; -1: those that the user's own files lack."""


@dataclass(frozen=True)
class Addresses:
    """Where a service is reached: what clients connect to, what a browser opens, and entries for endpoints.json."""

    endpoint: str
    management: str | None = None
    known: Mapping[str, str] = field(default_factory=dict)


class Service(Protocol):
    """One service. Implementations hold no state: all of it is in the place and in the processes."""

    name: str
    title: str
    ports: tuple[str, ...]
    """The purposes (see ports.OFFSETS) it listens on; the first one is its endpoint."""
    is_broker: bool
    start_limit_s: float
    """After this long without an answer a start has failed: far above any start that ever succeeds."""
    stop_grace_s: float

    def install(self, place: Place, progress: Progress) -> str:
        """Have what it needs on this machine; its version. Quick when all is there."""

    def prepare(self, place: Place) -> list[Launch]:
        """Write its configuration; the programs to start, helpers first, the service itself last."""

    def helpers(self, place: Place) -> list[Launch]:
        """Programs that belong beside it and do not run: started with it, and again when only they were killed."""

    def probe(self, place: Place) -> None:
        """Use it once as a client does. Raises NotReady, or any error of the client, until it works."""

    def answers(self, place: Place, timeout_s: float) -> bool:
        """Whether it answers the first bytes of its protocol: cheap enough for every `mq status`."""

    def addresses(self, place: Place) -> Addresses:
        """Where it is reached."""

    def data_dir(self, place: Place) -> Path | None:
        """The folder that a reset empties, or None when it keeps no data."""

    def empty(self, place: Place) -> None:
        """Remove its data; called only while it is down."""

    def empty_running(self, place: Place) -> bool:
        """Empty it while it runs, when it can do that surely and faster; False: it must be started afresh."""
