"""The page's calculator, which is made from the Python, against it: every value to the last bit, every text to the last letter."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from mqcourse.capacity.given import CapacityError, checked, typed
from mqcourse.capacity.page import BUNDLE
from mqcourse.capacity.plan import plan
from mqcourse.capacity.presets import PRESETS
from mqcourse.capacity.prices import Prices
from mqcourse.capacity.rates import Rates
from mqcourse.capacity.workload import Workload
from tests import node
from tests.capacity.stated import Stated, stated

RUN = Path(__file__).parent / "twin.mjs"
SPECS = {spec["name"]: spec for group in (Workload, Rates, Prices) for spec in group.specs()}


def in_javascript(plans: list[dict[str, Any]], typed: list[tuple[str, str]]) -> dict[str, Any]:
    """What the shipped file gives, run by Node."""
    said = node.answer({"plans": plans, "typed": typed}, RUN, BUNDLE)
    found: dict[str, Any] = json.loads(said, parse_int=float)
    return found


def in_python(one: Stated) -> list[dict[str, Any]]:
    return [asdict(figure) for figure in plan(*one)]


def plain(one: Stated) -> dict[str, Any]:
    return {name: value for group in one for name, value in asdict(group).items()}


def compare(cases: list[Stated]) -> None:
    found = in_javascript([plain(one) for one in cases], [])["plans"]
    for one, theirs in zip(cases, found, strict=True):
        assert theirs == in_python(one), one


def test_every_preset_is_the_same_to_the_last_bit() -> None:
    compare([(one.workload, Rates(), Prices()) for one in PRESETS])


@pytest.mark.lengthy
def test_300_random_workloads_are_the_same_to_the_last_bit() -> None:
    drawn: list[Stated] = []

    @settings(
        max_examples=300,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(stated())
    def draw(one: Stated) -> None:
        drawn.append(one)

    draw()
    assert len(drawn) >= 300
    compare(drawn)


def test_a_value_that_is_left_out_has_pythons_default() -> None:
    assert in_javascript([{}], [])["plans"] == [in_python((Workload(), Rates(), Prices()))]


def test_the_page_takes_and_refuses_the_same_texts_as_the_command_in_the_same_words() -> None:
    texts = ["5", "1e3", "+2", ".5", "0", "-1", "1e99", "2.5", "1_000", "0x10", "inf", "nan", "", "many"]
    texts_of = [(name, text) for name in SPECS for text in [*texts, *SPECS[name].get("choices", ())]]

    def taken(name: str, text: str) -> dict[str, Any]:
        spec = SPECS[name]
        try:
            return {"value": checked(spec, typed(spec, text))}
        except CapacityError as error:
            return {"error": str(error)}

    found = in_javascript([], texts_of)["typed"]
    ours = [taken(name, text) for name, text in texts_of]
    refused = 0
    for (name, text), theirs, mine in zip(texts_of, found, ours, strict=True):
        assert theirs.keys() == mine.keys(), (name, text)
        if "value" in mine:
            assert theirs == mine, (name, text)
        else:
            refused += 1
            assert theirs["error"].startswith(f"{name} is ")
            assert theirs["error"].split("Allowed: ")[1] == mine["error"].split("Allowed: ")[1]
    assert refused > 50
