"""The SASL exchange (5.3) of a connection, before its AMQP header."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from servicebus_emulator.amqp.errors import NOT_ALLOWED, AmqpProtocolError, FrameError
from servicebus_emulator.amqp.events import Event, SaslFinished, SaslInitReceived
from servicebus_emulator.amqp.frames import SASL_FRAME, encode_frame
from servicebus_emulator.amqp.performatives import SaslInit, SaslMechanisms, SaslOutcome, SaslResponse

if TYPE_CHECKING:
    from servicebus_emulator.amqp.connection import Connection

_NAMES: dict[type, str] = {
    SaslMechanisms: "receive mechanisms",
    SaslInit: "receive init",
    SaslResponse: "receive response",
    SaslOutcome: "receive outcome",
}


def on_sasl(connection: Connection, frame: Any, events: list[Event]) -> bool:
    """Take a SASL frame. Returns whether a client's exchange has succeeded, so that its AMQP header is due.

    Raises FrameError, AmqpProtocolError, IllegalTransition for what the peer may not send.
    """
    sasl = connection.sasl
    if sasl is None:
        raise FrameError("a SASL frame arrived outside SASL")
    sasl.on(_NAMES.get(type(frame), f"receive {type(frame).__name__}"))
    if type(frame) is SaslInit:
        events.append(SaslInitReceived(frame.mechanism, frame.initial_response, frame.hostname))
    elif type(frame) is SaslMechanisms and connection.client_sasl is not None:
        mechanism, response = connection.client_sasl
        if mechanism not in frame.sasl_server_mechanisms:
            offered = ", ".join(frame.sasl_server_mechanisms)
            raise AmqpProtocolError(f"the server offers {offered}, not {mechanism}", NOT_ALLOWED)
        sasl.on("send init")
        connection.write(encode_frame(SaslInit(mechanism, response, connection.hostname), 0, SASL_FRAME))
    elif type(frame) is SaslOutcome:
        events.append(SaslFinished(frame.code))
        if frame.code == 0:
            return True
        connection.machine.state = "END"
    return False
