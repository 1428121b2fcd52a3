// Twin of meter.py: where every message is, how long it stayed, and samples over time.

import { CourseError, MOST_REDELIVERIES, general } from "./scenario.js";

export const SERIES = [
  "time_s", "waiting", "oldest_s", "in_flight", "busy", "held", "retrying", "consumers", "offered", "completed",
  "good", "rejected", "dropped", "dead", "blocked_s", "send_rate_per_s", "area_waiting", "area_in_flight",
  "area_busy", "area_consumers",
];
export const COUNTS = ["offered", "refused", "rejected", "dropped", "expired", "dead", "completed", "good"];
export const TOTALS = [
  "now", "area_held", "area_waiting", "area_in_flight", "area_retrying", "area_busy", "area_up", "blocked_s",
  "time_outs", "redeliveries", "crashes",
];
const LISTS = [...COUNTS, "latency_s", "starts", "wait_s", "histogram"];

export const EDGES_S = (() => {
  const edges = [1e-5];
  while (edges[edges.length - 1] < 4e7) edges.push(edges[edges.length - 1] * 1.02);
  return edges;
})();

function bisectRight(edges, value) {
  let low = 0;
  let high = edges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (value < edges[middle]) high = middle;
    else low = middle + 1;
  }
  return low;
}

export const total = (counts) => {
  let result = 0;
  for (const count of counts) result += count;
  return result;
};

export class Meter {
  constructor(scenario) {
    const zeros = () => new Array(scenario.priority_mix.length).fill(0);
    for (const name of TOTALS) this[name] = 0;
    this.held = this.waiting = this.in_flight = this.retrying = this.busy = this.up = this.blocked = 0;
    for (const name of [...COUNTS, "latency_s", "starts", "wait_s"]) this[name] = zeros();
    this.ended_s = 0.0;
    this.most_waiting = 0;
    this.histogram = new Array(EDGES_S.length + 1).fill(0);
    this.series = Object.fromEntries(SERIES.map((name) => [name, []]));
    this.journal = null;
    this.journal_most = 0;
  }

  tick(now) {
    const dt = now - this.now;
    if (dt > 0.0) {
      this.now = now;
      this.area_waiting += this.waiting * dt;
      this.area_in_flight += this.in_flight * dt;
      this.area_busy += this.busy * dt;
      this.area_up += this.up * dt;
      if (this.held || this.retrying) {
        this.area_held += this.held * dt;
        this.area_retrying += this.retrying * dt;
      }
      if (this.blocked) this.blocked_s += dt;
    }
  }

  note(what, message, consumer = -1) {
    if (this.journal !== null && this.journal.length < this.journal_most)
      this.journal.push([this.now, what, message.number, consumer]);
  }

  redelivered() {
    this.redeliveries += 1;
    if (this.redeliveries > MOST_REDELIVERIES)
      throw new CourseError(
        `more than ${MOST_REDELIVERIES} deliveries failed within ${general(this.now)} s: messages come back at once`,
        "Set delivery_limit (deliveries) or retry_backoff_s (s), or make duration_s (s) shorter",
      );
  }

  end(message, counts) {
    counts[message.kind] += 1;
    this.ended_s += this.now - message.createdS;
  }

  complete(message) {
    const kind = message.kind;
    this.completed[kind] += 1;
    message.answered = true;
    this.ended_s += this.now - message.createdS;
    const latency = this.now - message.bornS;
    this.latency_s[kind] += latency;
    this.histogram[bisectRight(EDGES_S, latency)] += 1;
    if (!message.abandoned) this.good[kind] += 1;
  }

  live() {
    return this.held + this.waiting + this.in_flight + this.retrying;
  }

  sample(oldestS, sendRatePerS) {
    const row = [
      this.now, this.waiting, oldestS, this.in_flight, this.busy, this.held, this.retrying, this.up,
      total(this.offered), total(this.completed), total(this.good), total(this.rejected) + total(this.refused),
      total(this.dropped) + total(this.expired), total(this.dead), this.blocked_s, sendRatePerS,
      this.area_waiting, this.area_in_flight, this.area_busy, this.area_up,
    ];
    for (let i = 0; i < SERIES.length; i++) this.series[SERIES[i]].push(row[i]);
  }

  totals() {
    const reading = {};
    for (const name of LISTS) reading[name] = this[name].slice();
    for (const name of TOTALS) reading[name] = this[name];
    return reading;
  }
}
