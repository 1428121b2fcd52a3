"""What happened in one trial: numbered messages, the workers that touched them, and in which order."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """What can happen to a message while a trial watches."""

    STARTED = "started"  # a worker began to work on it
    FINISHED = "finished"  # the work was done
    FAILED = "failed"  # the work raised an exception
    KILLED = "killed"  # the worker was killed (message 0: it concerns the worker)
    SAW = "saw"  # what the check saw at the broker, in words (message 0; the worker is what was looked at)


@dataclass(frozen=True)
class Event:
    """One thing that happened. Its place in the history is its time: the trial puts events in one order."""

    kind: Kind
    worker: str
    message: int = 0
    """Number of the message, from 1; 0 is no message, a negative number one that was never sent."""
    text: str = ""
    """Of what was seen: its words."""
    at_s: float = field(default=0.0, compare=False)
    """Seconds since the trial began, for the reader. No verdict depends on it."""


@dataclass(frozen=True)
class History:
    """The events of one trial in the order in which the trial saw them."""

    events: tuple[Event, ...] = ()

    def add(self, kind: Kind, worker: str, message: int = 0, text: str = "", at_s: float = 0.0) -> "History":
        """The history with one event more."""
        return History((*self.events, Event(kind, worker, message, text, at_s)))

    def __iter__(self) -> Iterator[Event]:
        return iter(self.events)

    def messages(self, kind: Kind, worker: str | None = None) -> list[int]:
        """Numbers of the messages this happened to, in order, again for each time it happened."""
        return [
            event.message
            for event in self.events
            if event.kind is kind and (worker is None or event.worker == worker)
        ]

    def open_work(self) -> dict[str, list[int]]:
        """For each worker that is not killed, the messages it began and has neither finished nor failed."""
        open_: dict[str, list[int]] = {}
        for event in self.events:
            held = open_.setdefault(event.worker, [])
            if event.kind is Kind.STARTED:
                held.append(event.message)
            elif event.kind is Kind.KILLED:
                del open_[event.worker]
            elif event.message in held:
                held.remove(event.message)
        return {worker: held for worker, held in open_.items() if held}
