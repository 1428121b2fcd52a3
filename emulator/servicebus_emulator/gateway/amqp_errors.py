"""The broker's refusals and the codec's errors as AMQP errors and management replies."""

from __future__ import annotations

from servicebus_emulator.amqp.errors import CONNECTION_FORCED, INTERNAL_ERROR, AmqpProtocolError
from servicebus_emulator.amqp.performatives import AmqpError, Rejected
from servicebus_emulator.broker.errors import BrokerError

_STATUS_OF_PROTOCOL = {
    "amqp:not-found": 404,
    "amqp:not-allowed": 400,
    "amqp:not-implemented": 501,
    "amqp:unauthorized-access": 401,
    "amqp:decode-error": 400,
    "amqp:invalid-field": 400,
}


def error_of(error: BrokerError | AmqpProtocolError) -> AmqpError:
    """The AMQP error for an exception; `info` is always there since clients unpack three fields."""
    return AmqpError(error.condition, error.description, {})


def rejection(error: BrokerError | AmqpProtocolError) -> Rejected:
    """The outcome rejected, for a send or settlement that was refused."""
    return Rejected(error_of(error))


def status_of(error: BrokerError | AmqpProtocolError) -> int:
    """The HTTP-like code of a management reply."""
    if isinstance(error, BrokerError):
        return error.status
    return _STATUS_OF_PROTOCOL.get(error.condition, 400)


def forced(description: str) -> AmqpError:
    """The error of a connection that its host ends."""
    return AmqpError(CONNECTION_FORCED, description)


def internal(description: str) -> AmqpError:
    """The error of a fault on this side."""
    return AmqpError(INTERNAL_ERROR, description)
