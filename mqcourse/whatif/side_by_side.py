"""The same events at the three brokers."""

from dataclasses import dataclass

from mqcourse.whatif.kafka_partition import KAFKA_EVENTS, KafkaPartition
from mqcourse.whatif.rabbitmq_queue import RABBITMQ_EVENTS, RabbitQueue
from mqcourse.whatif.servicebus_queue import SERVICEBUS_EVENTS, ServiceBusQueue
from mqcourse.whatif.shelf import Shelf
from mqcourse.whatif.told import Told

BROKERS = ("rabbitmq", "kafka", "servicebus")
"""In the order of a row."""
TITLES = ("RabbitMQ", "Kafka", "Service Bus")
HAS = (RABBITMQ_EVENTS, KAFKA_EVENTS, SERVICEBUS_EVENTS)
"""The events that each broker has."""
PREFETCH = 2
DELIVERY_LIMIT = 2
"""Two redeliveries, so three deliveries; RabbitMQ's default is 20."""
MAX_DELIVERY_COUNT = 3
"""Three deliveries; the default of Service Bus is 10."""
NACK_COUNTS = True
"""As in the version that the traces were recorded on."""


@dataclass(frozen=True)
class Row:
    """An event, and what it did at RabbitMQ, Kafka and Service Bus, in this order; then where the messages are."""

    event: str
    told: list[Told]
    shelves: list[list[Shelf]]


def played(events: list[str]) -> list[Row]:
    """Every event in turn, from empty brokers; the first row is the state before any."""
    rabbitmq = RabbitQueue(PREFETCH, DELIVERY_LIMIT, NACK_COUNTS)
    kafka = KafkaPartition()
    servicebus = ServiceBusQueue(MAX_DELIVERY_COUNT)
    nothing: list[Told] = []
    rows = [Row("", nothing, [rabbitmq.shelves(), kafka.shelves(), servicebus.shelves()])]
    for event in events:
        told = [rabbitmq.do(event), kafka.do(event), servicebus.do(event)]
        rows.append(Row(event, told, [rabbitmq.shelves(), kafka.shelves(), servicebus.shelves()]))
    return rows
