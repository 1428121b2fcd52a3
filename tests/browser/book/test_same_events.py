"""The same events at three brokers, in their page: Python's states, by keyboard, by link, at phone width, without scripts."""

import gzip
from collections.abc import Iterator
from typing import Any

import pytest

from mqcourse.whatif.event import LABELS, decoded, surprise
from mqcourse.whatif.page import BUNDLE, STYLE
from mqcourse.whatif.preset import PRESETS
from mqcourse.whatif.side_by_side import TITLES, played

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.timeout(1200)]
PAGE = "book/interview/same-events"


def expected(events: list[str]) -> tuple[list[list[str]], list[list[list[str]]]]:
    """What each event did, and in the end for each broker the messages of each place."""
    rows = played(events)
    said = [[told.say for told in row.told] for row in rows[1:]]
    places = [
        [[f"m{token.number}" for token in shelf.tokens] for shelf in shelves] for shelves in rows[-1].shelves
    ]
    return said, places


def shown(page: Any) -> tuple[list[list[str]], list[list[list[str]]]]:
    """The same as a reader sees it."""
    said = page.evaluate(
        """[...document.querySelectorAll(".mq-events-table tbody tr")].map((row) =>
            [...row.querySelectorAll("td")].map((cell) => cell.textContent))"""
    )
    places = page.evaluate(
        """[...document.querySelectorAll(".mq-events-broker")].map((broker) =>
            [...broker.querySelectorAll(".mq-events-shelf")].map((shelf) =>
                [...shelf.nextElementSibling.querySelectorAll("li")].map((one) => one.firstChild.textContent)))"""
    )
    return said, places


@pytest.fixture(params=["light", "dark", "phone"])
def page(request: pytest.FixtureRequest, built: Any, browser: Any) -> Iterator[Any]:
    with browser.new_context(
        reduced_motion="reduce",
        color_scheme="dark" if request.param == "dark" else "light",
        viewport={"width": 390 if request.param == "phone" else 1280, "height": 844},
        has_touch=request.param == "phone",
    ) as context:
        context.set_default_timeout(120_000)
        page = context.new_page()
        page.goto(built.address(PAGE))
        page.locator(".mq-events-form").wait_for()
        yield page


def test_it_is_read_in_every_view_and_passes_the_accessibility_rules(page: Any, axe: str) -> None:
    assert shown(page) == expected(decoded(list(PRESETS[0].letters)))
    wide = page.evaluate(
        """[...document.querySelectorAll(".mq-events, .mq-events *")].filter((one) =>
            one.getBoundingClientRect().right > innerWidth + 1).map((one) => one.outerHTML.slice(0, 80))"""
    )
    assert wide == []
    heights = page.evaluate(
        '[...document.querySelectorAll(".mq-events :is(button, input, select)")].map((one) => one.offsetHeight)'
    )
    assert len(heights) == 2 + 1 + len(LABELS) + 4
    assert min(heights) >= 24
    page.evaluate(axe)
    found = page.evaluate('axe.run(".mq-events")')["violations"]
    assert [(one["id"], one["nodes"][0]["html"][:100]) for one in found] == []


def test_a_walk_by_keys_causes_events_takes_them_back_and_is_told_to_a_screen_reader(
    built: Any, browser: Any
) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(built.address(PAGE))
        page.get_by_label("Start from").focus()
        page.keyboard.press("Home")
        assert shown(page) == expected([])
        named = "document.activeElement.textContent"
        events = []
        for label, event, times in (
            ("Publish", "publish", 2),
            ("Receive", "receive", 1),
            ("Kill the consumer", "kill", 1),
        ):
            while page.evaluate(named) != label:
                page.keyboard.press("Tab")
            assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
            for _ in range(times):
                page.keyboard.press("Enter")
                events.append(event)
        assert shown(page) == expected(events)
        told = page.locator(".mq-events").get_by_role("status").inner_text()
        assert told.startswith("Event 4, Kill the consumer.")
        assert all(f"{broker}: {say}" in told for broker, say in zip(TITLES, shown(page)[0][-1], strict=True))
        while page.evaluate(named) != "Undo":
            page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        assert shown(page) == expected(events[:-1])
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        assert shown(page) == expected(events)
        assert page.url.endswith("#events=pprk")


def test_a_link_restores_its_events_and_a_seed_draws_them(built: Any, browser: Any) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{built.address(PAGE)}#events=pprrskwrr")
        page.locator(".mq-events-form").wait_for()
        assert shown(page) == expected(decoded(list("pprrskwrr")))
        assert page.get_by_label("Start from").input_value() == "one-settled-of-two"
        page.evaluate('location.hash = "#events=ppr"')
        page.wait_for_function('document.querySelectorAll(".mq-events-table tbody tr").length === 3')
        page.get_by_label("Seed", exact=True).fill("4711")
        page.keyboard.press("Enter")
        assert shown(page) == expected(surprise(4711))
        page.get_by_role("button", name="Surprise me").click()
        seed = int(page.get_by_label("Seed", exact=True).input_value())
        assert shown(page) == expected(surprise(seed))


def test_it_works_from_a_folder_and_without_a_network(built: Any, browser: Any) -> None:
    with browser.new_context(offline=True) as context:
        page = context.new_page()
        page.goto((built.folder / f"{PAGE}.html").as_uri())
        page.get_by_label("Start from").select_option("poison")
        events = decoded(list(next(one.letters for one in PRESETS if one.name == "poison")))
        page.get_by_role("button", name="Receive", exact=True).click()
        assert shown(page) == expected([*events, "receive"])


def test_without_scripts_the_first_list_is_in_the_page(built: Any, browser: Any) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(built.address(PAGE))
        rows = page.locator(".mq-events-table tbody tr")
        assert rows.count() == len(PRESETS[0].letters)
        assert rows.first.inner_text().startswith("1. Publish")
        assert page.locator(".mq-events button").count() == 0


def test_only_its_page_loads_it_and_that_page_is_light(built: Any) -> None:
    holding = [
        name
        for name in built.pages
        if "whatif/same_events.js" in (built.folder / f"{name}.html").read_text(encoding="utf-8")
    ]
    assert holding == [PAGE]
    assert sum(len(gzip.compress(path.read_bytes())) for path in (BUNDLE, STYLE)) < 20_000
