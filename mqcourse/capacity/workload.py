"""A workload: what is sent, how it is kept, and who reads it."""

from dataclasses import dataclass

from mqcourse.backpressure.model.field import choice, number
from mqcourse.capacity.given import Given


@dataclass(frozen=True)
class Workload(Given):
    """One stream of messages. The defaults are an example and no recommendation. Raises CapacityError."""

    messages: float = number(
        10_000.0, "messages", 0.001, 1e13, "Messages that arrive on average, in each second or day."
    )
    per: str = choice("second", ("second", "day"), "The time in which they arrive.")
    size_bytes: float = number(1000.0, "bytes", 1.0, 1e8, "Mean size of a message with its key and headers.")
    compression: float = number(
        1.0, "times", 1.0, 100.0, "Size before compression over size after; 1 is none."
    )
    batch: float = number(100.0, "messages", 1.0, 1e6, "Messages that a producer sends in one request.")
    peak_factor: float = number(3.0, "times", 1.0, 100.0, "The busiest time over the mean.")
    groups: int = number(
        1, "groups", 1, 1000, "Consumer groups (or queues) that each read every message.", whole=True
    )
    copies: int = number(3, "copies", 1, 10, "Copies that the brokers keep of a message.", whole=True)
    retention_days: float = number(7.0, "days", 0.001, 36_500.0, "How long a message is kept.")
    processing_ms: float = number(5.0, "ms", 0.0001, 1e8, "Time in which a consumer handles one message.")
    at_once: int = number(
        1, "messages", 1, 10_000, "Messages that one consumer handles at the same time.", whole=True
    )
    zones: int = number(3, "zones", 1, 10, "Zones over which brokers and clients are spread.", whole=True)
    fetch: str = choice(
        "leader",
        ("leader", "nearest"),
        "Where consumers read: from the leader, or from a replica in their zone.",
    )
