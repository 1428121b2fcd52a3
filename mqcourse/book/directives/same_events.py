"""`{same-events}`: the same events at three brokers, which a reader causes, with a worked example without scripts."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from docutils import nodes

from mqcourse.book.directives import page_files
from mqcourse.book.directives.block import Block
from mqcourse.book.directives.html_element import Element, holds_class
from mqcourse.whatif.golden import KEPT, golden
from mqcourse.whatif.page import BUNDLE, STYLE, example
from mqcourse.whatif.preset import PRESETS
from mqcourse.whatif.side_by_side import BROKERS

if TYPE_CHECKING:
    from sphinx.application import Sphinx

FOLDER = "whatif"
"""Where its files are in the built book's _static."""
CLASS = "mq-events"
MADE_BY = (*sorted(BUNDLE.parents[2].glob("*.py")), *sorted(KEPT.glob("*.json")), Path(__file__))
"""What turns a preset into a page: when any of it changes, a page with the element is made again."""


class SameEvents(Block):
    """```{same-events} preset```, with YAML below: brokers, a list of those to show, all three if left out."""

    required_arguments = 1
    KEYS: ClassVar[dict[str, type]] = {"brokers": list}

    def run(self) -> list[nodes.Node]:
        """The element with the preset's table, and what it was compared with; an unknown name fails the build."""
        known = {one.name: one for one in PRESETS}
        brokers = self.settings(self.KEYS).get("brokers", list(BROKERS))
        if not brokers or not set(brokers) <= set(BROKERS):
            raise self.error(f"{{same-events}}: brokers is a list of: {', '.join(BROKERS)}")
        name = self.arguments[0]
        if name not in known:
            raise self.error(
                f"{{same-events}}: there is no preset {name!r}; choose one of: {', '.join(known)}"
            )
        for path in MADE_BY:
            self.env.note_dependency(str(path))
        table = nodes.raw("", example(known[name], brokers), format="html")
        return [
            Element("div", table, **{"class": CLASS, "data-preset": name, "data-brokers": " ".join(brokers)}),
            *self.markdown(compared(brokers)),
        ]


COMPARED = {
    "rabbitmq": "RabbitMQ {}",
    "kafka": "Kafka {}",
    "servicebus": "azure-servicebus {} with the course's emulator",
}


def compared(brokers: Sequence[str]) -> str:
    """What the machines of these brokers were compared with, in two sentences."""
    parts = []
    for broker in brokers:
        kept = golden(broker)
        events = sum(len(trace["steps"]) for trace in kept["traces"])
        parts.append(f"{events} events of {COMPARED[broker].format(kept['version'])}")
    listed = parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
    return f"The element computes each state. Every change of the course compares it with {listed}, which were recorded from real clients."


def setup(app: "Sphinx") -> None:
    """Register the directive and its files."""
    app.add_directive("same-events", SameEvents)
    page_files.load_where(app, lambda doctree: holds_class(doctree, CLASS), FOLDER, STYLE, BUNDLE)
