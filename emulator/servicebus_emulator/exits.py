"""The exit codes of the emulator. The course's commands have the same ones, and more (mqcourse/exits.py)."""

from enum import IntEnum


class Exit(IntEnum):
    """How the emulator ended, for whatever started it."""

    DONE = 0
    UNEXPECTED = 1
    USAGE = 2
    SAID_NO = 3
    ENVIRONMENT = 6


MEANINGS = {
    Exit.DONE: "it was stopped, with SIGTERM or Ctrl-C",
    Exit.UNEXPECTED: "unexpected: a mistake of the emulator",
    Exit.USAGE: "wrong usage: no such option or value, or one that needs another",
    Exit.SAID_NO: "the configuration was refused",
    Exit.ENVIRONMENT: "something here is not as it must be: the port is held, a file cannot be read or written, a disk is full",
}
"""What each code means."""


def as_text() -> str:
    """The table as the help has it."""
    return "\n".join(["exit codes:", *(f"  {code:<4}{meaning}" for code, meaning in MEANINGS.items())])
