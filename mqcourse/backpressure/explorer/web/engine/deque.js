// A double-ended queue in a ring: Python's deque, as far as the model uses it.

export class Deque {
  constructor() {
    this.ring = new Array(8);
    this.head = 0;
    this.length = 0;
  }

  at(index) {
    return this.ring[(this.head + index) & (this.ring.length - 1)];
  }

  push(item) {
    if (this.length === this.ring.length) this.grow();
    this.ring[(this.head + this.length) & (this.ring.length - 1)] = item;
    this.length += 1;
  }

  pushFront(item) {
    if (this.length === this.ring.length) this.grow();
    this.head = (this.head - 1) & (this.ring.length - 1);
    this.ring[this.head] = item;
    this.length += 1;
  }

  shift() {
    const item = this.ring[this.head];
    this.ring[this.head] = undefined;
    this.head = (this.head + 1) & (this.ring.length - 1);
    this.length -= 1;
    return item;
  }

  pop() {
    this.length -= 1;
    const index = (this.head + this.length) & (this.ring.length - 1);
    const item = this.ring[index];
    this.ring[index] = undefined;
    return item;
  }

  /** Take the first occurrence of an item out; false when it is not there. */
  remove(item) {
    for (let index = 0; index < this.length; index++) {
      if (this.at(index) === item) {
        const rest = this.toArray();
        rest.splice(index, 1);
        this.refill(rest);
        return true;
      }
    }
    return false;
  }

  includes(item) {
    for (let index = 0; index < this.length; index++) if (this.at(index) === item) return true;
    return false;
  }

  /** As in Python: by -1 the first becomes the last. */
  rotate(steps) {
    for (let step = steps; step < 0; step++) this.push(this.shift());
    for (let step = steps; step > 0; step--) this.pushFront(this.pop());
  }

  [Symbol.iterator]() {
    let index = 0;
    const next = () =>
      index < this.length ? { value: this.at(index++), done: false } : { value: undefined, done: true };
    return { next };
  }

  clear() {
    this.refill([]);
  }

  toArray() {
    const items = new Array(this.length);
    for (let index = 0; index < this.length; index++) items[index] = this.at(index);
    return items;
  }

  refill(items) {
    let size = 8;
    while (size < items.length) size *= 2;
    this.ring = items.slice();
    this.ring.length = size;
    this.head = 0;
    this.length = items.length;
  }

  grow() {
    const items = this.toArray();
    this.ring = items;
    this.ring.length = items.length * 2;
    this.head = 0;
  }
}
