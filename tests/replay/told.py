"""The story of a broker's events, as tests write them."""

import json
from typing import Any

from mqcourse.replay.recording import read
from mqcourse.replay.scene import Story
from mqcourse.replay.story import story

Event = tuple[str, str, dict[str, Any]]
"""Who did what, and the rest of it."""


def told(broker: str, *events: Event) -> Story:
    """The story of these events, a millisecond apart."""
    lines: list[dict[str, Any]] = [
        {"replay": "one", "broker": broker, "format": 1, "began": "2026-11-27T07:00:00+00:00"}
    ]
    lines += [
        {"at_ms": at, "who": who, "did": did, "line": "abc:1", **what}
        for at, (who, did, what) in enumerate(events)
    ]
    lines.append({"end": {"events": len(events), "missing": []}})
    return story(read("".join(json.dumps(line) + "\n" for line in lines)))
