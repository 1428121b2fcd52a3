"""How long a commit waits for other clients' confirms, so that one sync serves several of them.

A sync costs more processor time than all the rest of a confirmed message. PostgreSQL's commit_delay and
commit_siblings are the model: a client alone never waits, and waiting stops when no other client follows.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable

WAIT_S = 0.001
"""Longest wait of a confirm for others to share its commit."""
NAP_S = 0.0004
"""Between two looks for other clients."""
RECENT_S = 0.01
"""A client that had something confirmed this short a time ago is likely to be back soon."""
ENOUGH = 4
"""A group of so many is not made to wait: a larger one would hardly be cheaper for each."""
VAIN_LIMIT = 3
REST_COMMITS = 100
"""After so many vain waits in a row, so many commits do not wait at all."""


class CommitDelay:
    """Decides for each commit whether it waits. Clients are any hashable things; times are seconds."""

    __slots__ = ("_began_s", "_expected", "_recent", "_resting", "_vain")

    def __init__(self) -> None:
        self._recent: dict[Hashable, float] = {}
        self._expected = 0
        self._began_s: float | None = None
        self._vain = 0
        self._resting = 0

    @property
    def waiting(self) -> bool:
        """Whether a commit is being held back."""
        return self._began_s is not None

    def worth_waiting(self, clients: Collection[Hashable], now_s: float) -> bool:
        """Whether the commit that these clients wait for should wait for others."""
        if self._began_s is None:
            if self._resting:
                self._resting -= 1
                return False
            self._recent = {
                client: at_s
                for client, at_s in self._recent.items()
                if 0.0 <= now_s - at_s < RECENT_S or client in clients
            }
            self._expected = min(ENOUGH, len(self._recent.keys() | clients))
            if len(clients) >= self._expected:
                return False
            self._began_s = now_s
            return True
        if len(clients) < self._expected and 0.0 <= now_s - self._began_s < WAIT_S:
            return True
        self._vain = self._vain + 1 if len(clients) == 1 else 0
        if self._vain >= VAIN_LIMIT:
            self._vain, self._resting = 0, REST_COMMITS
        return False

    def committed(self, clients: Collection[Hashable], now_s: float) -> None:
        """The commit is done; these clients get their confirms."""
        self._began_s = None
        for client in clients:
            self._recent[client] = now_s
