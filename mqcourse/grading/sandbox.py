"""A sandbox for the answers of strangers: bubblewrap, and a way to the brokers' ports.

What is inside sees the course's code, this Python, a folder of the run's own and an empty home; no other file, no other
process, no network. The brokers' ports can still be reached: inside, a socket on each (`sandbox_inside.py`) hands connections
to a socket in the file system, and outside this module hands them on to the broker.
"""

import contextlib
import json
import os
import shutil
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.grading.journal import SANDBOX_STATE
from mqcourse.grading.sandbox_inside import BACKLOG, SOCKETS, Connector, serve
from mqcourse.home import CHECKOUT, state_folder
from mqcourse.install import bubblewrap
from mqcourse.progress import Progress
from mqcourse.stack import endpoints
from mqcourse.stack.endpoints import FILE, STREAM_PORTS
from mqcourse.stack.providers.external import hosts_of

COURSE = ("mqcourse", "pyproject.toml")
OF_A_LAB = ("lab.toml", "checks.py")
"""What judging reads of the checkout, and of each lab's folder: no master, no known answer is inside."""
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/opt")
OF_ETC = (
    "/etc/alternatives",
    "/etc/ca-certificates",
    "/etc/group",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/etc/nsswitch.conf",
    "/etc/passwd",
    "/etc/pki",
    "/etc/ssl",
)
TMP_BYTES = 256 * 1024 * 1024
SHARED_MEMORY_BYTES = 64 * 1024 * 1024

Address = tuple[str, int]


@dataclass(frozen=True)
class Sandbox:
    """How this machine shuts a run in."""

    program: Path
    version: str

    @classmethod
    def of_this_machine(cls, progress: Progress | None = None) -> Self:
        """CourseError, with what to do, where there is none."""
        program = bubblewrap.executable(progress)
        return cls(program, bubblewrap.version(program))

    def as_text(self) -> str:
        """One line for the person who grades."""
        return (
            f"bubblewrap {self.version}: answers see no file of yours, an empty home, no other process, "
            "and of the network the brokers' ports only; memory is limited for each process, not for all together"
            # the kernel exempts root from the limit
            + ("; the number of processes is not limited, because root grades" if os.getuid() == 0 else "")
        )

    @contextlib.contextmanager
    def around(self, command: Sequence[str], folder: Path, fds: Sequence[int]) -> Iterator[list[str]]:
        """The command that runs `command` inside, with `folder` as the one place that it can write to."""
        addresses = brokers()
        state = folder / SANDBOX_STATE
        state.mkdir()
        with contextlib.suppress(FileNotFoundError):  # no broker was ever started: a lab may need none
            shutil.copy(state_folder() / FILE, state / FILE)
        names = {host for host, _ in addresses if not _is_loopback(host)}
        hosts = folder / "hosts"
        hosts.write_text(f"127.0.0.1 localhost {' '.join(sorted(names))}\n", encoding="utf-8")
        with tempfile.TemporaryDirectory(prefix="mq-sockets-") as sockets, _sockets(Path(sockets), addresses):
            inside = [
                sys.executable,
                "-P",
                "-m",
                "mqcourse.grading.sandbox_inside",
                json.dumps([a[1] for a in addresses]),
            ]
            yield [
                str(self.program),
                *("--unshare-all", "--die-with-parent", "--hostname", "grading"),
                *("--cap-drop", "ALL"),  # root's run keeps all of them otherwise, and mounts what it likes
                *("--proc", "/proc", "--dev", "/dev"),
                *("--size", str(SHARED_MEMORY_BYTES), "--tmpfs", "/dev/shm"),  # noqa: S108  inside
                # before what is bound: the checkout, or the state folder, may lie in /tmp
                *("--size", str(TMP_BYTES), "--tmpfs", "/tmp", "--dir", "/tmp/home"),  # noqa: S108  inside
                *_bound(),
                *("--ro-bind", sockets, SOCKETS, "--ro-bind", str(hosts), "/etc/hosts"),
                *("--bind", str(folder), str(folder), "--chdir", str(folder)),
                # both lie in memory, and without a limit would hold half of the machine's
                *("--remount-ro", "/dev", "--remount-ro", "/"),
                *("--setenv", "HOME", "/tmp/home", "--setenv", "TMPDIR", "/tmp"),  # noqa: S108  inside
                *("--setenv", "MQ_HOME", str(state), "--setenv", "IPYTHONDIR", str(folder / "ipython")),
                "--",
                *inside,
                json.dumps(list(fds)),
                *command,
            ]


def brokers() -> list[Address]:
    """Host and port of every broker that a lab may ask for, as clients name them."""
    known = endpoints()
    found: dict[Address, None] = {}
    for name in ("rabbitmq_url", "kafka_bootstrap", "servicebus_connection_string"):
        if address := known.known.get(name):
            found |= dict.fromkeys(hosts_of(address))
    ports = {"http": 80, "https": 443, **STREAM_PORTS}
    for name in ("rabbitmq_management_url", "rabbitmq_stream_url"):
        parts = urlsplit(known.known.get(name) or "")
        if parts.hostname:
            found[parts.hostname, parts.port or ports[parts.scheme]] = None
    clash = {port for _, port in found if sum(port == other for _, other in found) > 1}
    if clash:
        raise CourseError(
            f"two brokers have the same port ({', '.join(map(str, sorted(clash)))}) on different hosts, and inside the sandbox both would be one",
            do="Give one of them another port",
            code=Exit.ENVIRONMENT,
        )
    return list(found)


def _bound() -> list[str]:
    words: list[str] = []
    for name in SYSTEM:
        place = Path(name)
        if place.is_symlink():
            words += ["--symlink", str(place.readlink()), name]
        elif place.is_dir():
            words += ["--ro-bind", name, name]
    for name in OF_ETC:
        words += ["--ro-bind-try", name, name]
    certificate = endpoints().known.get("servicebus_certificate")
    places = [
        Path(sys.base_prefix),
        Path(sys.prefix),
        *(CHECKOUT / name for name in COURSE),
        *(path for name in OF_A_LAB for path in (CHECKOUT / "solutions").glob(f"*/{name}")),
        *([Path(certificate)] if certificate else []),
    ]
    for place in places:
        words += ["--ro-bind-try", str(place), str(place)]
    return words


def _is_loopback(host: str) -> bool:
    return host in ("localhost", "::1") or host.startswith("127.")


@contextlib.contextmanager
def _sockets(folder: Path, addresses: Sequence[Address]) -> Iterator[None]:
    """A listening socket for each address, whose connections go on to it."""
    listeners: list[socket.socket] = []
    try:
        for number, address in enumerate(addresses):
            listener = socket.socket(socket.AF_UNIX)
            listeners.append(listener)
            listener.bind(str(folder / str(number)))
            listener.listen(BACKLOG)
            threading.Thread(target=serve, args=(listener, _connector(address)), daemon=True).start()
        yield
    finally:
        for listener in listeners:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()


def _connector(address: Address) -> Connector:
    return lambda: socket.create_connection(address, timeout=10)
