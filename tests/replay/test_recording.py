"""A recording that lacks something says so."""

import json

import pytest

from mqcourse.errors import CourseError
from mqcourse.replay.recording import read

HEAD = {"replay": "one", "broker": "rabbitmq", "format": 1, "began": "2026-11-27T07:00:00+00:00"}


def lines(*events: dict[str, object], end: dict[str, object] | None = None) -> str:
    last = [{"end": end or {"events": len(events), "missing": []}}]
    return "".join(json.dumps(one) + "\n" for one in (HEAD, *events, *last))


def joined(at_ms: float, who: str = "shop") -> dict[str, object]:
    return {"at_ms": at_ms, "who": who, "did": "joined", "line": "abc:7"}


def test_a_whole_recording_lacks_nothing() -> None:
    recording = read(lines(joined(1.5), joined(2.5)))
    assert recording.missing == ()
    assert [(event.at_ms, event.source, event.line) for event in recording.events] == [
        (1.5, "abc", 7),
        (2.5, "abc", 7),
    ]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (lines(joined(1)).rsplit("\n", 2)[0], "its end is missing"),
        (lines(joined(1), end={"events": 2, "missing": []}), "2 events were recorded, 1 are here"),
        (
            lines(joined(1), end={"events": 1, "missing": ["the cell ended with KeyError"]}),
            "the cell ended with KeyError",
        ),
        (lines(joined(2), joined(1)), "its events are not in the order of the clock"),
        (lines(joined(1)).replace('{"at_ms"', '{"at_', 1), "a line of it cannot be read"),
    ],
)
def test_what_is_missing_is_named(text: str, reason: str) -> None:
    assert reason in read(text).missing


@pytest.mark.parametrize("text", ["", "no json\n", "{}\n", json.dumps(HEAD | {"format": 99}) + "\n"])
def test_what_is_no_recording_is_refused(text: str) -> None:
    with pytest.raises(CourseError):
        read(text)
