"""The inner end of a sandbox: a socket at each broker's port, and the program that is to run. Standard library only.

python -m mqcourse.grading.sandbox_inside PORTS FDS PROGRAM ARGUMENT…
"""

import contextlib
import ctypes
import json
import os
import resource
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

SOCKETS = "/run/mq"
"""Where the sockets of the brokers lie, inside."""
BACKLOG = 64
CHUNK_BYTES = 65_536
MOST_TASKS = 1_000
"""Processes and threads together; the grading of a lab needs about 150."""

PR_SET_DUMPABLE = 4
"""prctl(2)"""

Connector = Callable[[], socket.socket]


def serve(listener: socket.socket, connect: Connector) -> None:
    """Hand every connection on, until the listener is closed. One that cannot be handed on is closed."""
    while True:
        try:
            near, _ = listener.accept()
        except OSError:
            return
        try:
            far = connect()
        except OSError:
            near.close()
            continue
        far.settimeout(None)
        threading.Thread(target=carry, args=(near, far), daemon=True).start()


def carry(near: socket.socket, far: socket.socket) -> None:
    """Carry bytes both ways until both have ended, each part at once as its sender does: a delay here would be added
    to every pause that a check measures."""
    with near, far:
        for end in (near, far):
            if end.family != socket.AF_UNIX:
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        back = threading.Thread(target=_pump, args=(far, near), daemon=True)
        back.start()
        _pump(near, far)
        back.join()


def _pump(source: socket.socket, target: socket.socket) -> None:
    """Carry bytes one way; when that way ends, say so to the other side."""
    with contextlib.suppress(OSError):
        while data := source.recv(CHUNK_BYTES):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def _connector(path: Path) -> Connector:
    def connect() -> socket.socket:
        far = socket.socket(socket.AF_UNIX)
        far.connect(str(path))
        return far

    return connect


def main() -> int:
    """Open the sockets, run the program, end with its code."""
    ports, fds, program = json.loads(sys.argv[1]), json.loads(sys.argv[2]), sys.argv[3:]
    for number, port in enumerate(ports):
        listener = socket.create_server(("127.0.0.1", port), backlog=BACKLOG)
        connector = _connector(Path(SOCKETS, str(number)))
        threading.Thread(target=serve, args=(listener, connector), daemon=True).start()
    with contextlib.suppress(ValueError, OSError):
        # of the sandbox's own user namespace (Linux 5.14 and later), so what else runs on the machine does not count
        resource.setrlimit(resource.RLIMIT_NPROC, (MOST_TASKS, MOST_TASKS))
    for fd in fds:
        os.set_inheritable(fd, True)
    with contextlib.suppress(OSError, AttributeError):
        # an answer has the same user, and would open the grader's pipe through this process
        ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    process = subprocess.Popen(program, pass_fds=fds)
    for fd in fds:
        os.close(fd)
    code = process.wait()
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main())
