// Generated from mqcourse/whatif/servicebus_queue.py by `make derived`; change it there.

// A queue of Azure Service Bus in peek-lock mode, and one receiver at a time.
//
// A received message stays in the queue, locked for a minute. `failed` is the delivery count of the Python client: the
// deliveries that failed before this one. A receiver without prefetch is modelled.

import { name, names } from "./message_names.js";
import { Shelf, Token } from "./shelf.js";
import { Told, plain } from "./told.js";

/** Those that a queue has. */
export const SERVICEBUS_EVENTS = ["publish", "receive", "settle", "return", "kill", "wait"];

/** A message of the queue. `lock`: the number of the lock that is on it, 0 for none. */
export class ServiceBusMessage {
  constructor(number, failed, lock) {
    this.number = number;
    this.failed = failed;
    this.lock = lock;
  }
}

/** What the program has in hand: a message, and the lock that it was received with. */
export class Received {
  constructor(message, lock) {
    this.message = message;
    this.lock = lock;
  }
}

/** The queue in the order of its sequence numbers, its dead-letter queue, and what the receiver's program has. */
export class ServiceBusQueue {
  constructor(max_delivery_count) {
    this.max_delivery_count = max_delivery_count;
    this.sent = 0;
    this.locks = 0;
    this.messages = [];
    this.dead = [];
    this.completed = [];
    this.held = [];
    this.receiver = 0;
    this.running = false;
  }

  /** Let an event happen. */
  do(event) {
    if (event === "publish") {
      return this.send();
    }
    if (event === "receive") {
      return this.receive();
    }
    if (event === "settle") {
      return this.complete();
    }
    if (event === "return") {
      return this.abandon();
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
          "A queue cannot be read again, because it deletes what is completed. Peek shows only what is left.";
      return plain("cannot", 0, say);
    }
    say = "A queue has no retention. Its messages have no time to live unless you set one.";
    return plain("cannot", 0, say);
  }

  /** A sender sends a message, which the service accepts. */
  send() {
    this.sent += 1;
    this.messages.push(new ServiceBusMessage(this.sent, 0, 0));
    return plain("published", this.sent,
        `The queue accepts ${name(this.sent)} with sequence number ${this.sent}.`);
  }

  /** The program receives the first message that is not locked; without a receiver, one is opened first. */
  receive() {
    if (!this.running) {
      this.receiver += 1;
      this.running = true;
    }
    const free = this.messages.filter((one) => one.lock === 0);
    let say;
    if (free.length === 0) {
      say = "The queue has no active message.";
      if (this.messages.length > 0) {
        const locked = names(this.messages.map((one) => one.number));
        say = `The queue has no message that is not locked: ${locked}.`;
      }
      return plain("empty", 0, say);
    }
    const first = free[0];
    this.locks += 1;
    first.lock = this.locks;
    this.held.push(new Received(first, this.locks));
    say =
        `Receiver ${this.receiver} gets ${name(first.number)}, locked for a minute. Its delivery count is ${first.failed}.`;
    return new Told("received", first.number, first.failed, false, -1, say);
  }

  /** The program completes the oldest message that it has. */
  complete() {
    if (this.held.length === 0) {
      return plain("nothing", 0, "The program has no message that it could complete.");
    }
    const first = this.held[0];
    this.held = this.held.slice(1);
    const number = first.message.number;
    if (first.message.lock !== first.lock) {
      return plain("lost", number, this._lock_lost(number));
    }
    this._take_out(number);
    this.completed.push(number);
    const say = `Receiver ${this.receiver} completes ${name(number)}, and the queue deletes it.`;
    return plain("settled", number, say);
  }

  /** The program abandons the oldest message that it has. */
  abandon() {
    if (this.held.length === 0) {
      return plain("nothing", 0, "The program has no message that it could abandon.");
    }
    const first = this.held[0];
    this.held = this.held.slice(1);
    const number = first.message.number;
    if (first.message.lock !== first.lock) {
      return plain("lost", number, this._lock_lost(number));
    }
    let fate = `It can be received again at once, and its delivery count is ${first.message.failed + 1}.`;
    if (this._failed(first.message)) {
      fate =
          `It was delivered ${this.max_delivery_count} times, so the queue dead-letters it (MaxDeliveryCountExceeded).`;
    }
    return plain("returned", number, `Receiver ${this.receiver} abandons ${name(number)}. ${fate}`);
  }

  /** The receiver's process is killed; the locks stay. */
  kill() {
    if (!this.running) {
      return plain("nothing", 0, "No receiver runs.");
    }
    this.running = false;
    this.held = [];
    const locked = this.messages.filter((one) => one.lock > 0).map((one) => one.number);
    let say = `Receiver ${this.receiver} is gone. It had no message locked.`;
    if (locked.length > 0) {
      say =
          `Receiver ${this.receiver} is gone. The service keeps the lock of ${names(locked)} until it expires.`;
    }
    return plain("killed", 0, say);
  }

  /** A minute passes, and every lock expires. */
  wait() {
    const expired = this.messages.filter((one) => one.lock > 0);
    if (expired.length === 0) {
      return plain("waited", 0, "A minute changes nothing, because no message is locked.");
    }
    const died = [];
    for (const one of expired) {
      if (this._failed(one)) {
        died.push(one.number);
      }
    }
    const back = expired.filter((one) => !died.includes(one.number)).map((one) => one.number);
    const numbers = names(expired.map((one) => one.number));
    let say = expired.length === 1 ? `The lock of ${numbers} expires.` : `The locks of ${numbers} expire.`;
    if (back.length > 0) {
      say = `${say} The queue can deliver ${names(back)} again, with a higher delivery count.`;
    }
    if (died.length > 0) {
      say =
          `${say} After ${this.max_delivery_count} deliveries the queue dead-letters ${names(died)} (MaxDeliveryCountExceeded).`;
    }
    return plain("waited", 0, say);
  }

  /** A delivery failed: the lock is gone; whether the message is dead-lettered. */
  _failed(message) {
    message.lock = 0;
    message.failed += 1;
    if (message.failed < this.max_delivery_count) {
      return false;
    }
    this._take_out(message.number);
    this.dead.push(message.number);
    return true;
  }

  _take_out(number) {
    this.messages = this.messages.filter((one) => one.number !== number);
  }

  _lock_lost(number) {
    return `The lock of ${name(number)} has expired, so the service refuses (MessageLockLostError).`;
  }

  /** Where the messages are. */
  shelves() {
    const waiting =
        this.messages.filter((one) => one.lock === 0).map((one) => new Token(one.number, one.failed > 0
        ? "again" : "waits", `delivery count ${one.failed}`));
    const locked =
        this.messages.filter((one) => one.lock > 0).map((one) => new Token(one.number, "held",
        `locked, delivery count ${one.failed}`));
    let title = "Locked, no receiver";
    if (this.running) {
      title = `Locked, receiver ${this.receiver}`;
    }
    const dead = this.dead.map((number) => new Token(number, "dead", "dead-lettered"));
    const gone = this.completed.map((number) => new Token(number, "done", "completed and deleted"));
    return [new Shelf("Queue, active", waiting, ""), new Shelf(title, locked, "each for 1 minute"),
        new Shelf("Dead-letter queue", dead, `maximum delivery count ${this.max_delivery_count}`),
        new Shelf("Deleted", gone, "")];
  }
}
