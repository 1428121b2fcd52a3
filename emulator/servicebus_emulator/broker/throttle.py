"""Throttling of the shared tiers: so many credits a second for a whole namespace."""

from __future__ import annotations

from math import floor

from servicebus_emulator.broker.errors import ServerBusy


class Throttle:
    """Credits are filled up at the start of each second; who finds none is told to wait.

    A message sent or received costs 1 credit, a management operation 10.
    Source: learn.microsoft.com service-bus-throttling ("1000 credits per second", "server is busy").
    """

    __slots__ = ("_left", "_second", "credits_per_second", "refused")

    def __init__(self, credits_per_second: int) -> None:
        self.credits_per_second = credits_per_second
        self.refused = 0
        self._left = credits_per_second
        self._second = -1

    def spend(self, credits: int) -> None:
        """Take credits without refusing: a delivery is paid for, and what follows it waits (or is refused)."""
        self._left -= credits

    def charge(self, credits: int, now_s: float) -> None:
        """Take credits; a call larger than what is left is let in and paid from the next seconds.

        Raises ServerBusy when nothing is left.
        """
        second = floor(now_s)
        if second != self._second:
            passed = second - self._second if self._second >= 0 else 1
            self._left = min(self.credits_per_second, self._left + passed * self.credits_per_second)
            self._second = second
        if self._left <= 0:
            self.refused += 1
            raise ServerBusy(
                f"The namespace is being throttled: its {self.credits_per_second} credits for this second are used "
                "up. Wait at least 2 seconds and try again."
            )
        self._left -= credits
