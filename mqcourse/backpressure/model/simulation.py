"""Run a scenario: `simulate(scenario)` gives its figures.

A producer (producer.py) sends messages (message.py) to a broker (broker.py), which hands them to consumers
(consumers.py); a meter (meter.py) counts. All of them are SimPy processes over plain objects. It reads and
changes no other state: no clock, no global state, no randomness except the scenario's own streams (draws.py).
"""

from dataclasses import dataclass
from typing import Any

from mqcourse.backpressure.model.broker import Broker
from mqcourse.backpressure.model.consumers import Consumers
from mqcourse.backpressure.model.meter import EDGES_S, TOTALS, Meter, total
from mqcourse.backpressure.model.producer import Producer
from mqcourse.backpressure.model.scenario import MOST_BACKLOG, Scenario
from mqcourse.errors import CourseError

ENGINES = ("kernel", "simpy")
"""What runs the processes: this course's kernel.py, or SimPy. Both give the same bits."""


@dataclass(frozen=True)
class Result:
    """The result of a run. `summary` covers the time after the warm-up, `series` all of it.

    summary: see `summarise`. series: one list for each name in meter.SERIES. latency_histogram: completions in
    each bin of meter.EDGES_S. journal: (time_s, what, message number, consumer or -1), as many as were asked for.
    """

    scenario: Scenario
    summary: dict[str, Any]
    series: dict[str, list[float]]
    latency_histogram: list[int]
    journal: list[tuple[float, str, int, int]]


class Simulation:
    """A run that can be taken step by step: what `simulate` drives, open to inspection.

    `env` is a `simpy.Environment` or a `kernel.Environment`.
    """

    def __init__(self, scenario: Scenario, env: Any, *, journal: int = 0) -> None:
        self.scenario = scenario
        self.env = env
        self.meter = Meter(scenario)
        if journal > 0:
            self.meter.journal = []
            self.meter.journal_most = journal
        self.before = self.meter.totals()  # where the summary begins
        env.process(self.sample())
        if scenario.warm_up_s > 0.0:
            env.process(self.warm_up())
        self.broker = Broker(env, scenario, self.meter)
        self.consumers = Consumers(env, scenario, self.meter, self.broker)
        self.producer = Producer(env, scenario, self.meter, self.broker)

    def sample(self) -> Any:
        """Process: one point of every series at each multiple of duration_s / samples, the last one at the end."""
        every_s = self.scenario.duration_s / self.scenario.samples
        for point in range(1, self.scenario.samples):
            yield self.env.timeout(point * every_s - self.env.now)
            self.look()
            if self.meter.live() > MOST_BACKLOG:
                raise CourseError(
                    f"the backlog passed {MOST_BACKLOG} messages after {self.env.now:.6g} s: it grows without bound",
                    do="Set queue_limit (messages) or expire_after_s (s), or make duration_s (s) shorter",
                )

    def look(self) -> None:
        """Add one point to the series."""
        self.meter.tick(self.env.now)
        self.meter.sample(self.broker.oldest_s(), self.producer.send_rate_per_s)

    def warm_up(self) -> Any:
        """Process: the summary begins now."""
        yield self.env.timeout(self.scenario.warm_up_s)
        self.meter.tick(self.env.now)
        self.before = self.meter.totals()

    def live_messages(self) -> list[Any]:
        """Every message that has not ended, found where it is: at the producer, waiting, in flight, in backoff."""
        found: list[Any] = list(self.producer.held.values())
        for queue in self.broker.queues:
            for line in queue.lines:
                found.extend(line)
        for consumer in [*self.consumers.group, *self.consumers.leaving]:
            found.extend(consumer.inbox)
            if consumer.current is not None:
                found.append(consumer.current)
        found.extend(self.consumers.retrying.values())
        return found

    def result(self) -> Result:
        """The figures, with the last point of the series taken now."""
        self.look()
        meter = self.meter
        summary, histogram = summarise(self.scenario, self.before, meter.totals())
        summary["most_waiting"] = meter.most_waiting
        return Result(self.scenario, summary, meter.series, histogram, meter.journal or [])


def simulate(scenario: Scenario, *, engine: str = "kernel", journal: int = 0) -> Result:
    """Run a scenario from an empty queue to duration_s.

    `engine`: "kernel" or "simpy", same figures. `journal`: how many lines of what happened to each message to keep.
    Raises CourseError for an unknown engine, and when the backlog passes MOST_BACKLOG on the way.
    """
    if engine not in ENGINES:
        raise CourseError(f"there is no engine {engine!r}", do=f"Choose one of: {', '.join(ENGINES)}")
    simulation = Simulation(scenario, environment(engine), journal=journal)
    simulation.env.run(until=scenario.duration_s)
    return simulation.result()


def environment(engine: str) -> Any:
    """A clock at 0 with an empty agenda."""
    if engine == "simpy":
        import simpy

        return simpy.Environment(initial_time=0.0)
    from mqcourse.backpressure.model.kernel import Environment  # here: SimPy needs no kernel

    return Environment()


def summarise(
    scenario: Scenario, before: dict[str, Any], after: dict[str, Any]
) -> tuple[dict[str, Any], list[int]]:
    """The summary between two readings of the meter, and its latency histogram (counts per bin).

    Keys: offered, refused, rejected, dropped, expired, dead, completed, good (messages; also per class in
    `classes`, with mean_latency_s and mean_wait_s); throughput_per_s, goodput_per_s; mean_waiting, mean_in_flight,
    mean_in_system (messages); utilisation (share of the running consumers' time); mean_latency_s, p50_s, p95_s,
    p99_s (from the caller's first attempt to completion); mean_wait_s (to the start of work); blocked_s (the
    producer's source was blocked) and blocked_share; time_outs, redeliveries, crashes; most_waiting (whole run).
    """
    diff = {name: after[name] - before[name] for name in TOTALS}
    lists = {
        name: [late - early for early, late in zip(before[name], after[name], strict=True)]
        for name in after
        if isinstance(after[name], list)
    }
    span = diff["now"]
    histogram = lists["histogram"]
    completed, started = total(lists["completed"]), total(lists["starts"])
    system = diff["area_held"] + diff["area_waiting"] + diff["area_in_flight"] + diff["area_retrying"]
    summary: dict[str, Any] = {name: total(lists[name]) for name in COUNT_NAMES}
    summary |= {
        "throughput_per_s": completed / span,
        "goodput_per_s": total(lists["good"]) / span,
        "mean_waiting": diff["area_waiting"] / span,
        "mean_in_flight": diff["area_in_flight"] / span,
        "mean_in_system": system / span,
        "utilisation": diff["area_busy"] / diff["area_up"] if diff["area_up"] > 0.0 else 0.0,
        "mean_latency_s": _mean(lists["latency_s"], completed),
        "p50_s": percentile(histogram, 0.50),
        "p95_s": percentile(histogram, 0.95),
        "p99_s": percentile(histogram, 0.99),
        "mean_wait_s": _mean(lists["wait_s"], started),
        "blocked_s": diff["blocked_s"],
        "blocked_share": diff["blocked_s"] / span,
        "time_outs": diff["time_outs"],
        "redeliveries": diff["redeliveries"],
        "crashes": diff["crashes"],
    }
    summary["classes"] = [
        {
            **{name: lists[name][kind] for name in COUNT_NAMES},
            "mean_latency_s": _mean([lists["latency_s"][kind]], lists["completed"][kind]),
            "mean_wait_s": _mean([lists["wait_s"][kind]], lists["starts"][kind]),
        }
        for kind in range(len(scenario.priority_mix))
    ]
    return summary, histogram


COUNT_NAMES = ("offered", "refused", "rejected", "dropped", "expired", "dead", "completed", "good")


def percentile(histogram: list[int], share: float) -> float | None:
    """The latency in seconds that a share of completions does not pass, to 2%; None when there is none.

    The rank is found in the bin that holds it, and the bin is taken as evenly filled.
    """
    count = total(histogram)
    if count == 0:
        return None
    rank, seen = share * count, 0
    for index, inside in enumerate(histogram):
        if seen + inside >= rank and inside > 0:
            low = EDGES_S[index - 1] if index > 0 else 0.0
            high = EDGES_S[index] if index < len(EDGES_S) else EDGES_S[-1]
            return low + (high - low) * ((rank - seen) / inside)
        seen += inside
    return EDGES_S[-1]


def _mean(sums: list[float], count: int) -> float | None:
    """Sum over count, by a plain loop (see the contract on sums); None of nothing."""
    whole = 0.0
    for one in sums:
        whole += one
    return whole / count if count else None
