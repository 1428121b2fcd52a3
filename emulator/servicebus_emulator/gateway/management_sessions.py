"""Management operations on sessions: lock, state, list."""

from __future__ import annotations

from typing import Any

from servicebus_emulator.amqp.types import Array, Int, Timestamp
from servicebus_emulator.broker.errors import ArgumentError
from servicebus_emulator.gateway.management_request import Call

ACTIVE_SINCE_S = 253_402_214_400.0
"""9999-12-31: .NET's DateTime.MaxValue, give or take; it requests sessions with active messages."""


def renew(call: Call) -> dict[str, Any]:
    """renew-session-lock: the new end of the lock."""
    expiration_s = call.session_queue.renew_session_lock(
        call.arguments.text("session-id"), call.now_s, receiver=call.receiver
    )
    return {"expiration": Timestamp(int(expiration_s * 1000))}


def get_state(call: Call) -> dict[str, Any]:
    """get-session-state: binary or null."""
    state = call.session_queue.session_state(
        call.arguments.text("session-id"), call.now_s, receiver=call.receiver
    )
    return {"session-state": state}


def set_state(call: Call) -> dict[str, Any]:
    """set-session-state: null and empty binary clear."""
    state = call.arguments.optional("session-state")
    if isinstance(state, str):
        state = state.encode()
    if state is not None and not isinstance(state, bytes):
        raise ArgumentError("set-session-state: session-state must be binary or null.")
    call.session_queue.set_session_state(
        call.arguments.text("session-id"), state, call.now_s, receiver=call.receiver
    )
    return {}


def list_sessions(call: Call) -> dict[str, Any] | None:
    """get-message-sessions: with active messages, or whose state was set after a time."""
    arguments = call.arguments
    updated_s = arguments.time_s("last-updated-time")
    skip, top = arguments.number("skip", 0), arguments.number("top", 100)
    if skip < 0 or top < 1:
        raise ArgumentError(f"get-message-sessions: skip is {skip} and top is {top}; use 0 and 1 or more.")
    found = call.queue.list_sessions(
        None if updated_s >= ACTIVE_SINCE_S else updated_s, skip, min(top, 10_000)
    )
    return {"skip": Int(skip + len(found)), "sessions-ids": Array(str, found)} if found else None
