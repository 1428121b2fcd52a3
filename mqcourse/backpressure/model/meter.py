"""What is counted while a scenario runs: where every message is, how long it stayed, and samples over time."""

from bisect import bisect_right
from typing import Any

from mqcourse.backpressure.model.message import Message
from mqcourse.backpressure.model.scenario import MOST_REDELIVERIES, Scenario
from mqcourse.errors import CourseError

SERIES = (
    "time_s", "waiting", "oldest_s", "in_flight", "busy", "held", "retrying", "consumers", "offered", "completed",
    "good", "rejected", "dropped", "dead", "blocked_s", "send_rate_per_s", "area_waiting", "area_in_flight",
    "area_busy", "area_consumers",
)  # fmt: skip
"""The columns of the time series. offered ... dead, blocked_s and area_* (message-seconds) count from the start."""

COUNTS = ("offered", "refused", "rejected", "dropped", "expired", "dead", "completed", "good")
"""What is counted for each class; a message is offered once and ends in exactly one of refused (at the producer,
never sent), rejected (by the full queue), dropped (from the queue, to make room), expired, dead (dead-lettered) or
completed. good: completed while its caller still waited."""


def histogram_edges() -> list[float]:
    """Upper edges in seconds of the latency histogram: from 10 microseconds in steps of 2% to over a year."""
    edges = [1e-5]
    while edges[-1] < 4e7:
        edges.append(edges[-1] * 1.02)
    return edges


EDGES_S = histogram_edges()


class Meter:
    """Counters and areas under their curves; `tick(now)` before every change keeps the areas right."""

    def __init__(self, scenario: Scenario) -> None:
        kinds = len(scenario.priority_mix)
        self.now = 0.0
        self.held = 0  # at the producer: in its outbox, or waiting to be sent
        self.waiting = 0  # in the queue
        self.in_flight = 0  # with a consumer, not yet acknowledged
        self.retrying = 0  # in back-off before the next delivery
        self.busy = 0  # consumers at work
        self.up = 0  # consumers that could be at work
        self.blocked = 0  # 1 while the producer's source stands still
        self.area_held = self.area_waiting = self.area_in_flight = self.area_retrying = 0.0
        self.area_busy = self.area_up = self.blocked_s = 0.0
        self.offered = [0] * kinds
        self.refused = [0] * kinds
        self.rejected = [0] * kinds
        self.dropped = [0] * kinds
        self.expired = [0] * kinds
        self.dead = [0] * kinds
        self.completed = [0] * kinds
        self.good = [0] * kinds
        self.time_outs = 0  # callers that stopped waiting
        self.redeliveries = 0
        self.crashes = 0
        self.ended_s = 0.0  # time that ended messages spent in the system, all kinds of end
        self.latency_s = [0.0] * kinds  # from the caller's first attempt to completion, sums
        self.starts = [0] * kinds  # first deliveries
        self.wait_s = [0.0] * kinds  # from being offered to the first start of work, sums
        self.most_waiting = 0
        self.histogram = [0] * (len(EDGES_S) + 1)
        self.series: dict[str, list[float]] = {name: [] for name in SERIES}
        self.journal: list[tuple[float, str, int, int]] | None = (
            None  # (time_s, what, message, consumer or -1)
        )
        self.journal_most = 0

    def tick(self, now: float) -> None:
        """Add the time since the last change to the areas; call it first thing when a process wakes."""
        dt = now - self.now
        if dt > 0.0:
            self.now = now
            self.area_waiting += self.waiting * dt
            self.area_in_flight += self.in_flight * dt
            self.area_busy += self.busy * dt
            self.area_up += self.up * dt
            if self.held or self.retrying:
                self.area_held += self.held * dt
                self.area_retrying += self.retrying * dt
            if self.blocked:
                self.blocked_s += dt

    def note(self, what: str, message: Message, consumer: int = -1) -> None:
        """Write one line of the journal, as long as it is kept and not full."""
        if self.journal is not None and len(self.journal) < self.journal_most:
            self.journal.append((self.now, what, message.number, consumer))

    def redelivered(self) -> None:
        """Count a delivery that failed; raises CourseError when there were too many for any run to end."""
        self.redeliveries += 1
        if self.redeliveries > MOST_REDELIVERIES:
            raise CourseError(
                f"more than {MOST_REDELIVERIES} deliveries failed within {self.now:.6g} s: messages return at once",
                do="Set delivery_limit (deliveries) or retry_backoff_s (s), or make duration_s (s) shorter",
            )

    def end(self, message: Message, counts: list[int]) -> None:
        """The one end of a message, counted in `counts`."""
        counts[message.kind] += 1
        self.ended_s += self.now - message.created_s

    def complete(self, message: Message) -> None:
        """The end of a message that was handled well."""
        kind = message.kind
        self.completed[kind] += 1
        message.answered = True
        self.ended_s += self.now - message.created_s
        latency = self.now - message.born_s
        self.latency_s[kind] += latency
        self.histogram[bisect_right(EDGES_S, latency)] += 1
        if not message.abandoned:
            self.good[kind] += 1

    def live(self) -> int:
        """Messages that have not ended, by where they are."""
        return self.held + self.waiting + self.in_flight + self.retrying

    def accounted(self) -> int:
        """Messages by what became of them, ended and live: equal to those offered, at every instant."""
        ended = self.refused, self.rejected, self.dropped, self.expired, self.dead, self.completed
        return self.live() + total([total(counts) for counts in ended])

    def sample(self, oldest_s: float, send_rate_per_s: float) -> None:
        """Add one point to every series."""
        row: list[float] = [
            self.now, self.waiting, oldest_s, self.in_flight, self.busy, self.held, self.retrying, self.up,
            total(self.offered), total(self.completed), total(self.good), total(self.rejected) + total(self.refused),
            total(self.dropped) + total(self.expired), total(self.dead), self.blocked_s, send_rate_per_s,
            self.area_waiting, self.area_in_flight, self.area_busy, self.area_up,
        ]  # fmt: skip
        for name, value in zip(SERIES, row, strict=True):
            self.series[name].append(value)

    def totals(self) -> dict[str, Any]:
        """All that counts up, as it is now: the summary is the difference of two of these."""
        return {
            **{name: list(getattr(self, name)) for name in COUNTS},
            **{name: list(getattr(self, name)) for name in ("latency_s", "starts", "wait_s", "histogram")},
            **{name: getattr(self, name) for name in TOTALS},
        }


TOTALS = (
    "now", "area_held", "area_waiting", "area_in_flight", "area_retrying", "area_busy", "area_up", "blocked_s",
    "time_outs", "redeliveries", "crashes",
)  # fmt: skip


def total(counts: list[int]) -> int:
    """The sum, by a plain loop (see the contract on sums)."""
    result = 0
    for count in counts:
        result += count
    return result
