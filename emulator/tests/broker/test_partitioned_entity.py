"""Partitioned entities: what depends on the partition, although there is one."""

import pytest

from servicebus_emulator.broker.description import QueueDescription, TopicDescription
from servicebus_emulator.broker.errors import BrokerError, NotAllowed
from servicebus_emulator.broker.limits import STANDARD
from servicebus_emulator.broker.message import ReceiveMode
from servicebus_emulator.broker.namespace import Namespace
from servicebus_emulator.broker.queue import Queue
from servicebus_emulator.broker.refusals import shown_size_megabytes

from ..plain_content import PlainContent


def partitioned(**settings: object) -> Queue:
    description = QueueDescription("q", enable_partitioning=True, **settings)  # type: ignore[arg-type]
    return Namespace("test").create_queue(description, 0.0)


def test_duplicates_are_found_within_a_partition() -> None:
    orders = partitioned(requires_duplicate_detection=True)
    for key in ("north", "south", "north", None, None):
        orders.send([PlainContent("x", message_id="1", partition_key=key)], 0.0)
    assert [message.content.partition_key for message in orders.peek(0, 9, 0.0)] == ["north", "south", None]


def test_without_partitions_the_id_alone_tells() -> None:
    orders = Namespace("test").create_queue(QueueDescription("q", requires_duplicate_detection=True), 0.0)
    for key in ("north", "south"):
        orders.send([PlainContent("x", message_id="1", partition_key=key)], 0.0)
    assert orders.active_count == 1


@pytest.mark.parametrize(
    ("contents", "says"),
    [
        ([PlainContent("a"), PlainContent("b")], "must have either PartitionKey or MessageId"),
        ([PlainContent("a", message_id="1"), PlainContent("b", message_id="2")], "with distinct"),
        ([PlainContent("a", partition_key="1"), PlainContent("b", partition_key="2")], "with distinct"),
    ],
)
def test_a_batch_for_several_partitions_is_refused_where_duplicates_are_detected(
    contents: list[PlainContent], says: str
) -> None:
    orders = partitioned(requires_duplicate_detection=True)
    with pytest.raises(NotAllowed, match=says):
        orders.send(contents, 0.0)
    assert orders.messages == {}
    partitioned().send(contents, 0.0)
    one = [PlainContent(body, message_id=body, partition_key="p") for body in "ab"]
    orders.send(one, 0.0)
    orders.send([PlainContent("alone")], 0.0)
    assert orders.active_count == 3


def test_a_transaction_keeps_to_one_partition() -> None:
    orders = partitioned()
    reader = orders.open_receiver(ReceiveMode.PEEK_LOCK, 0.0)
    reader.add_credit(4, 0.0)
    contents = [PlainContent("x", partition_key=key) for key in ("1", "1", "2")]
    transaction = orders.context.begin_transaction(0.0)
    orders.send(contents[:1], 0.0, transaction=transaction)
    with pytest.raises(NotAllowed, match="one partition"):
        orders.send(contents[2:], 0.0, transaction=transaction)
    orders.send(contents[1:2], 0.0, transaction=transaction)
    transaction.rollback(0.0)
    orders.send(contents, 0.0)
    tokens = [token for token, _ in sorted(reader.held.items(), key=lambda item: item[1].sequence_number)]
    transaction = orders.context.begin_transaction(0.0)
    reader.complete(tokens[0], 0.0, transaction)
    with pytest.raises(NotAllowed, match="one partition"):
        reader.complete(tokens[2], 0.0, transaction)
    reader.complete(tokens[1], 0.0, transaction)
    transaction.commit(0.0)
    assert [message.content.partition_key for message in orders.peek(0, 9, 0.0)] == ["2"]


def test_the_size_shown_is_that_of_sixteen_partitions_and_may_be_given_back() -> None:
    namespace = Namespace("test", limits=STANDARD)
    made = namespace.create_topic(
        TopicDescription("t", enable_partitioning=True, max_size_in_megabytes=4096), 0.0
    )
    assert shown_size_megabytes(made.description) == 65536
    assert namespace.size_limit_bytes(made.description) == 65536 * 1024 * 1024
    same = TopicDescription("t", enable_partitioning=True, max_size_in_megabytes=65536)
    assert shown_size_megabytes(namespace.update_topic(same, 1.0).description) == 65536
    smaller = TopicDescription("t", enable_partitioning=True, max_size_in_megabytes=1024)
    assert shown_size_megabytes(namespace.update_topic(smaller, 2.0).description) == 16384


@pytest.mark.parametrize("partitions", [True, False])
def test_an_update_that_changes_partitioning_is_told_so_and_not_of_a_size(partitions: bool) -> None:
    namespace = Namespace("test", limits=STANDARD)
    made = namespace.create_topic(TopicDescription("t", enable_partitioning=not partitions), 0.0)
    size = shown_size_megabytes(made.description)
    wanted = TopicDescription("t", enable_partitioning=partitions, max_size_in_megabytes=size)
    with pytest.raises(NotAllowed, match="Partitioning cannot be changed for Topic"):
        namespace.update_topic(wanted, 1.0)


def test_a_batch_has_at_most_4500_messages() -> None:
    orders = Namespace("test").create_queue(QueueDescription("q"), 0.0)
    with pytest.raises(BrokerError, match="unable to process the request"):
        orders.send([PlainContent("x")] * 4501, 0.0)
    orders.send([PlainContent("x")] * 4500, 0.0)
    assert orders.active_count == 4500
