"""The consuming program of a trace, a process of its own, so that a kill is real.

python -m tests.whatif.program BROKER ARGUMENTS…: it takes commands from its input, one JSON value a line, and answers each
with one line.
"""

import json
import sys
from collections import deque
from typing import Any

LONG_S = 60
"""For what is there; a machine that is busy may need some of it."""
JOIN_MS = 5000
"""kafka-python 3.0.12 can lose its assignment when a short poll ends during the join."""


class RabbitProgram:
    """A consumer with a prefetch count, which acknowledges when it is told to."""

    def __init__(self, queue: str, prefetch: str) -> None:
        import pika

        from mqcourse.stack import endpoints

        self.connection = pika.BlockingConnection(pika.URLParameters(endpoints().rabbitmq_url))
        self.channel = self.connection.channel()
        self.queue = queue
        self.buffered: deque[tuple[Any, Any, bytes]] = deque()
        self.held: deque[int] = deque()
        self.channel.basic_qos(prefetch_count=int(prefetch))
        self.channel.basic_consume(
            queue, lambda _, method, properties, body: self.buffered.append((method, properties, body))
        )

    def do(self, command: str) -> Any:
        if command == "count":
            self.connection.process_data_events(time_limit=0)
            return len(self.buffered) + len(self.held)
        if command == "take":
            if not self.buffered:
                return None
            method, properties, body = self.buffered.popleft()
            self.held.append(method.delivery_tag)
            return [body.decode(), method.redelivered, (properties.headers or {}).get("x-delivery-count", 0)]
        tag = self.held.popleft()
        if command == "settle":
            self.channel.basic_ack(tag)
        else:
            self.channel.basic_nack(tag, requeue=True)
        self.channel.queue_declare(self.queue, passive=True)  # the channel has seen it when this is answered
        return tag


class KafkaProgram:
    """A member of a consumer group that polls one record at a time and commits what it is told to."""

    def __init__(self, topic: str, group: str, name: str, session_timeout_ms: str) -> None:
        from kafka import KafkaConsumer, TopicPartition

        from mqcourse.stack import endpoints

        self.partition = TopicPartition(topic, 0)
        self.consumer = KafkaConsumer(
            topic,
            group_id=group,
            client_id=name,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            session_timeout_ms=int(session_timeout_ms),
            heartbeat_interval_ms=500,
            **endpoints().kafka_settings,
        )

    def do(self, command: str, offset: int = 0) -> Any:
        from kafka.structs import OffsetAndMetadata

        if command == "receive":
            return self.receive()
        if command == "settle":
            self.consumer.commit({self.partition: OffsetAndMetadata(offset, "", -1)})
            return offset
        begin = self.consumer.beginning_offsets([self.partition])[self.partition]
        self.consumer.seek(self.partition, begin)
        return begin

    def receive(self) -> Any:
        """The next record as [body, offset], or None at the end of the partition."""
        while True:
            if self.consumer.assignment():
                end = self.consumer.end_offsets([self.partition])[self.partition]
                if self.consumer.position(self.partition) == end:
                    return None
            for records in self.consumer.poll(timeout_ms=JOIN_MS, max_records=1).values():
                return [records[0].value.decode(), records[0].offset]


class ServiceBusProgram:
    """A program that receives one message at a time in peek-lock mode, without prefetch."""

    def __init__(self, connection_string: str, queue: str) -> None:
        from azure.servicebus import ServiceBusClient

        self.client = ServiceBusClient.from_connection_string(connection_string)
        self.queue = queue
        self.held: deque[tuple[Any, Any]] = deque()

    def do(self, command: str, wait_s: float = 0.0) -> Any:
        from azure.servicebus.exceptions import MessageLockLostError

        if command == "receive":
            return self.receive(wait_s)
        receiver, message = self.held.popleft()
        try:
            if command == "settle":
                receiver.complete_message(message)
            else:
                receiver.abandon_message(message)
        except MessageLockLostError:
            return [str(message), "lost"]
        finally:
            receiver.close()
        return [str(message), "settled" if command == "settle" else "returned"]

    def receive(self, wait_s: float) -> Any:
        """A message as [body, delivery count]. A receiver that got none is closed, which takes back its credit."""
        receiver = self.client.get_queue_receiver(self.queue)
        for message in receiver.receive_messages(max_message_count=1, max_wait_time=wait_s):
            self.held.append((receiver, message))
            return [str(message), message.delivery_count]
        receiver.close()
        return None


PROGRAMS: dict[str, Any] = {"rabbitmq": RabbitProgram, "kafka": KafkaProgram, "servicebus": ServiceBusProgram}


def main(broker: str, *arguments: str) -> None:
    program = PROGRAMS[broker](*arguments)
    print(json.dumps("ready"), flush=True)
    for line in sys.stdin:
        print(json.dumps(program.do(*json.loads(line))), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
