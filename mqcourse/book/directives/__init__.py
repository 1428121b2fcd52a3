"""The book's own directives and roles, each in one module, and where the outputs of its cells come from.

A Sphinx extension: `_config.yml` names it, so that `jupyter-book build .` and `mq book build` make the same pages.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from mqcourse.source_digest import digest_of

if TYPE_CHECKING:
    from sphinx.application import Sphinx


def setup(app: "Sphinx") -> dict[str, Any]:
    """Register every directive, role and handler of the book."""
    from mqcourse.book.directives import (  # here: a module of this package is also imported without Sphinx
        backpressure,
        capacity,
        chapter_head,
        csharp,
        fact,
        gloss,
        home_page,
        html_element,
        key_points,
        mathml,
        mock_interview,
        outputs,
        page_tags,
        predict,
        question,
        replay,
        review,
        same_events,
        search_index,
        strict_pages,
        without_thebe,
    )

    for module in (
        html_element,
        outputs,
        mathml,
        chapter_head,
        key_points,
        fact,
        gloss,
        question,
        predict,
        csharp,
        backpressure,
        capacity,
        replay,
        same_events,
        review,
        mock_interview,
        home_page,
        page_tags,
        search_index,
        strict_pages,
        without_thebe,
    ):
        module.setup(app)
    # a page names the style sheet with its checksum, so one that changed is a reason to write every page again
    static = sources_version(Path(app.srcdir) / "book" / "_static", "**/*.*")
    app.add_config_value("mqcourse_static", static, "html")
    return {
        "version": "1",
        "env_version": sources_version(Path(__file__).parent),
        "parallel_read_safe": False,
        "parallel_write_safe": True,
    }


def sources_version(folder: Path, pattern: str = "*.py") -> int:
    """A number that changes with any such file: Sphinx then makes every page again, not only edited ones."""
    return int(digest_of(folder.glob(pattern), folder)[:8], 16) or 1
