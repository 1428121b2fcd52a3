"""The process: one port for everything, hundreds of connections, a clean end."""

import asyncio
import contextlib
import json
import select
import socket
import ssl
import struct
import threading
import time
import urllib.request
from datetime import UTC, datetime, timedelta

import psutil
import pytest
from azure.servicebus import ServiceBusClient, ServiceBusMessage

from servicebus_emulator.admin.host import HostedNamespace
from servicebus_emulator.broker.namespace import Namespace
from servicebus_emulator.client import AmqpClient, ClientError
from servicebus_emulator.emulator import Emulator
from servicebus_emulator.net.server import Server, SocketSelector

from .. import running_emulator

pytestmark = pytest.mark.wire


def test_the_thin_client_does_transactions(emulator, queue):
    with AmqpClient(emulator.connection_string()) as client:
        sender, receiver = client.sender(queue), client.receiver(queue)
        sender.post(b"one", application_properties={"n": 1})
        message = receiver.receive()
        assert (message.body, message.application_properties, message.sequence_number) == (
            b"one",
            {"n": 1},
            1,
        )
        with client.transaction() as transaction:
            receiver.complete(message, transaction)
            sender.post(b"two", transaction=transaction)
        second = receiver.receive()
        assert second.body == b"two"
        with contextlib.suppress(ZeroDivisionError), client.transaction() as transaction:
            receiver.complete(second, transaction)
            sender.post(b"never", transaction=transaction)
            raise ZeroDivisionError
        receiver.dead_letter(second, "why", "because")
        with pytest.raises(ClientError, match="lock") as caught:
            receiver.complete(second)
        assert caught.value.condition == "com.microsoft:message-lock-lost"
        dead = client.receiver(f"{queue}/$DeadLetterQueue").receive()
        assert dead.application_properties["DeadLetterReason"] == "why"
        with pytest.raises(ClientError) as caught:
            receiver.receive(0.2)
        assert caught.value.condition == "com.microsoft:timeout"


def test_the_log_says_which_client_did_what_to_which_message(emulator, queue):
    with AmqpClient(emulator.connection_string()) as client:
        client.sender(queue).post(b"x", message_id="the-one")
        receiver = client.receiver(queue)
        receiver.complete(receiver.receive())
        name = client.connection.container_id
    lines = [json.loads(line) for line in emulator.log.read_text().splitlines()]
    about = [line for line in lines if name in line.get("client", "") and line.get("entity") == queue]
    assert [line["event"] for line in about] == ["attached", "sent", "attached", "delivered", "settled"]
    assert about[1]["message_ids"] == ["the-one"]
    assert about[3]["message_id"] == about[4]["message_id"] == "the-one"
    assert (about[3]["sequence_number"], about[4]["outcome"]) == (1, "accepted")


@pytest.mark.lengthy
def test_the_log_names_the_messages_of_transactions_and_of_management(emulator, queue):
    with AmqpClient(emulator.connection_string()) as client:
        sender, receiver = client.sender(queue), client.receiver(queue)
        sender.post(b"x", message_id="old")
        with client.transaction() as transaction:
            receiver.dead_letter(receiver.receive(), "why", transaction=transaction)
            sender.post(b"x", message_id="new", transaction=transaction)
        number = transaction.transaction_id.hex()
    with (
        ServiceBusClient.from_connection_string(emulator.connection_string()) as sdk,
        sdk.get_queue_receiver(queue) as receiver,
        sdk.get_queue_sender(queue) as sender,
    ):
        (deferred,) = receiver.receive_messages(max_wait_time=10)
        receiver.defer_message(deferred)
        (again,) = receiver.receive_deferred_messages([deferred.sequence_number])
        receiver.complete_message(again)
        later = datetime.now(UTC) + timedelta(hours=1)
        (scheduled,) = sender.schedule_messages(ServiceBusMessage("x", message_id="later"), later)
        sender.cancel_scheduled_messages(scheduled)
    lines = [json.loads(line) for line in emulator.log.read_text().splitlines()]
    within = [line for line in lines if line.get("transaction") == number]
    assert [line["event"] for line in within] == ["settled", "sent", "committed"]
    assert (within[0]["outcome"], within[0]["message_id"], within[1]["message_ids"]) == (
        "rejected",
        "old",
        ["new"],
    )
    managed = [line for line in lines if line["event"] == "management" and line["entity"] == queue]
    assert [(line["operation"], [one["message_id"] for one in line["messages"]]) for line in managed] == [
        ("receive-by-sequence-number", ["new"]),
        ("update-disposition", ["new"]),
        ("schedule-message", ["later"]),
        ("cancel-scheduled-message", ["later"]),
    ]


def test_messages_of_many_frames_cross_both_ways(emulator, queue):
    with AmqpClient(emulator.connection_string()) as client:
        sender, receiver = client.sender(queue), client.receiver(queue)
        body = bytes(range(256)) * 20_000
        sender.post(body)
        message = receiver.receive()
        assert message.body == body
        receiver.complete(message)


def test_http_is_served_on_the_same_port(emulator):
    with urllib.request.urlopen(f"http://127.0.0.1:{emulator.port}/health") as answer:
        assert answer.status == 200
        assert json.load(answer)["status"] == "healthy"
    with urllib.request.urlopen(f"http://127.0.0.1:{emulator.port}/metrics") as answer:
        assert b"servicebus_emulator_" in answer.read()


@pytest.mark.parametrize(
    "nonsense", [b"\x16\x03\x01\x02\x00\x01\x00", b"\x00" * 64, b"HELLO\r\n\r\n", b"AMQP\x00\x09\x09\x09"]
)
def test_another_protocol_is_answered_or_hung_up_on(emulator, nonsense):
    with socket.create_connection(("127.0.0.1", emulator.port), 10) as client:
        client.sendall(nonsense)
        client.settimeout(10)
        answer = b""
        try:
            while chunk := client.recv(1000):
                answer += chunk
        except ConnectionResetError:
            pass
    assert answer == b"" or answer.startswith((b"HTTP/1.1 400", b"AMQP\x00\x01\x00\x00"))


def test_headers_without_end_are_refused(emulator):
    with socket.create_connection(("127.0.0.1", emulator.port), 10) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X-More: and more\r\n" * 5000)
        client.settimeout(10)
        assert client.recv(1000).startswith(b"HTTP/1.1 431 ")


@pytest.mark.lengthy
@pytest.mark.parametrize(
    ("said", "answer"),
    [
        (b"", b""),
        (b"GE", b"HTTP/1.1 408 "),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ", b"HTTP/1.1 408 "),
        (b"PUT /q HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\n<entry", b"HTTP/1.1 408 "),
        (b"GET /api/state HTTP/1.1\r\nHost: localhost\r\n\r\n", b"HTTP/1.1 200 "),
    ],
)
def test_a_client_that_does_not_come_to_the_end_of_its_request_is_hung_up_on(said, answer):
    """A clock that the test moves, a real socket: the time-out is a minute."""
    moved_s = 0.0

    async def scenario() -> bytes:
        nonlocal moved_s
        emulator = Emulator({"ns": HostedNamespace("ns", Namespace("ns"))}, now_s=time.time())
        server = Server(emulator, selector, clock=lambda: time.time() + moved_s)
        port = await server.start("127.0.0.1", 0)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(said)
        heard = b""
        if answer.endswith(b"200 "):
            heard = await reader.read(1)  # the next request's time begins with the answer
        elif said:
            await asyncio.wait_for(
                _until(lambda: server.client_sockets and server.read_buffer[0] == said[0]), 10
            )
        moved_s = 61.0
        heard += await asyncio.wait_for(reader.read(), 10)
        writer.close()
        await server.stop()
        return heard

    selector = SocketSelector()
    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(selector)) as runner:
        heard = runner.run(scenario())
    assert heard.startswith(answer)
    assert heard or not answer


async def _until(true):
    while not true():
        await asyncio.sleep(0)


def test_a_client_that_goes_on_sending_still_reads_why_it_was_closed(emulator):
    """Bytes that meet a closed socket are answered with a reset, which would wipe out what was not read yet."""
    with socket.create_connection(("127.0.0.1", emulator.port), 10) as client:
        client.sendall(b"AMQP\x00\x01\x00\x00\x00\x00\x00\x08\x01\x00\x00\x00")  # a frame cannot begin so
        assert select.select([client], [], [], 10)[0]  # it has been answered, and nothing of that is read yet
        client.sendall(b"more")
        client.sendall(b"and more")
        client.settimeout(10)
        answer = b""
        while chunk := client.recv(1000):
            answer += chunk
    assert b"amqp:connection:framing-error" in answer


def test_a_websocket_elsewhere_is_refused(emulator):
    with socket.create_connection(("127.0.0.1", emulator.port), 10) as client:
        client.sendall(
            b"GET /elsewhere HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        assert client.recv(1000).startswith(b"HTTP/1.1 404")


@pytest.mark.lengthy
def test_tls_amqp_and_https_share_the_port_too(tmp_path):
    own = running_emulator.start(tmp_path, "--tls", "--data", str(tmp_path / "data"))
    try:
        context = ssl.create_default_context(cafile=str(tmp_path / "data" / "tls" / "certificate.pem"))
        with urllib.request.urlopen(f"https://localhost:{own.port}/health", context=context) as answer:
            assert json.load(answer)["status"] == "healthy"
        for first in (b"", b"AMQP\x02\x01\x00\x00"):  # TLS at once, and inside the connection
            with socket.create_connection(("localhost", own.port), 10) as raw:
                if first:
                    raw.sendall(first)
                    assert raw.recv(8) == first
                with context.wrap_socket(raw, server_hostname="localhost") as secured:
                    secured.sendall(b"AMQP\x03\x01\x00\x00")
                    assert secured.recv(8) == b"AMQP\x03\x01\x00\x00"
        with AmqpClient(own.connection_string()) as client:
            client.sender("queue0").post(b"plain works beside it")
    finally:
        assert own.stop() == 0


@pytest.mark.lengthy
def test_five_hundred_idle_and_a_hundred_busy_connections_beside_a_slow_reader(tmp_path):
    own = running_emulator.start(tmp_path)
    failures: list[str] = []
    idle: list[socket.socket] = []

    def busy(number: int) -> None:
        try:
            with AmqpClient(own.connection_string(), timeout_s=120) as client:
                queue = f"queue{number % 10 + 1}"
                sender, receiver = client.sender(queue), client.receiver(queue)
                for _ in range(5):
                    sender.post(b"work")
                    receiver.complete(receiver.receive(60))
        except Exception as error:
            failures.append(repr(error))

    try:
        with AmqpClient(own.connection_string()) as client:
            sender = client.sender("queue0")
            for _ in range(100):
                sender.post(bytes(100_000))
        slow = AmqpClient(own.connection_string())
        slow.receiver("queue0").link.grant(1000)
        slow._socket.sendall(slow.connection.take())
        for _ in range(500):
            idle.append(socket.create_connection(("127.0.0.1", own.port), 10))
            idle[-1].sendall(b"AMQP\x00\x01\x00\x00")
        threads = [threading.Thread(target=busy, args=(number,)) for number in range(100)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []
        memory = psutil.Process(own.process.pid).memory_info().rss
        assert memory < 120_000_000
        for each in idle:
            assert each.recv(8) == b"AMQP\x00\x01\x00\x00"
        slow._socket.close()
    finally:
        for each in idle:
            each.close()
        assert own.stop() == 0
    assert own.log.read_text() == ""


@pytest.mark.lengthy
def test_a_clock_moved_forward_is_set_right_by_a_restart_also_after_a_kill(tmp_path):
    hour_s = 3600.0
    own = running_emulator.start(tmp_path, "--data", str(tmp_path / "data"))
    moved = urllib.request.Request(
        f"http://127.0.0.1:{own.port}/api/clock",
        json.dumps({"forwardSeconds": hour_s}).encode(),
        {"content-type": "application/json"},
    )
    with urllib.request.urlopen(moved) as answer:  # noqa: S310
        assert json.load(answer) == {"clockOffsetSeconds": hour_s}
    with AmqpClient(own.connection_string()) as client:
        client.sender("queue0").post(b"of tomorrow")
    own.kill()
    own = running_emulator.start(tmp_path, "--data", str(tmp_path / "data"))
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{own.port}/api/messages?entity=queue0") as answer:
            (message,) = json.load(answer)["messages"]
    finally:
        own.stop()
    assert datetime.fromisoformat(message["enqueued"]).timestamp() <= time.time()


@pytest.mark.lengthy
def test_sigterm_closes_the_connections_in_order(tmp_path):
    own = running_emulator.start(tmp_path)
    client = AmqpClient(own.connection_string())
    begun_s = time.monotonic()
    assert own.stop() == 0
    assert time.monotonic() - begun_s < 5
    data = b""
    while chunk := client._socket.recv(1000):
        data += chunk
    client._socket.close()
    size, _, _, _ = struct.unpack_from(">IBBH", data)
    assert data[8 : 11 if size else 0] == b"\x00\x53\x18"
    assert b"amqp:connection:forced" in data


def test_a_taken_port_is_an_error_in_one_line(emulator, tmp_path):
    with pytest.raises(AssertionError, match="cannot listen on") as caught:
        running_emulator.start(tmp_path, "--port", str(emulator.port))
    assert str(caught.value).count("\n") <= 1
