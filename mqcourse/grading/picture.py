"""A verdict as a notebook shows it: a box with its state in a word and a colour, and the trials as small pictures.

The colours hold against light and dark pages alike: text takes the page's own colour, and a word or a shape
always repeats the meaning of a colour.
"""

from html import escape

from mqcourse.grading.history import Kind
from mqcourse.grading.trace import Trace, in_words
from mqcourse.grading.verdict import START, State, Verdict

COLOUR = {State.PASSED: "#2e7d32", State.FAILED: "#c62828", State.UNTOUCHED: "#757575"}
SIGN = {State.PASSED: "✓", State.FAILED: "✗", State.UNTOUCHED: "○"}
LANE_PX, STEP_PX, HEAD_PX, MOST_STEPS = 26, 26, 16, 60
LETTER_PX = 7
"""The width of a letter of what was seen: most are narrower."""
DONE, OPEN, FAILED, KILLED = "#2e7d32", "#b26a00", "#c62828", "#c62828"
NOTHING = "got nothing"
INK = "var(--jp-content-font-color1, currentColor)"


def html(verdict: Verdict) -> str:
    state, exercise = verdict.state, verdict.exercise
    colour = COLOUR[state]
    head = (
        f'<strong><span style="background:{colour};color:#fff;border-radius:3px;padding:0 .4em">'
        f"{SIGN[state]} {state}</span> {escape(exercise.title)}</strong> "
        f"{verdict.points} of {exercise.points} points"
    )
    lines = [START] if state is State.UNTOUCHED else verdict.lines()
    if state is State.PASSED:
        lines = [exercise.guarantee, *lines]
    body = "".join(f"<div>{escape(line)}</div>" for line in lines)
    if state is State.FAILED:
        body += "".join(_trace(trace, place) for place, trace in enumerate(verdict.shown_traces, 1))
        body += "<div>A hint, when you want one: <code>hint(1)</code></div>"
    return (
        f'<div role="group" aria-label="verdict: {escape(exercise.title)}: {state}" '
        f'style="border-left:4px solid {colour};padding:.2em .8em;color:{INK}">{head}{body}</div>'
    )


def _trace(trace: Trace, place: int) -> str:
    lanes = trace.lines()[: len(trace.lanes)] if trace.history.events else []
    text = "".join(f"{escape(line)}\n" for line in trace.lines()[len(lanes) :])
    words = "".join(f"<li>{escape(line)}</li>" for line in lanes)
    return (
        '<div style="margin:.4em 0">'
        + (
            f"{svg(trace, place)}<details><summary>The same in words</summary><ul>{words}</ul></details>"
            if lanes
            else ""
        )
        + (f'<pre style="max-height:16em;overflow:auto">{text}</pre>' if text else "")
        + "</div>"
    )


def svg(trace: Trace, place: int = 1) -> str:
    """A lane for each worker, time to the right: a box for each piece of work, an x where it was killed."""
    lanes = trace.lanes
    events = trace.history.events[:MOST_STEPS]
    label_px = 8 * max((len(lane) for lane in lanes), default=4) + 12
    edges = [label_px]
    for event in events:
        seen = LETTER_PX * len(event.text) + 8 if event.kind is Kind.SAW else 0
        edges.append(edges[-1] + max(STEP_PX, seen))
    width = max(edges[-1] + STEP_PX, label_px + LETTER_PX * len(NOTHING) + 8)
    height = HEAD_PX + LANE_PX * len(lanes) + 6
    words = ". ".join(f"{lane}: {in_words(trace.history, lane)}" for lane in lanes)
    drawn: list[str] = []
    for row, lane in enumerate(lanes):
        y = HEAD_PX + LANE_PX * row + LANE_PX // 2
        drawn.append(f'<text x="0" y="{y + 4}" fill="{INK}">{escape(lane)}</text>')
        drawn.append(
            f'<line x1="{label_px}" x2="{width}" y1="{y}" y2="{y}" stroke="{INK}" stroke-opacity=".25"/>'
        )
        drawn += _row(trace, lane, y, edges)
        if not any(event.worker == lane for event in events):
            drawn.append(
                f'<text x="{label_px + 4}" y="{y - 3}" fill="{INK}" font-style="italic">{NOTHING}</text>'
            )
    return (
        # it keeps its size, so that its letters can be read, and scrolls where there is no room
        '<div tabindex="0" role="group" aria-label="What each worker did" style="overflow-x:auto">'
        f'<svg role="img" aria-labelledby="mq-t{place}" aria-describedby="mq-d{place}" viewBox="0 0 {width} {height}" '
        f'style="display:block;width:{width}px;height:{height}px;color:{INK};font:12px sans-serif">'
        f'<title id="mq-t{place}">What each worker did</title><desc id="mq-d{place}">{escape(words)}</desc>'
        f"{''.join(drawn)}</svg></div>"
    )


def _row(trace: Trace, lane: str, y: int, edges: list[int]) -> list[str]:
    """What one lane shows. A box reaches from the start of the work to its end; one without an end stays open.

    `edges`: where each event begins, and behind the last where that ends.
    """
    drawn: list[str] = []
    events = trace.history.events[:MOST_STEPS]
    open_: dict[int, int] = {}

    def box(message: int, first: int, last: int, colour: str, dashed: bool) -> str:
        x = edges[first] + 2
        wide = max(STEP_PX - 4, edges[last + 1] - 2 - x)
        dash = ' stroke-dasharray="4 3"' if dashed else ""
        number = str(message) if message > 0 else "?"
        return (
            f'<rect x="{x}" y="{y - 9}" width="{wide}" height="18" rx="3" fill="{colour}" fill-opacity=".18" '
            f'stroke="{colour}" stroke-width="1.5"{dash}/>'
            f'<text x="{x + 5}" y="{y + 4}" fill="{INK}">{number}</text>'
        )

    for step, event in enumerate(events):
        if event.worker != lane:
            continue
        if event.kind is Kind.STARTED:
            open_[event.message] = step
        elif event.kind in (Kind.FINISHED, Kind.FAILED):
            colour = DONE if event.kind is Kind.FINISHED else FAILED
            first = open_.pop(event.message, step)
            drawn.append(box(event.message, first, step, colour, dashed=False))
            if event.kind is Kind.FAILED:
                drawn.append(f'<text x="{edges[step] + 14}" y="{y - 10}" fill="{INK}">!</text>')
        elif event.kind is Kind.KILLED:
            drawn += [box(message, first, step - 1, OPEN, dashed=True) for message, first in open_.items()]
            open_.clear()
            x = edges[step] + STEP_PX // 2
            drawn.append(
                f'<path d="M{x - 6} {y - 6}L{x + 6} {y + 6}M{x - 6} {y + 6}L{x + 6} {y - 6}" '
                f'stroke="{KILLED}" stroke-width="2.5"><title>killed</title></path>'
            )
        elif event.kind is Kind.SAW:
            drawn.append(f'<text x="{edges[step] + 4}" y="{y - 3}" fill="{INK}">{escape(event.text)}</text>')
    end = len(events) - 1
    return drawn + [box(message, first, end, OPEN, dashed=True) for message, first in open_.items()]
