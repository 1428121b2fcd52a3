"""Record the golden traces again: python -m tests.whatif.record_traces [BROKER…], with the brokers of `mq start` running.

The emulator is started for it. Each broker's traces are the page's presets, picked lists, and the lists of events that the seeds draw.
"""

import argparse
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from mqcourse.book.broker_versions import broker_versions
from mqcourse.whatif.golden import KEPT
from tests.whatif.kafka_trace import KafkaTrace
from tests.whatif.rabbitmq_trace import RabbitTrace
from tests.whatif.servicebus_trace import SDK_VERSION, ServiceBusTrace
from tests.whatif.traces import HAS, drawn, of_presets, picked, record

SEEDS = range(1, 19)
AT_ONCE = 4
MINUTE_S = 61.0
PATIENT = {
    "rabbitmq": ["publish", "receive", "wait", "settle"],
    "kafka": ["publish", "receive", "wait", "settle"],
}
"""A list whose `wait` lasts a real minute: the brokers whose timeouts are longer do nothing in it."""
TRACES: dict[str, Callable[..., Any]] = {
    "rabbitmq": RabbitTrace,
    "kafka": KafkaTrace,
    "servicebus": ServiceBusTrace,
}


def version_of(broker: str) -> str:
    """What runs: the broker's version, and for Service Bus the SDK's."""
    return SDK_VERSION if broker == "servicebus" else broker_versions([broker])[broker]


def main() -> None:
    arguments = argparse.ArgumentParser(description="Record the golden traces again.")
    arguments.add_argument("broker", nargs="*", choices=[*HAS, []])
    for broker in arguments.parse_args().broker or list(HAS):
        lists = [
            (events, 0.0)
            for events in [*of_presets(broker), *picked(broker), *(drawn(broker, seed) for seed in SEEDS)]
        ]
        if broker in PATIENT:
            lists.append((PATIENT[broker], MINUTE_S))

        def recorded(one: tuple[list[str], float], broker: str = broker) -> dict[str, Any]:
            events, wait_s = one
            trace = TRACES[broker](wait_s) if wait_s else TRACES[broker]()
            return record(broker, trace, events)

        with ThreadPoolExecutor(AT_ONCE) as several:
            traces = list(several.map(recorded, lists))
        KEPT.mkdir(exist_ok=True)
        head = {"broker": broker, "version": version_of(broker), "recorded": f"{datetime.now(UTC):%Y-%m-%d}"}
        lines = ",\n".join(json.dumps(one, separators=(",", ":")) for one in traces)
        text = f'{json.dumps(head)[:-1]}, "traces": [\n{lines}\n]}}\n'
        (KEPT / f"{broker}.json").write_text(text, encoding="utf-8")
        print(f"{broker}: {len(traces)} traces, {sum(len(one['steps']) for one in traces)} events")


if __name__ == "__main__":
    main()
