"""What a check does with streams of RabbitMQ: fresh streams and super streams, their contents, and stored offsets."""

import asyncio
import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pika

from mqcourse.grading import journal
from mqcourse.grading.brokers.rabbitmq import CheckRabbitMQ
from mqcourse.stack import endpoints

NO_OFFSET = -1
"""Stands for the stored offset of a name that has stored none."""

READ_S = 60.0
"""So long the broker may send nothing of a stream that has an end to be read."""


class CheckStreams(CheckRabbitMQ):
    """A check's connection to RabbitMQ, with streams beside its queues."""

    def stream(self, purpose: str, **arguments: Any) -> str:
        """A new stream; gives its name."""
        name = self.name(purpose)
        self._channel.queue_declare(name, durable=True, arguments={"x-queue-type": "stream", **arguments})
        return name

    def super_stream(self, purpose: str, partitions: int) -> tuple[str, list[str]]:
        """A new super stream: its name, and the streams that are its partitions, in their order.

        The topology is that of the fact rabbitmq-super-stream-topology in book/facts.toml.
        """
        name = self.exchange_name(purpose)
        self._channel.exchange_declare(name, "direct", durable=True, arguments={"x-super-stream": True})
        streams = []
        for number in range(partitions):
            stream = self._noted(f"{name}-{number}")
            self._channel.queue_declare(stream, durable=True, arguments={"x-queue-type": "stream"})
            self._channel.queue_bind(
                stream, name, str(number), arguments={"x-stream-partition-order": number}
            )
            streams.append(stream)
        return name, streams

    def publish_long(self, stream: str, numbers: Iterable[int], filler_bytes: int) -> None:
        """Send long jobs to a stream. They are stored before a later message that is confirmed."""
        channel = self._connection.channel()
        for number in numbers:
            channel.basic_publish("", stream, self.job(number, filler="x" * filler_bytes))
        channel.confirm_delivery()
        channel.basic_publish("", stream, self.job(0), mandatory=True)
        channel.close()

    def contents(self, stream: str) -> list[tuple[int, int]]:
        """Offset and number of every message up to now. A body that is none of ours has the number -1.

        The check's mark at the end of the stream, which stays there, is left out.
        """
        mark = secrets.token_hex(8).encode()
        self._channel.basic_publish("", stream, mark, mandatory=True)
        self._numbers[mark] = 0
        return [(offset, number) for offset, number in self.read(stream, "first", mark) if number]

    def first(self, stream: str) -> int:
        """The offset of the oldest message that the stream still has."""
        return self.read(stream, "first")[0][0]

    def read(self, stream: str, begin: str | int, until: bytes | None = None) -> list[tuple[int, int]]:
        """Offsets and numbers from there on until a body; without one, the first message alone."""
        with pika.BlockingConnection(pika.URLParameters(endpoints().rabbitmq_url)) as connection:
            channel = connection.channel()
            channel.basic_qos(prefetch_count=500)
            found: list[tuple[int, int]] = []
            arguments = {"x-stream-offset": begin}
            for method, properties, body in channel.consume(
                stream, arguments=arguments, inactivity_timeout=READ_S
            ):
                if method is None:
                    break
                channel.basic_ack(method.delivery_tag)
                found.append((int(properties.headers["x-stream-offset"]), self._numbers.get(body, -1)))
                if until is None or body == until:
                    break
            return found

    def store_offset(self, stream: str, name: str, offset: int) -> None:
        """Store an offset under a name, and wait until the broker has it."""

        async def store(client: Any) -> None:
            await client.store_offset(stream, name, offset)

        self._with_client(store)
        self.stored(name, {stream: offset}, READ_S)

    def stored(self, name: str, wanted: Mapping[str, int], limit_s: float) -> dict[str, int]:
        """The offsets stored under a name, by stream, once each is at least the wanted one or the time is up."""

        async def ask(client: Any) -> dict[str, int]:
            end_s = time.monotonic() + limit_s
            while True:
                found = {stream: await _stored(client, stream, name) for stream in wanted}
                if all(found[stream] >= offset for stream, offset in wanted.items()):
                    return found
                if time.monotonic() > end_s:
                    return found
                await asyncio.sleep(0.05)

        found: dict[str, int] = self._with_client(ask)
        return found

    def _with_client(self, act: Callable[[Any], Any]) -> Any:
        import rstream  # here: the checks of other labs start without it

        async def run() -> Any:
            async with rstream.Consumer(**endpoints().rabbitmq_stream_settings) as client:
                return await act(client)

        with ThreadPoolExecutor(1) as other:  # a notebook's kernel has an event loop in this thread already
            return other.submit(lambda: asyncio.run(run())).result()

    def _noted(self, name: str) -> str:
        """A name that follows from another one, noted as a queue's that is deleted at the end."""
        journal.note(self.BROKER, "queue", name)
        self._named.append(name)
        return name


async def _stored(client: Any, stream: str, name: str) -> int:
    import rstream  # here, as above

    try:
        return int(await client.query_offset(stream, name))
    except rstream.OffsetNotFound:
        return NO_OFFSET
