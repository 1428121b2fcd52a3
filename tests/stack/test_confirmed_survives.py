"""Rounds of kill -9 while messages are published with confirms: every confirmed one is there after `mq up`."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable

import pika
import pytest
from kafka import KafkaConsumer, TopicPartition

from tests.long_run import times
from tests.run_stack import RunStack

pytestmark = [
    pytest.mark.stack,
    pytest.mark.slow,
    pytest.mark.timeout(3600),
]


ROUNDS = times(3, 30)
YOUNG_S = 3.0
"""A quorum queue younger than this is not yet safe: its registration may not have reached the disk."""
LOAD_S = 1.0
"""How long messages flow before the kill."""


PRODUCER = """
import sys
from kafka import KafkaProducer

producer = KafkaProducer(
    bootstrap_servers=sys.argv[1], acks="all", linger_ms=0,
    request_timeout_ms=2000, delivery_timeout_ms=4000, max_block_ms=2000,
)
number = int(sys.argv[2])
try:
    while True:
        waiting = [(one, producer.send("kept", b"%d" % one)) for one in range(number, number + 50)]
        number += 50
        for one, future in waiting:
            future.get(timeout=5)
            print(one, flush=True)  # acknowledged
finally:
    producer.close(timeout=0)
"""
"""Produces until the broker is killed, and prints the number of every record that was acknowledged."""


def kill_under_load(run: RunStack, name: str, publish: Callable[[threading.Event], set[int]]) -> set[int]:
    """Publish from a thread, kill the broker while it flows, and return the confirmed numbers."""
    confirmed: set[int] = set()
    flowing = threading.Event()
    thread = threading.Thread(target=lambda: confirmed.update(publish(flowing)))
    pid = run.status()[name]["pid"]
    thread.start()
    assert flowing.wait(30), "nothing was confirmed"
    time.sleep(LOAD_S)  # the load itself, not a wait for readiness
    os.kill(pid, signal.SIGKILL)
    thread.join(60)
    assert not thread.is_alive()
    return confirmed


def test_rabbitmq_keeps_every_confirmed_message(empty_stack):
    run = empty_stack
    run.mq("up", "rabbitmq")
    parameters = pika.URLParameters(run.endpoints.rabbitmq_url)
    with pika.BlockingConnection(parameters) as connection:
        channel = connection.channel()
        channel.queue_declare("kept", durable=True, arguments={"x-queue-type": "quorum"})
    time.sleep(YOUNG_S)
    number = 0
    confirmed: set[int] = set()

    def publish(flowing: threading.Event) -> set[int]:
        nonlocal number
        done = set()
        try:
            connection = pika.BlockingConnection(parameters)
            channel = connection.channel()
            channel.confirm_delivery()
            while True:
                number += 1
                channel.basic_publish("", "kept", b"%d" % number, pika.BasicProperties(delivery_mode=2))
                done.add(number)
                flowing.set()
        except (pika.exceptions.AMQPError, OSError):
            return done  # killed: what was not confirmed may or may not be there

    for _ in range(ROUNDS):
        confirmed |= kill_under_load(run, "rabbitmq", publish)
        run.mq("up", "rabbitmq")
    with pika.BlockingConnection(parameters) as connection:
        channel = connection.channel()
        channel.basic_qos(prefetch_count=1000)
        missing = set(confirmed)
        for _, _, body in channel.consume("kept", auto_ack=True, inactivity_timeout=60):
            if body is not None:
                missing.discard(int(body))
            if body is None or not missing:
                break
    assert len(confirmed) > ROUNDS * 10
    assert not missing, f"lost: {sorted(missing)[:10]} of {len(confirmed)}"


def test_kafka_keeps_every_acknowledged_record(empty_stack):
    run = empty_stack
    run.mq("up", "kafka")
    settings = run.endpoints.kafka_settings
    number = 0
    confirmed: set[int] = set()

    def publish(flowing: threading.Event) -> set[int]:
        nonlocal number
        done: set[int] = set()
        # a program of its own: kafka-python leaves the sockets of its refused reconnects open until it ends
        command = [sys.executable, "-W", "ignore", "-c", PRODUCER, run.endpoints.kafka_bootstrap, str(number)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
            for line in program.stdout:
                done.add(int(line))
                flowing.set()
        number += 10_000_000
        return done

    for _ in range(ROUNDS):
        confirmed |= kill_under_load(run, "kafka", publish)
        run.mq("up", "kafka")
    consumer = KafkaConsumer(**settings)
    partition = TopicPartition("kept", 0)
    consumer.assign([partition])
    consumer.seek_to_beginning(partition)
    end = consumer.end_offsets([partition])[partition]
    found = set()
    while consumer.position(partition) < end:
        for records in consumer.poll(timeout_ms=1000).values():
            found |= {int(record.value) for record in records}
    consumer.close()
    assert len(confirmed) > ROUNDS * 50
    assert confirmed <= found, f"lost: {sorted(confirmed - found)[:10]} of {len(confirmed)}"
