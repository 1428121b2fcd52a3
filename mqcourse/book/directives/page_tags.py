"""What other programs show of a page: its description, and the Open Graph tags of title, description and picture."""

from html import escape
from typing import TYPE_CHECKING, Any

from docutils import nodes
from markupsafe import Markup

from mqcourse.book.directives.html_element import Element

if TYPE_CHECKING:
    from sphinx.application import Sphinx

PICTURE = "_static/social.png"
"""Made by `python -m tools.social_picture`."""
PICTURE_SIZE = (1200, 630)
LONGEST = 200
OF_NO_PAGE = "A course on RabbitMQ, Kafka and Azure Service Bus whose experiments ran on real brokers."


def description(doctree: Any) -> str:
    """What a chapter's head promises; on a page without a head above its text, the first paragraph. Cut at a word."""
    if doctree is None:
        return OF_NO_PAGE
    first = next((node for node in doctree.findall(nodes.paragraph) if is_text(node)), None)
    head = next((node for node in doctree.findall(Element) if node["html"].get("class") == "mq-head"), None)
    lists = list(head.findall(nodes.bullet_list)) if head is not None else []
    above = first is None or (head is not None and comes_before(doctree, head, first))
    if above and len(lists) > 1:
        text = " ".join(item.astext() for item in lists[1].findall(nodes.list_item))
    else:
        text = first.astext() if first is not None else ""
    text = " ".join(text.split()) or OF_NO_PAGE
    return text if len(text) <= LONGEST else text[:LONGEST].rsplit(" ", 1)[0] + " …"


def is_text(paragraph: nodes.Node) -> bool:
    """Whether a paragraph is the page's own text, not that of a box, a list or a note."""
    return isinstance(paragraph.parent, nodes.section) and not inside_a_box(paragraph)


def comes_before(doctree: Any, one: nodes.Node, other: nodes.Node) -> bool:
    """Whether a node is above another one in the page."""
    return next(node for node in doctree.findall() if node is one or node is other) is one


def inside_a_box(node: nodes.Node) -> bool:
    """Whether one of the elements around it is a directive's."""
    above = node.parent
    while above is not None:
        if isinstance(above, Element):
            return True
        above = above.parent
    return False


def add_tags(app: "Sphinx", page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Into the page's head."""
    site = str(app.config.html_title or app.config.project)
    title = str(context.get("title") or site)
    words = description(doctree)
    # crawlers need the whole address, which only a published book has
    base = str(app.config.html_baseurl or "")
    picture = f"{base.rstrip('/')}/{PICTURE}" if base else context["pathto"](PICTURE, resource=True)
    properties = {
        "og:type": "website" if page == app.config.root_doc else "article",
        "og:site_name": site,
        "og:title": Markup(title).striptags(),  # noqa: S704  # nothing of it is shown unescaped
        "og:description": words,
        "og:image": picture,
        "og:image:width": str(PICTURE_SIZE[0]),
        "og:image:height": str(PICTURE_SIZE[1]),
        "og:image:alt": "A queue, and two workers of which one was killed: its two tasks are in the queue again.",
    }
    tags = [f'<meta name="description" content="{escape(words)}">']
    tags += [f'<meta property="{name}" content="{escape(value)}">' for name, value in properties.items()]
    tags.append('<meta name="twitter:card" content="summary_large_image">')
    context["metatags"] = (context.get("metatags") or "") + "\n" + "\n".join(tags) + "\n"


def setup(app: "Sphinx") -> None:
    """Register the handler."""
    app.connect("html-page-context", add_tags)
