"""One Kafka node: its folder, its configuration, its command line, and one use of it as a client."""

import re
import shutil
import subprocess
import uuid
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from mqcourse.disk import make_folder, unwritable
from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.install import jars, java
from mqcourse.install.java import Java
from mqcourse.stack.ports import MARK
from mqcourse.stack.services.service import NotReady
from mqcourse.variables import Kind, environment_of

PROBE_TOPIC = "__mq_ready"
CONFIGURATION = """\
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{broker},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{broker},CONTROLLER://127.0.0.1:{controller}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
controller.listener.names=CONTROLLER
log.dirs={data}
num.partitions=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
# a lone consumer need not wait for others to join
group.initial.rebalance.delay.ms=0
# a killed broker's session ends after 3 s instead of 9 s: only then may it register again;
# much shorter, and a machine that is busy with other work fences a healthy broker (seen at 0.7 s)
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=300
"""
OF_A_CLUSTER = """\
# in a cluster, instead of the values above
node.id={id}
# clients reach a node directly; the other nodes reach it through a proxy, which can cut or delay a link
listeners=PLAINTEXT://127.0.0.1:{broker},BROKERS://127.0.0.1:{internal},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{broker},BROKERS://127.0.0.1:{link},CONTROLLER://127.0.0.1:{controller_link}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,BROKERS:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=BROKERS
# a broker leaves a controller that does not answer after 3 s instead of 30 s: one that is cut off closes nothing
controller.socket.timeout.ms=3000
# a heartbeat that is not answered within this interval ends its connection: over the proxy, on a machine that is busy
# with other work, 300 ms were too short for a new one, and no broker registered (seen with Kafka 4.4.0)
broker.heartbeat.interval.ms=1000
controller.quorum.bootstrap.servers={controllers}
default.replication.factor={replicas}
min.insync.replicas={least_in_sync}
offsets.topic.replication.factor={replicas}
transaction.state.log.replication.factor={replicas}
transaction.state.log.min.isr={least_in_sync}
share.coordinator.state.topic.replication.factor={replicas}
share.coordinator.state.topic.min.isr={least_in_sync}
"""
"""A properties file may name a setting twice: the last value holds."""
SESSION_S = int(re.findall(r"^broker\.session\.timeout\.ms=(\d+)$", CONFIGURATION, re.MULTILINE)[0]) / 1000
"""After this long without a heartbeat a broker may register again."""
LOGGING = """\
rootLogger.level=INFO
rootLogger.appenderRef.out.ref=OUT
appender.out.type=Console
appender.out.name=OUT
appender.out.layout.type=PatternLayout
appender.out.layout.pattern=[%d] %p %m (%c{1})%n
"""
HEAP = "-Xmx512m"


@dataclass(frozen=True)
class Voter:
    """A member of a quorum of controllers: node id, the port of its controller for others, its log directory's id."""

    id: int
    controller: int
    directory_id: str


@dataclass(frozen=True)
class LinkPorts:
    """A node's own listener for the other brokers, and the proxy's ports at which others reach broker and controller."""

    internal: int
    broker: int
    controller: int


@dataclass(frozen=True)
class Node:
    """One broker's folder and ports: the learner's, the one that trains the AOT cache, or a node of a cluster."""

    folder: Path
    broker: int
    controller: int
    base: int
    id: int = 1
    voters: tuple[Voter, ...] = ()
    """All members of the cluster's quorum; empty for a broker that is alone."""
    links: LinkPorts | None = None
    """How the other nodes of a cluster reach it."""
    cluster_id: str | None = None
    """That of the cluster; a broker that is alone makes one when it is formatted."""
    heap: str = HEAP

    @property
    def data(self) -> Path:
        """Its log directory."""
        return self.folder / "data"

    @property
    def pristine(self) -> Path:
        """A copy of the log directory as this release formatted it for these ports: the levels of its features are in it."""
        port = self.links.controller if self.links else self.controller
        return self.folder / f"formatted-{port}-{jars.KAFKA_VERSION}"

    @property
    def properties(self) -> Path:
        return self.folder / "server.properties"

    def configuration(self) -> str:
        """The text of server.properties."""
        text = CONFIGURATION.format(
            broker=self.broker,
            controller=self.controller,
            # a properties file takes a backslash for an escape and a comma for a second log directory
            data=str(self.data).replace("\\", "\\\\"),
        )
        if self.links is None:
            return text
        return text + OF_A_CLUSTER.format(
            id=self.id,
            broker=self.broker,
            controller=self.controller,
            internal=self.links.internal,
            link=self.links.broker,
            controller_link=self.links.controller,
            controllers=",".join(f"127.0.0.1:{each.controller}" for each in self.voters),
            replicas=len(self.voters),
            least_in_sync=len(self.voters) // 2 + 1,
        )

    def write(self) -> None:
        make_folder(self.folder / "tmp")
        try:
            self.properties.write_text(self.configuration(), encoding="utf-8")
            (self.folder / "log4j2.properties").write_text(LOGGING, encoding="utf-8")
        except OSError as error:
            raise unwritable(self.folder, error) from error


@dataclass(frozen=True)
class Program:
    """Kafka's classes and the Java that runs them."""

    java: Java
    class_path: str
    fingerprint: str

    def command(self, node: Node, main: tuple[str, ...], *, extra: tuple[str, ...] = ()) -> tuple[str, ...]:
        """The command line of one of its main classes."""
        return (
            str(self.java.path),
            node.heap,
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",  # the first compiler alone: starts fast, and a course needs no peak rate
            "-XX:-UsePerfData",  # nothing in the shared temporary folder
            *extra,
            f"-Djava.io.tmpdir={node.folder / 'tmp'}",
            f"-Dlog4j2.configurationFile={node.folder / 'log4j2.properties'}",
            f"-D{MARK}{node.base}",
            "-cp",
            self.class_path,
            *main,
        )

    def broker(self, node: Node, *, extra: tuple[str, ...] = ()) -> tuple[str, ...]:
        """The command line of the broker."""
        return self.command(node, ("kafka.Kafka", str(node.properties)), extra=extra)


def environment() -> dict[str, str]:
    """The environment without what would change the JVM behind our back."""
    return environment_of(Kind.JAVA)


@cache
def program(software: Path) -> Program:
    """The locked jars of `software` and the Java found; looked for once a process."""
    locked = jars.locked()
    folder = software / "kafka" / "jars"
    found = java.find()
    path = jars.class_path(folder, locked)
    return Program(found, path, f"{jars.fingerprint(locked)}-java{found.version}")


def format_data(kafka: Program, node: Node, *, extra: tuple[str, ...] = ()) -> None:
    """Format the log directory unless it is; kept aside and copied back, so that a reset need not run Java again.

    The formatted metadata contains the voter's address, so the copy is good for its ports only.
    """
    if (node.data / "meta.properties").is_file():
        return
    shutil.rmtree(node.data, ignore_errors=True)  # a half-made one of a killed launcher
    pristine = node.pristine
    if not (pristine / "meta.properties").is_file():
        shutil.rmtree(pristine, ignore_errors=True)
        cluster_id = node.cluster_id or text_of_id(uuid.uuid4().bytes)
        voters = ",".join(
            f"{each.id}@127.0.0.1:{each.controller}:{each.directory_id}" for each in node.voters
        )
        main = (
            "kafka.tools.StorageTool",
            "format",
            f"--initial-controllers={voters}" if voters else "--standalone",
            f"--cluster-id={cluster_id}",  # with the equals sign: one id in 64 begins with a dash
            "-c",
            str(node.properties),
        )
        done = subprocess.run(
            kafka.command(node, main, extra=extra),
            capture_output=True,
            text=True,
            env=environment(),
            cwd=node.folder,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        if done.returncode:
            last = ((done.stderr or done.stdout).strip().splitlines() or ["no reason given"])[-1]
            raise CourseError(
                f"Kafka cannot format {node.data}: {last}", do="Run `mq doctor`", code=Exit.ENVIRONMENT
            )
        shutil.copytree(node.data, pristine)
        return
    try:
        part = node.data.with_suffix(".part")
        shutil.rmtree(part, ignore_errors=True)
        shutil.copytree(pristine, part)
        part.rename(node.data)
    except OSError as error:
        if node.data.is_mount():
            raise CourseError(
                f"{node.data} is a mount point, and Kafka's data cannot be put there",
                do="Unmount it; MQ_HOME names a folder on another disk for all data of the course",
                code=Exit.ENVIRONMENT,
            ) from error
        raise unwritable(node.folder, error) from error


def text_of_id(value: bytes) -> str:
    """An identifier of 16 bytes as Kafka writes it."""
    return urlsafe_b64encode(value).decode().rstrip("=")


def produce_and_fetch(bootstrap: str) -> None:
    """Produce a record with acks=all and fetch it back from a topic that is deleted again.

    Short timeouts: a client built with defaults before the broker is up may need 30 s to notice it.
    """
    from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition

    short = {
        "bootstrap_servers": bootstrap,
        "request_timeout_ms": 2000,
        "reconnect_backoff_ms": 20,
        "reconnect_backoff_max_ms": 100,
        "retry_backoff_ms": 20,
    }
    producer = KafkaProducer(**short, acks="all", max_block_ms=2000, delivery_timeout_ms=3000)
    try:
        offset = producer.send(PROBE_TOPIC, uuid.uuid4().bytes).get(timeout=3).offset
    finally:
        producer.close(timeout=0)
    consumer = KafkaConsumer(**short, consumer_timeout_ms=2000)
    try:
        partition = TopicPartition(PROBE_TOPIC, 0)
        consumer.assign([partition])
        consumer.seek(partition, offset)
        if next(iter(consumer), None) is None:
            raise NotReady("a record was acknowledged but cannot be fetched")
    finally:
        consumer.close()
    admin = KafkaAdminClient(**short)
    try:
        admin.delete_topics([PROBE_TOPIC])
    finally:
        admin.close()
