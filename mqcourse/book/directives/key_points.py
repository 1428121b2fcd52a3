"""`{key-points}`: what to keep of a chapter, at its end."""

from typing import TYPE_CHECKING

from docutils import nodes

from mqcourse.book.directives.block import Block
from mqcourse.book.directives.html_element import Element

if TYPE_CHECKING:
    from sphinx.application import Sphinx


class KeyPoints(Block):
    """The body is Markdown, a list as a rule."""

    def run(self) -> list[nodes.Node]:
        self.assert_has_content()
        title = Element("p", **{"class": "mq-box-title"})
        title += nodes.Text("Key points")
        box = Element("section", title, **{"class": "mq-key-points", "aria-label": "Key points"})
        box += self.markdown("\n".join(self.content))
        return [box]


def setup(app: "Sphinx") -> None:
    app.add_directive("key-points", KeyPoints)
