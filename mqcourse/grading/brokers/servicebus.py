"""What a check does at Azure Service Bus itself: fresh queues, numbered messages, counts, all of it removed afterwards."""

import contextlib
import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from azure.core.exceptions import AzureError, ResourceNotFoundError
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
from mqcourse.grading.brokers.check_broker import CheckBroker
from mqcourse.stack import endpoints
from mqcourse.stack.unanswered import unanswered

LOCK_S = 5
"""The shortest lock the service allows: a check that waits for one to expire need not wait long."""

LONG_LOCK_S = 60
"""The lock of what no check waits for."""


class CheckServiceBus(CheckBroker):
    """Clients of the check's own. At its end it deletes every queue that it made."""

    BROKER = "servicebus"

    def __init__(self) -> None:
        super().__init__()
        self._admin = _administration()
        try:
            self._admin.get_namespace_properties()
        except AzureError as error:
            raise unanswered("servicebus", error) from error
        settings = endpoints().servicebus_administration
        self._client = ServiceBusClient.from_connection_string(settings["conn_str"])
        self._made: list[str] = []
        self._peeking: dict[str, ServiceBusReceiver] = {}

    def close(self) -> None:
        self._client.close()
        for name in self._made:
            self._admin.delete_queue(name)
            journal.gone("servicebus", "queue", name)
        self._admin.close()

    def queue(self, purpose: str, **settings: Any) -> str:
        """A queue nobody used before, its locks as short as can be; gives its name."""
        name = self._new_name("queue", f"check.{purpose}")
        usual: dict[str, Any] = {
            "lock_duration": timedelta(seconds=LOCK_S),
            "auto_delete_on_idle": timedelta(minutes=10),  # a run that was killed leaves nothing for good
        }
        self._admin.create_queue(name, **usual | settings)
        self._made.append(name)
        return name

    def lengthen_locks(self, queue: str) -> None:
        """From now on a message is locked for a minute: a right answer must settle in time on a busy machine as well."""
        found = self._admin.get_queue(queue)
        found.lock_duration = timedelta(seconds=LONG_LOCK_S)
        self._admin.update_queue(found)

    def body(self, number: int, **fields: Any) -> bytes:
        """The body of that message. It cannot be guessed and holds no number, so work reported on it was received from
        the queue.
        """
        return self._numbered(number, {**fields, "job": secrets.token_hex(8)})

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
        return self._admin.get_queue_runtime_properties(queue).dead_letter_message_count or 0

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


def remove(things: Sequence[tuple[str, str]]) -> None:
    """Delete queues and topics, each as (kind, name); what is not there is no error."""
    with _administration() as admin:
        for kind, name in things:
            with contextlib.suppress(ResourceNotFoundError):
                (admin.delete_topic if kind == "topic" else admin.delete_queue)(name)


def exists(kind: str, name: str) -> bool:
    """Whether there is a queue (or topic) of that name."""
    with _administration() as admin:
        try:
            (admin.get_topic if kind == "topic" else admin.get_queue)(name)
        except ResourceNotFoundError:
            return False
        return True


def _administration() -> ServiceBusAdministrationClient:
    return ServiceBusAdministrationClient.from_connection_string(
        **endpoints().servicebus_administration, retry_total=0
    )
