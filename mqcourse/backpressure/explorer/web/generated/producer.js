// Generated from mqcourse/backpressure/model/producer.py by `make derived`; change it there.

// The producer: messages arrive at it, it sends them as fast as it may, and its callers time out.

import { Deque } from "../engine/deque.js";
import { nextOr } from "../engine/runtime.js";
import { backoff_s } from "./consumers.js";
import { constant, exponential, lognormal, pareto, scaled_exponential, uniform } from "./draws.js";
import { Message } from "./message.js";

export const FOREVER = 1e300;

/** A waiter for capacity or a token, until woken or until its timeout. */
export class Waiter {
  constructor(env, message) {
    this.event = env.event();
    this.message = message;
    this.waiting = true;
    this.late = false;
  }

  /** The wait is over. */
  wake() {
    this.waiting = false;
    this.event.succeed();
  }
}

/** Where messages come from, and the brakes on them. */
export class Producer {
  constructor(env, scenario, meter, broker) {
    this.env = env;
    this.scenario = scenario;
    this.meter = meter;
    this.broker = broker;
    const seed = scenario.seed;
    this.work = work_times(scenario);
    this.pick_kind = uniform(seed, "class");
    this.pick_key = uniform(seed, "key");
    this.pick_poison = uniform(seed, "poison");
    this.jitter = uniform(seed, "client");
    this.kind_bounds = shares_up_to(scenario.priority_mix);
    this.made = 0;
    this.send_rate_per_s = scenario.throttle_rate_per_s; // AIMD changes it
    this.full_again_s = 0.0; // when the token bucket is full again
    this.held = new Map(); // made, and neither sent nor given up
    this.outbox = new Deque();
    this.outbox_limit = scenario.outbox_limit === null ? FOREVER : scenario.outbox_limit;
    this.sender_idle = null; // the event the sender waits for while the outbox is empty
    this.outbox_wanted = new Deque(); // the source, while the outbox is full
    this.rejected_before = 0;
    this.braked = scenario.throttle !== "none" || scenario.on_full === "block";
    env.process(this.source());
    if (this.braked && this.outbox_limit > 0) {
      env.process(this.sender());
    }
    if (scenario.throttle === "aimd") {
      env.process(this.adapt());
    }
  }

  /** Process: messages arrive at the producer, one after the other, except while it is blocked. */
  *source() {
    const env = this.env;
    const meter = this.meter;
    const publish = (message) => this.broker.publish(message);
    const next_arrival = arrivals(this.scenario);
    const simple = !this.braked && this.scenario.client_timeout_s === null &&
        this.scenario.client_retries === 0;
    while (true) {
      const at = next_arrival(env.now);
      if (at >= FOREVER) {
        return;
      }
      yield env.timeout(at > env.now ? at - env.now : 0.0);
      meter.tick(env.now);
      const message = this.new_message(meter.now, 1);
      if (simple) {
        publish(message);
      } else {
        yield* this.offer(message, true);
      }
    }
  }

  /** A message, offered now: its work, class, partition and poison are drawn in this order, one stream each. */
  new_message(born_s, attempt) {
    const s = this.scenario;
    const meter = this.meter;
    const message = new Message(this.made, meter.now, born_s, attempt, this.work());
    this.made += 1;
    if (this.kind_bounds.length > 1) {
      message.kind = place(this.kind_bounds, this.pick_kind());
    }
    if (s.partitions > 0) {
      message.partition = partition_of(s, this.pick_key());
    }
    if (s.poison_share > 0.0) {
      message.poison = this.pick_poison() < s.poison_share;
    }
    meter.offered[message.kind] += 1;
    if (meter.journal !== null) {
      meter.note("offered", message);
    }
    return message;
  }

  /** Bring a message to the broker through the brakes; `from_source`: the source is blocked meanwhile. */
  *offer(message, from_source) {
    const meter = this.meter;
    if (this.scenario.client_timeout_s !== null) {
      this.env.process(this.time_out(message, this.scenario.client_timeout_s));
    }
    if (!this.braked) {
      this.sent(message);
      return;
    }
    meter.held += 1;
    this.held.set(message.number, message);
    if (from_source) {
      meter.blocked += 1;
    }
    const patience_s = this.scenario.block_timeout_s;
    const give_up_at = patience_s === null ? FOREVER : meter.now + patience_s;
    if (this.outbox_limit === 0) {
      yield* this.send(message, give_up_at);
    } else if (yield* this.wait_for_room(this.outbox_wanted, (message) => this.outbox_has_room(message),
        message, give_up_at)) {
      this.outbox.push(message);
      if (this.sender_idle !== null) {
        this.sender_idle.succeed();
        this.sender_idle = null;
      }
    } else {
      this.give_up(message);
    }
    if (from_source) {
      meter.blocked -= 1;
    }
  }

  /** Process: sends what is in the outbox, the oldest first. */
  *sender() {
    while (true) {
      if (this.outbox.length === 0) {
        this.sender_idle = this.env.event();
        yield this.sender_idle;
      }
      yield* this.send(this.outbox.at(0), FOREVER);
      this.outbox.shift();
      if (this.outbox_wanted.length > 0) {
        this.outbox_wanted.shift().wake();
      }
    }
  }

  /** Whether the outbox takes one more. */
  outbox_has_room(message) {
    return this.outbox.length < this.outbox_limit;
  }

  /** Wait for a token, then (on_full 'block') for capacity in the queue, then publish; or give up at that time. */
  *send(message, give_up_at) {
    const env = this.env;
    const meter = this.meter;
    const broker = this.broker;
    if (this.scenario.throttle !== "none") {
      const at = this.take_token(give_up_at);
      const ready_at = at === null ? give_up_at : at;
      if (ready_at > meter.now) {
        yield env.timeout(ready_at - meter.now);
        meter.tick(env.now);
      }
      if (at === null) {
        this.give_up(message);
        return;
      }
    }
    if (this.scenario.on_full === "block") {
      const has_room =
          yield* this.wait_for_room(broker.room_wanted, (message) => broker.has_room(message), message,
          give_up_at);
      if (!has_room) {
        this.give_up(message);
        return;
      }
    }
    meter.held -= 1;
    this.held.delete(message.number);
    this.sent(message);
    if (broker.room_wanted.length > 0) {
      broker.admit_waiting();
    }
  }

  /** Wait in a line until the message can be taken (then True) or the timeout (then False). */
  *wait_for_room(line, free, message, give_up_at) {
    const env = this.env;
    let first_time = true;
    while (!free(message)) {
      const waiter = new Waiter(env, message);
      if (first_time) {
        line.push(waiter);
      } else {
        line.pushFront(waiter); // it was its turn, but somebody else was quicker
      }
      if (give_up_at < FOREVER) {
        env.process(this.end_wait(waiter, line, give_up_at - env.now));
      }
      yield waiter.event;
      this.meter.tick(env.now);
      if (waiter.late) {
        return false;
      }
      first_time = false;
    }
    return true;
  }

  /**
   * When this message may go by the token bucket; None when that is after `latest_s`: no token is taken then.
   *
   * The bucket is kept as the time when it will be full again (the generic cell rate algorithm, ITU-T I.371).
   */
  take_token(latest_s) {
    const now = this.meter.now;
    const every_s = 1.0 / this.send_rate_per_s;
    const full_again_s = this.full_again_s > now ? this.full_again_s : now;
    const at = full_again_s - (this.scenario.throttle_burst - 1.0) * every_s;
    if (at > latest_s) {
      return null;
    }
    this.full_again_s = full_again_s + every_s;
    return at;
  }

  /** Process: when the timeout is reached and the waiter is still in line, remove it. */
  *end_wait(waiter, line, patience_s) {
    yield this.env.timeout(patience_s > 0.0 ? patience_s : 0.0);
    if (waiter.waiting) {
      line.remove(waiter);
      waiter.late = true;
      waiter.wake();
    }
  }

  /** A message that its producer could not send in time: surely never sent. */
  give_up(message) {
    this.meter.held -= 1;
    this.held.delete(message.number);
    this.meter.end(message, this.meter.refused);
    message.answered = true;
    this.meter.note("refused", message);
    this.try_again(message);
  }

  /** Publish; a caller whose message was rejected hears of it at once and may try again. */
  sent(message) {
    if (!this.broker.publish(message)) {
      this.try_again(message);
    }
  }

  /** The caller of a failed attempt makes another one, unless it has made enough or has already done so. */
  try_again(message) {
    if (message.attempt <= this.scenario.client_retries && !message.abandoned) {
      message.abandoned = true;
      this.env.process(this.another_attempt(message));
    }
  }

  /** Process: a caller waits so long for its answer, then tries again; its old message is still on its way. */
  *time_out(message, after_s) {
    yield this.env.timeout(after_s);
    if (message.answered || message.abandoned) {
      return;
    }
    this.meter.tick(this.env.now);
    this.meter.time_outs += 1;
    this.try_again(message);
    message.abandoned = true;
  }

  /** Process: after the backoff, the same request arrives as a new message. */
  *another_attempt(message) {
    const wait_s = backoff_s(this.scenario, message.attempt, this.jitter);
    yield this.env.timeout(wait_s);
    this.meter.tick(this.env.now);
    yield* this.offer(this.new_message(message.born_s, message.attempt + 1), false);
  }

  /** Process: additive increase, multiplicative decrease (D.-M. Chiu, R. Jain, 1989) of the sending rate. */
  *adapt() {
    const s = this.scenario;
    const meter = this.meter;
    while (true) {
      yield this.env.timeout(s.aimd_interval_s);
      let rejected = 0;
      for (const count of meter.rejected) {
        rejected += count;
      }
      if (meter.waiting > s.aimd_depth || rejected > this.rejected_before) {
        this.send_rate_per_s = Math.max(this.send_rate_per_s * s.aimd_decrease, 0.001);
      } else {
        this.send_rate_per_s = Math.min(this.send_rate_per_s + s.aimd_increase_per_s, 1e6);
      }
      this.rejected_before = rejected;
    }
  }
}

/** Draws the time in seconds that handling a message takes. */
export function work_times(s) {
  const draw = uniform(s.seed, "work");
  if (s.service === "constant") {
    return constant(s.service_mean_s);
  }
  if (s.service === "exponential") {
    return scaled_exponential(draw, s.service_mean_s);
  }
  if (s.service === "lognormal") {
    return lognormal(draw, s.service_mean_s, s.service_cv);
  }
  return pareto(draw, s.service_mean_s, s.service_tail);
}

/**
 * A function from now to the time in seconds of the next arrival, both since the start of the run.
 *
 * An arrival needs an amount of load: 1 message (regular) or an exponential number with mean 1 (Poisson, bursty).
 * It arrives when the rate, which a surge and the bursts switch up and down, has supplied that amount.
 */
export function arrivals(s) {
  if (s.arrivals === "trace") {
    const recorded = s.trace_s.values();
    return (now) => nextOr(recorded, FOREVER);
  }
  const need = s.arrivals === "regular" ? constant(1.0) : exponential(uniform(s.seed, "arrivals"));
  const surge_from = s.surge_from_s;
  const surge_to = s.surge_from_s + s.surge_for_s;
  const bursty = s.arrivals === "bursty";
  if (!bursty && surge_to === surge_from) {
    const every_s = 1.0 / s.rate_per_s;
    return (now) => now + need() * every_s;
  }
  const phase = exponential(uniform(s.seed, "bursts"));
  const peak = bursty ? s.rate_per_s * ((s.burst_on_s + s.burst_off_s) / s.burst_on_s) : s.rate_per_s;
  let on = false; // a burst begins at the start
  let phase_ends = bursty ? 0.0 : FOREVER;
  const next_arrival = (now) => {
    let needed = need();
    while (true) {
      while (phase_ends <= now) {
        on = !on;
        phase_ends = phase_ends + phase() * (on ? s.burst_on_s : s.burst_off_s);
      }
      let rate = on || !bursty ? peak : 0.0;
      let until = phase_ends;
      if (now < surge_from) {
        if (surge_from < until) {
          until = surge_from;
        }
      } else if (now < surge_to) {
        rate = rate * s.surge_factor;
        if (surge_to < until) {
          until = surge_to;
        }
      }
      const supplied = rate * (until - now);
      if (supplied >= needed) {
        return now + needed / rate;
      }
      needed = needed - supplied;
      now = until;
      if (now >= FOREVER) {
        return FOREVER;
      }
    }
  };
  return next_arrival;
}

/** Cumulative shares, the last one 1. */
export function shares_up_to(shares) {
  let whole = 0.0;
  for (const share of shares) {
    whole += share;
  }
  const bounds = [];
  let so_far = 0.0;
  for (const share of shares) {
    so_far += share;
    bounds.push(so_far / whole);
  }
  bounds[bounds.length - 1] = 1.0;
  return bounds;
}

/** The first share that reaches above u. */
export function place(bounds, u) {
  for (let index = 0; index < bounds.length; index++) {
    const bound = bounds[index];
    if (u < bound) {
      return index;
    }
  }
  return bounds.length - 1;
}

/** Partition 0 for the hot key, else any partition with the same probability. */
export function partition_of(s, u) {
  if (u < s.hot_share) {
    return 0;
  }
  const partition = Math.trunc((u - s.hot_share) / (1.0 - s.hot_share) * s.partitions);
  return partition < s.partitions ? partition : s.partitions - 1;
}
