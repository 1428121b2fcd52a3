"""The time that one message took a consumer, from a record of `mq measure … --json`."""

import json
from dataclasses import dataclass
from typing import Any

from mqcourse.backpressure.model.scenario import Scenario
from mqcourse.errors import CourseError
from mqcourse.exits import Exit

SATURATED = 0.95
"""Consumers that finish less than this share of what is offered are busy all the time: their rate is their limit."""


@dataclass(frozen=True)
class Measured:
    """Time in ms that a consumer needed for a message, and the sentence that names its run."""

    processing_ms: float
    note: str


def measured(text: str, name: str) -> Measured:
    """Read a record. `name`: what an error calls it.

    The record's run had its time stretched for one machine, so its rate is put back into the scenario's time.
    Raises CourseError for a text that is no record, and for a run whose consumers were not busy all the time, because
    its rate is then the rate of the producer.
    """
    try:
        record: Any = json.loads(text)
        scenario = Scenario.from_dict(record["scenario"])
        stretch = float(record["stretch"])
        seen = {row["figure"]: float(row["measured"]) for row in record["figures"]}
        throughput_per_s = seen["throughput_per_s"]
        broker = f"{record['broker']} {record['version']}".strip()
    except (ValueError, TypeError, KeyError, CourseError):
        raise CourseError(
            f"{name} is no record of `mq measure`",
            do="Write one: `mq measure 'rate_per_s=200&service_mean_s=0.02' --on kafka --json > run.json`",
            code=Exit.USAGE,
        ) from None
    consumers = min(scenario.consumers, scenario.partitions or scenario.consumers)
    if scenario.autoscale != "none" or not 0.0 < throughput_per_s < SATURATED * scenario.offered_per_s:
        raise CourseError(
            f"the consumers of {name} were not busy all the time: {throughput_per_s:.4g} messages/s were done "
            f"and {scenario.offered_per_s:.4g} arrived",
            do="Measure with a rate_per_s above what the consumers can do",
            code=Exit.USAGE,
        )
    processing_ms = 1000.0 * consumers / (throughput_per_s * stretch)
    return Measured(
        processing_ms,
        f"processing_ms is {processing_ms:.4g} ms, measured on {broker}: "
        f"{consumers} consumer{'s' if consumers > 1 else ''} did {throughput_per_s * stretch:.4g} messages/s",
    )
