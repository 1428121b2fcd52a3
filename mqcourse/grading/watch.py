"""The versions of a notebook while somebody works in it."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

LOOK_EVERY_S = 0.5


def versions(
    path: Path, pause: Callable[[float], None] = time.sleep, is_wanted: Callable[[], bool] = lambda: True
) -> Iterator[None]:
    """Once at first and once after each save, as long as that is wanted.

    A save is over when two looks in a row find the same file: an editor may write it in several steps.
    """
    seen: object = ()
    before: object = ()
    while is_wanted():
        now = _state(path)
        if now is not None and now == before and now != seen:
            seen = now
            yield
        before = now
        pause(LOOK_EVERY_S)  # a file has no event that works on every system


def _state(path: Path) -> tuple[int, int, int] | None:
    """What every save changes; None while there is no file, as in the middle of a save that replaces it."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
