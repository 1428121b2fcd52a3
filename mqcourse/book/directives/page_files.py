"""Files that a directive's element loads, in the built book."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx


BEFORE_PAINT: Mapping[str, Any] = MappingProxyType({"loading_method": "defer", "blocking": "render"})
"""For add_js_file: a script that changes what is above the text. Browsers that know `blocking` wait for it with the
first paint, so that the text does not move (https://html.spec.whatwg.org/multipage/urls-and-fetching.html#blocking-attributes).
"""


def copy(app: "Sphinx", folder: str, files: Iterable[Path]) -> None:
    """Put them into that folder of _static, before a page names them: Sphinx adds their checksums."""
    if app.builder.format == "html":
        target = Path(app.outdir) / "_static" / folder
        target.mkdir(parents=True, exist_ok=True)
        for path in files:
            (target / path.name).write_bytes(path.read_bytes())


def load_where(
    app: "Sphinx",
    has_element: Callable[[Any], bool],
    folder: str,
    style: Path,
    script: Path,
    how: Mapping[str, Any] = MappingProxyType({"loading_method": "defer"}),
) -> None:
    """Put a style sheet and a script into that folder of the built book, and load them on the pages for whose doctree
    `has_element` is true, and on no other. `how` has add_js_file's words for the script's attributes."""

    def load_files(app: "Sphinx", page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
        if has_element(doctree):
            app.add_css_file(f"{folder}/{style.name}")
            app.add_js_file(f"{folder}/{script.name}", **how)

    app.connect("html-page-context", load_files)
    app.connect("builder-inited", lambda app: copy(app, folder, (script, style)))
