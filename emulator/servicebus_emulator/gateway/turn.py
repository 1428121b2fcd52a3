"""What the clients of the emulator use of it: the time of this turn, the namespaces, and what is counted and noted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from servicebus_emulator.admin.host import HostedNamespace


class Turn(Protocol):
    """The emulator as its clients see it. `machine_now_s` and `broker_now_s` stay the same for a whole turn."""

    container_id: str
    max_frame_size: int
    idle_time_out_ms: int | None
    machine_now_s: float
    broker_now_s: float
    touched: set[Any]
    """Receiver links whose credit is to be handed on to the broker before the turn ends."""
    messages_in: int
    messages_out: int

    @property
    def authorize(self) -> bool:
        """Whether tokens and keys are checked."""

    @property
    def namespaces(self) -> Mapping[str, HostedNamespace]:
        """By lower-case name."""

    def hosted_for(self, hostname: str) -> HostedNamespace:
        """The namespace a host name means."""

    def open_clients(self, hosted: HostedNamespace) -> int:
        """How many open connections a namespace has."""
