"""What only the front page has: a queue that the reader breaks, the proof, and three doors with their minutes.

`{live-queue}` is a model in the page. `{lost-message} CHAPTER RECORDING` quotes a kept run, so it is never older than
the page. `{doors}` counts the book's chapters, labs and cards itself.
"""

import tomllib
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes

from mqcourse.book.chapter import Chapter, pages
from mqcourse.book.directives.block import Block
from mqcourse.book.directives.chapter_head import day, notice, shown_versions
from mqcourse.book.directives.html_element import Element, holds
from mqcourse.book.directives.page_files import BEFORE_PAINT
from mqcourse.book.directives.replay import recordings
from mqcourse.book.questions import all_questions, load_bank
from mqcourse.book.record import choose, kept_path
from mqcourse.replay.recording import read
from mqcourse.replay.story import story

if TYPE_CHECKING:
    from sphinx.application import Sphinx

LIVE_QUEUE = """
<section class="mq-live" aria-label="A queue that you can break">
<p>A queue holds tasks 5 and 6. The worker Ada holds tasks 1 and 2, and Ben holds tasks 3 and 4. They have not acknowledged
them. Ada is killed. If workers acknowledge when a task is done, tasks 1 and 2 are in the queue again. If the broker
deletes a task as it sends it, they are lost.</p>
</section>
"""
"""What the front page shows without scripts."""


class LiveQueue(Block):
    """The element; live-queue.js puts the queue in its place."""

    has_content = False

    def run(self) -> list[nodes.Node]:
        """The element with its text."""
        return [Element("live-queue", nodes.raw("", LIVE_QUEUE, format="html"))]


class LostMessage(Block):
    """```{lost-message} CHAPTER RECORDING```: when a message of a kept run was lost, and on which broker."""

    required_arguments = 2

    def run(self) -> list[nodes.Node]:
        """One sentence, which links to the replay."""
        chapter = Chapter(self.arguments[0], Path(self.env.srcdir))
        self.env.note_dependency(str(kept_path(chapter)))
        chosen = choose(chapter)
        text = recordings(chosen.record).get(self.arguments[1]) if chosen else None
        if chosen is None or text is None:
            return [
                notice(
                    "The run of this course's first crash is not kept yet: ", f"mq book run {chapter.name}"
                )
            ]
        recording = read(text)
        told = story(recording)
        lost = [(step, move) for step in told.steps for move in step.moves if move.to == "end:lost"]
        if not lost:
            raise self.error(f"{{lost-message}}: in the recording {recording.name} no message was lost")
        step, move = lost[0]
        seconds = recording.began.timestamp() + step.at_ms / 1000
        at = recording.began.fromtimestamp(seconds, recording.began.tzinfo)
        broker = next(
            f"{name} {version}" for name, version in shown_versions(chosen.record) if name == "RabbitMQ"
        )
        address = self.env.app.builder.get_relative_uri(self.env.docname, f"book/{chapter.name}")
        html = (
            f'<p class="mq-proof">The message <strong>{escape(told.messages[move.message])}</strong> was lost at '
            f"<strong>{at:%H:%M:%S} UTC on {day(at)}</strong>, on {escape(broker)}, when this page was made. "
            f'<a href="{address}#replay-{recording.name}">See how it was lost</a>.</p>'
        )
        return [nodes.raw("", html, format="html")]


class Doors(Block):
    """Read, do, test yourself: each with what it takes."""

    has_content = False

    def run(self) -> list[nodes.Node]:
        """Three boxes, each a link."""
        root = Path(self.env.srcdir)
        minutes = [page.minutes for page in pages(root) if page.minutes]
        labs = [tomllib.loads(file.read_text(encoding="utf-8")) for file in root.glob("solutions/*/lab.toml")]
        cards = len(all_questions(load_bank()))
        first = "foundations/why-asynchronous"
        doors = (
            (
                first,
                "Read",
                f"{len(minutes)} pages, about {round(sum(minutes) / 60)} hours. Begin with {Chapter(first, root).minutes} minutes.",
            ),
            (
                "",
                "Do",
                f"{len(labs)} labs in JupyterLab, about {round(sum(lab['minutes'] for lab in labs) / 60)} hours. "
                "Type `make start`, then open a lab.",
            ),
            ("interview/questions", "Test yourself", f"{cards} interview questions. Begin with ten minutes."),
        )
        boxes = "".join(self.door(*door) for door in doors)
        return [nodes.raw("", f'<div class="mq-doors">{boxes}</div>', format="html")]

    def door(self, page: str, name: str, words: str) -> str:
        """A box; one without a page leads to the part of this page that tells how to start."""
        address = (
            self.env.app.builder.get_relative_uri(self.env.docname, f"book/{page}")
            if page
            else "#start-it-on-your-machine"
        )
        said = escape(words).replace("`make start`", "<code>make start</code>")
        return f'<a class="mq-door" href="{address}"><strong>{escape(name)}</strong><span>{said}</span></a>'


def load_script(app: "Sphinx", page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Load the script on the page that has the queue, and on no other."""
    if holds(doctree, "live-queue"):
        app.add_js_file("live-queue.js", **BEFORE_PAINT)


def setup(app: "Sphinx") -> None:
    """Register the directives."""
    app.add_directive("live-queue", LiveQueue)
    app.add_directive("lost-message", LostMessage)
    app.add_directive("doors", Doors)
    app.connect("html-page-context", load_script)
