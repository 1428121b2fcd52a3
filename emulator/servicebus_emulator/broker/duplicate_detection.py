"""Duplicate detection: which message ids an entity has seen within its window."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable


class DuplicateHistory:
    """Ids seen during the last `window_s` seconds; a record outlives its message's completion.

    Source: learn.microsoft.com duplicate-detection.
    """

    __slots__ = ("_order", "_seen", "armed", "window_s")

    def __init__(self, window_s: float) -> None:
        self.window_s = window_s
        self.armed = False  # whether a timer stands to forget what is old
        self._seen: dict[Hashable, float] = {}
        self._order: deque[tuple[float, Hashable]] = deque()

    def first_time(self, key: Hashable, now_s: float) -> bool:
        """Whether `key` was not seen within the window; records it if so.

        A repeat does not prolong the record: the window runs from the first accepted message.
        """
        seen_s = self._seen.get(key)
        if seen_s is not None and now_s < seen_s + self.window_s:
            return False
        self.remember(key, now_s)
        return True

    def remember(self, key: Hashable, seen_s: float) -> None:
        self._seen[key] = seen_s
        self._order.append((seen_s, key))

    def forget(self, now_s: float) -> float | None:
        """Drop what the window has left behind; returns the time before which all is forgotten, None if nothing."""
        before_s = now_s - self.window_s
        dropped = False
        while self._order and self._order[0][0] <= before_s:
            seen_s, key = self._order.popleft()
            dropped = True
            if self._seen.get(key) == seen_s:
                del self._seen[key]
        return before_s if dropped else None

    def next_s(self) -> float | None:
        """When the oldest record may be dropped, None when there is none."""
        return self._order[0][0] + self.window_s if self._order else None

    def __len__(self) -> int:
        return len(self._seen)

    def clear(self) -> None:
        self._seen.clear()
        self._order.clear()
