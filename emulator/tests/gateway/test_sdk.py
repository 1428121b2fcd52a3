"""What the real azure-servicebus client sees: sending, receiving, settling, sessions, security, transports."""

import asyncio
import datetime
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from azure.servicebus import (
    NEXT_AVAILABLE_SESSION,
    ServiceBusClient,
    ServiceBusMessage,
    ServiceBusReceiveMode,
    ServiceBusSubQueue,
    TransportType,
    aio,
)
from azure.servicebus.exceptions import (
    MessageLockLostError,
    MessageSizeExceededError,
    OperationTimeoutError,
    ServiceBusAuthenticationError,
    ServiceBusAuthorizationError,
    ServiceBusConnectionError,
    ServiceBusError,
    SessionCannotBeLockedError,
)

from ..running_emulator import Running

pytestmark = [pytest.mark.wire, pytest.mark.lengthy]


@pytest.fixture
def client(emulator):
    # without retries: an error is seen at once, not after the client's three more attempts
    with ServiceBusClient.from_connection_string(emulator.connection_string(), retry_total=0) as made:
        yield made


def send(client, queue, *messages):
    with client.get_queue_sender(queue) as sender:
        sender.send_messages(list(messages))


def test_every_way_to_settle_is_confirmed(client, queue):
    send(client, queue, *(ServiceBusMessage(f"{n}", application_properties={"n": n}) for n in range(6)))
    with client.get_queue_receiver(queue) as receiver:
        first = receiver.receive_messages(6, max_wait_time=5)
        assert [str(message) for message in first] == ["0", "1", "2", "3", "4", "5"]
        assert [message.sequence_number for message in first] == [1, 2, 3, 4, 5, 6]
        assert [message.delivery_count for message in first] == [0] * 6
        assert [message.application_properties for message in first] == [{b"n": n} for n in range(6)]
        for message in first:
            assert message.lock_token == uuid.UUID(
                bytes_le=message.raw_amqp_message.delivery_annotations[b"x-opt-lock-token"].bytes_le
            )
            assert message.locked_until_utc > datetime.datetime.now(datetime.UTC)
        receiver.complete_message(first[0])
        receiver.abandon_message(first[1])
        receiver.defer_message(first[2])
        receiver.dead_letter_message(first[3], reason="why", error_description="because")
        receiver.renew_message_lock(first[4])
        again = receiver.receive_messages(1, max_wait_time=5)
        assert (str(again[0]), again[0].delivery_count) == ("1", 1)
        (deferred,) = receiver.receive_deferred_messages([3])
        assert (str(deferred), deferred.state.name) == ("2", "DEFERRED")
        receiver.complete_message(deferred)
        receiver.complete_message(again[0])
        receiver.complete_message(first[4])
        receiver.complete_message(first[5])
        assert receiver.peek_messages(10, sequence_number=1) == []
    with client.get_queue_receiver(queue, sub_queue=ServiceBusSubQueue.DEAD_LETTER) as receiver:
        (dead,) = receiver.receive_messages(5, max_wait_time=5)
        assert (dead.dead_letter_reason, dead.dead_letter_error_description) == ("why", "because")
        receiver.complete_message(dead)


def test_receive_and_delete_takes_all_and_an_empty_queue_answers_in_time(client, queue):
    send(client, queue, *(ServiceBusMessage(b"x" * n) for n in (0, 1, 1000, 300_000)))
    with client.get_queue_receiver(queue, receive_mode=ServiceBusReceiveMode.RECEIVE_AND_DELETE) as receiver:
        got = []
        while len(got) < 4:
            got += receiver.receive_messages(10, max_wait_time=5)
        assert [len(b"".join(message.body)) for message in got] == [0, 1, 1000, 300_000]
        begun = time.monotonic()
        assert receiver.receive_messages(1, max_wait_time=1) == []
        assert time.monotonic() - begun < 3


def test_properties_come_back_as_they_were_sent(client, queue):
    properties = {
        "text": "ü",
        "whole": 2**31 - 1,
        "real": 0.5,
        "flag": True,
        "id": uuid.uuid4(),
    }
    sent = ServiceBusMessage(
        b"body",
        application_properties=properties,
        message_id="m",
        subject="s",
        content_type="text/plain",
        correlation_id="c",
        to="t",
        reply_to="r",
        time_to_live=datetime.timedelta(seconds=60),
        partition_key="p",
    )
    send(client, queue, sent)
    with client.get_queue_receiver(queue) as receiver:
        (got,) = receiver.receive_messages(1, max_wait_time=5)
        received = {key.decode(): value for key, value in got.application_properties.items()}
        assert received == {**properties, "text": "ü".encode()}
        assert (got.message_id, got.subject, got.content_type) == ("m", "s", "text/plain")
        assert (got.correlation_id, got.to, got.reply_to, got.partition_key) == ("c", "t", "r", "p")
        assert got.time_to_live == datetime.timedelta(seconds=60)
        assert got.expires_at_utc == got.enqueued_time_utc + datetime.timedelta(seconds=60)
        receiver.complete_message(got)


def test_scheduled_messages_can_be_peeked_and_cancelled(client, queue):
    later = datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=1)
    with client.get_queue_sender(queue) as sender, client.get_queue_receiver(queue) as receiver:
        numbers = sender.schedule_messages([ServiceBusMessage("a"), ServiceBusMessage("b")], later)
        assert [message.state.name for message in receiver.peek_messages(5)] == ["SCHEDULED"] * 2
        sender.cancel_scheduled_messages(numbers)
        assert receiver.peek_messages(5, sequence_number=1) == []
        with pytest.raises(ServiceBusError, match="not scheduled"):
            sender.cancel_scheduled_messages(numbers)


def test_sessions_are_exclusive_ordered_and_keep_state(client, session_queue):
    send(client, session_queue, *(ServiceBusMessage(f"{n}", session_id="AB"[n % 2]) for n in range(6)))
    with client.get_queue_receiver(session_queue, session_id=NEXT_AVAILABLE_SESSION) as one:
        assert one.session.session_id == "A"
        assert one.session.locked_until_utc > datetime.datetime.now(datetime.UTC)
        got = one.receive_messages(3, max_wait_time=5)
        assert [str(message) for message in got] == ["0", "2", "4"]
        one.session.set_state(b"seen")
        assert one.session.get_state() == b"seen"
        one.session.renew_lock()
        for message in got:
            one.complete_message(message)
        with (
            pytest.raises(SessionCannotBeLockedError),
            client.get_queue_receiver(session_queue, session_id="A"),
        ):
            pass
        with client.get_queue_receiver(session_queue, session_id=NEXT_AVAILABLE_SESSION) as two:
            assert two.session.session_id == "B"
            begun = time.monotonic()
            with (
                pytest.raises(OperationTimeoutError),
                client.get_queue_receiver(session_queue, session_id=NEXT_AVAILABLE_SESSION, max_wait_time=2),
            ):
                pass
            assert 1.5 < time.monotonic() - begun < 20
    with client.get_queue_receiver(session_queue, session_id="A") as again:
        assert again.session.get_state() == b"seen"


def test_plain_and_session_receivers_are_not_for_each_others_queues(client, queue, session_queue):
    with pytest.raises(ServiceBusError), client.get_queue_receiver(session_queue) as receiver:
        receiver.receive_messages(1, max_wait_time=2)
    with pytest.raises(ServiceBusError), client.get_queue_receiver(queue, session_id="x") as receiver:
        receiver.receive_messages(1, max_wait_time=2)


def test_a_topic_reaches_its_subscriptions(client):
    with client.get_topic_sender("topic") as sender:
        sender.send_messages(ServiceBusMessage("news"))
    with client.get_subscription_receiver("topic", "all") as receiver:
        (got,) = receiver.receive_messages(1, max_wait_time=5)
        assert str(got) == "news"
        receiver.complete_message(got)


def test_a_lost_lock_is_an_error_and_never_a_silent_success(client, queue):
    send(client, queue, ServiceBusMessage("x"))
    with client.get_queue_receiver(queue) as receiver:
        (got,) = receiver.receive_messages(1, max_wait_time=5)
        token = got.lock_token
        receiver.complete_message(got)
        with pytest.raises(MessageLockLostError):
            receiver._settle_message_via_mgmt_link("completed", [token])


def test_a_message_above_the_links_limit_is_refused(tmp_path):
    from .. import running_emulator

    own = running_emulator.start(tmp_path, "--tier", "standard")
    try:
        with (
            ServiceBusClient.from_connection_string(own.connection_string()) as client,
            client.get_queue_sender("queue0") as sender,
        ):
            with pytest.raises(MessageSizeExceededError):
                sender.send_messages(ServiceBusMessage(b"x" * 300_000))
            sender.send_messages(ServiceBusMessage(b"x" * 200_000))
            batch = sender.create_message_batch()
            with pytest.raises(ValueError, match="size"):
                batch.add_message(ServiceBusMessage(b"x" * 300_000))
    finally:
        own.stop()


def test_a_connection_too_many_is_told_why(tmp_path):
    from .. import running_emulator

    own = running_emulator.start(tmp_path, "--tier", "official-emulator")
    try:
        clients = [ServiceBusClient.from_connection_string(own.connection_string()) for _ in range(10)]
        for client in clients:
            client.get_queue_sender("queue0").__enter__()
        extra = ServiceBusClient.from_connection_string(own.connection_string(), retry_total=0)
        with extra, pytest.raises(ServiceBusConnectionError, match="allows 10 connections"):
            extra.get_queue_sender("queue0").__enter__()
        with ThreadPoolExecutor(10) as pool:  # the SDK takes a second to close each
            list(pool.map(lambda client: client.close(), clients))
    finally:
        own.stop()


@pytest.mark.parametrize("transport", [TransportType.Amqp, TransportType.AmqpOverWebsocket])
def test_a_namespace_is_reached_by_its_name_at_the_emulators_address(tmp_path, transport):
    from .. import running_emulator

    second = {"Name": "orders", "Queues": [{"Name": "queue0", "Properties": {}}]}
    own = running_emulator.start(tmp_path, namespaces=[second])
    try:
        there = ServiceBusClient.from_connection_string(
            own.connection_string().replace(f"127.0.0.1:{own.port}", "orders"),
            custom_endpoint_address=f"sb://127.0.0.1:{own.port}",
            transport_type=transport,
        )
        with there, ServiceBusClient.from_connection_string(own.connection_string()) as first:
            send(there, "queue0", ServiceBusMessage("only there"))
            with first.get_queue_receiver("queue0", max_wait_time=0.5) as receiver:
                assert receiver.receive_messages() == []
            with there.get_queue_receiver("queue0", max_wait_time=5) as receiver:
                assert [str(message) for message in receiver.receive_messages()] == ["only there"]
    finally:
        own.stop()


@pytest.mark.parametrize("key", ["wrong", ""])
def test_a_wrong_key_is_an_authentication_error(emulator, queue, key):
    string = emulator.connection_string(
        key=key or "SAS_KEY_VALUE", name="nobody" if not key else "RootManageSharedAccessKey"
    )
    with (
        ServiceBusClient.from_connection_string(string, retry_total=0) as client,
        pytest.raises(ServiceBusAuthenticationError),
        client.get_queue_sender(queue) as sender,
    ):
        sender.send_messages(ServiceBusMessage("x"))


def test_a_missing_entity_is_refused_with_the_token(client):
    with (
        pytest.raises(ServiceBusAuthenticationError),
        client.get_queue_sender("no-such-queue") as sender,
    ):
        sender.send_messages(ServiceBusMessage("x"))


def test_rights_of_an_entitys_rule_are_held_to(emulator):
    with ServiceBusClient.from_connection_string(
        emulator.connection_string("send", "send-key"), retry_total=0
    ) as client:
        send(client, "guarded", ServiceBusMessage("x"))
        with pytest.raises(ServiceBusAuthorizationError), client.get_queue_receiver("guarded") as receiver:
            receiver.receive_messages(1, max_wait_time=1)
        with pytest.raises(ServiceBusError), client.get_queue_sender("queue0") as sender:
            sender.send_messages(ServiceBusMessage("x"))
    with ServiceBusClient.from_connection_string(
        emulator.connection_string("listen", "listen-key")
    ) as client:
        with pytest.raises(ServiceBusAuthorizationError), client.get_queue_sender("guarded") as sender:
            sender.send_messages(ServiceBusMessage("x"))
        with client.get_queue_receiver("guarded") as receiver:
            (got,) = receiver.receive_messages(1, max_wait_time=5)
            receiver.complete_message(got)


def test_amqp_over_websocket_carries_messages_both_ways(emulator, queue):
    with ServiceBusClient.from_connection_string(
        emulator.connection_string(),
        transport_type=TransportType.AmqpOverWebsocket,
        custom_endpoint_address=f"sb://127.0.0.1:{emulator.port}",  # else the client dials port 80
    ) as client:
        send(client, queue, ServiceBusMessage(b"w" * 200_000), ServiceBusMessage("small"))
        with client.get_queue_receiver(queue) as receiver:
            got = []
            while len(got) < 2:
                got += receiver.receive_messages(2, max_wait_time=5)
            assert [len(b"".join(message.body)) for message in got] == [200_000, 5]
            for message in got:
                receiver.complete_message(message)


@pytest.mark.parametrize("transport", [TransportType.Amqp, TransportType.AmqpOverWebsocket])
@pytest.mark.filterwarnings(
    "ignore:ssl=None is deprecated:DeprecationWarning"
)  # azure-servicebus calls aiohttp so
def test_the_asyncio_client_works_too(emulator: Running, queue, transport):
    async def journey():
        async with (
            aio.ServiceBusClient.from_connection_string(
                emulator.connection_string(),
                transport_type=transport,
                custom_endpoint_address=f"sb://127.0.0.1:{emulator.port}"
                if "Websocket" in transport.name
                else None,
            ) as client,
            client.get_queue_sender(queue) as sender,
            client.get_queue_receiver(queue) as receiver,
        ):
            await sender.send_messages([ServiceBusMessage(str(n)) for n in range(50)])
            got = []
            while len(got) < 50:
                got += await receiver.receive_messages(50 - len(got), max_wait_time=5)
            await asyncio.gather(*(receiver.complete_message(message) for message in got))
            assert [str(message) for message in got] == [str(n) for n in range(50)]
            assert await receiver.peek_messages(5, sequence_number=1) == []

    asyncio.run(journey())
