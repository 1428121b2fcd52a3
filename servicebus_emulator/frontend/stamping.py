"""A stored message as it goes out: the broker's knowledge stamped on the sender's bytes."""

from __future__ import annotations

from typing import cast

from servicebus_emulator.amqp.message import EncodedMessage
from servicebus_emulator.broker.message import Message


def stamp(message: Message, *, locked: bool, now_s: float) -> bytes:
    """Encode a message for a receiver or a peek. `locked`: with lock token and the end of its lock.

    A message of a session entity has no lock of its own; it shows its session's.
    """
    content = cast(EncodedMessage, message.content)
    expires_s = message.expires_s
    return content.render(
        sequence_number=message.sequence_number,
        origin_number=message.origin_number,
        enqueued_ms=int(message.enqueued_s * 1000),
        delivery_count=message.delivery_count,
        state=int(message.state),
        locked_until_ms=int(message.locked_until_s * 1000) if locked else None,
        lock_token=message.lock_token if locked else None,
        expires_ms=None if expires_s is None or expires_s > 253_402_300_799 else int(expires_s * 1000),
        dead_letter_source=message.dead_letter_source,
    )
