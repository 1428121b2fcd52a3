"""The machines beside a trace: the same events, and what of the outcome and of the state a trace can show."""

from collections.abc import Callable
from typing import Any

from mqcourse.whatif.kafka_partition import KafkaPartition
from mqcourse.whatif.rabbitmq_queue import RabbitQueue
from mqcourse.whatif.servicebus_queue import ServiceBusQueue
from mqcourse.whatif.side_by_side import DELIVERY_LIMIT, MAX_DELIVERY_COUNT, PREFETCH

NACK_NOT_COUNTED = (4, 3)
"""The version of RabbitMQ from which a basic.nack with requeue does not raise the delivery count."""


def rabbitmq(version: str) -> RabbitQueue:
    """The queue as that version has it."""
    numbers = tuple(int(part) for part in version.split(".")[:2])
    return RabbitQueue(PREFETCH, DELIVERY_LIMIT, numbers < NACK_NOT_COUNTED)


MACHINES: dict[str, Callable[[str], Any]] = {
    "rabbitmq": rabbitmq,
    "kafka": lambda _: KafkaPartition(),
    "servicebus": lambda _: ServiceBusQueue(MAX_DELIVERY_COUNT),
}


def state_of(machine: Any) -> dict[str, Any]:
    """What the broker's own counts show."""
    if isinstance(machine, RabbitQueue):
        return {
            "ready": len(machine.ready) + len(machine.requeued),
            "unacked": len(machine.held) + len(machine.buffered),
            "dead": len(machine.dead),
        }
    if isinstance(machine, KafkaPartition):
        return {"log_start": machine.log_start, "end": machine.end, "committed": machine.committed}
    assert isinstance(machine, ServiceBusQueue)
    return {
        "active": [one.number for one in machine.messages if one.lock == 0],
        "locked": [one.number for one in machine.messages if one.lock > 0],
        "dead": machine.dead,
    }


def rest_of(machine: Any) -> list[list[Any]]:
    """What a trace finds when it looks at everything that is left."""
    if isinstance(machine, RabbitQueue):
        machine.kill()
        left = [*machine.requeued, *machine.ready]
        dead: list[list[Any]] = [[one.number, "dead"] for one in machine.dead]
        return [[one.number, one.redelivered, one.failed] for one in left] + dead
    if isinstance(machine, KafkaPartition):
        return [[offset + 1, offset] for offset in range(machine.log_start, machine.end)]
    assert isinstance(machine, ServiceBusQueue)
    return [[number, "MaxDeliveryCountExceeded"] for number in machine.dead]


SHOWN = {
    "settled": {"rabbitmq": (), "kafka": (), "servicebus": ("message",)},
    "returned": {"rabbitmq": (), "servicebus": ("message",)},
    "lost": {"servicebus": ("message",)},
    "published": {"rabbitmq": ("message",), "kafka": ("message", "offset"), "servicebus": ("message",)},
    "received": {
        "rabbitmq": ("message", "redelivered", "failed"),
        "kafka": ("message", "offset"),
        "servicebus": ("message", "failed"),
    },
    "expired": {"kafka": ("message",)},
}  # fmt: skip
"""The fields of an outcome that a trace sees, besides `did`."""


def step_of(broker: str, machine: Any, event: str) -> dict[str, Any]:
    """What a trace would write of this event."""
    told = machine.do(event)
    fields = SHOWN.get(told.did, {}).get(broker, ())
    seen = {name: getattr(told, name) for name in fields}
    return {"event": event, "did": told.did, **seen, "state": state_of(machine)}


def differences(trace: dict[str, Any], broker: str, version: str) -> list[str]:
    """Each event at which the machine and the trace differ, with both."""
    machine = MACHINES[broker](version)
    found = []
    for number, step in enumerate(trace["steps"], 1):
        ours = step_of(broker, machine, step["event"])
        if ours != step:
            found.append(f"{trace['events']}, event {number}: the broker gave {step}, the machine {ours}")
    if trace["rest"] is not None and rest_of(machine) != trace["rest"]:
        found.append(f"{trace['events']}: at the end the broker had {trace['rest']}")
    return found
