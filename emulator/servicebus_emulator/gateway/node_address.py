"""Addresses as clients write them: a bare path, a path with a leading slash, or a whole URI."""

from __future__ import annotations

import urllib.parse
from dataclasses import dataclass

CBS = "$cbs"
MANAGEMENT = "$management"


@dataclass(frozen=True, slots=True)
class Address:
    """`path` keeps its case and names an entity or sub-queue; `node` is CBS, MANAGEMENT or "" for the entity itself."""

    path: str
    node: str = ""


def parse(text: object) -> Address | None:
    """Take an address apart; None when it is no text or is empty."""
    if not isinstance(text, str) or not text:
        return None
    path = text
    if "://" in path:
        path = path.split("://", 1)[1].partition("/")[2]
    path = urllib.parse.unquote(path.partition("?")[0]).strip("/")
    lowered = path.lower()
    if lowered == CBS:
        return Address("", CBS)
    if lowered == MANAGEMENT:
        return Address("", MANAGEMENT)
    if lowered.endswith("/" + MANAGEMENT):
        return Address(path[: -len(MANAGEMENT) - 1], MANAGEMENT)
    return Address(path) if path else None
