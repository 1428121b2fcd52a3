// Where a scenario is run. Small ones at once in the page, so that a slider and its charts are one frame; large ones in
// a worker, so that nothing stands still. Of what piles up meanwhile only the newest is run.

import { simulate } from "./generated/simulation.js";
import { offeredPerS, scenario } from "./engine/scenario.js";
import { buffersOf, pack } from "./journal.js";

export const AT_ONCE_STEPS = 3000;
export const JOURNAL_MOST = 200000;
const PATIENCE_MS = 250; // a run that takes longer is given up as soon as a newer scenario waits

/**
 * About how much a run has to do: messages, and what goes on without any: looks at a signal, bursts, crashes, and
 * handlings that fail and are redelivered at once.
 */
export function steps(s) {
  const every = (on, seconds, each = 1) => (on ? (s.duration_s / seconds) * each : 0);
  return (
    offeredPerS(s) * s.duration_s * (s.client_timeout_s === null ? 1 : 1 + s.client_retries) +
    every(s.throttle === "aimd", s.aimd_interval_s) +
    every(s.autoscale !== "none", s.autoscale_interval_s) +
    every(s.arrivals === "bursty", s.burst_on_s + s.burst_off_s) +
    every(s.crash_every_s !== null, s.crash_every_s + s.repair_s, s.consumers) +
    every(s.error_share + s.poison_share > 0 && s.delivery_limit === null && s.retry_backoff_s === 0, s.service_mean_s, s.consumers)
  );
}

/** What the worker answers: { result }, { journal } or { error }. */
export function answer({ values, journal }) {
  try {
    const result = simulate(scenario(values), { journal: journal ? JOURNAL_MOST : 0 });
    return journal ? { journal: pack(result.journal) } : { result: { ...result, journal: undefined } };
  } catch (error) {
    return { error: error.message };
  }
}

/** The other end, when this module is loaded as a worker. */
export function serve(scope) {
  scope.onmessage = ({ data }) => {
    const said = answer(data);
    scope.postMessage(said, said.journal ? buffersOf(said.journal) : []);
  };
}

/** A worker's manners on the page's own thread: a browser starts no worker for a page that was opened from a folder. */
function here() {
  const worker = {};
  const scope = { postMessage: (data) => worker.onmessage({ data }) };
  serve(scope);
  let asked;
  worker.postMessage = (data) => {
    asked = setTimeout(() => scope.onmessage({ data }));
  };
  worker.terminate = () => clearTimeout(asked);
  return worker;
}

/** A model in the page and, started when needed, in workers: a large run of one scenario keeps no other waiting. */
export class PageModel {
  constructor(address) {
    this.address = address;
    this.workers = new Set();
    this.idle = [];
    this.patienceMs = PATIENCE_MS;
    this.journalMost = JOURNAL_MOST;
  }

  /**
   * The result, or a promise of it. Throws (or rejects with) an Error whose message is meant for the reader.
   * signal: aborted when nobody waits for it any more.
   */
  run(values, signal) {
    const checked = scenario(values);
    if (steps(checked) <= AT_ONCE_STEPS) return simulate(checked);
    return this.ask({ values }, signal).then(({ result }) => result);
  }

  journal(values, signal) {
    return this.ask({ values, journal: true }, signal).then(({ journal }) => journal);
  }

  /** By a worker that has nothing else to do. It cannot be interrupted, only ended, and then nobody else loses by it. */
  ask(question, signal) {
    const worker = this.idle.pop() ?? this.start();
    return new Promise((resolve, reject) => {
      const end = (error) => {
        worker.terminate();
        this.workers.delete(worker);
        reject(error);
      };
      const dropped = () => end(signal.reason);
      signal?.addEventListener("abort", dropped, { once: true });
      worker.onerror = (event) => end(new Error(`the model's worker stopped: ${event.message ?? "it did not load"}`));
      worker.onmessage = ({ data }) => {
        signal?.removeEventListener("abort", dropped);
        this.idle.push(worker);
        if (data.error) reject(new Error(data.error));
        else resolve(data);
      };
      worker.postMessage(question);
    });
  }

  start() {
    const worker = this.address.startsWith("file:") ? here() : new Worker(this.address, { type: "module" });
    this.workers.add(worker);
    return worker;
  }

  close() {
    for (const worker of this.workers) worker.terminate();
  }
}

/** Runs the newest question only: while one is under way, a newer one replaces the one that waits. */
export class Newest {
  constructor(done, failed) {
    this.done = done;
    this.failed = failed;
    this.running = null; // how to give up what is under way
    this.next = null;
  }

  /** model: has `run(values, signal)`, a result or a promise of one, and perhaps `patienceMs`. */
  ask(model, values) {
    if (this.running) {
      this.next = [model, values];
      this.running.hurry();
      return;
    }
    const stop = new AbortController();
    let found;
    try {
      found = model.run(values, stop.signal);
    } catch (error) {
      this.failed(error);
      return;
    }
    if (!(found instanceof Promise)) {
      this.done(found);
      return;
    }
    const since = performance.now();
    let timer;
    const hurry = () => {
      if (model.patienceMs) timer ??= setTimeout(() => stop.abort(), since + model.patienceMs - performance.now());
    };
    this.running = { hurry, stop };
    found
      .then(this.done, (error) => error.name === "AbortError" || this.failed(error))
      .finally(() => {
        clearTimeout(timer);
        this.running = null;
        const { next } = this;
        this.next = null;
        if (next) this.ask(...next);
      });
  }

  /** Nothing of this is wanted any more. */
  drop() {
    this.next = null;
    this.running?.stop.abort();
  }
}
