"""What the clients of the emulator use of it: the time of this turn, the namespaces, and what is counted and noted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from servicebus_emulator.admin.host import HostedNamespace
    from servicebus_emulator.gateway.client import Client
    from servicebus_emulator.gateway.receiver_link import ReceiverLink


class Turn(Protocol):
    """The emulator as its clients see it. `machine_now_s` and `broker_now_s` stay the same for a whole turn."""

    container_id: str
    max_frame_size: int
    idle_time_out_ms: int | None
    machine_now_s: float
    broker_now_s: float
    touched: set[ReceiverLink]
    """Links whose credit is to be handed on to the broker before the turn ends."""
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

    def connect(self, address: str) -> Client:
        """A client has connected."""

    def disconnect(self, client: Client) -> None:
        """A client's transport is gone."""

    def pump(self) -> bool:
        """Carry deliveries to their links. Returns whether there is more to do later."""

    def commit(self) -> None:
        """Make durable what was done. Raises OSError-like on a full or broken disk."""
