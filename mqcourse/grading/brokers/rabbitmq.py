"""What a check does at RabbitMQ itself: fresh queues and exchanges, numbered jobs, counts, all of it removed afterwards."""

import contextlib
import re
import secrets
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar

import pika
from pika.exceptions import AMQPConnectionError, ChannelClosedByBroker, NackError

from mqcourse.grading import journal
from mqcourse.grading.brokers.check_broker import CheckBroker
from mqcourse.stack import endpoints
from mqcourse.stack.unanswered import unanswered

EXCLUSIVE_TO_ANOTHER = 405
_INEQUIVALENT = re.compile(
    r"inequivalent arg '(?P<name>[^']+)' .*but current is (?:the value )?'?(?P<value>[^']*)"
)
"""RabbitMQ's reply to a declaration that differs from the queue it has (read at 4.0.5)."""


class CheckRabbitMQ(CheckBroker):
    """One connection of the check's own. At its end it deletes every queue that it named."""

    BROKER = "rabbitmq"
    USUAL: ClassVar[dict[str, Any]] = {
        "x-queue-type": "quorum",
        "x-expires": 600_000,  # ms unused: a run that was killed leaves nothing behind for good
    }

    def __init__(self) -> None:
        super().__init__()
        try:
            self._connection = pika.BlockingConnection(pika.URLParameters(endpoints().rabbitmq_url))
        except AMQPConnectionError as error:
            raise unanswered("rabbitmq", error) from error
        self._channel = self._connection.channel()
        self._channel.confirm_delivery()
        self._named: list[str] = []
        self._exchanges: list[str] = []

    def close(self) -> None:
        for name in self._named:
            self._channel.queue_delete(name)
            journal.gone("rabbitmq", "queue", name)
        for name in self._exchanges:
            self._channel.exchange_delete(name)
            journal.gone("rabbitmq", "exchange", name)
        self._connection.close()

    def name(self, purpose: str) -> str:
        """A queue name nobody used before; the queue is deleted at the end, whoever declares it."""
        name = self._new_name("queue", f"check.{purpose}")
        self._named.append(name)
        return name

    def exchange_name(self, purpose: str) -> str:
        """An exchange's name that is new; the exchange is deleted at the end, whoever declares it."""
        name = self._new_name("exchange", f"check.{purpose}")
        self._exchanges.append(name)
        return name

    def bind(self, exchange: str, queue: str, pattern: str) -> None:
        """Bind a queue to an exchange that exists."""
        self._channel.queue_bind(queue, exchange, pattern)

    def declare(self, purpose: str, **arguments: Any) -> str:
        """A durable queue, a quorum queue where nothing else is asked for; gives its name."""
        name = self.name(purpose)
        self._channel.queue_declare(name, durable=True, arguments={**self.USUAL, **arguments})
        return name

    def job(self, number: int, **fields: Any) -> bytes:
        """The body of that job: it cannot be guessed, so work reported on it was received from the broker."""
        return self._numbered(number, {"job": number, **fields, "token": secrets.token_hex(4)})

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

    def publish_with_keys(self, exchange: str, keys: Mapping[int, str]) -> None:
        """Send jobs through an exchange, each with its routing key and confirmed; `keys` maps number to key."""
        for number, key in keys.items():
            properties = pika.BasicProperties(delivery_mode=2)
            self._channel.basic_publish(exchange, key, self.job(number), properties)

    def reply(self, to: str, correlation_id: str | None, body: bytes) -> None:
        """Answer a request, by its reply_to; a requester that is gone gets nothing."""
        self._channel.basic_publish("", to, body, pika.BasicProperties(correlation_id=correlation_id))

    def send(self, queue: str, body: bytes, message_id: str) -> None:
        """Send a body that `job` made, confirmed."""
        properties = pika.BasicProperties(delivery_mode=2, message_id=message_id)
        self._channel.basic_publish("", queue, body, properties, mandatory=True)

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

    def declared(self, queue: str) -> dict[str, Any]:
        """How a queue that exists was declared: durable, exclusive, auto_delete, and its arguments by their names.

        AMQP 0-9-1 has no question for it. But the broker refuses another declaration, and its refusal names what it has instead, so
        the declaration is corrected until the broker takes it.
        """
        flags = {"durable": True, "exclusive": False, "auto_delete": False}
        return self._corrected(
            flags,
            lambda arguments: self._connection.channel().queue_declare(queue, arguments=arguments, **flags),
        )

    def declared_exchange(self, exchange: str) -> dict[str, Any] | None:
        """How an exchange was declared: type, durable, auto_delete, internal, and its alternate-exchange if it has one.

        None when there is no such exchange. The question is put as in `declared`.
        """
        try:
            self._connection.channel().exchange_declare(exchange, passive=True)
        except ChannelClosedByBroker:
            return None
        flags = {"type": "topic", "durable": True, "auto_delete": False, "internal": False}

        def declare(arguments: dict[str, Any]) -> None:
            given = {"exchange_type" if name == "type" else name: value for name, value in flags.items()}
            self._connection.channel().exchange_declare(exchange, arguments=arguments, **given)

        return self._corrected(flags, declare)

    def _corrected(
        self, flags: dict[str, Any], declare: Callable[[dict[str, Any]], object]
    ) -> dict[str, Any]:
        """Flags and arguments, each put right as the broker's refusals name it."""
        arguments: dict[str, Any] = {}
        for _ in range(20):
            try:
                declare(arguments)
            except ChannelClosedByBroker as error:
                said = _INEQUIVALENT.search(error.reply_text)
                if error.reply_code == EXCLUSIVE_TO_ANOTHER:
                    return {**flags, "exclusive": True, **arguments}
                if said is None:
                    raise
                name, value = said["name"], said["value"]
                found: Any = int(value) if value.isdecimal() else value
                if value in ("true", "false") and name in flags:
                    found = value == "true"
                (flags if name in flags else arguments)[name] = found
            else:
                break
        return {**flags, **arguments}

    def wait_ready(self, queue: str, count: int, deadline_s: float = 5.0) -> int:
        """Wait until so many messages wait in the queue, in nobody's hands; gives how many do at the end."""
        end_s = time.monotonic() + deadline_s
        while (ready := self.ready(queue) or 0) != count and time.monotonic() < end_s:
            self._connection.sleep(0.02)
        return ready

    def look(self, queue: str) -> list[int]:
        """Numbers of the messages that wait, which stay in the queue (marked as redelivered)."""
        channel = self._connection.channel()
        found: list[int] = []
        while (message := channel.basic_get(queue))[0] is not None:
            found.append(self._numbers.get(message[2], -1))
        channel.close()  # gives all of them back
        self.wait_ready(queue, len(found))
        return found

    def wait_unused(self, queue: str, deadline_s: float = 10.0) -> None:
        """Wait until the broker has noticed that the queue has no consumer any more."""
        end_s = time.monotonic() + deadline_s
        while (
            self._channel.queue_declare(queue, passive=True).method.consumer_count
            and time.monotonic() < end_s
        ):
            self._connection.sleep(0.02)

    def take(self, queue: str) -> tuple[int, Any] | None:
        """Number and properties of the message at the head of the queue, taken out; None when there is none."""
        method, properties, body = self._channel.basic_get(queue, auto_ack=True)
        return None if method is None else (self._numbers.get(body, -1), properties)

    def take_all(self, queue: str) -> list[tuple[int, Any]]:
        """Number and properties of every message that waits, taken out; a body that is none of ours is number -1."""
        taken: list[tuple[int, Any]] = []
        if self.ready(queue) is None:
            return taken
        while (message := self.take(queue)) is not None:
            taken.append(message)
        return taken


def remove(things: Sequence[tuple[str, str]]) -> None:
    """Delete queues and exchanges, each as (kind, name); what is not there, or in exclusive use, is no error."""
    with pika.BlockingConnection(pika.URLParameters(endpoints().rabbitmq_url)) as connection:
        for kind, name in things:
            channel = connection.channel()
            with contextlib.suppress(ChannelClosedByBroker):
                (channel.exchange_delete if kind == "exchange" else channel.queue_delete)(name)


def exists(kind: str, name: str) -> bool:
    """Whether there is a queue (or exchange) of that name."""
    with pika.BlockingConnection(pika.URLParameters(endpoints().rabbitmq_url)) as connection:
        channel = connection.channel()
        try:
            if kind == "exchange":
                channel.exchange_declare(name, passive=True)
            else:
                channel.queue_declare(name, passive=True)
        except ChannelClosedByBroker:
            return False
        return True
