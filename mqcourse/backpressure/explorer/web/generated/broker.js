// Generated from mqcourse/backpressure/model/broker.py by `make derived`; change it there.

// The broker: takes messages in, keeps them in order and within limits, hands them to consumers with credit.

import { Deque } from "../engine/deque.js";
import { modulo } from "../engine/runtime.js";
import { MessageQueue } from "./message.js";

/** One queue, or one for each partition; at every instant no message waits while a consumer of it has credit. */
export class Broker {
  constructor(env, scenario, meter) {
    this.env = env;
    this.scenario = scenario;
    this.meter = meter;
    const by_priority = scenario.order === "priority";
    this.queues =
        Array.from({ length: scenario.partitions !== 0 ? scenario.partitions : 1 },
        () => new MessageQueue(scenario.priority_mix.length, by_priority));
    this.prefetch = scenario.prefetch;
    this.limit = scenario.queue_limit === null ? 2 ** 60 : scenario.queue_limit;
    this.available = new Deque(); // shared queue: consumers with credit, the next one first
    this.owners = []; // partitions: who reads each
    this.room_wanted = new Deque(); // producers that wait for room, the first one first
    this.work_wanted = null; // the expiring process, while it has nothing to watch
    this.expire_after_s = scenario.expire_after_s === null ? 1e300 : scenario.expire_after_s;
    if (scenario.expire_after_s !== null) {
      env.process(this.expire(scenario.expire_after_s));
    }
  }

  /** The consumer that may take the next message of this queue, if one has credit. */
  next_consumer(partition) {
    if (this.owners.length > 0) {
      const owner = this.owners[partition];
      return owner.taking && owner.unacked < this.prefetch ? owner : null;
    }
    return this.available.length > 0 ? this.available.at(0) : null;
  }

  /** Whether a message would be taken in without anything having to go. */
  has_room(message) {
    return this.queues[message.partition].count < this.limit ||
        this.next_consumer(message.partition) !== null;
  }

  /** Take a message in, by the rule for a full queue; False when it was rejected. */
  publish(message) {
    const meter = this.meter;
    const partition = message.partition;
    message.entered_s = meter.now;
    const queue = this.queues[partition];
    const consumer = queue.count === 0 ? this.next_consumer(partition) : null;
    if (consumer !== null) {
      this.deliver(message, consumer);
      return true;
    }
    if (queue.count >= this.limit && !this.make_room(queue, message)) {
      meter.end(message, meter.rejected);
      message.answered = true;
      meter.note("rejected", message);
      return false;
    }
    this.put(message);
    return true;
  }

  /** Let a message wait at the tail of its queue. */
  put(message) {
    const meter = this.meter;
    this.queues[message.partition].put(message);
    meter.waiting += 1;
    if (meter.waiting > meter.most_waiting) {
      meter.most_waiting = meter.waiting;
    }
    if (meter.journal !== null) {
      meter.note("queued", message);
    }
    if (this.work_wanted !== null) {
      this.watch();
    }
  }

  /** Wake the expiring process: there is something to watch again. */
  watch() {
    this.work_wanted.succeed();
    this.work_wanted = null;
  }

  /** Drop a waiting message in favour of this one, where the rule requires it; else False. */
  make_room(queue, message) {
    const policy = this.scenario.on_full;
    let victim;
    if (policy === "drop-oldest" && queue.count > 0) {
      victim = queue.take_oldest();
    } else if (policy === "drop-lowest" && queue.lowest() > message.kind) {
      victim = queue.take_newest_of(queue.lowest());
    } else {
      // reject; block (a caller that could not wait); expire (what is too old has gone before)
      return false;
    }
    this.drop(victim, this.meter.dropped, "dropped");
    return true;
  }

  /** End a message that was taken out of a queue. */
  drop(victim, counts, what) {
    this.meter.waiting -= 1;
    this.meter.end(victim, counts);
    this.meter.note(what, victim);
  }

  /** Give a message to a consumer with credit: it counts as in flight until it is acknowledged. */
  deliver(message, consumer) {
    const meter = this.meter;
    meter.in_flight += 1;
    consumer.unacked += 1;
    message.ready_s = meter.now + this.scenario.delivery_s;
    consumer.inbox.push(message);
    if (this.owners.length === 0) {
      this.available.shift();
      if (consumer.unacked < this.prefetch) {
        this.available.push(consumer); // round robin
      }
    }
    if (meter.journal !== null) {
      meter.note("delivered", message, consumer.number);
    }
    if (consumer.asleep !== null) {
      consumer.asleep.succeed();
      consumer.asleep = null;
    }
  }

  /** Deliver waiting messages as long as a consumer has credit; then let waiting producers in. */
  dispatch(partition) {
    const queue = this.queues[partition];
    while (queue.count !== 0) {
      const consumer = this.next_consumer(partition);
      if (consumer === null) {
        break;
      }
      const message = queue.take();
      if (message.entered_s + this.expire_after_s <= this.meter.now) {
        this.drop(message, this.meter.expired, "expired"); // it came back too old
        continue;
      }
      this.meter.waiting -= 1;
      this.deliver(message, consumer);
    }
    if (this.room_wanted.length > 0) {
      this.admit_waiting();
    }
  }

  /** Wake the first waiting producer whose message would be taken in. */
  admit_waiting() {
    for (const waiter of this.room_wanted) {
      if (this.has_room(waiter.message)) {
        this.room_wanted.remove(waiter);
        waiter.wake();
        return;
      }
    }
  }

  /** A consumer is done with one message, well or badly: its credit is back, and it gets the next message. */
  acknowledged(consumer) {
    this.meter.in_flight -= 1;
    consumer.unacked -= 1;
    if (!consumer.taking) {
      return;
    }
    if (this.owners.length === 0) {
      if (consumer.unacked === this.prefetch - 1) {
        this.available.push(consumer);
      }
      this.dispatch(0);
    } else {
      this.serve(consumer);
    }
  }

  /** Deliver from a consumer's own partitions, another one first each time. */
  serve(consumer) {
    if (consumer.partitions.length > 0) {
      consumer.partitions.rotate(-1);
      for (const partition of consumer.partitions.toArray()) {
        this.dispatch(partition);
      }
    }
  }

  /** A consumer with all its credit is ready. */
  joined(consumer) {
    if (this.owners.length === 0) {
      this.available.push(consumer);
      this.dispatch(0);
    } else {
      this.serve(consumer);
    }
  }

  /** A consumer takes no more messages. */
  left(consumer) {
    if (this.available.includes(consumer)) {
      this.available.remove(consumer);
    }
  }

  /** Deal the partitions out among the consumers: partition p to consumer p modulo their number. */
  assign(consumers) {
    if (this.scenario.partitions === 0) {
      return;
    }
    for (const consumer of consumers) {
      consumer.partitions.clear();
    }
    this.owners =
        Array.from({ length: this.queues.length },
        (_, partition) => consumers[modulo(partition, consumers.length)]);
    for (let partition = 0; partition < this.owners.length; partition++) {
      const owner = this.owners[partition];
      owner.partitions.push(partition);
    }
    for (let partition = 0, partition_end = this.queues.length; partition < partition_end; partition++) {
      this.dispatch(partition);
    }
  }

  /** A delivered message returns to the head of its queue: its consumer crashed, left or returned it. */
  requeue(message) {
    this.queues[message.partition].put_back(message);
    this.meter.waiting += 1;
    this.meter.note("returned", message);
    if (this.expire_after_s < 1e300) {
      this.env.process(this.expire_returned(message));
    }
  }

  /** Age in seconds of the oldest message at the head of a line; 0 when nothing waits. */
  oldest_s() {
    let oldest = 0.0;
    for (const queue of this.queues) {
      for (const head of queue.heads()) {
        const age = this.meter.now - head.entered_s;
        if (age > oldest) {
          oldest = age;
        }
      }
    }
    return oldest;
  }

  /** Process: drop every message that reached its age at the head of its line. */
  *expire(after_s) {
    while (true) {
      let next_s = 1e300;
      for (const queue of this.queues) {
        for (const head of queue.heads()) {
          if (head.entered_s + after_s < next_s) {
            next_s = head.entered_s + after_s;
          }
        }
      }
      if (next_s < 1e300) {
        yield this.env.timeout(next_s > this.env.now ? next_s - this.env.now : 0.0);
        this.drop_expired();
      } else {
        this.work_wanted = this.env.event();
        yield this.work_wanted;
      }
    }
  }

  /** Process: a message that was returned is older than those the expiring process watches; see to it in time. */
  *expire_returned(message) {
    const due_s = message.entered_s + this.expire_after_s;
    yield this.env.timeout(due_s > this.env.now ? due_s - this.env.now : 0.0);
    this.drop_expired();
  }

  /** Drop what is too old at the head of each line; then there may be room. */
  drop_expired() {
    this.meter.tick(this.env.now);
    for (let partition = 0; partition < this.queues.length; partition++) {
      const queue = this.queues[partition];
      for (const line of queue.lines) {
        while (line.length > 0 && line.at(0).entered_s + this.expire_after_s <= this.env.now) {
          queue.count -= 1;
          this.drop(line.shift(), this.meter.expired, "expired");
        }
      }
      this.dispatch(partition);
    }
  }
}
