"""Traces of the real brokers: drawn, recorded, kept."""

import random
from typing import Any

from mqcourse.whatif import kafka_partition, preset, side_by_side
from mqcourse.whatif.event import EVENTS, LETTERS, decoded, encoded
from tests.whatif import kafka_trace

HAS = dict(zip(side_by_side.BROKERS, side_by_side.HAS, strict=True))
PICKED = ("prbrbrbr", "pprrrbrbsr", "pprkrkrwrsr", "ppprxskxxwrr", "ppxxrpr", "pprrwbsrkwrr", "pprszsrkwr")
"""Lists that draw what seeds rarely do: dead letters by giving back, a kill during a join, retention before a start."""
LENGTH = 14
WEIGHTS = {
    "publish": 4,
    "receive": 6,
    "settle": 3,
    "return": 2,
    "kill": 2,
    "wait": 1,
    "rewind": 1,
    "expire": 1,
}
assert set(WEIGHTS) == set(EVENTS)
assert len(LETTERS) == len(EVENTS)


def drawn(broker: str, seed: int) -> list[str]:
    """A random list of events that this broker has. A Kafka client's fetched records are kept out: see kafka_partition."""
    draw = random.Random(f"{broker} {seed}")
    choice = [event for event in HAS[broker] for _ in range(WEIGHTS[event])]
    events = ["publish", "publish"]
    while len(events) < LENGTH:
        event = draw.choice(choice)
        if event != "expire" or deletes_what_is_read(events):
            events.append(event)
    return events


def deletes_what_is_read(events: list[str]) -> bool:
    """Whether retention would now delete a record that no running consumer has still to read."""
    partition = kafka_partition.KafkaPartition()
    for event in events:
        partition.do(event)
    return not partition.running or (partition.assigned and partition.log_start < partition.position)


def of_presets(broker: str) -> list[list[str]]:
    """The lists of events that the page offers, as far as this broker has them."""
    return [had(broker, one.letters) for one in preset.PRESETS]


def picked(broker: str) -> list[list[str]]:
    """The picked lists, as far as this broker has their events."""
    return [had(broker, letters) for letters in PICKED]


def had(broker: str, letters: str) -> list[str]:
    return [event for event in decoded(list(letters)) if event in HAS[broker]]


def record(broker: str, trace: Any, events: list[str]) -> dict[str, Any]:
    """Cause the events at the broker; the trace ends early where the machine was too late to see the next one."""
    steps = []
    rest = None
    try:
        for event in events:
            steps.append(clean(trace.do(event)))
        rest = trace.rest()
    except kafka_trace.Late:
        pass
    finally:
        trace.close()
    return {"events": encoded(events), "steps": steps, "rest": rest}


def clean(step: dict[str, Any]) -> dict[str, Any]:
    """A step without the message number where the broker gave none."""
    return {name: value for name, value in step.items() if name != "message" or value}
