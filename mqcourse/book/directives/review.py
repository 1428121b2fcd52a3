"""`{review}`: sessions over the cards of all topics; and the scripts of the pages that have cards, on no other page."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes

from mqcourse.book.directives.block import Block
from mqcourse.book.directives.html_element import Element
from mqcourse.book.directives.page_files import BEFORE_PAINT
from mqcourse.book.questions import load_bank
from mqcourse.book.review import (
    CARDS_FOLDER,
    LIST,
    MODEL_FOLDER,
    bank_script,
    cards_version,
    publish_model,
    topic_script,
)

if TYPE_CHECKING:
    from sphinx.application import Sphinx

BEFORE_CARDS = 700
"""The place of journal and schedule: before cards.js, which needs them; files of the configuration have 800."""
AFTER_CARDS = 900
SCHEDULE = (f"{MODEL_FOLDER}/ts-fsrs.js", "schedule.js")
REVIEW = (LIST, "statistics.js", "review-card.js", "review.js")
WITHOUT_SCRIPTS = "A session needs JavaScript. The pages of the topics show the same cards without it."
TOPICS = "book/questions/"


class Review(Block):
    """The element in whose place review.js puts the session."""

    has_content = False

    def run(self) -> list[nodes.Node]:
        """The element, with a sentence for a browser without scripts."""
        return [Element("div", nodes.paragraph("", WITHOUT_SCRIPTS), **{"class": "mq-review"})]


def scripts(doctree: nodes.document | None) -> tuple[list[str], list[str]]:
    """The scripts that a page loads before cards.js and after it. A card alone is never planned. A mock interview needs
    the list of cards and the schedule, into which its cards go."""
    elements = [] if doctree is None else [node.get("html", {}) for node in doctree.findall(Element)]
    cards = sum("data-question" in attributes for attributes in elements)
    review = any(attributes.get("class") == "mq-review" for attributes in elements)
    interview = any(attributes.get("class") == "mq-interview" for attributes in elements)
    journal = ["journal.js"] * (cards > 0 or review or interview)
    after = REVIEW if review else (LIST,) * interview
    return [*journal, *SCHEDULE * (cards > 1 or review or interview)], [*after]


def load_scripts(app: "Sphinx", page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Load the scripts in their order, and keep a topic's cards as a script for the review page."""
    before, after = scripts(doctree)
    for first, names in ((BEFORE_CARDS, before), (AFTER_CARDS, after)):
        for place, name in enumerate(names):
            app.add_js_file(name, priority=first + place, **BEFORE_PAINT)
    if page.startswith(TOPICS) and SCHEDULE[-1] in before and not after:
        topic = page.removeprefix(TOPICS)
        script = Path(app.outdir) / "_static" / CARDS_FOLDER / f"{topic}.js"
        script.write_text(topic_script(topic, context["body"]), encoding="utf-8")


def prepare(app: "Sphinx") -> None:
    """Put the model and the list of cards into the built book, before a page names them: Sphinx adds their checksums."""
    if app.builder.format != "html":
        return
    static = Path(app.outdir) / "_static"
    publish_model(static)
    (static / CARDS_FOLDER).mkdir(parents=True, exist_ok=True)
    (static / LIST).write_text(bank_script(load_bank(), cards_version()), encoding="utf-8")


def setup(app: "Sphinx") -> None:
    """Register the directive and the scripts."""
    app.add_directive("review", Review)
    app.connect("html-page-context", load_scripts)
    app.connect("builder-inited", prepare)
