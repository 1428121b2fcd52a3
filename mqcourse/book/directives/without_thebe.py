"""What Jupyter Book puts into every page and the course does not use: Thebe, which runs cells on a server elsewhere.

Jupyter Book loads sphinx-thebe always. Its two scripts name a content delivery network, one of them is written twice
(an error in the browser's console), and no setting switches it off. The script of sphinx-design's tabs is left out with it.
"""

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx

NAMES = ("thebe", "design-tabs")
IN_A_BODY = re.compile(
    r'\s*<script type="text/x-thebe-config">.*?</script>\s*<script>kernelName = [^<]*</script>', re.DOTALL
)
"""What it appends to each chapter."""


def leave_out(app: "Sphinx", page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Take its scripts and styles out of the page, and the book's title from the title of the root page."""
    if page == app.config.root_doc:
        context["docstitle"] = ""
    if "body" in context:
        context["body"] = IN_A_BODY.sub("", context["body"])
    for kind in ("script_files", "css_files"):
        context[kind] = [file for file in context.get(kind, []) if not belongs(file)]


def belongs(file: Any) -> bool:
    """Whether a script or style is one of these: by its file name, or by its text for one written into the page."""
    attributes = getattr(file, "attributes", {})
    texts = (str(getattr(file, "filename", file) or "").lower(), str(attributes.get("body", "")).lower())
    return any(name in text for name in NAMES for text in texts)


def setup(app: "Sphinx") -> None:
    """Register the handler, to run after those that add."""
    app.connect("html-page-context", leave_out, priority=900)
