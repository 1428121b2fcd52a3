"""Where a broker keeps messages, as the page draws it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Token:
    """A message in its place. `look`: waits, held, again, done or dead; `note`: the same in words."""

    number: int
    look: str
    note: str


@dataclass(frozen=True)
class Shelf:
    """A place with the messages in it, in their order. `note`: numbers that belong to it."""

    title: str
    tokens: list[Token]
    note: str
