"""The figure that the page shows until a script runs: what is simulated, and the result, as SVG.

Ink is `currentColor`, so it follows light and dark; the two lines differ by dash as well as by colour.
"""

from html import escape
from math import floor, log10

from mqcourse.backpressure.model.scenario import Scenario
from mqcourse.backpressure.model.simulation import Result

BLUE, ORANGE = "#1a73b8", "#cf5a00"
WIDE, LEFT, RIGHT = 720, 52, 12
TOP, HIGH = 26, 120


def diagram(scenario: Scenario) -> str:
    """Producer, queue and consumers with their figures, as one SVG."""
    load = f"{brief(scenario.rate_per_s)} messages/s" if scenario.arrivals != "trace" else "recorded arrivals"
    limit = "no limit" if scenario.queue_limit is None else f"at most {brief(scenario.queue_limit)} messages"
    work = f"{brief(scenario.service_mean_s * 1000)} ms a message"
    staff = f"{scenario.consumers} consumer{'' if scenario.consumers == 1 else 's'}"
    boxes = (
        (8, 180, "Producer", load),
        (266, 188, "Queue", limit),
        (532, 180, staff, work),
    )
    parts = [
        f'<rect x="{x}" y="8" width="{wide}" height="54" rx="6" fill="none" stroke="currentColor"/>'
        f'<text x="{x + wide / 2}" y="31" text-anchor="middle" font-weight="600">{escape(name)}</text>'
        f'<text x="{x + wide / 2}" y="50" text-anchor="middle">{escape(words)}</text>'
        for x, wide, name, words in boxes
    ]
    for x, to in ((188, 266), (454, 532)):
        parts.append(
            f'<path d="M{x + 6} 35H{to - 8}m-8 -6l8 6l-8 6" fill="none" stroke="{BLUE}" stroke-width="2"/>'
        )
    words = f"Producer, {load}; queue, {limit}; {staff}, {work}."
    return _svg(70, words, "".join(parts))


def outcome(result: Result) -> str:
    """Two charts over time, side by side: messages waiting, and the age of the oldest."""
    series = result.series
    half = (WIDE - 20) / 2
    charts = (
        ("Waiting, messages", series["waiting"], BLUE, "", 0.0),
        ("Age of the oldest, s", series["oldest_s"], ORANGE, ' stroke-dasharray="7 4"', half + 20),
    )
    drawn = "".join(
        _chart(
            title, series["time_s"], values, result.scenario.duration_s, f'stroke="{colour}"{dash}', at, half
        )
        for title, values, colour, dash, at in charts
    )
    return _svg(TOP + HIGH + 28, sentence(result), drawn)


def sentence(result: Result) -> str:
    """The result of the run, in words."""
    summary, series = result.summary, result.series
    lost = sum(summary[name] for name in ("rejected", "refused", "dropped", "expired", "dead"))
    p99 = summary["p99_s"]
    return (
        f"After {brief(result.scenario.duration_s)} s, {brief(series['waiting'][-1])} messages wait, "
        f"the oldest for {brief(series['oldest_s'][-1])} s. "
        f"{brief(summary['throughput_per_s'])} messages/s were done"
        + (f", 99% of them within {brief(p99)} s" if p99 is not None else "")
        + f". {f'{brief(lost)} were lost' if lost else 'No message was lost'}."
    )


def brief(value: float) -> str:
    """Three significant digits, with a comma in thousands."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def nice(value: float) -> float:
    """The smallest of 1, 2, 2.5, 5 times a power of ten that is not below."""
    if value <= 0:
        return 1.0
    power = 10.0 ** floor(log10(value))
    return next(step * power for step in (1.0, 2.0, 2.5, 5.0, 10.0) if step * power >= value * 0.9999)


def _chart(
    title: str,
    times: list[float],
    values: list[float],
    duration_s: float,
    stroke: str,
    at: float,
    wide: float,
) -> str:
    most = nice(max(values))
    inner = wide - LEFT - RIGHT

    def x(time_s: float) -> float:
        return at + LEFT + inner * time_s / duration_s

    def y(value: float) -> float:
        return TOP + HIGH * (1.0 - value / most)

    lines = "".join(
        f'<path d="M{x(0):.1f} {y(part * most):.1f}H{x(duration_s):.1f}" stroke="currentColor" opacity="0.25"/>'
        f'<text x="{x(0) - 6:.1f}" y="{y(part * most) + 4:.1f}" text-anchor="end">{brief(part * most)}</text>'
        for part in (0.0, 0.5, 1.0)
    )
    points = " ".join(f"{x(time):.1f},{y(value):.1f}" for time, value in zip(times, values, strict=True))
    return (
        f'<text x="{at + 2}" y="13" font-weight="600">{escape(title)}</text>{lines}'
        f'<polyline points="{points}" fill="none" {stroke} stroke-width="2"/>'
        f'<text x="{x(0):.1f}" y="{TOP + HIGH + 18}">0</text>'
        f'<text x="{x(duration_s):.1f}" y="{TOP + HIGH + 18}" text-anchor="end">{brief(duration_s)} s</text>'
    )


def _svg(high: float, words: str, inside: str) -> str:
    return (
        f'<svg class="mq-figure" viewBox="0 0 {WIDE} {high:.0f}" role="img" aria-label="{escape(words)}" '
        f'font-family="inherit" font-size="13" fill="currentColor">{inside}</svg>'
    )
