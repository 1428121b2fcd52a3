"""`{chapter-head}`: the questions, objectives, minutes and versions that stand at the head of a chapter."""

from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, ClassVar

from docutils import nodes

from mqcourse.errors import CourseError
from mqcourse.sphinx.block import Block
from mqcourse.sphinx.element import Element, InlineElement

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sphinx.application import Sphinx

BROKERS = {"rabbitmq": "RabbitMQ", "kafka": "Apache Kafka", "servicebus": "Service Bus emulator"}
"""How the stack calls a broker, and how the page does."""


def runs_with(names: Sequence[str], running: "Mapping[str, str]") -> list[tuple[str, str]]:
    """Pairs (name on the page, version): brokers from the running stack, packages from what is installed.

    Raises CourseError for a name that is neither.
    """
    found = []
    for name in names:
        if name in BROKERS:
            if name not in running:
                raise CourseError(f"{BROKERS[name]} does not run", do="Start it with `mq up`")
            found.append((BROKERS[name], running[name]))
            continue
        try:
            found.append((name, version(name)))
        except PackageNotFoundError:
            raise CourseError(
                f"{name!r} is neither a broker ({', '.join(BROKERS)}) nor an installed Python package"
            ) from None
    return found


class ChapterHead(Block):
    """YAML body: minutes, questions, objectives, and runs_with where the page has cells."""

    KEYS: ClassVar[dict[str, type]] = {
        "minutes": int,
        "questions": list,
        "objectives": list,
        "runs_with": list,
    }

    def run(self) -> list[nodes.Node]:
        """The box, with the versions asked of what runs now."""
        head = self.settings(self.KEYS, required=("minutes", "questions", "objectives"))
        for key in ("questions", "objectives", "runs_with"):
            if not all(isinstance(item, str) for item in head.get(key, [])):
                raise self.error(
                    f"{{chapter-head}}: {key} must be a list of texts (one with a colon needs quotes)"
                )
        try:
            versions = runs_with(head.get("runs_with", []), self.config.mqcourse_versions)
        except CourseError as error:
            raise self.error(f"{{chapter-head}}: {error}") from error
        box = Element("section", **{"class": "mq-head", "aria-label": "About this chapter"})
        columns = Element("div", **{"class": "mq-head-columns"})
        for title, items in (("Questions", head["questions"]), ("Objectives", head["objectives"])):
            label = Element("p", **{"class": "mq-head-title"})
            label += nodes.Text(title)
            columns += Element("div", label, self.bullets(items))
        foot = Element("p", **{"class": "mq-head-foot"})
        foot += InlineElement("span", f"About {head['minutes']} minutes", **{"class": "mq-minutes"})
        for name, number in versions:
            foot += nodes.Text(" ")
            foot += InlineElement("span", f"{name} {number}", **{"class": "mq-version"})
        if not versions:
            foot += nodes.Text(" No program runs on this page; each fact names its own version.")
        box += columns
        box += foot
        return [box]


def setup(app: "Sphinx") -> None:
    """Register the directive."""
    app.add_directive("chapter-head", ChapterHead)
