"""RabbitMQ's memory alarm: what a publishing connection sees when the broker can take no more.

The watermark is set below what the node uses, so the alarm goes off as it would with a full memory; after a while it is
set back. The alarm is the whole node's: every publisher on it is blocked meanwhile. So this is for a broker
that serves no other program, and the watermark is put back even when the run fails.
"""

import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pika

from mqcourse.errors import CourseError
from mqcourse.stack.unanswered import unanswered

RATE_PER_S = 50.0
WAIT_MOST_S = 30.0


@dataclass(frozen=True)
class Blocked:
    """What was seen, in seconds since the start of the run.

    `alarm_from_s`, `alarm_to_s`: when the watermark was set and set back. `blocked_at_s`, `unblocked_at_s`:
    when connection.blocked and connection.unblocked arrived. `published_s`: when each message was confirmed. `consumed`: how
    many a consumer on a separate connection got while publishing was blocked: alarms stop publishers only.
    """

    alarm_from_s: float
    alarm_to_s: float
    blocked_at_s: float
    unblocked_at_s: float
    reason: str
    published_s: list[float]
    consumed_while_blocked: int

    @property
    def published_while_blocked(self) -> int:
        """Messages confirmed between connection.blocked and the end of the alarm."""
        return sum(self.blocked_at_s + 0.1 < at < self.alarm_to_s for at in self.published_s)

    def as_dict(self) -> dict[str, Any]:
        """Everything, plain."""
        return {
            **{name: value for name, value in vars(self).items() if name != "published_s"},
            "published": len(self.published_s),
            "published_while_blocked": self.published_while_blocked,
        }

    def __str__(self) -> str:
        return (
            f"watermark set at {self.alarm_from_s:.2f} s, connection.blocked ({self.reason}) at {self.blocked_at_s:.2f} s, "
            f"watermark set back at {self.alarm_to_s:.2f} s, connection.unblocked at {self.unblocked_at_s:.2f} s\n"
            f"published: {len(self.published_s)}, of them while blocked: {self.published_while_blocked}; "
            f"consumed while blocked, on another connection: {self.consumed_while_blocked}"
        )


def memory_alarm(
    url: str, rabbitmqctl: Path, *, blocked_for_s: float = 3.0, limit_bytes: int = 1 << 30
) -> Blocked:
    """Publish at 50 messages/s, let the memory alarm go off for a while, and tell what publisher and consumer saw.

    `limit_bytes`: the watermark that is set back afterwards. Raises CourseError when rabbitmqctl is not there or
    fails, and when connection.blocked or connection.unblocked does not arrive within 30 s.
    """
    if not rabbitmqctl.is_file():
        raise CourseError(
            "rabbitmqctl of this stack is not there, so its watermark cannot be set",
            do="Run `mq start rabbitmq`",
        )

    def watermark(value: str) -> None:
        command = [str(rabbitmqctl), "set_vm_memory_high_watermark", "absolute", value]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        if done.returncode != 0:
            raise CourseError(f"rabbitmqctl failed: {(done.stderr or done.stdout).strip().splitlines()[-1]}")

    run = _Run(url)
    try:
        run.until(lambda: len(run.published_s) >= 20 or None, "20 confirmed messages")
        alarm_from_s = run.now()
        try:
            watermark("1")
            blocked_at_s = run.until(lambda: run.blocked_at_s, "connection.blocked")
            consumed_before = run.consumed
            run.stop.wait(blocked_for_s)
            consumed = run.consumed - consumed_before
        finally:
            alarm_to_s = run.now()
            watermark(str(limit_bytes))
        unblocked_at_s = run.until(lambda: run.unblocked_at_s, "connection.unblocked")
        count = len(run.published_s)
        run.until(lambda: len(run.published_s) >= count + 20 or None, "20 more confirmed messages")
    finally:
        run.end()
    return Blocked(
        alarm_from_s,
        alarm_to_s,
        blocked_at_s,
        unblocked_at_s,
        run.reason,
        list(run.published_s),
        consumed,
    )


class _Run:
    """A publisher and a consumer, each on its own thread and connection."""

    def __init__(self, url: str) -> None:
        self.parameters = pika.URLParameters(url)
        self.begun = time.monotonic()
        self.stop = threading.Event()
        self.published_s: list[float] = []
        self.confirmed = 0
        self.consumed = 0
        self.blocked_at_s: float | None = None
        self.unblocked_at_s: float | None = None
        self.reason = ""
        self.trouble: list[BaseException] = []
        self.first = self._connect()
        self.channel = self.first.channel()
        self.queue = self.channel.queue_declare("", exclusive=False, durable=True).method.queue
        for _ in range(2000):  # a backlog, so that the consumer has work while nothing new comes
            self.channel.basic_publish("", self.queue, b"backlog")
        self.threads = [
            threading.Thread(target=self._guarded, args=(one,), daemon=True)
            for one in (self._publish, self._consume)
        ]
        for thread in self.threads:
            thread.start()

    def _connect(self) -> Any:
        try:
            return pika.BlockingConnection(self.parameters)
        except pika.exceptions.AMQPConnectionError as error:
            raise unanswered("rabbitmq", error) from error

    def _guarded(self, target: Callable[[], None]) -> None:
        try:
            target()
        except Exception as error:
            self.trouble.append(error)

    def now(self) -> float:
        return time.monotonic() - self.begun

    def until(self, seen: Callable[[], float | None], what: str) -> float:
        """Wait until something was seen and return it; raise when it is not within WAIT_MOST_S."""
        deadline = self.now() + WAIT_MOST_S
        while (found := seen()) is None:
            for trouble in self.trouble:
                raise trouble
            if self.now() > deadline:
                raise CourseError(
                    f"RabbitMQ: no {what} within {WAIT_MOST_S:.0f} s", do="Look at `mq logs rabbitmq`"
                )
            self.stop.wait(0.01)
        return found

    def _publish(self) -> None:
        """Publish on an asynchronous connection: a BlockingConnection that waits for a confirm runs no callback."""

        def opened(connection: Any) -> None:
            connection.add_on_connection_blocked_callback(self._blocked)
            connection.add_on_connection_unblocked_callback(self._unblocked)
            connection.channel(on_open_callback=ready)

        def ready(channel: Any) -> None:
            channel.confirm_delivery(ack_nack_callback=confirmed, callback=lambda _frame: publish(channel))

        def publish(channel: Any) -> None:
            if self.stop.is_set():
                channel.connection.close()
                return
            if self.blocked_at_s is None or self.unblocked_at_s is not None:  # it stands still while blocked
                channel.basic_publish("", self.queue, b"." * 256)
            channel.connection.ioloop.call_later(1.0 / RATE_PER_S, lambda: publish(channel))

        def confirmed(frame: Any) -> None:
            while self.confirmed < frame.method.delivery_tag:  # one confirm may stand for several messages
                self.confirmed += 1
                self.published_s.append(self.now())

        def failed(connection: Any, error: BaseException) -> None:
            self.trouble.append(error)
            connection.ioloop.stop()

        connection = pika.SelectConnection(
            self.parameters,
            on_open_callback=opened,
            on_open_error_callback=failed,
            on_close_callback=lambda connection, _reason: connection.ioloop.stop(),
        )
        try:
            connection.ioloop.start()
        finally:
            connection.ioloop.close()  # its waking sockets

    def _blocked(self, _connection: Any, frame: Any) -> None:
        self.blocked_at_s = self.now()
        self.reason = str(frame.method.reason)

    def _unblocked(self, _connection: Any, _frame: Any) -> None:
        self.unblocked_at_s = self.now()

    def _consume(self) -> None:
        connection = self._connect()
        try:
            channel = connection.channel()
            channel.basic_qos(prefetch_count=1)

            def handle(ch: Any, method: Any, _properties: Any, _body: bytes) -> None:
                self.consumed += 1
                ch.basic_ack(method.delivery_tag)
                self.stop.wait(1.0 / RATE_PER_S)

            channel.basic_consume(self.queue, handle)
            while not self.stop.is_set():
                connection.process_data_events(time_limit=0.1)
        finally:
            connection.close()

    def end(self) -> None:
        """Stop both threads and delete the queue."""
        self.stop.set()
        for thread in self.threads:
            thread.join(timeout=10)
        self.channel.queue_delete(self.queue)
        self.first.close()
