// Generated from mqcourse/backpressure/model/consumers.py by `make derived`; change it there.

// The consumers: take messages, work, acknowledge; crash and return; be scaled up and down.

import { removeFrom } from "../engine/runtime.js";
import { Consumer } from "./consumer.js";
import { exponential, uniform } from "./draws.js";

/** All consumers of a run, and what happens to them. */
export class Consumers {
  constructor(env, scenario, meter, broker) {
    this.env = env;
    this.scenario = scenario;
    this.meter = meter;
    this.broker = broker;
    this.group = []; // those that belong to the group, crashed ones included
    this.leaving = []; // scaled down, still finishing
    this.wanted = scenario.consumers;
    this.numbered = 0;
    this.error = uniform(scenario.seed, "error");
    this.crash_after = exponential(uniform(scenario.seed, "crash"));
    this.repair_after = exponential(uniform(scenario.seed, "repair"));
    this.jitter = uniform(scenario.seed, "backoff");
    this.retrying = new Map();
    for (let _ = 0, _end = scenario.consumers; _ < _end; _++) {
      this.group.push(this.new_consumer());
    }
    broker.assign(this.group);
    for (const consumer of this.group) {
      this.start(consumer);
    }
    if (scenario.autoscale !== "none") {
      env.process(this.autoscale());
    }
  }

  /** A new consumer that does not run yet. */
  new_consumer() {
    const consumer = new Consumer(this.numbered);
    this.numbered += 1;
    return consumer;
  }

  /** Let a consumer run; it has all its credit. */
  start(consumer) {
    consumer.taking = true;
    this.meter.up += 1;
    this.env.process(this.consume(consumer));
    if (this.scenario.crash_every_s !== null) {
      this.env.process(this.crash(consumer, this.scenario.crash_every_s));
    }
    this.broker.joined(consumer);
  }

  /** Process: take the next delivered message, work on it, settle it; sleep while there is none. */
  *consume(consumer) {
    const env = this.env;
    const meter = this.meter;
    const broker = this.broker;
    const inbox = consumer.inbox;
    const generation = consumer.generation;
    const may_fail = this.scenario.error_share > 0.0 || this.scenario.poison_share > 0.0;
    while (true) {
      if (inbox.length === 0) {
        consumer.asleep = env.event();
        yield consumer.asleep;
        if (consumer.generation !== generation) {
          return;
        }
        if (inbox.length === 0) { // woken to leave
          break;
        }
      }
      const message = inbox.shift();
      consumer.current = message;
      if (message.ready_s > env.now) {
        yield env.timeout(message.ready_s - env.now);
        if (consumer.generation !== generation) {
          return;
        }
      }
      meter.tick(env.now);
      meter.busy += 1;
      consumer.working = true;
      if (message.deliveries === 0) {
        meter.starts[message.kind] += 1;
        meter.wait_s[message.kind] += meter.now - message.created_s;
      }
      if (meter.journal !== null) {
        meter.note("started", message, consumer.number);
      }
      yield env.timeout(message.work_s);
      if (consumer.generation !== generation) {
        // it crashed meanwhile, and the broker has given the message to another
        return;
      }
      meter.tick(env.now);
      meter.busy -= 1;
      consumer.working = false;
      consumer.current = null;
      if (may_fail &&
          (message.poison || this.scenario.error_share > 0.0 && this.error() < this.scenario.error_share)) {
        this.failed(message);
        broker.acknowledged(consumer);
        broker.dispatch(message.partition);
      } else {
        meter.complete(message);
        if (meter.journal !== null) {
          meter.note("completed", message, consumer.number);
        }
        broker.acknowledged(consumer);
      }
      if (consumer.leaving && inbox.length === 0) {
        break;
      }
    }
    meter.tick(env.now);
    meter.up -= 1;
    removeFrom(this.leaving, consumer);
  }

  /** A handling failed: deliver the message again, later or at once, or dead-letter it. */
  failed(message) {
    const s = this.scenario;
    const meter = this.meter;
    message.deliveries += 1;
    meter.redelivered();
    if (s.delivery_limit !== null && message.deliveries >= s.delivery_limit) {
      meter.end(message, meter.dead);
      meter.note("dead-lettered", message);
    } else if (s.retry_backoff_s > 0.0) {
      meter.retrying += 1;
      this.retrying.set(message.number, message);
      meter.note("backs off", message);
      this.env.process(this.back_off(message));
    } else {
      this.broker.requeue(message);
    }
  }

  /** Process: after its backoff the message goes to the tail of its queue, whatever the limit is. */
  *back_off(message) {
    yield this.env.timeout(backoff_s(this.scenario, message.deliveries, this.jitter));
    const meter = this.meter;
    const broker = this.broker;
    meter.tick(this.env.now);
    this.retrying.delete(message.number);
    meter.retrying -= 1;
    message.entered_s = meter.now;
    broker.put(message);
    broker.dispatch(message.partition);
  }

  /** Process: the consumer runs for a while, crashes, and is repaired, again and again. */
  *crash(consumer, every_s) {
    const env = this.env;
    const meter = this.meter;
    const broker = this.broker;
    while (true) {
      yield env.timeout(every_s * this.crash_after());
      if (consumer.leaving) {
        return;
      }
      meter.tick(env.now);
      meter.crashes += 1;
      meter.up -= 1;
      if (consumer.working) {
        meter.busy -= 1;
        consumer.working = false;
      }
      consumer.generation += 1;
      consumer.taking = false;
      broker.left(consumer);
      this.return_all(consumer, true);
      if (consumer.asleep !== null) {
        consumer.asleep.succeed();
        consumer.asleep = null;
      }
      yield env.timeout(this.scenario.repair_s * this.repair_after());
      if (consumer.leaving) {
        removeFrom(this.leaving, consumer);
        return;
      }
      meter.tick(env.now);
      meter.up += 1;
      consumer.taking = true;
      env.process(this.consume(consumer));
      broker.joined(consumer);
    }
  }

  /**
   * Give every unacknowledged message of a consumer back to its queue, in the order they had there.
   *
   * `failed`: the consumer crashed, so each counts as a delivery that failed, the one it worked on included.
   */
  return_all(consumer, failed) {
    const meter = this.meter;
    const limit = this.scenario.delivery_limit;
    const unacked = consumer.inbox.toArray();
    consumer.inbox.clear();
    if (failed && consumer.current !== null) {
      unacked.splice(0, 0, consumer.current);
      consumer.current = null;
    }
    meter.in_flight -= unacked.length;
    consumer.unacked -= unacked.length;
    const partitions = [];
    for (const message of unacked.slice().reverse()) {
      if (failed) {
        message.deliveries += 1;
        meter.redelivered();
        if (limit !== null && message.deliveries >= limit) {
          meter.end(message, meter.dead);
          meter.note("dead-lettered", message);
          continue;
        }
      }
      this.broker.requeue(message);
      partitions.push(message.partition);
    }
    for (const partition of partitions) {
      this.broker.dispatch(partition);
    }
  }

  /** Process: look at the signal every interval and set the number of consumers, with delay and cooldown. */
  *autoscale() {
    const s = this.scenario;
    const env = this.env;
    const meter = this.meter;
    let calm_from_s = 0.0;
    let busy_s = 0.0;
    let up_s = 0.0;
    let desired;
    while (true) {
      yield env.timeout(s.autoscale_interval_s);
      meter.tick(env.now);
      if (s.autoscale === "lag") {
        desired = meter.waiting / s.autoscale_target;
      } else if (s.autoscale === "age") {
        desired = this.wanted * this.broker.oldest_s() / s.autoscale_target;
      } else {
        const up = meter.area_up - up_s;
        const share = up > 0.0 ? (meter.area_busy - busy_s) / up : 1.0;
        desired = this.wanted * share / s.autoscale_target;
        busy_s = meter.area_busy;
        up_s = meter.area_up;
      }
      const wanted = desired >= s.autoscale_most ? s.autoscale_most
          : Math.max(s.consumers, Math.ceil(desired));
      if (wanted === this.wanted || meter.now < calm_from_s) {
        continue;
      }
      calm_from_s = meter.now + s.autoscale_cooldown_s;
      const before = this.wanted;
      this.wanted = wanted;
      for (let _ = 0, _end = wanted - before; _ < _end; _++) {
        env.process(this.join_later());
      }
      if (wanted < before) {
        this.shrink();
      }
    }
  }

  /** Process: a consumer that was decided on starts after the delay, if it is still wanted then. */
  *join_later() {
    yield this.env.timeout(this.scenario.autoscale_delay_s);
    this.meter.tick(this.env.now);
    if (this.group.length < this.wanted) {
      const consumer = this.new_consumer();
      this.group.push(consumer);
      this.broker.assign(this.group);
      this.start(consumer);
    }
  }

  /** Let the youngest consumers go: what they hold goes back, what they work on they finish. */
  shrink() {
    const leavers = this.group.slice(this.wanted);
    this.group.splice(this.wanted);
    this.broker.assign(this.group);
    for (const consumer of leavers) {
      const crashed = !consumer.taking;
      consumer.leaving = true;
      consumer.taking = false;
      consumer.partitions.clear();
      this.leaving.push(consumer);
      this.broker.left(consumer);
      this.return_all(consumer, false);
      if (!crashed && consumer.asleep !== null) {
        consumer.asleep.succeed();
        consumer.asleep = null;
      }
    }
  }
}

/** The wait after so many failures: doubled each time up to the longest, then a random share taken off. */
export function backoff_s(scenario, failures, jitter) {
  let wait = scenario.retry_backoff_s;
  for (let _ = 0, _end = failures - 1; _ < _end; _++) {
    if (wait >= scenario.retry_backoff_most_s) {
      break;
    }
    wait = wait + wait;
  }
  if (wait > scenario.retry_backoff_most_s) {
    wait = scenario.retry_backoff_most_s;
  }
  if (scenario.retry_jitter > 0.0) {
    wait = wait * (1.0 - scenario.retry_jitter * jitter());
  }
  return wait;
}
