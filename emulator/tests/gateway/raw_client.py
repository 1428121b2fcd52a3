"""A client whose frames are written by hand (`plain_wire`), against the emulator in memory."""

from __future__ import annotations

import struct
from typing import Any

from servicebus_emulator.gateway import client_events

from ..plain_wire import (
    ATTACH,
    BEGIN,
    DETACH,
    FLOW,
    HEADER,
    OPEN,
    SASL_HEADER,
    TRANSFER,
    UINT_MAX,
    Described,
    Frame,
    Symbol,
    UByte,
    UInt,
    encode,
    frame,
    frames,
)
from .in_memory_client import World

SOURCE, TARGET, COORDINATOR = 0x28, 0x29, 0x30
SOURCE_FIELDS = (
    "address",
    "durable",
    "expiry_policy",
    "timeout",
    "dynamic",
    "dynamic_node_properties",
    "distribution_mode",
    "filter",
    "default_outcome",
    "outcomes",
    "capabilities",
)
"""3.5.3, in their order."""
HELLO = (
    SASL_HEADER,
    frame(0x41, [Symbol("ANONYMOUS")], kind=1),
    HEADER,
    frame(OPEN, ["raw"]),
    frame(BEGIN, [None, UInt(0), UInt(UINT_MAX), UInt(UINT_MAX)]),
)


def source(address: str, **fields: Any) -> Described:
    """3.5.3: a source with the fields named."""
    return Described(SOURCE, [address, *(fields.get(name) for name in SOURCE_FIELDS[1:])])


def attach(
    name: str,
    handle: int,
    role: bool,
    source: Any,
    target: Any,
    *,
    snd: int | None = None,
    rcv: int | None = None,
    **rest: Any,
) -> bytes:
    """2.7.3."""
    fields = [
        name,
        UInt(handle),
        role,
        None if snd is None else UByte(snd),
        None if rcv is None else UByte(rcv),
        source,
        target,
        None,
        None,
        None if role else UInt(rest.get("initial", 0)),
        None,
        None,
        None,
        rest.get("properties"),
    ]
    return frame(ATTACH, fields)


def receiver(address: str, handle: int = 0, **fields: Any) -> bytes:
    """A receiver's attach: what is not of an attach is of its source."""
    rest = {key: fields.pop(key) for key in ("snd", "rcv", "properties") if key in fields}
    where = source(address, **fields)
    return attach(f"r{handle}", handle, True, where, Described(TARGET, ["here"]), **{"rcv": 1, **rest})


def sender(address: str, handle: int = 0, **rest: Any) -> bytes:
    """A sender's attach."""
    return attach(
        f"s{handle}", handle, False, Described(SOURCE, ["here"]), Described(TARGET, [address]), **rest
    )


def flow(handle: int, credit: int, *, drain: bool = False, echo: bool = False, count: int = 0) -> bytes:
    """2.7.4, for a receiver that has seen so many deliveries on the link."""
    windows = [UInt(0), UInt(UINT_MAX), UInt(0), UInt(UINT_MAX)]
    return frame(FLOW, [*windows, UInt(handle), UInt(count), UInt(credit), None, drain, echo])


def transfer(
    handle: int, number: int, body: bytes = b"x", *, state: Any = None, settled: bool = False
) -> bytes:
    """2.7.5: one data section."""
    fields = [UInt(handle), UInt(number), struct.pack(">I", number), UInt(0), settled, False, None, state]
    return frame(TRANSFER, fields, encode(Described(0x75, body)))


def detach(handle: int, *, closed: bool = True) -> bytes:
    """2.7.7."""
    return frame(DETACH, [UInt(handle), closed])


class RawClient:
    """Bytes in, frames out."""

    def __init__(self, world: World | None = None, *, hello: bool = True) -> None:
        self.world = world or World()
        self.at_server = self.world.emulator.connect("raw")
        if hello:
            self.say(*HELLO)

    def say(self, *data: bytes) -> list[Frame]:
        """Hand over bytes as one packet; returns the frames that the emulator wrote then."""
        client_events.receive(self.at_server, b"".join(data))
        return self.heard()

    def heard(self) -> list[Frame]:
        """What the emulator has written since."""
        self.world.emulator.pump()
        return frames(self.at_server.connection.take(self.world.now_s))

    def later(self, seconds: float) -> list[Frame]:
        """Let the emulator's time pass."""
        self.world.pass_time(seconds)
        client_events.tick(self.at_server)
        return self.heard()
