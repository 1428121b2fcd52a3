"""The published site: below a path of a static host."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from mqcourse.book.publish import publish
from mqcourse.book.site_address import read_address
from mqcourse.stack.services.book_server import serving
from tests.browser.book.conftest import Quiet

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.timeout(1200)]

PATH = "some/course"
LOADED = re.compile(r'<(?:script|img|link)\b[^>]*?\b(?:src|href)="(?!https?:)([^"#?]+)')


class StaticHost(Quiet):
    """A host that serves files, and a site's own page for an address that is not there."""

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        missing = Path(self.directory, PATH, "404.html")
        if code == HTTPStatus.NOT_FOUND and missing.is_file():
            self.error_message_format = missing.read_text(encoding="utf-8").replace("%", "%%")
        super().send_error(code, message, explain)


@dataclass
class Site:
    """The folder and the address of a site."""

    folder: Path
    url: str


@pytest.fixture(scope="module")
def site(built: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The built book, published below a path."""
    root = tmp_path_factory.mktemp("host")
    made = ThreadingHTTPServer(("127.0.0.1", 0), partial(StaticHost, directory=str(root)))
    with serving(made) as host:
        url = f"{host}/{PATH}/"
        publish(built.folder, root / PATH, read_address(url))
        yield Site(root / PATH, url)


def test_a_site_below_a_path_opens_searches_and_asks_for_nothing_above_it(site: Site, browser: Any) -> None:
    wrong: list[str] = []
    with browser.new_context() as context:
        page = context.new_page()
        page.on("console", lambda m: wrong.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda r: None if r.url.startswith(site.url) else wrong.append(r.url))
        page.on("response", lambda r: wrong.append(f"{r.status} {r.url}") if r.status >= 400 else None)
        page.goto(site.url)
        page.wait_for_url(f"{site.url}book/index.html")
        for name in ("book/interview/what-backpressure-is", "book/questions/review"):
            page.goto(f"{site.url}{name}.html")
            page.wait_for_load_state("networkidle")
            canonical = page.locator("link[rel=canonical]").get_attribute("href")
            assert canonical == f"{site.url}{name}.html"
        page.goto(f"{site.url}search.html?q=dead+letter")
        page.locator("#search-results a").first.click()
        page.wait_for_url(f"{site.url}book/**")
    assert wrong == []


def test_whatever_a_page_of_the_site_loads_or_links_is_in_its_folder(site: Site) -> None:
    pages = sorted(site.folder.glob("book/**/*.html"))
    missing = {
        (page.name, name)
        for page in [*pages, site.folder / "search.html"]
        for name in LOADED.findall(page.read_text(encoding="utf-8"))
        if not (page.parent / name).exists()
    }
    assert len(pages) > 40
    assert missing == set()


def test_a_wrong_address_at_any_depth_leads_to_the_first_page(site: Site, browser: Any) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        for wrong in ("lgo.html", "book/kafka/lgo.html", "a/b/c/d"):
            assert page.goto(site.url + wrong).status == 404
            page.get_by_role("link", name="Open the book").click()
            page.wait_for_url(f"{site.url}book/index.html")
