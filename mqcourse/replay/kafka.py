"""The recorder for Kafka: it notes what the calls of a kafka-python client gave.

The chapter's code calls kafka-python as always. A record counts as stored when the broker's answer has arrived, as read
when `poll` has returned it, and as committed when the coordinator has accepted the offset.
"""

from contextlib import AbstractContextManager
from typing import Any

from mqcourse.replay.tape import BROKER, Tape, label_of, recording, tape


def record(name: str, **clients: Any) -> AbstractContextManager[None]:
    """Record what these producers and consumers do, and those that programs of this cell `watch`."""
    return recording(name, "kafka", _watch, clients)


def watch(client: Any, who: str) -> None:
    """Let a producer or consumer take part in the recording that runs. Without a recording it does nothing."""
    running = tape()
    if running is not None:
        _watch(client, who, running)


def _watch(client: Any, who: str, tape: Tape) -> None:
    if hasattr(client, "send"):
        Sends(client, who, tape).attach()
    else:
        Reads(client, who, tape).attach()


def text(value: Any) -> str | None:
    """A key or a value as the reader knows it."""
    return None if value is None else label_of(value) if isinstance(value, bytes) else str(value)


class Sends:
    """Notes what a producer sends, and where the broker stored it."""

    def __init__(self, producer: Any, who: str, tape: Tape) -> None:
        self.producer = producer
        self.who = who
        self.tape = tape
        self.sent = 0

    def attach(self) -> None:
        sends, closes = self.producer.send, self.producer.close

        def send(topic: str, value: Any = None, key: Any = None, **options: Any) -> Any:
            if self.tape.closed:
                return sends(topic, value, key, **options)
            here = self.tape.here()
            self.sent += 1
            number = self.sent
            what = {"send": number, "topic": topic, "message": text(value), "key": text(key)}
            self.tape.write(self.who, "sent", here, **what)
            future = sends(topic, value, key, **options)
            future.add_callback(lambda stored: self.stored(number, stored, here))
            future.add_errback(lambda error: self.failed(number, error, here))
            return future

        def close(*arguments: Any, **options: Any) -> Any:
            given = closes(*arguments, **options)
            self.tape.write(self.who, "closed")
            return given

        self.producer.send, self.producer.close = send, close
        self.tape.write(self.who, "joined")

    def stored(self, number: int, stored: Any, cause: str) -> None:
        """The broker's answer: partition and offset."""
        where = {"topic": stored.topic, "partition": stored.partition, "offset": stored.offset}
        self.tape.write(self.who, "stored", cause, send=number, **where)

    def failed(self, number: int, error: Any, cause: str) -> None:
        """The client gave up."""
        self.tape.write(self.who, "not-stored", cause, send=number, why=type(error).__name__)


class Reads:
    """Notes what a consumer is assigned, reads, seeks and commits."""

    def __init__(self, consumer: Any, who: str, tape: Tape) -> None:
        self.consumer = consumer
        self.who = who
        self.tape = tape
        self.cause = ""

    def attach(self) -> None:
        consumer, subscription = self.consumer, self.consumer._subscription
        polls, seeks, closes, commits = consumer.poll, consumer.seek, consumer.close, consumer.commit
        by_group, by_user = subscription.assign_from_subscribed, subscription.assign_from_user
        coordinator = consumer._coordinator
        requests = coordinator._send_offset_commit_request if coordinator is not None else None

        def poll(*arguments: Any, **options: Any) -> Any:
            self.cause = self.tape.here()
            found = polls(*arguments, **options)
            for partition, records in found.items():
                for one in records:
                    self.write(
                        "read",
                        topic=partition.topic,
                        partition=partition.partition,
                        offset=one.offset,
                        message=text(one.value),
                        key=text(one.key),
                    )
            return found

        def seek(partition: Any, offset: Any) -> Any:
            self.cause = self.tape.here()
            given = seeks(partition, offset)
            number = getattr(offset, "offset", offset)
            self.write("sought", topic=partition.topic, partition=partition.partition, offset=number)
            return given

        def commit(*arguments: Any, **options: Any) -> Any:
            self.cause = self.tape.here()
            return commits(*arguments, **options)

        async def request(offsets: Any) -> Any:
            assert requests is not None  # noqa: S101  there is a coordinator
            given = await requests(offsets)
            if offsets:
                pairs = [[one.topic, one.partition, kept.offset] for one, kept in offsets.items()]
                self.write("committed", group=consumer.config["group_id"], offsets=pairs)
            return given

        def assigned(assigns: Any, partitions: Any) -> Any:
            given = assigns(partitions)
            pairs = sorted([one.topic, one.partition] for one in subscription.assigned_partitions())
            self.write("assigned", group=consumer.config["group_id"], partitions=pairs)
            return given

        def close(*arguments: Any, **options: Any) -> Any:
            self.cause = self.tape.here()
            given = closes(*arguments, **options)
            self.write("closed")
            return given

        consumer.poll, consumer.seek, consumer.close, consumer.commit = poll, seek, close, commit
        subscription.assign_from_subscribed = lambda partitions: assigned(by_group, partitions)
        subscription.assign_from_user = lambda partitions: assigned(by_user, partitions)
        if coordinator is not None:
            coordinator._send_offset_commit_request = request
        self.cause = self.tape.here()
        self.write("joined", group=consumer.config["group_id"])
        if pairs := sorted([one.topic, one.partition] for one in consumer.assignment()):
            self.write("assigned", group=consumer.config["group_id"], partitions=pairs)

    def write(self, did: str, **what: Any) -> None:
        """An event, caused by the call that runs: the client works in a second thread."""
        self.tape.write(self.who, did, self.tape.here() or self.cause or BROKER, **what)
