"""A term's explanation in a real browser: by pointer, by keyboard, closed by Escape, inside the window, off paper."""

from typing import Any

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.stack]

SHOWN = """(link) => {
  const style = getComputedStyle(link, "::after");
  return style.content === "none" ? null : { position: style.position, bottom: style.bottom };
}"""


def first_term(built: Any, page: Any) -> Any:
    page.goto(built.address("book/interview/what-backpressure-is"))
    link = page.locator("a.mq-term").first
    assert link.get_attribute("aria-description") == link.get_attribute("data-explained")
    assert link.evaluate(SHOWN) is None
    return link


def test_pointer_and_keyboard_show_it_and_escape_closes_it(built: Any, browser: Any) -> None:
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        page = context.new_page()
        link = first_term(built, page)
        link.hover()
        assert link.evaluate(SHOWN)
        page.keyboard.press("Escape")
        assert link.evaluate(SHOWN) is None
        page.mouse.move(0, 0)
        # focus-visible: as the keyboard does it
        page.keyboard.press("Tab")
        link.evaluate("(link) => link.focus({ focusVisible: true })")
        assert link.evaluate(SHOWN)
        page.keyboard.press("Enter")
        page.wait_for_url("**/glossary.html#term-*")
        assert page.locator("dt:target").count() == 1


def test_on_a_phone_it_is_at_the_lower_edge_and_on_paper_nowhere(built: Any, browser: Any) -> None:
    with browser.new_context(viewport={"width": 390, "height": 844}) as context:
        page = context.new_page()
        link = first_term(built, page)
        link.hover()
        assert link.evaluate(SHOWN)["position"] == "fixed"
        page.emulate_media(media="print")
        assert link.evaluate(SHOWN) is None
