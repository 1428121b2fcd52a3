"""What programs do with a queue, sessions and a topic, in words that every azure-servicebus from 7.11 on has.

Run by test_earlier_python.py. Arguments: an emulator's connection string, the certificate to trust or "", and the word
that the names of the entities begin with. It prints the version and what was done.
"""

import datetime
import sys

import azure.servicebus
from azure.servicebus import (
    NEXT_AVAILABLE_SESSION,
    ServiceBusClient,
    ServiceBusMessage,
    ServiceBusReceiveMode,
    ServiceBusSubQueue,
)

LARGE_BYTES = 200_000  # more than one frame
WAIT_S = 60

connection, certificate, word = sys.argv[1:]
secure = {}
if certificate:
    endpoint = connection.partition(";")[0].removeprefix("Endpoint=")
    secure = {"custom_endpoint_address": endpoint, "connection_verify": certificate}
    connection = connection.replace("UseDevelopmentEmulator=true", "")


def received(receiver, count):
    found = []
    while len(found) < count:
        some = receiver.receive_messages(max_message_count=count - len(found), max_wait_time=WAIT_S)
        assert some, f"{len(found)} of {count} came"
        found += some
    return found


with ServiceBusClient.from_connection_string(connection, **secure) as client:
    queue = f"{word}-queue"
    with client.get_queue_sender(queue) as sender, client.get_queue_receiver(queue) as receiver:
        sender.send_messages(ServiceBusMessage("single", application_properties={"n": 1}))
        batch = sender.create_message_batch()
        for body in ("abandoned", "dead", "deferred"):
            batch.add_message(ServiceBusMessage(body))
        sender.send_messages(batch)
        sender.send_messages(ServiceBusMessage(b"x" * LARGE_BYTES))
        single, abandoned, dead, deferred, large = received(receiver, 5)
        assert (str(single), single.application_properties) == ("single", {b"n": 1})
        assert len(b"".join(large.body)) == LARGE_BYTES

        receiver.renew_message_lock(single)
        receiver.complete_message(single)
        receiver.complete_message(large)
        receiver.abandon_message(abandoned)
        receiver.dead_letter_message(dead, reason="wrong", error_description="seen")
        receiver.defer_message(deferred)
        (again,) = received(receiver, 1)
        assert (str(again), again.delivery_count) == ("abandoned", 1)
        receiver.complete_message(again)
        (taken,) = receiver.receive_deferred_messages([deferred.sequence_number])
        receiver.complete_message(taken)

        at = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=1)
        sender.schedule_messages(ServiceBusMessage("later"), at)
        cancelled = sender.schedule_messages(ServiceBusMessage("cancelled"), at)
        sender.cancel_scheduled_messages(cancelled)
        (later,) = received(receiver, 1)
        assert str(later) == "later"
        receiver.complete_message(later)
        sender.send_messages(ServiceBusMessage("seen"))
        assert [str(message) for message in receiver.peek_messages(9)] == ["seen"]
    with client.get_queue_receiver(queue, sub_queue=ServiceBusSubQueue.DEAD_LETTER) as receiver:
        (dead,) = received(receiver, 1)
        assert dead.dead_letter_reason == "wrong"
        receiver.complete_message(dead)
    with client.get_queue_receiver(queue, receive_mode=ServiceBusReceiveMode.RECEIVE_AND_DELETE) as receiver:
        assert [str(message) for message in received(receiver, 1)] == ["seen"]

    queue = f"{word}-sessions"
    with client.get_queue_sender(queue) as sender:
        sender.send_messages([ServiceBusMessage(name, session_id=name) for name in "ab"])
    with client.get_queue_receiver(queue, session_id=NEXT_AVAILABLE_SESSION) as receiver:
        receiver.session.set_state(b"half done")
        receiver.session.renew_lock()
        assert receiver.session.get_state() == b"half done"
        (message,) = received(receiver, 1)
        assert str(message) == message.session_id == receiver.session.session_id
        receiver.complete_message(message)

    topic = f"{word}-topic"
    with (
        client.get_topic_sender(topic) as sender,
        client.get_subscription_receiver(topic, "all") as receiver,
    ):
        sender.send_messages(ServiceBusMessage("copied"))
        (copied,) = received(receiver, 1)
        receiver.complete_message(copied)
print(azure.servicebus.__version__, "queue, sessions, topic")
