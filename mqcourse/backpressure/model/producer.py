"""The producer: messages arrive at it, it sends them as fast as it may, and its callers time out."""

from collections import deque
from collections.abc import Callable
from typing import Any

from mqcourse.backpressure.model.broker import Broker
from mqcourse.backpressure.model.consumers import backoff_s
from mqcourse.backpressure.model.draws import (
    Draw,
    constant,
    exponential,
    lognormal,
    pareto,
    scaled_exponential,
    uniform,
)
from mqcourse.backpressure.model.message import Message
from mqcourse.backpressure.model.meter import Meter
from mqcourse.backpressure.model.scenario import Scenario

FOREVER = 1e300


class Waiter:
    """A waiter for capacity or a token, until woken or until its timeout."""

    def __init__(self, env: Any, message: Message) -> None:
        self.event = env.event()
        self.message = message
        self.waiting = True
        self.late = False

    def wake(self) -> None:
        """The wait is over."""
        self.waiting = False
        self.event.succeed()


class Producer:
    """Where messages come from, and the brakes on them."""

    def __init__(self, env: Any, scenario: Scenario, meter: Meter, broker: Broker) -> None:
        self.env = env
        self.scenario = scenario
        self.meter = meter
        self.broker = broker
        seed = scenario.seed
        self.work = work_times(scenario)
        self.pick_kind = uniform(seed, "class")
        self.pick_key = uniform(seed, "key")
        self.pick_poison = uniform(seed, "poison")
        self.jitter = uniform(seed, "client")
        self.kind_bounds = shares_up_to(scenario.priority_mix)
        self.made = 0
        self.send_rate_per_s = scenario.throttle_rate_per_s  # AIMD changes it
        self.full_again_s = 0.0  # when the token bucket is full again
        self.held: dict[int, Message] = {}  # made, and neither sent nor given up
        self.outbox: deque[Message] = deque()
        self.outbox_limit = FOREVER if scenario.outbox_limit is None else scenario.outbox_limit
        self.sender_idle: Any = None  # the event the sender waits for while the outbox is empty
        self.outbox_wanted: deque[Waiter] = deque()  # the source, while the outbox is full
        self.rejected_before = 0
        self.braked = scenario.throttle != "none" or scenario.on_full == "block"
        env.process(self.source())
        if self.braked and self.outbox_limit > 0:
            env.process(self.sender())
        if scenario.throttle == "aimd":
            env.process(self.adapt())

    def source(self) -> Any:
        """Process: messages arrive at the producer, one after the other, except while it is blocked."""
        env, meter, publish = self.env, self.meter, self.broker.publish
        next_arrival = arrivals(self.scenario)
        simple = (
            not self.braked and self.scenario.client_timeout_s is None and self.scenario.client_retries == 0
        )
        while True:
            at = next_arrival(env.now)
            if at >= FOREVER:
                return
            yield env.timeout(at - env.now if at > env.now else 0.0)
            meter.tick(env.now)
            message = self.new_message(meter.now, 1)
            if simple:
                publish(message)
            else:
                yield from self.offer(message, from_source=True)

    def new_message(self, born_s: float, attempt: int) -> Message:
        """A message, offered now: its work, class, partition and poison are drawn in this order, one stream each."""
        s, meter = self.scenario, self.meter
        message = Message(self.made, meter.now, born_s, attempt, self.work())
        self.made += 1
        if len(self.kind_bounds) > 1:
            message.kind = place(self.kind_bounds, self.pick_kind())
        if s.partitions > 0:
            message.partition = partition_of(s, self.pick_key())
        if s.poison_share > 0.0:
            message.poison = self.pick_poison() < s.poison_share
        meter.offered[message.kind] += 1
        if meter.journal is not None:
            meter.note("offered", message)
        return message

    def offer(self, message: Message, *, from_source: bool) -> Any:
        """Bring a message to the broker through the brakes; `from_source`: the source is blocked meanwhile."""
        meter = self.meter
        if self.scenario.client_timeout_s is not None:
            self.env.process(self.time_out(message, self.scenario.client_timeout_s))
        if not self.braked:
            self.sent(message)
            return
        meter.held += 1
        self.held[message.number] = message
        if from_source:
            meter.blocked += 1
        patience_s = self.scenario.block_timeout_s
        give_up_at = FOREVER if patience_s is None else meter.now + patience_s
        if self.outbox_limit == 0:
            yield from self.send(message, give_up_at)
        elif (yield from self.wait_for_room(self.outbox_wanted, self.outbox_has_room, message, give_up_at)):
            self.outbox.append(message)
            if self.sender_idle is not None:
                self.sender_idle.succeed()
                self.sender_idle = None
        else:
            self.give_up(message)
        if from_source:
            meter.blocked -= 1

    def sender(self) -> Any:
        """Process: sends what is in the outbox, the oldest first."""
        while True:
            if not self.outbox:
                self.sender_idle = self.env.event()
                yield self.sender_idle
            yield from self.send(self.outbox[0], FOREVER)
            self.outbox.popleft()
            if self.outbox_wanted:
                self.outbox_wanted.popleft().wake()

    def outbox_has_room(self, message: Message) -> bool:
        """Whether the outbox takes one more."""
        return len(self.outbox) < self.outbox_limit

    def send(self, message: Message, give_up_at: float) -> Any:
        """Wait for a token, then (on_full 'block') for capacity in the queue, then publish; or give up at that time."""
        env, meter, broker = self.env, self.meter, self.broker
        if self.scenario.throttle != "none":
            at = self.take_token(give_up_at)
            ready_at = give_up_at if at is None else at
            if ready_at > meter.now:
                yield env.timeout(ready_at - meter.now)
                meter.tick(env.now)
            if at is None:
                self.give_up(message)
                return
        if self.scenario.on_full == "block":
            has_room = yield from self.wait_for_room(broker.room_wanted, broker.has_room, message, give_up_at)
            if not has_room:
                self.give_up(message)
                return
        meter.held -= 1
        del self.held[message.number]
        self.sent(message)
        if broker.room_wanted:
            broker.admit_waiting()

    def wait_for_room(
        self, line: deque[Waiter], free: Callable[[Message], bool], message: Message, give_up_at: float
    ) -> Any:
        """Wait in a line until the message can be taken (then True) or the timeout (then False)."""
        env = self.env
        first_time = True
        while not free(message):
            waiter = Waiter(env, message)
            if first_time:
                line.append(waiter)
            else:
                line.appendleft(waiter)  # it was its turn, but somebody else was quicker
            if give_up_at < FOREVER:
                env.process(self.end_wait(waiter, line, give_up_at - env.now))
            yield waiter.event
            self.meter.tick(env.now)
            if waiter.late:
                return False
            first_time = False
        return True

    def take_token(self, latest_s: float) -> float | None:
        """When this message may go by the token bucket; None when that is after `latest_s`: no token is taken then.

        The bucket is kept as the time when it will be full again (the generic cell rate algorithm, ITU-T I.371).
        """
        now, every_s = self.meter.now, 1.0 / self.send_rate_per_s
        full_again_s = self.full_again_s if self.full_again_s > now else now
        at = full_again_s - (self.scenario.throttle_burst - 1.0) * every_s
        if at > latest_s:
            return None
        self.full_again_s = full_again_s + every_s
        return at

    def end_wait(self, waiter: Waiter, line: deque[Waiter], patience_s: float) -> Any:
        """Process: when the timeout is reached and the waiter is still in line, remove it."""
        yield self.env.timeout(patience_s if patience_s > 0.0 else 0.0)
        if waiter.waiting:
            line.remove(waiter)
            waiter.late = True
            waiter.wake()

    def give_up(self, message: Message) -> None:
        """A message that its producer could not send in time: surely never sent."""
        self.meter.held -= 1
        del self.held[message.number]
        self.meter.end(message, self.meter.refused)
        message.answered = True
        self.meter.note("refused", message)
        self.try_again(message)

    def sent(self, message: Message) -> None:
        """Publish; a caller whose message was rejected hears of it at once and may try again."""
        if not self.broker.publish(message):
            self.try_again(message)

    def try_again(self, message: Message) -> None:
        """The caller of a failed attempt makes another one, unless it has made enough or has already done so."""
        if message.attempt <= self.scenario.client_retries and not message.abandoned:
            message.abandoned = True
            self.env.process(self.another_attempt(message))

    def time_out(self, message: Message, after_s: float) -> Any:
        """Process: a caller waits so long for its answer, then tries again; its old message is still on its way."""
        yield self.env.timeout(after_s)
        if message.answered or message.abandoned:
            return
        self.meter.tick(self.env.now)
        self.meter.time_outs += 1
        self.try_again(message)
        message.abandoned = True

    def another_attempt(self, message: Message) -> Any:
        """Process: after the backoff, the same request arrives as a new message."""
        wait_s = backoff_s(self.scenario, message.attempt, self.jitter)
        yield self.env.timeout(wait_s)
        self.meter.tick(self.env.now)
        yield from self.offer(self.new_message(message.born_s, message.attempt + 1), from_source=False)

    def adapt(self) -> Any:
        """Process: additive increase, multiplicative decrease (D.-M. Chiu, R. Jain, 1989) of the sending rate."""
        s, meter = self.scenario, self.meter
        while True:
            yield self.env.timeout(s.aimd_interval_s)
            rejected = 0
            for count in meter.rejected:
                rejected += count
            if meter.waiting > s.aimd_depth or rejected > self.rejected_before:
                self.send_rate_per_s = max(self.send_rate_per_s * s.aimd_decrease, 0.001)
            else:
                self.send_rate_per_s = min(self.send_rate_per_s + s.aimd_increase_per_s, 1e6)
            self.rejected_before = rejected


def work_times(s: Scenario) -> Draw:
    """Draws the time in seconds that handling a message takes."""
    draw = uniform(s.seed, "work")
    if s.service == "constant":
        return constant(s.service_mean_s)
    if s.service == "exponential":
        return scaled_exponential(draw, s.service_mean_s)
    if s.service == "lognormal":
        return lognormal(draw, s.service_mean_s, s.service_cv)
    return pareto(draw, s.service_mean_s, s.service_tail)


def arrivals(s: Scenario) -> Callable[[float], float]:
    """A function from now to the time in seconds of the next arrival, both since the start of the run.

    An arrival needs an amount of load: 1 message (regular) or an exponential number with mean 1 (Poisson, bursty).
    It arrives when the rate, which a surge and the bursts switch up and down, has supplied that amount.
    """
    if s.arrivals == "trace":
        recorded = iter(s.trace_s)
        return lambda now: next(recorded, FOREVER)
    need = constant(1.0) if s.arrivals == "regular" else exponential(uniform(s.seed, "arrivals"))
    surge_from, surge_to = s.surge_from_s, s.surge_from_s + s.surge_for_s
    bursty = s.arrivals == "bursty"
    if not bursty and surge_to == surge_from:
        every_s = 1.0 / s.rate_per_s
        return lambda now: now + need() * every_s
    phase = exponential(uniform(s.seed, "bursts"))
    peak = s.rate_per_s * ((s.burst_on_s + s.burst_off_s) / s.burst_on_s) if bursty else s.rate_per_s
    on = False  # a burst begins at the start
    phase_ends = 0.0 if bursty else FOREVER

    def next_arrival(now: float) -> float:
        nonlocal on, phase_ends
        needed = need()
        while True:
            while phase_ends <= now:
                on = not on
                phase_ends = phase_ends + phase() * (s.burst_on_s if on else s.burst_off_s)
            rate = peak if on or not bursty else 0.0
            until = phase_ends
            if now < surge_from:
                if surge_from < until:
                    until = surge_from
            elif now < surge_to:
                rate = rate * s.surge_factor
                if surge_to < until:
                    until = surge_to
            supplied = rate * (until - now)
            if supplied >= needed:
                return now + needed / rate
            needed = needed - supplied
            now = until
            if now >= FOREVER:
                return FOREVER

    return next_arrival


def shares_up_to(shares: tuple[float, ...]) -> list[float]:
    """Cumulative shares, the last one 1."""
    whole = 0.0
    for share in shares:
        whole += share
    bounds, so_far = [], 0.0
    for share in shares:
        so_far += share
        bounds.append(so_far / whole)
    bounds[-1] = 1.0
    return bounds


def place(bounds: list[float], u: float) -> int:
    """The first share that reaches above u."""
    for index, bound in enumerate(bounds):
        if u < bound:
            return index
    return len(bounds) - 1


def partition_of(s: Scenario, u: float) -> int:
    """Partition 0 for the hot key, else any partition with the same probability."""
    if u < s.hot_share:
        return 0
    partition = int((u - s.hot_share) / (1.0 - s.hot_share) * s.partitions)
    return partition if partition < s.partitions else s.partitions - 1
