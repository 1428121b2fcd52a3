"""Ready scenarios: three answers to overload, and what goes wrong with each."""

from dataclasses import dataclass

from mqcourse.backpressure.model.scenario import Scenario
from mqcourse.errors import CourseError


@dataclass(frozen=True)
class Preset:
    """A scenario with its name, what to look at, and (predict first) a question with choices and the right one."""

    name: str
    title: str
    look_at: str
    question: str
    choices: tuple[str, ...]
    answer: int
    scenario: Scenario


OVERLOAD = Scenario(rate_per_s=120.0, service_mean_s=0.01, duration_s=60.0)
"""120 messages/s for one consumer that can handle 100: what all three answers start from."""

PRESETS: tuple[Preset, ...] = (
    Preset(
        "overload",
        "Overload without a limit",
        "Depth and age of the oldest message; utilisation.",
        "One consumer can handle 100 messages/s, and 120 arrive. How deep is the queue after a minute?",
        ("About 20", "About 200", "About 1,200"),
        2,
        OVERLOAD,
    ),
    Preset(
        "scale",
        "Answer 1: scale the consumers",
        "Depth with one consumer and with two.",
        "The same 120 messages/s, now with two consumers. How deep is the queue on average?",
        ("About 600, half as deep", "Less than 5", "About 100"),
        1,
        OVERLOAD.but(consumers=2),
    ),
    Preset(
        "throttle",
        "Answer 2: throttle the producer",
        "Blocked time of the producer; 90 messages/s are offered instead of 120.",
        "A source could send 120 messages/s, and a token bucket lets 90 pass. What happens to the other 30?",
        (
            "They wait in the queue",
            "They are not produced: the source is blocked a quarter of the time",
            "They are lost",
        ),
        1,
        OVERLOAD.but(throttle="token-bucket", throttle_rate_per_s=90.0, throttle_burst=10.0),
    ),
    Preset(
        "block",
        "Backpressure: a full queue blocks the producer",
        "Blocked time; the queue stays at its limit.",
        "The queue holds 100 messages and blocks the producer when full. How many messages are lost?",
        ("None", "20 per second", "All after the first 100"),
        0,
        OVERLOAD.but(queue_limit=100, on_full="block"),
    ),
    Preset(
        "drop",
        "Answer 3: drop",
        "Rejected messages; p99 of the latency.",
        "The queue holds 100 messages and rejects more. How long does an accepted message wait at most?",
        ("About 0.1 s", "About 1 s", "Longer and longer"),
        1,
        OVERLOAD.but(queue_limit=100, on_full="reject"),
    ),
    Preset(
        "burst",
        "Bursts",
        "Depth during and after each burst; utilisation.",
        "On average 60 messages/s arrive and 100 can be handled, but they arrive in bursts. How deep does the queue get?",
        (
            "A few messages: the consumer has time to spare",
            "Hundreds in a burst, and it drains after it",
            "It grows without limit",
        ),
        1,
        Scenario(arrivals="bursty", rate_per_s=60.0, burst_on_s=1.0, burst_off_s=2.0, duration_s=120.0),
    ),
    Preset(
        "retry-storm",
        "A retry storm that outlives its surge",
        "Goodput and throughput before, during and after the surge.",
        "A surge of 20 s passes. Callers wait 1 s and try again, up to 5 times. What happens after the surge?",
        (
            "All is well within seconds",
            "It heals after a minute",
            "It stays down: the retries alone exceed the capacity",
        ),
        2,
        Scenario(
            rate_per_s=70.0,
            duration_s=180.0,
            surge_from_s=30.0,
            surge_for_s=20.0,
            surge_factor=2.0,
            client_timeout_s=1.0,
            client_retries=5,
            retry_backoff_s=0.1,
            queue_limit=5000,
        ),
    ),
    Preset(
        "priority-shedding",
        "Shed the messages of low priority",
        "Dropped and rejected messages of each class; waits of each class.",
        "Of 150 messages/s a fifth is important. The queue drops the least important first. How many important messages are lost?",
        ("A third, as of all", "Almost no message", "A fifth"),
        1,
        Scenario(
            rate_per_s=150.0,
            priority_mix=(0.2, 0.8),
            order="priority",
            queue_limit=50,
            on_full="drop-lowest",
            duration_s=60.0,
        ),
    ),
    Preset(
        "autoscaling-lags",
        "Autoscaling that lags",
        "Consumers and depth, one above the other.",
        "The load triples for a minute. New consumers need 30 s to start. When is the queue deepest?",
        ("At once", "Around the time the new consumers start", "At the end of the surge"),
        1,
        Scenario(
            rate_per_s=80.0,
            duration_s=240.0,
            surge_from_s=30.0,
            surge_for_s=60.0,
            surge_factor=3.0,
            autoscale="lag",
            autoscale_target=100.0,
            autoscale_interval_s=5.0,
            autoscale_delay_s=30.0,
            autoscale_cooldown_s=30.0,
            autoscale_most=8,
        ),
    ),
    Preset(
        "hot-key",
        "One hot key",
        "Utilisation and depth although consumers have time to spare.",
        "Four partitions, four consumers: 400 messages/s can be handled and 200 arrive, 60% of them with one key. Is it enough?",
        ("Yes, half of the capacity is free", "No, the hot partition grows", "No, all four partitions grow"),
        1,
        Scenario(rate_per_s=200.0, consumers=4, partitions=4, hot_share=0.6, prefetch=10, duration_s=60.0),
    ),
    Preset(
        "prefetch-too-high",
        "Prefetch too high",
        "p99 of the latency with prefetch 1 and 1,000; the queue looks empty.",
        "Four consumers, 80% busy, work that varies much. Prefetch goes from 1 to 1,000. What happens to the mean latency?",
        (
            "It falls, because there are fewer round trips",
            "It stays the same",
            "It rises several times, because messages wait behind a slow one",
        ),
        2,
        Scenario(
            rate_per_s=320.0,
            consumers=4,
            prefetch=1000,
            service="lognormal",
            service_cv=3.0,
            duration_s=120.0,
            warm_up_s=10.0,
        ),
    ),
    Preset(
        "poison",
        "Poison messages without a delivery limit",
        "Redeliveries and goodput.",
        "One message in 200 fails every time and is redelivered after a second, without a delivery limit. What happens to the other messages?",
        (
            "They are not affected, because 0.5% is little",
            "They wait a little longer",
            "They wait longer and longer, because the failing messages pile up",
        ),
        2,
        Scenario(
            rate_per_s=70.0,
            poison_share=0.005,
            retry_backoff_s=1.0,
            retry_backoff_most_s=1.0,
            duration_s=600.0,
        ),
    ),
)


def preset(name: str) -> Preset:
    """The preset of that name; raises CourseError when there is none."""
    for one in PRESETS:
        if one.name == name:
            return one
    raise CourseError(
        f"there is no preset {name!r}", do=f"Choose one of: {', '.join(one.name for one in PRESETS)}"
    )
