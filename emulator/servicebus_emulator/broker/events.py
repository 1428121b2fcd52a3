"""What the broker reports to the gateway beside deliveries: fetched with `Namespace.pop_events()`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from servicebus_emulator.broker.entity import Entity
    from servicebus_emulator.broker.errors import BrokerError
    from servicebus_emulator.broker.receiver import Receiver
    from servicebus_emulator.broker.session import SessionWait
    from servicebus_emulator.broker.transaction import Transaction


@dataclass(frozen=True, slots=True)
class SessionGranted:
    """A held attach may be answered: `wait` got `receiver`, which has no credit yet."""

    wait: SessionWait
    receiver: Receiver


@dataclass(frozen=True, slots=True)
class SessionWaitEnded:
    """A held attach must be refused with `error` (ServiceTimeout, EntityNotFound, EntityDisabled)."""

    wait: SessionWait
    error: BrokerError


@dataclass(frozen=True, slots=True)
class SessionLost:
    """A session receiver's lock expired or was taken over: detach its link with SessionLockLost, as the service does."""

    receiver: Receiver


@dataclass(frozen=True, slots=True)
class ReceiverEnded:
    """The broker closed a receiver (entity deleted or disabled): detach its link with `error`."""

    receiver: Receiver
    error: BrokerError


@dataclass(frozen=True, slots=True)
class EntityEnded:
    """An entity or sub-queue was deleted: whatever else is attached to it (senders, send-via, management) is to be
    detached with `error`. Another entity of the same name is not meant."""

    entity: Entity
    error: BrokerError


@dataclass(frozen=True, slots=True)
class TransactionEnded:
    """A transaction was rolled back by the broker because its time ran out."""

    transaction: Transaction
    error: BrokerError


BrokerEvent = SessionGranted | SessionWaitEnded | SessionLost | ReceiverEnded | EntityEnded | TransactionEnded
