"""A scenario on RabbitMQ, by pika: one producer with confirms, a connection for each consumer, one that looks on.

Measured are: a bound with reject-publish (on_full "reject") or drop-head ("drop-oldest") on a classic queue (which
keeps x-max-length exactly; a quorum queue admits one more), x-message-ttl (expire_after_s), x-max-priority (order
"priority"), prefetch. A full queue blocks no producer in RabbitMQ: that is what alarms do, see alarm.py.
"""

import time
import uuid
from typing import Any

import pika
import pika.exceptions

from mqcourse.backpressure.measure.plan import Planned
from mqcourse.backpressure.measure.record import Record
from mqcourse.backpressure.model.scenario import Scenario
from mqcourse.errors import CourseError
from mqcourse.stack.unanswered import unanswered

SUPPORTED = {"queue_limit", "on_full", "expire_after_s", "priority_mix", "order"}
OVERFLOW = {"reject": "reject-publish", "drop-oldest": "drop-head", "expire": "reject-publish"}
BODY = b"." * 256
LOOK_EVERY_S = 0.1


def adapted(scenario: Scenario) -> tuple[Scenario, list[str]]:
    """The scenario as RabbitMQ can be set to it, and what was changed; raises for what it can't do."""
    if scenario.queue_limit is not None and scenario.on_full not in OVERFLOW:
        raise CourseError(
            f"on_full = {scenario.on_full!r}: no RabbitMQ queue does that when it is full",
            do="Choose reject (reject-publish) or drop-oldest (drop-head); what blocks producers are alarms: "
            "`mq measure memory-alarm --on rabbitmq`",
        )
    if scenario.order == "fifo" and len(scenario.priority_mix) > 1:
        raise CourseError(
            "priority_mix with order 'fifo' shows nothing on RabbitMQ", do="Set order to 'priority'"
        )
    return scenario, []


def arguments(scenario: Scenario) -> dict[str, Any]:
    """The queue's x-arguments."""
    wanted: dict[str, Any] = {"x-queue-type": "classic"}
    if scenario.queue_limit is not None:
        wanted |= {"x-max-length": scenario.queue_limit, "x-overflow": OVERFLOW[scenario.on_full]}
    if scenario.expire_after_s is not None:
        wanted["x-message-ttl"] = round(scenario.expire_after_s * 1000)
    if len(scenario.priority_mix) > 1:
        wanted["x-max-priority"] = len(scenario.priority_mix) - 1
    return wanted


class Run:
    """A separate queue on the broker, and the threads that drive it."""

    def __init__(self, scenario: Scenario, planned: list[Planned], url: str, overshoot_s: float) -> None:
        self.scenario = scenario
        self.record = Record(planned, scenario.duration_s)
        self.parameters = pika.URLParameters(url)
        self.overshoot_s = overshoot_s
        self.queue = f"measure-{uuid.uuid4().hex[:12]}"

    def connect(self) -> Any:
        """A separate connection: pika's are for one thread each."""
        try:
            return pika.BlockingConnection(self.parameters)
        except pika.exceptions.AMQPConnectionError as error:
            raise unanswered("rabbitmq", error) from error

    def broker_version(self, connection: Any) -> str:
        """The version that the broker reports."""
        return str(connection._impl.server_properties["version"])  # pika has no public name for it

    def execute(self) -> tuple[Record, float, str]:
        """Drive the whole run; the record, the delivery time in seconds, the broker's version."""
        connection = self.connect()
        try:
            channel = connection.channel()
            channel.queue_declare(self.queue, durable=True, arguments=arguments(self.scenario))
            version = self.broker_version(connection)
            delivery_s = self.delivery_time(connection, channel)
            threads = [self.record.thread(self.consume) for _ in range(self.scenario.consumers)]
            threads.append(self.record.thread(self.sample_depth))
            self.record.start()
            for thread in threads:
                thread.start()
            try:
                self.produce(channel)
                self.record.wait_until(self.scenario.duration_s)
            finally:
                self.record.stop.set()
                for thread in threads:
                    thread.join()
                channel.queue_delete(self.queue)
        finally:
            connection.close()
        for trouble in self.record.trouble:
            raise trouble
        return self.record, delivery_s, version

    def delivery_time(self, connection: Any, channel: Any) -> float:
        """From publishing to the consumer's callback on an idle queue, in seconds: the median of 30."""
        seen: list[float] = []
        sent_at = 0.0

        def received(ch: Any, method: Any, _properties: Any, _body: bytes) -> None:
            seen.append(time.monotonic() - sent_at)
            ch.basic_ack(method.delivery_tag)

        other = self.connect()
        try:
            listener = other.channel()
            tag = listener.basic_consume(self.queue, received)
            for wanted in range(1, 31):
                sent_at = time.monotonic()
                channel.basic_publish("", self.queue, BODY)
                while len(seen) < wanted:
                    other.process_data_events(time_limit=1)
            listener.basic_cancel(tag)
        finally:
            other.close()
        connection.process_data_events()
        return sorted(seen)[15]

    def produce(self, channel: Any) -> None:
        """Publish every message when it is due, and wait for its confirm."""
        record, least = self.record, len(self.scenario.priority_mix) - 1
        channel.confirm_delivery()
        for message in record.planned:
            if not record.wait_until(message.due_s):
                return
            properties = pika.BasicProperties(message_id=str(message.number), priority=least - message.kind)
            record.sent[message.number] = message.due_s
            try:
                channel.basic_publish("", self.queue, BODY, properties)
            except pika.exceptions.NackError:
                record.lost[message.number] = record.now()

    def consume(self) -> None:
        """Take, work, acknowledge, until the run ends."""
        connection = self.connect()
        try:
            channel = connection.channel()
            channel.basic_qos(prefetch_count=min(self.scenario.prefetch, 65_535))

            free_since_s: float | None = None

            def handle(ch: Any, method: Any, properties: Any, _body: bytes) -> None:
                nonlocal free_since_s
                if not self.record.stop.is_set():
                    free_since_s = self.record.work(
                        int(properties.message_id), self.overshoot_s, free_since_s
                    )
                    ch.basic_ack(method.delivery_tag)

            channel.basic_consume(self.queue, handle)
            while not self.record.stop.is_set():
                connection.process_data_events(time_limit=0.2)
        finally:
            connection.close()

    def sample_depth(self) -> None:
        """Ask for the number of ready messages every tenth of a second (a passive declare)."""
        record = self.record
        connection = self.connect()
        try:
            channel = connection.channel()
            at = LOOK_EVERY_S
            while record.wait_until(at) and at < self.scenario.duration_s:
                ready = channel.queue_declare(self.queue, passive=True).method.message_count
                record.depth.append((record.now(), ready))
                at += LOOK_EVERY_S
        finally:
            connection.close()


def count_dropped(record: Record, scenario: Scenario) -> None:
    """What drop-head and the time-to-live took: sent, not rejected, never delivered, older than one that was.

    A message at the head that is still there at the end of the run was not dropped: those are as many as the last look
    found.
    """
    if scenario.expire_after_s is None and (
        scenario.queue_limit is None or scenario.on_full != "drop-oldest"
    ):
        return
    waiting = record.depth[-1][1] if record.depth else 0
    missing = [
        m.number
        for m in record.planned
        if record.sent[m.number] is not None
        and record.started[m.number] is None
        and record.lost[m.number] is None
    ]
    for number in missing[: len(missing) - waiting]:
        record.lost[number] = record.planned[number].due_s
