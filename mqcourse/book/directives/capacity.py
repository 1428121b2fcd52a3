"""`{capacity}`: the capacity calculator in a page, with a worked example that is visible without scripts."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes

from mqcourse.book.directives import page_files
from mqcourse.book.directives.block import Block
from mqcourse.book.directives.html_element import Element
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


def load_files(app: "Sphinx", page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Load script and style sheet on the pages that have a calculator, and on no other."""
    elements = [] if doctree is None else doctree.findall(Element)
    if any(node["html"].get("class") == CLASS for node in elements):
        app.add_css_file(f"{FOLDER}/{STYLE.name}")
        app.add_js_file(f"{FOLDER}/{BUNDLE.name}", loading_method="defer")


def copy_files(app: "Sphinx") -> None:
    """Put script and style sheet into the built book."""
    page_files.copy(app, FOLDER, (BUNDLE, STYLE))


def setup(app: "Sphinx") -> None:
    """Register the directive and its files."""
    app.add_directive("capacity", Capacity)
    app.connect("html-page-context", load_files)
    app.connect("builder-inited", copy_files)
