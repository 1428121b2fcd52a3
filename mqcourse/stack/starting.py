"""Which command starts services of this stack just now, so that others can tell, and `mq stop` can end it."""

import contextlib
import json
import os
import signal
from collections.abc import Iterable, Iterator
from pathlib import Path

import psutil

from mqcourse.disk import unwritable, write_private
from mqcourse.progress import Progress
from mqcourse.small_file import object_of
from mqcourse.stack import process
from mqcourse.stack.process import Child

FILE = "starting.json"
HEEDS_S = 2.0
"""How long an interrupted start may take to end; after that it is terminated."""


@contextlib.contextmanager
def told(state: Path, names: Iterable[str]) -> Iterator[None]:
    """While the block runs, this process is known to start these services."""
    file = state / FILE
    born_s = psutil.Process().create_time()
    try:
        write_private(file, json.dumps({"pid": os.getpid(), "born_s": born_s, "names": list(names)}))
    except OSError as error:
        raise unwritable(file, error) from error
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def names(state: Path) -> frozenset[str]:
    """The services that a living process is about to start."""
    found = object_of(state / FILE)
    child = _starter(state)
    listed = found.get("names")
    if child is None or not isinstance(listed, list) or not process.is_alive(child):
        return frozenset()
    return frozenset(name for name in listed if isinstance(name, str))


def interrupt(state: Path, progress: Progress) -> None:
    """End the start that is under way, as Ctrl-C in its terminal does."""
    child = _starter(state)
    if child is None or child.pid == os.getpid() or not process.is_alive(child):
        return
    progress.say(f"ending the start that is under way (process {child.pid}) …")
    with contextlib.suppress(psutil.Error):
        starter = psutil.Process(child.pid)
        starter.send_signal(signal.SIGINT)
        with contextlib.suppress(psutil.TimeoutExpired):
            starter.wait(HEEDS_S)
            return
        # in the background of a shell it was told to ignore that
        process.end([starter], grace_s=HEEDS_S)


def _starter(state: Path) -> Child | None:
    found = object_of(state / FILE)
    pid, born_s = found.get("pid"), found.get("born_s")
    if type(pid) is not int or not isinstance(born_s, int | float) or pid <= 1:
        return None
    return Child(pid, float(born_s))
