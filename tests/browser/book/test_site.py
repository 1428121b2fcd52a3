"""The published site: below a path of a static host."""

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from mqcourse.book.publish import publish
from mqcourse.book.site_address import read_address
from mqcourse.stack.services.book_server import serving

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.timeout(1200)]

PATH = "some/course"
LOADED = re.compile(r'<(?:script|img|link)\b[^>]*?\b(?:src|href)="(?!https?:)([^"#?]+)')


class StaticHost(SimpleHTTPRequestHandler):
    """A host that serves files, and a site's own page for an address that is not there."""

    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        super().do_GET()

    def log_message(self, *_: Any) -> None:
        pass

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


UPDATED = """async () => {
  const registration = await navigator.serviceWorker.ready;
  await registration.update();
  while (registration.installing || registration.waiting || registration.active.state !== "activated")
    await new Promise((resolve) => setTimeout(resolve, 50));
}"""
KEPT = """async () => {
  const [name] = await caches.keys();
  return (await (await caches.open(name)).keys()).map((request) => new URL(request.url).pathname);
}"""


def test_a_visited_site_is_read_without_a_network_and_a_new_build_is_shown_at_once(
    built: Any, browser: Any, site: Site, tmp_path: Path
) -> None:
    log, explorers = f"{site.url}book/kafka/log.html", f"{site.url}book/interview/what-backpressure-is.html"
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(site.url)
        page.wait_for_url(f"{site.url}book/index.html")
        page.evaluate("navigator.serviceWorker.ready.then(() => true)")  # active: everything is kept
        context.set_offline(True)
        StaticHost.asked.clear()
        page.goto(log)
        title = page.locator("article h1").inner_text()
        page.goto(f"{site.url}search.html?q=dead+letter")
        page.locator("#search-results a").first.wait_for(timeout=60_000)
        page.goto(explorers)
        page.locator("backpressure-explorer[data-state=calm]").first.wait_for(timeout=60_000)
        # The browser asks by itself whether there is a newer worker, and does so without the page's emulated network.
        assert set(StaticHost.asked) <= {f"/{PATH}/offline-worker.js"}

        context.set_offline(False)
        newer = tmp_path / "html"
        shutil.copytree(built.folder, newer)
        file = newer / "book" / "kafka" / "log.html"
        text = file.read_text(encoding="utf-8")
        file.write_text(text.replace("</h1>", " in a newer build</h1>"), encoding="utf-8")
        publish(newer, site.folder, read_address(site.url))
        StaticHost.asked.clear()
        page.goto(log)
        assert "in a newer build" in page.locator("article h1").inner_text()
        page.evaluate(UPDATED)
        again = [path for path in StaticHost.asked if path.endswith(".html")]
        assert set(again) == {f"/{PATH}/book/kafka/log.html"}  # what did not change is not fetched again
        context.set_offline(True)
        page.goto(log)
        assert "in a newer build" in page.locator("article h1").inner_text()
        assert title not in ("", page.locator("article h1").inner_text())
        kept = page.evaluate(KEPT)
        assert len(kept) == len(set(kept))  # of the older build no file is left
        page.goto(explorers)


def test_only_a_site_keeps_itself_and_not_when_it_is_opened_from_its_folder(
    built: Any, browser: Any, site: Site
) -> None:
    wrong: list[str] = []
    assert not list(built.folder.rglob("offline*.js"))
    with browser.new_context(offline=True) as context:
        page = context.new_page()
        page.on("console", lambda m: wrong.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto((site.folder / "book" / "kafka" / "log.html").as_uri())
        page.wait_for_load_state("load")
        assert page.locator("script[src$='offline.js']").count() == 1
    assert wrong == []
