"""A node of the Kafka cluster: what differs from the single Kafka beside it.

Each node is broker and controller. The other nodes reach it through a proxy (`link_proxy.py`). Their quorum is formed when they are formatted, by a list of all voters.
"""

import uuid
from functools import partial

from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.stack import links
from mqcourse.stack.layout import StackLayout
from mqcourse.stack.ports import NODES
from mqcourse.stack.services import handshakes, link_services
from mqcourse.stack.services.kafka import Kafka
from mqcourse.stack.services.kafka_node import LinkPorts, Node, Voter, text_of_id
from mqcourse.stack.services.service import Addresses, Launch, NotReady

CLUSTER = "kafka-cluster"
HEAP = "-Xmx256m"


class KafkaNode(Kafka):
    """The service `kafka-N`, a broker and controller of the cluster."""

    on_request = True
    cluster = CLUSTER
    start_limit_s = 240.0

    def __init__(self, number: int) -> None:
        self.number = number
        self.name = f"kafka-{number}"
        self.title = f"Kafka node {number}"
        self.ports = tuple(
            f"{purpose}_{number}" for purpose in ("kafka", "kafka_controller", "kafka_internal")
        )

    @property
    def installed_as(self) -> str:
        """That of the single Kafka."""
        return Kafka.name

    def node(self, layout: StackLayout) -> Node:
        """Folder, ports and quorum of this node."""
        ports = layout.ports
        identity = partial(_identity, layout)
        return Node(
            layout.folder(self.name),
            ports.of(f"kafka_{self.number}"),
            ports.of(f"kafka_controller_{self.number}"),
            ports.base,
            id=self.number,
            voters=tuple(
                Voter(number, ports.of(f"kafka_controller_link_{number}"), identity(f"directory {number}"))
                for number in NODES
            ),
            links=LinkPorts(
                ports.of(f"kafka_internal_{self.number}"),
                ports.of(f"kafka_link_{self.number}"),
                ports.of(f"kafka_controller_link_{self.number}"),
            ),
            cluster_id=identity("cluster"),
            heap=HEAP,
        )

    def prepare(self, layout: StackLayout) -> list[Launch]:
        """As for a single Kafka. CourseError when the data was made for other ports, which its log contains."""
        node = self.node(layout)
        if (node.data / "meta.properties").is_file() and not node.pristine.is_dir():
            raise CourseError(
                f"the data of {self.title} was made for other ports, and its quorum's addresses are in there",
                do=f"Set MQ_PORT_BASE to the block it had, or throw it away: `mq reset {CLUSTER}`",
                code=Exit.ENVIRONMENT,
            )
        return [*self.helpers(layout), *super().prepare(layout)]

    def helpers(self, layout: StackLayout) -> list[Launch]:
        """The proxy of the links between all nodes. CourseError when another program holds its port."""
        of = layout.ports.of
        ways = [
            f"{number}:{of(f'{link}_{number}')}:{of(f'{own}_{number}')}"
            for number in NODES
            for link, own in (("kafka_link", "kafka_internal"), ("kafka_controller_link", "kafka_controller"))
        ]
        return link_services.launches(layout, CLUSTER, "kafka_link_1", links.command(layout, CLUSTER, ways))

    def sweep(self, layout: StackLayout) -> None:
        """End the proxy of the links once the last node is down."""
        link_services.sweep(layout, CLUSTER, self.number)

    def answers(self, layout: StackLayout, timeout_s: float) -> bool:
        """Its listener answers ApiVersions."""
        return handshakes.answers_kafka(layout.ports.of(f"kafka_{self.number}"), timeout_s)

    def probe(self, layout: StackLayout) -> None:
        """The cluster's metadata as this broker has it: it is one of the brokers that may lead."""
        from kafka import KafkaAdminClient

        admin = KafkaAdminClient(
            bootstrap_servers=self.addresses(layout).endpoint,
            request_timeout_ms=2000,
        )
        try:
            brokers = {one["broker_id"]: one for one in admin.describe_cluster()["brokers"]}
        finally:
            admin.close()
        if self.number not in brokers or brokers[self.number].get("is_fenced"):
            raise NotReady(f"broker {self.number} is not registered yet")

    def addresses(self, layout: StackLayout) -> Addresses:
        """Its own address, and the list of all brokers for clients."""
        every = [f"127.0.0.1:{layout.ports.of(f'kafka_{number}')}" for number in NODES]
        return Addresses(every[self.number - 1], None, {"kafka_nodes": ",".join(every)})


def _identity(layout: StackLayout, what: str) -> str:
    """An identifier that each node derives alike, so that they can be formatted side by side."""
    value = bytearray(uuid.uuid5(uuid.NAMESPACE_URL, f"{layout.state}:{layout.ports.base}:{what}").bytes)
    value[0] &= 0x7F  # its text then begins with no dash, which a command line takes for an option
    return text_of_id(bytes(value))
