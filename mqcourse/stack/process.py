"""Child processes that outlive their launcher and are still owned: known by pid and birth, ended for sure.

Every process we start carries MQ_STACK (the state folder) and MQ_SERVICE in its environment, and so do its
own children (Erlang's helpers, a notebook's kernels). So nothing is ever signalled by its name, a reused pid
is recognised, and an orphan is found even when its launcher was killed before it could write anything down.
"""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from mqcourse.disk import make_folder, unwritable
from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.variables import GRADING_RUN

STATE_VARIABLE = "MQ_STACK"
SERVICE_VARIABLE = "MQ_SERVICE"
BIRTH_TOLERANCE_S = 1.5
"""The kernel counts a birth from boot; a clock set in between moves it a little."""


@dataclass(frozen=True)
class Child:
    """A process we started: its pid and when it was born (seconds since the epoch)."""

    pid: int
    born_s: float


ROUNDS = 6
"""Looks for what is left of a stack that is ended; each waits for up to 15 s, and mostly the second finds nothing."""


def marks(state: Path, service: str) -> dict[str, str]:
    """The variables by which a process, and all that it starts, is known as a service's of this stack."""
    return {STATE_VARIABLE: str(state), SERVICE_VARIABLE: service}


def spawn(
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: Path,
    log: Path,
    state: Path,
    service: str,
    umask: int = 0o077,
) -> "subprocess.Popen[bytes]":
    """Start a process in a new session, its output appended to `log`.

    Its own session: a Ctrl-C in the terminal or notebook that started it does not reach it.
    Raises CourseError when the program cannot be started or the log cannot be written.
    """
    make_folder(log.parent)
    try:
        out = log.open("ab")
    except OSError as error:
        raise unwritable(log, error) from error
    marked = {name: value for name, value in env.items() if name != GRADING_RUN} | marks(state, service)
    with out:
        try:
            return subprocess.Popen(
                list(argv),
                env=marked,
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
                umask=umask,
            )
        except OSError as error:
            raise CourseError(
                f"{service} cannot be started: {argv[0]}: {error.strerror}",
                do="Run `mq doctor`",
                code=Exit.ENVIRONMENT,
            ) from error


def child_of(pid: int) -> Child:
    """The child as it will be recognised later."""
    try:
        return Child(pid, psutil.Process(pid).create_time())
    except psutil.NoSuchProcess:
        return Child(pid, time.time())  # it ended at once; is_alive will say so


def is_alive(child: Child) -> bool:
    """Whether this very process runs: not gone, not a zombie, not another one with its pid."""
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(child.pid)
        return (
            abs(process.create_time() - child.born_s) < BIRTH_TOLERANCE_S
            and process.status() != psutil.STATUS_ZOMBIE
        )
    return False


def is_paused(child: Child) -> bool:
    """Whether this very process is stopped (SIGSTOP)."""
    with contextlib.suppress(psutil.Error):
        return is_alive(child) and bool(psutil.Process(child.pid).status() == psutil.STATUS_STOPPED)
    return False


def rss_mb(child: Child) -> float | None:
    """Resident memory in megabytes (10^6 bytes), or None when it does not run."""
    with contextlib.suppress(psutil.Error):
        if is_alive(child):
            return round(psutil.Process(child.pid).memory_info().rss / 1e6, 1)
    return None


def owned(state: Path, service: str | None = None) -> list[psutil.Process]:
    """Every live process that belongs to the stack of `state` (and to `service`), this one excepted."""
    every = psutil.process_iter(["pid"])
    return [process for process in every if process.pid != os.getpid() and _is_owned(process, state, service)]


def owned_as(pid: int, state: Path, service: str) -> psutil.Process | None:
    """The process of this pid where it is the service's of this stack, without a look at all others."""
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        return process if _is_owned(process, state, service) else None
    return None


def _is_owned(process: psutil.Process, state: Path, service: str | None) -> bool:
    with contextlib.suppress(psutil.Error, OSError):
        marks = process.environ()
        return (
            marks.get(STATE_VARIABLE) == str(state)
            and (service is None or marks.get(SERVICE_VARIABLE) == service)
            and process.status() != psutil.STATUS_ZOMBIE
        )
    return False


def end(processes: Iterable[psutil.Process], *, grace_s: float, ask: signal.Signals = signal.SIGTERM) -> int:
    """Ask the processes to end, kill those that have not after `grace_s`; how many had to be killed."""
    waiting = list(processes)
    for process in waiting:
        with contextlib.suppress(psutil.Error):
            process.send_signal(ask)
            process.resume()  # a stopped one hears nothing until it runs again
    stubborn = _wait(waiting, grace_s)
    kill(stubborn)
    return len(stubborn)


def end_all(state: Path, *, grace_s: float) -> None:
    """End every process of a stack, also what one of them starts while it is being ended.

    What runs on idle time alone (the making of Kafka's AOT cache) also dies on idle time: on a busy machine it takes
    more than one look until it is gone.
    """
    for _ in range(ROUNDS):
        left = owned(state)
        if not left:
            return
        end(left, grace_s=grace_s)


def kill(processes: Iterable[psutil.Process]) -> None:
    """End processes at once and wait until they are gone."""
    processes = list(processes)
    for process in processes:
        with contextlib.suppress(psutil.Error):
            process.kill()
    _wait(processes, 10)


def _wait(processes: Iterable[psutil.Process], limit_s: float) -> list[psutil.Process]:
    """Wait for processes that are mostly not our children to end; those that still run after `limit_s`.

    A zombie counts as ended: its ports and files are free, and its parent may take seconds to reap it.
    """
    deadline = time.monotonic() + limit_s
    while (left := [process for process in processes if _runs(process)]) and time.monotonic() < deadline:
        time.sleep(0.01)  # no portable way to wait for another's child
    return left


def _runs(process: psutil.Process) -> bool:
    """Whether it still holds anything: a process whose first thread is a zombie may have others that are dying."""
    with contextlib.suppress(psutil.Error):
        if not process.is_running():
            return False
        return bool(process.status() != psutil.STATUS_ZOMBIE or process.num_threads() > 1)
    return False
