// Generated from mqcourse/backpressure/model/simulation.py by `make derived`; change it there.

// Run a scenario: `simulate(scenario)` gives its figures.
//
// A producer (producer.py) sends messages (message.py) to a broker (broker.py), which hands them to consumers
// (consumers.py); a meter (meter.py) counts. All of them are SimPy processes over plain objects. It reads and
// changes no other state: no clock, no global state, no randomness except the scenario's own streams (draws.py).

import { environment, mapBoth, quoted } from "../engine/runtime.js";
import { CourseError, MOST_BACKLOG, general } from "../engine/scenario.js";
import { Broker } from "./broker.js";
import { Consumers } from "./consumers.js";
import { EDGES_S, Meter, TOTALS, total } from "./meter.js";
import { Producer } from "./producer.js";

/** What runs the processes: this course's kernel.py, or SimPy. Both give the same bits. */
export const ENGINES = ["kernel", "simpy"];

/**
 * The result of a run. `summary` covers the time after the warm-up, `series` all of it.
 *
 * summary: see `summarise`. series: one list for each name in meter.SERIES. latency_histogram: completions in
 * each bin of meter.EDGES_S. journal: (time_s, what, message number, consumer or -1), as many as were asked for.
 */
export class Result {
  constructor(scenario, summary, series, latency_histogram, journal) {
    this.scenario = scenario;
    this.summary = summary;
    this.series = series;
    this.latency_histogram = latency_histogram;
    this.journal = journal;
  }
}

/**
 * A run that can be taken step by step: what `simulate` drives, open to inspection.
 *
 * `env` is a `simpy.Environment` or a `kernel.Environment`.
 */
export class Simulation {
  constructor(scenario, env, { journal = 0 } = {}) {
    this.scenario = scenario;
    this.env = env;
    this.meter = new Meter(scenario);
    if (journal > 0) {
      this.meter.journal = [];
      this.meter.journal_most = journal;
    }
    this.before = this.meter.totals(); // where the summary begins
    env.process(this.sample());
    if (scenario.warm_up_s > 0.0) {
      env.process(this.warm_up());
    }
    this.broker = new Broker(env, scenario, this.meter);
    this.consumers = new Consumers(env, scenario, this.meter, this.broker);
    this.producer = new Producer(env, scenario, this.meter, this.broker);
  }

  /** Process: one point of every series at each multiple of duration_s / samples, the last one at the end. */
  *sample() {
    const every_s = this.scenario.duration_s / this.scenario.samples;
    for (let point = 1, point_end = this.scenario.samples; point < point_end; point++) {
      yield this.env.timeout(point * every_s - this.env.now);
      this.look();
      if (this.meter.live() > MOST_BACKLOG) {
        throw new CourseError(`the backlog passed ${MOST_BACKLOG} messages after ${general(this.env.now)} s: it grows without bound`,
            { do: "Set queue_limit (messages) or expire_after_s (s), or make duration_s (s) shorter" });
      }
    }
  }

  /** Add one point to the series. */
  look() {
    this.meter.tick(this.env.now);
    this.meter.sample(this.broker.oldest_s(), this.producer.send_rate_per_s);
  }

  /** Process: the summary begins now. */
  *warm_up() {
    yield this.env.timeout(this.scenario.warm_up_s);
    this.meter.tick(this.env.now);
    this.before = this.meter.totals();
  }

  /** Every message that has not ended, found where it is: at the producer, waiting, in flight, in backoff. */
  live_messages() {
    const found = [...this.producer.held.values()];
    for (const queue of this.broker.queues) {
      for (const line of queue.lines) {
        for (const one of line) found.push(one);
      }
    }
    for (const consumer of [...this.consumers.group, ...this.consumers.leaving]) {
      for (const one of consumer.inbox) found.push(one);
      if (consumer.current !== null) {
        found.push(consumer.current);
      }
    }
    for (const one of this.consumers.retrying.values()) found.push(one);
    return found;
  }

  /** The figures, with the last point of the series taken now. */
  result() {
    this.look();
    const meter = this.meter;
    const summary_and_histogram = summarise(this.scenario, this.before, meter.totals());
    const summary = summary_and_histogram[0];
    const histogram = summary_and_histogram[1];
    summary.most_waiting = meter.most_waiting;
    return new Result(this.scenario, summary, meter.series, histogram, meter.journal !== null &&
        meter.journal.length > 0 ? meter.journal : []);
  }
}

/**
 * Run a scenario from an empty queue to duration_s.
 *
 * `engine`: "kernel" or "simpy", same figures. `journal`: how many lines of what happened to each message to keep.
 * Raises CourseError for an unknown engine, and when the backlog passes MOST_BACKLOG on the way.
 */
export function simulate(scenario, { engine = "kernel", journal = 0 } = {}) {
  if (!ENGINES.includes(engine)) {
    throw new CourseError(`there is no engine ${quoted(engine)}`,
        { do: `Choose one of: ${ENGINES.join(", ")}` });
  }
  const simulation = new Simulation(scenario, environment(engine), { journal });
  simulation.env.run(scenario.duration_s);
  return simulation.result();
}

/**
 * The summary between two readings of the meter, and its latency histogram (counts per bin).
 *
 * Keys: offered, refused, rejected, dropped, expired, dead, completed, good (messages; also per class in
 * `classes`, with mean_latency_s and mean_wait_s); throughput_per_s, goodput_per_s; mean_waiting, mean_in_flight,
 * mean_in_system (messages); utilisation (share of the running consumers' time); mean_latency_s, p50_s, p95_s,
 * p99_s (from the caller's first attempt to completion); mean_wait_s (to the start of work); blocked_s (the
 * producer's source was blocked) and blocked_share; time_outs, redeliveries, crashes; most_waiting (whole run).
 */
export function summarise(scenario, before, after) {
  const diff = Object.fromEntries(TOTALS.map((name) => [name, after[name] - before[name]]));
  const lists =
      Object.fromEntries(Object.keys(after).filter((name) => Array.isArray(after[name])).map((name) => [name,
      mapBoth([...before[name]], [...after[name]], (early, late) => late - early)]));
  const span = diff.now;
  const histogram = lists.histogram;
  const completed = total(lists.completed);
  const started = total(lists.starts);
  const system = diff.area_held + diff.area_waiting + diff.area_in_flight + diff.area_retrying;
  let summary = Object.fromEntries(COUNT_NAMES.map((name) => [name, total(lists[name])]));
  Object.assign(summary,
      { throughput_per_s: completed / span, goodput_per_s: total(lists.good) / span,
      mean_waiting: diff.area_waiting / span, mean_in_flight: diff.area_in_flight / span,
      mean_in_system: system / span, utilisation: diff.area_up > 0.0 ? diff.area_busy / diff.area_up : 0.0,
      mean_latency_s: _mean(lists.latency_s, completed), p50_s: percentile(histogram, 0.50),
      p95_s: percentile(histogram, 0.95), p99_s: percentile(histogram, 0.99),
      mean_wait_s: _mean(lists.wait_s, started), blocked_s: diff.blocked_s, blocked_share: diff.blocked_s /
      span, time_outs: diff.time_outs, redeliveries: diff.redeliveries, crashes: diff.crashes });
  summary.classes =
      Array.from({ length: scenario.priority_mix.length },
      (_, kind) => ({ ...Object.fromEntries(COUNT_NAMES.map((name) => [name, lists[name][kind]])),
      mean_latency_s: _mean([lists.latency_s[kind]], lists.completed[kind]),
      mean_wait_s: _mean([lists.wait_s[kind]], lists.starts[kind]) }));
  return [summary, histogram];
}

export const COUNT_NAMES =
    ["offered", "refused", "rejected", "dropped", "expired", "dead", "completed", "good"];

/**
 * The latency in seconds that a share of completions does not pass, to 2%; None when there is none.
 *
 * The rank is found in the bin that holds it, and the bin is taken as evenly filled.
 */
export function percentile(histogram, share) {
  const count = total(histogram);
  if (count === 0) {
    return null;
  }
  const rank = share * count;
  let seen = 0;
  for (let index = 0; index < histogram.length; index++) {
    const inside = histogram[index];
    if (seen + inside >= rank && inside > 0) {
      const low = index > 0 ? EDGES_S[index - 1] : 0.0;
      const high = index < EDGES_S.length ? EDGES_S[index] : EDGES_S.at(-1);
      return low + (high - low) * ((rank - seen) / inside);
    }
    seen += inside;
  }
  return EDGES_S.at(-1);
}

/** Sum over count, by a plain loop (see the contract on sums); None of nothing. */
function _mean(sums, count) {
  let whole = 0.0;
  for (const one of sums) {
    whole += one;
  }
  return count !== 0 ? whole / count : null;
}
