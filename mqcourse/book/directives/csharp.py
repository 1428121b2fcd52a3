"""`{csharp}`: the C# program that does what the cells above do, folded away, and the lines that it prints differently."""

from typing import TYPE_CHECKING, ClassVar

from docutils import nodes

from mqcourse.book.csharp import source
from mqcourse.book.directives.block import Block
from mqcourse.book.directives.html_element import Element, InlineElement
from mqcourse.book.directives.outputs import chapter_of

if TYPE_CHECKING:
    from sphinx.application import Sphinx

NUMBERS = {2: "two", 3: "three", 4: "four"}


class Csharp(Block):
    """```{csharp} NAME```, with YAML below: cells, differs, varies, note."""

    required_arguments = 1
    KEYS: ClassVar[dict[str, type]] = {"cells": int, "differs": list, "varies": list, "note": str}

    def run(self) -> list[nodes.Node]:
        """A closed `details` with the tested file itself; a name without a file fails the build."""
        settings = self.settings(self.KEYS)
        name = self.arguments[0]
        path = source(chapter_of(self.env, self.env.docname), name)
        self.env.note_dependency(str(path))
        try:
            code = path.read_text(encoding="utf-8").rstrip("\n")
        except FileNotFoundError:
            raise self.error(f"{{csharp}}: write {path.parent.name}/{path.name} beside the chapter") from None
        summary = InlineElement("summary", "The same in C#")
        block = nodes.literal_block(code, code, language="csharp", force=True)
        box = Element("details", summary, block, **{"class": "mq-csharp"})
        box += self.markdown(self.said(settings.get("cells", 1), name))
        if differs := settings.get("differs"):
            box += self.table(differs, name)
        if note := settings.get("note"):
            box += self.markdown(note)
        return [box]

    def said(self, cells: int, name: str) -> str:
        """Where the file is, and what it prints."""
        above = "cell above prints" if cells == 1 else f"{NUMBERS.get(cells, cells)} cells above print"
        return (
            f"The file `csharp/{name}.cs` beside this page's source prints what the {above}"
            "; [In C#](csharp.md) shows how to run it."
        )

    def table(self, differs: list[dict[str, str]], name: str) -> Element:
        """The lines that differ, Python's beside C#'s."""
        head = Element("tr", InlineElement("th", "Python prints"), InlineElement("th", "C# prints"))
        table = Element("table", head, **{"class": "table"})
        for pair in differs:
            table += Element("tr", *(self.lines(pair[side]) for side in ("python", "csharp")))
        # it scrolls where the screen is narrow, so the keyboard must reach it
        said = {"tabindex": "0", "role": "group", "aria-label": f"Lines that differ: {name}"}
        return Element("div", table, **{"class": "mq-csharp-table"}, **said)

    def lines(self, printed: str) -> Element:
        """A cell of the table, one paragraph a line."""
        return Element("td", *(Element("p", nodes.literal("", line)) for line in printed.splitlines()))


def setup(app: "Sphinx") -> None:
    app.add_directive("csharp", Csharp)
