"""The running brokers, with seeds that no kept trace has: the machines still do what they do."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.whatif.kafka_trace import KafkaTrace
from tests.whatif.model import differences
from tests.whatif.rabbitmq_trace import RabbitTrace
from tests.whatif.servicebus_trace import ServiceBusTrace
from tests.whatif.traces import drawn, record

pytestmark = pytest.mark.timeout(600)


def compare(broker: str, make: Callable[[], Any], seeds: tuple[int, ...]) -> None:
    for seed in seeds:
        trace = make()
        found = record(broker, trace, drawn(broker, seed))
        assert found["steps"]
        assert differences(found, broker, getattr(trace, "version", "")) == []


@pytest.mark.stack
def test_rabbitmq(stack: Any) -> None:
    compare("rabbitmq", RabbitTrace, (1001, 1002, 1003))


@pytest.mark.stack
def test_kafka(stack: Any) -> None:
    compare("kafka", KafkaTrace, (1001,))


@pytest.mark.lengthy
@pytest.mark.wire
def test_service_bus() -> None:
    compare("servicebus", ServiceBusTrace, (1001,))
