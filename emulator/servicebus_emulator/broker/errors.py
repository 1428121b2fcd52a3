"""What the broker refuses, one class for each error condition of the wire.

`condition` is the AMQP symbol, `status` the HTTP-like code of a `$management` reply. Source: the conditions of
Azure.Messaging.ServiceBus (AmqpClientConstants, ConditionToStatusMap) and the AMQP 1.0 specification, part 2.8.14-16.
"""

from __future__ import annotations


class BrokerError(Exception):
    """Base of every refusal: one line with what happened, in which state, and what to do."""

    condition: str = "amqp:internal-error"
    status: int = 500

    def __init__(self, description: str, *, sub_code: int | None = None) -> None:
        """`sub_code`: the SubCode of an administration answer, where it is not the status times 100."""
        super().__init__(description)
        self.description = description
        self.sub_code = sub_code if sub_code is not None else self.status * 100


class ServiceTimeout(BrokerError):
    """The time asked for ran out, for example no session became free."""

    condition, status = "com.microsoft:timeout", 408


class EntityNotFound(BrokerError):
    """No queue, topic, subscription or sub-queue answers to the address."""

    condition, status = "amqp:not-found", 404


class MessageNotFound(BrokerError):
    """A sequence number names no message in the state the operation needs."""

    condition, status = "com.microsoft:message-not-found", 404


class SessionNotFound(BrokerError):
    """No session has the id."""

    condition, status = "com.microsoft:session-not-found", 404


class RuleNotFound(EntityNotFound):
    """The subscription has no rule of the name."""


class EntityAlreadyExists(BrokerError):
    """An entity or rule of the name exists."""

    condition, status = "com.microsoft:entity-already-exists", 409


class MessageLockLost(BrokerError):
    """The lock token holds no lock (any more)."""

    condition, status = "com.microsoft:message-lock-lost", 410


class SessionLockLost(BrokerError):
    """The receiver no longer holds the session's lock."""

    condition, status = "com.microsoft:session-lock-lost", 410


class SessionCannotBeLocked(BrokerError):
    """Another receiver holds the session that was asked for."""

    condition, status = "com.microsoft:session-cannot-be-locked", 410


class QuotaExceeded(BrokerError):
    """The entity is full, or one more entity, connection, receiver or transacted message would be too many."""

    condition, status = "amqp:resource-limit-exceeded", 403


class MessageSizeExceeded(BrokerError):
    """The message is larger than the entity takes."""

    condition, status = "amqp:link:message-size-exceeded", 403


class NotAllowed(BrokerError):
    """The entity does not permit the operation, for example a plain receiver on a session entity."""

    condition, status = "amqp:not-allowed", 400


class ArgumentError(BrokerError):
    """A value is malformed, for example a filter that does not parse."""

    condition, status = "com.microsoft:argument-error", 400


class ArgumentOutOfRange(BrokerError):
    """A value lies outside its allowed range."""

    condition, status = "com.microsoft:argument-out-of-range", 400


class EntityDisabled(BrokerError):
    """The entity's status forbids sending or receiving."""

    condition, status = "com.microsoft:entity-disabled", 400


class UnauthorizedAccess(BrokerError):
    """The token carries no right for the operation."""

    condition, status = "amqp:unauthorized-access", 401


class AuthenticationFailed(BrokerError):
    """The token's signature, audience or expiry is bad."""

    condition, status = "com.microsoft:auth-failed", 401


class ServerBusy(BrokerError):
    """The namespace is throttled; try again after the time the text names."""

    condition, status = "com.microsoft:server-busy", 503


class NotImplementedByEmulator(BrokerError):
    """The cloud can do this, the emulator cannot: said aloud, never silently ignored."""

    condition, status = "amqp:not-implemented", 501


class TransactionUnknown(BrokerError):
    """No open transaction has the id (AMQP 1.0 part 4.5.8)."""

    condition, status = "amqp:transaction:unknown-id", 404


class TransactionRolledBack(BrokerError):
    """The transaction could not be committed and was rolled back as a whole (AMQP 1.0 part 4.5.8)."""

    condition, status = "amqp:transaction:rollback", 409


class TransactionTimedOut(BrokerError):
    """The transaction was open for too long and was rolled back (AMQP 1.0 part 4.5.8)."""

    condition, status = "amqp:transaction:timeout", 408


class FilterError(ArgumentError):
    """A SQL filter or action does not parse or is too long."""


class PreconditionFailed(BrokerError):
    """The state changed since the caller read it."""

    condition, status = "com.microsoft:precondition-failed", 412
