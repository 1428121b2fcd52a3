// By hand, beside kernel.py: the clock and the agenda. Processes are generator functions; `yield env.timeout(s)` waits, and
// `yield event` waits until another process calls `succeed()`.

const NEW_PROCESS_FIRST = 2 ** 52;

export class Event {
  constructor(env) {
    this.env = env;
    this.waiter = null;
  }

  succeed() {
    const env = this.env;
    env.schedule(env.now, env.numbers++, this.waiter);
  }
}

export class Environment {
  constructor() {
    this.now = 0.0;
    this.numbers = 0;
    this.active = null;
    // the agenda: a binary heap over three arrays, ordered by (time, number); no two numbers are equal
    this.times = [];
    this.orders = [];
    this.waiting = [];
  }

  timeout(delay) {
    this.schedule(this.now + delay, this.numbers++, this.active);
  }

  event() {
    return new Event(this);
  }

  process(generator) {
    this.schedule(this.now, this.numbers++ - NEW_PROCESS_FIRST, generator);
    return generator;
  }

  run(until) {
    while (this.times.length > 0 && this.times[0] < until) this.step();
    this.now = until;
  }

  step() {
    this.now = this.times[0];
    const process = this.waiting[0];
    this.dropFirst();
    this.active = process;
    const { value, done } = process.next();
    if (!done && value !== undefined) value.waiter = process;
  }

  schedule(time, order, process) {
    const { times, orders, waiting } = this;
    let at = times.length;
    times.push(time);
    orders.push(order);
    waiting.push(process);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = times[parent];
      if (above < time || (above === time && orders[parent] < order)) break;
      times[at] = above;
      orders[at] = orders[parent];
      waiting[at] = waiting[parent];
      at = parent;
    }
    times[at] = time;
    orders[at] = order;
    waiting[at] = process;
  }

  dropFirst() {
    const { times, orders, waiting } = this;
    const time = times.pop();
    const order = orders.pop();
    const process = waiting.pop();
    const size = times.length;
    if (size === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) break;
      const right = child + 1;
      if (
        right < size &&
        (times[right] < times[child] || (times[right] === times[child] && orders[right] < orders[child]))
      )
        child = right;
      if (time < times[child] || (time === times[child] && order < orders[child])) break;
      times[at] = times[child];
      orders[at] = orders[child];
      waiting[at] = waiting[child];
      at = child;
    }
    times[at] = time;
    orders[at] = order;
    waiting[at] = process;
  }
}
