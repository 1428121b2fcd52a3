"""A partition of Kafka, and a consumer group with one consumer at a time, in the classic rebalance protocol.

The broker keeps every record and one number for the group, the committed offset. A consumer has its own position.
`commit` stores the position, as `consumer.commit()` does. Records that a client fetched before they were asked for are
not modelled: a record that retention deletes is gone at the next poll.
"""

from mqcourse.whatif.message_names import name, names
from mqcourse.whatif.shelf import Shelf, Token
from mqcourse.whatif.told import Told, plain

KAFKA_EVENTS = ("publish", "receive", "settle", "kill", "wait", "rewind", "expire")
"""Those that a partition and its group have."""


class KafkaPartition:
    """The records by their offsets, the group's committed offset, and the group's members."""

    def __init__(self) -> None:
        self.log_start = 0
        self.end = 0
        self.committed = -1  # none yet
        self.position = 0
        self.moved = False  # the position changed since the last commit
        self.consumer = 0
        self.running = False
        self.assigned = False
        self.dead_members: list[int] = []  # killed, and still members of the group

    def do(self, event: str) -> Told:
        """Let an event happen."""
        if event == "publish":
            return self.produce()
        if event == "receive":
            return self.poll()
        if event == "settle":
            return self.commit()
        if event == "return":
            say = "A consumer group has no negative acknowledgement. A consumer can seek back and read again."
            return plain("cannot", 0, say)
        if event == "kill":
            return self.kill()
        if event == "wait":
            return self.wait()
        if event == "rewind":
            return self.rewind()
        return self.expire()

    def produce(self) -> Told:
        """A producer sends a record and gets its acknowledgement."""
        offset = self.end
        self.end += 1
        say = f"The partition appends {name(self.end)} at offset {offset}."
        return Told("published", self.end, 0, False, offset, say)

    def poll(self) -> Told:
        """The program polls one record; without a consumer, one joins the group first."""
        begun = ""
        if not self.running:
            self.consumer += 1
            self.running = True
            if not self.dead_members:
                begun = f"{self._assign()} "
        if not self.assigned:
            last = self.dead_members[len(self.dead_members) - 1]
            say = f"Consumer {self.consumer} joins, but consumer {last} is a member until its session times out (45 s by default)."
            return plain("joining", 0, f"{say} So poll returns no record.")
        if self.position < self.log_start:
            begun = (
                f"{begun}Offset {self.position} is out of range, so auto.offset.reset (earliest) applies. "
            )
            self.position = self.log_start
        if self.position == self.end:
            return plain(
                "empty", 0, f"{begun}The position is {self.position}, the end of the partition: no record."
            )
        offset = self.position
        self.position += 1
        self.moved = True
        say = f"{begun}Consumer {self.consumer} gets {name(offset + 1)} at offset {offset}. Its position is {self.position}."
        return Told("received", offset + 1, 0, False, offset, say)

    def commit(self) -> Told:
        """The program commits the consumer's position."""
        if not self.moved:
            return plain("nothing", 0, "The program has no new position to commit.")
        before = max(self.committed, self.log_start)
        self.committed = self.position
        self.moved = False
        say = f"Consumer {self.consumer} commits offset {self.committed}."
        if self.committed > before:
            done: list[int] = []
            for offset in range(before, self.position):
                done.append(offset + 1)
            say = f"{say} What is before it counts as done: {names(done)}. The partition keeps the records."
        return plain("settled", 0, say)

    def kill(self) -> Told:
        """The consumer's process is killed; the group's coordinator misses its heartbeats later."""
        if not self.running:
            return plain("nothing", 0, "No consumer runs.")
        self.dead_members.append(self.consumer)
        self.running = False
        self.assigned = False
        self.moved = False
        kept = "The group has no committed offset"
        if self.committed >= 0:
            kept = f"The committed offset stays {self.committed}"
        say = f"Consumer {self.consumer} sends no more heartbeats, and stays a member until its session times out. {kept}."
        return plain("killed", 0, say)

    def wait(self) -> Told:
        """A minute passes: longer than the session timeout, shorter than max.poll.interval.ms."""
        if not self.dead_members:
            say = "A minute changes nothing."
            if self.running:
                say = f"Heartbeats keep consumer {self.consumer} in the group, and it may poll 5 minutes later (max.poll.interval.ms)."
            return plain("waited", 0, say)
        gone = self.dead_members[len(self.dead_members) - 1]
        self.dead_members = []
        say = f"The session of consumer {gone} has timed out, and the coordinator removes it from the group."
        if self.running:
            say = f"{say} {self._assign()}"
        return plain("waited", 0, say)

    def rewind(self) -> Told:
        """The program seeks to the beginning of the partition."""
        if not self.assigned:
            return plain("nothing", 0, "No consumer has the partition, so none can seek.")
        self.position = self.log_start
        self.moved = True
        say = (
            f"Consumer {self.consumer} seeks to offset {self.position}, the beginning, and polls from there."
        )
        return plain("rewound", 0, say)

    def expire(self) -> Told:
        """Retention deletes the oldest record."""
        if self.log_start == self.end:
            return plain("nothing", 0, "The partition has no record that retention could delete.")
        self.log_start += 1
        gone = name(self.log_start)
        say = f"Retention deletes {gone}, read or not. The partition begins at offset {self.log_start}."
        return plain("expired", self.log_start, say)

    def _assign(self) -> str:
        """The running consumer gets the partition and begins at the committed offset."""
        self.assigned = True
        self.moved = False
        begins = f"consumer {self.consumer} begins at the committed offset {self.committed}."
        self.position = self.committed
        if self.committed < 0:
            self.position = self.log_start
            begins = f"consumer {self.consumer} begins at the earliest record (auto.offset.reset)."
        return f"The group assigns the partition: {begins}"

    def shelves(self) -> list[Shelf]:
        """Where the records are, and the two numbers."""
        records: list[Token] = []
        for offset in range(self.log_start, self.end):
            if self.committed > offset:
                records.append(Token(offset + 1, "done", f"offset {offset}, before the committed offset"))
            elif self.assigned and self.position > offset:
                records.append(Token(offset + 1, "held", f"offset {offset}, read and not committed"))
            else:
                records.append(Token(offset + 1, "waits", f"offset {offset}"))
        committed = "none" if self.committed < 0 else f"{self.committed}"
        title = "No consumer"
        note = ""
        if self.running:
            title = f"Consumer {self.consumer}, waits to be assigned"
        if self.assigned:
            title = f"Consumer {self.consumer}"
            note = f"position {self.position}"
        gone = [Token(at + 1, "dead", "deleted by retention") for at in range(self.log_start)]
        return [
            Shelf("Partition", records, f"committed offset: {committed}"),
            Shelf(title, [], note),
            Shelf("Deleted by retention", gone, ""),
        ]
