"""Formulas as MathML, made when the book is built.

Every current browser draws MathML by itself, so a page needs neither a script nor additional fonts for it, and a
screen reader reads the formula. docutils carries the translator.
"""

from typing import TYPE_CHECKING, Any

from docutils import nodes
from docutils.utils.math import MathError, latex2mathml
from sphinx.errors import SphinxError
from sphinx.writers.html import HTMLTranslator

if TYPE_CHECKING:
    from sphinx.application import Sphinx


class FormulaError(SphinxError):
    """A formula that cannot be shown."""

    category = "Formula"


def mathml(tex: str, *, display: bool) -> str:
    """The MathML of a TeX formula; FormulaError names the formula that is not understood."""
    try:
        return str(latex2mathml.tex2mathml(tex.strip(), as_block=display))
    except MathError as error:
        raise FormulaError(f"cannot write {tex.strip()!r} as MathML: {error}") from error


def visit_inline(translator: HTMLTranslator, node: nodes.math) -> None:
    """A formula in a line of text."""
    translator.body.append(mathml(node.astext(), display=False))
    raise nodes.SkipNode


def visit_display(translator: HTMLTranslator, node: nodes.math_block) -> None:
    """A formula on a separate line; wide formulas scroll by themselves on a phone."""
    translator.body.append(
        '<div class="mq-formula" tabindex="0" role="group" aria-label="formula">'
        + mathml(node.astext(), display=True)
        + "</div>"
    )
    raise nodes.SkipNode


def setup(app: "Sphinx") -> None:
    """Register the renderer under the name that `_config.yml` chooses (html_math_renderer)."""
    inline: Any = (visit_inline, None)
    display: Any = (visit_display, None)
    app.add_html_math_renderer("mathml", inline, display)
