"""A node of the RabbitMQ cluster: what differs from the single RabbitMQ beside it.

The nodes find each other by the list in their configuration (peer discovery `classic_config`). They share a cookie, and
one proxy (`link_proxy.py`) that is their epmd and carries the links between them.
"""

import base64
import http.client
import json
from pathlib import Path
from typing import Any

from mqcourse.install import rabbitmq as software
from mqcourse.stack import links
from mqcourse.stack.layout import StackLayout
from mqcourse.stack.ports import NODES
from mqcourse.stack.services import link_services
from mqcourse.stack.services.rabbitmq import DISK_LIMIT_BYTES, USER, RabbitMQ
from mqcourse.stack.services.service import Addresses, Launch, NotReady

CLUSTER = "rabbitmq-cluster"
TICK_S = 10
"""After about this long without a word from a node, the others take it as gone; Erlang's own value is 60."""
ASK_LIMIT_S = 5.0
SMALL = "+S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none"
"""Two schedulers a node that sleep when they are idle: three nodes share a small machine."""
MEMORY_LIMIT_BYTES = 400_000_000
CONFIGURATION = """\
listeners.tcp.default = 127.0.0.1:{rabbitmq}
management.tcp.ip = 127.0.0.1
management.tcp.port = {rabbitmq_management}
cluster_name = mq
cluster_formation.peer_discovery_backend = classic_config
cluster_formation.classic_config.nodes.1 = mq1@localhost
cluster_formation.classic_config.nodes.2 = mq2@localhost
cluster_formation.classic_config.nodes.3 = mq3@localhost
# nodes that lost sight of each other, such as after a long pause, are joined again by themselves
cluster_partition_handling = autoheal
vm_memory_high_watermark.absolute = {memory_limit_bytes}
disk_free_limit.absolute = {disk_limit_bytes}
log.console = true
log.console.level = info
log.console.use_colors = off
log.file = false
"""


class RabbitMQNode(RabbitMQ):
    """The service `rabbitmq-N`, a node of the cluster."""

    on_request = True
    cluster = CLUSTER
    start_limit_s = 240.0
    plugins = ("rabbitmq_management",)
    epmd_mark = links.mark(CLUSTER)

    def __init__(self, number: int) -> None:
        self.number = number
        self.name = f"rabbitmq-{number}"
        self.title = f"RabbitMQ node {number}"
        self.node = f"mq{number}@localhost"
        self.ports = tuple(
            f"{purpose}_{number}" for purpose in ("rabbitmq", "rabbitmq_management", "rabbitmq_dist")
        )

    @property
    def installed_as(self) -> str:
        """That of the single RabbitMQ."""
        return RabbitMQ.name

    def port(self, layout: StackLayout, purpose: str) -> int:
        """This node's port for a purpose; epmd's is that of all nodes."""
        if purpose == "rabbitmq_epmd":
            return layout.ports.of("rabbitmq_cluster_epmd")
        return layout.ports.of(f"{purpose}_{self.number}")

    def home(self, layout: StackLayout) -> Path:
        """The folder of the cookie that the nodes share."""
        return layout.folder(CLUSTER) / "home"

    def tools(self, layout: StackLayout) -> Path:
        """A folder of this node's own."""
        return layout.folder(self.name) / "bin"

    def configuration(self, layout: StackLayout) -> str:
        """The text of rabbitmq.conf."""
        return CONFIGURATION.format(
            rabbitmq=self.port(layout, "rabbitmq"),
            rabbitmq_management=self.port(layout, "rabbitmq_management"),
            memory_limit_bytes=MEMORY_LIMIT_BYTES,
            disk_limit_bytes=DISK_LIMIT_BYTES,
        )

    def environment(self, layout: StackLayout, rabbit: software.RabbitMQ) -> dict[str, str]:
        """That of a single node, with fewer schedulers."""
        found = super().environment(layout, rabbit)
        arguments = found["RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS"]
        return found | {
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": f"{SMALL} -kernel net_ticktime {TICK_S} {arguments}"
        }

    def helpers(self, layout: StackLayout) -> list[Launch]:
        """The shared epmd and proxy of the links. CourseError when another program holds its port."""
        ways = [
            f"{number}:{layout.ports.of(f'rabbitmq_link_{number}')}:{layout.ports.of(f'rabbitmq_dist_{number}')}"
            for number in NODES
        ]
        epmd = f"{self.port(layout, 'rabbitmq_epmd')}:mq"
        command = links.command(layout, CLUSTER, ways, epmd)
        return link_services.launches(layout, CLUSTER, "rabbitmq_cluster_epmd", command)

    def probe(self, layout: StackLayout) -> None:
        """An AMQP login, and a list of nodes that has all of the cluster."""
        super().probe(layout)
        known = self.ask(layout, "/api/nodes?columns=name")
        if len(known) < len(NODES):
            raise NotReady(f"its list has {len(known)} of {len(NODES)} nodes")

    def ask(self, layout: StackLayout, path: str) -> Any:
        """What this node's HTTP API answers. Raises OSError or NotReady when it does not answer well."""
        port = self.port(layout, "rabbitmq_management")
        login = base64.b64encode(f"{USER}:{USER}".encode()).decode()
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ASK_LIMIT_S)
        try:
            connection.request(
                "GET", path, headers={"Authorization": f"Basic {login}", "Connection": "close"}
            )
            answer = connection.getresponse()
            text = answer.read()
        except http.client.HTTPException as error:
            raise NotReady(f"{path}: {error}") from error
        finally:
            connection.close()
        if answer.status >= 300:
            raise NotReady(f"{path}: {answer.status} {answer.reason}")
        return json.loads(text)

    def addresses(self, layout: StackLayout) -> Addresses:
        """Its own address, and the list of all nodes for clients."""
        urls = [
            f"amqp://{USER}:{USER}@127.0.0.1:{layout.ports.of(f'rabbitmq_{number}')}/%2F" for number in NODES
        ]
        pages = [f"http://127.0.0.1:{layout.ports.of(f'rabbitmq_management_{number}')}/" for number in NODES]
        known = {"rabbitmq_nodes": ",".join(urls), "rabbitmq_nodes_management": ",".join(pages)}
        return Addresses(urls[self.number - 1], pages[self.number - 1], known)

    def empty_running(self, layout: StackLayout) -> bool:
        """Never: the nodes are formed into a new cluster."""
        return False

    def sweep(self, layout: StackLayout) -> None:
        """End the shared epmd and proxy once the last node is down."""
        link_services.sweep(layout, CLUSTER, self.number)
