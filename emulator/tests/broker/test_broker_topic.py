"""Topics, subscriptions, rules, forwarding and transfer dead letters."""

from __future__ import annotations

import pytest

from servicebus_emulator.broker.description import (
    DEFAULT_RULE_NAME,
    FOREVER_S,
    CorrelationFilter,
    EntityStatus,
    FalseFilter,
    QueueDescription,
    RuleDescription,
    SqlAction,
    SqlFilter,
    SubscriptionDescription,
    TopicDescription,
    TrueFilter,
)
from servicebus_emulator.broker.errors import (
    ArgumentError,
    EntityAlreadyExists,
    EntityNotFound,
    FilterError,
    NotAllowed,
    RuleNotFound,
)
from servicebus_emulator.broker.events import EntityEnded, ReceiverEnded
from servicebus_emulator.broker.message import ReceiveMode
from servicebus_emulator.broker.namespace import Namespace
from servicebus_emulator.broker.queue import Queue
from servicebus_emulator.broker.subscription import Subscription

from ..plain_content import PlainContent


def topic_with(*subscriptions: SubscriptionDescription, **settings: object) -> Namespace:
    namespace = Namespace("test")
    namespace.create_topic(TopicDescription("Events", **settings), 0.0)  # type: ignore[arg-type]
    for subscription in subscriptions:
        namespace.create_subscription("events", subscription, 0.0)
    return namespace


def one(*rules: RuleDescription, **settings: object) -> Subscription:
    namespace = topic_with()
    description = SubscriptionDescription("s", **settings)  # type: ignore[arg-type]
    return namespace.create_subscription("events", description, 0.0, rules=rules)


def send(to: Subscription, *contents: PlainContent, now_s: float = 0.0) -> None:
    to.topic.send(contents, now_s)


def bodies(queue: Queue | None, now_s: float = 0.0) -> list[str]:
    assert queue is not None
    return [message.content.body for message in queue.peek(0, 1000, now_s)]  # type: ignore[attr-defined]


def test_every_subscription_gets_its_own_copy_and_numbers() -> None:
    namespace = topic_with(SubscriptionDescription("a"), SubscriptionDescription("b"))
    topic = namespace.topic("EVENTS")
    topic.send([PlainContent("1"), PlainContent("2")], 0.0)
    a, b = namespace.subscriptions("Events")
    a.batch_delete(1, 1.0, 1.0)
    assert (bodies(a), bodies(b)) == (["2"], ["1", "2"])
    late = namespace.create_subscription("Events", SubscriptionDescription("late"), 2.0)
    topic.send([PlainContent("3")], 2.0)
    (message,) = late.peek(0, 9, 2.0)
    assert (message.sequence_number, message.enqueued_sequence_number) == (1, 3)


def test_a_new_subscription_matches_everything_and_without_rules_nothing() -> None:
    subscription = topic_with(SubscriptionDescription("s")).subscription("events", "S")
    assert subscription.rules() == [RuleDescription(DEFAULT_RULE_NAME, TrueFilter(), created_s=0.0)]
    subscription.remove_rule("$default", 0.0)
    send(subscription, PlainContent("1"))
    assert bodies(subscription) == []
    with pytest.raises(RuleNotFound):
        subscription.remove_rule("$Default", 0.0)


def test_rules_without_action_make_one_copy_and_each_action_one_more() -> None:
    subscription = one(
        RuleDescription("all"),
        RuleDescription("red", SqlFilter("color = 'red'")),
        RuleDescription("none", FalseFilter()),
        RuleDescription("marked", SqlFilter("color = 'red'"), SqlAction("SET mark = 1")),
        RuleDescription("moved", SqlFilter("color = 'red'"), SqlAction("REMOVE color")),
    )
    send(subscription, PlainContent("x", properties={"color": "red"}), PlainContent("y"))
    got = [dict(message.content.application_properties()) for message in subscription.peek(0, 9, 0.0)]
    assert got == [
        {"color": "red"},
        {"color": "red", "mark": 1, "RuleName": "marked"},
        {"RuleName": "moved"},
        {},
    ]


def test_rules_are_managed_by_name() -> None:
    subscription = one(RuleDescription("r", SqlFilter("a = 1")))
    with pytest.raises(EntityAlreadyExists):
        subscription.add_rule(RuleDescription("R"), 0.0)
    with pytest.raises(FilterError):
        subscription.add_rule(RuleDescription("bad", SqlFilter("a =")), 0.0)
    assert subscription.add_rule(RuleDescription("new"), 7.0).created_s == 7.0
    subscription.replace_rule(RuleDescription("NEW", FalseFilter()), 8.0)
    assert subscription.rule("new") == RuleDescription("new", FalseFilter(), created_s=7.0)
    with pytest.raises(RuleNotFound):
        subscription.replace_rule(RuleDescription("other"), 8.0)


def test_a_subscription_with_a_bad_rule_is_not_made() -> None:
    namespace = topic_with()
    with pytest.raises(FilterError):
        namespace.create_subscription(
            "events", SubscriptionDescription("s"), 0.0, rules=[RuleDescription("r", SqlFilter("("))]
        )
    assert namespace.subscriptions("events") == []


@pytest.mark.parametrize("asked", [True, False])
def test_filter_errors_are_dead_lettered_when_asked(asked: bool) -> None:
    subscription = one(
        RuleDescription("broken", SqlFilter("color > 5")),
        RuleDescription("broken-too", SqlFilter("sys.Nonsense = 1")),
        RuleDescription("fine", SqlFilter("color = 'red'")),
        dead_lettering_on_filter_evaluation_exceptions=asked,
    )
    send(subscription, PlainContent("x", properties={"color": "red"}))
    assert bodies(subscription) == ["x"]
    dead_letters = subscription.dead_letter_queue
    assert bodies(dead_letters) == (["x"] if asked else [])
    if asked:
        assert dead_letters is not None
        (dead,) = dead_letters.peek(0, 9, 0.0)
        assert dead.content.application_properties()["DeadLetterReason"] == "FilterException"
        assert "'>'" in str(dead.content.application_properties()["DeadLetterErrorDescription"])


def test_sends_go_to_the_topic_only() -> None:
    subscription = one(RuleDescription("all"))
    with pytest.raises(NotAllowed):
        subscription.send([PlainContent("x")], 0.0)


def test_the_smaller_time_to_live_wins() -> None:
    namespace = topic_with(
        SubscriptionDescription("short", default_message_time_to_live_s=10),
        SubscriptionDescription("long", default_message_time_to_live_s=1000),
        default_message_time_to_live_s=100,
    )
    namespace.topic("events").send([PlainContent("x"), PlainContent("y", time_to_live_s=5.0)], 0.0)
    expiries = {
        subscription.name: [message.expires_s for message in subscription.peek(0, 9, 0.0)]
        for subscription in namespace.subscriptions("events")
    }
    assert expiries == {"short": [10, 5], "long": [100, 5]}
    namespace.update_topic(TopicDescription("events", default_message_time_to_live_s=50), 0.0)
    namespace.topic("events").send([PlainContent("z")], 0.0)
    assert namespace.subscription("events", "long").peek(3, 1, 0.0)[0].expires_s == 50


def test_scheduled_messages_wait_in_the_topic_for_the_rules_of_their_day() -> None:
    namespace = topic_with()
    topic = namespace.topic("events")
    topic.schedule(
        [PlainContent("x", scheduled_enqueue_s=10.0), PlainContent("y", scheduled_enqueue_s=10.0)], 0.0
    )
    topic.cancel_scheduled([2], 0.0)
    assert [message.sequence_number for message in topic.peek(0, 9, 0.0)] == [1]
    late = namespace.create_subscription("events", SubscriptionDescription("late"), 5.0)
    namespace.advance(10.0)
    assert bodies(late, 10.0) == ["x"]
    assert topic.scheduled_count == 0


def test_a_message_without_session_id_is_dead_lettered_in_a_session_subscription() -> None:
    namespace = topic_with(SubscriptionDescription("s", requires_session=True))
    namespace.topic("events").send([PlainContent("x"), PlainContent("y", session_id="1")], 0.0)
    subscription = namespace.subscription("events", "s")
    assert (bodies(subscription), bodies(subscription.dead_letter_queue)) == (["y"], ["x"])


def test_duplicates_of_a_topic_reach_nobody_twice() -> None:
    namespace = topic_with(SubscriptionDescription("s"), requires_duplicate_detection=True)
    for _ in range(2):
        namespace.topic("events").send([PlainContent("x", message_id="1")], 0.0)
    assert bodies(namespace.subscription("events", "s")) == ["x"]


def test_deleting_a_topic_deletes_its_subscriptions() -> None:
    namespace = topic_with(SubscriptionDescription("s"))
    subscription = namespace.subscription("events", "s")
    reader = subscription.open_receiver(ReceiveMode.PEEK_LOCK, 0.0)
    namespace.delete_topic("events", 0.0)
    events = namespace.pop_events()
    assert [event.receiver for event in events if isinstance(event, ReceiverEnded)] == [reader]
    ended = [event.entity.path for event in events if isinstance(event, EntityEnded)]
    assert {"Events", "Events/Subscriptions/s", "Events/Subscriptions/s/$DeadLetterQueue"} <= set(ended)
    assert reader.closed
    assert namespace.entities == {}
    with pytest.raises(EntityNotFound):
        namespace.resolve("events/subscriptions/s")


def test_subscription_addresses() -> None:
    namespace = topic_with(SubscriptionDescription("S"))
    assert namespace.resolve("EVENTS/SUBSCRIPTIONS/s").path == "Events/Subscriptions/S"
    assert (
        namespace.resolve("events/subscriptions/s/$deadletterqueue").entity_path == "Events/Subscriptions/S"
    )
    assert namespace.resolve("events/$Transfer/$DeadLetterQueue").path == "Events/$Transfer/$DeadLetterQueue"


# -- forwarding


def chain(length: int) -> Namespace:
    """q1 forwards to q2 forwards to ... q<length>."""
    namespace = Namespace("test")
    for number in range(length, 0, -1):
        target = f"q{number + 1}" if number < length else None
        namespace.create_queue(QueueDescription(f"q{number}", forward_to=target), 0.0)
    return namespace


def test_forwarding_keeps_the_first_number_and_gives_a_new_one() -> None:
    namespace = chain(2)
    namespace.queue("q2").send([PlainContent("own")], 0.0)
    namespace.queue("q1").send([PlainContent("x")], 0.0)
    _, message = namespace.queue("q2").peek(0, 9, 0.0)
    assert (message.sequence_number, message.enqueued_sequence_number) == (2, 1)
    assert namespace.queue("q1").active_count == 0
    with pytest.raises(NotAllowed):
        namespace.queue("q1").open_receiver(ReceiveMode.PEEK_LOCK, 0.0)


def test_four_hops_are_allowed_and_a_fifth_is_not() -> None:
    namespace = chain(5)
    namespace.queue("q1").send([PlainContent("x")], 0.0)
    assert bodies(namespace.queue("q5")) == ["x"]
    namespace = chain(6)
    namespace.queue("q1").send([PlainContent("x")], 0.0)
    assert bodies(namespace.queue("q6")) == []
    assert bodies(namespace.queue("q5").transfer_dead_letter_queue) == []
    dead_letters = namespace.queue("q5").dead_letter_queue
    assert dead_letters is not None
    (dead,) = dead_letters.peek(0, 9, 0.0)
    assert dead.content.application_properties()["DeadLetterReason"] == "MaxTransferHopCountExceeded"


@pytest.mark.parametrize("problem", ["disabled", "deleted", "needs a session"])
def test_what_the_destination_refuses_is_dead_lettered_at_its_source(problem: str) -> None:
    """service-bus-dead-letter-queues: the transfer dead letters are for sends through another entity."""
    namespace = Namespace("test")
    namespace.create_queue(QueueDescription("to", requires_session=problem == "needs a session"), 0.0)
    namespace.create_queue(QueueDescription("from", forward_to="sb://any.host/to"), 0.0)
    if problem == "disabled":
        namespace.update_queue(QueueDescription("to", status=EntityStatus.SEND_DISABLED), 0.0)
    elif problem == "deleted":
        namespace.delete_queue("to", 0.0)
    namespace.queue("from").send([PlainContent("x")], 0.0)
    assert bodies(namespace.queue("from").dead_letter_queue) == ["x"]
    assert bodies(namespace.queue("from").transfer_dead_letter_queue) == []


@pytest.mark.parametrize("problem", ["disabled", "one hop too many"])
def test_what_forwarding_cannot_deliver_goes_where_dead_letters_go(problem: str) -> None:
    namespace = Namespace("test")
    namespace.create_queue(QueueDescription("central"), 0.0)
    length = 5 if problem == "one hop too many" else 1
    namespace.create_queue(QueueDescription(f"hop{length + 1}"), 0.0)
    for number in range(length, 0, -1):
        forwards = {"forward_to": f"hop{number + 1}", "forward_dead_lettered_messages_to": "central"}
        namespace.create_queue(QueueDescription(f"hop{number}", **forwards), 0.0)
    if problem == "disabled":
        namespace.update_queue(QueueDescription("hop2", status=EntityStatus.DISABLED), 0.0)
    namespace.queue("hop1").send([PlainContent("x")], 0.0)
    kept, forwarded = (
        bodies(namespace.queue(f"hop{length}").dead_letter_queue),
        bodies(namespace.queue("central")),
    )
    # forwarding a dead letter is a hop as well
    assert (kept, forwarded) == ((["x"], []) if problem == "one hop too many" else ([], ["x"]))


def test_dead_letters_that_are_forwarded_in_a_ring_come_to_rest() -> None:
    namespace = Namespace("test")
    namespace.create_queue(QueueDescription("a", status=EntityStatus.ACTIVE), 0.0)
    for name, other in (("b", "a"), ("a", "b")):
        description = QueueDescription(name, forward_to=other, forward_dead_lettered_messages_to=other)
        (namespace.update_queue if name == "a" else namespace.create_queue)(description, 0.0)
    namespace.queue("a").send([PlainContent("x")], 0.0)
    kept = [
        bodies(dead_letters)
        for dead_letters in (namespace.queue("a").dead_letter_queue, namespace.queue("b").dead_letter_queue)
    ]
    assert sorted(kept) == [[], ["x"]]


def test_a_subscription_forwards_and_a_queue_forwards_its_dead_letters() -> None:
    namespace = Namespace("test")
    namespace.create_queue(QueueDescription("graveyard"), 0.0)
    namespace.create_queue(
        QueueDescription("inbox", max_delivery_count=1, forward_dead_lettered_messages_to="graveyard"), 0.0
    )
    namespace.create_topic(TopicDescription("events"), 0.0)
    namespace.create_subscription("events", SubscriptionDescription("s", forward_to="inbox"), 0.0)
    namespace.topic("events").send([PlainContent("x")], 0.0)
    inbox = namespace.queue("inbox")
    reader = inbox.open_receiver(ReceiveMode.PEEK_LOCK, 0.0)
    reader.add_credit(1, 0.0)
    reader.close(0.0)
    namespace.advance(60.0)
    (dead,) = namespace.queue("graveyard").peek(0, 9, 60.0)
    assert dead.dead_letter_source == "inbox"
    assert dead.content.application_properties()["DeadLetterReason"] == "MaxDeliveryCountExceeded"
    assert bodies(inbox.dead_letter_queue) == []


def test_switching_forwarding_on_forwards_what_waits() -> None:
    namespace = Namespace("test")
    namespace.create_queue(QueueDescription("to"), 0.0)
    source = namespace.create_queue(QueueDescription("from"), 0.0)
    contents = [PlainContent("locked"), PlainContent("x"), PlainContent("later", scheduled_enqueue_s=10.0)]
    source.send(contents, 0.0)
    reader = source.open_receiver(ReceiveMode.PEEK_LOCK, 0.0)
    reader.add_credit(1, 0.0)
    namespace.update_queue(QueueDescription("from", forward_to="to"), 1.0)
    assert reader.closed
    assert bodies(namespace.queue("to"), 1.0) == ["x"]
    namespace.advance(10.0)
    assert bodies(namespace.queue("to"), 10.0) == ["x", "later"]
    namespace.advance(60.0)
    assert bodies(namespace.queue("to"), 60.0) == ["x", "later", "locked"]
    assert source.messages == {}


@pytest.mark.parametrize("target", ["nowhere", "events/subscriptions/s", "to/$deadletterqueue"])
def test_a_forward_needs_an_existing_queue_or_topic(target: str) -> None:
    namespace = topic_with(SubscriptionDescription("s"))
    namespace.create_queue(QueueDescription("to"), 0.0)
    with pytest.raises(ArgumentError, match="The auto forwarding destination entity does not exist"):
        namespace.create_queue(QueueDescription("self", forward_to=target), 0.0)


def test_what_is_fixed_after_creation() -> None:
    namespace = Namespace("test")
    namespace.create_queue(QueueDescription("q"), 0.0)
    for change in (
        QueueDescription("q", requires_session=True),
        QueueDescription("q", requires_duplicate_detection=True),
    ):
        with pytest.raises(NotAllowed):
            namespace.update_queue(change, 0.0)


def test_an_idle_subscription_goes_though_its_topic_and_its_sisters_are_in_use() -> None:
    """Sends to the topic do not count for it (message-expiration, "Idleness")."""
    namespace = topic_with(
        SubscriptionDescription("left", auto_delete_on_idle_s=300), SubscriptionDescription("read")
    )
    namespace.subscription("events", "read").open_receiver(ReceiveMode.PEEK_LOCK, 0.0)
    namespace.topic("events").send([PlainContent("x")], 250.0)
    namespace.topic("events").send([PlainContent("later", scheduled_enqueue_s=9999.0)], 250.0)
    namespace.advance(299.0)
    assert namespace.subscription("events", "left").active_count == 1
    namespace.advance(301.0)
    with pytest.raises(EntityNotFound):
        namespace.subscription("events", "left")
    assert namespace.subscription("events", "read").active_count == 1


def test_what_forwards_is_never_idle_and_its_destination_may_be() -> None:
    """Forwarding receives from the source all the time, and sends to the destination when there is something to send
    (service-bus-auto-forwarding)."""
    namespace = topic_with(auto_delete_on_idle_s=300)
    namespace.create_queue(QueueDescription("to", auto_delete_on_idle_s=300), 0.0)
    namespace.create_queue(QueueDescription("from", auto_delete_on_idle_s=300, forward_to="to"), 0.0)
    description = SubscriptionDescription("s", auto_delete_on_idle_s=300, forward_to="to")
    namespace.create_subscription("events", description, 0.0)
    namespace.advance(10_000.0)
    assert [queue.path for queue in namespace.queues()] == ["from"]
    assert namespace.queue("from").description.auto_delete_on_idle_s == FOREVER_S
    assert namespace.subscription("events", "s").topic is namespace.topic("events")


@pytest.mark.parametrize("name", ["color", "Color", "COLOR"])
def test_a_correlation_filter_ignores_the_case_of_names(name: str) -> None:
    namespace = topic_with(SubscriptionDescription("s"))
    subscription = namespace.subscription("events", "s")
    subscription.remove_rule("$Default", 0.0)
    subscription.add_rule(RuleDescription("r", CorrelationFilter(properties={name: "red"})), 0.0)
    namespace.topic("events").send([PlainContent("x", properties={"color": "red"})], 0.0)
    namespace.topic("events").send([PlainContent("y", properties={"color": "Red"})], 0.0)
    assert bodies(subscription) == ["x"]


def test_rules_are_listed_by_name() -> None:
    subscription = topic_with(SubscriptionDescription("s")).subscription("events", "s")
    for name in ("b", "A", "c1", "c10", "c2"):
        subscription.add_rule(RuleDescription(name), 0.0)
    assert [rule.name for rule in subscription.rules()] == ["$Default", "A", "b", "c1", "c10", "c2"]
