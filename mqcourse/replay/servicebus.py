"""The recorder for Service Bus: it notes what the calls of an azure-servicebus client gave.

The chapter's code calls azure-servicebus as always. A send counts when the service has accepted it, a message as received
when the call has returned it, and a settlement when the service has confirmed it. Watch the administration client as well,
and what it counts becomes an event.
"""

from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any

from mqcourse.replay.tape import Tape, label_of, recording, tape

SETTLED = {
    "complete": "completed",
    "abandon": "abandoned",
    "dead-letter": "dead-lettered",
    "defer": "deferred",
}
"""The client's word for a settlement, and the recording's."""


def record(name: str, **clients: Any) -> AbstractContextManager[None]:
    """Record what these senders, receivers and administration clients do, and those that programs `watch`."""
    return recording(name, "servicebus", _watch, clients)


def watch(client: Any, who: str) -> None:
    """Let a client take part in the recording that runs, under this name. Without a recording it does nothing."""
    running = tape()
    if running is not None:
        _watch(client, who, running)


def _watch(client: Any, who: str, tape: Tape) -> None:
    if hasattr(client, "send_messages"):
        Sender(client, who, tape).attach()
    elif hasattr(client, "receive_messages"):
        Receiver(client, who, tape).attach()
    else:
        Counts(client, who, tape).attach()


def label(message: Any) -> str:
    """A message's body as the reader knows it."""
    return label_of(str(message).encode())


class Sender:
    """Notes what a sender sends."""

    def __init__(self, sender: Any, who: str, tape: Tape) -> None:
        self.sender = sender
        self.who = who
        self.tape = tape

    def attach(self) -> None:
        """Begin."""
        sends, closes = self.sender.send_messages, self.sender.close

        def send(message: Any, **options: Any) -> Any:
            here = self.tape.here()
            several = list(message) if isinstance(message, list | tuple) else [message]
            try:
                given = sends(message, **options)
            except Exception as error:
                self.write("not-sent", here, messages=len(several), why=type(error).__name__)
                raise
            for one in several:
                self.write(
                    "sent",
                    here,
                    entity=self.sender.entity_name,
                    message=label(one),
                    id=getattr(one, "message_id", None),
                    session=getattr(one, "session_id", None),
                )
            return given

        def close() -> Any:
            here = self.tape.here()
            given = closes()
            self.write("closed", here)
            return given

        self.sender.send_messages, self.sender.close = send, close
        self.write("joined", self.tape.here())

    def write(self, did: str, cause: str, **what: Any) -> None:
        """An event."""
        self.tape.write(self.who, did, cause, **what)


class Receiver:
    """Notes what a receiver receives, settles and renews."""

    def __init__(self, receiver: Any, who: str, tape: Tape) -> None:
        self.receiver = receiver
        self.who = who
        self.tape = tape

    def attach(self) -> None:
        """Begin."""
        receiver = self.receiver
        takes, settles = receiver.receive_messages, receiver._settle_message_with_retry
        renews, closes, deferred = (
            receiver.renew_message_lock,
            receiver.close,
            receiver.receive_deferred_messages,
        )

        def take(*arguments: Any, **options: Any) -> Any:
            return self.received(takes(*arguments, **options))

        def take_deferred(*arguments: Any, **options: Any) -> Any:
            return self.received(deferred(*arguments, **options))

        def settle(message: Any, settle_operation: str, *arguments: Any, **options: Any) -> Any:
            here = self.tape.here()
            what = {"message": label(message), "sequence": message.sequence_number}
            try:
                given = settles(message, settle_operation, *arguments, **options)
            except Exception as error:
                self.write("not-settled", here, settlement=settle_operation, why=type(error).__name__, **what)
                raise
            self.write(SETTLED.get(settle_operation, settle_operation), here, **what)
            return given

        def renew(message: Any, **options: Any) -> Any:
            here = self.tape.here()
            until = renews(message, **options)
            sequence = message.sequence_number
            self.write("renewed", here, message=label(message), sequence=sequence, lock_ms=left_ms(until))
            return until

        def close() -> Any:
            here = self.tape.here()
            given = closes()
            self.write("closed", here)
            return given

        receiver.receive_messages, receiver._settle_message_with_retry = take, settle
        receiver.renew_message_lock, receiver.close = renew, close
        receiver.receive_deferred_messages = take_deferred
        mode = getattr(receiver._receive_mode, "value", receiver._receive_mode)
        self.write(
            "joined",
            self.tape.here(),
            entity=self.entity(),
            dead_letters=self.of_dead_letters() or None,
            deletes=(str(mode) == "receiveanddelete") or None,
            session=getattr(receiver._session, "session_id", None) if receiver._session else None,
        )

    def entity(self) -> str:
        """The queue, or the subscription of a topic, without the part that names its dead letters."""
        path = str(self.receiver.entity_path).split("/$")[0]
        return path.replace("/Subscriptions/", "/")

    def of_dead_letters(self) -> bool:
        """Whether it receives dead letters."""
        return "/$deadletterqueue" in str(self.receiver.entity_path).lower()

    def received(self, messages: Any) -> Any:
        """Note messages that a call returns."""
        here = self.tape.here()
        for one in messages:
            self.write(
                "received",
                here,
                entity=self.entity(),
                message=label(one),
                id=one.message_id,
                sequence=one.sequence_number,
                deliveries=one.delivery_count,
                session=one.session_id,
                reason=one.dead_letter_reason,
                lock_ms=left_ms(getattr(one, "locked_until_utc", None)),
            )
        return messages

    def write(self, did: str, cause: str, **what: Any) -> None:
        """An event."""
        self.tape.write(self.who, did, cause, **what)


class Counts:
    """Notes what the administration client counts in a queue."""

    def __init__(self, admin: Any, who: str, tape: Tape) -> None:
        self.admin = admin
        self.who = who
        self.tape = tape
        self.known: dict[str, tuple[int, int]] = {}

    def attach(self) -> None:
        """Begin."""
        counts = self.admin.get_queue_runtime_properties

        def count(queue: Any, **options: Any) -> Any:
            found = counts(queue, **options)
            now = (found.active_message_count, found.dead_letter_message_count)
            if self.known.get(str(queue)) != now:  # an answer that was given before is not repeated
                self.known[str(queue)] = now
                here = self.tape.here()
                self.tape.write(self.who, "counted", here, entity=str(queue), active=now[0], dead=now[1])
            return found

        self.admin.get_queue_runtime_properties = count
        self.tape.write(self.who, "joined")


def left_ms(until: datetime | None) -> int | None:
    """How long a lock lasts from now on."""
    return None if until is None else round((until - datetime.now(UTC)).total_seconds() * 1000)
