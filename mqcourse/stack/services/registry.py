"""The services there are."""

from collections.abc import Sequence

from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.nearest import did_you_mean
from mqcourse.stack.ports import NODES
from mqcourse.stack.services.book import Book
from mqcourse.stack.services.jupyter import Jupyter
from mqcourse.stack.services.kafka import Kafka
from mqcourse.stack.services.kafka_cluster import KafkaNode
from mqcourse.stack.services.postgres import Postgres
from mqcourse.stack.services.rabbitmq import RabbitMQ
from mqcourse.stack.services.rabbitmq_cluster import RabbitMQNode
from mqcourse.stack.services.rabbitmq_testing import RabbitMQTesting
from mqcourse.stack.services.service import Service
from mqcourse.stack.services.servicebus import ServiceBus

_NODES: tuple[Service, ...] = (*map(RabbitMQNode, NODES), *map(KafkaNode, NODES))
_ALL: tuple[Service, ...] = (
    RabbitMQ(),
    Kafka(),
    ServiceBus(),
    Postgres(),
    Book(),
    Jupyter(),
    RabbitMQTesting(),
    *_NODES,
)
SERVICES: dict[str, Service] = {service.name: service for service in _ALL}
ALWAYS: tuple[Service, ...] = tuple(service for service in _ALL if not service.on_request)
"""What `mq start` without a name starts."""
CLUSTERS: dict[str, tuple[Service, ...]] = {
    name: tuple(node for node in _NODES if node.cluster == name)
    for name in dict.fromkeys(node.cluster for node in _NODES)
    if name is not None
}
"""The nodes of each cluster, by its name: the broker's and `-cluster`."""
NAMES = (*(name for name, service in SERVICES.items() if service.cluster is None), *CLUSTERS)
"""The names that an error lists; each node of a cluster has a name besides."""


def named(names: Sequence[str], default: Sequence[str]) -> list[Service]:
    """The services of these names, each once, or the default ones; a cluster's name means all of its nodes.

    Raises CourseError for a name there is not, listing those there are.
    """
    each = [
        [node.name for node in CLUSTERS[name]] if name in CLUSTERS else [name] for name in names or default
    ]
    wanted = list(dict.fromkeys(name for some in each for name in some))
    unknown = [name for name in wanted if name not in SERVICES]
    if unknown:
        raise CourseError(
            f"there is no service {unknown[0]!r}",
            do=did_you_mean(unknown[0], NAMES, f"Choose from: {', '.join(NAMES)}"),
            code=Exit.USAGE,
        )
    return [SERVICES[name] for name in wanted]


def has_majority(count: int, of: int) -> bool:
    """Whether `count` of a cluster's nodes are more than half of them."""
    return count > of // 2


def whole(services: Sequence[Service]) -> list[Service]:
    """The services, and for each node all nodes of its cluster: what is formed, or emptied, only together."""
    each = [CLUSTERS[service.cluster] if service.cluster else (service,) for service in services]
    return list(dict.fromkeys(one for some in each for one in some))
