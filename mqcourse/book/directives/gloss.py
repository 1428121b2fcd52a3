"""`{gloss}`: a term that is explained where the pointer or the keyboard reaches it, and linked to the glossary page.

The explanation is an attribute of the link, not text of the page: a screen reader reads it as the link's description,
search finds the term once, in the glossary, and a printed page stays readable. `terms.js` closes it with Escape.
"""

import re
from typing import TYPE_CHECKING

from docutils import nodes
from sphinx.util.docutils import SphinxRole

from mqcourse.book.directives.block import Block
from mqcourse.book.directives.fact import TITLED
from mqcourse.book.directives.html_element import Element, InlineElement
from mqcourse.book.glossary import GLOSSARY, GROUPS, Term, load_glossary
from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.products import TITLES

if TYPE_CHECKING:
    from sphinx.application import Sphinx

PAGE = "book/glossary"
CODE = re.compile(r"^(?:x-[^`]+|[^\s`]*(?:[_=%()]|\w\.\w)[^\s`]*)$")
"""Words that are a piece of code, such as `routing_key`: they are shown as code, whose marks a role cannot hold."""


def plain(text: str) -> str:
    """A text without inline markup, for an attribute."""
    return re.sub(r"[*`]", "", text)


def find(name: str) -> Term:
    """The term with that id or form; CourseError when the glossary has none."""
    terms = load_glossary()
    if name in terms:
        return terms[name]
    for term in terms.values():
        if name.lower() in {form.lower() for form in (term.name, *term.forms)}:
            return term
    raise CourseError(
        f"the glossary has no term {name!r}", do="Add it to book/glossary.toml", code=Exit.SAID_NO
    )


class GlossRole(SphinxRole):
    """`{gloss}`channel``, or `{gloss}`the words <channel>``."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """The link with its explanation."""
        titled = TITLED.match(self.text)
        try:
            term = find(titled["id"] if titled else self.text.strip())
        except CourseError as error:
            return [], [self.inliner.reporter.error(f"{{gloss}}: {error}", line=self.lineno)]
        self.env.note_dependency(str(GLOSSARY))
        address = self.env.app.builder.get_relative_uri(self.env.docname, PAGE) + f"#{term.anchor}"
        explained = plain(term.text)
        link = InlineElement(
            "a",
            href=address,
            **{"class": "mq-term", "aria-description": explained, "data-explained": explained},
        )
        words = titled["words"] if titled else self.text.strip()
        if CODE.search(words):
            words = f"`{words}`"
        shown, messages = self.inliner.parse(words, self.lineno, self.inliner, nodes.inline())
        link += shown
        return [link], messages


class GlossaryTable(Block):
    """`{glossary-products}`: the words of the three products side by side."""

    has_content = False

    def run(self) -> list[nodes.Node]:
        """One row for each term that has them."""
        self.env.note_dependency(str(GLOSSARY))
        rows = [
            Element(
                "tr",
                Element("th", *self.linked(term), scope="row"),
                *(Element("td", *self.inline(word)) for word in term.words),
            )
            for term in load_glossary().values()
            if term.words
        ]
        head = Element(
            "tr", *(Element("th", nodes.Text(name), scope="col") for name in ("Term", *TITLES.values()))
        )
        table = Element(
            "table", Element("thead", head), Element("tbody", *rows), **{"class": "table mq-words"}
        )
        return [Element("div", table, **{"class": "pst-scrollable-table-container", "tabindex": "0"})]

    def linked(self, term: Term) -> list[nodes.Node]:
        """The term, as a link to its explanation below."""
        return [InlineElement("a", term.name, href=f"#{term.anchor}")]


class GlossaryTerms(Block):
    """`{glossary-terms} GROUP`: the terms of one part of the page, each with its explanation."""

    has_content = False
    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """A list of definitions."""
        self.env.note_dependency(str(GLOSSARY))
        group = self.arguments[0]
        if group not in GROUPS:
            raise self.error(f"{{glossary-terms}}: no group {group!r}; allowed: {', '.join(GROUPS)}")
        listed = Element("dl", **{"class": "mq-terms"})
        for term in load_glossary().values():
            if term.group == group:
                listed += Element("dt", nodes.Text(term.name), id=term.anchor)
                listed += Element("dd", *self.inline(term.text))
        return [listed]


def setup(app: "Sphinx") -> None:
    """Register the role, the directives and the script."""
    app.add_role("gloss", GlossRole())
    app.add_directive("glossary-products", GlossaryTable)
    app.add_directive("glossary-terms", GlossaryTerms)
