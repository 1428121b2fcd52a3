"""The review of the cards that are due: its scripts on the pages that have cards, and on no other."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes

from mqcourse.book.directives.html_element import Element
from mqcourse.book.review import FOLDER, publish

if TYPE_CHECKING:
    from sphinx.application import Sphinx

AFTER_CARDS = 900
"""The place of the scripts: behind cards.js, whose cards they show one at a time."""


def has_cards(doctree: nodes.document | None) -> bool:
    """Whether a page has a card of the bank."""
    return doctree is not None and any(
        "data-question" in node.get("html", {}) for node in doctree.findall(Element)
    )


def load_scripts(app: "Sphinx", page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Load the memory model, the schedule and the review, in this order."""
    if has_cards(doctree):
        for place, name in enumerate((f"{FOLDER}/ts-fsrs.js", "schedule.js", "review.js")):
            app.add_js_file(name, priority=AFTER_CARDS + place, loading_method="defer")


def copy_model(app: "Sphinx") -> None:
    """Put the memory model into the built book, before a page names it: Sphinx adds its checksum."""
    if app.builder.format == "html":
        publish(Path(app.outdir) / "_static" / FOLDER)


def setup(app: "Sphinx") -> None:
    """Register the scripts."""
    app.connect("html-page-context", load_scripts)
    app.connect("builder-inited", copy_model)
