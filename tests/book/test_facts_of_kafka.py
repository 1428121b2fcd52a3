"""The defaults of Kafka that the book states are those of the release it runs."""

import re
import subprocess

import pytest
from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType

from mqcourse.book.broker_versions import broker_versions
from mqcourse.book.facts import load_facts
from mqcourse.home import software_folder
from mqcourse.stack import endpoints
from mqcourse.stack.services.kafka_node import environment, program
from tests.run_stack import RunStack

pytestmark = pytest.mark.stack

PROVED_HERE = "tests/book/test_facts_of_kafka.py"
MINUTE_MS, DAY_MS = 60_000, 24 * 3600 * 1000

CLIENT = {
    "consumer.ConsumerConfig": {
        "auto.commit.interval.ms": "5000",
        "auto.offset.reset": "latest",
        "enable.auto.commit": "true",
        "heartbeat.interval.ms": "3000",
        "isolation.level": "read_uncommitted",
        "max.poll.interval.ms": str(5 * MINUTE_MS),
        "max.poll.records": "500",
        "session.timeout.ms": "45000",
    },
    "producer.ProducerConfig": {
        "acks": "all",
        "buffer.memory": str(32 * 1024 * 1024),
        "enable.idempotence": "true",
        "max.block.ms": str(MINUTE_MS),
        "max.in.flight.requests.per.connection": "5",
        "max.request.size": str(1024 * 1024),
        "transaction.timeout.ms": str(MINUTE_MS),
    },
}
BROKER = {
    "auto.create.topics.enable": "true",
    "group.consumer.heartbeat.interval.ms": 5000,
    "group.consumer.session.timeout.ms": 45_000,
    "group.share.delivery.count.limit": 5,
    "group.share.max.size": 200,
    "group.share.record.lock.duration.ms": 30_000,
    "log.cleaner.delete.retention.ms": DAY_MS,
    "log.retention.bytes": -1,
    "log.retention.check.interval.ms": 5 * MINUTE_MS,
    "log.retention.hours": 7 * 24,
    "log.segment.delete.delay.ms": MINUTE_MS,
    "message.max.bytes": 1024 * 1024 + 12,
    "min.insync.replicas": 1,
    "offsets.retention.minutes": 7 * 24 * 60,
    "transaction.abort.timed.out.transaction.cleanup.interval.ms": 10_000,
    "transaction.max.timeout.ms": 15 * MINUTE_MS,
    "transaction.partition.verification.enable": "true",
    "unclean.leader.election.enable": "false",
}


@pytest.mark.parametrize("kind", CLIENT)
def test_the_java_clients_defaults_are_as_the_book_says(stack: RunStack, kind: str) -> None:
    """The clients' classes print their own settings as a page; the numbers are read from it."""
    kafka = program(software_folder())
    page = subprocess.run(
        [str(kafka.java.path), "-cp", kafka.class_path, f"org.apache.kafka.clients.{kind}"],
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    ).stdout
    for setting, value in CLIENT[kind].items():
        found = re.search(rf'id="{re.escape(setting)}".*?Default:</th><td>(\S+?)[\s<]', page, re.DOTALL)
        assert found, setting
        assert found[1] == value, setting


def test_the_brokers_defaults_are_as_the_book_says(stack: RunStack) -> None:
    admin = KafkaAdminClient(**endpoints().kafka_settings)
    try:
        broker = str(admin.describe_cluster()["brokers"][0]["broker_id"])
        asked = [ConfigResource(ConfigResourceType.BROKER, broker)]
        settings = admin.describe_configs(asked, config_filter="all")["broker"][broker]
    finally:
        admin.close()
    assert {name: settings[name]["value"] for name in BROKER} == {
        name: str(value) for name, value in BROKER.items()
    }


def test_the_facts_that_name_this_file_are_of_the_release_that_runs(stack: RunStack) -> None:
    named = [fact for fact in load_facts().values() if fact.test == PROVED_HERE]
    running = broker_versions(["kafka"])["kafka"]
    assert named
    assert {fact.version.removesuffix(" (Java client)") for fact in named} == {running}
