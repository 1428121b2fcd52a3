"""What a grading makes and must not leave behind: noted before it is made, removed at the end or by the next run.

Each process that judges has its own file under grading/ in the state folder: a line for each queue, exchange,
topic, group, folder or mark of processes; a second line takes it back. A file whose process is gone is swept.
"""

import contextlib
import json
import os
import shutil
import stat
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import psutil

from mqcourse.home import state_folder
from mqcourse.products import BROKERS

MARK = "MQ_GRADING_RUN"
"""An environment variable that every process of a grading carries, so that all can be found and ended."""

LAST_S = 30.0
"""How long a run without a waiting caller tries to remove what it made; the rest is for the next run's sweep."""

SANDBOX_STATE = "state"
"""The state folder of a run in a sandbox, in the run's folder."""
MOST_FILES, MOST_BYTES = 20, 1_000_000

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
        if not _open(_read(_file())):
            _file().unlink(missing_ok=True)


def note_foreign(where: str, kind: str, name: str) -> None:
    """The same for what an answer makes; what exists already belongs to another program and is left alone."""
    if (where, kind, name) in _open(_read(_file())) or name.startswith("amq."):
        return
    with contextlib.suppress(Exception):  # of any client; a broker that fails is noticed by its witness
        if not _exists(where, kind, name):
            note(where, kind, name)


def clear() -> None:
    """Remove what this process still has noted, and its file."""
    _clear(_file())


def sweep() -> None:
    """Remove what processes left that are gone. What cannot be removed now stays recorded."""
    with contextlib.suppress(OSError):
        for file in sorted(folder().glob("*.jsonl")):
            if not _lives(file.stem):
                _clear(file)


def sweep_all() -> None:
    """Sweep until nothing is left, or for LAST_S.

    A broker may need a moment: Kafka keeps a group until it has noticed that its members were killed.
    """
    end_s = time.monotonic() + LAST_S
    sweep()
    while any(not _lives(file.stem) for file in folder().glob("*.jsonl")) and time.monotonic() < end_s:
        time.sleep(0.5)
        sweep()


def end_marked(mark: str) -> None:
    """End every process that carries the mark, also one that left its parent or its session."""
    for other in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if other.pid != os.getpid() and other.environ().get(MARK) == mark:
                other.kill()


def _file() -> Path:
    return folder() / f"{_own_name(os.getpid())}.jsonl"


@cache
def _own_name(pid: int) -> str:
    return f"{pid}-{int(psutil.Process(pid).create_time() * 1000)}"


def _lives(name: str) -> bool:
    pid, _, born_ms = name.partition("-")
    try:
        process = psutil.Process(int(pid))
        if process.status() == psutil.STATUS_ZOMBIE:  # ended, and nobody has asked for its exit code
            return False
        return abs(process.create_time() * 1000 - int(born_ms)) < 2000
    except (psutil.Error, ValueError):
        return False


def _append(line: Mapping[str, Any]) -> None:
    file = _file()
    with _lock:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a", encoding="utf-8") as out:
            out.write(json.dumps(line) + "\n")


def _read(file: Path) -> Iterable[Mapping[str, Any]]:
    with contextlib.suppress(OSError):
        yield from _entries(file.read_text(encoding="utf-8", errors="replace"))


def _entries(text: str) -> Iterable[Mapping[str, Any]]:
    for line in text.splitlines():
        with contextlib.suppress(ValueError, RecursionError):
            entry = json.loads(line)
            if isinstance(entry, dict):
                yield entry


def _open(entries: Iterable[Mapping[str, Any]]) -> list[Thing]:
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


def _clear(file: Path) -> None:
    left = _open(_read(file))
    kept: list[Thing] = []
    for where in dict.fromkeys(thing[0] for thing in left):
        mine = [thing for thing in left if thing[0] == where]
        try:
            _REMOVED[where]([(kind, name) for _, kind, name in mine])
        except Exception:  # of any client: its broker does not run. The next sweep tries again
            kept += mine
    with _lock, contextlib.suppress(OSError):
        if kept:
            file.write_text("".join(json.dumps({"made": thing}) + "\n" for thing in kept), encoding="utf-8")
        else:
            file.unlink(missing_ok=True)


def _remove_here(things: list[tuple[str, str]]) -> None:
    for kind, name in things:
        if kind == "processes":
            end_marked(name)
    for kind, name in things:
        if kind == "folder":
            for where, those in _left_inside(Path(name)).items():
                _REMOVED[where](those)
            shutil.rmtree(name, ignore_errors=True)


def _left_inside(run: Path) -> dict[str, list[tuple[str, str]]]:
    """What a run in a sandbox noted in its own state folder, and did not take back, by broker.

    An answer may have written there, so nothing is followed, changed or believed but names of things at the brokers,
    at which an answer can delete by itself.
    """
    found: dict[str, list[tuple[str, str]]] = {}
    place = run / SANDBOX_STATE / "grading"
    if place.is_symlink() or place.parent.is_symlink() or not place.is_dir():
        return found
    for file in sorted(place.glob("*.jsonl"))[:MOST_FILES]:
        for thing in _open(_entries(_bounded(file))):
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


def _remove_rabbitmq(things: list[tuple[str, str]]) -> None:
    with _rabbitmq() as connection:
        for kind, name in things:
            channel = connection.channel()
            with contextlib.suppress(_pika_refused()):  # it is used exclusively, or is not there
                (channel.exchange_delete if kind == "exchange" else channel.queue_delete)(name)


def _remove_kafka(things: list[tuple[str, str]]) -> None:
    from mqcourse.grading.brokers.kafka import Desk  # here: only a leftover at this broker needs it

    with Desk() as desk:
        desk.remove(
            [name for kind, name in things if kind == "topic"],
            [name for kind, name in things if kind == "group"],
        )


def _remove_servicebus(things: list[tuple[str, str]]) -> None:
    from azure.core.exceptions import ResourceNotFoundError

    with _servicebus() as admin:
        for kind, name in things:
            with contextlib.suppress(ResourceNotFoundError):
                (admin.delete_topic if kind == "topic" else admin.delete_queue)(name)


def _exists(where: str, kind: str, name: str) -> bool:
    if where == "rabbitmq":
        with _rabbitmq() as connection:
            channel = connection.channel()
            try:
                if kind == "exchange":
                    channel.exchange_declare(name, passive=True)
                else:
                    channel.queue_declare(name, passive=True)
            except _pika_refused():
                return False
            return True
    if where == "kafka":
        from mqcourse.grading.brokers.kafka import Desk  # here: only a leftover at this broker needs it

        with Desk() as desk:
            return desk.has(kind, name)
    from azure.core.exceptions import ResourceNotFoundError

    with _servicebus() as admin:
        try:
            (admin.get_topic if kind == "topic" else admin.get_queue)(name)
        except ResourceNotFoundError:
            return False
    return True


def _rabbitmq() -> Any:
    import pika

    from mqcourse.stack import endpoints  # here: only what was left at this broker needs its client

    return pika.BlockingConnection(pika.URLParameters(endpoints().rabbitmq_url))


def _pika_refused() -> type[Exception]:
    from pika.exceptions import ChannelClosedByBroker

    refused: type[Exception] = ChannelClosedByBroker
    return refused


def _servicebus() -> Any:
    from azure.servicebus.management import ServiceBusAdministrationClient

    from mqcourse.stack import endpoints  # here: only what was left at this broker needs its client

    return ServiceBusAdministrationClient.from_connection_string(
        **endpoints().servicebus_administration, retry_total=0
    )


_REMOVED: Mapping[str, Callable[[list[tuple[str, str]]], None]] = {
    "here": _remove_here,
    "rabbitmq": _remove_rabbitmq,
    "kafka": _remove_kafka,
    "servicebus": _remove_servicebus,
}
