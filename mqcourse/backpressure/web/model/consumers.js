// Twin of consumers.py: consumers take messages, work, acknowledge; crash and come back; are scaled up and down.

import { Deque } from "./deque.js";
import { exponential, uniform } from "./draws.js";

class Consumer {
  constructor(number) {
    this.number = number;
    this.inbox = new Deque();
    this.current = null;
    this.working = false;
    this.unacked = 0;
    this.taking = false;
    this.leaving = false;
    this.life = 0;
    this.asleep = null;
    this.partitions = [];
  }

  wake() {
    this.asleep.succeed();
    this.asleep = null;
  }
}

export class Consumers {
  constructor(env, scenario, meter, broker) {
    this.env = env;
    this.scenario = scenario;
    this.meter = meter;
    this.broker = broker;
    this.staff = [];
    this.gone = [];
    this.wanted = scenario.consumers;
    this.hired = 0;
    this.error = uniform(scenario.seed, "error");
    this.crashAfter = exponential(uniform(scenario.seed, "crash"));
    this.repairAfter = exponential(uniform(scenario.seed, "repair"));
    this.jitter = uniform(scenario.seed, "back-off");
    this.retrying = new Map();
    for (let i = 0; i < scenario.consumers; i++) this.staff.push(this.hire());
    broker.assign(this.staff);
    for (const consumer of this.staff) this.start(consumer);
    if (scenario.autoscale !== "none") env.process(this.autoscale());
  }

  hire() {
    return new Consumer(this.hired++);
  }

  start(consumer) {
    consumer.taking = true;
    this.meter.up += 1;
    this.env.process(this.consume(consumer));
    if (this.scenario.crash_every_s !== null) this.env.process(this.crash(consumer, this.scenario.crash_every_s));
    this.broker.joined(consumer);
  }

  fire(consumer) {
    this.gone.splice(this.gone.indexOf(consumer), 1);
  }

  *consume(consumer) {
    const { env, meter, broker, scenario } = this;
    const { inbox, life } = consumer;
    const mayFail = scenario.error_share > 0.0 || scenario.poison_share > 0.0;
    for (;;) {
      if (inbox.length === 0) {
        consumer.asleep = env.event();
        yield consumer.asleep;
        if (consumer.life !== life) return;
        if (inbox.length === 0) break; // woken to leave
      }
      const message = inbox.shift();
      consumer.current = message;
      if (message.readyS > env.now) {
        yield env.timeout(message.readyS - env.now);
        if (consumer.life !== life) return;
      }
      meter.tick(env.now);
      meter.busy += 1;
      consumer.working = true;
      if (message.deliveries === 0) {
        meter.starts[message.kind] += 1;
        meter.wait_s[message.kind] += meter.now - message.createdS;
      }
      if (meter.journal !== null) meter.note("started", message, consumer.number);
      yield env.timeout(message.workS);
      if (consumer.life !== life) return; // it crashed meanwhile: the broker has given the message to another
      meter.tick(env.now);
      meter.busy -= 1;
      consumer.working = false;
      consumer.current = null;
      if (mayFail && (message.poison || (scenario.error_share > 0.0 && this.error() < scenario.error_share))) {
        this.failed(message);
        broker.acknowledged(consumer);
        broker.dispatch(message.partition);
      } else {
        meter.complete(message);
        if (meter.journal !== null) meter.note("completed", message, consumer.number);
        broker.acknowledged(consumer);
      }
      if (consumer.leaving && inbox.length === 0) break;
    }
    meter.tick(env.now);
    meter.up -= 1;
    this.fire(consumer);
  }

  failed(message) {
    const { scenario, meter } = this;
    message.deliveries += 1;
    meter.redelivered();
    if (scenario.delivery_limit !== null && message.deliveries >= scenario.delivery_limit) {
      meter.end(message, meter.dead);
      meter.note("dead-lettered", message);
    } else if (scenario.retry_backoff_s > 0.0) {
      meter.retrying += 1;
      this.retrying.set(message.number, message);
      meter.note("backs off", message);
      this.env.process(this.backOff(message));
    } else {
      this.broker.takeBack(message);
    }
  }

  *backOff(message) {
    yield this.env.timeout(backoffS(this.scenario, message.deliveries, this.jitter));
    const { meter, broker } = this;
    meter.tick(this.env.now);
    this.retrying.delete(message.number);
    meter.retrying -= 1;
    message.enteredS = meter.now;
    broker.put(message);
    broker.dispatch(message.partition);
  }

  *crash(consumer, everyS) {
    const { env, meter, broker } = this;
    for (;;) {
      yield env.timeout(everyS * this.crashAfter());
      if (consumer.leaving) return;
      meter.tick(env.now);
      meter.crashes += 1;
      meter.up -= 1;
      if (consumer.working) {
        meter.busy -= 1;
        consumer.working = false;
      }
      consumer.life += 1;
      consumer.taking = false;
      broker.left(consumer);
      this.returnAll(consumer, true);
      if (consumer.asleep !== null) consumer.wake();
      yield env.timeout(this.scenario.repair_s * this.repairAfter());
      if (consumer.leaving) {
        this.fire(consumer);
        return;
      }
      meter.tick(env.now);
      meter.up += 1;
      consumer.taking = true;
      env.process(this.consume(consumer));
      broker.joined(consumer);
    }
  }

  returnAll(consumer, failed) {
    const { meter } = this;
    const limit = this.scenario.delivery_limit;
    const unacked = consumer.inbox.toArray();
    consumer.inbox.clear();
    if (failed && consumer.current !== null) {
      unacked.unshift(consumer.current);
      consumer.current = null;
    }
    meter.in_flight -= unacked.length;
    consumer.unacked -= unacked.length;
    const partitions = [];
    for (const message of unacked.reverse()) {
      if (failed) {
        message.deliveries += 1;
        meter.redelivered();
        if (limit !== null && message.deliveries >= limit) {
          meter.end(message, meter.dead);
          meter.note("dead-lettered", message);
          continue;
        }
      }
      this.broker.takeBack(message);
      partitions.push(message.partition);
    }
    for (const partition of partitions) this.broker.dispatch(partition);
  }

  *autoscale() {
    const { scenario, env, meter } = this;
    let calmFromS = 0.0;
    let busyS = 0.0;
    let upS = 0.0;
    for (;;) {
      yield env.timeout(scenario.autoscale_interval_s);
      meter.tick(env.now);
      let desired;
      if (scenario.autoscale === "lag") desired = meter.waiting / scenario.autoscale_target;
      else if (scenario.autoscale === "age") desired = (this.wanted * this.broker.oldestS()) / scenario.autoscale_target;
      else {
        const up = meter.area_up - upS;
        const share = up > 0.0 ? (meter.area_busy - busyS) / up : 1.0;
        desired = (this.wanted * share) / scenario.autoscale_target;
        busyS = meter.area_busy;
        upS = meter.area_up;
      }
      const wanted =
        desired >= scenario.autoscale_most ? scenario.autoscale_most : Math.max(scenario.consumers, Math.ceil(desired));
      if (wanted === this.wanted || meter.now < calmFromS) continue;
      calmFromS = meter.now + scenario.autoscale_cooldown_s;
      const before = this.wanted;
      this.wanted = wanted;
      for (let i = before; i < wanted; i++) env.process(this.joinLater());
      if (wanted < before) this.shrink();
    }
  }

  *joinLater() {
    yield this.env.timeout(this.scenario.autoscale_delay_s);
    this.meter.tick(this.env.now);
    if (this.staff.length < this.wanted) {
      const consumer = this.hire();
      this.staff.push(consumer);
      this.broker.assign(this.staff);
      this.start(consumer);
    }
  }

  shrink() {
    const leavers = this.staff.splice(this.wanted);
    this.broker.assign(this.staff);
    for (const consumer of leavers) {
      const crashed = !consumer.taking;
      consumer.leaving = true;
      consumer.taking = false;
      consumer.partitions.length = 0;
      this.gone.push(consumer);
      this.broker.left(consumer);
      this.returnAll(consumer, false);
      if (!crashed && consumer.asleep !== null) consumer.wake();
    }
  }
}

/** The wait after so many failures: doubled each time up to the longest, then a random share taken off. */
export function backoffS(scenario, failures, jitter) {
  let wait = scenario.retry_backoff_s;
  for (let i = 1; i < failures; i++) {
    if (wait >= scenario.retry_backoff_most_s) break;
    wait = wait + wait;
  }
  if (wait > scenario.retry_backoff_most_s) wait = scenario.retry_backoff_most_s;
  if (scenario.retry_jitter > 0.0) wait = wait * (1.0 - scenario.retry_jitter * jitter());
  return wait;
}
