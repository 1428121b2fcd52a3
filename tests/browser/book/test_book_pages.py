"""Every page of the book in a real browser: quiet, self-contained, accessible, in light, dark and phone width."""

from pathlib import Path
from typing import Any

import pytest

from mqcourse.stack.services.book_server import server, serving
from tools import layout_shift, page_links
from tools.page_walk import MOST_KB, ONE_OF_EACH, VIEWS, Seen, walk

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.timeout(1200)]


@pytest.fixture(scope="module", params=["light", "phone"])
def seen(request: pytest.FixtureRequest, built: Any, browser: Any, axe: str) -> list[Seen]:
    """Every page in that view, and for "light" its barriers in dark too."""
    return walk(request.param, built.folder, built.url, built.pages, browser, axe)


def test_no_page_asks_another_host_and_none_complains(seen: list[Seen]) -> None:
    assert {page.name: page.wrong for page in seen if page.wrong} == {}
    assert all(page.title for page in seen)


def test_no_page_is_heavy_before_its_reader_acts(seen: list[Seen]) -> None:
    assert min(page.weight_kb for page in seen) > 60  # scripts and styles alone
    assert {page.name: page.weight_kb for page in seen if page.weight_kb > MOST_KB} == {}


def test_no_page_moves_while_it_loads(seen: list[Seen]) -> None:
    assert {page.name: page.shift for page in seen if page.shift > layout_shift.MOST} == {}


def test_every_link_and_anchor_of_the_book_leads_somewhere(built: Any) -> None:
    assert page_links.broken(built.folder) == []


def test_no_page_is_wider_than_its_screen(seen: list[Seen]) -> None:
    assert [(page.name, page.wide_px) for page in seen if page.wide_px > page.screen_px] == []


def test_every_page_passes_the_accessibility_rules(seen: list[Seen]) -> None:
    assert {page.name: page.barriers for page in seen if page.barriers} == {}


def test_executed_chapters_hold_the_brokers_output_and_no_error(built: Any, seen: list[Seen]) -> None:
    for page in seen:
        source = page.name in built.pages and "```{code-cell}" in built_source(page.name)
        assert bool(page.cells) == source, page.name
        assert not source or page.outputs, page.name
        assert page.tracebacks == 0 or "goes-wrong" in page.name, page.name


def test_every_page_opens_from_its_folder_without_a_server(built: Any, browser: Any) -> None:
    wrong: list[str] = []
    now = ""
    with browser.new_context(offline=True) as context:
        page = context.new_page()
        page.on(
            "console", lambda m: wrong.append(f"{now}: {m.text}") if m.type in ("error", "warning") else None
        )
        page.on("pageerror", lambda error: wrong.append(f"{now}: {error}"))
        for now in built.pages:
            page.goto((built.folder / f"{now}.html").as_uri())
            page.wait_for_function(
                "[...document.querySelectorAll('backpressure-explorer')].every(one => one.shadowRoot)"
            )
        assert not wrong


def test_an_address_that_is_not_there_leads_back_to_the_book(built: Any, browser: Any) -> None:
    gone = (built.folder / "404.html").read_text(encoding="utf-8")
    with browser.new_context(**VIEWS["phone"]) as context:
        page = context.new_page()
        for address in ("https://book.test/deep/book/kafka/lgo.html", "https://book.test/book/lgo.html"):
            page.route("**/*", lambda route: route.fulfill(status=404, body=gone, content_type="text/html"))
            page.goto(address)
            link = page.get_by_role("link", name="Open the book")
            assert link.evaluate("one => one.href") == address.partition("/book/")[0] + "/book/index.html"


def test_an_explorer_from_a_folder_runs_large_scenarios_and_says_why_python_cannot(
    built: Any, browser: Any
) -> None:
    with browser.new_context(offline=True) as context:
        page = context.new_page()
        page.goto((built.folder / "book/interview/what-backpressure-is.html").as_uri())
        explorer = page.locator("backpressure-explorer").first
        page.wait_for_function("document.querySelector('backpressure-explorer').view")
        # a journal is always asked of the worker, which a browser does not start from a file
        assert explorer.evaluate(
            "async one => (await one.view.options.model.journal(one.view.sides[0])).times.length"
        )
        explorer.get_by_role("button", name="Run the real Python").click()
        assert "needs the book to be served" in explorer.locator(".python-state").inner_text()


def test_without_scripts_the_boxes_keep_their_colours(built: Any, browser: Any) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(built.address("book/interview/questions"))
        box = page.locator(".mq-head")
        assert box.evaluate("one => getComputedStyle(one).backgroundColor") != "rgba(0, 0, 0, 0)"


def test_what_scrolls_sideways_fades_at_the_edge_that_hides_more(built: Any, browser: Any) -> None:
    with browser.new_context(**VIEWS["phone"]) as context:
        page = context.new_page()
        page.goto(built.address("book/interview/which-broker"))
        table = page.locator(".pst-scrollable-table-container", has_text="Service Bus queue").first
        assert "mq-more-right" in table.get_attribute("class")
        table.evaluate("box => box.scrollTo({left: box.scrollWidth, behavior: 'instant'})")
        page.wait_for_selector(".mq-more-left:not(.mq-more-right)")


@pytest.mark.parametrize("wrong", ["", "color: #bbb"])
def test_one_text_of_each_kind_is_enough_to_find_a_pale_one(browser: Any, axe: str, wrong: str) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        words = ["<span class='k'>def</span>"] * 50 + [f"<span class='k' style='{wrong}'>return</span>"]
        page.set_content(f"<main><pre>{' '.join(words)}</pre></main>")
        page.evaluate(axe)
        page.evaluate(ONE_OF_EACH)
        assert page.locator("[data-one-of-each]").count() == 1 + bool(wrong)
        found = page.evaluate("axe.run({runOnly: ['color-contrast']})")["violations"]
        assert [node["html"] for each in found for node in each["nodes"]] == (
            [f'<span class="k" style="{wrong}" data-one-of-each="">return</span>'] if wrong else []
        )


PAGE_WITH_MODES = """<!doctype html><html lang="en"><head><title>A page</title><link rel="stylesheet" href="modes.css">
<script src="modes.js"></script></head><body><main><h1>A page</h1><pre>while <span class="k">true</span></pre></main>
</body></html>"""
MODES_CSS = '[data-theme="dark"] { background: #111; color: #eee } [data-theme="dark"] .k { color: #333 }'
MODES_JS = """const dark = matchMedia("(prefers-color-scheme: dark)");
const follow = () => { document.documentElement.dataset.theme = dark.matches ? "dark" : "light"; };
dark.addEventListener("change", follow);
follow();"""


def test_a_word_that_is_pale_in_dark_only_is_found(tmp_path: Path, browser: Any, axe: str) -> None:
    files = {
        "one.html": PAGE_WITH_MODES,
        "search.html": PAGE_WITH_MODES,
        "modes.css": MODES_CSS,
        "modes.js": MODES_JS,
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    with serving(server(tmp_path, 0)) as address:
        page, _ = walk("light", tmp_path, f"{address}/", ["one"], browser, axe)
    (barrier,) = page.barriers
    assert barrier.startswith("in dark: color-contrast:")
    assert barrier.endswith("['span']")


def built_source(name: str) -> str:
    from mqcourse.home import CHECKOUT

    return (CHECKOUT / f"{name}.md").read_text(encoding="utf-8")


def test_a_figure_changes_its_ink_with_the_mode(built: Any, browser: Any) -> None:
    inks = {}
    for mode in ("light", "dark"):
        with browser.new_context(**VIEWS[mode]) as context:
            page = context.new_page()
            page.goto(built.address("book/foundations/decoupling"))
            page.wait_for_load_state("networkidle")
            figures = page.locator("svg.mq-figure")
            assert figures.count() >= 2
            assert all(figure.get_attribute("aria-label") for figure in figures.all())
            inks[mode] = figures.first.evaluate("svg => getComputedStyle(svg).color")
    assert inks["light"] != inks["dark"]


def test_the_readers_mode_is_set_before_the_themes_script_comes(built: Any, browser: Any) -> None:
    for chosen, expected in ((None, "dark"), ("light", "light")):
        with browser.new_context(**VIEWS["dark"]) as context:
            context.route("**/pydata-sphinx-theme.js*", lambda route: route.abort())
            if chosen:
                context.add_init_script(
                    f"localStorage.setItem('mode', '{chosen}'); localStorage.setItem('theme', '{chosen}')"
                )
            page = context.new_page()
            page.goto(built.address("book/foundations/decoupling"))
            assert page.evaluate("document.documentElement.dataset.theme") == expected


def test_the_folder_opens_at_the_first_page(built: Any, browser: Any) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(built.url)
        page.wait_for_url("**/book/index.html")
        assert "Mastering message queues" in page.locator("article h1").inner_text()
        assert page.title() == "Mastering message queues"
