"""A recording as it was kept, read from its lines, and what it lacks."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.replay.tape import FORMAT


@dataclass(frozen=True)
class Event:
    """What one program did or was told, and the line of code that caused it ("" for none)."""

    at_ms: float
    who: str
    did: str
    source: str
    line: int
    what: Mapping[str, Any]


@dataclass(frozen=True)
class Recording:
    """All events of one recording in the order of the clock. `missing` lists in words what it lacks; a complete one has an empty list."""

    name: str
    broker: str
    began: datetime
    events: tuple[Event, ...]
    missing: tuple[str, ...]


def read(text: str) -> Recording:
    """The recording in these lines. `missing` names what was cut off. Raises CourseError for any other text."""
    lines = text.splitlines()
    try:
        head = json.loads(lines[0])
        name, broker, began = head["replay"], head["broker"], datetime.fromisoformat(head["began"])
    except (IndexError, ValueError, KeyError, TypeError) as error:
        raise CourseError(
            "this is no recording", do="Run the chapter again: mq book run", code=Exit.SAID_NO
        ) from error
    if head.get("format") != FORMAT:
        raise CourseError(
            f"the recording {name} is of another format", do="Run its chapter again", code=Exit.SAID_NO
        )
    events: list[Event] = []
    missing: list[str] = []
    end: Mapping[str, Any] | None = None
    for line in lines[1:]:
        try:
            one = json.loads(line)
        except ValueError:
            missing.append("a line of it cannot be read")
            continue
        if "end" in one:
            end = one["end"]
        else:
            events.append(event(one))
    if end is None:
        missing.append("its end is missing")
    else:
        missing += end["missing"]
        if end["events"] != len(events):
            missing.append(f"{end['events']} events were recorded, {len(events)} are here")
    if any(after.at_ms < before.at_ms for before, after in pairwise(events)):
        missing.append("its events are not in the order of the clock")
    return Recording(name, broker, began, tuple(events), tuple(missing))


def event(one: dict[str, Any]) -> Event:
    what = dict(one)
    source, _, number = what.pop("line", "").rpartition(":")
    return Event(
        at_ms=float(what.pop("at_ms")),
        who=str(what.pop("who")),
        did=str(what.pop("did")),
        source=source,
        line=int(number or 0),
        what=what,
    )
