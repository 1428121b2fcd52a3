"""What a real Kafka did, event by event."""

import time
import uuid
from typing import Any

from kafka import KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient, OffsetSpec
from kafka.errors import RetriableError

from mqcourse.stack import endpoints
from tests.whatif.process import Process, wait_for

SESSION_TIMEOUT_MS = 10_000


class Late(Exception):
    """The machine was so busy that a dead member's session timed out before the next event could be seen."""


class KafkaTrace:
    """A topic of one partition on the running broker, and one program of a group at a time."""

    def __init__(self, wait_s: float = 0.0) -> None:
        self.wait_s = wait_s
        settings = endpoints().kafka_settings
        self.admin = KafkaAdminClient(**settings)
        self.producer = KafkaProducer(**settings)
        run = uuid.uuid4().hex[:8]
        self.topic, self.group = f"test-whatif-{run}", f"test-whatif-{run}"
        self.partition = TopicPartition(self.topic, 0)
        self.admin.create_topics({self.topic: {"num_partitions": 1}}, wait_for_metadata=True)
        wait_for(
            self.coordinator, "for the group's coordinator"
        )  # a new broker makes its topic of offsets first
        self.program: Process | None = None
        self.pending = False  # its poll waits for the group
        self.early: Any = None  # a record that such a poll brought
        self.dead: list[str] = []
        self.published = self.started = self.next = 0
        self.moved = False

    def do(self, event: str) -> dict[str, Any]:
        """Cause an event; what it gave, and the offsets after it."""
        seen: dict[str, Any] = {"event": event, "did": "nothing", "message": 0}
        if event == "publish":
            self.published += 1
            stored = self.producer.send(self.topic, str(self.published).encode()).get(timeout=120)
            seen |= {"did": "published", "message": self.published, "offset": stored.offset}
        elif event == "receive":
            seen |= self.receive()
        elif event == "kill" and self.program is not None:
            self.program.kill()
            self.dead.append(self.name())
            self.program, self.pending, self.early, self.moved = None, False, None, False
            seen["did"] = "killed"
        elif event == "wait":
            self.wait()
            seen["did"] = "waited"
        elif event == "settle" and self.moved:
            assert self.program is not None
            self.program.ask("settle", self.next)
            self.moved = False
            seen["did"] = "settled"
        elif event == "rewind" and self.program is not None and not self.pending:
            self.next, self.moved, self.early = self.program.ask("rewind"), True, None
            seen["did"] = "rewound"
        elif event == "expire":
            begin = self.offset(OffsetSpec.EARLIEST)
            if begin < self.published:
                self.admin.delete_records({self.partition: begin + 1})
                seen |= {"did": "expired", "message": begin + 1}
        return {**seen, "state": self.state()}

    def coordinator(self) -> bool | None:
        try:
            self.admin.list_group_offsets(self.group)
        except RetriableError:
            return None
        return True

    def name(self) -> str:
        return f"consumer-{self.started}"

    def members(self) -> list[str]:
        found = self.admin.describe_groups([self.group])[self.group]
        return [member["client_id"] for member in found["members"]]

    def receive(self) -> dict[str, Any]:
        if self.program is None:
            self.started += 1
            self.program = Process("kafka", self.topic, self.group, self.name(), str(SESSION_TIMEOUT_MS))
        if self.early is not None:
            taken, self.early = self.early, None
        else:
            if not self.pending:
                self.program.send("receive")
            if self.dead:
                self.pending = True
                return {"did": self.joining()}
            taken = self.program.answer()
        if taken is None:
            return {"did": "empty"}
        body, offset = taken
        self.next, self.moved = offset + 1, True
        return {"did": "received", "message": int(body), "offset": offset}

    def joining(self) -> str:
        """Wait until the program's join has reached the coordinator, which still has a dead member."""

        def look() -> str | None:
            if self.program is not None and self.program.answered():
                raise Late
            members = self.members()
            if not set(self.dead) & set(members):
                raise Late
            return "joining" if self.name() in members else None

        found: str = wait_for(look, "until the program has joined")
        return found

    def wait(self) -> None:
        """Until the coordinator has removed dead members; then a waiting poll ends as well."""
        if self.dead:
            wait_for(lambda: None if set(self.dead) & set(self.members()) else True, "for session timeouts")
            self.dead = []
            if self.pending and self.program is not None:
                self.early = self.program.answer()
                self.pending = False
        else:
            time.sleep(self.wait_s)

    def offset(self, spec: Any) -> int:
        found = self.admin.list_partition_offsets({self.partition: spec})
        return int(found[self.partition].offset)

    def state(self) -> dict[str, int]:
        committed = self.admin.list_group_offsets(self.group).get(self.group, {}).get(self.partition)
        return {
            "log_start": self.offset(OffsetSpec.EARLIEST),
            "end": self.offset(OffsetSpec.LATEST),
            "committed": -1 if committed is None else committed.offset,
        }

    def rest(self) -> list[list[Any]]:
        """The records that are left, by a reader without a group."""
        from kafka import KafkaConsumer

        reader = KafkaConsumer(auto_offset_reset="earliest", group_id=None, **endpoints().kafka_settings)
        try:
            reader.assign([self.partition])
            reader.seek_to_beginning(self.partition)
            end = reader.end_offsets([self.partition])[self.partition]
            left = []
            while reader.position(self.partition) < end:
                for records in reader.poll(timeout_ms=500).values():
                    left += [[int(one.value), one.offset] for one in records]
            return left
        finally:
            reader.close()

    def close(self) -> None:
        if self.program is not None:
            self.program.kill()
        self.producer.close()
        self.admin.delete_topics([self.topic])
        self.admin.close()
