"""Import the notebook libraries without what they pull in and no notebook here needs."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

UNNEEDED = (
    "rfc3987_syntax",  # jsonschema's check of international resource identifiers: builds a grammar, 2 s (rfc3987_syntax 1.1)
    "jupytext.sync_contentsmanager",  # jupytext inside a Jupyter server: 0.6 s (jupytext 1.19)
    "jupytext.async_contentsmanager",
)


@contextmanager
def without_unneeded() -> Iterator[None]:
    """Within this block the modules above cannot be imported; their importers expect that and go on without.

    A verdict takes 3 s less, a book 2 s.
    """
    blocked = [name for name in UNNEEDED if name not in sys.modules]
    for name in blocked:
        sys.modules[name] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        for name in blocked:
            del sys.modules[name]
