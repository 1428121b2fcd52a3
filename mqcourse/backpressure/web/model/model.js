// Twin of model.py: `simulate(scenario)` gives the figures of a run, to the last digit those of Python.

import { Broker } from "./broker.js";
import { Consumers } from "./consumers.js";
import { Environment } from "./kernel.js";
import { COUNTS, EDGES_S, Meter, TOTALS, total } from "./meter.js";
import { Producer } from "./producer.js";
import { CourseError, MOST_BACKLOG, general } from "./scenario.js";

class Simulation {
  constructor(scenario, journal) {
    const env = new Environment();
    this.env = env;
    this.scenario = scenario;
    this.meter = new Meter(scenario);
    if (journal > 0) {
      this.meter.journal = [];
      this.meter.journal_most = journal;
    }
    this.before = this.meter.totals();
    env.process(this.sample());
    if (scenario.warm_up_s > 0.0) env.process(this.warmUp());
    this.broker = new Broker(env, scenario, this.meter);
    this.consumers = new Consumers(env, scenario, this.meter, this.broker);
    this.producer = new Producer(env, scenario, this.meter, this.broker);
  }

  *sample() {
    const everyS = this.scenario.duration_s / this.scenario.samples;
    for (let point = 1; point < this.scenario.samples; point++) {
      yield this.env.timeout(point * everyS - this.env.now);
      this.look();
      if (this.meter.live() > MOST_BACKLOG)
        throw new CourseError(
          `the backlog passed ${MOST_BACKLOG} messages after ${general(this.env.now)} s: it grows without bound`,
          "Set queue_limit (messages) or expire_after_s (s), or make duration_s (s) shorter",
        );
    }
  }

  look() {
    this.meter.tick(this.env.now);
    this.meter.sample(this.broker.oldestS(), this.producer.sendRatePerS);
  }

  *warmUp() {
    yield this.env.timeout(this.scenario.warm_up_s);
    this.meter.tick(this.env.now);
    this.before = this.meter.totals();
  }

  result() {
    this.look();
    const { meter, scenario } = this;
    const { summary, histogram } = summarise(scenario, this.before, meter.totals());
    summary.most_waiting = meter.most_waiting;
    return {
      scenario,
      summary,
      series: meter.series,
      latency_histogram: histogram,
      journal: meter.journal ?? [],
    };
  }
}

/** Run a checked scenario from an empty queue to duration_s; `journal`: how many lines of events to keep. */
export function simulate(scenario, { journal = 0 } = {}) {
  const simulation = new Simulation(scenario, journal);
  simulation.env.run(scenario.duration_s);
  return simulation.result();
}

function summarise(scenario, before, after) {
  const diff = {};
  for (const name of TOTALS) diff[name] = after[name] - before[name];
  const lists = {};
  for (const name of Object.keys(after))
    if (Array.isArray(after[name])) lists[name] = after[name].map((late, i) => late - before[name][i]);
  const span = diff.now;
  const histogram = lists.histogram;
  const completed = total(lists.completed);
  const started = total(lists.starts);
  const system = diff.area_held + diff.area_waiting + diff.area_in_flight + diff.area_retrying;
  const summary = {};
  for (const name of COUNTS) summary[name] = total(lists[name]);
  Object.assign(summary, {
    throughput_per_s: completed / span,
    goodput_per_s: total(lists.good) / span,
    mean_waiting: diff.area_waiting / span,
    mean_in_flight: diff.area_in_flight / span,
    mean_in_system: system / span,
    utilisation: diff.area_up > 0.0 ? diff.area_busy / diff.area_up : 0.0,
    mean_latency_s: mean(lists.latency_s, completed),
    p50_s: percentile(histogram, 0.5),
    p95_s: percentile(histogram, 0.95),
    p99_s: percentile(histogram, 0.99),
    mean_wait_s: mean(lists.wait_s, started),
    blocked_s: diff.blocked_s,
    blocked_share: diff.blocked_s / span,
    time_outs: diff.time_outs,
    redeliveries: diff.redeliveries,
    crashes: diff.crashes,
  });
  summary.classes = scenario.priority_mix.map((_, kind) => ({
    ...Object.fromEntries(COUNTS.map((name) => [name, lists[name][kind]])),
    mean_latency_s: mean([lists.latency_s[kind]], lists.completed[kind]),
    mean_wait_s: mean([lists.wait_s[kind]], lists.starts[kind]),
  }));
  return { summary, histogram };
}

/** The latency in seconds that a share of completions does not pass, to 2%; null when there is none. */
export function percentile(histogram, share) {
  const count = total(histogram);
  if (count === 0) return null;
  const rank = share * count;
  let seen = 0;
  for (let index = 0; index < histogram.length; index++) {
    const inside = histogram[index];
    if (seen + inside >= rank && inside > 0) {
      const low = index > 0 ? EDGES_S[index - 1] : 0.0;
      const high = index < EDGES_S.length ? EDGES_S[index] : EDGES_S[EDGES_S.length - 1];
      return low + (high - low) * ((rank - seen) / inside);
    }
    seen += inside;
  }
  return EDGES_S[EDGES_S.length - 1];
}

function mean(sums, count) {
  let whole = 0.0;
  for (const one of sums) whole += one;
  return count ? whole / count : null;
}
