"""How far a page's text moved while it loaded: the cumulative layout shift, as Chromium reports it.

A page's score is the sum of its shifts here, which is never below the one that browsers report for a window of 5 s
(https://web.dev/articles/cls).
"""

from dataclasses import dataclass
from typing import Any

WATCH = """
window.mqShifts = [];
new PerformanceObserver((list) => {
  for (const { value, sources } of list.getEntries()) {
    const moved = sources.map(({ node }) => (node?.nodeType === Node.ELEMENT_NODE ? node : node?.parentElement));
    window.mqShifts.push({ value, moved: moved.filter(Boolean).map((one) => `${one.localName}.${one.className}`) });
  }
}).observe({ type: "layout-shift", buffered: true });
"""
"""For add_init_script, before the page is opened."""
MOST = 0.02
"""No page of the book may move more; browsers call 0.1 good."""
PAINTED = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
"""A shift is reported with the frame in which it was painted."""


@dataclass(frozen=True)
class LayoutShift:
    """The sum of all shifts, without unit, and the elements that moved."""

    score: float
    moved: tuple[str, ...]


def of(page: Any) -> LayoutShift:
    """What moved on a page that was opened with WATCH, up to now."""
    page.evaluate(PAINTED)
    shifts = page.evaluate("window.mqShifts")
    return LayoutShift(
        sum(shift["value"] for shift in shifts), tuple(one for shift in shifts for one in shift["moved"])
    )
