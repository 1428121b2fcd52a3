"""What a check does at the three nodes of RabbitMQ's cluster: queues, what is stored in them, and nodes that fail."""

import base64
import contextlib
import http.client
import json
import secrets
import urllib.error
import urllib.request
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import quote

import pika
from pika.adapters.blocking_connection import BlockingChannel
from pika.adapters.utils.connection_workflow import AMQPConnectorException
from pika.exceptions import AMQPError, NackError

from mqcourse.grading import journal
from mqcourse.grading.brokers.check_cluster import CheckCluster, bring_back_nodes
from mqcourse.grading.brokers.nodes import NODE, has_failed
from mqcourse.stack import endpoints

CLUSTER = "rabbitmq-cluster"
ANSWER_S = 10.0
"""So long a node's management interface may take for one answer."""
FULL = 200
"""More messages than any queue of a check may have."""


@dataclass(frozen=True)
class Copies:
    """A queue as a node's management interface has it, its nodes by number.

    members: the nodes with a copy, of a classic queue the one that has it. online: those that run. leader is None while
    there is none.
    """

    kind: str
    leader: int | None
    members: tuple[int, ...]
    online: tuple[int, ...]


class CheckRabbitMQCluster(CheckCluster):
    """One check's work at the cluster, over a connection for each thing that it does."""

    BROKER = CLUSTER
    TITLE = "RabbitMQ"
    PASSING = (AMQPError, AMQPConnectorException, OSError, http.client.HTTPException)
    USUAL: ClassVar[Mapping[str, Any]] = {
        "x-queue-type": "quorum",
        "x-expires": 600_000,  # ms unused: a run that was killed leaves nothing behind for good
    }

    def __init__(self) -> None:
        super().__init__()
        self._named: list[str] = []

    def remove_made(self) -> None:
        remove([("queue", name) for name in self._named])
        for name in self._named:
            journal.gone(CLUSTER, "queue", name)

    def name(self, purpose: str) -> str:
        """A queue name nobody used before; the queue is deleted at the end, whoever declares it."""
        name = self._new_name("queue", f"check.{purpose}")
        self._named.append(name)
        return name

    def addresses(self, order: Sequence[int]) -> list[str]:
        """The nodes' addresses for a client, in this order, whether they run or not."""
        return [endpoints().rabbitmq_nodes[node - 1] for node in order]

    @contextlib.contextmanager
    def channel(self, node: int | None = None) -> Iterator[BlockingChannel]:
        """A channel with confirms at a node that runs; where none is named, at the first that was left alone."""
        with _channel(endpoints().rabbitmq_nodes[(node or self.left_alone[0]) - 1]) as channel:
            channel.confirm_delivery()
            yield channel

    def declare(self, purpose: str, node: int, **arguments: Any) -> str:
        """A durable queue, declared through that node, which then leads it; gives its name once it is ready for use."""
        name = self.name(purpose)
        with self.channel(node) as channel:
            channel.queue_declare(name, durable=True, arguments={**self.USUAL, **arguments})

        def is_ready() -> bool:
            found = self.copies(name)
            return found is not None and found.leader == node and found.online == found.members

        self.wait_for(f"each copy of {name} is online", is_ready)
        return name

    def drop_copy(self, queue: str, node: int) -> None:
        """Remove the member of a quorum queue at that node."""
        self._ask(f"queues/quorum/%2F/{quote(queue)}/replicas/delete", "DELETE", {"node": called(node)})
        self.wait_for(
            f"{queue} has no copy on node {node}",
            lambda: (found := self.copies(queue)) is not None and node not in found.members,
        )

    def copies(self, queue: str, node: int | None = None) -> Copies | None:
        """The copies of a queue, as that node reports them; None when there is no queue of that name."""
        try:
            found = self._ask(f"queues/%2F/{quote(queue)}", node=node)
        except urllib.error.HTTPError as error:
            with error:
                if error.code == 404:
                    return None
                raise
        if found.get("type") != "quorum":
            at = number(found["node"])
            runs = self._runs(queue, node)
            return Copies(str(found.get("type")), at if runs else None, (at,), (at,) if runs else ())
        online = tuple(sorted(map(number, found.get("online") or ())))
        leader = number(found["leader"]) if found.get("leader") else None
        members = tuple(sorted(map(number, found.get("members") or ())))
        return Copies("quorum", leader if leader in online else None, members, online)

    def _runs(self, queue: str, node: int | None) -> bool:
        """Whether a classic queue runs. The answer for a single queue reports that of a dead node as running;
        the list of all reports it as down (seen with 4.0.5)."""
        return any(
            row["name"] == queue and row["state"] == "running" for row in self._ask("queues/%2F", node=node)
        )

    def management(self, node: int | None = None) -> str:
        """The management interface of a node that was left alone."""
        return endpoints().rabbitmq_nodes_management[(node or self.left_alone[0]) - 1]

    def _ask(
        self, path: str, method: str = "GET", body: Mapping[str, Any] | None = None, node: int | None = None
    ) -> Any:
        login = pika.URLParameters(endpoints().rabbitmq_nodes[0]).credentials
        token = base64.b64encode(f"{login.username}:{login.password}".encode()).decode()
        request = urllib.request.Request(  # noqa: S310  the course's own cluster
            f"{self.management(node)}api/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Basic {token}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=ANSWER_S) as answer:  # noqa: S310  as above
            text = answer.read()
        return json.loads(text) if text else None

    def wait_led(self, queue: str, by: Collection[int]) -> int:
        """Wait until each node that was left alone reports the same leader, one of these; gives its number."""
        led: list[int | None] = []

        def is_led() -> bool:
            led[:] = [
                found.leader if (found := self.copies(queue, node)) else None for node in self.left_alone
            ]
            return len({*led}) == 1 and led[0] in by

        self.wait_for(f"another node leads {queue}", is_led)
        return led[0] or 0

    def wait_whole(self, queue: str) -> int:
        """Wait until every member of the queue is online, as each node reports it; gives the leader's number."""

        def is_whole() -> bool:
            seen = [self.copies(queue, node) for node in self.left_alone]
            return all(each is not None and each.leader and each.online == each.members for each in seen)

        self.wait_for(f"each copy of {queue} is online", is_whole)
        return self.wait_led(queue, self.left_alone)

    def message(self, number: int, **fields: Any) -> bytes:
        """A body of that message, which nobody can guess; each call makes another one."""
        return self._numbered(number, {"event": secrets.token_hex(8), **fields})

    def send(self, queue: str, bodies: Iterable[tuple[str, bytes]]) -> None:
        """Send messages, each as (message_id, body), and wait for each confirm."""
        with self.channel() as channel:
            for id_, body in bodies:
                properties = pika.BasicProperties(delivery_mode=2, message_id=id_)
                channel.basic_publish("", queue, body, properties, mandatory=True)

    def fill(self, queue: str) -> None:
        """Send messages until the queue refuses one."""
        with self.channel() as channel:
            for _ in range(FULL):
                try:
                    channel.basic_publish("", queue, b"filler")
                except NackError:
                    return
        raise AssertionError(f"{queue} has no limit")

    def empty(self, queue: str) -> None:
        """Take every message out."""
        with self.channel() as channel:
            channel.queue_purge(queue)

    def accepts(self, queue: str) -> str:
        """Empty when a message is confirmed, else the name of the error."""
        try:
            self.send(queue, [("check", b"check")])
        except self.PASSING as error:
            return type(error).__name__
        return ""

    def ready(self, queue: str) -> int:
        """How many messages wait in the queue, in nobody's hands."""
        with self.channel() as channel:
            return int(channel.queue_declare(queue, passive=True).method.message_count)

    def look(self, queue: str) -> list[tuple[int, str | None]]:
        """Number and message_id of each message that waits, in order, which stays; -1 is none of ours."""
        found: list[tuple[int, str | None]] = []
        with self.channel() as channel:
            while (message := channel.basic_get(queue))[0] is not None:
                found.append((self._numbers.get(message[2], -1), message[1].message_id))
        self.wait_for(f"{queue} has its messages again", lambda: self.ready(queue) == len(found))
        return found


def number(name: str) -> int:
    """2 of mq2@localhost."""
    return int(name.partition("@")[0].removeprefix("mq"))


def called(node: int) -> str:
    """mq2@localhost of 2."""
    return f"mq{node}@localhost"


@contextlib.contextmanager
def _channel(address: str) -> Iterator[BlockingChannel]:
    parameters = pika.URLParameters(address)
    parameters.blocked_connection_timeout = ANSWER_S
    with pika.BlockingConnection(parameters) as connection:
        yield connection.channel()


@contextlib.contextmanager
def _any_channel() -> Iterator[BlockingChannel]:
    with pika.BlockingConnection([pika.URLParameters(each) for each in endpoints().rabbitmq_nodes]) as found:
        yield found.channel()


def remove(things: Sequence[tuple[str, str]]) -> None:
    """Bring back nodes and delete queues, each as (kind, name); what is not there is no error.

    CourseError when another check uses the nodes now.
    """
    bring_back_nodes(CLUSTER, things)
    if queues := [name for kind, name in things if kind == "queue"]:
        with _any_channel() as channel:
            for name in queues:
                channel.queue_delete(name)


def exists(kind: str, name: str) -> bool:
    """Whether there is a queue of that name, or a node of that name has failed."""
    if kind == NODE:
        return has_failed(name)
    with _any_channel() as channel:
        try:
            channel.queue_declare(name, passive=True)
        except pika.exceptions.ChannelClosedByBroker:
            return False
        return True
