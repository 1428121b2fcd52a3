"""What was seen on the broker: when each message was sent, refused, started and done, and how deep the queue was."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from mqcourse.backpressure.measure.plan import Planned
from mqcourse.backpressure.model.scenario import Scenario
from mqcourse.lateness import oversleep_s


@dataclass
class Record:
    """Times in seconds since the start of the run, one place for each planned message; None: did not happen."""

    planned: Sequence[Planned]
    duration_s: float
    sent: list[float | None] = field(init=False)
    lost: list[float | None] = field(init=False)  # rejected by the broker, or given up by the producer
    started: list[float | None] = field(init=False)
    done: list[float | None] = field(init=False)
    depth: list[tuple[float, int]] = field(default_factory=list)  # (time_s, messages that wait)
    blocked: list[tuple[float, float]] = field(
        default_factory=list
    )  # (from_s, to_s) the producer was blocked
    gaps_s: list[float] = field(
        default_factory=list
    )  # from done to the next start, where the next one was there
    trouble: list[BaseException] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)
    started_at: float = 0.0

    def __post_init__(self) -> None:
        for name in ("sent", "lost", "started", "done"):
            setattr(self, name, [None] * len(self.planned))

    def start(self) -> None:
        """The run begins a moment from now, so that every thread is ready."""
        self.started_at = time.monotonic() + 0.2

    def now(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self.started_at

    def wait_until(self, at_s: float) -> bool:
        """Sleep until that time of the run; False when the run was stopped meanwhile."""
        while (left := at_s - self.now()) > 0.0:
            if self.stop.wait(left):
                return False
        return not self.stop.is_set()

    def work(self, number: int, overshoot_s: float, free_since_s: float | None) -> float:
        """Do the work of a message: sleep as long as it takes; returns when it was done.

        `free_since_s`: when this consumer was done with its last message.
        """
        begun = self.now()
        message = self.planned[number]
        if free_since_s is not None and message.due_s < free_since_s - 0.01:
            self.gaps_s.append(begun - free_since_s)
        self.started[number] = begun
        left = message.work_s - overshoot_s
        if left > 0.0:
            time.sleep(left)
        done = self.done[number] = self.now()
        return done

    def thread(self, target: Callable[[], None]) -> threading.Thread:
        """A thread of this run, not yet started; when it fails, the run ends."""

        def guarded() -> None:
            try:
                target()
            except Exception as error:
                self.failed(error)

        return threading.Thread(target=guarded, name=f"measure-{target.__name__}", daemon=True)

    def failed(self, error: BaseException) -> None:
        """A thread could not go on: end the run; the error is raised by whoever drives it."""
        self.trouble.append(error)
        self.stop.set()


def started_version(name: str) -> str:
    """The version of a broker of the stack, as the stack has it; "" for one elsewhere, which does not report it."""
    from mqcourse.stack import stack  # here: a page of the book draws records without a stack

    return next((row.version for row in stack.status() if row.name == name and row.version), "")


def overshoot_s() -> float:
    """By how much a sleep lasts too long here: the median of 50 sleeps of 5 ms, in seconds."""
    return sorted(oversleep_s() for _ in range(50))[25]


def calibrated(scenario: Scenario, record: Record, idle_delivery_s: float) -> tuple[Scenario, list[str]]:
    """The scenario with the times that this machine took for delivery and for work, and what they were.

    They belong to machine and client, not to the queue, and a busy machine takes longer. The gap between one message
    and the next that was already waiting is the delivery time with prefetch 1; with more, the next message is at the
    consumer already, and the gap is work of the client: acknowledging, committing, polling. Behind a throttled producer
    a message that is due may still be at the producer, so there the gap has no meaning.
    """
    notes = []
    delivery_s, gap_s, how = idle_delivery_s, 0.0, "measured before the run"
    if len(record.gaps_s) >= 20 and scenario.throttle == "none":
        gap_s = sum(record.gaps_s) / len(record.gaps_s)
        if scenario.prefetch == 1:
            delivery_s, gap_s, how = gap_s, 0.0, "measured in the run"
    notes.append(f"delivery_s of the simulation: {delivery_s * 1000:.2f} ms, {how}")
    planned = taken = 0.0
    for message, begun, done in zip(record.planned, record.started, record.done, strict=True):
        if begun is not None and done is not None:
            planned += message.work_s
            taken += done - begun
    longer = taken / planned if planned else 1.0
    service_mean_s = scenario.service_mean_s * longer + gap_s
    if gap_s > 0.0:
        notes.append(f"between two messages the client itself took {gap_s * 1000:.2f} ms, added to the work")
    if abs(longer - 1.0) > 0.005:
        notes.append(
            f"work took {longer - 1.0:+.1%} of what was planned on this machine; the simulation is given the same"
        )
    return scenario.but(delivery_s=delivery_s, service_mean_s=service_mean_s), notes


def summary(record: Record, scenario: Scenario, *, depth: str) -> dict[str, float | None]:
    """The same figures as the simulation's, from what was seen after the warm-up.

    `depth`: what was counted when looking, one of comparison.DEPTHS.
    """
    begin, end = scenario.warm_up_s, scenario.duration_s
    span = end - begin
    done = [at for at in record.done if at is not None and begin <= at < end]
    pairs = [(message, at) for message, at in zip(record.planned, record.done, strict=True) if at is not None]
    latencies = sorted(at - message.due_s for message, at in pairs if begin <= at < end)
    offered = sum(
        1
        for message, sent in zip(record.planned, record.sent, strict=True)
        if sent is not None and sent >= begin
    )
    lost = sum(1 for at in record.lost if at is not None and at >= begin)
    blocked = sum(max(0.0, min(to, end) - max(since, begin)) for since, to in record.blocked)
    return {
        "throughput_per_s": len(done) / span,
        f"mean_{depth}": _time_mean(record.depth, begin, end),
        "mean_latency_s": sum(latencies) / len(latencies) if latencies else None,
        "p95_s": latencies[int(0.95 * (len(latencies) - 1))] if latencies else None,
        "lost_share": lost / offered if offered else 0.0,
        "blocked_share": blocked / span,
    }


def _time_mean(points: Sequence[tuple[float, int]], begin: float, end: float) -> float | None:
    """The mean over time: a look counts until the next one, as on a busy machine they are not evenly spaced."""
    inside = [(at, depth) for at, depth in points if begin <= at <= end]
    if not inside:
        return None
    until = [*(at for at, _ in inside[1:]), end]
    area = sum(depth * (to - at) for (at, depth), to in zip(inside, until, strict=True))
    return area / (end - inside[0][0]) if end > inside[0][0] else float(inside[0][1])
