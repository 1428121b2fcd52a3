"""The one file of JavaScript that a page or a notebook loads; tools/explorer_javascript.py makes it."""

from pathlib import Path

WEB = Path(__file__).parent / "web"
GENERATED = WEB / "generated"
BUNDLE = GENERATED / "explorer.js"


def classic(text: str) -> str:
    """The bundle as a script that is no module: a browser loads no module for a page that was opened from a folder."""
    body = text[: text.index("\nexport ")].replace("import.meta.url", "ADDRESS")
    return f"(() => {{\nconst ADDRESS = document.currentScript.src;\n{body}}})();\n"
