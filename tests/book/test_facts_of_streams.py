"""What the book states of rstream without showing it in a chapter is so in the release that is pinned."""

import asyncio
import uuid
from collections import Counter
from typing import Any

import pytest
import rstream

from mqcourse.book.facts import load_facts
from mqcourse.stack import endpoints
from tests.run_stack import RunStack

pytestmark = pytest.mark.stack

PROVED_HERE = "tests/book/test_facts_of_streams.py"
DEADLINE_S = 120.0


async def by_partition(routing: rstream.RouteType, keys: list[str]) -> dict[str, list[str]]:
    """Send a message for each key to a new super stream with a binding for each; the keys by their partition."""
    settings = endpoints().rabbitmq_stream_settings
    name = f"facts-{uuid.uuid4()}"

    async def key_of(message: Any) -> str:
        return str(message.body.decode())

    creation = rstream.SuperStreamCreationOption(n_partitions=0, binding_keys=keys)
    confirmed: Counter[bool] = Counter()
    everything = asyncio.Event()

    def confirm(status: rstream.ConfirmationStatus) -> None:
        confirmed[status.is_confirmed] += 1
        if confirmed.total() == len(keys):
            everything.set()

    found: dict[str, list[str]] = {}
    arrived = asyncio.Event()

    def on_message(message: Any, context: rstream.MessageContext) -> None:
        found.setdefault(context.stream.removeprefix(f"{name}-"), []).append(message.body.decode())
        if sum(map(len, found.values())) == len(keys):
            arrived.set()

    async with rstream.SuperStreamProducer(
        **settings,
        super_stream=name,
        super_stream_creation_option=creation,
        routing_extractor=key_of,
        routing=routing,
    ) as producer:
        for key in keys:
            await producer.send(rstream.AMQPMessage(body=key.encode()), on_publish_confirm=confirm)
        await asyncio.wait_for(everything.wait(), DEADLINE_S)
    assert confirmed == {True: len(keys)}
    async with rstream.SuperStreamConsumer(**settings, super_stream=name) as consumer:
        await consumer.subscribe(on_message, decoder=rstream.amqp_decoder)
        await asyncio.wait_for(arrived.wait(), DEADLINE_S)
    async with rstream.SuperStreamConsumer(**settings, super_stream=name) as consumer:
        await consumer.delete_super_stream(name)
    return found


def test_routing_by_key_sends_every_key_to_the_partition_of_the_first(stack: RunStack) -> None:
    found = asyncio.run(by_partition(rstream.RouteType.Key, ["east", "north", "west"]))
    assert found == {"east": ["east", "north", "west"]}
    assert load_facts()["rstream-key-routing"].test == PROVED_HERE
