"""What a check does at Azure Service Bus itself: fresh queues, numbered messages, counts, all of it removed afterwards."""

import json
import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from types import TracebackType
from typing import Any, Self

from azure.core.exceptions import AzureError
from azure.servicebus import (
    ServiceBusClient,
    ServiceBusMessage,
    ServiceBusReceivedMessage,
    ServiceBusReceiveMode,
    ServiceBusReceiver,
    ServiceBusSubQueue,
)
from azure.servicebus.exceptions import SessionCannotBeLockedError
from azure.servicebus.management import ServiceBusAdministrationClient

from mqcourse.grading import journal
from mqcourse.stack import endpoints
from mqcourse.stack.unanswered import unanswered

LOCK_S = 5
"""The shortest lock the service allows: a check that waits for one to expire need not wait long."""


class Desk:
    """Clients of the check's own. As a context manager it deletes at its end every queue it made."""

    def __init__(self) -> None:
        settings = endpoints().servicebus_administration
        self._admin = ServiceBusAdministrationClient.from_connection_string(**settings, retry_total=0)
        try:
            self._admin.get_namespace_properties()
        except AzureError as error:
            raise unanswered("servicebus", error) from error
        self._client = ServiceBusClient.from_connection_string(settings["conn_str"])
        self._made: list[str] = []
        self._peeking: dict[str, ServiceBusReceiver] = {}
        self._numbers: dict[bytes, int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()
        for name in self._made:
            self._admin.delete_queue(name)
            journal.gone("servicebus", "queue", name)
        self._admin.close()

    def queue(self, purpose: str, **settings: Any) -> str:
        """A queue nobody used before, its locks as short as can be; gives its name."""
        name = f"check.{purpose}.{secrets.token_hex(4)}"
        usual: dict[str, Any] = {
            "lock_duration": timedelta(seconds=LOCK_S),
            "auto_delete_on_idle": timedelta(minutes=10),  # a run that was killed leaves nothing for good
        }
        journal.note("servicebus", "queue", name)
        self._admin.create_queue(name, **usual | settings)
        self._made.append(name)
        return name

    def body(self, number: int, **fields: Any) -> bytes:
        """The body of that message. It cannot be guessed and holds no number, so work reported on it was received from
        the queue.
        """
        body = json.dumps({**fields, "job": secrets.token_hex(8)}).encode()
        self._numbers[body] = number
        return body

    def number_of(self, body: bytes) -> int | None:
        """The number of the message with that body; None for a body that is none of ours."""
        return self._numbers.get(body)

    def send(
        self,
        queue: str,
        numbers: Iterable[int],
        *,
        sessions: Mapping[int, str] | None = None,
        fields: Mapping[int, Mapping[str, Any]] | None = None,
    ) -> None:
        """Send messages in order; `sessions` maps a number to its session id, `fields` to more of its body."""
        messages = [
            ServiceBusMessage(
                self.body(number, **(fields or {}).get(number, {})), session_id=(sessions or {}).get(number)
            )
            for number in numbers
        ]
        with self._client.get_queue_sender(queue) as sender:
            sender.send_messages(messages)

    def give_back(self, queue: str, number: int, session: str) -> None:
        """Receive a message that waits in a session, and abandon it: its next delivery is not its first one.

        What is received besides stays undelivered, so far as its delivery_count shows: the session is released unsettled.
        """
        with self._client.get_queue_receiver(queue, session_id=session) as receiver:
            while True:
                for message in receiver.receive_messages(100, max_wait_time=5):
                    if self._number(message) == number:
                        receiver.abandon_message(message)
                        return

    def held(self, queue: str, sessions: Iterable[str]) -> set[str]:
        """Those of the sessions that a receiver holds now: the service is asked for each, and what it gives is let go."""
        found: set[str] = set()
        settings = endpoints().servicebus_administration
        with ServiceBusClient.from_connection_string(settings["conn_str"], retry_total=0) as client:
            for session in sessions:
                try:
                    with client.get_queue_receiver(queue, session_id=session):
                        pass
                except SessionCannotBeLockedError:
                    found.add(session)
        return found

    def active(self, queue: str) -> int:
        """How many messages the queue holds that are neither dead letters nor scheduled; locked ones count."""
        return self._admin.get_queue_runtime_properties(queue).active_message_count or 0

    def dead(self, queue: str) -> int:
        """How many dead letters the queue has."""
        return self._admin.get_queue_runtime_properties(queue).dead_letter_message_count or 0

    def becomes(self, condition: Callable[[], bool], limit_s: float) -> bool:
        """Whether the condition, asked again and again, becomes true in that time."""
        end_s = time.monotonic() + limit_s
        while not condition():
            if time.monotonic() > end_s:
                return False
            time.sleep(0.05)
        return True

    def peek(self, queue: str) -> list[int]:
        """Numbers of the messages in a queue without sessions, locked ones included, without locking or taking any."""
        if (
            queue not in self._peeking
        ):  # kept: to open a link takes a hundred times as long as to look through it
            self._peeking[queue] = self._client.get_queue_receiver(queue)
        return [
            self._number(message) for message in self._peeking[queue].peek_messages(100, sequence_number=1)
        ]

    def dead_letters(self, queue: str) -> list[tuple[int, str, str]]:
        """Every dead letter, taken out: number, reason, description."""
        taken: list[tuple[int, str, str]] = []
        with self._client.get_queue_receiver(
            queue,
            sub_queue=ServiceBusSubQueue.DEAD_LETTER,
            receive_mode=ServiceBusReceiveMode.RECEIVE_AND_DELETE,
        ) as receiver:
            while count := self.dead(queue):
                taken += [
                    (
                        self._number(message),
                        message.dead_letter_reason or "",
                        message.dead_letter_error_description or "",
                    )
                    for message in receiver.receive_messages(count, max_wait_time=5)
                ]
        return taken

    def _number(self, message: ServiceBusReceivedMessage) -> int:
        return self._numbers.get(b"".join(bytes(part) for part in message.body), -1)
