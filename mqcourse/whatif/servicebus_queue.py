"""A queue of Azure Service Bus in peek-lock mode, and one receiver at a time.

A received message stays in the queue, locked for a minute. `failed` is the delivery count of the Python client: the
deliveries that failed before this one. A receiver without prefetch is modelled.
"""

from dataclasses import dataclass

from mqcourse.whatif.message_names import name, names
from mqcourse.whatif.shelf import Shelf, Token
from mqcourse.whatif.told import Told, plain

SERVICEBUS_EVENTS = ("publish", "receive", "settle", "return", "kill", "wait")
"""Those that a queue has."""


@dataclass(slots=True)
class ServiceBusMessage:
    """A message of the queue. `lock`: the number of the lock that is on it, 0 for none."""

    number: int
    failed: int
    lock: int


@dataclass(frozen=True)
class Received:
    """What the program has in hand: a message, and the lock that it was received with."""

    message: ServiceBusMessage
    lock: int


class ServiceBusQueue:
    """The queue in the order of its sequence numbers, its dead-letter queue, and what the receiver's program has."""

    def __init__(self, max_delivery_count: int) -> None:
        self.max_delivery_count = max_delivery_count
        self.sent = 0
        self.locks = 0
        self.messages: list[ServiceBusMessage] = []
        self.dead: list[int] = []
        self.completed: list[int] = []
        self.held: list[Received] = []
        self.receiver = 0
        self.running = False

    def do(self, event: str) -> Told:
        """Let an event happen."""
        if event == "publish":
            return self.send()
        if event == "receive":
            return self.receive()
        if event == "settle":
            return self.complete()
        if event == "return":
            return self.abandon()
        if event == "kill":
            return self.kill()
        if event == "wait":
            return self.wait()
        if event == "rewind":
            say = "A queue cannot be read again, because it deletes what is completed. Peek shows only what is left."
            return plain("cannot", 0, say)
        say = "A queue has no retention. Its messages have no time to live unless you set one."
        return plain("cannot", 0, say)

    def send(self) -> Told:
        """A sender sends a message, which the service accepts."""
        self.sent += 1
        self.messages.append(ServiceBusMessage(self.sent, 0, 0))
        return plain(
            "published", self.sent, f"The queue accepts {name(self.sent)} with sequence number {self.sent}."
        )

    def receive(self) -> Told:
        """The program receives the first message that is not locked; without a receiver, one is opened first."""
        if not self.running:
            self.receiver += 1
            self.running = True
        free = [one for one in self.messages if one.lock == 0]
        if not free:
            say = "The queue has no active message."
            if self.messages:
                locked = names([one.number for one in self.messages])
                say = f"The queue has no message that is not locked: {locked}."
            return plain("empty", 0, say)
        first = free[0]
        self.locks += 1
        first.lock = self.locks
        self.held.append(Received(first, self.locks))
        say = f"Receiver {self.receiver} gets {name(first.number)}, locked for a minute. Its delivery count is {first.failed}."
        return Told("received", first.number, first.failed, False, -1, say)

    def complete(self) -> Told:
        """The program completes the oldest message that it has."""
        if not self.held:
            return plain("nothing", 0, "The program has no message that it could complete.")
        first = self.held[0]
        self.held = self.held[1:]
        number = first.message.number
        if first.message.lock != first.lock:
            return plain("lost", number, self._lock_lost(number))
        self._take_out(number)
        self.completed.append(number)
        say = f"Receiver {self.receiver} completes {name(number)}, and the queue deletes it."
        return plain("settled", number, say)

    def abandon(self) -> Told:
        """The program abandons the oldest message that it has."""
        if not self.held:
            return plain("nothing", 0, "The program has no message that it could abandon.")
        first = self.held[0]
        self.held = self.held[1:]
        number = first.message.number
        if first.message.lock != first.lock:
            return plain("lost", number, self._lock_lost(number))
        fate = f"It can be received again at once, and its delivery count is {first.message.failed + 1}."
        if self._failed(first.message):
            fate = f"It was delivered {self.max_delivery_count} times, so the queue dead-letters it (MaxDeliveryCountExceeded)."
        return plain("returned", number, f"Receiver {self.receiver} abandons {name(number)}. {fate}")

    def kill(self) -> Told:
        """The receiver's process is killed; the locks stay."""
        if not self.running:
            return plain("nothing", 0, "No receiver runs.")
        self.running = False
        self.held = []
        locked = [one.number for one in self.messages if one.lock > 0]
        say = f"Receiver {self.receiver} is gone. It had no message locked."
        if locked:
            say = f"Receiver {self.receiver} is gone. The service keeps the lock of {names(locked)} until it expires."
        return plain("killed", 0, say)

    def wait(self) -> Told:
        """A minute passes, and every lock expires."""
        expired = [one for one in self.messages if one.lock > 0]
        if not expired:
            return plain("waited", 0, "A minute changes nothing, because no message is locked.")
        died: list[int] = []
        for one in expired:
            if self._failed(one):
                died.append(one.number)
        back = [one.number for one in expired if one.number not in died]
        numbers = names([one.number for one in expired])
        say = f"The lock of {numbers} expires." if len(expired) == 1 else f"The locks of {numbers} expire."
        if back:
            say = f"{say} The queue can deliver {names(back)} again, with a higher delivery count."
        if died:
            say = f"{say} After {self.max_delivery_count} deliveries the queue dead-letters {names(died)} (MaxDeliveryCountExceeded)."
        return plain("waited", 0, say)

    def _failed(self, message: ServiceBusMessage) -> bool:
        """A delivery failed: the lock is gone; whether the message is dead-lettered."""
        message.lock = 0
        message.failed += 1
        if message.failed < self.max_delivery_count:
            return False
        self._take_out(message.number)
        self.dead.append(message.number)
        return True

    def _take_out(self, number: int) -> None:
        self.messages = [one for one in self.messages if one.number != number]

    def _lock_lost(self, number: int) -> str:
        return f"The lock of {name(number)} has expired, so the service refuses (MessageLockLostError)."

    def shelves(self) -> list[Shelf]:
        """Where the messages are."""
        waiting = [
            Token(one.number, "again" if one.failed > 0 else "waits", f"delivery count {one.failed}")
            for one in self.messages
            if one.lock == 0
        ]
        locked = [
            Token(one.number, "held", f"locked, delivery count {one.failed}")
            for one in self.messages
            if one.lock > 0
        ]
        title = "Locked, no receiver"
        if self.running:
            title = f"Locked, receiver {self.receiver}"
        dead = [Token(number, "dead", "dead-lettered") for number in self.dead]
        gone = [Token(number, "done", "completed and deleted") for number in self.completed]
        return [
            Shelf("Queue, active", waiting, ""),
            Shelf(title, locked, "each for 1 minute"),
            Shelf("Dead-letter queue", dead, f"maximum delivery count {self.max_delivery_count}"),
            Shelf("Deleted", gone, ""),
        ]
