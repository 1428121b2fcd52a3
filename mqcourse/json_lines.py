"""Files of JSON objects, one a line, only ever appended: a crash costs at most the line that was being written."""

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any


def append(path: Path, objects: Iterable[Mapping[str, Any]]) -> None:
    """Append the objects in one write, so that two programs at once cannot mix their lines. OSError where it fails.

    A line that a crash cut off is ended first: what follows it would be lost with it.
    """
    import fcntl  # here: Windows has none, and is told so in one line (see cli.main)

    path.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(f"{json.dumps(each, ensure_ascii=False)}\n" for each in objects)
    target = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        fcntl.flock(target, fcntl.LOCK_EX)  # else a line that another program is writing would look cut off
        size = os.fstat(target).st_size
        torn = size > 0 and os.pread(target, 1, size - 1) != b"\n"
        os.write(target, ("\n" * torn + text).encode())
        os.fsync(target)
    finally:
        os.close(target)


def read(path: Path) -> Iterator[dict[str, Any]]:
    """Every whole line that is an object; none where there is no such file."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return
    yield from objects(text)


def objects(text: str) -> Iterator[dict[str, Any]]:
    """The objects of a text. What is no object is passed over."""
    for line in text.split("\n"):
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(entry, dict):
            yield entry
