"""One process that runs an answer, as a trial sees it: started, heard, stopped for a moment, killed."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

import psutil

from mqcourse.grading.guarantees import Breach
from mqcourse.grading.trace import shortened_text
from mqcourse.variables import Kind as Child
from mqcourse.variables import environment_of

MOST_PRINTED_BYTES = 8_000


class Listener(Protocol):
    """A trial: it takes what its programs send."""

    def hear(self, program: "Program", message: Mapping[str, Any]) -> None:
        """Called from the program's thread for each line, and once at the end with {"gone": True}."""


class Program:
    """One process that runs the answer. Made by Trial.start."""

    def __init__(self, trial: Listener, name: str, order: Mapping[str, Any], hash_seed: int) -> None:
        self.name = name
        self.returned: Any = None
        self.ended: str | None = None
        """None while it runs, then "returned", "error", "died" (by itself) or "killed" (by the trial)."""
        self.breach: Breach | None = None
        self.ready = False
        """Whether it has begun with the answer: Python and the imports of the first cell are loaded."""
        self.defined = False
        """Whether the answer's cell has run to its end, so that its function is defined."""
        self.began_s = time.monotonic()
        self.where: tuple[str, ...] | None = None
        """Where it was at the last query."""
        self._output = tempfile.TemporaryFile()  # noqa: SIM115  closed by kill(); it has no name, so none is left
        self._printed = ""
        mine, theirs = socket.socketpair()
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "mqcourse.grading.answer_process", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=self._output,
            start_new_session=True,
            env={
                **environment_of(Child.ANSWER),
                "PYTHONHASHSEED": str(hash_seed),
                "PYTHONWARNINGS": "ignore",
                "PYTHONUNBUFFERED": "1",
                "PYTHONDONTWRITEBYTECODE": "1",
            },
        )
        theirs.close()
        self._connection = mine
        self._reader = mine.makefile("r", encoding="utf-8")
        self._writer = mine.makefile("w", encoding="utf-8")
        self._lock = threading.Lock()
        self._trial = trial
        self.send(order)
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the answer is still at work."""
        return self.ended is None

    def send(self, message: Mapping[str, Any]) -> None:
        """One line to the process; a process that is gone gets nothing."""
        with self._lock, contextlib.suppress(OSError, ValueError):
            self._writer.write(json.dumps(message) + "\n")
            self._writer.flush()

    @property
    def printed(self) -> str:
        """What it has printed; the beginning and the end of it when it is long."""
        if not self._output.closed:
            size = os.fstat(self._output.fileno()).st_size
            half = MOST_PRINTED_BYTES // 2
            read = [os.pread(self._output.fileno(), half, 0)]
            if size > half:
                read.append(os.pread(self._output.fileno(), half, max(half, size - half)))
            self._printed = b"".join(read).decode("utf-8", errors="replace")
        return shortened_text(self._printed)

    @contextlib.contextmanager
    def stopped_short(self) -> Iterator[None]:
        """Within this block it does nothing at all: what a check sees meanwhile was done before it."""
        self._signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """kill -9, and wait until it is over. The processes the answer started itself go with it."""
        self.ended = self.ended or "killed"
        started: list[psutil.Process] = []
        with contextlib.suppress(psutil.Error):
            started = psutil.Process(self._process.pid).children(recursive=True)
        for other in started:  # one that has a session of its own is not in the group
            with contextlib.suppress(psutil.Error):
                other.kill()
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        _ = self.printed  # kept, before its file goes
        for stream in (self._reader, self._writer, self._connection, self._output):
            with contextlib.suppress(OSError):
                stream.close()

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if self._process.poll() is None:
                os.killpg(self._process.pid, number)

    def _listen(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            for line in self._reader:
                self._trial.hear(self, json.loads(line))
        self._trial.hear(self, {"gone": True})
