// Generated from mqcourse/backpressure/model/consumer.py by `make derived`; change it there.

// One consumer, as the broker and the group of consumers see it.

import { Deque } from "../engine/deque.js";

/** One consumer: its buffer of delivered messages and the one it works on. */
export class Consumer {
  constructor(number) {
    this.number = number;
    this.inbox = new Deque();
    this.current = null;
    this.working = false; // on `current`, which is otherwise still on its way to it
    this.unacked = 0; // delivered to it and not acknowledged: inbox and current
    this.taking = false; // gets new messages
    this.leaving = false; // finishes the current one and goes
    this.generation = 0; // goes up with each crash: work begun in an earlier one no longer counts
    this.asleep = null; // the event it waits for while its inbox is empty
    this.partitions = new Deque();
  }
}
