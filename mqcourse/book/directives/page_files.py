"""Files that a directive's element loads, in the built book."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx


def copy(app: "Sphinx", folder: str, files: Iterable[Path]) -> None:
    """Put them into that folder of _static, before a page names them: Sphinx adds their checksums."""
    if app.builder.format == "html":
        target = Path(app.outdir) / "_static" / folder
        target.mkdir(parents=True, exist_ok=True)
        for path in files:
            (target / path.name).write_bytes(path.read_bytes())
