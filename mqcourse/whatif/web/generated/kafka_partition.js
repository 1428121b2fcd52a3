// Generated from mqcourse/whatif/kafka_partition.py by `make derived`; change it there.

// A partition of Kafka, and a consumer group with one consumer at a time, in the classic rebalance protocol.
//
// The broker keeps every record and one number for the group, the committed offset. A consumer has its own position.
// `commit` stores the position, as `consumer.commit()` does. Records that a client fetched before they were asked for are
// not modelled: a record that retention deletes is gone at the next poll.

import { name, names } from "./message_names.js";
import { Shelf, Token } from "./shelf.js";
import { Told, plain } from "./told.js";

/** Those that a partition and its group have. */
export const KAFKA_EVENTS = ["publish", "receive", "settle", "kill", "wait", "rewind", "expire"];

/** The records by their offsets, the group's committed offset, and the group's members. */
export class KafkaPartition {
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
