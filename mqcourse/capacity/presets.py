"""Worked examples: a trillion messages per day, and a workload of an ordinary size."""

from dataclasses import dataclass

from mqcourse.capacity.workload import Workload


@dataclass(frozen=True)
class Preset:
    """A workload with its name and title. Rates and prices keep their defaults."""

    name: str
    title: str
    workload: Workload


PRESETS = (
    Preset(
        "trillion",
        "a trillion messages per day",
        Workload(messages=1e12, per="day", processing_ms=0.05, retention_days=1.0),
    ),
    Preset(
        "orders",
        "an order pipeline",
        Workload(messages=2e6, per="day", size_bytes=2000.0, groups=4, processing_ms=40.0),
    ),
    Preset("plain", "10,000 messages per second", Workload()),
)
