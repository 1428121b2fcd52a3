"""Figures of the book: SVG in the page itself, so that their text and lines follow light and dark.

`import mqcourse.book.figures` in a cell is all a chapter does. A figure shown at the end of a cell becomes an inline
SVG whose ink is `currentColor`; `figure_of(figure, "what it shows")` gives it the words a screen reader says.
Outside a kernel (a test, a script) importing it only sets the style.
"""

import hashlib
import io
import re
from html import escape
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
from cycler import cycler
from matplotlib.figure import Figure

INK = "#010203"
"""A colour nobody chooses: in the SVG it is replaced by `currentColor`, the text colour of the page."""
COLOURS = ("#1a73b8", "#cf5a00", "#008f68", "#b5609a", "#8a6d1a", "#6a6fc0")
"""After Okabe and Ito's colour-blind safe set, each moved until it has 3:1 against white and against the dark page."""
SURFACES = ("#ffffff", "#121212")
"""Backgrounds of the page, light and dark."""
STYLE: dict[Any, Any] = {
    "figure.figsize": (7.2, 3.4),
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
    "savefig.transparent": True,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.edgecolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlelocation": "left",
    "axes.titlesize": "medium",
    "axes.titleweight": "bold",
    "axes.grid": True,
    "grid.color": INK,
    "grid.alpha": 0.15,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "legend.frameon": False,
    "legend.labelcolor": INK,
    "hatch.color": INK,
    "lines.linewidth": 2.0,
    "font.size": 10.5,
    "svg.fonttype": "path",
    "svg.hashsalt": "mastering-message-queues",
    "figure.constrained_layout.use": True,
}


class Described:
    """A figure with the words for those who do not see it; shows itself at the end of a cell."""

    def __init__(self, figure: Figure, words: str) -> None:
        self.figure = figure
        self.words = words

    def _repr_html_(self) -> str:
        return inline_svg(self.figure, self.words)

    def __repr__(self) -> str:
        return f"Figure: {self.words}"


def figure_of(figure: Figure, words: str) -> Described:
    """The figure with its description: leave it as the last line of a cell.

    Raises ValueError when the words are empty: a figure without any is lost on whoever cannot see it.
    """
    if not words.strip():
        raise ValueError("say in words what the figure shows")
    plt.close(figure)  # otherwise the inline backend shows it a second time
    return Described(figure, " ".join(words.split()))


def inline_svg(figure: Figure, words: str) -> str:
    """The figure as an `svg` element that can be in a page beside others.

    Ids get a prefix made of the drawing, since two figures in a page would otherwise share theirs.
    """
    held = io.StringIO()
    figure.savefig(held, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    svg = held.getvalue()
    svg = svg[svg.index("<svg") :]
    # Its style sheet says `*`: inside a page, that would be every element of the page.
    svg = re.sub(r"<style[^>]*>.*?</style>|<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    prefix = "f" + hashlib.sha256((svg + words).encode()).hexdigest()[:8] + "-"
    svg = re.sub(r'\bid="', f'id="{prefix}', svg)
    svg = re.sub(r'(href="#|url\(#)', rf"\g<1>{prefix}", svg)
    svg = svg.replace(INK, "currentColor")
    size = re.match(r'<svg[^>]*?width="([\d.]+)pt"', svg)
    style = "stroke-linejoin:round;stroke-linecap:butt"
    if size:
        style += f";max-width:{float(size[1]) * 4 / 3:.0f}px"
    svg = re.sub(r'(<svg[^>]*?) width="[\d.]+pt"', r"\1", svg, count=1)
    svg = re.sub(r'(<svg[^>]*?) height="[\d.]+pt"', r"\1", svg, count=1)
    return svg.replace(
        "<svg", f'<svg class="mq-figure" role="img" aria-label="{escape(words)}" style="{style}"', 1
    )


def words_of(figure: Figure) -> str:
    """What can be said of a figure nobody described: its titles and labels."""
    parts = []
    for axes in figure.axes:
        title = axes.get_title(loc="left") or axes.get_title()
        labels = " against ".join(label for label in (axes.get_ylabel(), axes.get_xlabel()) if label)
        parts += [part for part in (title, labels) if part]
    return "Figure: " + "; ".join(parts) if parts else "Figure"


def install() -> None:
    """Set the style, and teach the notebook's kernel to show figures this way."""
    mpl.rcParams.update(STYLE)
    mpl.rcParams["axes.prop_cycle"] = cycler(color=COLOURS)
    kernel: Any = None
    try:
        from IPython.core.getipython import get_ipython

        kernel = get_ipython()
    except ImportError:
        return
    if kernel is not None:
        from matplotlib_inline.backend_inline import set_matplotlib_formats

        kernel.run_line_magic("matplotlib", "inline")
        set_matplotlib_formats("svg")  # type: ignore[no-untyped-call]
        mpl.rcParams.update(STYLE)  # the inline backend has settings of its own
        html = kernel.display_formatter.formatters["text/html"]
        html.for_type(Figure, lambda figure: inline_svg(figure, words_of(figure)))


install()
