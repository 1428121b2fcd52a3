"""A node that becomes one HTML element: details, summary, section … which docutils has no nodes for."""

from typing import TYPE_CHECKING, Any

from docutils import nodes

if TYPE_CHECKING:
    from sphinx.application import Sphinx


class Element(nodes.General, nodes.Element):  # type: ignore[misc]  # docutils has no types
    """`Element("details", id="x", **{"class": "card"})`; children are rendered inside."""

    def __init__(self, tag: str = "div", *children: nodes.Node, **html: str) -> None:
        super().__init__("", *children)
        name(self, tag, html)


class InlineElement(nodes.Inline, nodes.TextElement):  # type: ignore[misc]
    """The same for what holds text: span, a, p, h3."""

    def __init__(self, tag: str = "span", text: str = "", *children: nodes.Node, **html: str) -> None:
        super().__init__("", text, *children)
        name(self, tag, html)


def name(node: nodes.Element, tag: str, html: dict[str, str]) -> None:
    """Keep tag and attributes; an id goes where docutils writes ids from."""
    node["tag"] = tag
    if "id" in html:
        node["ids"].append(html.pop("id"))
    node["html"] = html


def holds(doctree: Any, tag: str) -> bool:
    """Whether a page has an element of that tag. Pages that Sphinx makes itself, such as the search, have no doctree."""
    return doctree is not None and any(node["tag"] == tag for node in doctree.findall(Element))


def holds_class(doctree: Any, name: str) -> bool:
    """Whether a page has an element with that class, and no other."""
    return doctree is not None and any(node["html"].get("class") == name for node in doctree.findall(Element))


BLOCK = {
    "section",
    "details",
    "summary",
    "div",
    "header",
    "footer",
    "aside",
    "h2",
    "h3",
    "p",
    "dl",
    "dt",
    "dd",
    "ul",
    "table",
    "tr",
}


def visit(translator: Any, node: nodes.Element) -> None:
    """Open the element in the HTML page."""
    suffix = "\n" if node["tag"] in BLOCK else ""
    translator.body.append(translator.starttag(node, node["tag"], suffix, **node["html"]))


def depart(translator: Any, node: nodes.Element) -> None:
    """Close the element in the HTML page."""
    translator.body.append(f"</{node['tag']}>" + ("\n" if node["tag"] in BLOCK else ""))


def ignore(translator: Any, node: nodes.Element) -> None:
    """Other builders show the children alone."""


def setup(app: "Sphinx") -> None:
    """Register both nodes."""
    for kind in (Element, InlineElement):
        app.add_node(kind, html=(visit, depart), latex=(ignore, ignore), text=(ignore, ignore))
