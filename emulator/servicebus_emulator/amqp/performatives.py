"""Frame bodies of the transport (2.7), security (5.3), messaging states and termini (3.4, 3.5) and transactions (4.5)."""

# ruff: noqa: RUF009 - `wire` makes a dataclass field, which is what the rule wants

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from servicebus_emulator.amqp.composite import composite, wire

SENDER, RECEIVER = False, True
"""Roles of a link's end (2.8.1)."""

MIXED_UNSETTLED, MIXED_SETTLED, MIXED = 0, 1, 2
"""Sender settle modes: unsettled, settled, mixed (2.8.2)."""

FIRST, SECOND = 0, 1
"""Receiver settle modes (2.8.3)."""

MAX_UINT = 0xFFFF_FFFF


@composite(0x1D, "amqp:error:list", padded=True)
@dataclass(slots=True)
class AmqpError:
    """An error (2.8.14). Padded: azure-servicebus unpacks three fields."""

    condition: str = wire("symbol", mandatory=True)
    description: str | None = wire("string")
    info: dict[Any, Any] | None = wire("map")


@composite(0x10, "amqp:open:list", padded=True)
@dataclass(slots=True)
class Open:
    container_id: str = wire("string", mandatory=True)
    hostname: str | None = wire("string")
    max_frame_size: int = wire("uint", MAX_UINT)
    channel_max: int = wire("ushort", 65_535)
    idle_time_out: int | None = wire("uint")
    outgoing_locales: tuple[str, ...] | None = wire("symbols")
    incoming_locales: tuple[str, ...] | None = wire("symbols")
    offered_capabilities: tuple[str, ...] | None = wire("symbols")
    desired_capabilities: tuple[str, ...] | None = wire("symbols")
    properties: dict[Any, Any] | None = wire("map")


@composite(0x11, "amqp:begin:list", padded=True)
@dataclass(slots=True)
class Begin:
    remote_channel: int | None = wire("ushort")
    next_outgoing_id: int = wire("uint", mandatory=True)
    incoming_window: int = wire("uint", mandatory=True)
    outgoing_window: int = wire("uint", mandatory=True)
    handle_max: int = wire("uint", MAX_UINT)
    offered_capabilities: tuple[str, ...] | None = wire("symbols")
    desired_capabilities: tuple[str, ...] | None = wire("symbols")
    properties: dict[Any, Any] | None = wire("map")


@composite(0x12, "amqp:attach:list", padded=True)
@dataclass(slots=True)
class Attach:
    name: str = wire("string", mandatory=True)
    handle: int = wire("uint", mandatory=True)
    role: bool = wire("boolean", mandatory=True)
    snd_settle_mode: int = wire("ubyte", MIXED)
    rcv_settle_mode: int = wire("ubyte", FIRST)
    source: Any = wire("described")
    target: Any = wire("described")
    unsettled: dict[Any, Any] | None = wire("map")
    incomplete_unsettled: bool = wire("boolean", False)
    initial_delivery_count: int | None = wire("uint")
    max_message_size: int | None = wire("ulong")
    offered_capabilities: tuple[str, ...] | None = wire("symbols")
    desired_capabilities: tuple[str, ...] | None = wire("symbols")
    properties: dict[Any, Any] | None = wire("map")


@composite(0x13, "amqp:flow:list", padded=True)
@dataclass(slots=True)
class Flow:
    next_incoming_id: int | None = wire("uint")
    incoming_window: int = wire("uint", mandatory=True)
    next_outgoing_id: int = wire("uint", mandatory=True)
    outgoing_window: int = wire("uint", mandatory=True)
    handle: int | None = wire("uint")
    delivery_count: int | None = wire("uint")
    link_credit: int | None = wire("uint")
    available: int | None = wire("uint")
    drain: bool = wire("boolean", False)
    echo: bool = wire("boolean", False)
    properties: dict[Any, Any] | None = wire("map")


@composite(0x14, "amqp:transfer:list", padded=True)
@dataclass(slots=True)
class Transfer:
    handle: int = wire("uint", mandatory=True)
    delivery_id: int | None = wire("uint")
    delivery_tag: bytes | None = wire("binary")
    message_format: int | None = wire("uint")
    settled: bool | None = wire("boolean")
    more: bool = wire("boolean", False)
    rcv_settle_mode: int | None = wire("ubyte")
    state: Any = wire("described")
    resume: bool = wire("boolean", False)
    aborted: bool = wire("boolean", False)
    batchable: bool = wire("boolean", False)


@composite(0x15, "amqp:disposition:list", padded=True)
@dataclass(slots=True)
class Disposition:
    role: bool = wire("boolean", mandatory=True)
    first: int = wire("uint", mandatory=True)
    last: int | None = wire("uint")
    settled: bool = wire("boolean", False)
    state: Any = wire("described")
    batchable: bool = wire("boolean", False)


@composite(0x16, "amqp:detach:list", padded=True)
@dataclass(slots=True)
class Detach:
    handle: int = wire("uint", mandatory=True)
    closed: bool = wire("boolean", False)
    error: AmqpError | None = wire("described")


@composite(0x17, "amqp:end:list", padded=True)
@dataclass(slots=True)
class End:
    error: AmqpError | None = wire("described")


@composite(0x18, "amqp:close:list", padded=True)
@dataclass(slots=True)
class Close:
    error: AmqpError | None = wire("described")


@composite(0x40, "amqp:sasl-mechanisms:list")
@dataclass(slots=True)
class SaslMechanisms:
    sasl_server_mechanisms: tuple[str, ...] = wire("symbols", mandatory=True)


@composite(0x41, "amqp:sasl-init:list")
@dataclass(slots=True)
class SaslInit:
    mechanism: str = wire("symbol", mandatory=True)
    initial_response: bytes | None = wire("binary")
    hostname: str | None = wire("string")


@composite(0x42, "amqp:sasl-challenge:list")
@dataclass(slots=True)
class SaslChallenge:
    challenge: bytes = wire("binary", mandatory=True)


@composite(0x43, "amqp:sasl-response:list")
@dataclass(slots=True)
class SaslResponse:
    response: bytes = wire("binary", mandatory=True)


@composite(0x44, "amqp:sasl-outcome:list")
@dataclass(slots=True)
class SaslOutcome:
    code: int = wire("ubyte", mandatory=True)
    additional_data: bytes | None = wire("binary")


@composite(0x23, "amqp:received:list")
@dataclass(slots=True)
class Received:
    section_number: int = wire("uint", mandatory=True)
    section_offset: int = wire("ulong", mandatory=True)


@composite(0x24, "amqp:accepted:list")
@dataclass(slots=True)
class Accepted:
    pass


@composite(0x25, "amqp:rejected:list")
@dataclass(slots=True)
class Rejected:
    error: AmqpError | None = wire("described")


@composite(0x26, "amqp:released:list")
@dataclass(slots=True)
class Released:
    pass


@composite(0x27, "amqp:modified:list")
@dataclass(slots=True)
class Modified:
    delivery_failed: bool | None = wire("boolean")
    undeliverable_here: bool | None = wire("boolean")
    message_annotations: dict[Any, Any] | None = wire("map")


@composite(0x28, "amqp:source:list")
@dataclass(slots=True)
class Source:
    address: Any = wire("any")
    durable: int = wire("uint", 0)
    expiry_policy: str = wire("symbol", "session-end")
    timeout: int = wire("uint", 0)
    dynamic: bool = wire("boolean", False)
    dynamic_node_properties: dict[Any, Any] | None = wire("map")
    distribution_mode: str | None = wire("symbol")
    filter: dict[Any, Any] | None = wire("map")
    default_outcome: Any = wire("described")
    outcomes: tuple[str, ...] | None = wire("symbols")
    capabilities: tuple[str, ...] | None = wire("symbols")


@composite(0x29, "amqp:target:list")
@dataclass(slots=True)
class Target:
    address: Any = wire("any")
    durable: int = wire("uint", 0)
    expiry_policy: str = wire("symbol", "session-end")
    timeout: int = wire("uint", 0)
    dynamic: bool = wire("boolean", False)
    dynamic_node_properties: dict[Any, Any] | None = wire("map")
    capabilities: tuple[str, ...] | None = wire("symbols")


@composite(0x30, "amqp:coordinator:list")
@dataclass(slots=True)
class Coordinator:
    capabilities: tuple[str, ...] | None = wire("symbols")


@composite(0x31, "amqp:declare:list")
@dataclass(slots=True)
class Declare:
    global_id: Any = wire("any")


@composite(0x32, "amqp:discharge:list")
@dataclass(slots=True)
class Discharge:
    txn_id: bytes = wire("binary", mandatory=True)
    fail: bool = wire("boolean", False)


@composite(0x33, "amqp:declared:list")
@dataclass(slots=True)
class Declared:
    txn_id: bytes = wire("binary", mandatory=True)


@composite(0x34, "amqp:transactional-state:list")
@dataclass(slots=True)
class TransactionalState:
    txn_id: bytes = wire("binary", mandatory=True)
    outcome: Any = wire("described")


PERFORMATIVES = (Open, Begin, Attach, Flow, Transfer, Disposition, Detach, End, Close)
SASL_FRAMES = (SaslMechanisms, SaslInit, SaslChallenge, SaslResponse, SaslOutcome)
OUTCOMES = (Accepted, Rejected, Released, Modified)
