"""The text of a page stays where it is while its scripts arrive late."""

import time
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler
from typing import Any

import pytest

from mqcourse.stack.services.book_server import BookServer, serving
from tools import layout_shift
from tools.page_walk import VIEWS

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.timeout(600)]

LATE_S = 0.25
PAGES = (
    "book/index",
    "book/rabbitmq/work-queue",
    "book/interview/what-backpressure-is",
    "book/interview/same-events",
    "book/interview/capacity",
    "book/interview/facts",
    "book/questions/ordering",
    "book/questions/review",
    "book/questions/mock",
)
"""One of each kind."""


class LateScripts(SimpleHTTPRequestHandler):
    """A host whose scripts come well after the page."""

    def do_GET(self) -> None:
        if self.path.partition("?")[0].endswith(".js"):
            time.sleep(LATE_S)  # each request has a thread: this is what a slow line does
        super().do_GET()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def late(built: Any) -> Iterator[str]:
    with serving(BookServer(("127.0.0.1", 0), partial(LateScripts, directory=str(built.folder)))) as address:
        yield address


@pytest.mark.parametrize("view", ["light", "phone"])
def test_nothing_moves_while_scripts_arrive(late: str, browser: Any, view: str) -> None:
    moved = {}
    for name in PAGES:
        with browser.new_context(**VIEWS[view]) as context:
            page = context.new_page()
            page.add_init_script(layout_shift.WATCH)
            page.goto(f"{late}/{name}.html")
            page.wait_for_load_state("networkidle")
            shift = layout_shift.of(page)
            if shift.score > layout_shift.MOST:
                moved[name] = shift
    assert moved == {}


def test_a_text_that_is_pushed_down_is_found(browser: Any) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.add_init_script(layout_shift.WATCH)
        page.goto("data:text/html,<main><h1>A page</h1><p style=%22height:500px%22>Its text</p></main>")
        page.evaluate(layout_shift.PAINTED)
        page.evaluate(
            "document.querySelector('p').before(Object.assign(document.createElement('div'), {style: 'height: 300px'}))"
        )
        shift = layout_shift.of(page)
        assert shift.score > layout_shift.MOST
        assert "p." in shift.moved
