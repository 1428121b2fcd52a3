"""The whole site in one table: every page in light, dark and on a phone, its weight, shifts, console, accessibility and links."""

from collections.abc import Callable, Sequence
from typing import Any

from benchmarks._static_host import static_host
from benchmarks.page import built_book
from mqcourse.bench.table import Table
from mqcourse.book.chapter import pages
from mqcourse.home import CHECKOUT
from mqcourse.install.npm import node_modules
from tools import page_links
from tools.browser import chromium
from tools.page_walk import MOST_SHIFT, VIEWS, Seen, too_heavy, walk

AXE = CHECKOUT / "tests" / "browser" / "book" / "axe"
"""Where axe-core is locked."""


def measure(say: Callable[[str], None]) -> Table:
    """One walk in each view; what a browser test of `make test` holds, and the same limits."""
    html = built_book()
    names = [f"book/{page.name}" for page in pages()]
    axe = (node_modules(AXE) / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
    with static_host(html) as host, chromium() as browser:
        seen = {view: walk(view, html, host, names, browser, axe, say) for view in VIEWS}
        version = browser.version
    links = page_links.broken(html)
    every = [page for found in seen.values() for page in found]
    limits: list[tuple[str, float, str, bool]] = [
        exactly_none("pages above their weight", [page.name for page in every if too_heavy(page)]),
        (
            "largest shift of content",
            max(page.shift for page in every),
            f"at most {MOST_SHIFT}",
            all(page.shift <= MOST_SHIFT for page in every),
        ),
        exactly_none(
            "errors, warnings and requests to others", [one for page in every for one in page.wrong]
        ),
        exactly_none("pages wider than their screen", [p.name for p in every if p.wide_px > p.screen_px]),
        exactly_none("findings of axe", [one for page in every for one in page.barriers]),
        exactly_none("broken links and anchors", links),
    ]
    return Table(
        title="The site",
        columns=[
            *("view", "pages", "median kB", "heaviest page", "kB", "largest shift"),
            *("errors and requests to others", "findings of axe"),
        ],
        rows=[row(view, found) for view, found in seen.items()],
        versions={"Chromium": version},
        targets=limits,
        notes=[
            "Weight: what a page loads before its reader does anything, packed by gzip, with nothing kept from other pages. "
            "The limit is 250 kB, and 300 kB for a page of interview cards.",
            "Shift: the sum of all layout shifts of a load, which CLS is at most. Pages are on this machine, so none of them is "
            "caused by a slow line.",
            "axe: serious and critical findings, and two rules more (tools/page_walk.py), with every folded part open.",
        ],
    )


def row(view: str, seen: Sequence[Seen]) -> list[Any]:
    """One view."""
    heaviest = max(seen, key=lambda page: page.weight_kb)
    return [
        view,
        len(seen),
        sorted(page.weight_kb for page in seen)[len(seen) // 2],
        heaviest.name.removeprefix("book/"),
        heaviest.weight_kb,
        max(page.shift for page in seen),
        sum(len(page.wrong) for page in seen),
        sum(len(page.barriers) for page in seen),
    ]


def exactly_none(what: str, found: Sequence[str]) -> tuple[str, float, str, bool]:
    """A target of which there may be no case; the first one is named."""
    return (f"{what} ({found[0]})" if found else what, len(found), "0", not found)
