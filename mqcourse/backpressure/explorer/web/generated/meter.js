// Generated from mqcourse/backpressure/model/meter.py by `make derived`; change it there.

// What is counted while a scenario runs: where every message is, how long it stayed, and samples over time.

import { bisectRight } from "../engine/runtime.js";
import { CourseError, MOST_REDELIVERIES, general } from "../engine/scenario.js";

/** The columns of the time series. offered ... dead, blocked_s and area_* (message-seconds) count from the start. */
export const SERIES =
    ["time_s", "waiting", "oldest_s", "in_flight", "busy", "held", "retrying", "consumers", "offered",
    "completed", "good", "rejected", "dropped", "dead", "blocked_s", "send_rate_per_s", "area_waiting",
    "area_in_flight", "area_busy", "area_consumers"];

/**
 * What is counted for each class; a message is offered once and ends in exactly one of refused (at the producer,
 * never sent), rejected (by the full queue), dropped (from the queue, to make room), expired, dead (dead-lettered) or
 * completed. good: completed while its caller still waited.
 */
export const COUNTS = ["offered", "refused", "rejected", "dropped", "expired", "dead", "completed", "good"];

/** Upper edges in seconds of the latency histogram: from 10 microseconds in steps of 2% to over a year. */
export function histogram_edges() {
  const edges = [1e-5];
  while (edges.at(-1) < 4e7) {
    edges.push(edges.at(-1) * 1.02);
  }
  return edges;
}

export const EDGES_S = histogram_edges();

/** Counters and areas under their curves; `tick(now)` before every change keeps the areas right. */
export class Meter {
  constructor(scenario) {
    const kinds = scenario.priority_mix.length;
    this.now = 0.0;
    this.held = 0; // at the producer: in its outbox, or waiting to be sent
    this.waiting = 0; // in the queue
    this.in_flight = 0; // with a consumer, not yet acknowledged
    this.retrying = 0; // in back-off before the next delivery
    this.busy = 0; // consumers at work
    this.up = 0; // consumers that could be at work
    this.blocked = 0; // 1 while the producer's source stands still
    this.area_held = 0.0;
    this.area_waiting = 0.0;
    this.area_in_flight = 0.0;
    this.area_retrying = 0.0;
    this.area_busy = 0.0;
    this.area_up = 0.0;
    this.blocked_s = 0.0;
    this.offered = new Array(kinds).fill(0);
    this.refused = new Array(kinds).fill(0);
    this.rejected = new Array(kinds).fill(0);
    this.dropped = new Array(kinds).fill(0);
    this.expired = new Array(kinds).fill(0);
    this.dead = new Array(kinds).fill(0);
    this.completed = new Array(kinds).fill(0);
    this.good = new Array(kinds).fill(0);
    this.time_outs = 0; // callers that stopped waiting
    this.redeliveries = 0;
    this.crashes = 0;
    this.ended_s = 0.0; // time that ended messages spent in the system, all kinds of end
    this.latency_s = new Array(kinds).fill(0.0); // from the caller's first attempt to completion, sums
    this.starts = new Array(kinds).fill(0); // first deliveries
    this.wait_s = new Array(kinds).fill(0.0); // from being offered to the first start of work, sums
    this.most_waiting = 0;
    this.histogram = new Array(EDGES_S.length + 1).fill(0);
    this.series = Object.fromEntries(SERIES.map((name) => [name, []]));
    this.journal = null; // (time_s, what, message, consumer or -1)
    this.journal_most = 0;
  }

  /** Add the time since the last change to the areas; call it first thing when a process wakes. */
  tick(now) {
    const dt = now - this.now;
    if (dt > 0.0) {
      this.now = now;
      this.area_waiting += this.waiting * dt;
      this.area_in_flight += this.in_flight * dt;
      this.area_busy += this.busy * dt;
      this.area_up += this.up * dt;
      if (this.held !== 0 || this.retrying !== 0) {
        this.area_held += this.held * dt;
        this.area_retrying += this.retrying * dt;
      }
      if (this.blocked !== 0) {
        this.blocked_s += dt;
      }
    }
  }

  /** Write one line of the journal, as long as it is kept and not full. */
  note(what, message, consumer = -1) {
    if (this.journal !== null && this.journal.length < this.journal_most) {
      this.journal.push([this.now, what, message.number, consumer]);
    }
  }

  /** Count a delivery that failed; raises CourseError when there were too many for any run to end. */
  redelivered() {
    this.redeliveries += 1;
    if (this.redeliveries > MOST_REDELIVERIES) {
      throw new CourseError(`more than ${MOST_REDELIVERIES} deliveries failed within ${general(this.now)} s: messages return at once`,
          { do: "Set delivery_limit (deliveries) or retry_backoff_s (s), or make duration_s (s) shorter" });
    }
  }

  /** The one end of a message, counted in `counts`. */
  end(message, counts) {
    counts[message.kind] += 1;
    this.ended_s += this.now - message.created_s;
  }

  /** The end of a message that was handled well. */
  complete(message) {
    const kind = message.kind;
    this.completed[kind] += 1;
    message.answered = true;
    this.ended_s += this.now - message.created_s;
    const latency = this.now - message.born_s;
    this.latency_s[kind] += latency;
    this.histogram[bisectRight(EDGES_S, latency)] += 1;
    if (!message.abandoned) {
      this.good[kind] += 1;
    }
  }

  /** Messages that have not ended, by where they are. */
  live() {
    return this.held + this.waiting + this.in_flight + this.retrying;
  }

  /** Messages by what became of them, ended and live: equal to those offered, at every instant. */
  accounted() {
    const ended = [this.refused, this.rejected, this.dropped, this.expired, this.dead, this.completed];
    return this.live() + total(ended.map((counts) => total(counts)));
  }

  /** Add one point to every series. */
  sample(oldest_s, send_rate_per_s) {
    const row =
        [this.now, this.waiting, oldest_s, this.in_flight, this.busy, this.held, this.retrying, this.up,
        total(this.offered), total(this.completed), total(this.good), total(this.rejected) +
        total(this.refused), total(this.dropped) + total(this.expired), total(this.dead), this.blocked_s,
        send_rate_per_s, this.area_waiting, this.area_in_flight, this.area_busy, this.area_up];
    for (let name_at = 0; name_at < SERIES.length; name_at++) {
      const name = SERIES[name_at];
      const value = row[name_at];
      this.series[name].push(value);
    }
  }

  /** All that counts up, as it is now: the summary is the difference of two of these. */
  totals() {
    return { ...Object.fromEntries(COUNTS.map((name) => [name, [...this[name]]])),
        ...Object.fromEntries(["latency_s", "starts", "wait_s",
        "histogram"].map((name) => [name, [...this[name]]])),
        ...Object.fromEntries(TOTALS.map((name) => [name, this[name]])) };
  }
}

export const TOTALS =
    ["now", "area_held", "area_waiting", "area_in_flight", "area_retrying", "area_busy", "area_up",
    "blocked_s", "time_outs", "redeliveries", "crashes"];

/** The sum, by a plain loop (see the contract on sums). */
export function total(counts) {
  let result = 0;
  for (const count of counts) {
    result += count;
  }
  return result;
}
