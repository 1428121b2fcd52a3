"""The brokers that the whole suite uses."""

import pika
import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from tests.run_stack import blocks


def test_two_processes_of_a_run_never_look_at_the_same_ports():
    for workers in (1, 2, 3, 4):
        each = [set(blocks(worker, workers)) for worker in range(workers)]
        assert all(each)
        assert sum(map(len, each)) == len(set().union(*each))


@pytest.mark.stack
def test_rabbitmq_takes_a_message_and_gives_it_back(stack):
    with pika.BlockingConnection(pika.URLParameters(stack.endpoints.rabbitmq_url)) as connection:
        channel = connection.channel()
        channel.queue_declare("run-stack", durable=True, arguments={"x-queue-type": "quorum"})
        channel.confirm_delivery()
        channel.basic_publish("", "run-stack", b"hello")
        _, _, body = next(channel.consume("run-stack", auto_ack=True, inactivity_timeout=120))
        assert body == b"hello"
        channel.queue_delete("run-stack")


@pytest.mark.stack
def test_kafka_takes_a_record_and_gives_it_back(stack):
    settings = stack.endpoints.kafka_settings
    producer = KafkaProducer(**settings)
    offset = producer.send("run-stack", b"hello").get(timeout=120).offset
    producer.close()
    consumer = KafkaConsumer(**settings, consumer_timeout_ms=10_000)
    consumer.assign([TopicPartition("run-stack", 0)])
    consumer.seek(TopicPartition("run-stack", 0), offset)
    assert next(iter(consumer)).value == b"hello"
    consumer.close()


@pytest.mark.stack
def test_the_stack_lies_in_a_path_with_a_space(stack):
    assert " " in str(stack.home)
    assert all(
        row["state"] == "running" for row in stack.status().values() if row["name"] in ("rabbitmq", "kafka")
    )
