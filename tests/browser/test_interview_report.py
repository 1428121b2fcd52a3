"""The report of a mock interview in a real browser: axe has no finding, no line is wider than a phone, in both modes."""

from typing import Any

import pytest

from mqcourse.interview.report import markdown, title
from mqcourse.report_page import html
from tests.interview.candidates import interview, up_to

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width_px", [390, 1000])
def test_the_report_is_readable_by_everybody(browser: Any, axe: str, scheme: str, width_px: int) -> None:
    whole = interview(up_to("mid"))
    context = browser.new_context(color_scheme=scheme, viewport={"width": width_px, "height": 900})
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.set_content(html(title(whole), markdown(whole)))
    page.evaluate(axe)
    assert [found["id"] for found in page.evaluate("axe.run()")["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width_px
    assert asked == []
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (paper == "rgb(255, 255, 255)") == (scheme == "light")
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    context.close()
