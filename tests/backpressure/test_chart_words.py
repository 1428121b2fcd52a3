"""What the page writes beside its curves and above its controls, in Node: legends that fit, errors by label."""

import json
import subprocess
from typing import Any

import pytest

from mqcourse.backpressure.explorer.bundle import WEB
from mqcourse.install.npm import NODE

LETTER = 7
"""Every letter is as wide here, in pixels."""


def given(expression: str) -> Any:
    """What an expression gives that may call what the page's modules export."""
    program = (
        f"const {{ legendOf }} = await import({json.dumps((WEB / 'charts.js').as_uri())});"
        f"const {{ labelled }} = await import({json.dumps((WEB / 'knobs.js').as_uri())});"
        f"console.log(JSON.stringify({expression}));"
    )
    ran = subprocess.run(
        [str(NODE), "--input-type=module", "-e", program], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def legend(labels: list[tuple[int, str]], two: bool, room: int) -> Any:
    curves = [{"side": side, "index": index, "label": label} for index, (side, label) in enumerate(labels)]
    return given(
        f"legendOf({json.dumps(curves)}, {json.dumps(two)}, {room}, (words) => {LETTER} * words.length)"
    )


@pytest.mark.parametrize("room", [120, 200, 400])
@pytest.mark.parametrize("two", [False, True])
def test_every_curve_has_an_entry_and_none_is_cut(two: bool, room: int) -> None:
    names = ["in the queue", "at the producer", "with consumers", "backing off"]
    found = legend([(side, name) for side in ((0, 1) if two else (0,)) for name in names], two, room)
    assert [entry["label"] for entry in found["entries"]] == names
    strokes = [stroke for entry in found["entries"] for stroke in entry["strokes"]]
    assert [stroke["name"] for stroke in strokes] == (["A", "B"] * 4 if two else [""] * 4)
    for entry in found["entries"]:
        wide = sum(stroke["wide"] + 24 for stroke in entry["strokes"]) + LETTER * len(entry["label"])
        assert entry["x"] == 0 or entry["x"] + wide <= room
    assert found["rows"] == found["entries"][-1]["row"] + 1
    assert (found["rows"] == 1) == (room == 400 and not two) or room == 400


def test_two_histograms_are_told_apart_and_one_needs_no_legend() -> None:
    assert legend([(0, "")], False, 200)["entries"] == []
    [entry] = legend([(0, ""), (1, "")], True, 200)["entries"]
    assert [stroke["name"] for stroke in entry["strokes"]] == ["A", "B"]


def test_an_error_names_controls_by_their_labels() -> None:
    error = {
        "message": "scenario: queue_limit is 5 messages, and outbox_limit is 3. Allowed: from consumers, 2",
        "field": "queue_limit",
    }
    assert given(f"labelled({json.dumps(error)})") == (
        "“Limit of the queue” is 5 messages, and “Producer's buffer” is 3. Allowed: from consumers, 2"
    )
    unit = {"message": "scenario: consumers is 0 consumers. Allowed: 1 to 9 consumers", "field": "consumers"}
    assert given(f"labelled({json.dumps(unit)})") == "“Consumers” is 0 consumers. Allowed: 1 to 9 consumers"
    other = {"message": "scenario: colour is no field of a scenario. Allowed: arrivals", "field": "colour"}
    assert given(f"labelled({json.dumps(other)})") == other["message"]
    assert given("labelled(new Error('the run took too long'))") == "the run took too long"
