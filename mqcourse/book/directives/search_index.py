"""The index that the search page loads, of all pages of the built book."""

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from mqcourse.search import index, index_file
from mqcourse.search.page_passages import passages
from mqcourse.search.passage import Passage

if TYPE_CHECKING:
    from sphinx.application import Sphinx

SYNONYMS = "synonyms.toml"


def write_index(app: "Sphinx", error: Exception | None) -> None:
    """Put the index beside the pages, once they are written."""
    if error is None and app.builder.format == "html":
        out = Path(app.outdir)
        names = in_order(app)
        found = distinct(
            [
                one
                for name in names
                for one in passages(f"{name}.html", (out / f"{name}.html").read_text("utf-8"))
            ]
        )
        same = Path(app.srcdir) / "book" / SYNONYMS
        known = tomllib.loads(same.read_text(encoding="utf-8")) if same.exists() else {}
        made = index.build(found, known.get("groups", []), known.get("aliases", {}))
        (out / index_file.PLACE).write_text(index_file.script(made), encoding="utf-8")


def in_order(app: "Sphinx") -> list[str]:
    """The pages in the order of the table of contents, then those outside it."""
    order: list[str] = []

    def go(name: str) -> None:
        if name not in order:
            order.append(name)
            for following in app.env.toctree_includes.get(name, []):
                go(following)

    go(app.config.root_doc)
    return [*order, *sorted(app.env.found_docs - {*order})]


def distinct(found: list[Passage]) -> list[Passage]:
    """Each card once: in its topic, where the whole topic can be asked, and not in a chapter that shows it too."""
    topics = {one.anchor for one in found if one.kind == "card" and one.page.startswith("book/questions/")}
    return [
        one
        for one in found
        if one.kind != "card" or one.page.startswith("book/questions/") or one.anchor not in topics
    ]


def setup(app: "Sphinx") -> None:
    """Register the handler."""
    app.connect("build-finished", write_index)
