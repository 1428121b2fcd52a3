"""Every preset, every slider, every policy, in a real browser; what the page shows is what Python gives."""

from typing import Any

import pytest

from mqcourse.backpressure.model.presets import PRESETS
from mqcourse.backpressure.model.scenario import FIELDS, Scenario, ScenarioError

from .explorer import Explorer

pytestmark = [pytest.mark.browser]

SMALL = "duration_s=12&rate_per_s=60&service_mean_s=0.02&samples=60"
# between them they show every slider
EVERYTHING = (
    f"{SMALL}&arrivals=bursty&service=lognormal&surge_for_s=2&partitions=2&on_full=block&queue_limit=50"
    "&throttle=aimd&autoscale=lag&autoscale_most=30&crash_every_s=5&error_share=0.1&outbox_limit=5&block_timeout_s=2"
    "&expire_after_s=3&client_timeout_s=1&delivery_limit=3",
    f"{SMALL}&service=pareto&queue_limit=20&outbox_limit=5",
    "duration_s=150&rate_per_s=10&service_mean_s=0.02",
)
LONG_RUNS_ONLY = {"warm_up_s"}  # its slider passes what a short run allows


@pytest.mark.parametrize("preset", PRESETS, ids=lambda one: one.name)
def test_a_preset_is_predicted_run_and_agrees_with_python(page: Any, preset: Any) -> None:
    explorer = Explorer(page).calm()
    explorer.control("preset").select_option(preset.name)
    explorer.calm()
    assert preset.question in explorer.element.locator(".question").inner_text()
    assert (
        explorer.element.locator("canvas:visible").count() == 1
    )  # nothing is given away before the reader ran it
    explorer.element.get_by_role("radio", name=preset.choices[preset.answer]).check()
    explorer.element.get_by_role("button", name="Run it").click()
    explorer.calm()
    assert "You predicted it" in explorer.element.locator(".said").inner_text()
    assert explorer.element.locator("canvas:visible").count() == 7
    explorer.agrees_with_python()


def test_a_wrong_prediction_is_told_the_right_one(page: Any) -> None:
    explorer = Explorer(page).calm()
    explorer.element.get_by_label("About 200").check()
    explorer.element.get_by_role("button", name="Run it").click()
    explorer.calm()
    assert "The answer is “About 1,200”" in explorer.element.locator(".said").inner_text()


def test_a_skipped_question_is_answered_and_its_answer_ends_with_its_scenario(page: Any) -> None:
    explorer = Explorer(page).calm()
    explorer.element.get_by_role("button", name="Run without predicting").click()
    said = explorer.element.locator(".said")
    assert said.evaluate("words => words.getRootNode().activeElement === words")
    explorer.calm()
    assert "The answer is “About 1,200”" in said.inner_text()
    explorer.control("rate_per_s").focus()
    page.keyboard.press("PageUp")
    explorer.calm()
    assert "About 1,200" not in said.inner_text()
    assert "messages wait" in said.inner_text()


def test_every_slider_can_be_dragged_and_agrees_with_python(page: Any) -> None:
    explorer = Explorer(page).unasked()
    dragged = set()
    for query in EVERYTHING:
        explorer.set_scenario(query)
        explorer.open_all()
        sliders = explorer.element.locator(".controlsHolder input[type=range]:visible:enabled")
        for name in [slider.get_attribute("name") for slider in sliders.all()]:
            if name in dragged or (name in LONG_RUNS_ONLY and query != EVERYTHING[-1]):
                continue
            dragged.add(name)
            slider = explorer.control(name)
            slider.scroll_into_view_if_needed()
            before = explorer.values[name]
            box = slider.bounding_box()
            middle = box["y"] + box["height"] / 2
            share = slider.evaluate("one => one.value / one.max")
            page.mouse.move(box["x"] + 8 + share * (box["width"] - 16), middle)
            page.mouse.down()
            goal = (
                0.3
                if share > 0.5 or name in ("duration_s", "rate_per_s", "surge_factor", "client_retries")
                else 0.6
            )
            if abs(goal - share) < 0.05:
                goal += 0.15
            page.mouse.move(box["x"] + goal * box["width"], middle, steps=3)
            page.mouse.up()
            explorer.calm()
            assert explorer.element.locator(".error").is_hidden(), (
                name,
                explorer.element.locator(".error").inner_text(),
            )
            assert explorer.values[name] != before, name
            explorer.agrees_with_python()
            explorer.set_scenario(
                query + f"&seed={len(dragged) + 1}"
            )  # from the same place again, by another address
            explorer.open_all()
    expected = {spec["name"] for spec in FIELDS if spec["kind"] in ("number", "whole")}
    assert dragged == expected


def test_every_policy_can_be_switched_and_agrees_with_python(page: Any) -> None:
    explorer = Explorer(page).unasked()
    base = (
        f"{SMALL}&queue_limit=20&expire_after_s=2&priority_mix=0.3,0.7&autoscale_target=0.7&trace_s=1,2,3.5"
    )
    explorer.set_scenario(base)
    explorer.open_all()
    for spec in FIELDS:
        if spec["kind"] != "choice":
            continue
        for value in reversed(spec["choices"]):
            explorer.control(spec["name"]).select_option(value)
            explorer.calm()
            assert explorer.element.locator(".error").is_hidden(), (spec["name"], value)
            assert explorer.values[spec["name"]] == value
            explorer.agrees_with_python()


def test_lists_and_switches_of_what_may_be_none(page: Any) -> None:
    explorer = Explorer(page).unasked()
    explorer.set_scenario(SMALL)
    explorer.open_all()
    explorer.control("queue_limit.off").uncheck()
    explorer.calm()
    assert explorer.values["queue_limit"] == 100
    explorer.control("queue_limit.off").check()
    explorer.calm()
    assert explorer.values["queue_limit"] is None
    explorer.control("priority_mix").fill("0.2,0.8")
    explorer.control("priority_mix").press("Enter")
    explorer.calm()
    assert explorer.values["priority_mix"] == [0.2, 0.8]
    assert "Class 2: lost" in explorer.element.locator("table").inner_text()
    explorer.agrees_with_python()


@pytest.mark.parametrize(
    ("field", "text", "change"),
    [
        ("rate_per_s", "-5", {"rate_per_s": -5.0}),
        ("rate_per_s", "fast", None),
        ("consumers", "0", {"consumers": 0}),
        ("consumers", "1.5", {"consumers": 1.5}),
        ("duration_s", "1e7", {"duration_s": 1e7}),
        ("rate_per_s", "90000", {"rate_per_s": 90000.0}),
    ],
)
def test_a_bad_scenario_is_named_by_the_label_of_its_control_and_can_be_mended(
    page: Any, field: str, text: str, change: dict[str, Any] | None
) -> None:
    def in_python() -> Scenario:
        start = Scenario(rate_per_s=120.0, service_mean_s=0.01, duration_s=60.0)
        return Scenario.from_query(f"{field}={text}") if change is None else start.but(**change)

    with pytest.raises(ScenarioError) as raised:
        in_python()
    explorer = Explorer(page).unasked()
    explorer.open_all()
    exact = explorer.control(f"{field}.exact")
    good = exact.input_value()
    exact.fill(text)
    exact.press("Enter")
    alert = explorer.element.get_by_role("alert")
    alert.wait_for()
    named = raised.value.field
    label = explorer.view("view.controls.rows.get(argument).knob.label", named)
    problem, allowed = str(raised.value).removeprefix(f"scenario: {named} ").split(" Allowed: ")
    assert alert.inner_text().startswith(f"“{label}” {problem} Allowed: ")
    if "_" not in allowed:  # no other field is named
        assert alert.inner_text() == f"“{label}” {problem} Allowed: {allowed}"
    assert explorer.element.locator(
        f"[name='{named}.exact'][aria-invalid=true], [name='{named}'][aria-invalid=true]"
    ).count()
    exact.fill(good)
    exact.press("Enter")
    explorer.calm()
    assert alert.count() == 0
    explorer.agrees_with_python()


def test_two_policies_that_need_each_other_can_be_set_one_after_the_other(page: Any) -> None:
    explorer = Explorer(page).unasked()
    explorer.set_scenario(SMALL)
    explorer.open_all()
    explorer.control("autoscale").select_option("cpu")
    assert "“Target of the signal” is 100" in explorer.element.get_by_role("alert").inner_text()
    target = explorer.control("autoscale_target.exact")
    target.fill("0.7")
    target.press("Enter")
    explorer.calm()
    assert explorer.element.locator(".error").is_hidden()
    assert (explorer.values["autoscale"], explorer.values["autoscale_target"]) == ("cpu", 0.7)
    explorer.agrees_with_python()
