"""What a check does at Kafka itself: fresh topics, numbered records, groups looked at from outside, all of it removed afterwards."""

import contextlib
import secrets
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import MemberToRemove, OffsetSpec
from kafka.errors import (
    CoordinatorLoadInProgressError,
    CoordinatorNotAvailableError,
    KafkaError,
    NoError,
    NotCoordinatorError,
)
from kafka.protocol.consumer import IsolationLevel
from kafka.structs import OffsetAndMetadata

from mqcourse.grading import journal
from mqcourse.grading.brokers.check_broker import CheckBroker
from mqcourse.grading.outcome import Unjudged
from mqcourse.stack import endpoints
from mqcourse.stack.unanswered import unanswered

COORDINATOR_S = 120.0
"""A broker on a busy machine may take its time to make the topic in which groups keep their offsets."""

OPEN_MS = 10 * 60_000
"""The timeout of a transaction that a check leaves open: far longer than any check, and below the broker's limit of 15
minutes (transaction.max.timeout.ms)."""

DELETED_S = 30.0
"""Far more than a deleted topic needs to leave the list, also on a busy machine."""


class End(StrEnum):
    """How a transaction of a check ends."""

    COMMIT = "commit"
    ABORT = "abort"
    OPEN = "open"
    """It stays open until the check is over."""


class CheckKafka(CheckBroker):
    """An admin client of the check's own. At its end it deletes its topics and groups."""

    BROKER = "kafka"

    def __init__(self) -> None:
        super().__init__()
        self._settings = endpoints().kafka_settings
        try:
            self._admin = KafkaAdminClient(**self._settings, bootstrap_timeout_ms=5000)
        except KafkaError as error:
            raise unanswered("kafka", error) from error
        self._topics: list[str] = []
        self._groups: list[str] = []
        self._open: list[KafkaProducer] = []
        self._left_open: defaultdict[str, Counter[int]] = defaultdict(Counter)

    def close(self) -> None:
        try:
            for producer in self._open:
                with contextlib.suppress(KafkaError):
                    producer.abort_transaction()
                producer.close()
            self.remove(self._topics, self._groups)
        finally:
            self._admin.close()

    def remove(self, topics: Iterable[str], groups: Iterable[str]) -> None:
        """Delete topics and groups, until nobody sees them any more; what is not there is no error."""
        topics, groups = list(topics), list(groups)
        if topics:
            self._delete_topics(topics)
        if groups:
            # A group whose members were just killed cannot be deleted: the broker waits for them. It is put out first.
            for group in groups:
                self.expel(group)
            self._admin.delete_groups(groups)
        for topic in topics:
            journal.gone("kafka", "topic", topic)
        for group in groups:
            journal.gone("kafka", "group", group)

    def _delete_topics(self, topics: Sequence[str]) -> None:
        """The controller confirms a deletion before the broker has it in its metadata, so a list may name the topic a
        little longer. What a killed client had asked for may even be made after the deletion: it is deleted again.
        """
        end_s = time.monotonic() + DELETED_S
        self._admin.delete_topics(topics, raise_errors=False)
        while left := sorted(set(topics) & set(self._admin.list_topics())):
            if time.monotonic() > end_s:
                raise Unjudged(
                    f"Kafka still lists {len(left)} deleted topics after {DELETED_S:.0f} s, {left[0]} first",
                    do="Grade again: the next run deletes them",
                )
            time.sleep(0.05)
            self._admin.delete_topics(left, raise_errors=False)

    def has(self, kind: str, name: str) -> bool:
        """Whether there is a topic (or group) of that name."""
        if kind == "topic":
            return name in self._admin.list_topics()
        return bool(self._admin.describe_groups([name])[name]["group_state"] not in ("Dead", ""))

    def topic(self, purpose: str, partitions: int, **configs: str) -> str:
        """A topic nobody used before, ready for use; `configs` are settings of the topic by their Kafka names."""
        name = self._new_name("topic", f"check.{purpose}")
        self._topics.append(name)
        wanted: dict[str, Any] = {"num_partitions": partitions, "replication_factor": 1, "configs": configs}
        self._admin.create_topics({name: wanted}, wait_for_metadata=True)
        return name

    def catch_up(self) -> None:
        """Wait until the broker works by all that the controller confirmed before this call: topics, and settings of groups.

        The controller confirms a change before the broker has it; the broker applies changes in batches, in their order. The
        second topic is made after the first was seen, so it is in a later batch: once it is seen, the earlier batch is applied
        as a whole.
        """
        for _ in range(2):
            self.topic("mark", 1)

    def group(self, purpose: str) -> str:
        """A group name nobody used before; the group is deleted at the end, if anybody made it."""
        name = self._new_name("group", purpose)
        self._groups.append(name)
        self._wait_coordinated(name)
        return name

    def _wait_coordinated(self, group: str) -> None:
        """Wait until the group has a coordinator: a broker that serves its first group makes their topic only then."""
        end_s = time.monotonic() + COORDINATOR_S
        while True:
            try:
                self._admin.list_group_offsets({group: None})
                return
            except (
                CoordinatorNotAvailableError,
                CoordinatorLoadInProgressError,
                NotCoordinatorError,
            ) as error:
                if time.monotonic() > end_s:
                    raise Unjudged(
                        f"Kafka named no coordinator for a group within {COORDINATOR_S:.0f} s ({type(error).__name__})",
                        do="Grade again",
                    ) from error
                time.sleep(0.1)

    def body(self, number: int) -> bytes:
        """The value of that record. It cannot be guessed and holds no number, so work reported on it was read from the log,
        and what was to be chosen was chosen by what the broker stores of the record.
        """
        return self._numbered(number, {"event": secrets.token_hex(8)})

    @contextlib.contextmanager
    def producing(self, topic: str) -> Iterator[Callable[[int, int, int | None], None]]:
        """Append single records: (number, partition, timestamp in milliseconds or None); all are stored at the end."""
        producer = KafkaProducer(**self._settings)

        def append(number: int, partition: int, timestamp_ms: int | None) -> None:
            producer.send(topic, self.body(number), partition=partition, timestamp_ms=timestamp_ms)

        try:
            yield append
            producer.flush()
        finally:
            producer.close()

    def produce(
        self, topic: str, places: Mapping[int, Iterable[int]], *, times_ms: Mapping[int, int] | None = None
    ) -> None:
        """Append records to partitions, in order; `times_ms` maps a number to the record's timestamp."""
        with self.producing(topic) as append:
            for partition, numbers in places.items():
                for number in numbers:
                    append(number, partition, times_ms[number] if times_ms else None)

    def transaction(self, topic: str, places: Mapping[int, Iterable[int]], end: End) -> None:
        """Append records to partitions in one transaction, and wait until the log has its end.

        Unjudged when the broker does not write the end.
        """
        producer = KafkaProducer(
            **self._settings,
            transactional_id=f"{topic}.{secrets.token_hex(4)}",
            transaction_timeout_ms=OPEN_MS,
        )
        producer.init_transactions()
        producer.begin_transaction()
        for partition, numbers in places.items():
            for number in numbers:
                producer.send(topic, self.body(number), partition=partition)
        producer.flush()
        if end is End.OPEN:
            self._open.append(producer)
            self._left_open[topic].update(partition for partition, numbers in places.items() if [*numbers])
            return
        producer.commit_transaction() if end is End.COMMIT else producer.abort_transaction()
        producer.close()
        # The coordinator answers before the markers are in the partitions.
        if not self.becomes(
            lambda: self._open_in(topic, places) == {part: self._left_open[topic][part] for part in places},
            COORDINATOR_S,
        ):
            raise Unjudged(
                f"Kafka wrote no marker for a transaction in {topic} within {COORDINATOR_S:.0f} s",
                do="Grade again",
            )

    def open_transactions(self, topic: str, partitions: int) -> frozenset[tuple[int, int, int]]:
        """The transactions that are open in the topic, for each partition: (partition, producer's id, first offset)."""
        parts = [TopicPartition(topic, partition) for partition in range(partitions)]
        return frozenset(
            (part.partition, producer.producer_id, producer.current_transaction_start_offset)
            for part, state in self._admin.describe_producers(parts).items()
            for producer in state.active_producers
            if producer.current_transaction_start_offset >= 0
        )

    def _open_in(self, topic: str, parts: Iterable[int]) -> dict[int, int]:
        parts = [*parts]
        counts = Counter(part for part, _, _ in self.open_transactions(topic, 1 + max(parts)))
        return {part: counts[part] for part in parts}

    def ends(self, topic: str, partitions: int, *, committed: bool = False) -> dict[int, int]:
        """For each partition the end of its log, or with `committed` its last stable offset."""
        level = IsolationLevel.READ_COMMITTED if committed else IsolationLevel.READ_UNCOMMITTED
        asked = {TopicPartition(topic, partition): OffsetSpec.LATEST for partition in range(partitions)}
        found = self._admin.list_partition_offsets(asked, isolation_level=level)
        return {part.partition: each.offset for part, each in found.items()}

    def settles(self, topic: str, partitions: int, limit_s: float) -> bool:
        """Whether every transaction in the topic ends in that time."""
        return self.becomes(lambda: not self.open_transactions(topic, partitions), limit_s)

    def delete(self, topic: str, counts: Mapping[int, int]) -> None:
        """Delete the first records of partitions, as retention does: partition -> how many."""
        if counts:
            self._admin.delete_records({TopicPartition(topic, part): count for part, count in counts.items()})

    def read_all(
        self, topic: str, partitions: int, *, committed: bool = False
    ) -> list[tuple[int, int, bytes | None]]:
        """Every record of the topic as (number, partition, key), each partition in its own order; -1 is none of ours.

        With `committed` what a reader with the isolation level read_committed gets.
        """
        level = "read_committed" if committed else "read_uncommitted"
        consumer = KafkaConsumer(**self._settings, enable_auto_commit=False, isolation_level=level)
        try:
            parts = [TopicPartition(topic, partition) for partition in range(partitions)]
            consumer.assign(parts)
            consumer.seek_to_beginning(*parts)
            ends = consumer.end_offsets(parts)
            found: list[tuple[int, int, bytes | None]] = []
            while any(consumer.position(part) < ends[part] for part in parts):
                for part, records in consumer.poll(timeout_ms=200).items():
                    found += [
                        (self._numbers.get(record.value, -1), part.partition, record.key)
                        for record in records
                    ]
            return found
        finally:
            consumer.close()

    def visible(self, topic: str, partitions: int) -> list[int]:
        """The numbers of the records that a reader with the isolation level read_committed gets; -1 is none of ours."""
        return [number for number, _partition, _key in self.read_all(topic, partitions, committed=True)]

    def members(self, group: str) -> int | None:
        """How many members a group has once it is stable; None while it is not, or when there is no such group."""
        described: Mapping[str, Any] = self._admin.describe_groups([group])[group]
        return len(described["members"]) if described["group_state"] == "Stable" else None

    def state(self, group: str) -> str:
        """The state of a classic group in the broker's words: Stable, PreparingRebalance, CompletingRebalance, Empty, Dead."""
        return str(self._admin.describe_groups([group])[group]["group_state"])

    def member_ids(self, group: str) -> frozenset[str]:
        """The ids that the broker has given to the members of a group; a consumer that joins a second time gets another id."""
        described: Mapping[str, Any] = self._admin.describe_groups([group])[group]
        return frozenset(member["member_id"] for member in described["members"])

    def expel(self, group: str, members: Iterable[str] | None = None) -> None:
        """Put these members out of the group (by default every one), as an operator can who knows that they are dead.

        The broker would notice it by itself after session.timeout.ms, 45 s by default.
        """
        there = self.member_ids(group)
        gone = there if members is None else there & {*members}
        if gone:
            self._admin.remove_group_members(group, [MemberToRemove(member_id=member) for member in gone])

    def commit(self, group: str, topic: str, offsets: Mapping[int, int]) -> None:
        """Set a group's committed offsets, by partition."""
        wanted = {
            TopicPartition(topic, part): OffsetAndMetadata(offset, "", -1) for part, offset in offsets.items()
        }
        refused = {
            part: error
            for part, error in self._admin.alter_group_offsets(group, wanted).items()
            if error is not NoError
        }
        if refused:
            part, error = next(iter(refused.items()))
            raise Unjudged(
                f"Kafka did not take a committed offset that a check sets in partition {part.partition} of {topic}: "
                f"{error.__name__}",
                do="Grade again",
            )

    def committed(self, group: str, topic: str) -> dict[int, int]:
        """A group's committed offsets, by partition; a partition without one is left out."""
        found = self._admin.list_group_offsets({group: None})[group]
        return {
            part.partition: entry.offset
            for part, entry in found.items()
            if part.topic == topic and entry.offset >= 0
        }
