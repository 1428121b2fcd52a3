"""What the lab on Kafka's share groups accuses follows from the history, and the broker's answers about a group are read."""

from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
from confluent_kafka import AcknowledgeType, ShareConsumer
from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType

from mqcourse.grading import checks, journal, manifest
from mqcourse.grading.brokers.kafka_share import CheckShareGroup
from mqcourse.grading.guarantees import Guarantee
from mqcourse.grading.history import Event, History, Kind

lab: Any = checks.module(manifest.find("kafka_share_groups"))

JOINED_S = 60.0


def seen(*events: tuple[Kind, str, int]) -> History:
    return History(tuple(Event(kind, worker, number) for kind, worker, number in events))


def test_a_worker_without_a_record_beside_a_busy_one_is_unfair() -> None:
    history = seen((Kind.STARTED, "worker B", 2), (Kind.STARTED, "worker B", 3))
    breaches = lab._idle(history, range(1, 5))
    assert {breach.guarantee for breach in breaches} == {Guarantee.FAIR}
    assert [breach.what for breach in breaches] == [
        f"record {number} waited behind record 2 held by worker B, while worker A was idle"
        for number in (1, 4)
    ]


def test_records_that_nobody_began_are_lost_and_no_worker_is_unfair() -> None:
    breaches = lab._idle(seen(), [1, 2])
    assert {breach.guarantee for breach in breaches} == {Guarantee.NOT_LOST}
    assert len(breaches) == 2


def test_both_workers_have_begun_as_often_as_asked() -> None:
    history = seen(
        (Kind.STARTED, "worker A", 1), (Kind.STARTED, "worker B", 2), (Kind.STARTED, "worker A", 3)
    )
    assert lab._both(history, 1)
    assert not lab._both(history, 2)


@pytest.mark.stack
def test_the_broker_tells_what_a_share_group_has_not_finished_and_lets_a_member_leave(stack: object) -> None:
    with CheckShareGroup() as broker:
        topic = broker.topic("told", 1)
        group = broker.share_group("told", share_auto_offset_reset="earliest")
        assert broker.settings_of(group)["share.auto.offset.reset"] == "earliest"
        assert broker.share_members(group) == frozenset()
        broker.batch(topic, [1, 2, 3])
        consumer = broker.consumer(topic, group)
        polled: list[Any] = []
        assert broker.becomes(_adds(consumer, polled), JOINED_S)
        assert len(polled) == 3, "they were sent as one batch"
        assert len(broker.share_members(group)) == 1
        consumer.acknowledge(polled[0])
        consumer.acknowledge(polled[1], AcknowledgeType.RELEASE)
        consumer.acknowledge(polled[2], AcknowledgeType.REJECT)
        consumer.commit_sync()
        assert broker.becomes(lambda: broker.waiting(group, topic) == 1, JOINED_S)
        broker.expel(group)
        assert broker.share_members(group) == frozenset()
        consumer.close()
    left = journal.open_things(journal.read(journal.own_file()))
    assert not [name for _broker, _kind, name in left if name in (topic, group)]


@pytest.mark.stack
def test_a_setting_that_the_controller_confirmed_is_seen_by_a_broker_that_is_late(stack: Any) -> None:
    with CheckShareGroup() as broker, closing(KafkaAdminClient(**stack.endpoints.kafka_settings)) as admin:
        group = broker.group("late")
        # The broker has the logs of so many partitions to make before it applies what is ordered next.
        admin.create_topics({broker.dead_letters("many"): {"num_partitions": 150, "replication_factor": 1}})
        wanted = {"share.delivery.count.limit": "3"}
        admin.alter_configs([ConfigResource(ConfigResourceType.GROUP, group, wanted)])
        assert broker.settings_of(group).items() >= wanted.items()


def _adds(consumer: ShareConsumer, polled: list[Any]) -> Callable[[], bool]:
    def added() -> bool:
        polled.extend(consumer.poll(0.5))
        return bool(polled)

    return added
