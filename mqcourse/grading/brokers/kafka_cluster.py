"""What a check does at the three brokers of Kafka's cluster: it lets them fail for real, and brings them back at its end."""

import contextlib
import fcntl
import secrets
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import KafkaError

from mqcourse.grading import journal
from mqcourse.grading.brokers.check_broker import CheckBroker
from mqcourse.grading.outcome import Unjudged
from mqcourse.home import state_folder
from mqcourse.progress import Progress
from mqcourse.stack import chaos, endpoints, record
from mqcourse.stack.services.registry import CLUSTERS, SERVICES

CLUSTER = "kafka-cluster"
NODES = (1, 2, 3)
CHANGED_S = 120.0
"""An election takes seconds on an idle machine; on a busy one it may take far longer."""
REQUEST_MS = 5000


@dataclass(frozen=True)
class Part:
    """A partition as the controller has it. leader is None while there is none; replicas are in the order of preference."""

    leader: int | None
    replicas: tuple[int, ...]
    in_sync: tuple[int, ...]


class CheckKafkaCluster(CheckBroker):
    """One check's work at the cluster, which no other check uses meanwhile."""

    BROKER = CLUSTER

    def __init__(self) -> None:
        super().__init__()
        self._away: set[int] = set()
        self._topics: list[str] = []
        self._lock = contextlib.ExitStack()

    def __enter__(self) -> Self:
        self._lock.enter_context(_alone())
        try:
            # a check that was interrupted may have left brokers down
            chaos.heal(CLUSTERS[CLUSTER], state_folder(), Progress(quiet=True))
        except BaseException:
            self._lock.close()
            raise
        return self

    def close(self) -> None:
        try:
            self.heal()
            self.remove(self._topics)
        finally:
            self._lock.close()

    @property
    def bootstrap(self) -> list[str]:
        """The brokers that this check has left alone. A paused one still accepts connections, in silence."""
        return [at for node, at in zip(NODES, endpoints().kafka_nodes, strict=True) if node not in self._away]

    @contextlib.contextmanager
    def admin(self) -> Iterator[KafkaAdminClient]:
        """An admin client of the brokers that run."""
        client = KafkaAdminClient(bootstrap_servers=self.bootstrap, request_timeout_ms=REQUEST_MS)
        try:
            yield client
        finally:
            client.close()

    def kill(self, node: int) -> None:
        """kill -9 of a broker."""
        self._away.add(node)
        chaos.kill(SERVICES[f"kafka-{node}"], state_folder())

    def pause(self, node: int) -> None:
        """Stop a broker where it is (SIGSTOP)."""
        self._away.add(node)
        chaos.pause(SERVICES[f"kafka-{node}"], state_folder())

    def resume(self, node: int) -> None:
        """Let a paused broker continue."""
        chaos.resume(SERVICES[f"kafka-{node}"], state_folder())
        self._away.discard(node)

    def heal(self) -> None:
        """Bring every broker back that this check let fail."""
        if self._away:
            chaos.heal(
                [SERVICES[f"kafka-{node}"] for node in sorted(self._away)],
                state_folder(),
                Progress(quiet=True),
            )
            self._away.clear()

    def name(self, purpose: str) -> str:
        """A new name for a topic; at the end a topic of that name is deleted."""
        name = self._new_name("topic", f"check.{purpose}")
        self._topics.append(name)
        return name

    def topic(self, purpose: str, places: Sequence[Sequence[int]], **configs: str) -> str:
        """A topic whose partitions have these brokers as replicas, the first of them the leader; ready for use."""
        name = self.name(purpose)
        wanted: dict[str, Any] = {"assignments": dict(enumerate(map(list, places))), "configs": configs}
        with self.admin() as admin:
            admin.create_topics({name: wanted})
        self.wait_for(
            f"the replicas of {name} are in sync",
            lambda: [sorted(part.in_sync) for part in self.parts(name)] == [sorted(each) for each in places],
        )
        return name

    def parts(self, topic: str) -> list[Part]:
        """The partitions in order; empty when there is no such topic."""
        with self.admin() as admin:
            (answer,) = admin.describe_topic_partitions([topic])["topics"]
        rows = sorted(answer["partitions"], key=lambda row: row["partition_index"])
        return [
            Part(
                row["leader_id"] if row["leader_id"] > 0 else None,
                tuple(row["replica_nodes"]),
                tuple(row["isr_nodes"]),
            )
            for row in rows
        ]

    def reorder(self, topic: str, partition: int, replicas: Sequence[int]) -> None:
        """Change the order of preference of a partition's replicas; its leader stays."""
        with self.admin() as admin:
            admin.alter_partition_reassignments({TopicPartition(topic, partition): [*replicas]})
        self.wait_for(
            f"partition {partition} of {topic} has the new order",
            lambda: self.parts(topic)[partition].replicas == tuple(replicas),
        )

    def elect_preferred(self, topic: str) -> None:
        """Order a preferred election for each partition of the topic."""
        with self.admin() as admin:
            admin.elect_leaders(0, [topic], raise_errors=False)

    def settings(self, topic: str) -> Mapping[str, str]:
        """Every setting of the topic, its own or the broker's."""
        asked = ConfigResource(ConfigResourceType.TOPIC, topic)
        with self.admin() as admin:
            found = admin.describe_configs([asked], config_filter="all")
        return {key: str(row["value"]) for key, row in found["topic"][topic].items()}

    def wait_for(self, what: str, condition: Callable[[], bool]) -> None:
        """Wait until it is so; Unjudged when it does not become so."""
        end_s = time.monotonic() + CHANGED_S
        failed: KafkaError | None = None
        while time.monotonic() < end_s:
            try:
                if condition():
                    return
            except KafkaError as error:  # an election is under way
                failed = error
            time.sleep(0.1)
        raise Unjudged(
            f"Kafka's cluster did not get as far in {CHANGED_S:.0f} s: {what}", do="Grade again"
        ) from failed

    def body(self, number: int) -> bytes:
        """The value of that record, which nobody can guess."""
        return self._numbered(number, {"event": secrets.token_hex(8)})

    def accepts(self, topic: str, partition: int) -> str:
        """Empty when a record with acks=all is stored in the partition, else the name of the error."""
        producer = KafkaProducer(bootstrap_servers=self.bootstrap, delivery_timeout_ms=60_000)
        try:
            producer.send(topic, b"check", partition=partition).get(timeout=90)
        except KafkaError as error:
            return type(error).__name__
        finally:
            producer.close()
        return ""

    def stored(self, topic: str) -> list[int]:
        """The numbers of the records in partition 0 up to the high watermark, in order; -1 is none of ours."""
        consumer = KafkaConsumer(bootstrap_servers=self.bootstrap, enable_auto_commit=False)
        part, found = TopicPartition(topic, 0), list[int]()
        try:
            consumer.assign([part])
            consumer.seek_to_beginning(part)
            end = consumer.end_offsets([part])[part]
            while consumer.position(part) < end:
                for records in consumer.poll(timeout_ms=200).values():
                    found += [self._numbers.get(each.value, -1) for each in records]
            return found
        finally:
            consumer.close()

    def remove(self, topics: Collection[str]) -> None:
        """Delete topics; one that is not there is no error."""
        if topics:
            with self.admin() as admin:
                admin.delete_topics(list(topics), raise_errors=False)
        for topic in topics:
            journal.gone(CLUSTER, "topic", topic)

    def has(self, name: str) -> bool:
        """Whether there is a topic of that name."""
        with self.admin() as admin:
            return name in admin.list_topics()


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Hold the cluster: a second check waits until the first has brought back what it let fail."""
    with (state_folder() / "kafka-cluster.check").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def confirm() -> None:
    """Unjudged unless the three brokers were started. A check kills some of them, so whether they run now counts for nothing."""
    for node in CLUSTERS[CLUSTER]:
        known = record.read(state_folder(), node.name)
        if known is None or known.child is None:
            raise Unjudged(
                f"{node.title} was not started", do="Start the three brokers with `mq start --nodes 3 kafka`"
            )


def remove(things: Sequence[tuple[str, str]]) -> None:
    """Delete topics, each as (kind, name); what is not there is no error."""
    with CheckKafkaCluster() as broker:
        broker.remove([name for kind, name in things if kind == "topic"])


def exists(kind: str, name: str) -> bool:
    """Whether there is a topic of that name."""
    with CheckKafkaCluster() as broker:
        return kind == "topic" and broker.has(name)
