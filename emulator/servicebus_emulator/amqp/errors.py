"""What can go wrong in the protocol, named by AMQP's own error conditions (2.8.15 to 2.8.17)."""

from __future__ import annotations

INTERNAL_ERROR = "amqp:internal-error"
NOT_FOUND = "amqp:not-found"
UNAUTHORIZED_ACCESS = "amqp:unauthorized-access"
DECODE_ERROR = "amqp:decode-error"
NOT_ALLOWED = "amqp:not-allowed"
INVALID_FIELD = "amqp:invalid-field"
NOT_IMPLEMENTED = "amqp:not-implemented"
RESOURCE_LIMIT_EXCEEDED = "amqp:resource-limit-exceeded"
ILLEGAL_STATE = "amqp:illegal-state"
FRAME_SIZE_TOO_SMALL = "amqp:frame-size-too-small"
CONNECTION_FORCED = "amqp:connection:forced"
FRAMING_ERROR = "amqp:connection:framing-error"
WINDOW_VIOLATION = "amqp:session:window-violation"
ERRANT_LINK = "amqp:session:errant-link"
HANDLE_IN_USE = "amqp:session:handle-in-use"
UNATTACHED_HANDLE = "amqp:session:unattached-handle"
DETACH_FORCED = "amqp:link:detach-forced"
TRANSFER_LIMIT_EXCEEDED = "amqp:link:transfer-limit-exceeded"
MESSAGE_SIZE_EXCEEDED = "amqp:link:message-size-exceeded"
STOLEN = "amqp:link:stolen"


class AmqpProtocolError(Exception):
    """The peer broke the protocol. `condition` is the AMQP symbol that the close, end or detach frame carries."""

    condition = ILLEGAL_STATE

    def __init__(self, description: str, condition: str | None = None) -> None:
        super().__init__(description)
        self.description = description
        if condition is not None:
            self.condition = condition


class CodecError(AmqpProtocolError):
    """Bytes that are not a value of AMQP's type system (part 1), or a value that AMQP cannot hold."""

    condition = DECODE_ERROR


class FrameError(AmqpProtocolError):
    """Bytes that are not a frame (2.3): the connection cannot go on."""

    condition = FRAMING_ERROR


class SessionError(AmqpProtocolError):
    """The peer broke a rule of one session (2.5): that session ends, the connection goes on."""


class LinkError(AmqpProtocolError):
    """The peer broke a rule of one link (2.6): that link is detached, its session goes on."""


class IllegalTransition(AmqpProtocolError):
    """An event met an endpoint in a state whose table has no such row; the text names event, role and state."""

    def __init__(self, machine: str, role: str, state: str, event: str) -> None:
        super().__init__(f"{machine} ({role}) in state {state} cannot take {event}")
        self.machine, self.role, self.state, self.event = machine, role, state, event


class LocalUseError(Exception):
    """This side called the engine wrongly (sent without credit, used a closed link): a bug of the caller."""
