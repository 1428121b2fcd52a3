"""Excerpts below the search's results: of a page's text alone, and also where the book was opened from a folder.

Sphinx fetches each page that it found, to quote from it: the list of its sections included, and not at all from a
folder, where a browser lets a page fetch nothing. So the text of all pages is in one script, which the search page
loads and answers from.
"""

import json
import re
from html import escape
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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
UNREAD = {"script", "style", "svg"}
UNREAD_CLASS = "headerlink"
"""What is no text to quote, like all that is hidden: Sphinx leaves out the class and the first two as well."""
DRAWN = re.compile(r"<(script|style|svg)\b(?:(?!<\1\b).)*?</\1>", re.DOTALL)
"""Most of them whole, so that their many elements are never looked at."""
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
"""Elements that have no end."""


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
    whole = page.read_text(encoding="utf-8")
    article = whole[whole.index("<article") : whole.rindex("</article>")]
    found = Places()
    found.feed(DRAWN.sub("", article))
    found.close()
    return f'<main role="main">{"".join(found.parts)}</main>'


class Places(HTMLParser):
    """The text that is to be quoted, each named place as a separate section.

    As the page is read, without a tree of its elements, most of which only colour code: in a sixth of the time.
    """

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._open: list[tuple[str, str]] = []
        """Each open element, with what closes it in the text."""
        self._unread = 0
        """How many of the open elements, from an unread one on, are not to be quoted."""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        unread = (
            self._unread
            or tag in UNREAD
            or "hidden" in given
            or UNREAD_CLASS in (given.get("class") or "").split()
        )
        name = given.get("id")
        if name and not unread:
            self.parts.append(f'<section id="{escape(name)}">')
        closing = "</section>" if name and not unread else ""
        if tag in VOID:
            self.parts.append(closing)
            return
        self._open.append((tag, closing))
        self._unread += bool(unread)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if not any(tag == open_tag for open_tag, _ in self._open):
            return
        ended = ""
        while ended != tag:
            ended, closing = self._open.pop()
            self.parts.append(closing)
            self._unread = max(0, self._unread - 1)

    def handle_data(self, data: str) -> None:
        if not self._unread:
            self.parts.append("\n" if data.isspace() else escape(data))


def setup(app: "Sphinx") -> None:
    """Register the handlers."""
    app.connect("html-page-context", load_script)
    app.connect("build-finished", write_texts)
