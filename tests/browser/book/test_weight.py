"""What a page loads before its reader does anything, packed as static hosts do."""

import gzip
from typing import Any

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.timeout(1200)]

MOST_KB = 250


@pytest.mark.parametrize(
    "name", ["book/index", "book/rabbitmq/work-queue", "book/interview/what-backpressure-is"]
)
def test_a_page_stays_within_its_weight_and_fetches_no_icons(built: Any, browser: Any, name: str) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        answers: list[Any] = []

        def note(answer: Any) -> None:
            answers.append(answer)

        page.on("response", note)
        page.goto(built.address(name), wait_until="networkidle")
        sizes = {answer.url.removeprefix(built.url): len(gzip.compress(answer.body())) for answer in answers}
        assert not [url for url in sizes if "fontawesome" in url]
        assert sum(sizes.values()) <= 1000 * MOST_KB, sizes
        theme = page.locator(".theme-switch:visible").first
        assert theme.bounding_box()["width"] > 10  # an icon is drawn where no text is
