"""What a trial shows afterwards: what each worker did, what it printed, and where it hung."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mqcourse.grading.history import Event, History, Kind

MOST_EVENTS = 120
MOST_PRINTED_CHARS = 2_000
MOST_PRINTED_LINES = 12
MOST_WORKERS = 12


@dataclass(frozen=True)
class Trace:
    """One trial, for the reader of its verdict."""

    history: History
    workers: tuple[str, ...]
    """Every worker that was started, also one that got nothing, in the order of their starts."""
    printed: Mapping[str, str] = field(default_factory=dict)
    """What each worker printed, its beginning and its end."""
    hung: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Where each worker was when the check stopped waiting: lines of the answer, the innermost last."""

    @property
    def lanes(self) -> tuple[str, ...]:
        """The workers, and then what else was looked at (a queue)."""
        return tuple(dict.fromkeys((*self.workers, *(event.worker for event in self.history))))[:MOST_WORKERS]

    def as_dict(self) -> dict[str, Any]:
        return {
            "workers": list(self.workers),
            "events": [
                {
                    "kind": str(event.kind),
                    "worker": event.worker,
                    **({"message": event.message} if event.message else {}),
                    **({"text": event.text} if event.text else {}),
                    "at_s": round(event.at_s, 3),
                }
                for event in self.history.events[:MOST_EVENTS]
            ],
            "printed": dict(self.printed),
            "hung": {worker: list(lines) for worker, lines in self.hung.items()},
        }

    def lines(self) -> list[str]:
        """For a terminal: a line for each worker, then what they printed and where they hung."""
        if not self.history.events:  # functions that were called, and no work to follow
            return self._after()
        width = max((len(lane) for lane in self.lanes), default=0)
        return [f"{lane:{width}}  {in_words(self.history, lane)}" for lane in self.lanes] + self._after()

    def _after(self) -> list[str]:
        said: list[str] = []
        for worker, text in self.printed.items():
            said.append(f"{worker} printed:")
            said += [f"  {line}" for line in _few(text.splitlines())]
        for worker, places in self.hung.items():
            said.append(f"{worker} was still here when the check stopped waiting:")
            said += [f"  {place}" for place in places]
        return said


def read_trace(entry: Mapping[str, Any]) -> Trace:
    """The trace of `as_dict`, back again."""
    return Trace(
        History(
            tuple(
                Event(
                    Kind(each["kind"]),
                    each["worker"],
                    each.get("message", 0),
                    each.get("text", ""),
                    each["at_s"],
                )
                for each in entry["events"]
            )
        ),
        tuple(entry["workers"]),
        entry["printed"],
        {worker: tuple(lines) for worker, lines in entry["hung"].items()},
    )


def in_words(history: Iterable[Event], lane: str) -> str:
    """What one worker did: "did 1-3 · got 4 · killed". What it finished at once is put together."""
    parts: list[str] = []
    run: list[int] = []
    mine = [event for event in history if event.worker == lane]

    def end_run() -> None:
        if run:
            parts.append(f"did {ranges(run)}")
            run.clear()

    place = 0
    while place < len(mine):
        event = mine[place]
        after = mine[place + 1] if place + 1 < len(mine) else None
        if (
            event.kind is Kind.STARTED
            and after is not None
            and after.kind is Kind.FINISHED
            and after.message == event.message
        ):
            run.append(event.message)
            place += 2
            continue
        end_run()
        parts.append(_words(event))
        place += 1
    end_run()
    if not any(event.kind in (Kind.STARTED, Kind.SAW) for event in mine):
        parts.insert(0, "got nothing")
    if len(parts) > MOST_EVENTS // 4:
        parts = [*parts[: MOST_EVENTS // 4], f"and {len(parts) - MOST_EVENTS // 4} steps more"]
    return " · ".join(parts)


def _words(event: Event) -> str:
    number = str(event.message) if event.message > 0 else "something that was never sent"
    return {
        Kind.STARTED: f"got {number}",
        Kind.FINISHED: f"finished {number}",
        Kind.FAILED: f"{number} failed",
        Kind.KILLED: "killed",
        Kind.SAW: event.text,
    }[event.kind]


def ranges(numbers: Sequence[int]) -> str:
    """1, 2, 3, 5 as "1-3, 5"; the order is kept."""
    spans: list[list[int]] = []
    for number in numbers:
        if spans and number == spans[-1][1] + 1 and number > 0:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    return ", ".join("?" if low < 0 else str(low) if low == high else f"{low}-{high}" for low, high in spans)


def shortened_text(text: str, most_chars: int = MOST_PRINTED_CHARS) -> str:
    """The beginning and the end of a long text, without the colours that a terminal would show."""
    text = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", text)
    if len(text) <= most_chars:
        return text
    half = most_chars // 2
    return f"{text[:half]}\n… {len(text) - 2 * half:,} characters more …\n{text[-half:]}"


def _few(lines: Sequence[str]) -> list[str]:
    if len(lines) <= MOST_PRINTED_LINES:
        return list(lines)
    half = MOST_PRINTED_LINES // 2
    return [*lines[:half], f"… {len(lines) - 2 * half} lines more …", *lines[-half:]]
