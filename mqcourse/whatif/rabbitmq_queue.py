"""A quorum queue of RabbitMQ with a delivery limit and a dead-letter queue, and one consumer at a time.

The broker pushes: it delivers up to `prefetch` messages before an acknowledgement, and a client keeps those that the
program has not taken yet. `receive` is the program taking the next one.
"""

from dataclasses import dataclass

from mqcourse.whatif.message_names import name, names
from mqcourse.whatif.shelf import Shelf, Token
from mqcourse.whatif.told import Told, plain

RABBITMQ_EVENTS = ("publish", "receive", "settle", "return", "kill", "wait")
"""Those that a queue has."""


@dataclass(slots=True)
class RabbitMessage:
    """A message of the queue. `failed`: its x-delivery-count; `redelivered`: it was sent to a consumer before."""

    number: int
    failed: int
    redelivered: bool


class RabbitQueue:
    """The queue, its consumer, and its dead-letter queue.

    `nack_counts`: whether a basic.nack with requeue raises the x-delivery-count, as it does before RabbitMQ 4.3.
    """

    def __init__(self, prefetch: int, delivery_limit: int, nack_counts: bool) -> None:
        self.prefetch = prefetch
        self.delivery_limit = delivery_limit
        self.nack_counts = nack_counts
        self.published = 0
        self.ready: list[RabbitMessage] = []
        self.requeued: list[RabbitMessage] = []  # delivered before all that are ready
        self.buffered: list[RabbitMessage] = []  # delivered, and not taken by the program yet
        self.held: list[RabbitMessage] = []  # taken by the program, not acknowledged
        self.dead: list[RabbitMessage] = []
        self.deleted: list[int] = []
        self.consumer = 0
        self.running = False

    def do(self, event: str) -> Told:
        """Let an event happen."""
        if event == "publish":
            return self.publish()
        if event == "receive":
            return self.receive()
        if event == "settle":
            return self.acknowledge()
        if event == "return":
            return self.nack()
        if event == "kill":
            return self.kill()
        if event == "wait":
            return self.wait()
        if event == "rewind":
            say = "A queue cannot be read again, because it deletes what is acknowledged. RabbitMQ's streams can be."
            return plain("cannot", 0, say)
        say = "A queue has no retention. Without a TTL, a message stays until it is acknowledged."
        return plain("cannot", 0, say)

    def publish(self) -> Told:
        """A publisher sends a message and gets its confirm."""
        self.published += 1
        number = self.published
        self.ready.append(RabbitMessage(number, 0, False))
        before = len(self.buffered)
        self._deliver()
        sent = f" It delivers {name(number)} to consumer {self.consumer}, which has fewer than {self.prefetch} unacknowledged."
        more = sent if len(self.buffered) > before else ""
        return plain("published", number, f"The broker confirms {name(number)}.{more}")

    def receive(self) -> Told:
        """The program takes the next delivery; without a consumer, one subscribes first."""
        begun = ""
        if not self.running:
            self.consumer += 1
            self.running = True
            begun = f"Consumer {self.consumer} subscribes with a prefetch count of {self.prefetch}. "
            self._deliver()
        if len(self.held) == self.prefetch:
            say = (
                f"Consumer {self.consumer} has {self.prefetch} unacknowledged deliveries, its prefetch count."
            )
            return plain("full", 0, f"{say} So the broker sends no more.")
        if not self.buffered:
            return plain("empty", 0, f"{begun}The queue has no message that is ready.")
        first = self.buffered[0]
        self.buffered = self.buffered[1:]
        self.held.append(first)
        flag = "redelivered is false"
        if first.redelivered:
            flag = f"redelivered is true, and x-delivery-count is {first.failed}"
        say = f"{begun}Consumer {self.consumer} gets {name(first.number)}: {flag}."
        return Told("received", first.number, first.failed, first.redelivered, -1, say)

    def acknowledge(self) -> Told:
        """basic.ack of the oldest message that the program has."""
        if not self.held:
            return plain("nothing", 0, "The program has no delivery that it could acknowledge.")
        first = self.held[0]
        self.held = self.held[1:]
        self.deleted.append(first.number)
        self._deliver()
        say = f"Consumer {self.consumer} acknowledges {name(first.number)} (basic.ack), and the queue deletes it."
        return plain("settled", first.number, say)

    def nack(self) -> Told:
        """basic.nack with requeue of the oldest message that the program has."""
        if not self.held:
            return plain("nothing", 0, "The program has no delivery that it could return.")
        first = self.held[0]
        self.held = self.held[1:]
        died = self._requeue(first, self.nack_counts)
        self._deliver()
        fate = "The queue delivers it again before messages that are new."
        if died:
            fate = f"Its count is above the delivery limit of {self.delivery_limit}, so the queue dead-letters it."
        say = f"Consumer {self.consumer} returns {name(first.number)} (basic.nack, requeue). {fate}"
        return plain("returned", first.number, say)

    def kill(self) -> Told:
        """The consumer's process is killed; the broker sees its connection close."""
        if not self.running:
            return plain("nothing", 0, "No consumer runs.")
        unacked = [*self.held, *self.buffered]
        self.running = False
        self.held = []
        self.buffered = []
        back: list[int] = []
        died: list[int] = []
        for one in unacked:
            if self._requeue(one, True):
                died.append(one.number)
            else:
                back.append(one.number)
        say = f"The connection of consumer {self.consumer} closes."
        if back:
            say = f"{say} The queue requeues what was unacknowledged, {names(back)}, at once."
        if died:
            say = f"{say} The delivery limit of {self.delivery_limit} is exceeded, so the queue dead-letters {names(died)}."
        if not unacked:
            say = f"{say} It had no unacknowledged delivery."
        return plain("killed", 0, say)

    def wait(self) -> Told:
        """A minute passes."""
        say = "A minute changes nothing: RabbitMQ waits 30 minutes for an acknowledgement (consumer_timeout)."
        return plain("waited", 0, say)

    def _requeue(self, message: RabbitMessage, counts: bool) -> bool:
        """Put a delivery back; whether the delivery limit dead-letters it instead."""
        message.redelivered = True
        if counts:
            message.failed += 1
        if message.failed > self.delivery_limit:
            self.dead.append(message)
            return True
        self.requeued.append(message)
        return False

    def _deliver(self) -> None:
        """Push what the prefetch count allows."""
        while self.running and len(self.held) + len(self.buffered) < self.prefetch:
            if self.requeued:
                self.buffered.append(self.requeued[0])
                self.requeued = self.requeued[1:]
            elif self.ready:
                self.buffered.append(self.ready[0])
                self.ready = self.ready[1:]
            else:
                return

    def shelves(self) -> list[Shelf]:
        """Where the messages are."""
        waiting = [self._token(one, "waits") for one in [*self.requeued, *self.ready]]
        title = f"Consumer {self.consumer}, unacknowledged" if self.running else "No consumer"
        taken = [self._token(one, "held") for one in self.held]
        ahead = [Token(one.number, "held", "in the client's buffer") for one in self.buffered]
        dead = [Token(one.number, "dead", "dead-lettered") for one in self.dead]
        gone = [Token(number, "done", "acknowledged and deleted") for number in self.deleted]
        return [
            Shelf("Queue, ready", waiting, ""),
            Shelf(title, [*taken, *ahead], f"prefetch count {self.prefetch}"),
            Shelf("Dead-letter queue", dead, f"delivery limit {self.delivery_limit}"),
            Shelf("Deleted", gone, ""),
        ]

    def _token(self, message: RabbitMessage, look: str) -> Token:
        if message.redelivered:
            return Token(message.number, "again" if look == "waits" else look, "redelivered")
        return Token(message.number, look, "")
