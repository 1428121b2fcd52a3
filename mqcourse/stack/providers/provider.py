"""How services are run: as processes here, in Docker, or by someone else."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import TypeVar

from mqcourse.progress import Progress
from mqcourse.stack import record
from mqcourse.stack.layout import StackLayout
from mqcourse.stack.record import Record
from mqcourse.stack.services.service import Service

HANDSHAKE_LIMIT_S = 0.5
"""A broker on this machine answers its first bytes in milliseconds; status must be true within a second."""
Result = TypeVar("Result")


@dataclass(frozen=True)
class Observation:
    """What is seen of a started service now: its state (see stack.Status), its process and memory if it is ours."""

    state: str
    pid: int | None = None
    rss_mb: float | None = None


class Provider(ABC):
    """One way of running services. Each call is about one service; several may run side by side."""

    name: str
    takes_ports: bool
    """Whether it listens on this machine's ports, so that a free block is needed."""

    def install(self, service: Service, layout: StackLayout, progress: Progress) -> None:  # noqa: B027  not every way installs
        """Have what the service needs. Quick when all of it exists."""

    @abstractmethod
    def start(self, service: Service, layout: StackLayout) -> Record:
        """Start a service that is down; return when it can be used. A failed start leaves no process."""

    @abstractmethod
    def lives(self, known: Record) -> bool:
        """Whether the process of the record still runs."""

    def mend(self, service: Service, layout: StackLayout) -> None:  # noqa: B027  not every way has helpers
        """Start again what was killed beside a service that lives."""

    @abstractmethod
    def adopt(self, service: Service, layout: StackLayout, known: Record) -> Record:
        """Finish a start whose launcher was killed."""

    @abstractmethod
    def observe(self, service: Service, layout: StackLayout, known: Record) -> Observation: ...

    @abstractmethod
    def stop(self, service: Service, state: Path) -> None:
        """End it and all that belongs to it."""

    def clear(self, service: Service, state: Path) -> None:
        """Remove what a killed service or launcher left, before a new start."""
        record.forget(state, service.name)

    @abstractmethod
    def empty(self, service: Service, layout: StackLayout) -> None:
        """Throw its data away; it is down afterwards."""


def side_by_side(
    jobs: Mapping[str, Callable[[], Result]],
) -> tuple[dict[str, Result], dict[str, BaseException]]:
    """Run one job a service at the same time: what each returned, and what each raised.

    An interrupt ends the waiting at once and leaves the jobs to the end of the process: a download that
    is stalled would hold it up, and whatever they do may be cut off anywhere, as by kill -9.
    """
    done: dict[str, Result] = {}
    failed: dict[str, BaseException] = {}

    def run(name: str, job: Callable[[], Result]) -> None:
        try:
            done[name] = job()
        except BaseException as error:
            failed[name] = error

    threads = [Thread(target=run, args=one, daemon=True) for one in jobs.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        # with a limit, since a signal that the kernel hands to another thread does not wake this one
        while thread.is_alive():
            thread.join(0.2)
    return {name: done[name] for name in jobs if name in done}, failed
