// Twin of broker.py: takes messages in, keeps them in order and within bounds, hands them to consumers with credit.

import { Deque } from "./deque.js";
import { MessageQueue } from "./message.js";

export class Broker {
  constructor(env, scenario, meter) {
    this.env = env;
    this.scenario = scenario;
    this.meter = meter;
    const byPriority = scenario.order === "priority";
    this.queues = Array.from(
      { length: scenario.partitions || 1 },
      () => new MessageQueue(scenario.priority_mix.length, byPriority),
    );
    this.prefetch = scenario.prefetch;
    this.limit = scenario.queue_limit === null ? Infinity : scenario.queue_limit;
    this.available = new Deque();
    this.owners = [];
    this.roomWanted = new Deque();
    this.workWanted = null;
    this.expireAfterS = scenario.expire_after_s === null ? 1e300 : scenario.expire_after_s;
    if (scenario.expire_after_s !== null) env.process(this.expire(scenario.expire_after_s));
  }

  taker(partition) {
    if (this.owners.length > 0) {
      const owner = this.owners[partition];
      return owner.taking && owner.unacked < this.prefetch ? owner : null;
    }
    return this.available.length > 0 ? this.available.at(0) : null;
  }

  hasRoom(message) {
    return this.queues[message.partition].count < this.limit || this.taker(message.partition) !== null;
  }

  publish(message) {
    const { meter } = this;
    const partition = message.partition;
    message.enteredS = meter.now;
    const queue = this.queues[partition];
    const consumer = queue.count === 0 ? this.taker(partition) : null;
    if (consumer !== null) {
      this.handOver(message, consumer);
      return true;
    }
    if (queue.count >= this.limit && !this.makeRoom(queue, message)) {
      meter.end(message, meter.rejected);
      message.answered = true;
      meter.note("rejected", message);
      return false;
    }
    this.put(message);
    return true;
  }

  put(message) {
    const { meter } = this;
    this.queues[message.partition].put(message);
    meter.waiting += 1;
    if (meter.waiting > meter.most_waiting) meter.most_waiting = meter.waiting;
    if (meter.journal !== null) meter.note("queued", message);
    if (this.workWanted !== null) {
      this.workWanted.succeed();
      this.workWanted = null;
    }
  }

  makeRoom(queue, message) {
    const policy = this.scenario.on_full;
    let victim;
    if (policy === "drop-oldest" && queue.count > 0) victim = queue.takeOldest();
    else if (policy === "drop-lowest" && queue.lowest() > message.kind) victim = queue.takeNewestOf(queue.lowest());
    else return false;
    this.drop(victim, this.meter.dropped, "dropped");
    return true;
  }

  drop(victim, counts, what) {
    this.meter.waiting -= 1;
    this.meter.end(victim, counts);
    this.meter.note(what, victim);
  }

  handOver(message, consumer) {
    const { meter } = this;
    meter.in_flight += 1;
    consumer.unacked += 1;
    message.readyS = meter.now + this.scenario.delivery_s;
    consumer.inbox.push(message);
    if (this.owners.length === 0) {
      this.available.shift();
      if (consumer.unacked < this.prefetch) this.available.push(consumer); // round robin
    }
    if (meter.journal !== null) meter.note("delivered", message, consumer.number);
    if (consumer.asleep !== null) {
      consumer.asleep.succeed();
      consumer.asleep = null;
    }
  }

  dispatch(partition) {
    const queue = this.queues[partition];
    while (queue.count > 0) {
      const consumer = this.taker(partition);
      if (consumer === null) break;
      const message = queue.take();
      if (message.enteredS + this.expireAfterS <= this.meter.now) {
        this.drop(message, this.meter.expired, "expired"); // it came back too old
        continue;
      }
      this.meter.waiting -= 1;
      this.handOver(message, consumer);
    }
    if (this.roomWanted.length > 0) this.letIn();
  }

  letIn() {
    for (let index = 0; index < this.roomWanted.length; index++) {
      const waiter = this.roomWanted.at(index);
      if (this.hasRoom(waiter.message)) {
        this.roomWanted.remove(waiter);
        waiter.wake();
        return;
      }
    }
  }

  acknowledged(consumer) {
    this.meter.in_flight -= 1;
    consumer.unacked -= 1;
    if (!consumer.taking) return;
    if (this.owners.length === 0) {
      if (consumer.unacked === this.prefetch - 1) this.available.push(consumer);
      this.dispatch(0);
    } else {
      this.serve(consumer);
    }
  }

  serve(consumer) {
    if (consumer.partitions.length > 0) {
      consumer.partitions.push(consumer.partitions.shift());
      for (const partition of consumer.partitions.slice()) this.dispatch(partition);
    }
  }

  joined(consumer) {
    if (this.owners.length === 0) {
      this.available.push(consumer);
      this.dispatch(0);
    } else {
      this.serve(consumer);
    }
  }

  left(consumer) {
    this.available.remove(consumer);
  }

  assign(consumers) {
    if (!this.scenario.partitions) return;
    for (const consumer of consumers) consumer.partitions.length = 0;
    this.owners = this.queues.map((_, partition) => consumers[partition % consumers.length]);
    this.owners.forEach((owner, partition) => owner.partitions.push(partition));
    for (let partition = 0; partition < this.queues.length; partition++) this.dispatch(partition);
  }

  takeBack(message) {
    this.queues[message.partition].putBack(message);
    this.meter.waiting += 1;
    this.meter.note("returned", message);
    if (this.expireAfterS < 1e300) this.env.process(this.expireReturned(message));
  }

  oldestS() {
    let oldest = 0.0;
    for (const queue of this.queues)
      for (const line of queue.lines)
        if (line.length > 0) {
          const age = this.meter.now - line.at(0).enteredS;
          if (age > oldest) oldest = age;
        }
    return oldest;
  }

  *expire(afterS) {
    for (;;) {
      let nextS = 1e300;
      for (const queue of this.queues)
        for (const line of queue.lines)
          if (line.length > 0 && line.at(0).enteredS + afterS < nextS) nextS = line.at(0).enteredS + afterS;
      if (nextS < 1e300) {
        yield this.env.timeout(nextS > this.env.now ? nextS - this.env.now : 0.0);
        this.dropExpired();
      } else {
        this.workWanted = this.env.event();
        yield this.workWanted;
      }
    }
  }

  *expireReturned(message) {
    const dueS = message.enteredS + this.expireAfterS;
    yield this.env.timeout(dueS > this.env.now ? dueS - this.env.now : 0.0);
    this.dropExpired();
  }

  dropExpired() {
    this.meter.tick(this.env.now);
    this.queues.forEach((queue, partition) => {
      for (const line of queue.lines)
        while (line.length > 0 && line.at(0).enteredS + this.expireAfterS <= this.env.now) {
          queue.count -= 1;
          this.drop(line.shift(), this.meter.expired, "expired");
        }
      this.dispatch(partition);
    });
  }
}
