"""What the checks ask and set at a share group of Kafka: its place in a topic, its members and its settings.

kafka-python 3.0.12 has no schema of the requests about share groups. Their fields are in `share_messages/` (KIP-932),
and kafka-python encodes and sends them like its other requests.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from confluent_kafka import ShareConsumer
from kafka import KafkaProducer
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import for_code
from kafka.protocol.api_message import ApiMessage

from mqcourse.grading.brokers.kafka import CheckKafka
from mqcourse.grading.outcome import Unjudged

_MESSAGES = f"{__package__}.share_messages"

LEAVES = -1
"""The epoch with which a member of a share group leaves it."""


def _message(name: str) -> Any:
    """kafka-python's class of a message, made from its fields."""
    return type(ApiMessage)(
        name, (ApiMessage,), {"__doc__": "A message about share groups."}, load_json=_MESSAGES
    )


ShareGroupHeartbeatRequest = _message("ShareGroupHeartbeatRequest")
ShareGroupDescribeRequest = _message("ShareGroupDescribeRequest")
DescribeShareGroupOffsetsRequest = _message("DescribeShareGroupOffsetsRequest")
RESPONSES = tuple(
    _message(name)  # registers itself with kafka-python, which decodes by the number of the request
    for name in (
        "ShareGroupHeartbeatResponse",
        "ShareGroupDescribeResponse",
        "DescribeShareGroupOffsetsResponse",
    )
)
"""Kept, because kafka-python refers to them weakly."""


class CheckShareGroup(CheckKafka):
    """An admin client with requests about share groups as well. At its end it deletes its topics and groups."""

    def share_group(self, purpose: str, **settings: str) -> str:
        """A group name nobody used before, with settings in force by their Kafka names, `_` in place of `.`."""
        name = self.group(purpose)
        self._admin.alter_configs(
            [
                ConfigResource(
                    ConfigResourceType.GROUP,
                    name,
                    {key.replace("_", "."): value for key, value in settings.items()},
                )
            ]
        )
        self.catch_up()
        return name

    def dead_letters(self, purpose: str) -> str:
        """A new name of a dead-letter topic. The check deletes the topic at the end, and does not make it."""
        name = self._new_name("topic", f"dlq.check.{purpose}")
        self._topics.append(name)
        return name

    def make_dead_letters(self, purpose: str) -> str:
        """The same, made with one partition and allowed for groups."""
        name = self.dead_letters(purpose)
        wanted: dict[str, Any] = {
            "num_partitions": 1,
            "replication_factor": 1,
            "configs": {"errors.deadletterqueue.group.enable": "true"},
        }
        self._admin.create_topics({name: wanted}, wait_for_metadata=True)
        return name

    def settings_of(self, group: str) -> Mapping[str, str]:
        """The settings of a group in force, by their Kafka names, with all that was ordered before this call."""
        self.catch_up()
        found = self._admin.describe_configs([ConfigResource(ConfigResourceType.GROUP, group)])
        entries = found["group"][group]
        return {name: str(entry["value"]) for name, entry in entries.items()}

    def waiting(self, group: str, topic: str) -> int | None:
        """How many records of the topic's partitions the group has not finished; None while the broker has no number."""
        request = DescribeShareGroupOffsetsRequest
        response = self._ask(
            group,
            request(groups=[request.DescribeShareGroupOffsetsRequestGroup(group_id=group, topics=None)]),
        )
        lags = [
            part.lag
            for each in response.groups
            for named in each.topics
            if named.topic_name == topic
            for part in named.partitions
        ]
        return sum(lags) if lags and min(lags) >= 0 else None

    def remove(self, topics: Iterable[str], groups: Iterable[str]) -> None:
        """Delete topics and groups, share groups first: their deletion would wait for a topic that is gone.

        Kafka 4.4.0 then gave no answer within 30 s in one of five runs.
        """
        topics, groups = list(topics), list(groups)
        if shared := [group for group in groups if self._described(group).error_code == 0]:
            for group in shared:
                self.expel(group)
            self._admin.delete_groups(shared)
        super().remove(topics, groups)

    def share_members(self, group: str) -> frozenset[str]:
        """The ids of the members of a share group; none when there is no such group."""
        return frozenset(member.member_id for member in self._described(group).members)

    def _described(self, group: str) -> Any:
        request = ShareGroupDescribeRequest(group_ids=[group], include_authorized_operations=False)
        return self._ask(group, request).groups[0]

    def expel(self, group: str, members: Iterable[str] | None = None) -> None:
        """Let these members leave the group (by default every one). Those of a killed process would stay for 45 s.

        Unjudged when the broker refuses that.
        """
        super().expel(group, members)
        there = self.share_members(group)
        for member in sorted(there if members is None else there & {*members}):
            leaving = ShareGroupHeartbeatRequest(group_id=group, member_id=member, member_epoch=LEAVES)
            response = self._ask(group, leaving)
            if response.error_code and member in self.share_members(group):
                raise Unjudged(
                    f"Kafka did not let a member leave {group}: {for_code(response.error_code).__name__}",
                    do="Grade again",
                )

    def batch(self, topic: str, numbers: Sequence[int]) -> None:
        """Append records to partition 0 as one batch, which one poll of a share consumer takes as a whole."""
        self._append(topic, [numbers])

    def singly(self, topic: str, numbers: Sequence[int]) -> None:
        """Append records to partition 0, each as a separate batch."""
        self._append(topic, [[number] for number in numbers])

    def _append(self, topic: str, batches: Iterable[Sequence[int]]) -> None:
        producer = KafkaProducer(**self._settings, linger_ms=60_000)
        try:
            for numbers in batches:
                for number in numbers:
                    producer.send(topic, self.body(number), partition=0)
                producer.flush()
        finally:
            producer.close()

    def consumer(self, topic: str, group: str) -> ShareConsumer:
        """A member of a share group, which acknowledges each record by itself. The caller closes it."""
        consumer = ShareConsumer(
            {
                "bootstrap.servers": ",".join(self._settings["bootstrap_servers"]),
                "group.id": group,
                "share.acknowledgement.mode": "explicit",
                "log_level": 3,
            }
        )
        consumer.subscribe([topic])
        return consumer

    def dead(self, topic: str) -> list[int]:
        """The numbers of the records in a dead-letter topic; -1 is a record without a body of ours."""
        if topic not in self._admin.list_topics():
            return []
        return [number for number, _partition, _key in self.read_all(topic, 1)]

    def _ask(self, group: str, request: ApiMessage) -> Any:
        """The answer of the group's coordinator."""

        async def asked() -> Any:
            coordinators = await self._admin._find_coordinator_ids([group])
            return await self._admin._manager.send(request, node_id=coordinators[group])

        return self._admin._manager.run(asked)


def remove(things: Sequence[tuple[str, str]]) -> None:
    """Delete topics and groups, each as (kind, name); what is not there is no error."""
    with CheckShareGroup() as broker:
        broker.remove(
            [name for kind, name in things if kind == "topic"],
            [name for kind, name in things if kind == "group"],
        )


def exists(kind: str, name: str) -> bool:
    """Whether there is a topic (or group) of that name."""
    with CheckShareGroup() as broker:
        return broker.has(kind, name)
