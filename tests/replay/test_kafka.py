"""The recorder for Kafka on the real broker: what clients did and were told is what the recording has."""

import uuid
from typing import Any

import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient

from mqcourse.replay import kafka as replay
from mqcourse.replay import tape as tapes
from mqcourse.replay.recording import Recording, read
from mqcourse.replay.story import story
from mqcourse.stack import endpoints

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[Recording]:
    """The recordings that were shown in the place of a cell's output."""
    found: list[Recording] = []
    monkeypatch.setattr(tapes, "_show", lambda _, text: found.append(read(text)))
    return found


def test_a_recording_has_what_was_stored_read_sought_and_committed(
    stack: Any, shown: list[Recording]
) -> None:
    run = uuid.uuid4().hex[:6]
    topic, group = f"test-replay-{run}", f"test-readers-{run}"
    settings = endpoints().kafka_settings
    admin = KafkaAdminClient(**settings)
    admin.create_topics({topic: {"num_partitions": 1}}, wait_for_metadata=True)
    try:
        with replay.record("all-of-it"):
            producer = KafkaProducer(**settings)
            replay.watch(producer, "shop")
            for number in range(3):
                producer.send(topic, f"order {number}".encode()).get(timeout=120)
            producer.close()
            reader = KafkaConsumer(
                topic, group_id=group, auto_offset_reset="earliest", enable_auto_commit=False, **settings
            )
            replay.watch(reader, "reader")
            read_so_far = 0
            while read_so_far < 3:
                read_so_far += sum(map(len, reader.poll(timeout_ms=5000).values()))
            reader.commit()
            reader.seek(TopicPartition(topic, 0), 1)
            while not reader.poll(timeout_ms=5000, max_records=1):
                pass
            reader.close()
    finally:
        admin.delete_topics([topic])
        admin.close()
    (recording,) = shown
    assert recording.missing == ()
    did = [(event.who, event.did) for event in recording.events]
    assert [one for _, one in did].count("stored") == 3
    assert ("reader", "committed") in did
    assert ("reader", "assigned") in did
    offsets = [event.what["offset"] for event in recording.events if event.did == "read"]
    assert offsets == [0, 1, 2, 1]
    assert all(event.source for event in recording.events)
    told = story(recording)
    assert told.missing == ()
    assert "reader reads “order 1” again: partition 0, offset 1." in [step.say for step in told.steps]
