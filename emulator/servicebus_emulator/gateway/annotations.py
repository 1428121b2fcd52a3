"""A stored message as it goes out: the broker's knowledge stamped on the sender's bytes."""

from __future__ import annotations

from typing import cast

from servicebus_emulator.amqp.message import EncodedMessage
from servicebus_emulator.amqp.types import LAST_TIMESTAMP
from servicebus_emulator.broker.message import Message, MessageState


def annotated(message: Message, *, locked: bool, now_s: float) -> bytes:
    """Encode a message for a receiver or a peek. `locked`: with lock token and the end of its lock.

    A message of a session entity has no separate lock; it shows its session's. A deferred message shows the end of
    the lock under which it was deferred, also to a peek; after a restart, which drops that, the time when it was enqueued.
    """
    content = cast(EncodedMessage, message.content)
    expires_s = message.expires_s
    return content.render(
        sequence_number=message.sequence_number,
        origin_number=message.origin_number,
        enqueued_ms=int(message.enqueued_s * 1000),
        delivery_count=message.delivery_count,
        state=int(message.state),
        locked_until_ms=int((message.locked_until_s or message.enqueued_s) * 1000)
        if locked or message.state is MessageState.DEFERRED
        else None,
        lock_token=message.lock_token if locked else None,
        time_to_live_ms=None
        if expires_s is None or expires_s > LAST_TIMESTAMP // 1000
        else round((expires_s - message.enqueued_s) * 1000),
        dead_letter_source=message.dead_letter_source,
    )
