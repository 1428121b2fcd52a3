"""What a service of the stack is: how to install, launch, probe and empty it."""

import signal
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mqcourse.progress import Progress
from mqcourse.stack.layout import StackLayout


class NotReady(Exception):
    """The service does not answer as it should yet."""


PRIVATE = 0o077
"""Only their owner can read or write them."""


@dataclass(frozen=True)
class Launch:
    """A program to start: its argument list, whole environment and working folder."""

    argv: tuple[str, ...]
    env: Mapping[str, str]
    cwd: Path
    umask: int = PRIVATE
    """Which rights the files that it makes lack; -1: those that the user's own files lack."""
    shared_as: str | None = None
    """The mark of a helper that several nodes share, so that it does not end with the one that started it."""


@dataclass(frozen=True)
class Addresses:
    """Where a service is reached: what clients connect to, what a browser opens, entries for endpoints.json.

    `streams` is where clients of RabbitMQ's stream protocol connect to.
    """

    endpoint: str
    management: str | None = None
    known: Mapping[str, str] = field(default_factory=dict)
    streams: str | None = None


class Service(ABC):
    """One service of the stack, without state: all of it is in the layout and in the processes.

    The defaults fit a service that keeps no data and has no program beside it.
    """

    name: str
    title: str
    ports: tuple[str, ...]
    """The purposes (see ports.OFFSETS) it listens on; the first one is its endpoint."""
    is_broker: bool = True
    on_request: bool = False
    """Whether it is started only when it is named, and shown only when it was started."""
    cluster: str | None = None
    """The cluster that it is a node of; a cluster is formed by all of its nodes together."""
    start_limit_s: float
    """After this long without an answer a start has failed: far above any start that ever succeeds."""
    stop_grace_s: float
    stop_signal: signal.Signals = signal.SIGTERM
    """The signal at which it ends in its own clean way."""

    @property
    def installed_as(self) -> str:
        """The software that it runs; nodes of a cluster run that of the single broker."""
        return self.name

    @abstractmethod
    def install(self, layout: StackLayout, progress: Progress) -> str:
        """Have what it needs on this machine; its version. Quick when all of it exists."""

    @abstractmethod
    def prepare(self, layout: StackLayout) -> list[Launch]:
        """Write its configuration; the programs to start, helpers first, the service itself last."""

    def helpers(self, layout: StackLayout) -> list[Launch]:
        """Programs that belong beside it and do not run: started with it, and again when only they were killed."""
        return []

    @abstractmethod
    def probe(self, layout: StackLayout) -> None:
        """Use it once as a client does. Raises NotReady, or any error of the client, until it works."""

    @abstractmethod
    def answers(self, layout: StackLayout, timeout_s: float) -> bool:
        """Whether it answers the first bytes of its protocol: cheap enough for every `mq status`."""

    @abstractmethod
    def addresses(self, layout: StackLayout) -> Addresses: ...

    def data_dir(self, layout: StackLayout) -> Path | None:
        """The folder that a reset empties, or None when it keeps no data."""
        return None

    def empty(self, layout: StackLayout) -> None:  # noqa: B027  a service without data has nothing to remove
        """Remove its data; called only while it is down."""

    def sweep(self, layout: StackLayout) -> None:  # noqa: B027  most leave nothing
        """Remove what one that was killed leaves outside its folder, or the last node of a cluster beside it.

        Called only while it is down.
        """

    def empty_running(self, layout: StackLayout) -> bool:
        """Empty it while it runs, when it can do that surely and faster; False: it must be started afresh.

        A service without data is always empty.
        """
        return not self.is_broker
