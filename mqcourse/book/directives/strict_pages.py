"""A strict Content-Security-Policy for every page, and the scripts and styles that themes write into pages in files instead.

What the theme's own scripts expect from a page is in `first.js`. A style of a page's body is in its style sheet, of the
page's name, in `_static/page-styles`.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from mqcourse.book.inline_styles import moved
from mqcourse.content_policy import meta

if TYPE_CHECKING:
    from sphinx.application import Sphinx

SHEETS = "page-styles"
BEFORE_THE_BODY_IS_READ = 300
AFTER_SCRIPTS_ARE_ADDED = 910
LAST_SHEET = 900


def take_styles(app: "Sphinx", page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Name the policy before all that it rules, and move the styles of the body into a file."""
    context["metatags"] = meta() + "\n" + (context.get("metatags") or "")
    context["mq_version"] = f"{app.config.mqcourse_static:x}"  # for the files that a template names
    body, sheet = moved(context.get("body") or "")
    file = Path(app.outdir) / "_static" / SHEETS / f"{page}.css"
    if not sheet:
        file.unlink(missing_ok=True)
        return
    context["body"] = body
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(sheet, encoding="utf-8")
    app.add_css_file(f"{SHEETS}/{page}.css", priority=LAST_SHEET)


def leave_out_scripts(app: "Sphinx", page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Take out the scripts that are written into the page."""
    context["script_files"] = [
        file
        for file in context.get("script_files", [])
        if "body" not in (getattr(file, "attributes", None) or {})
    ]


def setup(app: "Sphinx") -> None:
    """Register both handlers."""
    app.connect("html-page-context", take_styles, priority=BEFORE_THE_BODY_IS_READ)
    app.connect("html-page-context", leave_out_scripts, priority=AFTER_SCRIPTS_ARE_ADDED)
