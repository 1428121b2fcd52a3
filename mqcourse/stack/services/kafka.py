"""Apache Kafka, one node in KRaft combined mode, from its published jars."""

import shutil
from pathlib import Path

from mqcourse.install import jars
from mqcourse.progress import Progress
from mqcourse.stack.layout import StackLayout
from mqcourse.stack.services import handshakes, kafka_startup_cache
from mqcourse.stack.services.kafka_node import Node, environment, format_data, produce_and_fetch, program
from mqcourse.stack.services.service import Addresses, Launch, Service


class Kafka(Service):
    name = "kafka"
    title = "Kafka"
    ports: tuple[str, ...] = ("kafka", "kafka_controller")
    start_limit_s = 90.0
    stop_grace_s = 20.0

    def install(self, layout: StackLayout, progress: Progress) -> str:
        """The locked jars, a Java, and the AOT cache where another checkout has made it; Kafka's version."""
        folder = layout.software / "kafka" / "jars"
        kafka = program(layout.software)  # a wrong Java is said before anything is fetched
        jars.install(folder, progress)
        kafka_startup_cache.take(kafka, layout.software / "kafka")
        return jars.KAFKA_VERSION

    def node(self, layout: StackLayout) -> Node:
        ports = layout.ports
        return Node(layout.folder(self.name), ports.of("kafka"), ports.of("kafka_controller"), ports.base)

    def prepare(self, layout: StackLayout) -> list[Launch]:
        """Write server.properties, format the log directory where it is new, and say how to start the broker."""
        node = self.node(layout)
        node.write()
        kafka = program(layout.software)
        cache_file = kafka_startup_cache.usable(kafka, layout.software / "kafka")
        extra = kafka_startup_cache.use(cache_file) if cache_file else ()
        format_data(kafka, node, extra=extra)
        return [Launch(kafka.broker(node, extra=extra), environment(), node.folder)]

    def probe(self, layout: StackLayout) -> None:
        """A record produced, acknowledged by all in-sync replicas, and fetched."""
        produce_and_fetch(self.addresses(layout).endpoint)

    def answers(self, layout: StackLayout, timeout_s: float) -> bool:
        """Its listener answers ApiVersions."""
        return handshakes.answers_kafka(layout.ports.of("kafka"), timeout_s)

    def addresses(self, layout: StackLayout) -> Addresses:
        """The bootstrap server."""
        bootstrap = f"127.0.0.1:{layout.ports.of('kafka')}"
        return Addresses(bootstrap, None, {"kafka_bootstrap": bootstrap})

    def data_dir(self, layout: StackLayout) -> Path:
        """Topics, offsets and cluster metadata."""
        return self.node(layout).data

    def empty(self, layout: StackLayout) -> None:
        """Forget topics, offsets, groups: the whole log directory."""
        shutil.rmtree(self.data_dir(layout), ignore_errors=True)
