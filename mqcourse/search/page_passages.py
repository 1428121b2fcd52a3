"""The passages of one built page."""

import re
from html.parser import HTMLParser

from mqcourse.search.passage import Passage

UNREAD = {"script", "style", "svg", "button"}
UNREAD_CLASSES = {"headerlink", "mq-card-tags", "mq-card-part-title", "mq-card-sources"}
UNQUOTED_CLASSES = {"cell_output", "mq-card-part", "mq-card-given", "mq-predict", "mq-head", "mq-replay"}
QUOTED_CLASS = "mq-card-strong"
"""Of a card's parts its strong answer alone is quoted: options, rubric and wrong answers say on purpose what is wrong.

A prediction's options, a chapter's questions, a replay and what was printed are searched as well, and never quoted.
"""
BETWEEN = {"td": " · ", "th": " · ", "tr": ". "}
"""Added to an excerpt after a cell and a row of a table."""
DRAWN = re.compile(r"<(script|style|svg)\b(?:(?!<\1\b).)*?</\1>", re.DOTALL)
"""Most of them whole, so that their many elements are never looked at."""
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
"""Elements that have no end."""
BLOCKS = {
    "p",
    "li",
    "td",
    "th",
    "dd",
    "dt",
    "tr",
    "div",
    "section",
    "pre",
    "summary",
    *("h1", "h2", "h3", "h4"),
}
"""Elements whose text does not run on into the next."""
LAST_CELL = re.compile(r"( · \s*)+\. ")
SPACES = re.compile(r"\s+")


def passages(page: str, html: str) -> list[Passage]:
    """The passages of a page's main part, in its order. Sections that hold only other sections are left out."""
    begin, end = html.find("<article"), html.rfind("</article>")
    if begin < 0:
        return []
    reader = _Reader(page)
    reader.feed(DRAWN.sub("", html[begin:end]))
    reader.close()
    found = [one for one in reader.passages if one.text or one.code or one.unquoted]
    for one in found:
        one.text = LAST_CELL.sub(". ", one.text)
        one.title, one.text, one.code, one.unquoted, one.note = (
            SPACES.sub(" ", text).strip() for text in (one.title, one.text, one.code, one.unquoted, one.note)
        )
        one.above = SPACES.sub(" ", reader.title).strip()
    return found


class _Reader(HTMLParser):
    """Gives each text to the innermost passage that it is in."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.page = page
        self.title = ""
        self.passages: list[Passage] = []
        self._open: list[tuple[str, Passage | None, str]] = []
        """Each open element, the passage that it begins, and the field that its text belongs to."""
        self._field = "text"
        self._term: Passage | None = None
        """The term of a list whose definition is read: the definition is beside the term and not inside it."""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        if tag in BLOCKS or tag == "br":
            self._add(" ")
        if tag in VOID:
            return
        begun = self._begun(tag, given)
        if begun:
            self.passages.append(begun)
            self._term = begun if begun.kind == "term" else self._term
        self._open.append((tag, begun, self._field))
        before = self._field
        self._field = self._field_of(tag, given)
        if begun and before != "nothing":
            self._field = "title" if begun.kind == "term" else "text"

    def _begun(self, tag: str, given: dict[str, str]) -> Passage | None:
        anchor = given.get("id", "")
        kind = ""
        if "data-question" in given:
            kind = "card"
        elif anchor.startswith("fact-") and tag == "div":
            kind = "fact"
        elif anchor.startswith("term-") and tag == "dt":
            kind = "term"
        elif tag == "section" and anchor:
            kind = "section"
            anchor = anchor if any(begun and begun.kind == "section" for _, begun, _ in self._open) else ""
        return Passage(kind, self.page, anchor) if kind else None

    def _field_of(self, tag: str, given: dict[str, str]) -> str:
        classes = given.get("class", "").split()
        if tag == "summary" and any(begun and begun.kind == "card" for _, begun, _ in self._open):
            return "nothing"
        if (
            self._field == "nothing"
            or tag in UNREAD
            or "hidden" in given
            or not UNREAD_CLASSES.isdisjoint(classes)
        ):
            return "nothing"
        if tag in ("h1", "h2", "h3", "h4") or (tag == "dt" and given.get("id", "").startswith("term-")):
            return "title"
        if "mq-fact-foot" in classes:
            return "note"
        if QUOTED_CLASS in classes:
            return "text"
        if self._field == "unquoted" or not UNQUOTED_CLASSES.isdisjoint(classes):
            return "unquoted"
        if tag == "pre":
            return "code"
        return self._field

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if not any(tag == one for one, _, _ in self._open):
            return
        ended = ""
        while ended != tag:
            ended, _, self._field = self._open.pop()
            self._term = None if ended == "dl" else self._term
        if tag in BLOCKS:
            self._add(BETWEEN.get(tag, " "))

    def handle_data(self, data: str) -> None:
        self._add(data)

    def _add(self, text: str) -> None:
        if self._field == "nothing":
            return
        inside = self._term or next((begun for _, begun, _ in reversed(self._open) if begun), None)
        if inside is None:
            return
        setattr(inside, self._field, getattr(inside, self._field) + text)
        if self._field == "title" and inside.kind == "section" and not inside.anchor:
            self.title += text
