"""The recorder for RabbitMQ on the real broker: what a client did and was told is what the recording has."""

import uuid
from typing import Any

import pika
import pytest

from mqcourse.replay import tape as tapes
from mqcourse.replay.rabbitmq import record, watch
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


def test_a_recording_has_what_happened_and_the_story_loses_no_message(
    stack: Any, shown: list[Recording]
) -> None:
    name = f"test.replay.{uuid.uuid4().hex[:6]}"
    address = pika.URLParameters(endpoints().rabbitmq_url)
    with (
        pika.BlockingConnection(address) as shop,
        pika.BlockingConnection(address) as worker,
        record("all-of-it", shop=shop),
    ):
        watch(worker, "worker")
        channel, taking = shop.channel(), worker.channel()
        channel.confirm_delivery()
        channel.exchange_declare(name, exchange_type="topic")
        channel.queue_declare(name, durable=True, arguments={"x-queue-type": "quorum"})
        channel.queue_bind(name, name, routing_key="order.*")
        for number in (1, 2, 3):
            channel.basic_publish(name, "order.paid", f"order {number}".encode())
        with pytest.raises(pika.exceptions.UnroutableError):
            channel.basic_publish(name, "nothing", b"nobody's", mandatory=True)
        taking.basic_qos(prefetch_count=2)
        taken: list[int] = []
        taking.basic_consume(name, lambda ch, method, properties, body: taken.append(method.delivery_tag))
        while len(taken) < 2:
            worker.process_data_events(time_limit=1)
        taking.basic_ack(1)
        while len(taken) < 3:
            worker.process_data_events(time_limit=1)
        worker.close()
        while channel.queue_declare(name, passive=True).method.message_count != 2:
            shop.process_data_events(time_limit=0.02)
        assert channel.basic_get(name, auto_ack=True)[0].redelivered
        channel.queue_delete(name)
        channel.exchange_delete(name)
    (recording,) = shown
    assert recording.missing == ()
    did = [(event.who, event.did) for event in recording.events if event.did != "counted"]
    assert did.index(("worker", "subscribed")) > did.index(("shop", "confirms"))
    counts = {kind: sum(one == kind for _, one in did) for kind in dict(did).values()} | {
        kind: sum(one == kind for _, one in did) for _, kind in did
    }
    expected = {
        "published": 4,
        "confirmed": 4,
        "returned": 1,
        "delivered": 3,
        "acked": 1,
        "got": 1,
        "bound": 1,
    }
    assert {kind: counts[kind] for kind in expected} == expected
    assert all(event.source for event in recording.events if event.did in ("published", "acked", "delivered"))

    told = story(recording)
    assert told.missing == ()
    said = [step.say for step in told.steps]
    assert "The broker returns “nobody's” to shop: NO_ROUTE." in said
    closing = [say for say in said if say.startswith("worker closes")]
    assert closing == [
        "worker closes a channel. It held 2 unacknowledged messages.",
        "worker closes its connection.",
    ]  # pika closes the channels of a connection first
    where = {move.message: move.to for step in told.steps for move in step.moves}
    assert sorted(where.values()) == ["end:deleted", "end:deleted", "end:dropped", "program:shop"]
