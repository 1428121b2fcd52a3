// Twin of producer.py: messages come to it, it sends them as fast as it may, and its callers lose patience.

import { backoffS } from "./consumers.js";
import { Deque } from "./deque.js";
import { constant, exponential, lognormal, pareto, scaledExponential, uniform } from "./draws.js";
import { Message } from "./message.js";

const FOREVER = 1e300;

class Waiter {
  constructor(env, message) {
    this.event = env.event();
    this.message = message;
    this.waiting = true;
    this.late = false;
  }

  wake() {
    this.waiting = false;
    this.event.succeed();
  }
}

export class Producer {
  constructor(env, scenario, meter, broker) {
    this.env = env;
    this.scenario = scenario;
    this.meter = meter;
    this.broker = broker;
    const seed = scenario.seed;
    this.work = workTimes(scenario);
    this.pickKind = uniform(seed, "class");
    this.pickKey = uniform(seed, "key");
    this.pickPoison = uniform(seed, "poison");
    this.jitter = uniform(seed, "client");
    this.kindBounds = sharesUpTo(scenario.priority_mix);
    this.made = 0;
    this.sendRatePerS = scenario.throttle_rate_per_s;
    this.fullAgainS = 0.0;
    this.held = new Map();
    this.outbox = new Deque();
    this.outboxLimit = scenario.outbox_limit === null ? FOREVER : scenario.outbox_limit;
    this.senderIdle = null;
    this.outboxWanted = new Deque();
    this.rejectedBefore = 0;
    this.braked = scenario.throttle !== "none" || scenario.on_full === "block";
    this.outboxHasRoom = () => this.outbox.length < this.outboxLimit;
    this.queueHasRoom = (message) => broker.hasRoom(message);
    env.process(this.source());
    if (this.braked && this.outboxLimit > 0) env.process(this.sender());
    if (scenario.throttle === "aimd") env.process(this.adapt());
  }

  *source() {
    const { env, meter, scenario, broker } = this;
    const nextArrival = arrivals(scenario);
    const simple = !this.braked && scenario.client_timeout_s === null && scenario.client_retries === 0;
    for (;;) {
      const at = nextArrival(env.now);
      if (at >= FOREVER) return;
      yield env.timeout(at > env.now ? at - env.now : 0.0);
      meter.tick(env.now);
      const message = this.newMessage(meter.now, 1);
      if (simple) broker.publish(message);
      else yield* this.offer(message, true);
    }
  }

  newMessage(bornS, attempt) {
    const { scenario, meter } = this;
    const message = new Message(this.made, meter.now, bornS, attempt, this.work());
    this.made += 1;
    if (this.kindBounds.length > 1) message.kind = place(this.kindBounds, this.pickKind());
    if (scenario.partitions > 0) message.partition = partitionOf(scenario, this.pickKey());
    if (scenario.poison_share > 0.0) message.poison = this.pickPoison() < scenario.poison_share;
    meter.offered[message.kind] += 1;
    if (meter.journal !== null) meter.note("offered", message);
    return message;
  }

  *offer(message, fromSource) {
    const { meter, scenario } = this;
    if (scenario.client_timeout_s !== null) this.env.process(this.losePatience(message, scenario.client_timeout_s));
    if (!this.braked) {
      this.sent(message);
      return;
    }
    meter.held += 1;
    this.held.set(message.number, message);
    if (fromSource) meter.blocked += 1;
    const giveUpAt = scenario.block_timeout_s === null ? FOREVER : meter.now + scenario.block_timeout_s;
    if (this.outboxLimit === 0) {
      yield* this.send(message, giveUpAt);
    } else if (yield* this.stand(this.outboxWanted, this.outboxHasRoom, message, giveUpAt)) {
      this.outbox.push(message);
      if (this.senderIdle !== null) {
        this.senderIdle.succeed();
        this.senderIdle = null;
      }
    } else {
      this.giveUp(message);
    }
    if (fromSource) meter.blocked -= 1;
  }

  *sender() {
    for (;;) {
      if (this.outbox.length === 0) {
        this.senderIdle = this.env.event();
        yield this.senderIdle;
      }
      yield* this.send(this.outbox.at(0), FOREVER);
      this.outbox.shift();
      if (this.outboxWanted.length > 0) this.outboxWanted.shift().wake();
    }
  }

  *send(message, giveUpAt) {
    const { env, meter, broker } = this;
    if (this.scenario.throttle !== "none") {
      const at = this.takeToken(giveUpAt);
      const readyAt = at === null ? giveUpAt : at;
      if (readyAt > meter.now) {
        yield env.timeout(readyAt - meter.now);
        meter.tick(env.now);
      }
      if (at === null) {
        this.giveUp(message);
        return;
      }
    }
    if (this.scenario.on_full === "block") {
      const hasRoom = yield* this.stand(broker.roomWanted, this.queueHasRoom, message, giveUpAt);
      if (!hasRoom) {
        this.giveUp(message);
        return;
      }
    }
    meter.held -= 1;
    this.held.delete(message.number);
    this.sent(message);
    if (broker.roomWanted.length > 0) broker.letIn();
  }

  *stand(line, free, message, giveUpAt) {
    const { env } = this;
    let firstTime = true;
    while (!free(message)) {
      const waiter = new Waiter(env, message);
      if (firstTime) line.push(waiter);
      else line.pushFront(waiter); // it was its turn, but somebody else was quicker
      if (giveUpAt < FOREVER) env.process(this.remind(waiter, line, giveUpAt - env.now));
      yield waiter.event;
      this.meter.tick(env.now);
      if (waiter.late) return false;
      firstTime = false;
    }
    return true;
  }

  takeToken(latestS) {
    const now = this.meter.now;
    const everyS = 1.0 / this.sendRatePerS;
    const fullAgainS = this.fullAgainS > now ? this.fullAgainS : now;
    const at = fullAgainS - (this.scenario.throttle_burst - 1.0) * everyS;
    if (at > latestS) return null;
    this.fullAgainS = fullAgainS + everyS;
    return at;
  }

  *remind(waiter, line, patienceS) {
    yield this.env.timeout(patienceS > 0.0 ? patienceS : 0.0);
    if (waiter.waiting) {
      line.remove(waiter);
      waiter.late = true;
      waiter.wake();
    }
  }

  giveUp(message) {
    this.meter.held -= 1;
    this.held.delete(message.number);
    this.meter.end(message, this.meter.refused);
    message.answered = true;
    this.meter.note("refused", message);
    this.tryAgain(message);
  }

  sent(message) {
    if (!this.broker.publish(message)) this.tryAgain(message);
  }

  tryAgain(message) {
    if (message.attempt <= this.scenario.client_retries && !message.abandoned) {
      message.abandoned = true;
      this.env.process(this.anotherAttempt(message));
    }
  }

  *losePatience(message, afterS) {
    yield this.env.timeout(afterS);
    if (message.answered || message.abandoned) return;
    this.meter.tick(this.env.now);
    this.meter.time_outs += 1;
    this.tryAgain(message);
    message.abandoned = true;
  }

  *anotherAttempt(message) {
    yield this.env.timeout(backoffS(this.scenario, message.attempt, this.jitter));
    this.meter.tick(this.env.now);
    yield* this.offer(this.newMessage(message.bornS, message.attempt + 1), false);
  }

  *adapt() {
    const { scenario, meter } = this;
    for (;;) {
      yield this.env.timeout(scenario.aimd_interval_s);
      let rejected = 0;
      for (const count of meter.rejected) rejected += count;
      if (meter.waiting > scenario.aimd_depth || rejected > this.rejectedBefore)
        this.sendRatePerS = Math.max(this.sendRatePerS * scenario.aimd_decrease, 0.001);
      else this.sendRatePerS = Math.min(this.sendRatePerS + scenario.aimd_increase_per_s, 1e6);
      this.rejectedBefore = rejected;
    }
  }
}

function workTimes(s) {
  const draw = uniform(s.seed, "work");
  if (s.service === "constant") return constant(s.service_mean_s);
  if (s.service === "exponential") return scaledExponential(draw, s.service_mean_s);
  if (s.service === "lognormal") return lognormal(draw, s.service_mean_s, s.service_cv);
  return pareto(draw, s.service_mean_s, s.service_tail);
}

/** A function from now to the time of the next arrival; see producer.arrivals in Python. */
function arrivals(s) {
  if (s.arrivals === "trace") {
    let next = 0;
    return () => (next < s.trace_s.length ? s.trace_s[next++] : FOREVER);
  }
  const need = s.arrivals === "regular" ? constant(1.0) : exponential(uniform(s.seed, "arrivals"));
  const surgeFrom = s.surge_from_s;
  const surgeTo = s.surge_from_s + s.surge_for_s;
  const bursty = s.arrivals === "bursty";
  if (!bursty && surgeTo === surgeFrom) {
    const everyS = 1.0 / s.rate_per_s;
    return (now) => now + need() * everyS;
  }
  const phase = exponential(uniform(s.seed, "bursts"));
  const peak = bursty ? s.rate_per_s * ((s.burst_on_s + s.burst_off_s) / s.burst_on_s) : s.rate_per_s;
  let on = false;
  let phaseEnds = bursty ? 0.0 : FOREVER;
  return (now) => {
    let needed = need();
    for (;;) {
      while (phaseEnds <= now) {
        on = !on;
        phaseEnds = phaseEnds + phase() * (on ? s.burst_on_s : s.burst_off_s);
      }
      let rate = on || !bursty ? peak : 0.0;
      let until = phaseEnds;
      if (now < surgeFrom) {
        if (surgeFrom < until) until = surgeFrom;
      } else if (now < surgeTo) {
        rate = rate * s.surge_factor;
        if (surgeTo < until) until = surgeTo;
      }
      const supplied = rate * (until - now);
      if (supplied >= needed) return now + needed / rate;
      needed = needed - supplied;
      now = until;
      if (now >= FOREVER) return FOREVER;
    }
  };
}

function sharesUpTo(shares) {
  let whole = 0.0;
  for (const share of shares) whole += share;
  const bounds = [];
  let soFar = 0.0;
  for (const share of shares) {
    soFar += share;
    bounds.push(soFar / whole);
  }
  bounds[bounds.length - 1] = 1.0;
  return bounds;
}

function place(bounds, u) {
  for (let index = 0; index < bounds.length; index++) if (u < bounds[index]) return index;
  return bounds.length - 1;
}

function partitionOf(s, u) {
  if (u < s.hot_share) return 0;
  const partition = Math.trunc(((u - s.hot_share) / (1.0 - s.hot_share)) * s.partitions);
  return partition < s.partitions ? partition : s.partitions - 1;
}
