"""Ports of a stack: one block, a fixed offset for each purpose, away from every broker's own default port."""

import contextlib
import os
import socket
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import psutil

from mqcourse.errors import CourseError
from mqcourse.exits import Exit

DEFAULT_BASE = 27100
"""Below the ephemeral range (32768 on Linux), so that no outgoing connection sits on it by chance."""
BLOCK = 60
LAST_BASE = 29900
"""Above lie Kubernetes' node ports (30000-32767)."""
NODES = (1, 2, 3)
"""The numbers of a cluster's nodes: three is the least of which one may fail."""
OFFSETS = {
    "rabbitmq": 0,
    "rabbitmq_management": 1,
    "rabbitmq_stream": 2,
    "rabbitmq_prometheus": 3,
    "rabbitmq_dist": 4,
    "rabbitmq_epmd": 5,
    "rabbitmq_cli": 6,  # rabbitmqctl's own distribution ports: 6 to 9
    "kafka": 10,
    "kafka_controller": 11,
    "servicebus": 20,
    "servicebus_admin": 21,
    "servicebus_tls": 22,
    "servicebus_admin_tls": 23,
    "postgres": 25,
    "book": 30,
    "jupyter": 31,
    # the nodes of the clusters; rabbitmqctl's own ports are those above
    **{
        f"{purpose}_{node}": first + node - 1
        for purpose, first in (
            ("rabbitmq", 32),
            ("rabbitmq_management", 35),
            ("rabbitmq_dist", 38),
            ("kafka", 42),
            ("kafka_controller", 45),
            # the links between nodes: where the others reach a node, through a proxy
            ("rabbitmq_link", 12),
            ("kafka_link", 15),
            ("kafka_internal", 26),  # the node's own listener for other brokers, behind the proxy
        )
        for node in NODES
    },
    "kafka_controller_link_1": 18,
    "kafka_controller_link_2": 19,
    "kafka_controller_link_3": 24,
    "rabbitmq_cluster_epmd": 41,
    # RabbitMQ of the next release, beside the stable one
    "rabbitmq_testing": 50,
    "rabbitmq_testing_management": 51,
    "rabbitmq_testing_stream": 52,
    "rabbitmq_testing_prometheus": 53,
    "rabbitmq_testing_dist": 54,
    "rabbitmq_testing_epmd": 55,
}
MARK = "mqcourse.port.base="
"""Part of the command line of every broker we start, so that another checkout can tell whose block it is."""


@dataclass(frozen=True)
class Ports:
    base: int

    def of(self, purpose: str) -> int:
        """The port of a purpose named in OFFSETS."""
        return self.base + OFFSETS[purpose]

    def all(self) -> dict[str, int]:
        return {purpose: self.base + offset for purpose, offset in OFFSETS.items()}


def explicit_base() -> int | None:
    """MQ_PORT_BASE, or None when it is not set.

    Raises CourseError when it is no number or leaves too few ports for a block.
    """
    text = os.environ.get("MQ_PORT_BASE")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and may_begin(int(text))):
        raise CourseError(
            f"MQ_PORT_BASE is {text!r}",
            do=f"Set it to a number from 1024 to {65535 - BLOCK}, such as {DEFAULT_BASE}",
            code=Exit.USAGE,
        )
    return int(text)


def may_begin(base: int) -> bool:
    """Whether a block of ports may begin there: above the system's ports, and all of it below 65536."""
    return 1024 <= base <= 65535 - BLOCK


def is_free(port: int) -> bool:
    """Whether a server could listen on 127.0.0.1:port now."""
    with socket.socket() as probe:
        # as servers do: connections that linger after a close hold no port
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


@contextlib.contextmanager
def kept() -> Iterator[int]:
    """A port of 127.0.0.1 for one server, held in the block: the system gives it to no connection meanwhile."""
    with socket.socket() as bound:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # lets a server listen beside it
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


def becomes_free(port: int, limit_s: float = 1.0) -> bool:
    """As is_free, but gives a port whose holder was just killed a moment to be given back by the kernel."""
    deadline = time.monotonic() + limit_s
    while not is_free(port):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def is_open(port: int, timeout_s: float = 0.2) -> bool:
    """Whether something accepts connections on 127.0.0.1:port."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=timeout_s):
        return True
    return False


def holder(port: int) -> str:
    """Who listens on a port: `name (process 123)`, as far as this user may see it."""
    with contextlib.suppress(psutil.Error):
        for connection in psutil.net_connections(kind="tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr and connection.laddr.port == port:
                if connection.pid is None:
                    return "a process of another user"
                with contextlib.suppress(psutil.Error):
                    return f"{psutil.Process(connection.pid).name()} (process {connection.pid})"
                return f"process {connection.pid}"
    return "another process"


def course_bases() -> Iterator[int]:
    """The blocks that running brokers of this course hold, whichever checkout and user they belong to."""
    for process in psutil.process_iter(["cmdline"]):
        for word in process.info["cmdline"] or ():
            _, found, base = word.partition(MARK)
            if found and base.isdigit():
                yield int(base)


def taken(ports: Iterable[int]) -> list[int]:
    """Those of the ports that are not free."""
    return [port for port in ports if not is_free(port)]


def block_is_free(base: int, held: Iterable[int]) -> bool:
    """Whether no port of the block is taken and no broker of this course is about to take it."""
    return base not in set(held) and not taken(Ports(base).all().values())


def next_free_base(held: Iterable[int], start: int = DEFAULT_BASE) -> int:
    """The first free block from `start` on.

    Raises CourseError when there is none up to LAST_BASE.
    """
    held = set(held)
    for base in range(start, LAST_BASE + 1, BLOCK):
        if block_is_free(base, held):
            return base
    raise CourseError(
        f"every block of ports from {start} to {LAST_BASE} has a taken port",
        do="Set MQ_PORT_BASE to a free one",
        code=Exit.ENVIRONMENT,
    )


def taken_error(port: int, purpose: str) -> CourseError:
    """The error for a port that a foreign process holds."""
    return CourseError(
        f"port {port} ({purpose.replace('_', ' ')}) is held by {holder(port)}",
        do=f"End that process, or set MQ_PORT_BASE to another block of {BLOCK} free ports, such as "
        f"{next_free_base(set(), port + BLOCK - port % BLOCK) if port < LAST_BASE - BLOCK else DEFAULT_BASE}",
        code=Exit.ENVIRONMENT,
    )
