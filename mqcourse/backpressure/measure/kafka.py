"""A scenario on Kafka, by kafka-python: a producer, a consumer for each reader of partitions, one that looks on.

Measured are: consumer lag on keyed partitions (partitions, hot_share; consumers beyond the partitions idle); prefetch
as max.poll.records; a quota of the broker on the producer (throttle "token-bucket": producer_byte_rate) with a bounded
buffer (outbox_limit, block_timeout_s: what the Java client calls buffer.memory and max.block.ms. kafka-python 3.0.12 has
no buffer.memory, its buffer has no limit, so the producer here counts the records that are not acknowledged yet).
A topic has no limit that is reached and no order but that of its partitions: queue_limit and order have no setting.
"""

import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import NewTopic
from kafka.errors import KafkaError
from kafka.protocol.admin import AlterClientQuotasRequest
from kafka.structs import OffsetAndMetadata

from mqcourse.backpressure.measure.plan import Planned
from mqcourse.backpressure.measure.record import Record
from mqcourse.backpressure.model.producer import arrivals
from mqcourse.backpressure.model.scenario import Scenario
from mqcourse.errors import CourseError
from mqcourse.stack.unanswered import unanswered

SUPPORTED = {
    "partitions",
    "hot_share",
    "throttle",
    "throttle_rate_per_s",
    "throttle_burst",
    "outbox_limit",
    "block_timeout_s",
}
BODY = b"." * 1000
RECORD_BYTES = 1130
"""What a record of BODY, sent alone, counts against the quota: the size of its produce request."""
QUOTA_WINDOW_S = 10.0
"""The broker averages over ten full windows of 1 s (quota.window.num 11, quota.window.size.seconds 1), so a producer
that sent nothing for a while may send the quota of this many seconds at once."""
LOOK_EVERY_S = 0.1
PATIENCE_S = 120.0
"""How long the client waits for the broker on a busy machine: no figure of the run depends on it."""


def adapted(scenario: Scenario) -> tuple[Scenario, list[str]]:
    """The scenario as Kafka has it, and what was changed: a topic always has partitions."""
    if scenario.throttle == "aimd":
        raise CourseError(
            "throttle = 'aimd' cannot be measured on Kafka", do="Choose none or token-bucket (a quota)"
        )
    if scenario.partitions == 0:
        note = f"partitions: {scenario.consumers}, one for each consumer, since a Kafka topic has no shared queue"
        return scenario.but(partitions=scenario.consumers), [note]
    return scenario, []


def with_quota(scenario: Scenario, notes: list[str]) -> Scenario:
    """The token bucket nearest to a quota.

    A quota is a sliding window, no bucket: a producer that starts to send at rate x under a quota of r is slowed down
    after 10 r / x seconds, when the window of ten seconds holds all it may. A bucket of size 10 r (1 - r / x)
    tokens is empty at the same time.
    """
    if scenario.throttle == "none":
        return scenario
    r, x = scenario.throttle_rate_per_s, scenario.offered_per_s
    burst = max(1.0, r * QUOTA_WINDOW_S * (1.0 - r / x)) if x > r else max(1.0, r * QUOTA_WINDOW_S)
    notes.append(
        f"throttle_burst: {burst:.0f} messages; a quota is an average over {QUOTA_WINDOW_S:.0f} s, not a token bucket"
    )
    return scenario.but(throttle_burst=burst)


class Run:
    """A separate topic on the broker, and the threads that drive it."""

    def __init__(
        self, scenario: Scenario, planned: list[Planned], settings: dict[str, Any], overshoot_s: float
    ) -> None:
        self.scenario = scenario
        self.planned = planned
        self.record = Record(planned, scenario.duration_s)
        self.settings = settings
        self.overshoot_s = overshoot_s
        self.topic = f"measure-{uuid.uuid4().hex[:12]}"
        self.partitions = [TopicPartition(self.topic, p) for p in range(scenario.partitions)]
        self.ready = threading.Semaphore(0)  # one for each consumer that has its position

    def execute(self) -> tuple[Record, float]:
        """Drive the whole run; the record, and the delivery time in seconds."""
        try:
            admin = KafkaAdminClient(**self.settings, request_timeout_ms=int(PATIENCE_S * 1000))
        except KafkaError as error:
            raise unanswered("kafka", error) from error
        throttled = self.scenario.throttle == "token-bucket"
        try:
            admin.create_topics([NewTopic(self.topic, self.scenario.partitions, 1)])
            delivery_s = self.delivery_time()
            if throttled:
                self.set_quota(admin, self.scenario.throttle_rate_per_s * RECORD_BYTES)
            self.drive(lift_quota=lambda: self.set_quota(admin, None) if throttled else None)
        finally:
            admin.delete_topics([self.topic])
            admin.close()
        for trouble in self.record.trouble:
            raise trouble
        return self.record, delivery_s

    def set_quota(self, admin: Any, bytes_per_s: float | None) -> None:
        """Set or take away producer_byte_rate of this run's client id. kafka-python has no public call for it."""
        entry = AlterClientQuotasRequest.EntryData
        request = AlterClientQuotasRequest(
            entries=[
                entry(
                    entity=[entry.EntityData(entity_type="client-id", entity_name=self.topic)],
                    ops=[
                        entry.OpData(
                            key="producer_byte_rate", value=bytes_per_s or 0.0, remove=bytes_per_s is None
                        )
                    ],
                )
            ],
            validate_only=False,
        )
        response = admin._manager.run(admin._manager.send, request)
        for answer in response.entries:
            if answer.error_code:
                raise CourseError(f"Kafka refused the quota: {answer.error_message}")

    def drive(self, lift_quota: Callable[[], None]) -> None:
        """Start everything, produce, wait for the end; without the quota what is still in the buffer goes at once."""
        # Under a quota a record may wait in the buffer for the whole run.
        waits_ms = int((self.scenario.duration_s + PATIENCE_S) * 1000)
        producer = KafkaProducer(
            **self.settings, client_id=self.topic, linger_ms=0, delivery_timeout_ms=waits_ms
        )
        threads = [self._thread(self.consume, number) for number in range(self.scenario.consumers)]
        sampler = self._thread(self.sample_depth)
        try:
            producer.partitions_for(self.topic)
            for thread in threads:
                thread.start()
            for _ in threads:
                if not self.ready.acquire(timeout=PATIENCE_S):
                    raise CourseError(
                        f"no answer from Kafka for {PATIENCE_S:.0f} s while the consumers look for their positions",
                        do="Look at `mq status`, then measure again",
                    )
            self.record.start()
            sampler.start()
            self.produce(producer)
            self.record.wait_until(self.scenario.duration_s)
        finally:
            self.record.stop.set()
            for thread in [*threads, sampler]:
                if thread.ident is not None:
                    thread.join()
            try:
                lift_quota()
            finally:
                producer.close(timeout=PATIENCE_S)

    def _thread(self, target: Callable[..., None], *arguments: int) -> threading.Thread:
        def guarded() -> None:
            try:
                target(*arguments)
            except Exception as error:
                self.record.failed(error)
                self.ready.release()

        return threading.Thread(target=guarded, name=f"{self.topic}-{target.__name__}", daemon=True)

    def delivery_time(self) -> float:
        """From sending to the consumer's poll on an idle topic, in seconds: the median of 30."""
        seen = []
        producer = KafkaProducer(**self.settings, linger_ms=0)
        consumer = KafkaConsumer(**self.settings)
        try:
            consumer.assign(self.partitions)
            consumer.seek_to_end()
            for part in self.partitions:
                consumer.position(part)
            for _ in range(30):
                begun = time.monotonic()
                producer.send(self.topic, BODY, partition=0)
                while not consumer.poll(timeout_ms=1000):
                    pass
                seen.append(time.monotonic() - begun)
        finally:
            consumer.close()
            producer.close()
        return sorted(seen)[15]

    def produce(self, producer: Any) -> None:
        """Send every message when it is due. While the buffer is full, the source is blocked and makes no messages."""
        record, s = self.record, self.scenario
        next_arrival = arrivals(s)
        at = next_arrival(0.0)
        braked = s.throttle != "none"
        room = threading.Semaphore(1 << 30 if not braked or s.outbox_limit is None else s.outbox_limit + 1)
        for message in list(self.planned):
            if at >= s.duration_s or not record.wait_until(at):
                return
            self.planned[message.number] = replace(message, due_s=at)
            record.sent[message.number] = at
            came_at = at
            if not room.acquire(blocking=False):
                since = record.now()
                left = record.duration_s - since if s.block_timeout_s is None else s.block_timeout_s
                got_room = left > 0.0 and room.acquire(timeout=left)
                came_at = record.now()
                record.blocked.append((since, came_at))
                if not got_room:
                    if s.block_timeout_s is None:
                        return
                    record.lost[message.number] = came_at
                    at = next_arrival(came_at)
                    continue
            at = next_arrival(came_at)
            key = str(message.number).encode()
            future = producer.send(self.topic, BODY, key=key, partition=message.partition)
            future.add_callback(lambda _metadata: room.release())
            future.add_errback(self.not_sent)

    def not_sent(self, error: BaseException) -> None:
        """A record failed: the end of the run, unless it has ended before; what is unsent then is no part of it."""
        if not self.record.stop.is_set():
            self.record.failed(error)

    def consume(self, number: int) -> None:
        """Read one's partitions (the same share as in the simulation), work, commit each record."""
        mine = [part for part in self.partitions if part.partition % self.scenario.consumers == number]
        if not mine:
            self.ready.release()  # a consumer beyond the partitions idles
            return
        consumer = KafkaConsumer(
            **self.settings,
            group_id=self.topic,
            enable_auto_commit=False,
            max_poll_records=self.scenario.prefetch,
            auto_offset_reset="latest",
        )
        free_since_s: float | None = None
        try:
            consumer.assign(mine)
            consumer.seek_to_end()
            consumer.commit({part: OffsetAndMetadata(consumer.position(part), "", -1) for part in mine})
            self.ready.release()
            while not self.record.stop.is_set():
                for part, records in consumer.poll(timeout_ms=200).items():
                    for one in records:
                        if self.record.stop.is_set():
                            return
                        free_since_s = self.record.work(int(one.key), self.overshoot_s, free_since_s)
                        consumer.commit_async({part: OffsetAndMetadata(one.offset + 1, "", -1)})
        finally:
            consumer.close()

    def sample_depth(self) -> None:
        """Consumer lag, every tenth of a second: end of each partition less what the group committed."""
        record = self.record
        admin = KafkaAdminClient(**self.settings)
        consumer = KafkaConsumer(**self.settings)
        try:
            at = LOOK_EVERY_S
            while record.wait_until(at) and at < self.scenario.duration_s:
                ends = consumer.end_offsets(self.partitions)
                committed = admin.list_group_offsets([self.topic])[self.topic]
                seen_at = record.now()
                lag = sum(
                    ends[part] - committed[part].offset for part in self.partitions if part in committed
                )
                record.depth.append((seen_at, lag))
                at = max(at + LOOK_EVERY_S, seen_at)
        finally:
            consumer.close()
            admin.close()
