// Messages on their way from the producer through the queue to the consumers, played from a run's journal. Position in
// the lane is the order in the queue; a message that ends has a mark of its own (done: tick, lost: cross).

import { WHATS } from "./journal.js";
import { brief, FONT } from "./words.js";

const [OFFERED, QUEUED, DELIVERED, STARTED, COMPLETED, REJECTED, DROPPED, EXPIRED, RETURNED, BACKS_OFF, DEAD, REFUSED] =
  WHATS.map((_, code) => code);
const FLIGHT_MS = 350;
const MOST_FLYING = 80;

/** The state of a run at a moment, by applying the journal's lines. */
export class Replay {
  constructor(journal, consumers) {
    this.journal = journal;
    this.fewest = consumers;
    this.reset();
  }

  reset() {
    this.at = 0;
    this.time = 0;
    this.waiting = new Set();
    this.returned = new Set();
    this.held = new Set();
    this.with = new Map(); // message -> consumer
    this.inboxes = new Array(this.fewest).fill(0);
    this.working = new Set();
    this.counts = { offered: 0, done: 0, rejected: 0, dropped: 0, dead: 0, backing: 0 };
  }

  /** Apply all lines up to `time`; each passes by `seen(code, message, consumer)`. */
  goTo(time, seen = null) {
    if (time < this.time) this.reset();
    const { times, whats, numbers, consumers } = this.journal;
    while (this.at < times.length && times[this.at] <= time) {
      this.apply(whats[this.at], numbers[this.at], consumers[this.at]);
      if (seen) seen(whats[this.at], numbers[this.at], consumers[this.at]);
      this.at += 1;
    }
    this.time = time;
  }

  apply(code, message, consumer) {
    const { counts } = this;
    if (code === OFFERED) {
      counts.offered += 1;
      this.held.add(message);
    } else if (code === QUEUED) {
      if (!this.held.delete(message)) counts.backing -= 1;
      this.waiting.add(message);
    } else if (code === DELIVERED) {
      this.held.delete(message);
      this.leaveQueue(message);
      this.with.set(message, consumer);
      this.inboxes[consumer] = (this.inboxes[consumer] ?? 0) + 1;
    } else if (code === STARTED) {
      this.working.add(consumer);
    } else if (code === COMPLETED) {
      this.leaveConsumer(message);
      counts.done += 1;
    } else if (code === REJECTED || code === REFUSED) {
      this.held.delete(message);
      counts.rejected += 1;
    } else if (code === DROPPED || code === EXPIRED) {
      this.leaveQueue(message);
      counts.dropped += 1;
    } else if (code === RETURNED) {
      this.leaveConsumer(message);
      this.returned.add(message);
    } else if (code === BACKS_OFF) {
      this.leaveConsumer(message);
      counts.backing += 1;
    } else if (code === DEAD) {
      this.leaveConsumer(message);
      this.leaveQueue(message);
      counts.dead += 1;
    }
  }

  leaveQueue(message) {
    if (!this.waiting.delete(message)) this.returned.delete(message);
  }

  leaveConsumer(message) {
    const consumer = this.with.get(message);
    if (consumer === undefined) return;
    this.with.delete(message);
    this.inboxes[consumer] -= 1;
    this.working.delete(consumer);
  }

  get depth() {
    return this.waiting.size + this.returned.size;
  }

  words(name) {
    const { counts } = this;
    const lost = counts.rejected + counts.dropped + counts.dead;
    return (
      `${name}after ${brief(this.time)} s: ${brief(counts.offered)} offered, ${brief(this.depth)} in the queue, ` +
      `${brief(this.with.size)} with consumers, ${brief(counts.done)} done` +
      (counts.backing > 0 ? `, ${brief(counts.backing)} backing off` : "") +
      (lost ? `, ${brief(lost)} lost` : "")
    );
  }
}

export class Flow {
  constructor(canvas, still) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.still = still; // reduced motion: marks stand where they are, none flies
    this.replay = null;
    this.flying = [];
  }

  load(journal, scenario) {
    this.scenario = scenario;
    this.replay = new Replay(journal, scenario.consumers);
    this.flying = [];
  }

  /** Show the run at `time`; with `play` the messages that moved since fly to where they are now. */
  show(time, play, clock) {
    const fly = play && !this.still;
    let seen = null;
    if (fly)
      seen = (code, message, consumer) => {
        if (this.flying.length >= MOST_FLYING) return;
        const way = this.way(code, consumer);
        if (way) this.flying.push({ ...way, code, since: clock });
      };
    else this.flying = [];
    this.replay.goTo(time, seen);
  }

  way(code, consumer) {
    const { producer, tail, head, bin, sink } = this.places;
    const of = (number) => this.placeOf(number);
    if (code === QUEUED) return { from: producer, to: tail };
    if (code === DELIVERED) return { from: this.replay.depth ? head : producer, to: of(consumer) };
    if (code === COMPLETED) return { from: of(consumer), to: sink };
    if (code === REJECTED || code === REFUSED) return { from: producer, to: bin };
    if (code === DROPPED || code === EXPIRED) return { from: head, to: bin };
    if (code === DEAD) return { from: of(consumer), to: bin };
    return null;
  }

  placeOf(consumer) {
    const shown = Math.max(0, Math.min(this.boxes - 1, consumer));
    const { height } = this;
    return [this.width - 118, 26 + ((height - 52) * (shown + 0.5)) / this.boxes];
  }

  fit() {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    const ratio = Math.min(3, globalThis.devicePixelRatio || 1);
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
    Object.assign(this, { width, height, ratio });
    const middle = height / 2;
    this.places = {
      producer: [44, middle], tail: [96, middle], head: [width - 160, middle],
      bin: [width / 2, height - 16], sink: [width - 14, middle],
    };
  }

  draw(look, clock, colours) {
    if (!this.width || !this.replay) return;
    const { context: c, replay, width, height, scenario } = this;
    c.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    c.clearRect(0, 0, width, height);
    c.font = `12px ${FONT}`;
    c.textAlign = "center";
    const consumers = Math.max(replay.inboxes.length, scenario.consumers);
    this.boxes = Math.min(8, consumers);
    this.lane(c, look, colours);
    this.flying = this.flying.filter(({ since }) => clock - since < FLIGHT_MS);
    for (const { from, to, since, code } of this.flying) {
      const part = (clock - since) / FLIGHT_MS;
      const lost = code === REJECTED || code === DROPPED || code === EXPIRED || code === DEAD || code === REFUSED;
      mark(c, from[0] + (to[0] - from[0]) * part, from[1] + (to[1] - from[1]) * part, lost ? colours[1] : colours[0], lost);
    }
    this.producer(c, look);
    this.consumers(c, look, colours, consumers);
    this.losses(c, look);
  }

  producer(c, look) {
    const { height, replay, scenario } = this;
    box(c, 8, height / 2 - 24, 72, 48, look);
    c.fillStyle = look.ink;
    c.fillText("producer", 44, height / 2 - 5);
    c.fillStyle = look.quiet;
    c.fillText(replay.held.size > 0 ? `${brief(replay.held.size)} held` : `${brief(scenario.rate_per_s)}/s`, 44, height / 2 + 12);
  }

  lane(c, look, colours) {
    const { width, height, replay, scenario } = this;
    const [left, right] = [92, width - 156];
    const step = 11;
    const rows = 3;
    const places = Math.max(1, Math.floor((right - left - 8) / step)) * rows;
    c.strokeStyle = look.quiet;
    c.lineWidth = 1.5;
    c.beginPath();
    c.moveTo(left, height / 2 - 24);
    c.lineTo(right, height / 2 - 24);
    c.moveTo(left, height / 2 + 24);
    c.lineTo(right, height / 2 + 24);
    c.stroke();
    const shown = Math.min(replay.depth, places);
    for (let i = 0; i < shown; i++) mark(c, right - 8 - Math.floor(i / rows) * step, height / 2 - 14 + (i % rows) * 14, colours[0], false);
    c.fillStyle = look.ink;
    const limit = scenario.queue_limit === null ? "no limit" : `limit ${brief(scenario.queue_limit)}`;
    c.fillText(`${brief(replay.depth)} in the queue (${limit})`, (left + right) / 2, height / 2 - 32);
    if (replay.depth > places) {
      c.textAlign = "left";
      c.fillText(`+${brief(replay.depth - places)}`, left - 2, height / 2 + 38);
      c.textAlign = "center";
    }
  }

  consumers(c, look, colours, consumers) {
    const { replay, height } = this;
    const tall = Math.min(34, (height - 52) / this.boxes - 3);
    for (let i = 0; i < this.boxes; i++) {
      const [x, y] = this.placeOf(i);
      box(c, x - 30, y - tall / 2, 84, tall, look);
      const inbox = replay.inboxes[i] ?? 0;
      if (replay.working.has(i)) mark(c, x - 20, y, colours[2], false);
      c.fillStyle = look.quiet;
      c.textAlign = "left";
      c.fillText(replay.working.has(i) ? (inbox > 1 ? `works, ${brief(inbox - 1)} wait` : "works") : "idle", x - 12, y + 4);
      c.textAlign = "center";
    }
    c.fillStyle = look.ink;
    c.fillText(`${brief(consumers)} consumer${consumers === 1 ? "" : "s"}${consumers > this.boxes ? `, ${this.boxes} shown` : ""}`, this.width - 106, 16);
    c.fillText(`${brief(replay.counts.done)} done`, this.width - 106, height - 8);
  }

  losses(c, look) {
    const { counts } = this.replay;
    const words = [
      ["rejected", counts.rejected], ["dropped", counts.dropped], ["dead-lettered", counts.dead], ["backing off", counts.backing],
    ].filter(([, count]) => count > 0).map(([what, count]) => `${brief(count)} ${what}`);
    c.fillStyle = look.ink;
    c.fillText(words.length ? `so far ${words.join(", ")}` : "none lost so far", this.width / 2 - 20, this.height - 8);
  }
}

function box(c, x, y, wide, high, look) {
  c.strokeStyle = look.quiet;
  c.fillStyle = look.surface;
  c.lineWidth = 1.5;
  c.fillRect(x, y, wide, high);
  c.strokeRect(x, y, wide, high);
}

function mark(c, x, y, colour, lost) {
  c.fillStyle = c.strokeStyle = colour;
  c.beginPath();
  if (lost) {
    c.lineWidth = 2;
    c.moveTo(x - 4, y - 4);
    c.lineTo(x + 4, y + 4);
    c.moveTo(x + 4, y - 4);
    c.lineTo(x - 4, y + 4);
    c.stroke();
  } else {
    c.arc(x, y, 4, 0, 7);
    c.fill();
  }
}
