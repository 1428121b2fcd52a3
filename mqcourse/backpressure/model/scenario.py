"""A scenario: every number the model needs, frozen, checked, and written as a dictionary, JSON or an address.

FIELDS is the one list of what there is: unit, range, choices and meaning of each field. Validation, the sliders and
the page's own checks are made from it.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Self
from urllib.parse import parse_qsl, quote

from mqcourse.backpressure.model.field import (
    ScenarioError,
    choice,
    from_text,
    number,
    numbers,
    one_line,
    to_text,
    validate,
)
from mqcourse.errors import CourseError

MOST_MESSAGES = 50_000_000
"""Messages a run may be expected to offer (rate_per_s times duration_s)."""
MOST_BACKLOG = 2_000_000
"""Messages a run may be expected to pile up, and may hold at any instant: about 1 GB of memory."""


MOST_REDELIVERIES = 10_000_000
"""Deliveries that may fail in a run: without a limit or a backoff a poison message returns at once, indefinitely."""


@dataclass(frozen=True)
class Scenario:
    """What is simulated. Times in seconds, rates in messages per second, shares between 0 and 1.

    Raises ScenarioError (a CourseError) when a field is out of range, or when the backlog would grow without
    limit beyond MOST_BACKLOG messages within the run.
    """

    seed: int = number(1, "number", 0, 2**32 - 1, "Same seed, same messages, same figures.", whole=True)
    duration_s: float = number(60.0, "s", 0.0, 1e7, "How long the run lasts.", above=True)
    warm_up_s: float = number(0.0, "s", 0.0, 1e7, "The first part of the run, left out of the summary.")
    samples: int = number(240, "points", 1, 100_000, "Points of each time series.", whole=True)

    arrivals: str = choice(
        "poisson", ("poisson", "regular", "bursty", "trace"), "How messages arrive at the producer."
    )
    rate_per_s: float = number(80.0, "messages/s", 0.0, 1e6, "Messages offered, on average.", above=True)
    burst_on_s: float = number(1.0, "s", 0.0, 1e6, "Bursty: mean length of a burst.", above=True)
    burst_off_s: float = number(4.0, "s", 0.0, 1e6, "Bursty: mean length of the silence between bursts.")
    trace_s: tuple[float, ...] = numbers(
        (), "s", 0.0, 1e7, 1_000_000, "Trace: recorded times of arrival, in order."
    )
    surge_from_s: float = number(0.0, "s", 0.0, 1e7, "When the surge begins.")
    surge_for_s: float = number(0.0, "s", 0.0, 1e7, "How long the surge lasts; 0 for no surge.")
    surge_factor: float = number(1.0, "times", 0.0, 1000.0, "By how much the surge multiplies rate_per_s.")

    service: str = choice(
        "exponential",
        ("constant", "exponential", "lognormal", "pareto"),
        "How the time to handle a message varies.",
    )
    service_mean_s: float = number(0.01, "s", 0.0, 1e5, "Mean time to handle a message.", above=True)
    service_cv: float = number(
        1.5, "times", 0.0, 20.0, "Lognormal: standard deviation over mean.", above=True
    )
    service_tail: float = number(
        2.5, "index", 1.0, 100.0, "Pareto: tail index; 2 or less has no variance.", above=True
    )

    consumers: int = number(
        1, "consumers", 1, 10_000, "Consumers at the start (and the fewest, when scaling).", whole=True
    )
    prefetch: int = number(
        1, "messages", 1, 100_000, "Unacknowledged messages a consumer may hold.", whole=True
    )
    delivery_s: float = number(0.0, "s", 0.0, 3600.0, "From the broker to the consumer.")
    partitions: int = number(
        0, "partitions", 0, 10_000, "0: one shared queue; else keyed partitions.", whole=True
    )
    hot_share: float = number(0.0, "share", 0.0, 1.0, "Share of messages with the one hot key (partition 0).")

    queue_limit: int | None = number(
        None,
        "messages",
        0,
        100_000_000,
        "Messages that may wait (in each partition).",
        whole=True,
        none="no limit",
    )
    on_full: str = choice(
        "reject",
        ("block", "reject", "drop-oldest", "drop-lowest", "expire"),
        "What happens when the queue is full.",
    )
    expire_after_s: float | None = number(
        None,
        "s",
        0.0,
        1e7,
        "A message waiting longer is dropped at the head of the queue.",
        above=True,
        none="never",
    )
    priority_mix: tuple[float, ...] = numbers(
        (1.0,), "shares", 0.0, 1e6, 10, "Share of each class, the most important first."
    )
    order: str = choice("fifo", ("fifo", "priority"), "Which waiting message goes first.")

    throttle: str = choice("none", ("none", "token-bucket", "aimd"), "What slows the producer down.")
    throttle_rate_per_s: float = number(
        100.0, "messages/s", 0.0, 1e6, "Tokens per second (AIMD: at the start).", above=True
    )
    throttle_burst: float = number(1.0, "messages", 1.0, 1e6, "Tokens the bucket holds.")
    aimd_interval_s: float = number(
        1.0, "s", 0.0, 3600.0, "AIMD: interval at which the feedback is checked.", above=True
    )
    aimd_depth: int = number(
        100, "messages", 0, 100_000_000, "AIMD: waiting messages that mean 'too fast'.", whole=True
    )
    aimd_increase_per_s: float = number(
        5.0, "messages/s", 0.0, 1e6, "AIMD: added to the rate when all is well.", above=True
    )
    aimd_decrease: float = number(
        0.5, "times", 0.01, 0.99, "AIMD: the rate is multiplied by this when too fast."
    )
    outbox_limit: int | None = number(
        0, "messages", 0, 100_000_000, "Messages that may wait at the producer.", whole=True, none="no limit"
    )
    block_timeout_s: float | None = number(
        None,
        "s",
        0.0,
        1e7,
        "A producer gives a message up after waiting this long.",
        above=True,
        none="no timeout",
    )

    client_timeout_s: float | None = number(
        None, "s", 0.0, 1e7, "The caller's timeout for one attempt.", above=True, none="no timeout"
    )
    client_retries: int = number(
        0, "attempts", 0, 100, "Further attempts after a timeout or a refusal.", whole=True
    )

    autoscale: str = choice("none", ("none", "lag", "age", "cpu"), "The signal that consumers are scaled on.")
    autoscale_target: float = number(
        100.0,
        "messages per consumer (lag), s (age), share busy (cpu)",
        0.0,
        1e7,
        "The target value of the signal.",
        above=True,
    )
    autoscale_interval_s: float = number(
        5.0, "s", 0.0, 1e5, "Interval at which the signal is polled.", above=True
    )
    autoscale_delay_s: float = number(10.0, "s", 0.0, 1e5, "From the decision to a consumer that works.")
    autoscale_cooldown_s: float = number(15.0, "s", 0.0, 1e5, "No further decision for this long.")
    autoscale_most: int = number(10, "consumers", 1, 10_000, "The most consumers.", whole=True)

    crash_every_s: float | None = number(
        None, "s", 0.0, 1e9, "Mean time a consumer runs before it crashes.", above=True, none="never"
    )
    repair_s: float = number(5.0, "s", 0.0, 1e6, "Mean time until a crashed consumer is back.", above=True)
    error_share: float = number(
        0.0, "share", 0.0, 1.0, "Share of handlings that fail and may succeed next time."
    )
    poison_share: float = number(0.0, "share", 0.0, 1.0, "Share of messages that fail every time.")
    delivery_limit: int | None = number(
        None,
        "deliveries",
        1,
        1_000_000,
        "Deliveries before a message is dead-lettered.",
        whole=True,
        none="no limit",
    )
    retry_backoff_s: float = number(
        0.0, "s", 0.0, 1e6, "Wait before the first retry; doubles for each further one."
    )
    retry_backoff_most_s: float = number(60.0, "s", 0.0, 1e7, "The longest wait before a retry.")
    retry_jitter: float = number(0.0, "share", 0.0, 1.0, "Share of the wait that is random.")

    def __post_init__(self) -> None:
        for spec in FIELDS:
            object.__setattr__(self, spec["name"], validate(spec, getattr(self, spec["name"])))
        _check_together(self)

    def but(self, **changes: Any) -> Self:
        """The same scenario with some fields changed."""
        _only_fields(changes)
        return replace(self, **changes)

    def as_dict(self, *, changed_only: bool = False) -> dict[str, Any]:
        """Plain values by field name; tuples as lists. `changed_only` leaves out what has its default."""
        plain = {
            name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()
        }
        return {name: value for name, value in plain.items() if not changed_only or value != DEFAULTS[name]}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """The scenario of a dictionary; missing fields have their defaults, unknown ones raise."""
        _only_fields(values)
        return cls(**values)

    def as_json(self) -> str:
        """The changed fields as one JSON object."""
        return json.dumps(self.as_dict(changed_only=True))

    @classmethod
    def from_json(cls, text: str) -> Self:
        try:
            values = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise CourseError(f"the scenario is not JSON: {error}") from None
        if not isinstance(values, dict):
            raise CourseError("the scenario is not a JSON object", do='Write it as {"rate_per_s": 80, ...}')
        return cls.from_dict(values)

    def as_query(self) -> str:
        """The changed fields as the query of an address: rate_per_s=120&on_full=block; lists joined by commas."""
        return "&".join(
            f"{name}={quote(to_text(value), safe=',')}"
            for name, value in self.as_dict(changed_only=True).items()
        )

    @classmethod
    def from_query(cls, query: str) -> Self:
        """The scenario of an address's query."""
        values: dict[str, Any] = {}
        for name, text in parse_qsl(query.lstrip("?#"), keep_blank_values=True):
            _only_fields([name])
            values[name] = from_text(next(spec for spec in FIELDS if spec["name"] == name), text)
        return cls(**values)

    @property
    def capacity_per_s(self) -> float:
        """Messages per second that the consumers can handle at most, scaled up as far as they may be."""
        consumers = self.consumers if self.autoscale == "none" else max(self.consumers, self.autoscale_most)
        if self.partitions:
            consumers = min(consumers, self.partitions)
        up = 1.0 if self.crash_every_s is None else self.crash_every_s / (self.crash_every_s + self.repair_s)
        tries = 1.0 if self.error_share >= 1.0 or self.delivery_limit == 1 else 1.0 / (1.0 - self.error_share)
        return consumers * up / (self.service_mean_s * tries)

    @property
    def offered_per_s(self) -> float:
        """Messages per second that arrive at the producer on average, the surge included."""
        if self.arrivals == "trace":
            return len(self.trace_s) / self.duration_s
        surge_s = max(0.0, min(self.surge_for_s, self.duration_s - self.surge_from_s))
        return self.rate_per_s * (1.0 + (self.surge_factor - 1.0) * surge_s / self.duration_s)


FIELDS: tuple[dict[str, Any], ...] = tuple(
    {"name": f.name, "default": f.default, **f.metadata} for f in fields(Scenario)
)
NAMES = frozenset(spec["name"] for spec in FIELDS)
DEFAULTS = {
    spec["name"]: list(spec["default"]) if isinstance(spec["default"], tuple) else spec["default"]
    for spec in FIELDS
}


def _only_fields(names: Iterable[Any]) -> None:
    unknown = [str(name) for name in names if name not in NAMES]
    if unknown:
        raise ScenarioError(one_line(min(unknown)), "is no field of a scenario", ", ".join(sorted(NAMES)))


def _check_together(s: Scenario) -> None:
    """What no field alone can show; raises ScenarioError."""
    if s.warm_up_s >= s.duration_s:
        raise ScenarioError(
            "warm_up_s",
            f"is {to_text(s.warm_up_s)} s",
            f"from 0 to less than duration_s, {to_text(s.duration_s)} s",
        )
    if s.arrivals == "trace" and not s.trace_s:
        raise ScenarioError("trace_s", "is empty", "with arrivals 'trace' at least one time of arrival in s")
    if any(later < earlier for earlier, later in zip(s.trace_s, s.trace_s[1:], strict=False)):
        raise ScenarioError("trace_s", "is not in order", "times of arrival in s, in ascending order")
    if not any(share > 0.0 for share in s.priority_mix):
        raise ScenarioError(
            "priority_mix", f"is {s.priority_mix!r}", "1 to 10 shares, at least one of them above 0"
        )
    if s.on_full == "expire" and s.expire_after_s is None:
        raise ScenarioError(
            "expire_after_s", "is None", "with on_full 'expire' a number above 0 to 10000000 s"
        )
    if s.autoscale != "none" and s.autoscale_most < s.consumers:
        raise ScenarioError(
            "autoscale_most", f"is {s.autoscale_most}", f"from consumers, {s.consumers}, to 10000 consumers"
        )
    if s.autoscale == "cpu" and s.autoscale_target > 1.0:
        raise ScenarioError(
            "autoscale_target",
            f"is {to_text(s.autoscale_target)}",
            "with autoscale 'cpu' above 0 to 1 share busy",
        )
    if s.hot_share > 0.0 and s.partitions == 0:
        raise ScenarioError(
            "hot_share", f"is {to_text(s.hot_share)}", "0 without partitions; set partitions to 1 or more"
        )
    if s.surge_factor == 0.0 and s.surge_for_s >= s.duration_s and s.surge_from_s == 0.0:
        raise ScenarioError(
            "surge_factor", "is 0 for the whole run", "above 0 to 1000 times, or a shorter surge_for_s in s"
        )
    expected = (
        s.offered_per_s * s.duration_s * (1 + s.client_retries if s.client_timeout_s is not None else 1)
    )
    if expected > MOST_MESSAGES:
        highest = MOST_MESSAGES / expected * s.duration_s
        raise ScenarioError(
            "duration_s",
            f"is {to_text(s.duration_s)} s: {expected:.0f} messages",
            f"above 0 to {highest:.6g} s at this rate: at most {MOST_MESSAGES} messages in a run",
        )
    _check_periods(s)
    _check_growth(s)


def _check_periods(s: Scenario) -> None:
    """What happens over and over must not be expected to happen more than MOST_MESSAGES times in this run."""
    consumers = s.consumers if s.autoscale == "none" else s.autoscale_most
    for name, happens, many, pause_s in (
        ("burst_on_s", s.arrivals == "bursty", 1, s.burst_off_s),
        ("aimd_interval_s", s.throttle == "aimd", 1, 0.0),
        ("autoscale_interval_s", s.autoscale != "none", 1, 0.0),
        ("crash_every_s", s.crash_every_s is not None, consumers, s.repair_s),
    ):
        times = many * s.duration_s / (getattr(s, name) + pause_s) if happens else 0.0
        if times > MOST_MESSAGES:
            spec = next(spec for spec in FIELDS if spec["name"] == name)
            raise ScenarioError(
                name,
                f"is {to_text(getattr(s, name))} s: {times:.6g} times in this run",
                f"from {many * s.duration_s / MOST_MESSAGES - pause_s:.6g} to {to_text(spec['high'])} s at this duration_s",
            )


def _check_growth(s: Scenario) -> None:
    """A queue or an outbox without a limit must not be expected to pass MOST_BACKLOG messages in this run."""
    comes, leaves = s.offered_per_s, s.capacity_per_s
    bounded = s.queue_limit is not None and s.queue_limit <= MOST_BACKLOG
    sent = s.throttle_rate_per_s if s.throttle == "token-bucket" else comes
    if s.on_full == "block" and bounded:
        sent = min(sent, leaves)
    braked = s.throttle != "none" or s.on_full == "block"
    if braked and s.outbox_limit is None and s.block_timeout_s is None:
        _must_not_grow(s, "outbox_limit", comes, min(sent, comes))
    if not bounded and s.expire_after_s is None:
        _must_not_grow(s, "queue_limit", min(sent, comes), leaves)


def _must_not_grow(s: Scenario, field_name: str, comes: float, leaves: float) -> None:
    if (comes - leaves) * s.duration_s > MOST_BACKLOG:
        raise ScenarioError(
            field_name,
            f"is {to_text(getattr(s, field_name))} messages while {comes:.6g} messages/s arrive and at most {leaves:.6g} leave: "
            "unstable, it grows without bound",
            f"whole numbers from 0 to {MOST_BACKLOG} messages, "
            f"or rate_per_s up to {leaves + MOST_BACKLOG / s.duration_s:.6g} messages/s",
        )
