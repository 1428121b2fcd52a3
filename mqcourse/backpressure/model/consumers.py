"""The consumers: take messages, work, acknowledge; crash and return; be scaled up and down."""

from math import ceil
from typing import Any

from mqcourse.backpressure.model.broker import Broker
from mqcourse.backpressure.model.consumer import Consumer
from mqcourse.backpressure.model.draws import exponential, uniform
from mqcourse.backpressure.model.message import Message
from mqcourse.backpressure.model.meter import Meter
from mqcourse.backpressure.model.scenario import Scenario


class Consumers:
    """All consumers of a run, and what happens to them."""

    def __init__(self, env: Any, scenario: Scenario, meter: Meter, broker: Broker) -> None:
        self.env = env
        self.scenario = scenario
        self.meter = meter
        self.broker = broker
        self.group: list[Consumer] = []  # those that belong to the group, crashed ones included
        self.leaving: list[Consumer] = []  # scaled down, still finishing
        self.wanted = scenario.consumers
        self.numbered = 0
        self.error = uniform(scenario.seed, "error")
        self.crash_after = exponential(uniform(scenario.seed, "crash"))
        self.repair_after = exponential(uniform(scenario.seed, "repair"))
        self.jitter = uniform(scenario.seed, "backoff")
        self.retrying: dict[int, Message] = {}
        for _ in range(scenario.consumers):
            self.group.append(self.new_consumer())
        broker.assign(self.group)
        for consumer in self.group:
            self.start(consumer)
        if scenario.autoscale != "none":
            env.process(self.autoscale())

    def new_consumer(self) -> Consumer:
        """A new consumer that does not run yet."""
        consumer = Consumer(self.numbered)
        self.numbered += 1
        return consumer

    def start(self, consumer: Consumer) -> None:
        """Let a consumer run; it has all its credit."""
        consumer.taking = True
        self.meter.up += 1
        self.env.process(self.consume(consumer))
        if self.scenario.crash_every_s is not None:
            self.env.process(self.crash(consumer, self.scenario.crash_every_s))
        self.broker.joined(consumer)

    def consume(self, consumer: Consumer) -> Any:
        """Process: take the next delivered message, work on it, settle it; sleep while there is none."""
        env, meter, broker, inbox = self.env, self.meter, self.broker, consumer.inbox
        generation = consumer.generation
        may_fail = self.scenario.error_share > 0.0 or self.scenario.poison_share > 0.0
        while True:
            if not inbox:
                consumer.asleep = env.event()
                yield consumer.asleep
                if consumer.generation != generation:
                    return
                if not inbox:  # woken to leave
                    break
            message = inbox.popleft()
            consumer.current = message
            if message.ready_s > env.now:
                yield env.timeout(message.ready_s - env.now)
                if consumer.generation != generation:
                    return
            meter.tick(env.now)
            meter.busy += 1
            consumer.working = True
            if message.deliveries == 0:
                meter.starts[message.kind] += 1
                meter.wait_s[message.kind] += meter.now - message.created_s
            if meter.journal is not None:
                meter.note("started", message, consumer.number)
            yield env.timeout(message.work_s)
            if (
                consumer.generation != generation
            ):  # it crashed meanwhile, and the broker has given the message to another
                return
            meter.tick(env.now)
            meter.busy -= 1
            consumer.working = False
            consumer.current = None
            if may_fail and (
                message.poison
                or (self.scenario.error_share > 0.0 and self.error() < self.scenario.error_share)
            ):
                self.failed(message)
                broker.acknowledged(consumer)
                broker.dispatch(message.partition)
            else:
                meter.complete(message)
                if meter.journal is not None:
                    meter.note("completed", message, consumer.number)
                broker.acknowledged(consumer)
            if consumer.leaving and not inbox:
                break
        meter.tick(env.now)
        meter.up -= 1
        self.leaving.remove(consumer)

    def failed(self, message: Message) -> None:
        """A handling failed: deliver the message again, later or at once, or dead-letter it."""
        s, meter = self.scenario, self.meter
        message.deliveries += 1
        meter.redelivered()
        if s.delivery_limit is not None and message.deliveries >= s.delivery_limit:
            meter.end(message, meter.dead)
            meter.note("dead-lettered", message)
        elif s.retry_backoff_s > 0.0:
            meter.retrying += 1
            self.retrying[message.number] = message
            meter.note("backs off", message)
            self.env.process(self.back_off(message))
        else:
            self.broker.requeue(message)

    def back_off(self, message: Message) -> Any:
        """Process: after its backoff the message goes to the tail of its queue, whatever the limit is."""
        yield self.env.timeout(backoff_s(self.scenario, message.deliveries, self.jitter))
        meter, broker = self.meter, self.broker
        meter.tick(self.env.now)
        del self.retrying[message.number]
        meter.retrying -= 1
        message.entered_s = meter.now
        broker.put(message)
        broker.dispatch(message.partition)

    def crash(self, consumer: Consumer, every_s: float) -> Any:
        """Process: the consumer runs for a while, crashes, and is repaired, again and again."""
        env, meter, broker = self.env, self.meter, self.broker
        while True:
            yield env.timeout(every_s * self.crash_after())
            if consumer.leaving:
                return
            meter.tick(env.now)
            meter.crashes += 1
            meter.up -= 1
            if consumer.working:
                meter.busy -= 1
                consumer.working = False
            consumer.generation += 1
            consumer.taking = False
            broker.left(consumer)
            self.return_all(consumer, failed=True)
            if consumer.asleep is not None:
                consumer.asleep.succeed()
                consumer.asleep = None
            yield env.timeout(self.scenario.repair_s * self.repair_after())
            if consumer.leaving:
                self.leaving.remove(consumer)
                return
            meter.tick(env.now)
            meter.up += 1
            consumer.taking = True
            env.process(self.consume(consumer))
            broker.joined(consumer)

    def return_all(self, consumer: Consumer, *, failed: bool) -> None:
        """Give every unacknowledged message of a consumer back to its queue, in the order they had there.

        `failed`: the consumer crashed, so each counts as a delivery that failed, the one it worked on included.
        """
        meter, limit = self.meter, self.scenario.delivery_limit
        unacked = list(consumer.inbox)
        consumer.inbox.clear()
        if failed and consumer.current is not None:
            unacked.insert(0, consumer.current)
            consumer.current = None
        meter.in_flight -= len(unacked)
        consumer.unacked -= len(unacked)
        partitions = []
        for message in reversed(unacked):
            if failed:
                message.deliveries += 1
                meter.redelivered()
                if limit is not None and message.deliveries >= limit:
                    meter.end(message, meter.dead)
                    meter.note("dead-lettered", message)
                    continue
            self.broker.requeue(message)
            partitions.append(message.partition)
        for partition in partitions:
            self.broker.dispatch(partition)

    def autoscale(self) -> Any:
        """Process: look at the signal every interval and set the number of consumers, with delay and cooldown."""
        s, env, meter = self.scenario, self.env, self.meter
        calm_from_s = 0.0
        busy_s = up_s = 0.0
        while True:
            yield env.timeout(s.autoscale_interval_s)
            meter.tick(env.now)
            if s.autoscale == "lag":
                desired = meter.waiting / s.autoscale_target
            elif s.autoscale == "age":
                desired = self.wanted * self.broker.oldest_s() / s.autoscale_target
            else:
                up = meter.area_up - up_s
                share = (meter.area_busy - busy_s) / up if up > 0.0 else 1.0
                desired = self.wanted * share / s.autoscale_target
                busy_s, up_s = meter.area_busy, meter.area_up
            wanted = s.autoscale_most if desired >= s.autoscale_most else max(s.consumers, ceil(desired))
            if wanted == self.wanted or meter.now < calm_from_s:
                continue
            calm_from_s = meter.now + s.autoscale_cooldown_s
            before, self.wanted = self.wanted, wanted
            for _ in range(wanted - before):
                env.process(self.join_later())
            if wanted < before:
                self.shrink()

    def join_later(self) -> Any:
        """Process: a consumer that was decided on starts after the delay, if it is still wanted then."""
        yield self.env.timeout(self.scenario.autoscale_delay_s)
        self.meter.tick(self.env.now)
        if len(self.group) < self.wanted:
            consumer = self.new_consumer()
            self.group.append(consumer)
            self.broker.assign(self.group)
            self.start(consumer)

    def shrink(self) -> None:
        """Let the youngest consumers go: what they hold goes back, what they work on they finish."""
        leavers = self.group[self.wanted :]
        del self.group[self.wanted :]
        self.broker.assign(self.group)
        for consumer in leavers:
            crashed = not consumer.taking
            consumer.leaving = True
            consumer.taking = False
            consumer.partitions.clear()
            self.leaving.append(consumer)
            self.broker.left(consumer)
            self.return_all(consumer, failed=False)
            if not crashed and consumer.asleep is not None:
                consumer.asleep.succeed()
                consumer.asleep = None


def backoff_s(scenario: Scenario, failures: int, jitter: Any) -> float:
    """The wait after so many failures: doubled each time up to the longest, then a random share taken off."""
    wait = scenario.retry_backoff_s
    for _ in range(failures - 1):
        if wait >= scenario.retry_backoff_most_s:
            break
        wait = wait + wait
    if wait > scenario.retry_backoff_most_s:
        wait = scenario.retry_backoff_most_s
    if scenario.retry_jitter > 0.0:
        wait = wait * (1.0 - scenario.retry_jitter * jitter())
    return wait
