"""What goes wrong with a data folder."""

from __future__ import annotations


class StoreError(Exception):
    """The data cannot be read or written: one line with what happened and what to do."""
