"""Simulated and measured, side by side: the figures with their error, and the points on the simulated chart."""

from dataclasses import dataclass, field
from typing import Any

from mqcourse.backpressure.measure.record import Record, summary
from mqcourse.backpressure.model.scenario import Scenario
from mqcourse.backpressure.model.simulation import Result
from mqcourse.lateness import Late

SHARES = ("lost_share", "blocked_share")
"""Compared by difference, not by ratio: a share of 0.1% against 0.2% is no error of 100%."""

NEAR_ZERO = {
    "mean_waiting": (1.0, " messages"),
    "mean_lag": (1.0, " messages"),
    "mean_active": (1.0, " messages"),
    "throughput_per_s": (0.1, "/s"),
}
"""Figures below which a ratio has no meaning (0.01 messages for 0.02 are no error of 100%), and the unit of their
difference. The error of such a figure is relative to this much, and what is printed is the difference."""

DEPTHS = {
    "waiting": "messages waiting",
    "lag": "lag in messages",
    "active": "active messages",
}
"""What a broker counts: RabbitMQ's ready messages, Kafka's consumer lag, Service Bus's active messages. In the last two
those that a consumer has and did not acknowledge are counted too."""


@dataclass(frozen=True)
class Comparison:
    """One scenario, simulated and measured on a broker.

    `scenario`: as it was measured, its time stretched by `stretch`. `figures`: (name, simulated, measured, error), the
    error relative to the simulated figure, or to NEAR_ZERO where that is more (shares: the difference). `points`: (time_s, depth seen); `depth`: what was
    counted, one of DEPTHS. `late`: how late this machine was meanwhile.
    """

    broker: str
    version: str
    scenario: Scenario
    stretch: float
    simulated: Result
    figures: list[tuple[str, float, float, float]]
    points: list[tuple[float, int]]
    notes: list[str]
    depth: str = "waiting"
    late: Late = field(default=Late(0.0, 0.0))

    @property
    def worst(self) -> tuple[str, float]:
        """The figure with the largest error, and that error."""
        name, _, _, error = max(self.figures, key=lambda row: abs(row[3]))
        return name, error

    def as_dict(self) -> dict[str, Any]:
        """Everything, plain."""
        return {
            "broker": self.broker,
            "version": self.version,
            "scenario": self.scenario.as_dict(changed_only=True),
            "stretch": self.stretch,
            "figures": [
                {
                    "figure": name,
                    "simulated": simulated,
                    "measured": measured,
                    "error": error,
                    "error_in_words": in_words(name, simulated, measured),
                }
                for name, simulated, measured, error in self.figures
            ],
            "points": [{"time_s": at, self.depth: seen} for at, seen in self.points],
            "notes": self.notes,
        }

    def table(self) -> Any:
        """A pandas table of the figures."""
        import pandas

        return pandas.DataFrame(self.figures, columns=["figure", "simulated", "measured", "error"]).set_index(
            "figure"
        )

    def plot(self, ax: Any = None) -> Any:
        """The simulated depth as a line, the measured one as points; returns the matplotlib axes."""
        import matplotlib.pyplot as plt

        if ax is None:
            _, ax = plt.subplots(layout="constrained")
        series = self.simulated.series
        ax.plot(
            series["time_s"], simulated_depth(self.simulated, self.depth), color="#0072b2", label="simulated"
        )
        ax.plot(
            [at for at, _ in self.points],
            [seen for _, seen in self.points],
            "o",
            color="#d55e00",
            markersize=4,
            label=f"measured on {self.broker} {self.version}",
        )
        ax.set_xlabel("time in s")
        ax.set_ylabel(DEPTHS[self.depth])
        # above the chart: inside, there is no place that no curve may need
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, borderaxespad=0.2)
        return ax

    def __str__(self) -> str:
        lines = [
            f"{self.broker} {self.version}, time stretched {self.stretch:.3g} times, {self.scenario.duration_s:.3g} s"
        ]
        lines.append(f"{'figure':18}{'simulated':>12}{'measured':>12}{'error':>19}")
        for name, simulated, measured, _ in self.figures:
            shown = in_words(name, simulated, measured)
            lines.append(f"{name:18}{simulated:12.4g}{measured:12.4g}{shown:>19}")
        return "\n".join(lines + [f"- {note}" for note in self.notes])


def error_of(name: str, simulated: float, measured: float) -> float:
    """How far the measured figure is from the simulated one; see Comparison.figures."""
    if name in SHARES:
        return measured - simulated
    least = max(abs(simulated), NEAR_ZERO.get(name, (0.0, ""))[0])
    return (measured - simulated) / least if least else 0.0


def in_words(name: str, simulated: float, measured: float) -> str:
    """The error as it is printed: in percent, or near zero and for shares the difference itself."""
    if name in SHARES:
        return f"{measured - simulated:+.3f}"
    least, unit = NEAR_ZERO.get(name, (0.0, ""))
    if abs(simulated) < least:
        return f"{measured - simulated:+.2g}{unit}"
    return f"{error_of(name, simulated, measured):+.1%}"


def simulated_depth(result: Result, depth: str) -> list[float]:
    """The series that a broker's count is compared with; `depth` is one of DEPTHS."""
    series = result.series
    if depth == "waiting":
        return series["waiting"]
    return [waiting + flying for waiting, flying in zip(series["waiting"], series["in_flight"], strict=True)]


def compare(simulated: Result, record: Record, *, depth: str) -> list[tuple[str, float, float, float]]:
    """The figures that both have, with the error of the simulation's."""
    measured = summary(record, simulated.scenario, depth=depth)
    s = simulated.summary
    lost = s["rejected"] + s["refused"] + s["dropped"] + s["expired"]
    both = {
        **{
            name: s[name]
            for name in ("throughput_per_s", "mean_waiting", "mean_latency_s", "p95_s", "blocked_share")
        },
        "mean_lag": s["mean_waiting"] + s["mean_in_flight"],
        "mean_active": s["mean_waiting"] + s["mean_in_flight"],
        "lost_share": lost / s["offered"] if s["offered"] else 0.0,
    }
    rows = []
    for name, seen in measured.items():
        if seen is None or both[name] is None:
            continue
        simulated_one, measured_one = float(both[name]), float(seen)
        rows.append((name, simulated_one, measured_one, error_of(name, simulated_one, measured_one)))
    return rows
