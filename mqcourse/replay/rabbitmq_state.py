"""A delivery, a channel and a queue, as the story of a recording of RabbitMQ follows them."""

from dataclasses import dataclass, field


@dataclass
class Held:
    """A delivery that was not settled. A stream delivers a copy, which its settling does not return."""

    message: int
    queue: str
    auto_ack: bool
    is_copy: bool = False


@dataclass
class Channel:
    """A channel of one program. `consumers` maps a tag to its queue and whether it acknowledges automatically."""

    held: dict[int, Held] = field(default_factory=dict)
    consumers: dict[str, tuple[str, bool]] = field(default_factory=dict)
    confirming: bool = False
    published: list[list[int]] = field(default_factory=list)
    confirmed: set[int] = field(default_factory=set)
    open: bool = True


@dataclass
class Queue:
    """A queue: how long it is by the broker's last answer is not kept, only its consumers and its dead-letter target.

    `read` are the messages of a stream that each program has received.
    """

    place: str
    dead_letter_exchange: str | None = None
    dead_letter_key: str | None = None
    is_stream: bool = False
    read: set[tuple[str, int]] = field(default_factory=set)
