"""A recording of Kafka's clients, told: partitions that keep their records, and what each consumer has read of them."""

from collections.abc import Iterator

from mqcourse.replay.recording import Event, Recording
from mqcourse.replay.scene import Scene, State, Step, plain, programs

MARKED = ("signalled", "not-stored")


class KafkaStory:
    """Goes through the events once. A record stays in its partition; what a consumer has read is a copy."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self.scene = Scene()
        self.records: dict[tuple[str, int, int], int] = {}
        self.sends: dict[tuple[str, int], int] = {}
        self.copies: dict[str, list[tuple[str, int, int, int]]] = {}
        self.committed: dict[tuple[str, int], dict[str, int]] = {}
        self.group: dict[str, str] = {}
        self.ends: dict[tuple[str, int], int] = {}
        topics = dict.fromkeys(topic for event in recording.events for topic, _ in partitions_of(event))
        groups = dict.fromkeys(
            str(event.what["group"]) for event in recording.events if event.what.get("group")
        )
        self.label = plain_with_hyphens([*topics, *groups])
        self.program = {
            name: self.scene.place("program", name, column)
            for name, column in programs(recording, receives={"read", "assigned", "sought"})
        }
        found = dict.fromkeys(pair for event in recording.events for pair in partitions_of(event))
        sent = {str(event.what["topic"]) for event in recording.events if event.did == "sent"}
        for topic in topics:
            if topic in sent:
                self.scene.place("topic", topic, "middle", f"{self.label[topic]}: on the way")
        for topic, partition in sorted(found):
            self.partition(topic, partition)

    def partition(self, topic: str, number: int) -> str:
        return self.scene.place(
            "partition", f"{topic}/{number}", "middle", f"{self.label.get(topic, topic)}, partition {number}"
        )

    def steps(self) -> Iterator[Step]:
        """A step for each event."""
        for event in self.recording.events:
            say = self.scene.tell(self, event)
            for (topic, number), groups in self.committed.items():
                kept = ", ".join(
                    f"{self.label[group]} committed {offset}" for group, offset in groups.items()
                )
                self.scene.note(self.partition(topic, number), kept)
            yield self.scene.step(event, say, self.program[event.who], mark=event.did in MARKED)

    # what happened, by its name in the recording

    def tell_joined(self, event: Event) -> str:
        """A client was created."""
        group = event.what.get("group")
        if group:
            self.group[event.who] = str(group)
            return f"{event.who} is a consumer of the group {self.label[str(group)]}."
        return f"{event.who} is connected to Kafka."

    def tell_sent(self, event: Event) -> str:
        """A record is in the producer's buffer or on its way."""
        topic, key = str(event.what["topic"]), event.what.get("key")
        record = self.scene.message(named(event))
        self.sends[event.who, int(event.what["send"])] = record
        self.scene.move(record, self.scene.place("topic", topic, "middle"), "sent")
        keyed = f" with the key {key}" if key else ""
        return f"{event.who} sends “{value_of(event)}”{keyed} to {self.label[topic]}."

    def tell_stored(self, event: Event) -> str:
        """The broker has answered."""
        topic, number, offset = (
            str(event.what["topic"]),
            int(event.what["partition"]),
            int(event.what["offset"]),
        )
        record = self.sends.get((event.who, int(event.what["send"])))
        if record is None:
            self.scene.lacks("the sending of a record that was stored")
            return "The broker stores a record."
        self.records[topic, number, offset] = record
        self.scene.move(record, self.partition(topic, number), "plain")
        return f"The broker stores “{self.scene.messages[record]}” in partition {number} at offset {offset}."

    def tell_not_stored(self, event: Event) -> str:
        """The producer has given up."""
        record = self.sends.get((event.who, int(event.what["send"])))
        if record is None:
            self.scene.lacks("the sending of a record that was not stored")
            return f"A send of {event.who} ends with {event.what['why']}."
        self.scene.move(record, self.scene.place("end", "dropped", "end", "not stored"), "done")
        return f"The send of “{self.scene.messages[record]}” ends with {event.what['why']}."

    def tell_assigned(self, event: Event) -> str:
        """A consumer has its partitions."""
        pairs = partitions_of(event)
        topics = dict.fromkeys(topic for topic, _ in pairs)
        found = " and ".join(
            f"{partitions([number for of, number in pairs if of == topic])} of {self.label[topic]}"
            for topic in topics
        )
        self.scene.note(self.program[event.who], f"reads {found}" if found else "has no partition")
        return f"{event.who} is assigned {found or 'no partition'}."

    def tell_read(self, event: Event) -> str:
        """poll has returned a record."""
        topic, number, offset = (
            str(event.what["topic"]),
            int(event.what["partition"]),
            int(event.what["offset"]),
        )
        place = self.partition(topic, number)
        key = (topic, number, offset)
        if key not in self.records:  # a log has records from before the recording, which is no gap
            self.records[key] = self.scene.message(named(event))
            self.scene.move(self.records[key], place, "plain")
        again = any((of, part, at) == key for of, part, at, _ in self.copies.get(event.who, []))
        copy = self.scene.message(named(event))
        self.copies.setdefault(event.who, []).append((topic, number, offset, copy))
        self.scene.move(copy, self.program[event.who], "again" if again else "held")
        flag = " again" if again else ""
        return f"{event.who} reads “{named(event)}”{flag}: partition {number}, offset {offset}."

    def tell_sought(self, event: Event) -> str:
        """The position was set."""
        return f"{event.who} seeks to offset {event.what['offset']} of partition {event.what['partition']}."

    def tell_committed(self, event: Event) -> str:
        """The coordinator has accepted offsets."""
        group = str(event.what["group"])
        same: dict[int, list[int]] = {}
        for topic, number, offset in event.what["offsets"]:
            self.committed.setdefault((topic, number), {})[group] = int(offset)
            same.setdefault(int(offset), []).append(int(number))
            for of, part, at, copy in self.copies.get(event.who, []):
                if (of, part) == (topic, number) and at < int(offset):
                    self.scene.move(copy, self.program[event.who], "done")
        said = " and ".join(f"offset {offset} of {partitions(numbers)}" for offset, numbers in same.items())
        return f"{event.who} commits {said} for the group {self.label[group]}."

    def tell_signalled(self, event: Event) -> str:
        """A process got a signal."""
        name = str(event.what["signal"])
        if name != "SIGKILL":
            return f"{event.who} gets {name}."
        self.finish(event.who, "dead")
        return f"{event.who} is ended with SIGKILL."

    def tell_closed(self, event: Event) -> str:
        """A client was closed."""
        self.finish(event.who, "closed")
        return f"{event.who} closes."

    def finish(self, who: str, state: State) -> None:
        """A client is gone."""
        self.scene.state(self.program[who], state)


def named(event: Event) -> str:
    """A record by its key and value."""
    key = event.what.get("key")
    return value_of(event) if key is None else f"{key} {value_of(event)}"


def value_of(event: Event) -> str:
    """The value of a record; a tombstone has null."""
    return str(event.what.get("message", "null"))


def partitions_of(event: Event) -> list[tuple[str, int]]:
    if "partitions" in event.what:
        return [(str(topic), int(number)) for topic, number in event.what["partitions"]]
    if "offsets" in event.what:
        return [(str(topic), int(number)) for topic, number, _ in event.what["offsets"]]
    if "partition" in event.what:
        return [(str(event.what["topic"]), int(event.what["partition"]))]
    return []


def partitions(numbers: list[int]) -> str:
    """ "partition 0", "partitions 0 and 2", "partitions 0, 1 and 2"."""
    first, *more = [str(number) for number in sorted(numbers)]
    if not more:
        return f"partition {first}"
    return f"partitions {', '.join([first, *more[:-1]])} and {more[-1]}"


def plain_with_hyphens(names: list[str]) -> dict[str, str]:
    """Names of a run, as "log-diary-3fa2b1", by the part in which they differ: "diary"."""
    short = plain([name.replace("-", ".") for name in names])
    return {name: short[name.replace("-", ".")] for name in names}
