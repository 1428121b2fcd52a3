"""The services there are."""

from collections.abc import Sequence

from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.nearest import did_you_mean
from mqcourse.stack.book import Book
from mqcourse.stack.jupyter import Jupyter
from mqcourse.stack.kafka import Kafka
from mqcourse.stack.rabbitmq import RabbitMQ
from mqcourse.stack.service import Service
from mqcourse.stack.servicebus import ServiceBus

_ALL: tuple[Service, ...] = (RabbitMQ(), Kafka(), ServiceBus(), Book(), Jupyter())
SERVICES: dict[str, Service] = {service.name: service for service in _ALL}
DEFAULT = ("rabbitmq", "kafka", "servicebus")
"""What `mq start` and `mq start` start when no broker is named. The one place that decides it: add a broker here."""


def named(names: Sequence[str], default: Sequence[str]) -> list[Service]:
    """The services of these names, each once, or the default ones.

    Raises CourseError for a name there is not, listing those there are.
    """
    wanted = list(dict.fromkeys(names or default))
    unknown = [name for name in wanted if name not in SERVICES]
    if unknown:
        raise CourseError(
            f"there is no service {unknown[0]!r}",
            do=did_you_mean(unknown[0], SERVICES, f"Choose from: {', '.join(SERVICES)}"),
            code=Exit.USAGE,
        )
    return [SERVICES[name] for name in wanted]


def brokers() -> tuple[str, ...]:
    """The names of those that are brokers."""
    return tuple(service.name for service in _ALL if service.is_broker)
