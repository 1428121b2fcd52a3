"""What the book states of RabbitMQ without showing it in a chapter is so on the release it runs."""

import json
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pika
import pytest
from pika.adapters.blocking_connection import BlockingChannel, BlockingConnection

from mqcourse.book.facts import load_facts
from mqcourse.stack import endpoints
from tests.run_stack import RunStack

pytestmark = pytest.mark.stack

PROVED_HERE = "tests/book/test_facts_of_rabbitmq.py"
DEADLINE_S = 120.0
Queues = Callable[..., str]


@pytest.fixture
def connection(stack: RunStack) -> Iterator[BlockingConnection]:
    opened = pika.BlockingConnection(pika.URLParameters(endpoints().rabbitmq_url))
    yield opened
    if opened.is_open:
        opened.close()


@pytest.fixture
def channel(connection: BlockingConnection) -> BlockingChannel:
    opened = connection.channel()
    opened.confirm_delivery()
    return opened


@pytest.fixture
def queues(channel: BlockingChannel) -> Iterator[Queues]:
    """Declares queues, and deletes them at the end."""
    names: list[str] = []

    def declare(kind: str = "quorum", **arguments: Any) -> str:
        names.append(f"facts.{uuid.uuid4()}")
        channel.queue_declare(names[-1], durable=True, arguments={"x-queue-type": kind, **arguments})
        return names[-1]

    yield declare
    for name in names:
        channel.queue_delete(name)


def ready(channel: BlockingChannel, queue: str) -> int:
    """How many messages of the queue no consumer holds."""
    count: int = channel.queue_declare(queue, passive=True).method.message_count
    return count


def until(connection: BlockingConnection, condition: Callable[[], bool], what: str) -> None:
    """Polls; a deadline for what hangs."""
    deadline_s = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline_s, what
        connection.process_data_events(0.02)


def publish(channel: BlockingChannel, queue: str, count: int) -> None:
    for number in range(1, count + 1):
        channel.basic_publish("", queue, str(number).encode())


@pytest.mark.parametrize(
    ("kind", "arguments", "after"),
    [
        ("classic", {}, "12345"),
        ("quorum", {}, "12345"),
        ("quorum", {"x-delivery-limit": -1}, "34512"),
    ],
)
def test_where_a_nacked_message_goes(
    connection: BlockingConnection,
    channel: BlockingChannel,
    queues: Queues,
    kind: str,
    arguments: dict[str, int],
    after: str,
) -> None:
    """rabbitmq-requeue-position."""
    queue = queues(kind, **arguments)
    publish(channel, queue, 5)
    consumer = connection.channel()
    for method in [consumer.basic_get(queue)[0] for _ in range(2)]:
        assert method is not None
        consumer.basic_nack(method.delivery_tag, requeue=True)
    until(connection, lambda: ready(channel, queue) == 5, "all five are ready")
    bodies = [channel.basic_get(queue, auto_ack=True)[2] for _ in range(5)]
    assert b"".join(body or b"" for body in bodies).decode() == after


def test_a_delayed_retry_is_ignored_before_4_3(
    queues: Queues, connection: BlockingConnection, channel: BlockingChannel
) -> None:
    """rabbitmq-delayed-retry-ignored: with a delay of an hour, the message is back within the deadline."""
    version = str(connection._impl.server_properties["version"])  # pika has no public name for it
    if tuple(int(part) for part in version.split(".")[:2]) >= (4, 3):
        pytest.skip(f"RabbitMQ {version} has the delayed retry")
    hour_ms = 3_600_000
    queue = queues(
        **{"x-delayed-retry-type": "all", "x-delayed-retry-min": hour_ms, "x-delayed-retry-max": hour_ms}
    )
    publish(channel, queue, 1)
    method, _, _ = channel.basic_get(queue)
    channel.basic_reject(method.delivery_tag, requeue=True)
    until(connection, lambda: ready(channel, queue) == 1, "the rejected message is delayed")


@pytest.mark.parametrize("kind", ["classic", "quorum"])
def test_a_length_limit_counts_only_ready_messages(
    connection: BlockingConnection, channel: BlockingChannel, queues: Queues, kind: str
) -> None:
    """rabbitmq-length-ready."""
    limit, published = 5, 20
    queue = queues(kind, **{"x-max-length": limit, "x-overflow": "reject-publish"})
    held: list[bytes] = []
    connection.channel().basic_consume(queue, lambda _c, _m, _p, body: held.append(body))
    for number in range(published):  # one at a time, so that the queue itself is never full
        channel.basic_publish("", queue, b"")  # raises NackError when it is refused
        until(connection, lambda number=number: len(held) == number + 1, "it is delivered")  # type: ignore[misc]
    assert len(held) == published > limit


CONSUMER = """
import sys
import time

import pika

url, queue, behaviour = sys.argv[1:]
channel = pika.BlockingConnection(pika.URLParameters(url)).channel()
channel.basic_qos(prefetch_count=1)


def on_message(channel, method, properties, body):
    print(body.decode(), flush=True)
    if body == b"3":
        sys.stdin.readline()  # until message 4 is in the queue
        if behaviour == "close":
            channel.close()
        time.sleep(600)  # the test kills this process here
    channel.basic_ack(method.delivery_tag)


channel.basic_consume(queue, on_message)
print("ready", flush=True)
channel.start_consuming()
"""


@pytest.mark.parametrize(("behaviour", "after"), [("kill", [b"3", b"4"]), ("close", [b"4", b"3"])])
@pytest.mark.parametrize("kind", ["classic", "quorum"])
def test_a_single_active_consumer_that_closes_breaks_the_order(
    connection: BlockingConnection,
    channel: BlockingChannel,
    queues: Queues,
    kind: str,
    behaviour: str,
    after: list[bytes],
) -> None:
    """rabbitmq-single-active-close."""
    queue = queues(kind, **{"x-single-active-consumer": True})
    active = subprocess.Popen(
        [sys.executable, "-c", CONSUMER, endpoints().rabbitmq_url, queue, behaviour],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert active.stdin is not None
        assert active.stdout is not None
        assert active.stdout.readline() == "ready\n"
        later: list[bytes] = []
        waiting = connection.channel()
        waiting.basic_qos(prefetch_count=1)

        def on_message(_: object, method: Any, __: object, body: bytes) -> None:
            later.append(body)
            waiting.basic_ack(method.delivery_tag)

        waiting.basic_consume(queue, on_message)
        publish(channel, queue, 4)
        assert [active.stdout.readline() for _ in range(3)] == ["1\n", "2\n", "3\n"]
        if behaviour == "kill":
            active.kill()
        else:
            active.stdin.write("\n")
            active.stdin.flush()
        until(connection, lambda: len(later) == 2, "the waiting consumer has both")
        assert later == after
    finally:
        active.kill()
        active.communicate()


def test_one_policy_applies_and_the_lower_limit_wins(
    connection: BlockingConnection, channel: BlockingChannel, queues: Queues
) -> None:
    """rabbitmq-one-policy; and what the chapter says of a policy beside an argument."""
    queue = queues(**{"x-max-length": 5})
    names = [f"{queue}.{place}" for place in ("low", "high")]

    def kept() -> int:
        channel.queue_purge(queue)
        publish(channel, queue, 8)
        return ready(channel, queue)

    def set_policy(name: str, priority: int, definition: dict[str, int]) -> None:
        management("PUT", f"policies/%2F/{name}", {
            "pattern": f"^{queue}$", "priority": priority, "apply-to": "queues", "definition": definition,
        })  # fmt: skip
        until(
            connection,
            lambda: (
                (found := management("GET", f"queues/%2F/{queue}")).get("policy") == name
                and found.get("effective_policy_definition") == definition
            ),
            "the queue has the policy",
        )

    try:
        set_policy(names[0], 1, {"max-length": 3})
        assert kept() == 3
        set_policy(names[0], 1, {"max-length": 7})
        assert kept() == 5
        set_policy(names[0], 1, {"max-length": 3})
        set_policy(names[1], 2, {"message-ttl": 3_600_000})
        assert kept() == 5
    finally:
        for name in names:
            management("DELETE", f"policies/%2F/{name}", missing=True)


def management(method: str, path: str, content: object = None, *, missing: bool = False) -> Any:
    """What the management interface answers; with `missing`, what is not there is no error."""
    parameters = pika.URLParameters(endpoints().rabbitmq_url)
    login = urllib.request.HTTPPasswordMgrWithDefaultRealm()
    login.add_password(
        None,
        endpoints().rabbitmq_management_url,
        parameters.credentials.username,
        parameters.credentials.password,
    )
    opener = urllib.request.build_opener(urllib.request.HTTPBasicAuthHandler(login))
    request = urllib.request.Request(  # noqa: S310  the address is our own
        endpoints().rabbitmq_management_url + "api/" + urllib.parse.quote(path, safe="/%."),
        method=method,
        data=None if content is None else json.dumps(content).encode(),
        headers={"Content-Type": "application/json"},
    )
    try:
        with opener.open(request, timeout=120) as answer:
            return json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        if missing and error.code == 404:
            return None
        raise


def test_the_facts_that_name_this_file_are_those_tested_here() -> None:
    named = {fact.id for fact in load_facts().values() if fact.test == PROVED_HERE}
    assert named == {
        "rabbitmq-delayed-retry-ignored",
        "rabbitmq-requeue-position",
        "rabbitmq-length-ready",
        "rabbitmq-one-policy",
        "rabbitmq-single-active-close",
    }
