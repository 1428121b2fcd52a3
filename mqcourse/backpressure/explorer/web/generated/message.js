// Generated from mqcourse/backpressure/model/message.py by `make derived`; change it there.

// One message, and the queue that messages wait in.

import { Deque } from "../engine/deque.js";
import { lazily, leastBy } from "../engine/runtime.js";

/**
 * One attempt to have something done: made by the producer, ended exactly once.
 *
 * Times in seconds since the start of the run. `born_s` is when its caller first asked; an attempt that a caller
 * makes again has the same `born_s` and an `attempt` one higher.
 */
export class Message {
  constructor(number, now, born_s, attempt, work_s) {
    this.number = number;
    this.created_s = now;
    this.born_s = born_s;
    this.attempt = attempt;
    this.work_s = work_s;
    this.entered_s = now; // when the broker took it
    this.ready_s = now; // when it is at the consumer
    this.kind = 0; // its class: 0 is the most important
    this.partition = 0;
    this.poison = false;
    this.deliveries = 0; // deliveries that failed
    this.abandoned = false; // its caller waits no longer
    this.answered = false; // its caller knows how it ended
  }
}

/** Messages that wait: a line for each class, all lines in the order in which the messages entered. */
export class MessageQueue {
  constructor(kinds, by_priority) {
    this.lines = Array.from({ length: kinds }, () => new Deque());
    this.by_priority = by_priority;
    this.count = 0;
  }

  /** To the tail. */
  put(message) {
    this.lines[message.kind].push(message);
    this.count += 1;
  }

  /** To the head, where it came from. */
  put_back(message) {
    this.lines[message.kind].pushFront(message);
    this.count += 1;
  }

  /**
   * The line whose head goes first: the most important one, or (fifo) the one whose head entered first
   * (a tie: the more important).
   */
  _next_line() {
    const lines = this.lines;
    if (lines.length === 1) {
      return lines[0];
    }
    if (this.by_priority) {
      return lines.find((line) => line.length > 0);
    }
    return leastBy(lines.filter((line) => line.length > 0), _entered);
  }

  /** The message that goes first; the queue must not be empty. */
  take() {
    this.count -= 1;
    return this._next_line().shift();
  }

  /** The message that entered first, whatever its class (a tie: the more important one). */
  take_oldest() {
    this.count -= 1;
    return leastBy(this.lines.filter((line) => line.length > 0), _entered).shift();
  }

  /** The last message of a class. */
  take_newest_of(kind) {
    this.count -= 1;
    return this.lines[kind].pop();
  }

  /** The least important class that waits here; -1 when nothing waits. */
  lowest() {
    for (let kind = this.lines.length - 1; kind > -1; kind--) {
      if (this.lines[kind].length > 0) {
        return kind;
      }
    }
    return -1;
  }

  /** The first message of each line that is not empty, the most important class first. */
  heads() {
    return lazily(this.lines, (line) => line.length > 0, (line) => line.at(0));
  }
}

function _entered(line) {
  return line.at(0).entered_s;
}
