"""Where a recorder writes: one line an event, from every process that takes part, with the time of one common clock.

`with record("NAME", producer=connection):` in a cell records what the named clients do. A program that the cell starts
takes part with `watch(connection, "worker")`. Outside a recording `watch` does nothing. Each event is written to a
file at once, so the events of a process that is killed are kept. At the end the cell shows the recording, and so it
becomes an output of the chapter's run.
"""

import contextlib
import hashlib
import json
import linecache
import os
import re
import signal
import sys
import sysconfig
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

MIME = "application/vnd.mqcourse.replay"
"""How a recording travels from the kernel into the record of the run: as text, so that a diff shows it line by line."""
FORMAT = 1
VARIABLE = "MQ_REPLAY_TAPE"
"""Set while a recording runs, to the file that all processes write to."""
MOST_EVENTS = 5000
BROKER = "-"
"""The cause of an event that no line of the reader's code caused."""
NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
LONGEST_LABEL = 60
NOT_THE_READERS = tuple(
    str(Path(folder).resolve()) + os.sep
    for folder in (
        sysconfig.get_path("stdlib"),
        sysconfig.get_path("purelib"),
        sysconfig.get_path("platlib"),
        Path(__file__).parent.parent,
    )
)
"""Folders of code that the page does not show: a line there caused nothing in the reader's eyes."""

Watch = Callable[[Any, str, "Tape"], None]


@dataclass
class Tape:
    """The writing end in one process. `home` is the source whose lines are preferred as the cause of an event."""

    path: Path
    home: str
    count: int = 0
    dropped: int = 0
    closed: bool = False
    sources: dict[str, str] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def write(self, who: str, did: str, cause: str = "", **what: Any) -> None:
        """Add an event. `cause` is BROKER or a line as `here()` gave it; empty takes the line that is executed now."""
        clock_ns = time.monotonic_ns()
        line = cause or self.here()
        with self.lock:
            if self.closed:
                return
            if self.count >= MOST_EVENTS:
                self.dropped += 1
                return
            self.count += 1
            event = {"clock_ns": clock_ns, "pid": os.getpid(), "n": self.count, "who": who, "did": did}
            event |= {name: value for name, value in what.items() if value is not None}
            if line and line != BROKER:
                event["line"] = line
            _append(self.path, event)

    def here(self) -> str:
        """The reader's line that is executed now, as "SOURCE:LINE"; empty where none is."""
        found: FrameType | None = None
        frame: FrameType | None = sys._getframe(1)
        while frame is not None:
            name = frame.f_code.co_filename
            if name == self.home:
                found = frame
                break
            if found is None and _is_the_readers(name):
                found = frame
            frame = frame.f_back
        if found is None:
            return ""
        return f"{self._source(found.f_code.co_filename)}:{found.f_lineno}"

    def _source(self, name: str) -> str:
        if name not in self.sources:
            text = "".join(linecache.getlines(name))
            self.sources[name] = digest_of(text)
        return self.sources[name]


def digest_of(source: str) -> str:
    """How a recording names a source: twelve hexadecimal digits of its text."""
    return hashlib.sha256(source.strip().encode()).hexdigest()[:12]


def _is_the_readers(name: str) -> bool:
    if name.startswith("<"):
        return name.startswith("<ipython-input")
    return not str(Path(name).resolve()).startswith(NOT_THE_READERS)


def _append(path: Path, line: dict[str, Any]) -> None:
    """One write of a whole line to a file opened for appending: lines of several processes do not mix."""
    target = os.open(path, os.O_WRONLY | os.O_APPEND)
    try:
        os.write(target, (json.dumps(line, ensure_ascii=False) + "\n").encode())
    finally:
        os.close(target)


_now: Tape | None = None
"""The recording of this process, if one runs."""


def tape() -> Tape | None:
    """The recording that runs now: this process's, or that of the process which started this one."""
    global _now  # one process takes part in one recording
    if _now is None and (path := os.environ.get(VARIABLE)):
        main = getattr(sys.modules.get("__main__"), "__file__", "") or ""
        _now = Tape(Path(path), home=main)
    return _now


def label_of(body: bytes) -> str:
    """A message's body as the reader knows it: its text, cut where it is long."""
    try:
        text = " ".join(body.decode().split())
    except UnicodeDecodeError:
        text = body[:8].hex(" ")
    return text if len(text) <= LONGEST_LABEL else text[: LONGEST_LABEL - 1] + "…"


@contextlib.contextmanager
def recording(name: str, broker: str, watch: Watch, clients: dict[str, Any]) -> Iterator[None]:
    """Record what `clients` do until the block ends, then show the recording as an output of the cell."""
    global _now
    if not NAME.fullmatch(name):
        raise ValueError(f"a recording is named in small letters, digits and hyphens, not {name!r}")
    if _now is not None or os.environ.get(VARIABLE):
        raise RuntimeError("a recording runs already: end it first")
    with tempfile.TemporaryDirectory(prefix="mq-replay-") as folder:
        path = Path(folder) / "tape"
        path.touch(mode=0o600)
        own = Tape(path, home=_caller())
        began = datetime.now(UTC)
        began_ns = time.monotonic_ns()
        _now, os.environ[VARIABLE] = own, str(path)
        _hear_kills()
        stopped = ""
        try:
            for who, client in clients.items():
                watch(client, who, own)
            yield
        except BaseException as error:
            stopped = f"the cell ended with {type(error).__name__}"
            raise
        finally:
            _now = None
            os.environ.pop(VARIABLE, None)
            with own.lock:
                own.closed = True
            text = _whole(name, broker, began, began_ns, own, stopped)
            _show(name, text)


def _caller() -> str:
    """The file of the cell that began the recording."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and not _is_the_readers(frame.f_code.co_filename):
        frame = frame.f_back
    return frame.f_code.co_filename if frame else ""


def _whole(name: str, broker: str, began: datetime, began_ns: int, own: Tape, stopped: str) -> str:
    """The recording as JSON lines: a head, the events in the order of the clock, an end by which a cut is noticed."""
    lines = [json.loads(line) for line in own.path.read_text(encoding="utf-8").splitlines()]
    missing = [stopped] if stopped else []
    if own.dropped:
        missing.append(f"{own.dropped} events after the first {MOST_EVENTS} were not recorded")
    counts: dict[int, int] = {}
    for line in lines:
        counts[line["pid"]] = counts.get(line["pid"], 0) + 1
    last = {pid: max(line["n"] for line in lines if line["pid"] == pid) for pid in counts}
    gaps = sum(last[pid] - count for pid, count in counts.items())
    if gaps:
        missing.append(f"{gaps} events of a process were not written")
    lines.sort(key=lambda line: line["clock_ns"])
    events = []
    for line in lines:
        at_ms = round((line.pop("clock_ns") - began_ns) / 1e6, 3)
        del line["pid"], line["n"]
        events.append({"at_ms": at_ms, **line})
    head = {"replay": name, "broker": broker, "format": FORMAT, "began": began.isoformat()}
    end = {"end": {"events": len(events), "missing": missing}}
    return "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in (head, *events, end))


def _show(name: str, text: str) -> None:
    """As an output of the cell, where there is one."""
    try:
        from IPython.core.getipython import get_ipython
        from IPython.display import display
    except ImportError:
        return
    if get_ipython() is None:
        return
    events = text.count("\n") - 2
    plain = f"recorded: {name}, {events} events"
    display({MIME: text, "text/plain": plain}, raw=True)


_hears_kills = False


def _hear_kills() -> None:
    """Notice every signal that this process sends to a process which takes part: Python announces it beforehand."""
    global _hears_kills
    if not _hears_kills:
        _hears_kills = True
        sys.addaudithook(_heard)  # there is no way back, so it looks each time whether a recording runs


def _heard(event: str, arguments: tuple[Any, ...]) -> None:
    if event != "os.kill" or _now is None or _now.closed:
        return
    pid, number = arguments
    if number == 0:
        return
    lines = [json.loads(line) for line in _now.path.read_text(encoding="utf-8").splitlines()]
    for who in dict.fromkeys(line["who"] for line in lines if line["pid"] == pid and line["did"] == "joined"):
        _now.write(who, "signalled", signal=signal.Signals(number).name)
