"""What one event did at one broker."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Told:
    """The outcome of an event.

    `did`: published, received, empty, full, settled, returned, lost, killed, waited, joining, rewound, expired, cannot
    (the broker has no such operation) or nothing (it changed no state). `message`: its number, 0 for none. `failed`:
    how often the broker counts that it was delivered before (RabbitMQ's x-delivery-count, Service Bus's delivery count
    in Python; Kafka counts none). `redelivered`: RabbitMQ's flag. `offset`: Kafka's, -1 for none. `say`: one or two
    sentences in the vendor's words.
    """

    did: str
    message: int
    failed: int
    redelivered: bool
    offset: int
    say: str


def plain(did: str, message: int, say: str) -> Told:
    """An outcome without a delivery."""
    return Told(did, message, 0, False, -1, say)
