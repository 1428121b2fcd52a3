// Generated from mqcourse/whatif/rabbitmq_queue.py by `make derived`; change it there.

// A quorum queue of RabbitMQ with a delivery limit and a dead-letter queue, and one consumer at a time.
//
// The broker pushes: it delivers up to `prefetch` messages before an acknowledgement, and a client keeps those that the
// program has not taken yet. `receive` is the program taking the next one.

import { name, names } from "./message_names.js";
import { Shelf, Token } from "./shelf.js";
import { Told, plain } from "./told.js";

/** Those that a queue has. */
export const RABBITMQ_EVENTS = ["publish", "receive", "settle", "return", "kill", "wait"];

/** A message of the queue. `failed`: its x-delivery-count; `redelivered`: it was sent to a consumer before. */
export class RabbitMessage {
  constructor(number, failed, redelivered) {
    this.number = number;
    this.failed = failed;
    this.redelivered = redelivered;
  }
}

/**
 * The queue, its consumer, and its dead-letter queue.
 *
 * `nack_counts`: whether a basic.nack with requeue raises the x-delivery-count, as it does before RabbitMQ 4.3.
 */
export class RabbitQueue {
  constructor(prefetch, delivery_limit, nack_counts) {
    this.prefetch = prefetch;
    this.delivery_limit = delivery_limit;
    this.nack_counts = nack_counts;
    this.published = 0;
    this.ready = [];
    this.requeued = []; // delivered before all that are ready
    this.buffered = []; // delivered, and not taken by the program yet
    this.held = []; // taken by the program, not acknowledged
    this.dead = [];
    this.deleted = [];
    this.consumer = 0;
    this.running = false;
  }

  /** Let an event happen. */
  do(event) {
    if (event === "publish") {
      return this.publish();
    }
    if (event === "receive") {
      return this.receive();
    }
    if (event === "settle") {
      return this.acknowledge();
    }
    if (event === "return") {
      return this.nack();
    }
    if (event === "kill") {
      return this.kill();
    }
    if (event === "wait") {
      return this.wait();
    }
    let say;
    if (event === "rewind") {
      say =
          "A queue cannot be read again, because it deletes what is acknowledged. RabbitMQ's streams can be.";
      return plain("cannot", 0, say);
    }
    say = "A queue has no retention. Without a TTL, a message stays until it is acknowledged.";
    return plain("cannot", 0, say);
  }

  /** A publisher sends a message and gets its confirm. */
  publish() {
    this.published += 1;
    const number = this.published;
    this.ready.push(new RabbitMessage(number, 0, false));
    const before = this.buffered.length;
    this._deliver();
    const sent =
        ` It delivers ${name(number)} to consumer ${this.consumer}, which has fewer than ${this.prefetch} unacknowledged.`;
    const more = this.buffered.length > before ? sent : "";
    return plain("published", number, `The broker confirms ${name(number)}.${more}`);
  }

  /** The program takes the next delivery; without a consumer, one subscribes first. */
  receive() {
    let begun = "";
    if (!this.running) {
      this.consumer += 1;
      this.running = true;
      begun = `Consumer ${this.consumer} subscribes with a prefetch count of ${this.prefetch}. `;
      this._deliver();
    }
    let say;
    if (this.held.length === this.prefetch) {
      say = `Consumer ${this.consumer} has ${this.prefetch} unacknowledged deliveries, its prefetch count.`;
      return plain("full", 0, `${say} So the broker sends no more.`);
    }
    if (this.buffered.length === 0) {
      return plain("empty", 0, `${begun}The queue has no message that is ready.`);
    }
    const first = this.buffered[0];
    this.buffered = this.buffered.slice(1);
    this.held.push(first);
    let flag = "redelivered is false";
    if (first.redelivered) {
      flag = `redelivered is true, and x-delivery-count is ${first.failed}`;
    }
    say = `${begun}Consumer ${this.consumer} gets ${name(first.number)}: ${flag}.`;
    return new Told("received", first.number, first.failed, first.redelivered, -1, say);
  }

  /** basic.ack of the oldest message that the program has. */
  acknowledge() {
    if (this.held.length === 0) {
      return plain("nothing", 0, "The program has no delivery that it could acknowledge.");
    }
    const first = this.held[0];
    this.held = this.held.slice(1);
    this.deleted.push(first.number);
    this._deliver();
    const say =
        `Consumer ${this.consumer} acknowledges ${name(first.number)} (basic.ack), and the queue deletes it.`;
    return plain("settled", first.number, say);
  }

  /** basic.nack with requeue of the oldest message that the program has. */
  nack() {
    if (this.held.length === 0) {
      return plain("nothing", 0, "The program has no delivery that it could return.");
    }
    const first = this.held[0];
    this.held = this.held.slice(1);
    const died = this._requeue(first, this.nack_counts);
    this._deliver();
    let fate = "The queue delivers it again before messages that are new.";
    if (died) {
      fate = `Its count is above the delivery limit of ${this.delivery_limit}, so the queue dead-letters it.`;
    }
    const say = `Consumer ${this.consumer} returns ${name(first.number)} (basic.nack, requeue). ${fate}`;
    return plain("returned", first.number, say);
  }

  /** The consumer's process is killed; the broker sees its connection close. */
  kill() {
    if (!this.running) {
      return plain("nothing", 0, "No consumer runs.");
    }
    const unacked = [...this.held, ...this.buffered];
    this.running = false;
    this.held = [];
    this.buffered = [];
    const back = [];
    const died = [];
    for (const one of unacked) {
      if (this._requeue(one, true)) {
        died.push(one.number);
      } else {
        back.push(one.number);
      }
    }
    let say = `The connection of consumer ${this.consumer} closes.`;
    if (back.length > 0) {
      say = `${say} The queue requeues what was unacknowledged, ${names(back)}, at once.`;
    }
    if (died.length > 0) {
      say =
          `${say} The delivery limit of ${this.delivery_limit} is exceeded, so the queue dead-letters ${names(died)}.`;
    }
    if (unacked.length === 0) {
      say = `${say} It had no unacknowledged delivery.`;
    }
    return plain("killed", 0, say);
  }

  /** A minute passes. */
  wait() {
    const say =
        "A minute changes nothing: RabbitMQ waits 30 minutes for an acknowledgement (consumer_timeout).";
    return plain("waited", 0, say);
  }

  /** Put a delivery back; whether the delivery limit dead-letters it instead. */
  _requeue(message, counts) {
    message.redelivered = true;
    if (counts) {
      message.failed += 1;
    }
    if (message.failed > this.delivery_limit) {
      this.dead.push(message);
      return true;
    }
    this.requeued.push(message);
    return false;
  }

  /** Push what the prefetch count allows. */
  _deliver() {
    while (this.running && this.held.length + this.buffered.length < this.prefetch) {
      if (this.requeued.length > 0) {
        this.buffered.push(this.requeued[0]);
        this.requeued = this.requeued.slice(1);
      } else if (this.ready.length > 0) {
        this.buffered.push(this.ready[0]);
        this.ready = this.ready.slice(1);
      } else {
        return;
      }
    }
  }

  /** Where the messages are. */
  shelves() {
    const waiting = [...this.requeued, ...this.ready].map((one) => this._token(one, "waits"));
    const title = this.running ? `Consumer ${this.consumer}, unacknowledged` : "No consumer";
    const taken = this.held.map((one) => this._token(one, "held"));
    const ahead = this.buffered.map((one) => new Token(one.number, "held", "in the client's buffer"));
    const dead = this.dead.map((one) => new Token(one.number, "dead", "dead-lettered"));
    const gone = this.deleted.map((number) => new Token(number, "done", "acknowledged and deleted"));
    return [new Shelf("Queue, ready", waiting, ""),
        new Shelf(title, [...taken, ...ahead], `prefetch count ${this.prefetch}`),
        new Shelf("Dead-letter queue", dead, `delivery limit ${this.delivery_limit}`),
        new Shelf("Deleted", gone, "")];
  }

  _token(message, look) {
    if (message.redelivered) {
      return new Token(message.number, look === "waits" ? "again" : look, "redelivered");
    }
    return new Token(message.number, look, "");
  }
}
