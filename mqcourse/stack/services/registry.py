"""The services there are."""

from collections.abc import Sequence

from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.nearest import did_you_mean
from mqcourse.stack.services.book import Book
from mqcourse.stack.services.jupyter import Jupyter
from mqcourse.stack.services.kafka import Kafka
from mqcourse.stack.services.postgres import Postgres
from mqcourse.stack.services.rabbitmq import RabbitMQ
from mqcourse.stack.services.service import Service
from mqcourse.stack.services.servicebus import ServiceBus

_ALL: tuple[Service, ...] = (RabbitMQ(), Kafka(), ServiceBus(), Postgres(), Book(), Jupyter())
SERVICES: dict[str, Service] = {service.name: service for service in _ALL}
ALWAYS: tuple[Service, ...] = tuple(service for service in _ALL if not service.on_request)
"""What `mq start` without a name starts."""


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
