"""What the book states of kafka-python's own defects is so in the version that it runs."""

import time
import uuid
from collections.abc import Iterator
from importlib.metadata import version

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import KafkaError

from mqcourse.book.facts import load_facts
from mqcourse.stack import endpoints
from tests.run_stack import RunStack

pytestmark = pytest.mark.stack

DEADLINE_S = 120.0
QUIET_S = 6.0
"""Longer than any fetch of a record that is there takes; a busy machine makes the defect no rarer."""


@pytest.fixture
def topic(stack: RunStack) -> Iterator[str]:
    """Two partitions of five records."""
    name = f"facts.{uuid.uuid4()}"
    admin = KafkaAdminClient(**endpoints().kafka_settings)
    admin.create_topics({name: {"num_partitions": 2, "replication_factor": 1}}, wait_for_metadata=True)
    producer = KafkaProducer(**endpoints().kafka_settings, linger_ms=60_000)
    for partition in (0, 1):
        for number in range(5):
            producer.send(name, b"%d" % number, partition=partition)
    producer.flush()
    producer.close()
    yield name
    admin.delete_topics([name])
    admin.close()


def polled(consumer: KafkaConsumer, part: TopicPartition, until: int, limit_s: float) -> list[bytes]:
    """The records of a partition that single-record polls return: so many, or fewer when the time is up."""
    found: list[bytes] = []
    deadline = time.monotonic() + limit_s
    while len(found) < until and time.monotonic() < deadline:
        batch = consumer.poll(timeout_ms=1000, max_records=1)
        found += [record.value for record in batch.get(part, [])]
    return found


def assigned(parts: list[TopicPartition]) -> KafkaConsumer:
    consumer = KafkaConsumer(
        **endpoints().kafka_settings, auto_offset_reset="earliest", enable_auto_commit=False
    )
    consumer.assign(parts)
    return consumer


def test_a_partition_that_was_paused_with_records_left_is_read_by_a_new_consumer_only(topic: str) -> None:
    parts = [TopicPartition(topic, partition) for partition in (0, 1)]
    consumer = assigned(parts)
    try:
        first = None
        deadline = time.monotonic() + DEADLINE_S
        while first is None and time.monotonic() < deadline:
            first = next(iter(consumer.poll(timeout_ms=1000, max_records=1)), None)
        other = next(part for part in parts if part != first)
        consumer.pause(first)
        assert polled(consumer, other, 5, DEADLINE_S) == [b"0", b"1", b"2", b"3", b"4"]
        consumer.resume(first)
        assert polled(consumer, first, 1, QUIET_S) == []
        assert consumer.position(first) == 1
        consumer.seek(first, 1)
        assert polled(consumer, first, 1, QUIET_S) == []
    finally:
        consumer.close()
    consumer = assigned([first])
    try:
        consumer.seek(first, 1)
        assert polled(consumer, first, 4, DEADLINE_S) == [b"1", b"2", b"3", b"4"]
    finally:
        consumer.close()


def test_partitions_that_are_paused_and_resumed_together_go_on(topic: str) -> None:
    parts = [TopicPartition(topic, partition) for partition in (0, 1)]
    consumer = assigned(parts)
    try:
        deadline = time.monotonic() + DEADLINE_S
        found = 0
        while found < 1 and time.monotonic() < deadline:
            found += sum(map(len, consumer.poll(timeout_ms=1000, max_records=1).values()))
        consumer.pause(*parts)
        assert polled(consumer, parts[0], 1, 1.0) == []
        consumer.resume(*parts)
        while found < 10 and time.monotonic() < deadline:
            found += sum(map(len, consumer.poll(timeout_ms=1000, max_records=1).values()))
        assert found == 10
    finally:
        consumer.close()


@pytest.fixture
def topics(stack: RunStack) -> Iterator[tuple[str, str, str]]:
    """A compacted topic, a topic for records of 2 kB at most, and a topic that accepts any record."""
    names = tuple(f"facts.{what}.{uuid.uuid4()}" for what in ("compacted", "narrow", "open"))
    configs = ({"cleanup.policy": "compact"}, {"max.message.bytes": "2000"}, {})
    admin = KafkaAdminClient(**endpoints().kafka_settings)
    admin.create_topics(
        {name: {"num_partitions": 1, "configs": config} for name, config in zip(names, configs, strict=True)},
        wait_for_metadata=True,
    )
    yield names
    admin.delete_topics(list(names))
    admin.close()


def outcome(producer: KafkaProducer, topic: str, value: bytes) -> str:
    """Send a record without a key: the name of the error, or "stored"."""
    future = producer.send(topic, value)
    try:
        future.get(timeout=DEADLINE_S)
    except KafkaError as error:
        return type(error).__name__
    return "stored"


@pytest.mark.parametrize(
    ("refusing", "value", "error"),
    [(0, b"no key", "InvalidRecordError"), (1, b"x" * 5000, "MessageSizeTooLargeError")],
)
def test_an_idempotent_producer_stores_no_record_after_one_that_was_refused(
    topics: tuple[str, str, str], refusing: int, value: bytes, error: str
) -> None:
    found = {}
    for idempotent in (True, False):
        producer = KafkaProducer(**endpoints().kafka_settings, enable_idempotence=idempotent)
        sends = [(topics[2], b"before"), (topics[refusing], value), (topics[2], b"after")]
        found[idempotent] = [outcome(producer, topic, sent) for topic, sent in sends]
        producer.close()
    assert found == {True: ["stored", error, error], False: ["stored", error, "stored"]}


def test_the_facts_are_of_the_version_that_runs() -> None:
    for name in ("kafka-python-resume", "kafka-python-idempotent-refusal"):
        assert load_facts()[name].version == version("kafka-python")
