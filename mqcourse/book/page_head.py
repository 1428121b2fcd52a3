"""The head of a built page: which style sheets it loads, and the same head with one sheet and no script that delays its text."""

import re
from html import escape, unescape

ONE_SHEET = "site.css"
"""In the site's folder of files."""
APART = "page-styles/"
"""Sheets of one page alone: they stay as they are (directives/strict_pages.py)."""
BEFORE_PAINT = "first.js"
"""Runs before anything is drawn, because it sets the reader's mode."""
SHEET = re.compile(r'(?<!<noscript>)[ \t]*<link\b(?=[^>]*\brel="stylesheet")[^>]*>\n?')
ADDRESS = re.compile(r'\bhref="(?:\.\./)*_static/(?P<path>[^"?]+)')
MADE_OF = re.compile(r'\bdata-of="(?P<paths>[^"]*)"')
SCRIPT = re.compile(r'<script (?P<rest>(?![^>]*\b(?:defer|async)\b)[^>]*\bsrc="(?P<src>[^"]+)"[^>]*>)')


def sheets_of(html: str) -> list[str]:
    """The style sheets of a page in order, by their paths in the site's folder of files, without those of the page alone.

    Of a page that has the one sheet already, those that it was made of.
    """
    found: list[str] = []
    for link in SHEET.findall(_head(html)):
        made_of = MADE_OF.search(link)
        address = ADDRESS.search(link)
        if made_of:
            found += unescape(made_of["paths"]).split()
        elif address and not address["path"].startswith(APART):
            found.append(address["path"])
    return found


def with_one_sheet(html: str, version: str) -> str:
    """The page with one link to the site's sheet, in the place of its first, and with every other script deferred.

    `version` is part of the address, so that a browser fetches a sheet that has changed. The order of scripts stays.
    """
    head = _head(html)
    top = re.search(r'\bhref="((?:\.\./)*)_static/', head)
    paths = sheets_of(html)
    if top is None or not paths:
        return html
    link = f'<link rel="stylesheet" href="{top[1]}_static/{ONE_SHEET}?v={version}" data-of="{escape(" ".join(paths))}">\n'
    links = iter([link])

    def one(found: re.Match[str]) -> str:
        address = ADDRESS.search(found[0])
        if address is None or address["path"].startswith(APART):
            return found[0]
        return next(links, "")

    return SCRIPT.sub(_deferred, SHEET.sub(one, head) + html[len(head) :])


def _head(html: str) -> str:
    return html[: html.index("</head>")] if "</head>" in html else ""


def _deferred(found: re.Match[str]) -> str:
    if found["src"].partition("?")[0].endswith(f"/{BEFORE_PAINT}"):
        return found[0]
    return f"<script defer {found['rest']}"
