"""Limits of tiers and of the official emulator, throttling, allowed ranges."""

from __future__ import annotations

import pytest

from servicebus_emulator.broker.description import (
    CorrelationFilter,
    Description,
    QueueDescription,
    RuleDescription,
    SqlFilter,
    SubscriptionDescription,
    TopicDescription,
    check_name,
    validate,
)
from servicebus_emulator.broker.errors import (
    ArgumentError,
    ArgumentOutOfRange,
    BrokerError,
    MessageSizeExceeded,
    NotAllowed,
    QuotaExceeded,
    ServerBusy,
)
from servicebus_emulator.broker.limits import BASIC, OFFICIAL_EMULATOR, PREMIUM, STANDARD, TIERS, Limits
from servicebus_emulator.broker.message import ReceiveMode
from servicebus_emulator.broker.namespace import Namespace

from ..plain_content import PlainContent


def test_without_limits_nothing_is_too_large() -> None:
    orders = Namespace("test").create_queue(QueueDescription("orders", max_size_in_megabytes=1), 0)
    orders.send([PlainContent(padding_bytes=10**9)], 0)


def test_the_official_emulator_takes_50_queues_and_topics() -> None:
    namespace = Namespace("test", limits=OFFICIAL_EMULATOR)
    for number in range(50):
        namespace.create_queue(QueueDescription(f"q{number}"), 0)
    with pytest.raises(QuotaExceeded):
        namespace.create_topic(TopicDescription("t"), 0)


def test_the_official_emulator_lets_no_message_live_longer_than_an_hour() -> None:
    orders = Namespace("test", limits=OFFICIAL_EMULATOR).create_queue(QueueDescription("q"), 0)
    orders.send([PlainContent("a", time_to_live_s=7200.0)], 0)
    assert orders.peek(0, 1, 0)[0].expires_s == 3600.0


def test_the_basic_tier_has_queues_only() -> None:
    namespace = Namespace("test", limits=BASIC)
    with pytest.raises(NotAllowed):
        namespace.create_topic(TopicDescription("t"), 0)
    for description in (
        QueueDescription("q", requires_session=True),
        QueueDescription("q", requires_duplicate_detection=True),
    ):
        with pytest.raises(NotAllowed):
            namespace.create_queue(description, 0)
    namespace.create_queue(QueueDescription("target"), 0)
    with pytest.raises(NotAllowed):
        namespace.create_queue(QueueDescription("q", forward_to="target"), 0)
    with pytest.raises(NotAllowed):
        namespace.begin_transaction(0)


@pytest.mark.parametrize(
    ("limits", "kilobytes"), [(STANDARD, 256), (PREMIUM, 1024), (OFFICIAL_EMULATOR, 256)]
)
def test_message_size(limits: Limits, kilobytes: int) -> None:
    orders = Namespace("test", limits=limits).create_queue(QueueDescription("q"), 0)
    orders.send([PlainContent(padding_bytes=kilobytes * 1024)], 0)
    with pytest.raises(MessageSizeExceeded):
        orders.send([PlainContent("small"), PlainContent(padding_bytes=kilobytes * 1024 + 1)], 0)
    assert orders.active_count == 1


def test_a_full_entity_takes_messages_again_when_some_are_gone() -> None:
    orders = Namespace("test", limits=STANDARD).create_queue(
        QueueDescription("q", max_size_in_megabytes=1024), 0
    )
    for second in range(5):
        orders.send([PlainContent(padding_bytes=256 * 1024)] * (1000 if second < 4 else 96), second)
    with pytest.raises(
        QuotaExceeded, match="The maximum entity size has been reached or exceeded for Queue: 'q'"
    ):
        orders.send([PlainContent("x")], 9)
    orders.open_receiver(ReceiveMode.RECEIVE_AND_DELETE, 9).add_credit(1, 9)
    orders.send([PlainContent("x")], 9)


def test_a_topic_counts_what_its_subscriptions_hold() -> None:
    namespace = Namespace("test", limits=STANDARD)
    topic = namespace.create_topic(TopicDescription("t", max_size_in_megabytes=1024), 0)
    for name in ("a", "b"):
        namespace.create_subscription("t", SubscriptionDescription(name), 0)
    for second in range(3):
        topic.send([PlainContent(padding_bytes=256 * 1024)] * (1000 if second < 2 else 48), second)
    with pytest.raises(QuotaExceeded, match="for Topic: 't'"):
        topic.send([PlainContent("x")], 9)


def test_throttling_lets_1000_messages_a_second_in() -> None:
    orders = Namespace("test", limits=STANDARD).create_queue(QueueDescription("q"), 0)
    for _ in range(1000):
        orders.send([PlainContent("x")], 10.5)
    with pytest.raises(ServerBusy):
        orders.send([PlainContent("x")], 10.9)
    orders.send([PlainContent("x")], 11.0)
    assert orders.active_count == 1001


def test_a_large_batch_is_paid_from_the_following_seconds() -> None:
    orders = Namespace("test", limits=STANDARD).create_queue(QueueDescription("q"), 0)
    orders.send([PlainContent("x")] * 2500, 10.0)
    for second in (10.5, 11.0):
        with pytest.raises(ServerBusy):
            orders.send([PlainContent("x")], second)
    orders.send([PlainContent("x")], 12.0)


def test_deliveries_cost_credits_too() -> None:
    orders = Namespace("test", limits=STANDARD).create_queue(QueueDescription("q"), 0)
    orders.send([PlainContent("x")] * 600, 10.0)
    orders.open_receiver(ReceiveMode.RECEIVE_AND_DELETE, 10.1).add_credit(400, 10.1)
    with pytest.raises(ServerBusy):
        orders.send([PlainContent("x")], 10.2)
    orders.send([PlainContent("x")], 11.0)


def test_receivers_and_filters_are_counted() -> None:
    namespace = Namespace("test", limits=OFFICIAL_EMULATOR)
    orders = namespace.create_queue(QueueDescription("q"), 0)
    receivers = [orders.open_receiver(ReceiveMode.PEEK_LOCK, 0) for _ in range(200)]
    with pytest.raises(QuotaExceeded):
        orders.open_receiver(ReceiveMode.PEEK_LOCK, 0)
    receivers[0].close(0)
    orders.open_receiver(ReceiveMode.PEEK_LOCK, 0)
    namespace.create_topic(TopicDescription("t"), 0)
    subscription = namespace.create_subscription("t", SubscriptionDescription("s"), 0, rules=[])
    for number in range(70):
        subscription.add_rule(RuleDescription(f"r{number}", SqlFilter("a = 1")), 0)
    with pytest.raises(QuotaExceeded):
        subscription.add_rule(RuleDescription("more", SqlFilter("a = 1")), 0)
    subscription.add_rule(RuleDescription("more", CorrelationFilter(label="x")), 0)


def test_properties_of_more_than_64_kilobytes_are_refused() -> None:
    orders = Namespace("test", limits=STANDARD).create_queue(QueueDescription("q"), 0)
    with pytest.raises(MessageSizeExceeded):
        orders.send([PlainContent(properties={"a": "x" * 65536})], 0)
    with pytest.raises(ArgumentOutOfRange):
        orders.send([PlainContent(message_id="x" * 129)], 0)


@pytest.mark.parametrize(
    ("description", "field"),
    [
        (QueueDescription("q", lock_duration_s=4), "LockDuration"),
        (QueueDescription("q", lock_duration_s=301), "LockDuration"),
        (QueueDescription("q", max_delivery_count=0), "MaxDeliveryCount"),
        (QueueDescription("q", max_delivery_count=2**31), "MaxDeliveryCount"),
        (QueueDescription("q", auto_delete_on_idle_s=299), "AutoDeleteOnIdle"),
        (QueueDescription("q", default_message_time_to_live_s=0), "DefaultMessageTimeToLive"),
        (
            QueueDescription(
                "q", requires_duplicate_detection=True, duplicate_detection_history_time_window_s=604801
            ),
            "DuplicateDetectionHistoryTimeWindow",
        ),
        (TopicDescription("t", max_size_in_megabytes=0), "MaxSizeInMegabytes"),
        (SubscriptionDescription("s", lock_duration_s=1), "LockDuration"),
    ],
)
def test_a_value_out_of_range_is_refused_with_the_range(description: Description, field: str) -> None:
    with pytest.raises(ArgumentOutOfRange, match=rf"{field}.*allowed is"):
        validate(description)


@pytest.mark.parametrize("name", ["", "-a", "a b", "a\\b", "x" * 261, "a/", "a?b"])
def test_bad_names(name: str) -> None:
    with pytest.raises(ArgumentError):
        check_name(name)


@pytest.mark.parametrize("name", ["a", "team/orders", "a.b-c_d", "my~queue", "1", "x" * 260])
def test_good_names(name: str) -> None:
    check_name(name)


def test_every_error_has_its_condition_and_status() -> None:
    def below(kind: type[BrokerError]) -> list[type[BrokerError]]:
        return [kind, *(deep for child in kind.__subclasses__() for deep in below(child))]

    for kind in below(BrokerError):
        assert kind.condition.startswith(("amqp:", "com.microsoft:"))
        assert 400 <= kind.status <= 503


def test_tiers_have_names() -> None:
    assert set(TIERS) == {"none", "basic", "standard", "premium", "official-emulator"}
