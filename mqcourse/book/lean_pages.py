"""The built pages, made lean: one style sheet for the site, of the rules that its pages can use."""

import re
from collections.abc import Iterable, Iterator
from graphlib import TopologicalSorter
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

import tinycss2

from mqcourse.book.page_head import APART, ONE_SHEET, sheets_of, with_one_sheet
from mqcourse.book.used_styles import Sheet, lean, words_of

NAMES = re.compile(r"""\b(?:class|id)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"']+))""")
SCRIPT = re.compile(r"<script\b[^>]*>(.*?)</script>", re.DOTALL)
THEMES = re.compile(
    r"styles/|basic\.css|pygments\.css|togglebutton\.css|copybutton\.css|mystnb\.|sphinx-design\."
)
"""Sheets that themes and extensions bring. All others are the course's, and every rule of those is kept."""
NOT_LOADED = ("fontawesome.js", "search-index.js", "searchtools.js", "language_data.js")
"""Scripts of the folder that no page loads, and the texts of the search."""
NOT_SCRIPTS = frozenset(["locales", "pyodide"])
PUT_TOGETHER = frozenset(f"bs-tooltip-{side}" for side in ("auto", "top", "end", "bottom", "start"))
"""Classes whose names a theme's script puts together (Bootstrap 5.3, tooltip.js), so its text has only parts of the name."""


def make_lean(html: Path) -> None:
    """Write the site's sheet into the folder of HTML, and have every page load it in place of its other sheets.

    The pages may be of several builds: what a page was made of is written in it.
    """
    static = html / "_static"
    pages = {
        file: file.read_text(encoding="utf-8")
        for file in sorted(html.rglob("*.html"))
        if "_static" not in file.relative_to(html).parts
    }
    paths = in_order(sheets_of(text) for text in pages.values())
    if not paths:
        return
    scripts = [file.read_text(encoding="utf-8") for file in sorted(static.rglob("*.js")) if is_loaded(file)]
    words = set(PUT_TOGETHER)
    for text in pages.values():
        words |= names_in(text)
    for text in scripts:
        words |= words_of(text)
    # a page of an earlier build may name a sheet that an extension has renamed since
    there = [path for path in paths if (static / path).is_file()]
    sheets = [sheet for path in there for sheet in with_imports(static, path)]
    apart = [file.read_text(encoding="utf-8") for file in sorted((static / APART).rglob("*.css"))]
    sheet = lean(sheets, words, [*pages.values(), *scripts, *apart])
    (static / ONE_SHEET).write_text(sheet, encoding="utf-8")
    version = sha256(sheet.encode()).hexdigest()[:8]
    for file, text in pages.items():
        made = with_one_sheet(text, version)
        if made != text:
            file.write_text(made, encoding="utf-8")


def in_order(lists: Iterable[list[str]]) -> list[str]:
    """Every path once, in an order that agrees with each page's."""
    order: TopologicalSorter[str] = TopologicalSorter()
    for paths in lists:
        for path in paths:
            order.add(path)
        for before, after in pairwise(paths):
            order.add(after, before)
    return list(order.static_order())


def names_in(page: str) -> set[str]:
    """The classes and ids of a page's elements, and the words of scripts and data that are written into it."""
    found = {word for values in NAMES.findall(page) for value in values for word in value.split()}
    for script in SCRIPT.findall(page):
        found |= words_of(script)
    return found


def is_loaded(script: Path) -> bool:
    """Whether a page may load it."""
    return script.name not in NOT_LOADED and NOT_SCRIPTS.isdisjoint(script.parts)


def with_imports(static: Path, path: str) -> Iterator[Sheet]:
    """A sheet after those that it imports, as a browser reads them (css-cascade-5, section 2.1)."""
    text = (static / path).read_text(encoding="utf-8")
    rules = tinycss2.parse_stylesheet(text, skip_comments=True, skip_whitespace=True)
    rest = []
    for rule in rules:
        if rule.type == "at-rule" and rule.lower_at_keyword == "import":
            words = [token for token in rule.prelude if token.type != "whitespace"]
            if len(words) != 1 or words[0].type not in ("string", "url"):
                raise ValueError(
                    f"{path} imports under a condition, which one sheet cannot hold: {rule.serialize()}"
                )
            imported = (static / path).parent / words[0].value
            yield from with_imports(static, imported.resolve().relative_to(static.resolve()).as_posix())
        else:
            rest.append(rule)
    if rest:
        yield Sheet(path, text, whole=not THEMES.match(path))
