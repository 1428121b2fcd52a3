"""The book's own directives and roles, each in one module, and the execution of its chapters.

A Sphinx extension: `_config.yml` names it, so that `jupyter-book build .` and `mq book build` make the same pages.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx


def setup(app: "Sphinx") -> dict[str, Any]:
    """Register every directive, role and handler of the book."""
    from mqcourse.sphinx import (
        backpressure,
        chapter_head,
        element,
        execution,
        fact,
        key_points,
        mathml,
        predict,
        question,
        search_excerpts,
        unused,
    )

    for module in (
        element,
        execution,
        mathml,
        chapter_head,
        key_points,
        fact,
        question,
        predict,
        backpressure,
        search_excerpts,
        unused,
    ):
        module.setup(app)
    return {"version": "1", "parallel_read_safe": False, "parallel_write_safe": True}
