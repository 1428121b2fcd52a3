"""`{predict}`: guess before the experiment; what happens is hidden until the reader asks."""

from typing import TYPE_CHECKING

from docutils import nodes

from mqcourse.book.directives.block import Block
from mqcourse.book.directives.html_element import Element

if TYPE_CHECKING:
    from sphinx.application import Sphinx


class Predict(Block):
    """The body is the question, a line `---`, and the answer; both Markdown."""

    def run(self) -> list[nodes.Node]:
        """A box with the question and a closed `details` with the answer: works without any script."""
        lines = [line.rstrip() for line in self.content]
        if lines.count("---") != 1:
            raise self.error("{predict}: write the question, one line `---`, and the answer")
        cut = lines.index("---")
        question, answer = "\n".join(lines[:cut]).strip(), "\n".join(lines[cut + 1 :]).strip()
        if not question or not answer:
            raise self.error("{predict}: the question or the answer is empty")
        title = Element("p", **{"class": "mq-box-title"})
        title += nodes.Text("Predict first")
        summary = Element("summary")
        summary += nodes.Text("What happens, and why")
        box = Element("div", title, role="group", **{"class": "mq-predict", "aria-label": "Predict first"})
        box += self.markdown(question)
        box += Element("details", summary, *self.markdown(answer))
        return [box]


def setup(app: "Sphinx") -> None:
    app.add_directive("predict", Predict)
