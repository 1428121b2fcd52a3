"""The exit codes of every command: one table. Standard library only, for what runs before anything is installed.

`emulator/servicebus_emulator/exits.py` has the codes of the emulator, a separate package. A test compares both tables.
"""

from collections.abc import Iterable
from enum import IntEnum


class Exit(IntEnum):
    """How a command ended, for whatever started it."""

    DONE = 0
    UNEXPECTED = 1
    USAGE = 2
    SAID_NO = 3
    UNREACHABLE = 4
    SOME_FAILED = 5
    ENVIRONMENT = 6
    NETWORK = 7
    BUSY = 8
    INTERRUPTED = 130
    TERMINATED = 143


MEANINGS = {
    Exit.DONE: "done",
    Exit.UNEXPECTED: "unexpected: a mistake of the course; the line names the log that has the rest",
    Exit.USAGE: "wrong usage: no such command, option, name or value, also of a variable",
    Exit.SAID_NO: "the check said no: points are missing, a claim did not hold, a target was missed, something is stale",
    Exit.UNREACHABLE: "a broker or service is not reachable: not started, ended, or it does not answer",
    Exit.SOME_FAILED: "some of several failed; the others were done",
    Exit.ENVIRONMENT: "something here is not as it must be: disk, rights, a port, Java, a damaged file",
    Exit.NETWORK: "something cannot be fetched: network, proxy, mirror",
    Exit.BUSY: "another command holds what this one needs, and did not end in time",
    Exit.INTERRUPTED: "interrupted with Ctrl-C; run it again to go on",
    Exit.TERMINATED: "ended by SIGTERM",
}
"""What each code means."""


def of_several(codes: Iterable[int], count: int) -> Exit:
    """The code when some of `count` things failed, each with its own: theirs when all failed alike."""
    failed = [Exit(code) for code in codes]
    if not failed:
        return Exit.DONE
    return failed[0] if len(failed) == count and len(set(failed)) == 1 else Exit.SOME_FAILED
