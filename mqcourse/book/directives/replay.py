"""`{replay}`: plays a recording of the chapter's run, with a table of all its events for readers without scripts."""

import json
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes

from mqcourse.book.chapter import Cell, Chapter
from mqcourse.book.directives import page_files
from mqcourse.book.directives.block import Block
from mqcourse.book.directives.chapter_head import day, notice, shown_versions
from mqcourse.book.directives.html_element import Element, holds
from mqcourse.book.directives.outputs import chapter_of, chosen_for, joined
from mqcourse.book.record import Record
from mqcourse.errors import CourseError
from mqcourse.replay.recording import Recording, read
from mqcourse.replay.scene import Step, Story
from mqcourse.replay.story import story
from mqcourse.replay.tape import MIME, digest_of

if TYPE_CHECKING:
    from sphinx.application import Sphinx

WEB = Path(__file__).parents[2] / "replay" / "web"
FOLDER = "replay"
"""Where its script and style sheet are in the built book's _static."""
WRITTEN = "%%writefile "
MADE_BY = (*sorted(WEB.parent.glob("*.py")), Path(__file__))
"""What turns a recording into a page: when any of it changes, a page with a replay is made again."""


class Replay(Block):
    """```{replay} NAME```, with YAML below: title."""

    required_arguments = 1
    KEYS: ClassVar[dict[str, type]] = {"title": str}

    def run(self) -> list[nodes.Node]:
        """The element; a name that the chapter's own run does not have fails the build."""
        settings = self.settings(self.KEYS)
        name = self.arguments[0]
        page = self.env.docname
        for path in MADE_BY:
            self.env.note_dependency(str(path))
        chapter, chosen = chapter_of(self.env, page), chosen_for(self.env, page)
        found = recordings(chosen.record) if chosen else {}
        if name not in found:
            if chosen is not None and chosen.record.fits(chapter) and not chosen.record.failed:
                names = ", ".join(found) or "none"
                raise self.error(
                    f"{{replay}}: the run of this chapter has no recording {name!r}; it has: {names}"
                )
            return [notice("This replay has no recording yet. Record it: ", f"mq book run {chapter.name}")]
        assert chosen is not None  # noqa: S101  found has the name
        try:
            recording = read(found[name])
            told = story(recording)
        except CourseError as error:
            raise self.error(f"{{replay}}: {error}") from error
        title = settings.get("title", name.replace("-", " "))
        html = element(title, recording, told, chosen.record, sources_of(told, chapter))
        return [Element("broker-replay", nodes.raw("", html, format="html"), id=f"replay-{name}")]


def recordings(record: Record) -> dict[str, str]:
    """The recordings of a run by their names."""
    found = {}
    for outputs in record.outputs:
        for output in outputs:
            text = joined(output).get("data", {}).get(MIME)
            if text:
                found[str(json.loads(text.splitlines()[0])["replay"])] = text
    return found


def sources_of(told: Story, chapter: Chapter) -> list[tuple[str, str, list[str]]]:
    """The cells and programs whose lines caused events: digest, name, lines. Those that changed since are left out."""
    used = list(dict.fromkeys(step.source for step in told.steps if step.source))
    known = {}
    for number, cell in enumerate(chapter.cells, start=1):
        name, text = named(cell, number)
        known[digest_of(text)] = (name, text.rstrip("\n").splitlines())
    return [(digest, *known[digest]) for digest in used if digest in known]


def named(cell: Cell, number: int) -> tuple[str, str]:
    """What a reader calls the code of a cell: the program that it writes, or its place in the page."""
    first, _, rest = cell.source.partition("\n")
    if first.startswith(WRITTEN):
        return first.removeprefix(WRITTEN).strip(), rest
    return f"cell {number} of this page", cell.source


def element(
    title: str,
    recording: Recording,
    told: Story,
    record: Record,
    sources: Sequence[tuple[str, str, list[str]]],
) -> str:
    """The inner HTML of the element: about it, the table, the story as data."""
    versions = ", ".join(f"{name} {number}" for name, number in shown_versions(record))
    began = recording.began
    about = (
        f"Recorded on {day(began)} at {began:%H:%M:%S} UTC with {versions}. "
        f"Each of the {len(told.steps)} events happened; the clock shows when. The pauses between them are changed so that you can follow."
    )
    missing = ""
    if told.missing:
        missing = f'<div class="mq-claim" role="note"><p>This recording is not complete: {escape("; ".join(told.missing))}.</p></div>'
    names = {digest: name for digest, name, _ in sources}
    rows = "".join(row(step, names) for step in told.steps)
    data = json.dumps(story_data(told, sources), ensure_ascii=False, separators=(",", ":"))
    data = data.replace("<", "\\u003c")  # nothing in it may end the script element
    label = escape(f"Replay: {title}", quote=True)
    return (
        f'<section class="mq-replay" aria-label="{label}"><p class="mq-box-title">{label}</p>'
        f'<p class="mq-replay-about">{escape(about)}</p>{missing}'
        f'<details class="mq-replay-table"><summary>All {len(told.steps)} events as a table</summary>'
        f'<div tabindex="0" role="region" aria-label="All events: {escape(title, quote=True)}"><table><thead><tr><th scope="col">ms</th>'
        f'<th scope="col">Event</th><th scope="col">Line</th></tr></thead><tbody>{rows}</tbody></table></div></details>'
        f'<script type="application/json">{data}</script></section>'
    )


def row(step: Step, names: dict[str, str]) -> str:
    """An event in the table."""
    line = f"{names[step.source]}, line {step.line}" if step.source in names else ""
    return f"<tr><td>{step.at_ms:.3f}</td><td>{escape(step.say)}</td><td>{escape(line)}</td></tr>"


def story_data(told: Story, sources: Sequence[tuple[str, str, list[str]]]) -> dict[str, Any]:
    """What replay.js plays. Times and sentences are those of the table, and empty fields are left out."""
    index = {digest: number for number, (digest, _, _) in enumerate(sources)}
    steps = []
    for step in told.steps:
        whole = {
            "at": step.at,
            "code": [index[step.source], step.line] if step.source in index else None,
            "moves": [[move.message, move.to, move.look] for move in step.moves],
            "notes": step.notes,
            "states": step.states,
            "mark": step.mark,
        }
        steps.append({name: value for name, value in whole.items() if value})
    return {
        "places": [vars(place) for place in told.places],
        "messages": list(told.messages),
        "sources": [{"name": name, "lines": lines} for _, name, lines in sources],
        "steps": steps,
    }


def setup(app: "Sphinx") -> None:
    """Register the directive and its files."""
    app.add_directive("replay", Replay)
    page_files.load_where(
        app, lambda doctree: holds(doctree, "broker-replay"), FOLDER, WEB / "replay.css", WEB / "replay.js"
    )
