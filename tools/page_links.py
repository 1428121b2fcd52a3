"""Links inside a built book that lead to no file, or to no element of it: from the files alone."""

import re
from collections.abc import Iterator
from functools import cache
from html import unescape
from pathlib import Path
from urllib.parse import unquote, urlsplit

LINK = re.compile(r'<(?:a|area|link|script|img|source)\b[^>]*?\s(?:href|src)="([^"]+)"')
ID = re.compile(r'\s(?:id|name)="([^"]+)"')


def broken(html: Path) -> list[str]:
    """`page: link` for each of them, in the order of the pages. Links to other hosts are not followed."""
    return [f"{page.relative_to(html)}: {link}" for page in pages(html) for link in wrong_in(page)]


def pages(html: Path) -> list[Path]:
    """The pages of a built book, those that Sphinx makes itself too; 404.html may be served anywhere, and is left out."""
    return [*sorted(html.glob("book/**/*.html")), html / "index.html", html / "search.html"]


def wrong_in(page: Path) -> Iterator[str]:
    """The links of one page that lead nowhere."""
    for link in dict.fromkeys(LINK.findall(page.read_text(encoding="utf-8"))):
        parts = urlsplit(unescape(link))
        if parts.scheme or parts.netloc:
            continue
        target = page.parent / unquote(parts.path) if parts.path else page
        if target.is_dir():
            target /= "index.html"
        if not target.is_file() or (
            parts.fragment
            and target.suffix == ".html"
            and unquote(parts.fragment) not in ids(target.resolve())
        ):
            yield link


@cache
def ids(page: Path) -> frozenset[str]:
    """The elements of a page that a link can lead to."""
    return frozenset(map(unescape, ID.findall(page.read_text(encoding="utf-8"))))
