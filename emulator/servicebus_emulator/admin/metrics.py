"""Figures for Prometheus: live counts of every entity, and those of the process.

Text format 0.0.4: https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from __future__ import annotations

from collections.abc import Iterator

from servicebus_emulator.admin.entity_operations import is_hidden, runtime_of
from servicebus_emulator.admin.host import Host
from servicebus_emulator.broker.queue import Queue
from servicebus_emulator.broker.topic import Topic

PREFIX = "servicebus_emulator_"
_MESSAGES = PREFIX + "messages"
_SIZE = PREFIX + "size_bytes"
_RECEIVERS = PREFIX + "receivers"
_HELP = {
    _MESSAGES: "Messages stored, by state; active ones include those that are locked.",
    _SIZE: "Bytes of the messages stored.",
    _RECEIVERS: "Receivers attached now.",
}


def text(host: Host) -> str:
    """Every figure, one a line."""
    samples: dict[str, list[str]] = {name: [] for name in _HELP}
    for hosted in host.namespaces.values():
        for entity in _entities(hosted.broker.queues(), hosted.broker.topics()):
            if is_hidden(entity.path):
                continue
            labels = f'namespace="{_escaped(hosted.name)}",entity="{_escaped(entity.path)}"'
            runtime = runtime_of(entity)
            states = {"scheduled": runtime.scheduled}
            if isinstance(entity, Queue):
                states |= {
                    "active": runtime.active,
                    "deferred": entity.deferred_count,
                    "dead_letter": runtime.dead_letter,
                    "transfer_dead_letter": runtime.transfer_dead_letter,
                }
                samples[_RECEIVERS].append(f"{_RECEIVERS}{{{labels}}} {entity.receiver_count}")
            for state, count in sorted(states.items()):
                samples[_MESSAGES].append(f'{_MESSAGES}{{{labels},state="{state}"}} {count}')
            samples[_SIZE].append(f"{_SIZE}{{{labels}}} {runtime.size_bytes}")
    lines = []
    for name, found in samples.items():
        lines += [f"# HELP {name} {_HELP[name]}", f"# TYPE {name} gauge", *found]
    process = {"clock_offset_seconds": host.clock_offset_s, **host.counters()}
    for name, value in sorted(process.items()):
        kind = "counter" if name.endswith("_total") else "gauge"
        lines += [f"# TYPE {PREFIX}{name} {kind}", f"{PREFIX}{name} {value:g}"]
    return "\n".join(lines) + "\n"


def _entities(queues: list[Queue], topics: list[Topic]) -> Iterator[Queue | Topic]:
    yield from queues
    for topic in topics:
        yield topic
        yield from topic.subscriptions.values()


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
