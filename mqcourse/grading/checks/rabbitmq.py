"""What a check does at RabbitMQ itself: fresh queues, numbered jobs, counts, and nothing left behind."""

import json
import secrets
import time
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Any, ClassVar, Self

import pika
from pika.exceptions import AMQPConnectionError, ChannelClosedByBroker, NackError

from mqcourse.grading import journal
from mqcourse.stack import endpoints
from mqcourse.stack.unanswered import unanswered


class Desk:
    """One connection of the check's own. As a context manager it deletes at its end every queue it named."""

    USUAL: ClassVar[dict[str, Any]] = {
        "x-queue-type": "quorum",
        "x-expires": 600_000,  # ms unused: a run that was killed leaves nothing behind for good
    }

    def __init__(self) -> None:
        try:
            self._connection = pika.BlockingConnection(pika.URLParameters(endpoints().rabbitmq_url))
        except AMQPConnectionError as error:
            raise unanswered("rabbitmq", error) from error
        self._channel = self._connection.channel()
        self._channel.confirm_delivery()
        self._named: list[str] = []
        self._numbers: dict[bytes, int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for name in self._named:
            self._channel.queue_delete(name)
            journal.gone("rabbitmq", "queue", name)
        self._connection.close()

    def name(self, purpose: str) -> str:
        """A queue name nobody used before; the queue is deleted at the end, whoever declares it."""
        name = f"check.{purpose}.{secrets.token_hex(4)}"
        journal.note("rabbitmq", "queue", name)
        self._named.append(name)
        return name

    def declare(self, purpose: str, **arguments: Any) -> str:
        """A durable queue, a quorum queue where nothing else is asked for; gives its name."""
        name = self.name(purpose)
        self._channel.queue_declare(name, durable=True, arguments={**self.USUAL, **arguments})
        return name

    def job(self, number: int) -> bytes:
        """The body of that job: it cannot be guessed, so work reported on it was received from the broker."""
        body = json.dumps({"job": number, "token": secrets.token_hex(4)}).encode()
        self._numbers[body] = number
        return body

    def number_of(self, body: bytes) -> int | None:
        """The number of the job with that body; None for a body that is none of ours."""
        return self._numbers.get(body)

    def publish(self, queue: str, numbers: Iterable[int], *, ids: Mapping[int, str] | None = None) -> None:
        """Send jobs, each confirmed; `ids` maps a number to the message_id."""
        for number in numbers:
            self._channel.basic_publish(
                "",
                queue,
                self.job(number),
                pika.BasicProperties(delivery_mode=2, message_id=(ids or {}).get(number)),
                mandatory=True,
            )

    def offer(self, queue: str, number: int) -> bool:
        """Send one job, confirmed; False when the queue refused it."""
        try:
            self.publish(queue, [number])
        except NackError:
            return False
        return True

    def take_body(self, queue: str) -> bytes | None:
        """Body of the message at the head of the queue, taken out; None when there is none."""
        method, _, body = self._channel.basic_get(queue, auto_ack=True)
        return None if method is None else body

    def ready(self, queue: str) -> int | None:
        """Messages that wait in the queue, in nobody's hands; None when there is no such queue."""
        try:
            return int(self._channel.queue_declare(queue, passive=True).method.message_count)
        except ChannelClosedByBroker:
            self._channel = self._connection.channel()
            self._channel.confirm_delivery()
            return None

    def wait_unused(self, queue: str, deadline_s: float = 10.0) -> None:
        """Wait until the broker has noticed that nobody consumes the queue any more."""
        end_s = time.monotonic() + deadline_s
        while (
            self._channel.queue_declare(queue, passive=True).method.consumer_count
            and time.monotonic() < end_s
        ):
            self._connection.sleep(0.02)

    def take_all(self, queue: str) -> list[tuple[int, Any]]:
        """Number and properties of every message that waits, taken out; a body that is none of ours is number -1."""
        taken: list[tuple[int, Any]] = []
        if self.ready(queue) is None:
            return taken
        while True:
            method, properties, body = self._channel.basic_get(queue, auto_ack=True)
            if method is None:
                return taken
            taken.append((self._numbers.get(body, -1), properties))
