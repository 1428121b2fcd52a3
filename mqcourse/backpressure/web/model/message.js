// Twin of message.py: one message, and the queue that messages wait in.

import { Deque } from "./deque.js";

export class Message {
  constructor(number, now, bornS, attempt, workS) {
    this.number = number;
    this.createdS = now;
    this.bornS = bornS;
    this.attempt = attempt;
    this.workS = workS;
    this.enteredS = now;
    this.readyS = now;
    this.kind = 0;
    this.partition = 0;
    this.poison = false;
    this.deliveries = 0;
    this.abandoned = false;
    this.answered = false;
  }
}

export class MessageQueue {
  constructor(kinds, byPriority) {
    this.lines = Array.from({ length: kinds }, () => new Deque());
    this.byPriority = byPriority;
    this.count = 0;
  }

  put(message) {
    this.lines[message.kind].push(message);
    this.count += 1;
  }

  putBack(message) {
    this.lines[message.kind].pushFront(message);
    this.count += 1;
  }

  earliest() {
    let first = null;
    for (const line of this.lines)
      if (line.length > 0 && (first === null || line.at(0).enteredS < first.at(0).enteredS)) first = line;
    return first;
  }

  nextLine() {
    const lines = this.lines;
    if (lines.length === 1) return lines[0];
    if (this.byPriority) return lines.find((line) => line.length > 0);
    return this.earliest();
  }

  take() {
    this.count -= 1;
    return this.nextLine().shift();
  }

  takeOldest() {
    this.count -= 1;
    return this.earliest().shift();
  }

  takeNewestOf(kind) {
    this.count -= 1;
    return this.lines[kind].pop();
  }

  lowest() {
    for (let kind = this.lines.length - 1; kind >= 0; kind--) if (this.lines[kind].length > 0) return kind;
    return -1;
  }
}
