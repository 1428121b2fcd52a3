"""Where the outputs of a page's cells come from: the record of the chapter's last run. No cell is executed here."""

import dataclasses
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from myst_nb.core.read import is_myst_markdown_notebook, read_myst_markdown_notebook
from myst_nb.sphinx_ import Parser
from sphinx.errors import ExtensionError

from mqcourse.book.chapter import Chapter
from mqcourse.book.record import Chosen, choose
from mqcourse.errors import CourseError
from mqcourse.replay.tape import MIME

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

NOT_RUN = "This cell has changed since its run: the outputs of this page are of an older state."


def chapter_of(env: "BuildEnvironment", page: str) -> Chapter:
    return Chapter(page.removeprefix("book/"), Path(env.srcdir))


def chosen_for(env: "BuildEnvironment", page: str) -> Chosen | None:
    """The record that a page is built from. Raises a build error for one that cannot be read."""
    try:
        return choose(chapter_of(env, page))
    except CourseError as error:
        raise ExtensionError(str(error)) from error


class KeptParser(Parser):  # type: ignore[misc]  # myst-nb has no types
    """myst-nb's parser, with the outputs of the record in the cells."""

    def parse(self, inputstring: str, document: "nodes.document") -> None:
        """As the base class."""
        env = document.settings.env
        before = env.mystnb_config
        if is_myst_markdown_notebook(inputstring):
            reader = partial(with_outputs, env=env, page=env.docname)
            # straight into the field: the class checks for the name of a function, where one with arguments is needed
            env.mystnb_config = dataclasses.replace(before)
            env.mystnb_config.custom_formats = {**before.custom_formats, ".md": (reader, {}, False)}
        try:
            super().parse(inputstring, document)
        finally:
            env.mystnb_config = before


def with_outputs(text: str, env: Any, page: str) -> Any:
    """The chapter as a notebook whose cells hold the outputs of the record."""
    import nbformat

    path = Path(env.doc2path(page))
    notebook = read_myst_markdown_notebook(text, config=env.myst_config, add_source_map=True, path=str(path))
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    chapter = chapter_of(env, page)
    chosen = chosen_for(env, page)
    outputs = chosen.record.outputs_of(chapter) if chosen else [None] * len(cells)
    for number, (cell, found) in enumerate(zip(cells, outputs, strict=True), start=1):
        if found is None:
            note = f'<div class="mq-claim" role="note"><p>{NOT_RUN}</p></div>'
            found = [
                {
                    "output_type": "display_data",
                    "metadata": {},
                    "data": {"text/html": note, "text/plain": NOT_RUN},
                }
            ]
        cell.outputs = [
            nbformat.from_dict(joined(output))
            for output in found
            if MIME not in output.get("data", {})  # a recording: {replay} shows it where the author wants it
        ]
        cell.execution_count = number
    return notebook


def joined(output: dict[str, Any]) -> dict[str, Any]:
    """An output of a file, with its lists of lines as texts."""
    whole = dict(output)
    if isinstance(whole.get("text"), list):
        whole["text"] = "".join(whole["text"])
    if "data" in whole:
        whole["data"] = {
            kind: "".join(value) if isinstance(value, list) and not kind.endswith("json") else value
            for kind, value in whole["data"].items()
        }
    return whole


def state_of(env: "BuildEnvironment", page: str) -> str:
    """Changes with whatever a page takes from records."""
    chapter = chapter_of(env, page)
    if not chapter.path.is_file() or not chapter.cells:
        return ""
    chosen = chosen_for(env, page)
    if chosen is None:
        return "never run"
    fits = chosen.record.fits(chapter)
    return sha256(repr((chosen, fits)).encode()).hexdigest()


def outdated(
    app: "Sphinx", env: "BuildEnvironment", _added: set[str], _changed: set[str], _removed: set[str]
) -> list[str]:
    """Pages whose record is another than when they were read last."""
    before = getattr(env, "mqcourse_records", {})
    now = {page: state_of(env, page) for page in env.found_docs}
    env.mqcourse_records = now  # type: ignore[attr-defined]
    return [page for page, state in now.items() if before.get(page) != state]


def setup(app: "Sphinx") -> None:
    """Register the parser over myst-nb's own, and the handler."""
    app.setup_extension("myst_nb")
    app.add_source_parser(KeptParser, override=True)
    app.connect("env-get-outdated", outdated)
