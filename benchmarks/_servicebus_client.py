"""One client process of `mq bench servicebus`: connect, say `ready`, wait for a line, work, say `done`, close.

What comes after `done` is not measured: to close a sender or receiver costs the SDK about a second, for any number
of messages.

    python -m benchmarks._servicebus_client KIND ADDRESS QUEUE MESSAGES

KIND is a key of KINDS. ADDRESS is a connection string for the emulator, host:port for a broker of plain AMQP 1.0.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

BODY = b"x" * 1024
BATCH = 100
"""Messages of a batch, and most messages of one receive."""


@contextmanager
def measured() -> Iterator[None]:
    """Say that everything is connected, wait for the starting shot, and say when the work inside is done."""
    _say("ready")
    sys.stdin.readline()
    yield
    _say("done")


def _say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def sdk_batches(address: str, queue: str, messages: int) -> None:
    """azure-servicebus: `send_messages` of a list."""
    from azure.servicebus import ServiceBusClient, ServiceBusMessage

    with ServiceBusClient.from_connection_string(address) as client, client.get_queue_sender(queue) as sender:
        sender.send_messages(ServiceBusMessage(BODY))
        with measured():
            for _ in range(messages // BATCH):
                sender.send_messages([ServiceBusMessage(BODY) for _ in range(BATCH)])


def sdk_singles(address: str, queue: str, messages: int) -> None:
    """azure-servicebus: `send_messages` of one message, each confirmed before the next."""
    from azure.servicebus import ServiceBusClient, ServiceBusMessage

    with ServiceBusClient.from_connection_string(address) as client, client.get_queue_sender(queue) as sender:
        sender.send_messages(ServiceBusMessage(BODY))
        with measured():
            for _ in range(messages):
                sender.send_messages(ServiceBusMessage(BODY))


def sdk_receives(address: str, queue: str, messages: int) -> None:
    """azure-servicebus: `receive_messages`, then `complete_message` of each, which waits for the service's word."""
    from azure.servicebus import ServiceBusClient

    with (
        ServiceBusClient.from_connection_string(address) as client,
        client.get_queue_receiver(queue) as receiver,
    ):
        receiver.complete_message(receiver.receive_messages(1, max_wait_time=10)[0])
        with measured():
            left = messages
            while left:
                received = receiver.receive_messages(min(BATCH, left), max_wait_time=10)
                if not received:
                    raise SystemExit(f"{left} messages of {messages} did not come")
                for message in received:
                    receiver.complete_message(message)
                left -= len(received)


def plain_singles(address: str, queue: str, messages: int) -> None:
    """The thin AMQP client: one message after the other, each accepted before the next."""
    from servicebus_emulator.amqp.message import build

    payload = build(body=BODY)
    with _plain(address) as client:
        sender = client.sender(_node(address, queue))
        sender.post_encoded(payload)
        with measured():
            for _ in range(messages):
                sender.post_encoded(payload)


def plain_receives(address: str, queue: str, messages: int) -> None:
    """The thin AMQP client: credit for a hundred, each message accepted and its settlement awaited."""
    with _plain(address) as client:
        receiver = client.receiver(_node(address, queue))
        receiver.complete(receiver.receive())
        with measured():
            left = messages
            while left:
                size = min(BATCH, left)
                receiver.link.grant(size)
                received = [receiver.receive() for _ in range(size)]
                for message in received:
                    receiver.complete(message)
                left -= size


def _plain(address: str):  # type: ignore[no-untyped-def]
    from servicebus_emulator.client import AmqpClient, Endpoint

    if "Endpoint=" in address:
        return AmqpClient(address)
    host, _, port = address.partition(":")
    return AmqpClient.plain(Endpoint(host, int(port), "guest", "guest", tls=False))


def _node(address: str, queue: str) -> str:
    """What a queue is called: RabbitMQ's address format 2 or Service Bus's plain name."""
    return queue if "Endpoint=" in address else f"/queues/{queue}"


KINDS: dict[str, Callable[[str, str, int], None]] = {
    "sdk-batches": sdk_batches,
    "sdk-singles": sdk_singles,
    "sdk-receives": sdk_receives,
    "plain-singles": plain_singles,
    "plain-receives": plain_receives,
}


def main() -> None:
    """Run one kind here."""
    kind, address, queue, messages = sys.argv[1:]
    KINDS[kind](address, queue, int(messages))


if __name__ == "__main__":
    main()
