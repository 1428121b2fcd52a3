"""Excerpts below the search's results: of a page's text alone, and also where the book was opened from a folder.

Sphinx fetches each page that it found, to quote from it: the list of its sections included, and not at all from a
folder, where a browser lets a page fetch nothing. So the text of all pages stands in one script, which the search page
loads and answers from.
"""

import json
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bs4.element import Tag
    from sphinx.application import Sphinx

FILE = "search-pages.js"
SEARCH = f"""
const texts = new Promise((done) => {{
  const script = Object.assign(document.createElement("script"), {{ src: "_static/{FILE}" }});
  script.onload = () => done(globalThis.searchPages);
  document.head.append(script);
}});
window.fetch = async (address) => {{
  const name = new URL(address, location).href.slice(new URL(".", location).href.length);
  return new Response((await texts)[name]);
}};
"""
UNREAD = ".headerlink, script, style, svg, [hidden]"
"""What is no text to quote: Sphinx leaves out the first three as well."""


def load_script(app: "Sphinx", page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """On the search page only."""
    if page == "search":
        app.add_js_file(None, body=SEARCH)


def write_texts(app: "Sphinx", error: Exception | None) -> None:
    """Put the text of all pages beside them, once they are written."""
    if error is None and app.builder.format == "html":
        out = Path(app.outdir)
        texts = {f"{name}.html": text(out / f"{name}.html") for name in sorted(app.env.found_docs)}
        (out / "_static" / FILE).write_text(
            f"globalThis.searchPages = {json.dumps(texts, ensure_ascii=False)};\n", encoding="utf-8"
        )


def text(page: Path) -> str:
    """A page's text as HTML with nothing but what Sphinx looks for: the main part, and in it the places with a name."""
    from bs4 import BeautifulSoup

    (main,) = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser").select("article")
    for unread in main.select(UNREAD):
        unread.decompose()
    return f'<main role="main">{"".join(named(main))}</main>'


def named(element: "Tag") -> Iterator[str]:
    """The text in an element, each place with a name in a section of its own."""
    from bs4.element import NavigableString, Tag

    for child in element.children:
        if isinstance(child, Tag):
            name = child.get("id")
            if name:
                yield f'<section id="{escape(str(name))}">'
            yield from named(child)
            if name:
                yield "</section>"
        elif type(child) is NavigableString:
            yield escape(child)


def setup(app: "Sphinx") -> None:
    """Register the handlers."""
    app.connect("html-page-context", load_script)
    app.connect("build-finished", write_texts)
