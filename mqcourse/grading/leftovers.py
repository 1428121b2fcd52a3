"""Removes what a grading made and did not give back: its own at the end, that of processes that are gone at the next run."""

import contextlib
import os
import shutil
import stat
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import psutil

from mqcourse import json_lines
from mqcourse.grading import journal
from mqcourse.products import BROKERS
from mqcourse.stack.process import kill

LAST_S = 30.0
"""How long a run without a waiting caller tries to remove what it made; the rest is for the next run's sweep."""
MOST_FILES, MOST_BYTES = 20, 1_000_000


def note_foreign(where: str, kind: str, name: str) -> None:
    """Note what an answer is about to make. What exists already belongs to somebody else and is left alone."""
    if (where, kind, name) in journal.open_things(journal.read(journal.own_file())) or name.startswith(
        "amq."
    ):
        return
    with contextlib.suppress(Exception):  # of any client; a broker that fails is noticed by its witness
        if not _client_of(where).exists(kind, name):
            journal.note(where, kind, name)


def clear() -> None:
    """Remove what this process still has noted, and its file."""
    _clear(journal.own_file())


def sweep() -> None:
    """Remove what processes left that are gone. What cannot be removed now stays recorded."""
    with contextlib.suppress(OSError):
        for file in sorted(journal.folder().glob("*.jsonl")):
            if not journal.lives(file.stem):
                _clear(file)


def sweep_all() -> None:
    """Sweep until nothing is left, or for LAST_S.

    A broker may need a moment: Kafka keeps a group until it has noticed that its members were killed.
    """
    end_s = time.monotonic() + LAST_S
    sweep()
    while (
        any(not journal.lives(file.stem) for file in journal.folder().glob("*.jsonl"))
        and time.monotonic() < end_s
    ):
        time.sleep(0.5)
        sweep()


def end_marked(mark: str) -> None:
    """End every process that carries the mark, also one that left its parent or its session.

    They are gone afterwards: a sweep passes over the journal of a process that is still dying.
    """
    found = []
    for other in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if other.pid != os.getpid() and other.environ().get(journal.MARK) == mark:
                found.append(other)
    kill(found)


def _clear(file: Path) -> None:
    left = journal.open_things(journal.read(file))
    kept: list[journal.Thing] = []
    for where in dict.fromkeys(thing[0] for thing in left):
        mine = [thing for thing in left if thing[0] == where]
        try:
            _remove(where, [(kind, name) for _, kind, name in mine])
        except Exception:  # of any client: its broker does not run. The next sweep tries again
            kept += mine
    journal.rewrite(file, kept)


def _remove(where: str, things: Sequence[tuple[str, str]]) -> None:
    if where == "here":
        _remove_here(things)
    else:
        _client_of(where).remove(things)


def _remove_here(things: Sequence[tuple[str, str]]) -> None:
    for kind, name in things:
        if kind == "processes":
            end_marked(name)
    for kind, name in things:
        if kind == "folder":
            for where, those in _left_inside(Path(name)).items():
                _remove(where, those)
            shutil.rmtree(name, ignore_errors=True)


def _left_inside(run: Path) -> dict[str, list[tuple[str, str]]]:
    """What a run in a sandbox noted in its own state folder, and did not take back, by broker.

    An answer may have written there, so nothing is followed, changed or believed but names of things at the brokers,
    at which an answer can delete by itself.
    """
    found: dict[str, list[tuple[str, str]]] = {}
    place = run / journal.SANDBOX_STATE / "grading"
    if place.is_symlink() or place.parent.is_symlink() or not place.is_dir():
        return found
    for file in sorted(place.glob("*.jsonl"))[:MOST_FILES]:
        for thing in journal.open_things(json_lines.objects(_bounded(file))):
            where, kind, name = thing
            if where in BROKERS:
                found.setdefault(where, []).append((kind, name))
    return found


def _bounded(file: Path) -> str:
    """The beginning of a regular file; empty for a link, a pipe or a device."""
    with contextlib.suppress(OSError), open(file, "rb", opener=_not_followed) as opened:
        if stat.S_ISREG(os.fstat(opened.fileno()).st_mode):
            return opened.read(MOST_BYTES).decode("utf-8", errors="replace")
    return ""


def _not_followed(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)


class _Client(Protocol):
    """A module of brokers/, which looks for things at its broker and deletes them, each as (kind, name)."""

    def exists(self, kind: str, name: str) -> bool: ...

    def remove(self, things: Sequence[tuple[str, str]]) -> None: ...


def _client_of(where: str) -> _Client:
    if where == "rabbitmq":
        from mqcourse.grading.brokers import rabbitmq  # here: only a leftover at this broker needs its client

        return rabbitmq
    if where == "kafka":
        from mqcourse.grading.brokers import kafka_share  # here: only a leftover at Kafka needs its client

        return kafka_share
    if where == "rabbitmq-cluster":
        from mqcourse.grading.brokers import rabbitmq_cluster  # here: as above

        return rabbitmq_cluster
    if where == "kafka-cluster":
        from mqcourse.grading.brokers import kafka_cluster  # here: as above

        return kafka_cluster
    from mqcourse.grading.brokers import servicebus  # here: only a leftover at this broker needs its client

    return servicebus
