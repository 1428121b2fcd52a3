(() => {
// ---- generated/event.js
const generated_event = (() => {
// Generated from mqcourse/whatif/event.py by `make derived`; change it there.

// The events that a reader can cause, the same for the three brokers, and how a link holds a list of them.

/** settle: acknowledge, commit or complete. return: negative acknowledgement or abandon. wait: a minute. expire: retention. */
const EVENTS = ["publish", "receive", "settle", "return", "kill", "wait", "rewind", "expire"];

/** The letter of each event in a link, in the same order. */
const LETTERS = ["p", "r", "s", "b", "k", "w", "z", "x"];

/** What the page calls each event, in the same order. */
const LABELS =
    ["Publish", "Receive", "Settle", "Give back", "Kill the consumer", "Wait a minute", "Rewind",
    "Retention deletes one"];

/** Events in a list; a link with more is cut here. */
const MOST = 60;

/** Events that a seed draws. */
const SURPRISE = 14;

/** What a seed draws from, each entry as likely as the others: an event that is listed twice is drawn twice as often. */
const CHANCES =
    ["publish", "publish", "receive", "receive", "receive", "settle", "settle", "return", "kill", "wait",
    "rewind"];

const MASK = 0xFFFFFFFF;

/** A list of events as letters. */
function encoded(events) {
  return events.map((one) => LETTERS[EVENTS.indexOf(one)]).join("");
}

/** The events of a link. Letters that stand for none are left out. */
function decoded(letters) {
  const found = [];
  for (const letter of letters) {
    if (LETTERS.includes(letter) && found.length < MOST) {
      found.push(EVENTS[LETTERS.indexOf(letter)]);
    }
  }
  return found;
}

/**
 * A list of events that a seed (0 to 2**32 - 1) draws: it begins with two publishes.
 *
 * The generator is the linear congruential one of Numerical Recipes (Press et al., 2nd ed., 7.1), of which the upper
 * bits are used.
 */
function surprise(seed) {
  let state = seed >>> 0;
  const events = ["publish", "publish"];
  while (events.length < SURPRISE) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const share = (state >>> 8) / 16777216.0;
    events.push(CHANCES[Math.trunc(share * CHANCES.length)]);
  }
  return events;
}

return { EVENTS, LETTERS, LABELS, MOST, SURPRISE, CHANCES, MASK, encoded, decoded, surprise };
})();

// ---- generated/preset.js
const generated_preset = (() => {
// Generated from mqcourse/whatif/preset.py by `make derived`; change it there.

// Lists of events that show a difference between the brokers.

/** A list of events with its title, and what to look at. */
class Preset {
  constructor(name, title, look_at, letters) {
    this.name = name;
    this.title = title;
    this.look_at = look_at;
    this.letters = letters;
  }
}

const PRESETS =
    [new Preset("crash-before-settling", "A crash before settling",
    "The work may be done, and no broker can see it. RabbitMQ redelivers at once, Kafka after the session timeout, and Service Bus after the lock expires.",
    "pprkrwr"),
    new Preset("crash-after-settling", "A crash after settling, before the work",
    "The message was settled first, so no broker delivers it again. The work of m1 is lost at all three.",
    "pprskrwr"),
    new Preset("slow-work", "Work that takes longer than the lock",
    "After a minute the lock of Service Bus has expired: complete is refused, and m1 is received again. RabbitMQ and Kafka still wait for the program.",
    "prwsr"),
    new Preset("read-again", "Read everything again",
    "A queue has deleted what was settled. A Kafka consumer seeks to the beginning and reads the same records.",
    "pprsrszrr"),
    new Preset("one-settled-of-two", "Two received, one settled",
    "RabbitMQ and Service Bus settle one message. A commit in Kafka covers every record before the position, so after the crash m2 is not read again.",
    "pprrskwrr"),
    new Preset("poison", "A message that kills every consumer",
    "After three deliveries, Service Bus dead-letters m1, and m2 is next. RabbitMQ dead-letters m1 as well, and also m2, which was in the buffer of each consumer that was killed. Kafka delivers m1 again and again, and m2 is never read.",
    "pprkwrkwrkwr")];

return { Preset, PRESETS };
})();

// ---- generated/message_names.js
const generated_message_names = (() => {
// Generated from mqcourse/whatif/message_names.py by `make derived`; change it there.

// Messages are called m1, m2, m3 in the order of their publishing.

/** One message. */
function name(number) {
  return `m${number}`;
}

/** Several of them: m1, m2 and m3. There must be at least one. */
function names(numbers) {
  let text = "";
  for (let at = 0; at < numbers.length; at++) {
    const number = numbers[at];
    const before = at === 0 ? "" : at === numbers.length - 1 ? " and " : ", ";
    text = `${text}${before}${name(number)}`;
  }
  return text;
}

return { name, names };
})();

// ---- generated/shelf.js
const generated_shelf = (() => {
// Generated from mqcourse/whatif/shelf.py by `make derived`; change it there.

// Where a broker keeps messages, as the page draws it.

/** A message in its place. `look`: waits, held, again, done or dead; `note`: the same in words. */
class Token {
  constructor(number, look, note) {
    this.number = number;
    this.look = look;
    this.note = note;
  }
}

/** A place with the messages in it, in their order. `note`: numbers that belong to it. */
class Shelf {
  constructor(title, tokens, note) {
    this.title = title;
    this.tokens = tokens;
    this.note = note;
  }
}

return { Token, Shelf };
})();

// ---- generated/told.js
const generated_told = (() => {
// Generated from mqcourse/whatif/told.py by `make derived`; change it there.

// What one event did at one broker.

/**
 * The outcome of an event.
 *
 * `did`: published, received, empty, full, settled, returned, lost, killed, waited, joining, rewound, expired, cannot
 * (the broker has no such operation) or nothing (it changed no state). `message`: its number, 0 for none. `failed`:
 * how often the broker counts that it was delivered before (RabbitMQ's x-delivery-count, Service Bus's delivery count
 * in Python; Kafka counts none). `redelivered`: RabbitMQ's flag. `offset`: Kafka's, -1 for none. `say`: one or two
 * sentences in the vendor's words.
 */
class Told {
  constructor(did, message, failed, redelivered, offset, say) {
    this.did = did;
    this.message = message;
    this.failed = failed;
    this.redelivered = redelivered;
    this.offset = offset;
    this.say = say;
  }
}

/** An outcome without a delivery. */
function plain(did, message, say) {
  return new Told(did, message, 0, false, -1, say);
}

return { Told, plain };
})();

// ---- generated/kafka_partition.js
const generated_kafka_partition = (() => {
// Generated from mqcourse/whatif/kafka_partition.py by `make derived`; change it there.

// A partition of Kafka, and a consumer group with one consumer at a time, in the classic rebalance protocol.
//
// The broker keeps every record and one number for the group, the committed offset. A consumer has its own position.
// `commit` stores the position, as `consumer.commit()` does. Records that a client fetched before they were asked for are
// not modelled: a record that retention deletes is gone at the next poll.

const { name, names } = generated_message_names;
const { Shelf, Token } = generated_shelf;
const { Told, plain } = generated_told;

/** Those that a partition and its group have. */
const KAFKA_EVENTS = ["publish", "receive", "settle", "kill", "wait", "rewind", "expire"];

/** The records by their offsets, the group's committed offset, and the group's members. */
class KafkaPartition {
  constructor() {
    this.log_start = 0;
    this.end = 0;
    this.committed = -1; // none yet
    this.position = 0;
    this.moved = false; // the position changed since the last commit
    this.consumer = 0;
    this.running = false;
    this.assigned = false;
    this.dead_members = []; // killed, and still members of the group
  }

  /** Let an event happen. */
  do(event) {
    if (event === "publish") {
      return this.produce();
    }
    if (event === "receive") {
      return this.poll();
    }
    if (event === "settle") {
      return this.commit();
    }
    if (event === "return") {
      const say =
          "A consumer group has no negative acknowledgement. A consumer can seek back and read again.";
      return plain("cannot", 0, say);
    }
    if (event === "kill") {
      return this.kill();
    }
    if (event === "wait") {
      return this.wait();
    }
    if (event === "rewind") {
      return this.rewind();
    }
    return this.expire();
  }

  /** A producer sends a record and gets its acknowledgement. */
  produce() {
    const offset = this.end;
    this.end += 1;
    const say = `The partition appends ${name(this.end)} at offset ${offset}.`;
    return new Told("published", this.end, 0, false, offset, say);
  }

  /** The program polls one record; without a consumer, one joins the group first. */
  poll() {
    let begun = "";
    if (!this.running) {
      this.consumer += 1;
      this.running = true;
      if (this.dead_members.length === 0) {
        begun = `${this._assign()} `;
      }
    }
    let say;
    if (!this.assigned) {
      const last = this.dead_members[this.dead_members.length - 1];
      say =
          `Consumer ${this.consumer} joins, but consumer ${last} is a member until its session times out (45 s by default).`;
      return plain("joining", 0, `${say} So poll returns no record.`);
    }
    if (this.position < this.log_start) {
      begun = `${begun}Offset ${this.position} is out of range, so auto.offset.reset (earliest) applies. `;
      this.position = this.log_start;
    }
    if (this.position === this.end) {
      return plain("empty", 0,
          `${begun}The position is ${this.position}, the end of the partition: no record.`);
    }
    const offset = this.position;
    this.position += 1;
    this.moved = true;
    say =
        `${begun}Consumer ${this.consumer} gets ${name(offset + 1)} at offset ${offset}. Its position is ${this.position}.`;
    return new Told("received", offset + 1, 0, false, offset, say);
  }

  /** The program commits the consumer's position. */
  commit() {
    if (!this.moved) {
      return plain("nothing", 0, "The program has no new position to commit.");
    }
    const before = Math.max(this.committed, this.log_start);
    this.committed = this.position;
    this.moved = false;
    let say = `Consumer ${this.consumer} commits offset ${this.committed}.`;
    if (this.committed > before) {
      const done = [];
      for (let offset = before, offset_end = this.position; offset < offset_end; offset++) {
        done.push(offset + 1);
      }
      say = `${say} What is before it counts as done: ${names(done)}. The partition keeps the records.`;
    }
    return plain("settled", 0, say);
  }

  /** The consumer's process is killed; the group's coordinator misses its heartbeats later. */
  kill() {
    if (!this.running) {
      return plain("nothing", 0, "No consumer runs.");
    }
    this.dead_members.push(this.consumer);
    this.running = false;
    this.assigned = false;
    this.moved = false;
    let kept = "The group has no committed offset";
    if (this.committed >= 0) {
      kept = `The committed offset stays ${this.committed}`;
    }
    const say =
        `Consumer ${this.consumer} sends no more heartbeats, and stays a member until its session times out. ${kept}.`;
    return plain("killed", 0, say);
  }

  /** A minute passes: longer than the session timeout, shorter than max.poll.interval.ms. */
  wait() {
    let say;
    if (this.dead_members.length === 0) {
      say = "A minute changes nothing.";
      if (this.running) {
        say =
            `Heartbeats keep consumer ${this.consumer} in the group, and it may poll 5 minutes later (max.poll.interval.ms).`;
      }
      return plain("waited", 0, say);
    }
    const gone = this.dead_members[this.dead_members.length - 1];
    this.dead_members = [];
    say = `The session of consumer ${gone} has timed out, and the coordinator removes it from the group.`;
    if (this.running) {
      say = `${say} ${this._assign()}`;
    }
    return plain("waited", 0, say);
  }

  /** The program seeks to the beginning of the partition. */
  rewind() {
    if (!this.assigned) {
      return plain("nothing", 0, "No consumer has the partition, so none can seek.");
    }
    this.position = this.log_start;
    this.moved = true;
    const say =
        `Consumer ${this.consumer} seeks to offset ${this.position}, the beginning, and polls from there.`;
    return plain("rewound", 0, say);
  }

  /** Retention deletes the oldest record. */
  expire() {
    if (this.log_start === this.end) {
      return plain("nothing", 0, "The partition has no record that retention could delete.");
    }
    this.log_start += 1;
    const gone = name(this.log_start);
    const say = `Retention deletes ${gone}, read or not. The partition begins at offset ${this.log_start}.`;
    return plain("expired", this.log_start, say);
  }

  /** The running consumer gets the partition and begins at the committed offset. */
  _assign() {
    this.assigned = true;
    this.moved = false;
    let begins = `consumer ${this.consumer} begins at the committed offset ${this.committed}.`;
    this.position = this.committed;
    if (this.committed < 0) {
      this.position = this.log_start;
      begins = `consumer ${this.consumer} begins at the earliest record (auto.offset.reset).`;
    }
    return `The group assigns the partition: ${begins}`;
  }

  /** Where the records are, and the two numbers. */
  shelves() {
    const records = [];
    for (let offset = this.log_start, offset_end = this.end; offset < offset_end; offset++) {
      if (this.committed > offset) {
        records.push(new Token(offset + 1, "done", `offset ${offset}, before the committed offset`));
      } else if (this.assigned && this.position > offset) {
        records.push(new Token(offset + 1, "held", `offset ${offset}, read and not committed`));
      } else {
        records.push(new Token(offset + 1, "waits", `offset ${offset}`));
      }
    }
    const committed = this.committed < 0 ? "none" : `${this.committed}`;
    let title = "No consumer";
    let note = "";
    if (this.running) {
      title = `Consumer ${this.consumer}, waits to be assigned`;
    }
    if (this.assigned) {
      title = `Consumer ${this.consumer}`;
      note = `position ${this.position}`;
    }
    const gone =
        Array.from({ length: this.log_start }, (_, at) => new Token(at + 1, "dead", "deleted by retention"));
    return [new Shelf("Partition", records, `committed offset: ${committed}`), new Shelf(title, [], note),
        new Shelf("Deleted by retention", gone, "")];
  }
}

return { KAFKA_EVENTS, KafkaPartition };
})();

// ---- generated/rabbitmq_queue.js
const generated_rabbitmq_queue = (() => {
// Generated from mqcourse/whatif/rabbitmq_queue.py by `make derived`; change it there.

// A quorum queue of RabbitMQ with a delivery limit and a dead-letter queue, and one consumer at a time.
//
// The broker pushes: it delivers up to `prefetch` messages before an acknowledgement, and a client keeps those that the
// program has not taken yet. `receive` is the program taking the next one.

const { name, names } = generated_message_names;
const { Shelf, Token } = generated_shelf;
const { Told, plain } = generated_told;

/** Those that a queue has. */
const RABBITMQ_EVENTS = ["publish", "receive", "settle", "return", "kill", "wait"];

/** A message of the queue. `failed`: its x-delivery-count; `redelivered`: it was sent to a consumer before. */
class RabbitMessage {
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
class RabbitQueue {
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

return { RABBITMQ_EVENTS, RabbitMessage, RabbitQueue };
})();

// ---- generated/servicebus_queue.js
const generated_servicebus_queue = (() => {
// Generated from mqcourse/whatif/servicebus_queue.py by `make derived`; change it there.

// A queue of Azure Service Bus in peek-lock mode, and one receiver at a time.
//
// A received message stays in the queue, locked for a minute. `failed` is the delivery count of the Python client: the
// deliveries that failed before this one. A receiver without prefetch is modelled.

const { name, names } = generated_message_names;
const { Shelf, Token } = generated_shelf;
const { Told, plain } = generated_told;

/** Those that a queue has. */
const SERVICEBUS_EVENTS = ["publish", "receive", "settle", "return", "kill", "wait"];

/** A message of the queue. `lock`: the number of the lock that is on it, 0 for none. */
class ServiceBusMessage {
  constructor(number, failed, lock) {
    this.number = number;
    this.failed = failed;
    this.lock = lock;
  }
}

/** What the program has in hand: a message, and the lock that it was received with. */
class Received {
  constructor(message, lock) {
    this.message = message;
    this.lock = lock;
  }
}

/** The queue in the order of its sequence numbers, its dead-letter queue, and what the receiver's program has. */
class ServiceBusQueue {
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

return { SERVICEBUS_EVENTS, ServiceBusMessage, Received, ServiceBusQueue };
})();

// ---- generated/side_by_side.js
const generated_side_by_side = (() => {
// Generated from mqcourse/whatif/side_by_side.py by `make derived`; change it there.

// The same events at the three brokers.

const { KAFKA_EVENTS, KafkaPartition } = generated_kafka_partition;
const { RABBITMQ_EVENTS, RabbitQueue } = generated_rabbitmq_queue;
const { SERVICEBUS_EVENTS, ServiceBusQueue } = generated_servicebus_queue;

/** In the order of a row. */
const BROKERS = ["rabbitmq", "kafka", "servicebus"];

const TITLES = ["RabbitMQ", "Kafka", "Service Bus"];

/** The events that each broker has. */
const HAS = [RABBITMQ_EVENTS, KAFKA_EVENTS, SERVICEBUS_EVENTS];

const PREFETCH = 2;

/** Two redeliveries, so three deliveries; RabbitMQ's default is 20. */
const DELIVERY_LIMIT = 2;

/** Three deliveries; the default of Service Bus is 10. */
const MAX_DELIVERY_COUNT = 3;

/** As in the version that the traces were recorded on. */
const NACK_COUNTS = true;

/** An event, and what it did at RabbitMQ, Kafka and Service Bus, in this order; then where the messages are. */
class Row {
  constructor(event, told, shelves) {
    this.event = event;
    this.told = told;
    this.shelves = shelves;
  }
}

/** Every event in turn, from empty brokers; the first row is the state before any. */
function played(events) {
  const rabbitmq = new RabbitQueue(PREFETCH, DELIVERY_LIMIT, NACK_COUNTS);
  const kafka = new KafkaPartition();
  const servicebus = new ServiceBusQueue(MAX_DELIVERY_COUNT);
  const nothing = [];
  const rows = [new Row("", nothing, [rabbitmq.shelves(), kafka.shelves(), servicebus.shelves()])];
  for (const event of events) {
    const told = [rabbitmq.do(event), kafka.do(event), servicebus.do(event)];
    rows.push(new Row(event, told, [rabbitmq.shelves(), kafka.shelves(), servicebus.shelves()]));
  }
  return rows;
}

return { BROKERS, TITLES, HAS, PREFETCH, DELIVERY_LIMIT, MAX_DELIVERY_COUNT, NACK_COUNTS, Row, played };
})();

// ---- same_events.js
const same_events = (() => {
// The same events at three brokers: buttons, a column for each broker with its messages, and a table of what each event
// did. The machines are Python's, translated; only the drawing is written here. Native buttons, so keyboard and screen
// reader are the browser's own. The table is the one that the page has without scripts, with other rows.

const { EVENTS, LABELS, MOST, decoded, encoded, surprise } = generated_event;
const { PRESETS } = generated_preset;
const { BROKERS, HAS, TITLES, played } = generated_side_by_side;

const LINK = "#events=";
const SEEDS = 10000;
const LOOKS = { waits: "waits", held: "with the consumer, not settled", again: "to be delivered again", done: "settled", dead: "dead-lettered, or deleted by retention" };
const label = (event) => LABELS[EVENTS.indexOf(event)];

function make(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

function button(text, act) {
  const made = make("button", { type: "button" }, text);
  made.addEventListener("click", act);
  return made;
}

class SameEvents {
  constructor(root) {
    this.root = root;
    this.table = root.querySelector("table");
    this.body = this.table.tBodies[0];
    this.presetName = root.dataset.preset;
    this.brokers = root.dataset.brokers.split(" ").map((name) => BROKERS.indexOf(name)); // their places in a row
    this.allowed = EVENTS.filter((event) => this.brokers.some((at) => HAS[at].includes(event)));
    this.events = []; // all, also those that were taken back
    this.shown = 0; // how many of them have happened
    const form = make("div", { class: "mq-events-form" });
    form.append(this.start(), this.buttons(), this.steps());
    this.look = make("p", { class: "mq-events-look" });
    this.columns = this.brokers.map((at) => this.column(TITLES[at]));
    const stage = make("div", { class: "mq-events-stage", "data-columns": String(this.brokers.length) }, ...this.columns.map(({ box }) => box));
    this.status = make("p", { class: "mq-events-status", role: "status" });
    root.prepend(form, this.look, stage, this.legend(), this.status);
    this.follow();
    addEventListener("hashchange", () => this.follow());
  }

  start() {
    this.preset = make("select", {}, make("option", { value: "" }, "your own events"), ...PRESETS.map((one) => make("option", { value: one.name }, one.title)));
    this.preset.addEventListener("change", () => {
      const found = PRESETS.find((one) => one.name === this.preset.value);
      this.take(found ? decoded([...found.letters]) : []);
      this.tell(found?.look_at ?? "");
      this.link();
    });
    this.seed = make("input", { type: "number", min: "0", max: String(SEEDS - 1), step: "1", inputmode: "numeric" });
    this.seed.addEventListener("change", () => this.seed.value !== "" && this.draw(Number(this.seed.value)));
    const random = button("Surprise me", () => {
      this.seed.value = String(Math.floor(Math.random() * SEEDS));
      this.draw(Number(this.seed.value));
    });
    return make(
      "div",
      { class: "mq-events-row" },
      make("label", {}, "Start from ", this.preset),
      random,
      make("label", {}, "Seed ", this.seed),
    );
  }

  buttons() {
    const causes = this.allowed.map((event) => button(label(event), () => this.cause(event)));
    return make("div", { class: "mq-events-row mq-events-causes", role: "group", "aria-label": "Cause an event" }, ...causes);
  }

  steps() {
    this.back = button("Undo", () => this.move(this.shown - 1));
    this.forward = button("Redo", () => this.move(this.shown + 1));
    this.first = button("To the start", () => this.move(0));
    this.copy = button("Copy the link", async () => {
      try {
        await navigator.clipboard.writeText(location.href);
        this.say("The link is copied. It holds the events so far.");
      } catch {
        this.say("The link could not be copied. The address of this page holds the events so far.");
      }
    });
    return make("div", { class: "mq-events-row" }, this.back, this.forward, this.first, this.copy);
  }

  column(name) {
    const say = make("p", { class: "mq-events-say" });
    const shelves = make("div", {});
    const box = make("section", { class: "mq-events-broker", "aria-label": name }, make("p", { class: "mq-events-name" }, name), say, shelves);
    return { box, say, shelves };
  }

  legend() {
    const items = Object.entries(LOOKS).map(([look, text]) => make("span", {}, make("span", { class: "mq-events-token", "data-look": look }, "m1"), ` ${text}`));
    return make("p", { class: "mq-events-legend" }, ...items);
  }

  /** The events of the address, or the preset of the page. */
  follow() {
    if (location.hash.startsWith(LINK)) {
      this.take(decoded([...location.hash.slice(LINK.length)]));
      this.tell("");
      return;
    }
    const found = PRESETS.find((one) => one.name === this.presetName);
    this.take(decoded([...found.letters]));
    this.preset.value = found.name;
    this.tell(found.look_at);
  }

  draw(seed) {
    if (!Number.isInteger(seed) || seed < 0 || seed >= SEEDS) return this.say(`A seed is a whole number from 0 to ${SEEDS - 1}.`);
    this.take(surprise(seed));
    this.tell("");
    this.link();
  }

  cause(event) {
    if (this.shown >= MOST) return this.say(`A list has at most ${MOST} events. Undo some, or start again.`);
    this.take([...this.events.slice(0, this.shown), event]);
    this.tell("");
    this.link();
  }

  /** Other events, all of which have happened. */
  take(events) {
    this.events = events.filter((event) => this.allowed.includes(event));
    this.shown = this.events.length;
    this.preset.value = "";
    const same = PRESETS.find((one) => one.letters === encoded(this.events));
    if (same) this.preset.value = same.name;
    this.show();
  }

  move(shown) {
    this.shown = Math.max(0, Math.min(shown, this.events.length));
    this.show();
    this.link();
  }

  link() {
    history.replaceState(null, "", LINK + encoded(this.events.slice(0, this.shown)));
  }

  tell(text) {
    this.look.textContent = text;
    this.look.hidden = !text;
  }

  say(text) {
    this.status.textContent = text;
  }

  show() {
    const rows = played(this.events.slice(0, this.shown));
    const last = rows[rows.length - 1];
    this.columns.forEach(({ say, shelves }, index) => {
      const at = this.brokers[index];
      say.textContent = last.told[at]?.say ?? "No event has happened.";
      shelves.replaceChildren(...last.shelves[at].map(shelf));
    });
    this.table.caption.textContent = `The events so far: ${this.shown}`;
    this.body.replaceChildren(
      ...rows.slice(1).map((row, index) =>
        make("tr", {}, make("th", { scope: "row" }, `${index + 1}. ${label(row.event)}`), ...this.brokers.map((at) => make("td", { "data-broker": TITLES[at] }, row.told[at].say))),
      ),
    );
    this.back.disabled = this.first.disabled = this.shown === 0;
    this.forward.disabled = this.shown === this.events.length;
    const words = this.shown ? this.brokers.map((at) => `${TITLES[at]}: ${last.told[at].say}`).join(" ") : "";
    this.say(this.shown ? `Event ${this.shown}, ${label(last.event)}. ${words}` : "No event has happened. The queue and the partition are empty.");
  }
}

function shelf({ title, tokens, note }) {
  const items = tokens.map((token) => {
    const hidden = make("span", { class: "mq-events-hidden" }, token.note ? ` ${token.note}` : "");
    return make("li", { class: "mq-events-token", "data-look": token.look, title: token.note }, `m${token.number}`, hidden);
  });
  const list = items.length ? make("ul", {}, ...items) : make("p", { class: "mq-events-empty" }, "empty");
  const head = make("p", { class: "mq-events-shelf" }, title);
  if (note) head.append(make("span", {}, note));
  return make("div", {}, head, list);
}

if (typeof document !== "undefined") for (const root of document.querySelectorAll(".mq-events")) new SameEvents(root);
globalThis.mqWhatIf = { played, encoded, decoded, surprise };

return {  };
})();
})();
