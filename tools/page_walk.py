"""One walk through the whole book in a real browser: what every page showed and asked for, in one view."""

import gzip
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from tools import layout_shift

VIEWS: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light", "viewport": {"width": 1280, "height": 900}},
    "dark": {"color_scheme": "dark", "viewport": {"width": 1280, "height": 900}},
    "phone": {"color_scheme": "light", "viewport": {"width": 390, "height": 844}, "has_touch": True},
}


CONTRAST = "color-contrast"
SHOWN_AND_SAID = "label-content-name-mismatch"
RULES: dict[str, dict[str, Any]] = {
    "light": {"rules": {SHOWN_AND_SAID: {"enabled": True}}},
    "dark": {"runOnly": [CONTRAST]},
    "phone": {"rules": {SHOWN_AND_SAID: {"enabled": True}, CONTRAST: {"enabled": False}}},
}
"""What axe looks at in each view: all, then only what another view can change. Contrast takes most of its time.

The dark view is the light one's page in the other mode, not loaded again.
"""
HELD = {SHOWN_AND_SAID, "region", "landmark-unique"}
"""Held besides what axe calls serious or critical: voice control and a screen reader's list of landmarks need them."""
OPEN_ALL = "document.querySelectorAll('details').forEach(details => { details.open = true })"
ONE_OF_EACH = """() => {
    axe.configure({rules: [{id: "color-contrast", selector: "[data-one-of-each]"}]});
    const known = new Set();
    const visit = (root, way) => {
        for (const one of root.children) {
            const drawn = getComputedStyle(one);
            const colours = [drawn.color, drawn.backgroundColor, drawn.backgroundImage, drawn.opacity];
            const here = [
                way, one.tagName, one.getAttribute("class"), one.getAttribute("style"), colours, drawn.fontSize, drawn.fontWeight
            ].join(" ");
            const speaks = [...one.childNodes].some(node => node.nodeType === Node.TEXT_NODE && node.data.trim());
            if ((speaks || one.matches("input, select, textarea")) && !known.has(here)) {
                known.add(here);
                one.dataset.oneOfEach = "";
            }
            visit(one, here);
            if (one.shadowRoot) visit(one.shadowRoot, here);
        }
    };
    visit(document, "");
    for (const one of document.querySelectorAll("pre span:not([data-one-of-each])")) one.replaceWith(...one.childNodes);
    for (const one of document.querySelectorAll("svg :is(path, use, defs, line, rect, circle)")) one.remove();
}"""
"""Has axe look at the contrast of one text of each kind: same elements, classes and colours all the way up.

A page of code has 3,000 coloured words of 120 kinds, and axe takes 10 ms for each. The other words stay as text
without their elements, and the shapes of drawings go: no rule of axe is about them, and they are half of all elements.
"""


ASKS = "asks "
"""What a request to another host begins with in Seen.wrong."""


@dataclass
class Seen:
    """One page as a view showed it."""

    name: str
    title: str = ""
    wrong: list[str] = field(default_factory=list)
    """Warnings and errors of the console, requests to other hosts, answers of 400 and above."""
    wide_px: int = 0
    screen_px: int = 0
    cells: int = 0
    outputs: int = 0
    tracebacks: int = 0
    barriers: list[str] = field(default_factory=list)
    """What axe found, as far as it is serious, critical or held."""
    weight_kb: float = 0
    """What it loaded before its reader did anything, packed as hosts do, with nothing kept from other pages."""
    files: int = 0
    """How many files that were."""
    shift: float = 0
    """How far its text moved meanwhile, the cumulative layout shift, without unit."""

    @property
    def third_parties(self) -> list[str]:
        """The requests to other hosts."""
        return [one for one in self.wrong if one.startswith(ASKS)]


MOST_KB = 250
"""No page loads more before its reader acts."""


def walk(
    kind: str,
    folder: Path,
    url: str,
    names: Sequence[str],
    browser: Any,
    axe: str,
) -> list[Seen]:
    """Every page that is named, then the search page; each is loaded once, and in "light" looked at in dark as well.

    `url` is where `folder` is served, with a slash at its end; names are without `.html`, and `axe` is axe-core's source.
    """
    own = urlsplit(url).netloc
    pages = [Seen(name) for name in [*names, "search"]]
    heard: list[str] = []
    loaded: set[Path] = set()

    def note(answer: Any) -> None:
        if answer.status >= 400:
            heard.append(f"{answer.status} {answer.url}")
        elif answer.url.startswith(url):
            loaded.add(folder / unquote(urlsplit(answer.url.removeprefix(url)).path))

    with browser.new_context(reduced_motion="reduce", **VIEWS[kind]) as context:
        page = context.new_page()
        page.add_init_script(layout_shift.WATCH)
        page.on("console", lambda m: heard.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: heard.append(str(error)))
        page.on(
            "request",
            lambda r: None if urlsplit(r.url).netloc in (own, "") else heard.append(f"{ASKS}{r.url}"),
        )
        page.on("response", note)
        for now in pages:
            heard.clear()  # axe's own requests for style sheets
            loaded.clear()
            page.goto(f"{url}{now.name}.html")
            page.wait_for_load_state("networkidle")
            now.weight_kb = sum(packed_bytes(file) for file in loaded) / 1000
            now.files = len(loaded)
            now.shift = layout_shift.of(page).score
            now.title = page.title()
            now.wide_px, now.screen_px = page.evaluate(
                "[document.documentElement.scrollWidth, window.innerWidth]"
            )
            now.cells = page.locator("div.cell div.cell_input").count()
            now.outputs = page.locator("div.cell div.cell_output").count()
            now.tracebacks = page.locator(".output.traceback").count()
            now.wrong = [*heard]
            if now.name in names:
                page.evaluate(OPEN_ALL)
                page.evaluate(axe)
                page.evaluate(ONE_OF_EACH)
                now.barriers = _barriers(page, kind)
                if kind == "light":
                    page.emulate_media(color_scheme="dark")
                    now.barriers += [f"in dark: {barrier}" for barrier in _barriers(page, "dark")]
                    page.emulate_media(color_scheme="light")
    return pages


@cache
def packed_bytes(file: Path) -> int:
    """The size of a file as a host sends it."""
    return len(gzip.compress(file.read_bytes(), compresslevel=6)) if file.is_file() else 0


def _barriers(page: Any, kind: str) -> list[str]:
    page.wait_for_function(
        "scheme => document.documentElement.dataset.theme === scheme", arg=VIEWS[kind]["color_scheme"]
    )
    result = page.evaluate("options => axe.run(options)", {"resultTypes": ["violations"], **RULES[kind]})
    return [
        f"{violation['id']}: {violation['help']}: {[_where(node['target']) for node in violation['nodes'][:3]]}"
        for violation in result["violations"]
        if violation["impact"] in ("serious", "critical") or violation["id"] in HELD
    ]


def _where(target: list[str | list[str]]) -> str:
    """A place as axe names it: selectors, and a list of them for the way into a shadow tree."""
    return " ".join(step if isinstance(step, str) else " >>> ".join(step) for step in target)
