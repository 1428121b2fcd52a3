"""The capacity calculator in its chapter: the same plan as Python's, by keyboard, at phone width, without scripts, from a folder."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from mqcourse.capacity.figure import Figure
from mqcourse.capacity.plan import plan
from mqcourse.capacity.presets import PRESETS
from mqcourse.capacity.prices import Prices
from mqcourse.capacity.rates import Rates
from mqcourse.capacity.workload import Workload

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.timeout(1200)]
PAGE = "book/interview/capacity"
TRILLION = PRESETS[0].workload


def expected(workload: Workload, rates: Rates | None = None, prices: Prices | None = None) -> list[list[str]]:
    def row(one: Figure) -> list[str]:
        return [one.title, one.shown, one.formula]

    return [row(one) for one in plan(workload, rates or Rates(), prices or Prices())]


def shown(page: Any) -> list[list[str]]:
    """The table as a reader sees it: title, value and formula of each result."""
    found: list[list[str]] = page.evaluate(
        """[...document.querySelectorAll(".mq-capacity tr[data-figure]")].map((row) =>
            [row.cells[0].textContent, row.cells[1].textContent, row.cells[2].firstElementChild.textContent])"""
    )
    return found


def field(page: Any, label: str) -> Any:
    return page.get_by_label(label, exact=True)


@pytest.fixture(params=["light", "dark", "phone"])
def page(request: pytest.FixtureRequest, built: Any, browser: Any) -> Iterator[Any]:
    width = 390 if request.param == "phone" else 1280
    with browser.new_context(
        reduced_motion="reduce",
        color_scheme="dark" if request.param == "dark" else "light",
        viewport={"width": width, "height": 844},
        has_touch=request.param == "phone",
        offline=False,
    ) as context:
        context.set_default_timeout(120_000)
        page = context.new_page()
        page.goto(built.address(PAGE))
        page.locator(".mq-capacity form").wait_for()
        yield page


def unfold(page: Any) -> None:
    """Open the rates and the prices, with the keyboard."""
    for title in ("Rates", "Prices"):
        summary = page.locator(".mq-capacity summary", has_text=title)
        summary.focus()
        page.keyboard.press("Enter")


def test_it_begins_with_the_worked_example_and_follows_what_is_typed(page: Any) -> None:
    assert shown(page) == expected(TRILLION)
    unfold(page)
    field(page, "Copies").fill("2")
    field(page, "Consumers read from").select_option("nearest")
    field(page, "Network of a broker (Gbit/s)").fill("25")
    field(page, "Broker (per hour)").fill("0.5")
    workload = replace(TRILLION, copies=2, fetch="nearest")
    wanted = expected(workload, Rates(network_gbit_per_s=25), Prices(broker_hour=0.5))
    assert shown(page) == wanted
    brokers = next(row[1] for row in wanted if row[0] == "Brokers")
    assert page.get_by_role("status").inner_text().startswith(f"{brokers}, ")
    page.get_by_label("Start from").select_option(label="an order pipeline")
    assert shown(page) == expected(PRESETS[1].workload)


def test_a_wrong_number_is_named_with_unit_and_range_and_the_results_stay(page: Any) -> None:
    copies = field(page, "Copies")
    copies.fill("2.5")
    status = page.get_by_role("status").inner_text()
    assert status.startswith("Copies is '2.5'. Allowed: whole numbers from 1 to 10 copies.")
    assert copies.get_attribute("aria-invalid") == "true"
    assert shown(page) == expected(TRILLION)
    copies.fill("3")
    assert copies.get_attribute("aria-invalid") is None
    assert "Allowed" not in page.get_by_role("status").inner_text()


def test_every_field_is_reached_and_filled_by_keys_alone(page: Any) -> None:
    page.get_by_label("Start from").focus()
    names = [page.evaluate("document.activeElement.name")]
    for _ in range(26):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.tagName") == "SUMMARY":
            page.keyboard.press("Enter")
            continue
        names.append(page.evaluate("document.activeElement.name"))
        if names[-1] == "groups":
            page.keyboard.press("ControlOrMeta+a")
            page.keyboard.type("4")
    specs = [spec["name"] for group in (Workload, Rates, Prices) for spec in group.specs()]
    assert names == ["preset", *specs]
    assert shown(page) == expected(replace(TRILLION, groups=4))
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline != "none"


def test_nothing_is_wider_than_the_page_and_every_field_is_large_enough_to_touch(page: Any) -> None:
    unfold(page)
    wide = page.evaluate(
        """[...document.querySelectorAll(".mq-capacity, .mq-capacity *")].filter((one) =>
            one.getBoundingClientRect().right > innerWidth + 1).map((one) => one.outerHTML.slice(0, 80))"""
    )
    assert wide == []
    heights = page.evaluate(
        '[...document.querySelectorAll(".mq-capacity :is(input, select)")].map((one) => one.offsetHeight)'
    )
    assert len(heights) == 25
    assert min(heights) >= 24


def test_the_calculator_passes_the_accessibility_rules(page: Any, axe: str) -> None:
    unfold(page)
    page.evaluate(axe)
    found = page.evaluate('axe.run(".mq-capacity")')["violations"]
    assert [(one["id"], one["nodes"][0]["html"][:100]) for one in found] == []


def test_without_scripts_the_worked_example_is_in_the_page(built: Any, browser: Any) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(built.address(PAGE))
        rows = page.locator(".mq-capacity tr[data-figure]")
        assert rows.count() == len(expected(TRILLION))
        assert rows.first.inner_text().startswith("Mean rate")
        assert page.locator(".mq-capacity form").count() == 0


def test_it_works_from_a_folder_and_without_a_network(built: Any, browser: Any) -> None:
    with browser.new_context(offline=True) as context:
        page = context.new_page()
        page.goto((built.folder / f"{PAGE}.html").as_uri())
        field(page, "Consumer groups").fill("4")
        assert shown(page) == expected(replace(TRILLION, groups=4))


def test_only_its_page_loads_it(built: Any) -> None:
    holding = [
        name
        for name in built.pages
        if "capacity/capacity.js" in (built.folder / f"{name}.html").read_text(encoding="utf-8")
    ]
    assert holding == [PAGE]
