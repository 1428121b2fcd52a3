"""A random life of a namespace: every kind of change that the journal is told."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from uuid import UUID

from servicebus_emulator.broker.description import (
    CorrelationFilter,
    QueueDescription,
    RuleDescription,
    SqlAction,
    SqlFilter,
    SubscriptionDescription,
    TopicDescription,
)
from servicebus_emulator.broker.errors import BrokerError
from servicebus_emulator.broker.message import Outcome, ReceiveMode
from servicebus_emulator.broker.namespace import Namespace
from servicebus_emulator.broker.receiver import Receiver

from ..plain_content import PlainContent

MANY = 2000  # deliveries before dead-lettering: never here, so that a crash only counts


def found(namespace: Namespace, now_s: float) -> None:
    """Create the entities of the histories."""
    namespace.create_queue(
        QueueDescription(
            "orders",
            max_delivery_count=MANY,
            requires_duplicate_detection=True,
            duplicate_detection_history_time_window_s=40,
            dead_lettering_on_message_expiration=True,
        ),
        now_s,
    )
    namespace.create_queue(QueueDescription("flow", requires_session=True, max_delivery_count=MANY), now_s)
    namespace.create_topic(TopicDescription("events"), now_s)
    namespace.create_subscription("events", SubscriptionDescription("all", max_delivery_count=MANY), now_s)
    namespace.create_subscription(
        "events",
        SubscriptionDescription("red", forward_to="orders"),
        now_s,
        rules=[RuleDescription("red", SqlFilter("color = @c", {"@c": "red"}), SqlAction("SET seen = 1"))],
    )


def live(namespace: Namespace, random: Random, steps: int) -> Iterator[float]:
    """Do `steps` random things; yields the time after each."""
    now_s = 1000.0
    orders, flow, topic = namespace.queue("orders"), namespace.queue("flow"), namespace.topic("events")
    receivers: list[Receiver] = []
    held: list[tuple[Receiver, bytes]] = []
    transaction = None
    for step in range(steps):
        now_s += random.choice([0.0, 0.5, 7.0])
        namespace.advance(now_s)
        choice = random.randrange(14)
        try:
            if choice in (0, 1):
                content = PlainContent(
                    f"{step}",
                    message_id=random.choice([None, f"id{step % 5}", step]),
                    time_to_live_s=random.choice([None, 20.0]),
                    scheduled_enqueue_s=random.choice([None, None, now_s + 15]),
                )
                orders.send([content, PlainContent(f"{step}b")], now_s)
            elif choice == 2:
                flow.send([PlainContent(f"{step}", session_id=random.choice("xy"))], now_s)
            elif choice == 3:
                topic.send(
                    [PlainContent(f"{step}", properties={"color": random.choice(["red", "blue"])})], now_s
                )
            elif choice in (4, 5):
                reader = random.choice([orders, namespace.subscription("events", "all")]).open_receiver(
                    random.choice(list(ReceiveMode)), now_s
                )
                receivers.append(reader)
                reader.add_credit(2, now_s)
            elif choice == 6:
                reader = flow.open_session(random.choice("xy"), ReceiveMode.PEEK_LOCK, now_s)
                receivers.append(reader)
                reader.add_credit(1, now_s)
                assert reader.session is not None
                state = random.choice([None, b"state %d" % step])
                flow.set_session_state(reader.session.session_id, state, now_s)
            elif choice in (7, 8) and held:
                reader, token = held.pop(random.randrange(len(held)))
                outcome = random.choice(list(Outcome))
                reader.settle(outcome, token, now_s, reason="r", properties={"step": step})
            elif choice == 9 and receivers:
                receivers.pop(random.randrange(len(receivers))).close(now_s)
            elif choice == 10:
                name = f"rule{step}"
                subscription = namespace.subscription("events", "all")
                subscription.add_rule(
                    RuleDescription(name, CorrelationFilter(properties={"id": UUID(int=step), "n": 1.5})),
                    now_s,
                )
                if random.random() < 0.5:
                    subscription.remove_rule(name, now_s)
            elif choice == 11:
                name = f"temporary{random.randrange(2)}"
                if namespace.find(name):
                    namespace.delete_queue(name, now_s)
                else:
                    namespace.create_queue(QueueDescription(name), now_s).send([PlainContent("t")], now_s)
            elif choice == 12 and transaction is None:
                transaction = namespace.begin_transaction(now_s)
                orders.send(
                    [PlainContent(f"{step}t1"), PlainContent(f"{step}t2")], now_s, transaction=transaction
                )
                for reader, token in held:
                    if reader.queue is orders:
                        reader.complete(token, now_s, transaction)
            elif choice == 13 and transaction is not None:
                transaction.commit(now_s) if random.random() < 0.7 else transaction.rollback(now_s)
                transaction = None
        except BrokerError:
            pass  # a lost lock, a locked session: refused, so nothing changed
        for reader, message in namespace.pop_deliveries():
            if message.lock_token is not None:
                held.append((reader, message.lock_token))
        yield now_s
