"""`{capacity}`: the capacity calculator in a page, with a worked example that is visible without scripts."""

from pathlib import Path
from typing import TYPE_CHECKING

from docutils import nodes

from mqcourse.book.directives import page_files
from mqcourse.book.directives.block import Block
from mqcourse.book.directives.html_element import Element, holds_class
from mqcourse.capacity.page import BUNDLE, STYLE, example
from mqcourse.capacity.presets import PRESETS

if TYPE_CHECKING:
    from sphinx.application import Sphinx

FOLDER = "capacity"
"""Where its files are in the built book's _static."""
CLASS = "mq-capacity"


class Capacity(Block):
    """```{capacity} preset```: the calculator, which begins with that preset."""

    required_arguments = 1
    has_content = False

    def run(self) -> list[nodes.Node]:
        """The element with the preset's plan as a table; an unknown preset fails the build."""
        known = {one.name: one for one in PRESETS}
        name = self.arguments[0]
        if name not in known:
            raise self.error(f"{{capacity}}: there is no preset {name!r}; choose one of: {', '.join(known)}")
        self.env.note_dependency(str(Path(__file__)))
        table = nodes.raw("", example(known[name]), format="html")
        return [Element("div", table, **{"class": CLASS, "data-preset": name})]


def setup(app: "Sphinx") -> None:
    """Register the directive and its files."""
    app.add_directive("capacity", Capacity)
    page_files.load_where(
        app, lambda doctree: holds_class(doctree, CLASS), FOLDER, STYLE, BUNDLE, page_files.BEFORE_PAINT
    )
