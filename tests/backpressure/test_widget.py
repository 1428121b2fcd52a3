"""The notebook's explorer: what it shows, what the kernel answers, and the example of ten lines."""

import json
from typing import Any

import pytest

from mqcourse.backpressure.explorer import widget
from mqcourse.backpressure.model.presets import preset
from mqcourse.backpressure.model.scenario import Scenario
from mqcourse.backpressure.model.simulation import simulate
from mqcourse.errors import CourseError

SMALL = Scenario(rate_per_s=90.0, duration_s=10.0, queue_limit=20)


def test_the_kernel_answers_with_the_figures_of_the_model() -> None:
    explorer = widget.Explorer(SMALL)
    said: list[dict[str, Any]] = []
    explorer.send = said.append
    explorer._handle_custom_msg({"id": "1", "values": SMALL.as_dict()}, [])
    assert json.loads(json.dumps(said))[0]["result"]["summary"] == simulate(SMALL).summary
    assert said[0]["id"] == "1"


def test_a_bad_scenario_comes_back_as_the_models_own_words() -> None:
    found = widget.answer({"values": {"consumers": 0}})
    assert found == {
        "error": "scenario: consumers is 0 consumers. Allowed: whole numbers from 1 to 10000 consumers"
    }


def test_the_journal_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(widget, "JOURNAL_MOST", 7)
    assert len(widget.answer({"values": SMALL.as_dict(), "journal": True})["journal"]) == 7


def test_the_sliders_are_what_python_sees() -> None:
    explorer = widget.Explorer(preset="drop")
    assert explorer.scenario == preset("drop").scenario
    explorer.values = SMALL.as_dict()  # what the page sets
    assert explorer.scenario == SMALL
    assert explorer.result.summary == simulate(SMALL).summary


def test_an_unknown_preset_is_named_with_those_there_are() -> None:
    with pytest.raises(CourseError, match=r"no preset 'dorp'.*drop"):
        widget.Explorer(preset="dorp")
