"""The explorable in a page: where its files are, and the worked example that a page has without scripts."""

from collections.abc import Sequence
from html import escape
from pathlib import Path

from mqcourse.whatif.event import EVENTS, LABELS, decoded
from mqcourse.whatif.preset import Preset
from mqcourse.whatif.side_by_side import BROKERS, TITLES, played

WEB = Path(__file__).parent / "web"
GENERATED = WEB / "generated"
BUNDLE = GENERATED / "same_events.js"
"""The one script that the page loads; tools/whatif_javascript.py makes it."""
STYLE = WEB / "same_events.css"


def example(preset: Preset, brokers: Sequence[str]) -> str:
    """The table of a preset's events with what each did at these brokers, as HTML; the script writes other events into it."""
    shown = [(at, TITLES[at]) for at, name in enumerate(BROKERS) if name in brokers]
    rows = "".join(
        f'<tr><th scope="row">{number}. {LABELS[EVENTS.index(row.event)]}</th>'
        + "".join(f'<td data-broker="{title}">{escape(row.told[at].say)}</td>' for at, title in shown)
        + "</tr>"
        for number, row in enumerate(played(decoded(list(preset.letters)))[1:], 1)
    )
    heads = "".join(f'<th scope="col">{title}</th>' for _, title in shown)
    return (
        f'<table class="mq-events-table"><caption>The events so far: {escape(preset.title)}</caption>'
        f'<thead><tr><th scope="col">Event</th>{heads}</tr></thead><tbody>{rows}</tbody></table>'
    )
