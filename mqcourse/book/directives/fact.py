"""`{fact}`: a version-bound number from book/facts.toml, with its version, source and date; `{facts}` lists all."""

import re
from typing import TYPE_CHECKING

from docutils import nodes
from sphinx.util.docutils import SphinxRole

from mqcourse.book.directives.block import Block
from mqcourse.book.directives.html_element import Element, InlineElement
from mqcourse.book.facts import FACTS, Fact, load_facts
from mqcourse.errors import CourseError
from mqcourse.exits import Exit

if TYPE_CHECKING:
    from sphinx.application import Sphinx

TITLED = re.compile(r"^(?P<words>.+?)\s*<(?P<id>[a-z0-9-]+)>$", re.DOTALL)


def find(name: str) -> Fact:
    """The fact of that id; CourseError when there is none."""
    facts = load_facts()
    if name not in facts:
        raise CourseError(f"there is no fact {name!r}", do="Add it to book/facts.toml", code=Exit.SAID_NO)
    return facts[name]


def source_link(fact: Fact) -> nodes.reference:
    """The link to where the fact was read."""
    return nodes.reference("", fact.source, refuri=fact.url)


def stamp(fact: Fact) -> InlineElement:
    """The small link after the words: "RabbitMQ 4.3"; its name for a screen reader says source and date too."""
    label = f"source: {fact.source}, {fact.stamp}, as of {fact.checked.isoformat()}"
    mark: InlineElement = InlineElement("span", **{"class": "mq-fact-stamp"})
    link = InlineElement(
        "a", fact.stamp, href=fact.url, title=label, **{"aria-label": f"{fact.stamp}, {label}"}
    )
    mark += link
    return mark


class FactRole(SphinxRole):
    """`{fact}`id`` shows the fact's own text, `{fact}`words <id>`` the words; both followed by the stamp."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """The words and the stamp."""
        titled = TITLED.match(self.text)
        name = titled["id"] if titled else self.text.strip()
        try:
            fact = find(name)
        except CourseError as error:
            message = self.inliner.reporter.error(f"{{fact}}: {error}", line=self.lineno)
            return [], [message]
        self.env.note_dependency(str(FACTS))
        words = titled["words"] if titled else fact.text
        shown, messages = self.inliner.parse(words, self.lineno, self.inliner, nodes.inline())
        return [*shown, nodes.Text(" "), stamp(fact)], messages


class FactBox(Block):
    """```{fact} id```: the fact as a separate box."""

    has_content = False
    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        try:
            fact = find(self.arguments[0])
        except CourseError as error:
            raise self.error(f"{{fact}}: {error}") from error
        self.env.note_dependency(str(FACTS))
        box = Element("aside", role="note", **{"class": "mq-fact", "aria-label": f"Fact, {fact.stamp}"})
        box += nodes.paragraph("", "", *self.inline(fact.text))
        box += self.foot(fact)
        return [box]

    def foot(self, fact: Fact) -> InlineElement:
        """The line below: version, source, date."""
        foot: InlineElement = InlineElement("p", **{"class": "mq-fact-foot"})
        foot += nodes.Text(f"{fact.stamp} · ")
        foot += source_link(fact)
        foot += nodes.Text(f" · as of {fact.checked.isoformat()}")
        if fact.test:
            foot += nodes.Text(" · proved by ")
            foot += nodes.literal(fact.test, fact.test)
        return foot


class FactList(FactBox):
    """`{facts}`: all of them, by product; the argument chooses one product."""

    required_arguments = 0
    optional_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        """A list of definitions: the fact, then where it comes from."""
        self.env.note_dependency(str(FACTS))
        chosen = self.arguments[0] if self.arguments else ""
        facts = [fact for fact in load_facts().values() if chosen in ("", fact.product)]
        if not facts:
            raise self.error(f"{{facts}}: no fact has the product {chosen!r}")
        holder = Element("div", **{"class": "mq-facts"})
        for fact in facts:
            holder += Element(
                "div", nodes.paragraph("", "", *self.inline(fact.text)), self.foot(fact), id=f"fact-{fact.id}"
            )
        return [holder]


def setup(app: "Sphinx") -> None:
    """Register the role and the directives."""
    app.add_role("fact", FactRole())
    app.add_directive("fact", FactBox)
    app.add_directive("facts", FactList)
