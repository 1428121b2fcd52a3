"""Checks of the lab rabbitmq_routing. What differs from run to run is drawn from the answer's seed."""

import random
import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from mqcourse.grading import guarantees
from mqcourse.grading.brokers.rabbitmq import CheckRabbitMQ
from mqcourse.grading.brokers.request_reply import requests
from mqcourse.grading.brokers.wire import Act, Did, Wire
from mqcourse.grading.guarantees import Breach, Guarantee
from mqcourse.grading.history import History, Kind
from mqcourse.grading.trial import Answer, Trial

SERVICES = ("orders", "search", "stock", "login", "mail")
PARTS = ("cards", "invoices", "refunds", "index", "cache")

LONG_MS = 600_000
"""A delay that no trial waits for: a message in it shows whether others wait behind it."""

EARLY_S = 0.02
"""So much earlier than its delay a message may be back: RabbitMQ counts whole milliseconds."""

IDLE_S = 4.0
"""Longer than every delay that a trial waits for, so a worker that is idle for so long gets no message any more."""

LATE_S = 3.0
"""So long an acknowledgement may be on its way, from one thread of a worker to another one."""


def topics(answer: Answer) -> Sequence[Breach]:
    """Events with keys that tell the patterns apart are published, and each queue is compared with what it asked for."""
    draw = answer.draw("topics")
    keys = _events(draw)
    with CheckRabbitMQ() as broker, Trial(answer, broker.number_of) as trial:
        exchange = broker.exchange_name("events")
        queues: dict[str, Any] = {
            role: broker.declare(role, **{"x-queue-type": "classic"}) for role in WANTED
        }
        trial.result(trial.start("bind_teams()", "bind_teams", exchange=exchange, **queues))
        made = _exchange_breaches(broker.declared_exchange(exchange), "bind_teams()")
        if made:
            return made
        broker.publish_with_keys(exchange, keys)
        found = {role: [number for number, _ in broker.take_all(queue)] for role, queue in queues.items()}
    return [breach for role, numbers in found.items() for breach in _delivered(role, keys, numbers)]


WANTED: dict[str, Callable[[list[str]], bool]] = {
    "errors": lambda words: words[-1] == "error",
    "europe": lambda words: words[0] == "eu",
    "billing": lambda words: words[1] == "billing",
    "metrics": lambda words: len(words) == 3 and words[-1] == "metric",
}
"""Of the words of a routing key, whether a queue must get the event: the exercise's sentences."""


def _events(draw: random.Random) -> dict[int, str]:
    """Routing keys by number: for each pattern some that it must take, and some that only a wider one takes."""
    one, other = draw.sample(SERVICES, 2)
    part, deeper = draw.sample(PARTS, 2)
    keys = [
        "eu.billing.error",
        f"us.billing.{part}.error",
        f"ap.billing.{part}.{deeper}.info",
        f"ap.{one}.error",
        f"us.{other}.{part}.error",
        f"eu.{one}.info",
        f"eu.{other}.{part}.metric",
        f"eu.{one}.metric",
        f"us.{other}.metric",
        f"ap.{one}.{deeper}.metric",
        "us.billing.metric",
        "us.error.info",  # a service that is named as a severity
        f"ap.{other}.error.info",
        f"us.{one}.billing.info",  # a part of another service
        "ap.eu.info",
        f"us.metric.{part}.info",
    ]
    draw.shuffle(keys)
    return dict(enumerate(keys, start=1))


def _delivered(role: str, keys: Mapping[int, str], found: Sequence[int]) -> list[Breach]:
    """What one queue lacks, and what it holds although it did not ask for it."""
    asked = {number for number, key in keys.items() if WANTED[role](key.split("."))}
    return [
        *(
            Breach(Guarantee.NOT_LOST, f"event {number} ({keys[number]}) is missing in the queue `{role}`")
            for number in sorted(asked - set(found))
        ),
        *(
            Breach(
                Guarantee.NOTHING_ELSE,
                f"event {number} ({keys.get(number, 'of this answer')}) is in the queue `{role}`, which did not ask for it",
            )
            for number in sorted(set(found) - asked)
        ),
    ]


def unrouted(answer: Answer) -> Sequence[Breach]:
    """Orders that match a binding and orders that match none are published; the answer then counts the latter by key."""
    draw = answer.draw("unrouted")
    keys = _orders(draw)
    astray = {number: key for number, key in keys.items() if not key.endswith(".created")}
    with CheckRabbitMQ() as broker, Trial(answer, broker.number_of) as trial:
        exchange, queue = broker.exchange_name("orders"), broker.name("unrouted")
        trial.result(trial.start("declare_orders()", "declare_orders", exchange=exchange, unrouted=queue))
        has = broker.declared_exchange(exchange)
        if has is None or broker.ready(queue) is None:
            what = "exchange of the name `exchange`" if has is None else "queue of the name `unrouted`"
            return [Breach(Guarantee.NOT_LOST, f"every message was lost: declare_orders() left no {what}")]
        made = _exchange_breaches(has, "declare_orders()")
        made += _queue_breaches(broker, queue, "unrouted")
        if other := has.get("alternate-exchange"):
            made += _survives(broker.declared_exchange(other) or {"durable": True}, "the alternate exchange")
        if made:
            return made
        wanted = broker.declare("created", **{"x-queue-type": "classic"})
        broker.bind(exchange, wanted, "#.created")
        broker.publish_with_keys(exchange, keys)
        broker.wait_ready(queue, len(astray))
        counted = trial.result(trial.start("count_unrouted()", "count_unrouted", unrouted=queue))
        broker.wait_ready(queue, len(astray))
        kept = [number for number, _ in broker.take_all(queue)]
        arrived = [number for number, _ in broker.take_all(wanted)]
    counts = dict(Counter(astray.values()))
    missed = [
        Breach(Guarantee.NOT_LOST, f"message {number} ({keys[number]}) was lost: no queue holds it")
        for number in sorted(set(keys) - set(kept) - set(arrived))
    ]
    if missed and counted == counts:
        missed = [
            Breach(
                Guarantee.NOT_LOST,
                f"message {number} ({keys[number]}) was lost: the queue did not hold it any more after count_unrouted()",
            )
            for number in sorted(set(astray) - set(kept))
        ]
    return [
        *missed,
        *(
            Breach(
                Guarantee.NOTHING_ELSE,
                f"message {number} ({keys[number]}) is in the queue `unrouted`, although another queue took it",
            )
            for number in sorted(set(kept) - set(astray))
            if number in keys
        ),
        *_counted(counted, counts),
    ]


def _orders(draw: random.Random) -> dict[int, str]:
    """Routing keys by number: some end with "created", which a queue takes; the others are typing errors, of one to four words."""
    region, service = draw.choice(("eu", "us", "ap")), draw.choice(SERVICES)
    part = draw.choice(PARTS)
    astray = [
        f"{region}.{service}.craeted",
        f"{region}.{service}.{part}.create",
        "order",
        f"{service}.{part}",
    ]
    keys = [
        *(f"{region}.{service}.created" for _ in range(draw.randint(2, 4))),
        *(key for key in astray for _ in range(draw.randint(1, 3))),
        astray[0],
        astray[0],
    ]
    draw.shuffle(keys)
    return dict(enumerate(keys, start=1))


def _counted(counted: object, counts: Mapping[str, int]) -> list[Breach]:
    """Where the answer's table differs from what was unroutable."""
    if not isinstance(counted, dict):
        what = f"count_unrouted() returned {str(counted)[:80]!r}; it must return a dictionary from routing key to number"
        return [Breach(Guarantee.RUNS, what)]
    return [
        Breach(
            Guarantee.REPORTED,
            f"count_unrouted() reported {counted.get(key, 0)} messages with the routing key {key!r}; {counts.get(key, 0)} were unroutable",
        )
        for key in [*counts, *sorted(str(each) for each in counted if each not in counts)]
        if counted.get(key, 0) != counts.get(key, 0)
    ]


def delays(answer: Answer) -> Sequence[Breach]:
    """Messages fail once, twice or always; one worker is killed. Beside it, one message waits for ten minutes."""
    draw = answer.draw("delays")
    ladder = [draw.randint(300, 450), draw.randint(700, 900)]
    tall = [draw.randint(300, 450), LONG_MS]
    sent = range(1, draw.randint(6, 8) + 1)
    always, once, twice, cut = draw.sample(sent, 4)
    slow, quick, *others = range(101, 101 + draw.randint(4, 5))
    fails = {always: 100, twice: 2, once: 1, slow: 100, quick: 1}
    began: dict[tuple[int, int], float] = {}

    def failing(message: int, tried: int) -> bool:
        began.setdefault((message, tried), time.monotonic())
        return tried <= fails.get(message, 0)

    with (
        CheckRabbitMQ() as broker,
        Wire(broker.number_of) as wire,
        Trial(wire.through(answer), broker.number_of) as trial,
    ):
        names: dict[str, Any] = {
            "queue": broker.name("delays"),
            "given_up": broker.name("delays.given_up"),
        }
        beside: dict[str, Any] = {"queue": broker.name("beside"), "given_up": broker.name("beside.given_up")}
        waiting = f"{beside['queue']}.wait.{LONG_MS}"
        made: list[Breach] = []
        for where, delays_ms in ((names, ladder), (beside, tall)):
            trial.result(trial.start("declare_retries()", "declare_retries", **where, delays_ms=delays_ms))
            waits = {f"{{queue}}.wait.{ms}": f"{where['queue']}.wait.{ms}" for ms in delays_ms}
            made += _declared(broker, {**where, **waits})
        if made:
            return made
        ids = {number: f"job-{secrets.token_hex(4)}" for number in sent}
        broker.publish(names["queue"], sent, ids=ids)
        broker.publish(beside["queue"], [slow])
        trial.fail(failing)
        trial.hold(lambda worker, message: (worker, message) == ("worker A", cut))
        trial.start("worker C", "work_with_delays", **beside, delays_ms=tall, handle="@handle")
        first = trial.start("worker A", "work_with_delays", **names, delays_ms=ladder, handle="@handle")
        if not trial.wait_quiet(lambda seen: cut in seen.open_work().get("worker A", ()), quiet_s=IDLE_S):
            return _unprocessed([cut], "worker A never began to work on it")
        done = {*trial.history.messages(Kind.FINISHED), *trial.history.messages(Kind.FAILED)}
        broker.becomes(lambda: not done.intersection(wire.held()), LATE_S * trial.patience)
        trial.kill(first)
        trial.start("worker B", "work_with_delays", **names, delays_ms=ladder, handle="@handle")
        good = set(sent) - {always}
        trial.wait_quiet(
            lambda seen: good <= set(seen.messages(Kind.FINISHED)) and _tried(seen, always) > len(ladder),
            quiet_s=IDLE_S,
        )
        trial.wait_quiet(lambda seen: _tried(seen, slow) > 1, quiet_s=IDLE_S)
        broker.becomes(lambda: not wire.held(), LATE_S * trial.patience)
        broker.publish(beside["queue"], [quick, *others])
        trial.wait_quiet(lambda seen: {quick, *others} <= set(seen.messages(Kind.FINISHED)), quiet_s=IDLE_S)
        broker.becomes(lambda: not wire.held(), LATE_S * trial.patience)
        unsettled = set(wire.held())
        broker.wait_ready(names["given_up"], 1)
        seen, acts = trial.history, wire.acts()
        dead = {number: properties for number, properties in broker.take_all(names["given_up"])}
        later = {number for number, _ in broker.take_all(waiting)}
        later |= {number for number, _ in broker.take_all(beside["given_up"])}
    finished = set(seen.messages(Kind.FINISHED))
    tries = guarantees.tries(seen, {always: (3, 3), twice: (3, 3), once: (2, 2), quick: (2, 2), slow: (2, 2)})
    behind = {quick, *others} - finished if _tried(seen, slow) == 2 else set()
    return [
        *_copied_late(acts, {**fails, cut: 0}),
        *_too_early(began, {**dict.fromkeys((always, twice, once), ladder), slow: tall, quick: tall}),
        *(
            Breach(
                Guarantee.DELAYED,
                f"message {number} was not processed while message {slow} waited for its next try",
            )
            for number in sorted(behind)
        ),
        *tries,
        *guarantees.lost(
            set(sent) - ({always} if tries else set()),
            finished | set(dead),
            why="was lost: it was neither processed nor moved to `given_up`",
        ),
        *([] if tries or behind else _still_waits(slow, later)),
        *guarantees.duplicated(seen.messages(Kind.FINISHED)),
        *guarantees.unasked({always}, dead, why="is in `given_up` although its last try did not fail"),
        *(
            Breach(
                Guarantee.INTACT,
                f"message {number} has the message_id {properties.message_id!r} in `given_up`; it was sent with {ids.get(number)!r}",
            )
            for number, properties in dead.items()
            if number in ids and properties.message_id != ids[number]
        ),
        *(
            Breach(Guarantee.ONCE, f"message {number} would be processed twice: it was never acknowledged")
            for number in sorted(unsettled)
        ),
    ]


def _copied_late(acts: Iterable[Act], fails: Mapping[int, int]) -> list[Breach]:
    """Each failed message that was acknowledged while RabbitMQ had not confirmed a copy of it."""
    stored: Counter[int] = Counter()
    settled: Counter[int] = Counter()
    found = {}
    for act in acts:
        if act.did is Did.STORED:
            stored[act.number] += 1
        elif act.did is Did.ACKNOWLEDGED:
            settled[act.number] += 1
            if stored[act.number] < settled[act.number] <= fails.get(act.number, 0):
                found[act.number] = Breach(
                    Guarantee.ACKNOWLEDGED_LATE,
                    f"message {act.number} was acknowledged too early: its try failed, and RabbitMQ had not confirmed "
                    "that a waiting queue or `given_up` stored it",
                )
    return list(found.values())


def _too_early(began: Mapping[tuple[int, int], float], ladders: Mapping[int, Sequence[int]]) -> list[Breach]:
    """Each try that began before the delay after the one before it was over. `began` maps (message, try) to seconds."""
    return [
        Breach(
            Guarantee.DELAYED,
            f"message {number} was tried again {passed_s * 1000:.0f} ms after try {tried}; the delay is {delay_ms} ms",
        )
        for number, delays_ms in sorted(ladders.items())
        for tried, delay_ms in enumerate(delays_ms, start=1)
        if (number, tried + 1) in began
        and (passed_s := began[number, tried + 1] - began[number, tried]) + EARLY_S < delay_ms / 1000
    ]


def _still_waits(slow: int, later: set[int]) -> list[Breach]:
    if slow in later:
        return []
    return [Breach(Guarantee.NOT_LOST, f"message {slow} was lost: its waiting queue does not hold it")]


def _unprocessed(numbers: Iterable[int], why: str) -> list[Breach]:
    return [Breach(Guarantee.NOT_LOST, f"message {number} was not processed: {why}") for number in numbers]


def _tried(seen: History, message: int) -> int:
    return seen.messages(Kind.STARTED).count(message)


def _exchange_breaches(has: Mapping[str, Any] | None, who: str) -> list[Breach]:
    """What is wrong with an exchange that must be a durable topic exchange."""
    if has is None:
        return [
            Breach(
                Guarantee.NOT_LOST, f"every message was lost: {who} left no exchange of the name `exchange`"
            )
        ]
    found = _survives(has, "the exchange `exchange`")
    if has["type"] != "topic":
        found.append(
            Breach(
                Guarantee.NOT_LOST,
                f"the exchange `exchange` is a {has['type']} exchange, not a topic exchange",
            )
        )
    return found


def _survives(has: Mapping[str, Any], what: str) -> list[Breach]:
    """What of a declaration would not outlive the broker or its last user."""
    how = next((word for word in ("exclusive", "auto_delete") if has.get(word)), None)
    how = "not durable" if not has["durable"] else how
    return [Breach(Guarantee.DURABLE, f"{what} does not survive: RabbitMQ has it as {how}")] if how else []


def _queue_breaches(broker: CheckRabbitMQ, name: str, role: str) -> list[Breach]:
    return _survives(broker.declared(name), f"the queue `{role}`")


def _declared(broker: CheckRabbitMQ, names: Mapping[str, str]) -> list[Breach]:
    """Which of the queues, by role, is not there or would not survive."""
    found = []
    for role, name in names.items():
        if broker.ready(name) is None:
            found.append(
                Breach(
                    Guarantee.NOT_LOST, f"message 1 would be lost: declare_retries() left no queue `{role}`"
                )
            )
        else:
            found += _queue_breaches(broker, name, role)
    return found


CHECKS = {"topics": topics, "unrouted": unrouted, "delays": delays, "requests": requests}
