"""Lists of events that show a difference between the brokers."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Preset:
    """A list of events with its title, and what to look at."""

    name: str
    title: str
    look_at: str
    letters: str


PRESETS = (
    Preset(
        "crash-before-settling",
        "A crash before settling",
        "The work may be done, and no broker can see it. RabbitMQ redelivers at once, Kafka after the session timeout, and Service Bus after the lock expires.",
        "pprkrwr",
    ),
    Preset(
        "crash-after-settling",
        "A crash after settling, before the work",
        "The message was settled first, so no broker delivers it again. The work of m1 is lost at all three.",
        "pprskrwr",
    ),
    Preset(
        "slow-work",
        "Work that takes longer than the lock",
        "After a minute the lock of Service Bus has expired: complete is refused, and m1 is received again. RabbitMQ and Kafka still wait for the program.",
        "prwsr",
    ),
    Preset(
        "read-again",
        "Read everything again",
        "A queue has deleted what was settled. A Kafka consumer seeks to the beginning and reads the same records.",
        "pprsrszrr",
    ),
    Preset(
        "one-settled-of-two",
        "Two received, one settled",
        "RabbitMQ and Service Bus settle one message. A commit in Kafka covers every record before the position, so after the crash m2 is not read again.",
        "pprrskwrr",
    ),
    Preset(
        "poison",
        "A message that kills every consumer",
        "After three deliveries, Service Bus dead-letters m1, and m2 is next. RabbitMQ dead-letters m1 as well, and also m2, which was in the buffer of each consumer that was killed. Kafka delivers m1 again and again, and m2 is never read.",
        "pprkwrkwrkwr",
    ),
)
