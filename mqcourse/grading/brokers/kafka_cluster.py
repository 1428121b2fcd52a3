"""What a check does at the three brokers of Kafka's cluster: topics, what is stored in them, and brokers that fail."""

import contextlib
import secrets
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import KafkaError

from mqcourse.grading import journal
from mqcourse.grading.brokers.check_cluster import CheckCluster, bring_back_nodes
from mqcourse.grading.brokers.nodes import NODE, has_failed
from mqcourse.stack import endpoints

CLUSTER = "kafka-cluster"
REQUEST_MS = 5000


@dataclass(frozen=True)
class Part:
    """A partition as the controller has it. leader is None while there is none; replicas are in the order of preference."""

    leader: int | None
    replicas: tuple[int, ...]
    in_sync: tuple[int, ...]


class CheckKafkaCluster(CheckCluster):
    """One check's work at the cluster, which no other check uses meanwhile."""

    BROKER = CLUSTER
    TITLE = "Kafka"
    PASSING = (KafkaError,)

    def __init__(self) -> None:
        super().__init__()
        self._topics: list[str] = []

    def remove_made(self) -> None:
        self.remove(self._topics)

    @property
    def bootstrap(self) -> list[str]:
        """The brokers that this check has left alone. A paused one still accepts connections, in silence."""
        return [endpoints().kafka_nodes[node - 1] for node in self.left_alone]

    def admin(self) -> contextlib.AbstractContextManager[KafkaAdminClient]:
        """An admin client of the brokers that run."""
        return _admin(self.bootstrap)

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
        return self._described(topic)[topic]

    def parts_now(self, topic: str) -> list[Part]:
        """The same after all that was ordered before this call. A broker learns a little later than the controller.

        A topic that is made now is in the same answer: a broker whose answer has it has all that came before it.
        """
        mark = self._mark()
        found: dict[str, list[Part]] = {}

        def is_known() -> bool:
            found.update(self._described(topic, mark))
            return bool(found[mark])

        self.wait_for("a broker has what was ordered", is_known)
        return found[topic]

    def _mark(self) -> str:
        """A topic made now: a broker that has it has all that was ordered before."""
        mark = self.name("mark")
        with self.admin() as admin:
            admin.create_topics({mark: {"num_partitions": 1, "replication_factor": 1}})
        return mark

    def _described(self, *topics: str) -> dict[str, list[Part]]:
        """The partitions of each topic, in one answer of one broker."""
        with self.admin() as admin:
            answer = admin.describe_topic_partitions([*topics])["topics"]
        rows = {topic["name"]: topic["partitions"] for topic in answer}
        return {topic: [_part(row) for row in sorted(rows[topic], key=_index)] for topic in topics}

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

    def settings_now(self, topic: str) -> Mapping[str, str]:
        """Every setting of the topic, its own or the broker's, after all that was ordered before this call."""
        mark = self._mark()
        found: dict[str, str] = {}

        def is_known() -> bool:
            # In this order: the broker looks up the mark first, and answers for both.
            asked = [ConfigResource(ConfigResourceType.TOPIC, name) for name in (mark, topic)]
            with self.admin() as admin:
                answer = admin.describe_configs(asked, config_filter="all")["topic"]
            found.update({key: str(row["value"]) for key, row in answer[topic].items()})
            return bool(answer[mark])

        self.wait_for(f"a broker has the settings of {topic}", is_known)
        return found

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
        remove([("topic", topic) for topic in topics])
        for topic in topics:
            journal.gone(CLUSTER, "topic", topic)


def _index(row: Mapping[str, Any]) -> int:
    return int(row["partition_index"])


def _part(row: Mapping[str, Any]) -> Part:
    leader = row["leader_id"] if row["leader_id"] > 0 else None
    return Part(leader, tuple(row["replica_nodes"]), tuple(row["isr_nodes"]))


@contextlib.contextmanager
def _admin(bootstrap: Sequence[str]) -> Iterator[KafkaAdminClient]:
    client = KafkaAdminClient(bootstrap_servers=[*bootstrap], request_timeout_ms=REQUEST_MS)
    try:
        yield client
    finally:
        client.close()


def remove(things: Sequence[tuple[str, str]]) -> None:
    """Bring back nodes and delete topics, each as (kind, name); what is not there is no error.

    CourseError when another check uses the nodes now.
    """
    bring_back_nodes(CLUSTER, things)
    if topics := [name for kind, name in things if kind == "topic"]:
        with _admin(endpoints().kafka_nodes) as admin:
            admin.delete_topics(topics, raise_errors=False)


def exists(kind: str, name: str) -> bool:
    """Whether there is a topic of that name, or a node of that name has failed."""
    if kind == NODE:
        return has_failed(name)
    with _admin(endpoints().kafka_nodes) as admin:
        return name in admin.list_topics()
