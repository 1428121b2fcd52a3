"""`{chapter-head}`: the questions, objectives, minutes, and when and on which versions the chapter was run."""

from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, ClassVar

from docutils import nodes

from mqcourse.book.chapter import Chapter
from mqcourse.book.directives.block import Block
from mqcourse.book.directives.html_element import Element, InlineElement
from mqcourse.book.directives.outputs import chapter_of, chosen_for
from mqcourse.book.record import Chosen, Record

if TYPE_CHECKING:
    from sphinx.application import Sphinx

NAMES = {
    "rabbitmq": "RabbitMQ",
    "rabbitmq-testing": "RabbitMQ",
    "kafka": "Apache Kafka",
    "servicebus": "Service Bus emulator",
    "postgres": "PostgreSQL",
}
"""How the stack calls a service, and how the page does."""


def is_installed(package: str) -> bool:
    """Whether a Python package of that name is here."""
    try:
        version(package)
    except PackageNotFoundError:
        return False
    return True


def shown_versions(record: Record) -> list[tuple[str, str]]:
    """Pairs (name on the page, version) of a run, brokers first."""
    names = sorted(
        record.versions, key=lambda name: (list(NAMES).index(name) if name in NAMES else len(NAMES), name)
    )
    return [(NAMES.get(name, name), record.versions[name]) for name in names]


def day(of: datetime) -> str:
    """26 November 2026."""
    return f"{of.day} {of:%B} {of.year}"


class ChapterHead(Block):
    """YAML body: minutes, questions, objectives, and runs_with where the page has cells."""

    KEYS: ClassVar[dict[str, type]] = {
        "minutes": int,
        "questions": list,
        "objectives": list,
        "runs_with": list,
    }

    def run(self) -> list[nodes.Node]:
        """The box, with the versions of the page's run."""
        head = self.settings(self.KEYS, required=("minutes", "questions", "objectives"))
        for key in ("questions", "objectives", "runs_with"):
            if not all(isinstance(item, str) for item in head.get(key, [])):
                raise self.error(
                    f"{{chapter-head}}: {key} must be a list of texts (one with a colon needs quotes)"
                )
        for name in head.get("runs_with", []):
            if name not in NAMES and not is_installed(name):
                raise self.error(
                    f"{{chapter-head}}: {name!r} is neither a service ({', '.join(NAMES)}) nor an installed "
                    "Python package"
                )
        box = Element("section", **{"class": "mq-head", "aria-label": "About this chapter"})
        columns = Element("div", **{"class": "mq-head-columns"})
        for title, items in (("Questions", head["questions"]), ("Objectives", head["objectives"])):
            label = Element("p", **{"class": "mq-head-title"})
            label += nodes.Text(title)
            columns += Element("div", label, self.bullets(items))
        foot = Element("p", **{"class": "mq-head-foot"})
        foot += InlineElement("span", f"About {head['minutes']} minutes", **{"class": "mq-minutes"})
        box += columns
        if not head.get("runs_with"):
            foot += nodes.Text(" No program runs on this page; each fact names its own version.")
            box += foot
            return [box]
        page = self.env.docname
        chapter, chosen = chapter_of(self.env, page), chosen_for(self.env, page)
        if chosen is not None:
            where = " on this machine" if chosen.own else ""
            foot += nodes.Text(f" Run{where} on {day(chosen.record.ran)} with")
            for name, number in shown_versions(chosen.record):
                foot += nodes.Text(" ")
                foot += InlineElement("span", f"{name} {number}", **{"class": "mq-version"})
        box += foot
        run = Element("p", **{"class": "mq-head-run"})
        run += nodes.Text("Run this chapter yourself: ")
        run += nodes.literal(text=f"mq book open {chapter.name}")
        run += nodes.Text(" opens it in JupyterLab.")
        box += run
        return [box, *notices(chapter, chosen)]


def notices(chapter: Chapter, chosen: Chosen | None) -> list[nodes.Node]:
    """What a reader must know about the outputs: never run, of an older state, claims that did not hold, a failure."""
    again = f"mq book run {chapter.name}"
    if chosen is None:
        return [notice("The code of this page was never run, so it shows no outputs. Run it: ", again)]
    found = []
    record = chosen.record
    if not record.fits(chapter):
        found.append(
            notice(
                f"The code of this page changed after its last run. The outputs are of {day(record.ran)}, "
                "of an older state. Run it again: ",
                again,
            )
        )
    if chosen.broken is not None:
        found.append(
            notice(
                f"Your run of {day(chosen.broken.ran)} did not reach the end, so the outputs below are those of "
                f"{day(record.ran)} that the book came with. What happened: {chosen.broken.failed}. Try again: ",
                again,
            )
        )
    if record.failed:
        found.append(
            notice(f"The run of this page did not reach the end: {record.failed}. Try again: ", again)
        )
    if record.claims:
        many = len(record.claims)
        what = "A claim of this page" if many == 1 else f"{many} claims of this page"
        found.append(
            notice(f"{what} did not hold in this run; the page marks the place. Run it again: ", again)
        )
    return found


def notice(text: str, command: str) -> nodes.Node:
    """A box below the head."""
    box = Element("div", **{"class": "mq-claim", "role": "note"})
    box += nodes.paragraph("", "", nodes.Text(text), nodes.literal(text=command))
    return box


def setup(app: "Sphinx") -> None:
    app.add_directive("chapter-head", ChapterHead)
