"""The broker: takes messages in, keeps them in order and within limits, hands them to consumers with credit."""

from collections import deque
from typing import Any

from mqcourse.backpressure.model.consumer import Consumer
from mqcourse.backpressure.model.message import Message, MessageQueue
from mqcourse.backpressure.model.meter import Meter
from mqcourse.backpressure.model.scenario import Scenario


class Broker:
    """One queue, or one for each partition; at every instant no message waits while a consumer of it has credit."""

    def __init__(self, env: Any, scenario: Scenario, meter: Meter) -> None:
        self.env = env
        self.scenario = scenario
        self.meter = meter
        by_priority = scenario.order == "priority"
        self.queues = [
            MessageQueue(len(scenario.priority_mix), by_priority) for _ in range(scenario.partitions or 1)
        ]
        self.prefetch = scenario.prefetch
        self.limit = 1 << 60 if scenario.queue_limit is None else scenario.queue_limit
        self.available: deque[Consumer] = deque()  # shared queue: consumers with credit, the next one first
        self.owners: list[Consumer] = []  # partitions: who reads each
        self.room_wanted: deque[Any] = deque()  # producers that wait for room, the first one first
        self.work_wanted: Any = None  # the expiring process, while it has nothing to watch
        self.expire_after_s = 1e300 if scenario.expire_after_s is None else scenario.expire_after_s
        if scenario.expire_after_s is not None:
            env.process(self.expire(scenario.expire_after_s))

    def next_consumer(self, partition: int) -> Consumer | None:
        """The consumer that may take the next message of this queue, if one has credit."""
        if self.owners:
            owner = self.owners[partition]
            return owner if owner.taking and owner.unacked < self.prefetch else None
        return self.available[0] if self.available else None

    def has_room(self, message: Message) -> bool:
        """Whether a message would be taken in without anything having to go."""
        return (
            self.queues[message.partition].count < self.limit
            or self.next_consumer(message.partition) is not None
        )

    def publish(self, message: Message) -> bool:
        """Take a message in, by the rule for a full queue; False when it was rejected."""
        meter, partition = self.meter, message.partition
        message.entered_s = meter.now
        queue = self.queues[partition]
        consumer = self.next_consumer(partition) if queue.count == 0 else None
        if consumer is not None:
            self.deliver(message, consumer)
            return True
        if queue.count >= self.limit and not self.make_room(queue, message):
            meter.end(message, meter.rejected)
            message.answered = True
            meter.note("rejected", message)
            return False
        self.put(message)
        return True

    def put(self, message: Message) -> None:
        """Let a message wait at the tail of its queue."""
        meter = self.meter
        self.queues[message.partition].put(message)
        meter.waiting += 1
        if meter.waiting > meter.most_waiting:
            meter.most_waiting = meter.waiting
        if meter.journal is not None:
            meter.note("queued", message)
        if self.work_wanted is not None:
            self.watch()

    def watch(self) -> None:
        """Wake the expiring process: there is something to watch again."""
        self.work_wanted.succeed()
        self.work_wanted = None

    def make_room(self, queue: MessageQueue, message: Message) -> bool:
        """Drop a waiting message in favour of this one, where the rule requires it; else False."""
        policy = self.scenario.on_full
        if policy == "drop-oldest" and queue.count > 0:
            victim = queue.take_oldest()
        elif policy == "drop-lowest" and queue.lowest() > message.kind:
            victim = queue.take_newest_of(queue.lowest())
        else:  # reject; block (a caller that could not wait); expire (what is too old has gone before)
            return False
        self.drop(victim, self.meter.dropped, "dropped")
        return True

    def drop(self, victim: Message, counts: list[int], what: str) -> None:
        """End a message that was taken out of a queue."""
        self.meter.waiting -= 1
        self.meter.end(victim, counts)
        self.meter.note(what, victim)

    def deliver(self, message: Message, consumer: Consumer) -> None:
        """Give a message to a consumer with credit: it counts as in flight until it is acknowledged."""
        meter = self.meter
        meter.in_flight += 1
        consumer.unacked += 1
        message.ready_s = meter.now + self.scenario.delivery_s
        consumer.inbox.append(message)
        if not self.owners:
            self.available.popleft()
            if consumer.unacked < self.prefetch:
                self.available.append(consumer)  # round robin
        if meter.journal is not None:
            meter.note("delivered", message, consumer.number)
        if consumer.asleep is not None:
            consumer.asleep.succeed()
            consumer.asleep = None

    def dispatch(self, partition: int) -> None:
        """Deliver waiting messages as long as a consumer has credit; then let waiting producers in."""
        queue = self.queues[partition]
        while queue.count:
            consumer = self.next_consumer(partition)
            if consumer is None:
                break
            message = queue.take()
            if message.entered_s + self.expire_after_s <= self.meter.now:
                self.drop(message, self.meter.expired, "expired")  # it came back too old
                continue
            self.meter.waiting -= 1
            self.deliver(message, consumer)
        if self.room_wanted:
            self.admit_waiting()

    def admit_waiting(self) -> None:
        """Wake the first waiting producer whose message would be taken in."""
        for waiter in self.room_wanted:
            if self.has_room(waiter.message):
                self.room_wanted.remove(waiter)
                waiter.wake()
                return

    def acknowledged(self, consumer: Consumer) -> None:
        """A consumer is done with one message, well or badly: its credit is back, and it gets the next message."""
        self.meter.in_flight -= 1
        consumer.unacked -= 1
        if not consumer.taking:
            return
        if not self.owners:
            if consumer.unacked == self.prefetch - 1:
                self.available.append(consumer)
            self.dispatch(0)
        else:
            self.serve(consumer)

    def serve(self, consumer: Consumer) -> None:
        """Deliver from a consumer's own partitions, another one first each time."""
        if consumer.partitions:
            consumer.partitions.rotate(-1)
            for partition in tuple(consumer.partitions):
                self.dispatch(partition)

    def joined(self, consumer: Consumer) -> None:
        """A consumer with all its credit is ready."""
        if not self.owners:
            self.available.append(consumer)
            self.dispatch(0)
        else:
            self.serve(consumer)

    def left(self, consumer: Consumer) -> None:
        """A consumer takes no more messages."""
        if consumer in self.available:
            self.available.remove(consumer)

    def assign(self, consumers: list[Consumer]) -> None:
        """Deal the partitions out among the consumers: partition p to consumer p modulo their number."""
        if not self.scenario.partitions:
            return
        for consumer in consumers:
            consumer.partitions.clear()
        self.owners = [consumers[partition % len(consumers)] for partition in range(len(self.queues))]
        for partition, owner in enumerate(self.owners):
            owner.partitions.append(partition)
        for partition in range(len(self.queues)):
            self.dispatch(partition)

    def requeue(self, message: Message) -> None:
        """A delivered message returns to the head of its queue: its consumer crashed, left or returned it."""
        self.queues[message.partition].put_back(message)
        self.meter.waiting += 1
        self.meter.note("returned", message)
        if self.expire_after_s < 1e300:
            self.env.process(self.expire_returned(message))

    def oldest_s(self) -> float:
        """Age in seconds of the oldest message at the head of a line; 0 when nothing waits."""
        oldest = 0.0
        for queue in self.queues:
            for head in queue.heads():
                age = self.meter.now - head.entered_s
                if age > oldest:
                    oldest = age
        return oldest

    def expire(self, after_s: float) -> Any:
        """Process: drop every message that reached its age at the head of its line."""
        while True:
            next_s = 1e300
            for queue in self.queues:
                for head in queue.heads():
                    if head.entered_s + after_s < next_s:
                        next_s = head.entered_s + after_s
            if next_s < 1e300:
                yield self.env.timeout(next_s - self.env.now if next_s > self.env.now else 0.0)
                self.drop_expired()
            else:
                self.work_wanted = self.env.event()
                yield self.work_wanted

    def expire_returned(self, message: Message) -> Any:
        """Process: a message that was returned is older than those the expiring process watches; see to it in time."""
        due_s = message.entered_s + self.expire_after_s
        yield self.env.timeout(due_s - self.env.now if due_s > self.env.now else 0.0)
        self.drop_expired()

    def drop_expired(self) -> None:
        """Drop what is too old at the head of each line; then there may be room."""
        self.meter.tick(self.env.now)
        for partition, queue in enumerate(self.queues):
            for line in queue.lines:
                while line and line[0].entered_s + self.expire_after_s <= self.env.now:
                    queue.count -= 1
                    self.drop(line.popleft(), self.meter.expired, "expired")
            self.dispatch(partition)
