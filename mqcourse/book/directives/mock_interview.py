"""`{mock-interview}`: a mock interview in the page, alone or for two; its files, on no other page."""

from pathlib import Path
from typing import TYPE_CHECKING

from docutils import nodes

from mqcourse.book import interview_scripts
from mqcourse.book.directives import page_files
from mqcourse.book.directives.block import Block
from mqcourse.book.directives.html_element import Element, holds_class
from mqcourse.book.questions import load_bank
from mqcourse.rubric.page import BUNDLE, STYLE

if TYPE_CHECKING:
    from sphinx.application import Sphinx

FOLDER = "interview"
"""Where its files are in the built book's _static."""
CLASS = "mq-interview"
WITHOUT_SCRIPTS = "A mock interview in the page needs JavaScript. The command `mq interview` is the same interview in a terminal."


class MockInterview(Block):
    """The element in whose place mock_interview.js puts the interview."""

    has_content = False

    def run(self) -> list[nodes.Node]:
        """The element, with a sentence for a browser without scripts."""
        return [Element("div", *self.markdown(WITHOUT_SCRIPTS), **{"class": CLASS})]


def prepare(app: "Sphinx") -> None:
    """Put the cards' texts and the renderer into the built book."""
    if app.builder.format == "html":
        interview_scripts.publish(Path(app.outdir) / "_static" / FOLDER, load_bank())


def setup(app: "Sphinx") -> None:
    """Register the directive and its files."""
    app.add_directive("mock-interview", MockInterview)
    page_files.load_where(app, lambda doctree: holds_class(doctree, CLASS), FOLDER, STYLE, BUNDLE)
    app.connect("builder-inited", prepare)
