"""What a grading makes and must not leave behind, noted before it is made; leftovers.py removes it.

Each process that judges has its own file under grading/ in the state folder: a line for each queue, exchange,
topic, group, folder or mark of processes; a second line takes it back.
"""

import contextlib
import json
import os
import threading
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import psutil

from mqcourse import json_lines
from mqcourse.home import state_folder
from mqcourse.variables import GRADING_RUN

MARK = GRADING_RUN

SANDBOX_STATE = "state"
"""The state folder of a run in a sandbox, in the run's folder."""

Thing = tuple[str, str, str]
"""Where it is (a broker, or "here"), its kind, its name."""

_lock = threading.RLock()


def folder() -> Path:
    """Where the journals lie."""
    return state_folder() / "grading"


def note(where: str, kind: str, name: str) -> None:
    """Call this before the thing is made."""
    _append({"made": [where, kind, name]})


def gone(where: str, kind: str, name: str) -> None:
    """The thing is removed. With the last one goes the file."""
    with _lock:
        _append({"gone": [where, kind, name]})
        if not open_things(read(own_file())):
            own_file().unlink(missing_ok=True)


def own_file() -> Path:
    """The journal of this process."""
    return folder() / f"{_own_name(os.getpid())}.jsonl"


@cache
def _own_name(pid: int) -> str:
    return f"{pid}-{int(psutil.Process(pid).create_time() * 1000)}"


def lives(name: str) -> bool:
    """Whether the process that a journal is named after still runs."""
    pid, _, born_ms = name.partition("-")
    try:
        process = psutil.Process(int(pid))
        if process.status() == psutil.STATUS_ZOMBIE:  # ended, and nobody has asked for its exit code
            return False
        return abs(process.create_time() * 1000 - int(born_ms)) < 2000
    except (psutil.Error, ValueError):
        return False


def _append(line: Mapping[str, Any]) -> None:
    file = own_file()
    with _lock:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a", encoding="utf-8") as out:
            out.write(json.dumps(line) + "\n")


def read(file: Path) -> Iterable[Mapping[str, Any]]:
    """The entries of a journal; none when it cannot be read."""
    with contextlib.suppress(OSError):
        yield from json_lines.read(file)


def open_things(entries: Iterable[Mapping[str, Any]]) -> list[Thing]:
    """What was made and is not gone, in the order in which it was made."""
    things: dict[Thing, None] = {}
    for entry in entries:
        thing = entry.get("made") or entry.get("gone")
        if not (isinstance(thing, list) and len(thing) == 3 and all(isinstance(each, str) for each in thing)):
            continue
        where, kind, name = thing
        if "made" in entry:
            things[where, kind, name] = None
        else:
            things.pop((where, kind, name), None)
    return list(things)


def rewrite(file: Path, things: Iterable[Thing]) -> None:
    """Let a journal hold these things alone; without any there is no file."""
    text = "".join(json.dumps({"made": thing}) + "\n" for thing in things)
    with _lock, contextlib.suppress(OSError):
        if text:
            file.write_text(text, encoding="utf-8")
        else:
            file.unlink(missing_ok=True)
