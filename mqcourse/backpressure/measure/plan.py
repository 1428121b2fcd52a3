"""What is to happen on the broker: the scenario at a rate that one machine can drive, message by message.

The messages arrive at the very times, and take the very work, that the simulation draws from the same seed. So
one run of a few seconds is informative: simulation and broker differ by what they do, not by the luck of the draw.
"""

from dataclasses import dataclass

from mqcourse.backpressure.model.draws import uniform
from mqcourse.backpressure.model.producer import arrivals, partition_of, place, shares_up_to, work_times
from mqcourse.backpressure.model.scenario import DEFAULTS, FIELDS, Scenario
from mqcourse.errors import CourseError

LEAST_WORK_S = 0.02
"""The mean work on the broker: long beside a message's round trip (about 1 ms), so that sleep can stand for it."""
MOST_RATE_PER_S = 200.0
"""The rate that one Python producer sends with a confirm for each message and time to spare."""

ANY = {
    "seed", "duration_s", "warm_up_s", "samples", "arrivals", "rate_per_s", "burst_on_s", "burst_off_s", "trace_s",
    "surge_from_s", "surge_for_s", "surge_factor", "service", "service_mean_s", "service_cv", "service_tail",
    "consumers", "prefetch",
}  # fmt: skip
"""Fields that every broker can be measured with."""


@dataclass(frozen=True)
class Planned:
    """One message: when it is due (seconds since the start), its work in seconds, class and partition."""

    number: int
    due_s: float
    work_s: float
    kind: int
    partition: int


def scaled(scenario: Scenario, seconds: float) -> tuple[Scenario, float]:
    """The scenario with its time stretched (or squeezed) to what one machine can drive, and by how much.

    Lasts at most `seconds`; the warm-up is at most a fifth of it.
    """
    peak = scenario.rate_per_s
    if scenario.arrivals == "bursty":
        peak *= (scenario.burst_on_s + scenario.burst_off_s) / scenario.burst_on_s
    if scenario.surge_for_s > 0.0:
        peak *= max(1.0, scenario.surge_factor)
    if scenario.arrivals == "trace":
        peak = len(scenario.trace_s) / max(scenario.trace_s[-1], 1e-9)
    stretch = max(LEAST_WORK_S / scenario.service_mean_s, peak / MOST_RATE_PER_S)
    changes: dict[str, object] = {}
    for spec in FIELDS:
        name, unit, value = spec["name"], spec["unit"], getattr(scenario, spec["name"])
        if value is None or name == "delivery_s":
            continue
        if name == "trace_s":
            changes[name] = tuple(at * stretch for at in value)
        elif unit == "s":
            changes[name] = value * stretch
        elif unit == "messages/s":
            changes[name] = value / stretch
    duration_s = min(scenario.duration_s * stretch, seconds)
    changes |= {
        "duration_s": duration_s,
        "warm_up_s": min(scenario.warm_up_s * stretch, duration_s / 5.0),
        "samples": 80,
    }
    return scenario.but(**changes), stretch


def messages(scenario: Scenario) -> list[Planned]:
    """Every message of the run, as the simulation makes them when nothing holds the producer up."""
    next_arrival, work = arrivals(scenario), work_times(scenario)
    pick_kind, pick_key = uniform(scenario.seed, "class"), uniform(scenario.seed, "key")
    bounds = shares_up_to(scenario.priority_mix)
    planned: list[Planned] = []
    at = 0.0
    while True:
        at = next_arrival(at)
        if at >= scenario.duration_s:
            return planned
        work_s = work()
        kind = place(bounds, pick_kind()) if len(bounds) > 1 else 0
        partition = partition_of(scenario, pick_key()) if scenario.partitions > 0 else 0
        planned.append(Planned(len(planned), at, work_s, kind, partition))


def refuse_others(scenario: Scenario, broker: str, supported: set[str]) -> None:
    """Raise for a field that this broker isn't measured with and that is not at its default."""
    plain = scenario.as_dict()
    for name in DEFAULTS:
        if name not in ANY | supported and plain[name] != DEFAULTS[name] and _matters(scenario, name):
            raise CourseError(
                f"{name} = {plain[name]!r} cannot be measured on {broker}",
                do=f"Leave it at {DEFAULTS[name]!r}; measured are: {', '.join(sorted(ANY | supported))}",
            )


def _matters(scenario: Scenario, name: str) -> bool:
    """Whether a field plays a part at all: settings of what is switched off do not."""
    if name.startswith("aimd_"):
        return scenario.throttle == "aimd"
    if name.startswith("throttle_"):
        return scenario.throttle != "none"
    if name.startswith("autoscale_"):
        return scenario.autoscale != "none"
    if name in ("outbox_limit", "block_timeout_s"):
        return scenario.throttle != "none" or scenario.on_full == "block"
    if name == "repair_s":
        return scenario.crash_every_s is not None
    if name == "on_full":
        return scenario.queue_limit is not None
    if name.startswith("retry_"):
        return scenario.error_share > 0.0 or scenario.poison_share > 0.0 or scenario.client_retries > 0
    return name != "order" or len(scenario.priority_mix) > 1
