"""What a page loads before its reader does anything, packed as static hosts do."""

import gzip
import re
from typing import Any

import pytest

from tools.page_walk import MOST_KB

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.timeout(1200)]


@pytest.mark.parametrize(
    "name",
    [
        "book/index",
        "book/rabbitmq/work-queue",
        "book/interview/what-backpressure-is",
        "book/interview/same-events",
    ],
)
def test_a_page_stays_within_its_weight_and_fetches_no_icons(built: Any, browser: Any, name: str) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        answers: list[Any] = []

        def note(answer: Any) -> None:
            answers.append(answer)

        page.on("response", note)
        page.goto(built.address(name))
        page.wait_for_load_state("networkidle")
        sizes = {answer.url.removeprefix(built.url): len(gzip.compress(answer.body())) for answer in answers}
        assert not [url for url in sizes if "fontawesome" in url]
        assert sum(sizes.values()) <= 1000 * MOST_KB, sizes
        theme = page.locator(".theme-switch:visible").first
        assert theme.bounding_box()["width"] > 10  # an icon is drawn where no text is


LOADED = re.compile(
    r'<(?:script|img)\b[^>]*\bsrc="([^"]+)"|<link\b[^>]*\bhref="([^"]+)"[^>]*rel="stylesheet"'
    r'|<link\b[^>]*rel="stylesheet"[^>]*\bhref="([^"]+)"'
)


def test_the_review_and_the_longest_list_of_cards_are_light_before_their_reader_acts(built: Any) -> None:
    """By the files alone: what a page names, packed."""

    def packed_kb(page: str) -> float:
        html = built.folder / f"{page}.html"
        names = {next(filter(None, found)) for found in LOADED.findall(html.read_text(encoding="utf-8"))}
        files = [html, *(html.parent / name.partition("?")[0] for name in names)]
        assert len(files) > 10
        return sum(len(gzip.compress(file.read_bytes())) for file in files) / 1000

    lists = [page for page in built.pages if page.startswith("book/questions/")]
    weights = {page: packed_kb(page) for page in lists}
    assert max(weights.values()) <= MOST_KB, weights
