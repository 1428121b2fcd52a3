// Where a scenario is run. Small ones at once in the page, so that a slider and its charts are one frame; large ones in
// a worker, so that nothing stands still. Of what piles up meanwhile only the newest is run.

import { simulate } from "../model/model.js";
import { offeredPerS, scenario } from "../model/scenario.js";
import { buffersOf, pack } from "./journal.js";

export const AT_ONCE_STEPS = 3000;
export const JOURNAL_MOST = 200000;

/**
 * About how much a run has to do: messages, and what goes on without any: looks at a signal, bursts, crashes, and
 * handlings that fail and come back at once.
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
    scope.postMessage({ id: data.id, ...said }, said.journal ? buffersOf(said.journal) : []);
  };
}

/** A worker's manners on the page's own thread: a browser starts no worker for a page that was opened from a folder. */
function here() {
  const worker = { terminate() {} };
  const scope = { postMessage: (data) => worker.onmessage({ data }) };
  serve(scope);
  worker.postMessage = (data) => setTimeout(() => scope.onmessage({ data }));
  return worker;
}

/** A model in the page and, started when first needed, one in a worker. */
export class PageModel {
  constructor(address) {
    this.address = address;
    this.waiting = new Map();
    this.ids = 0;
  }

  /** The result, or a promise of it. Throws (or rejects with) an Error whose message is meant for the reader. */
  run(values) {
    const checked = scenario(values);
    if (steps(checked) <= AT_ONCE_STEPS) return simulate(checked);
    return this.ask({ values }).then(({ result }) => result);
  }

  journal(values) {
    return this.ask({ values, journal: true }).then(({ journal }) => journal);
  }

  ask(question) {
    this.worker ??= this.start();
    const id = this.ids++;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.worker.postMessage({ id, ...question });
    });
  }

  start() {
    const worker = this.address.startsWith("file:") ? here() : new Worker(this.address, { type: "module" });
    worker.onmessage = ({ data }) => {
      const { resolve, reject } = this.waiting.get(data.id);
      this.waiting.delete(data.id);
      if (data.error) reject(new Error(data.error));
      else resolve(data);
    };
    worker.onerror = (event) => {
      for (const { reject } of this.waiting.values()) reject(new Error(`the model's worker stopped: ${event.message ?? "it did not load"}`));
      this.waiting.clear();
      this.worker = undefined;
    };
    return worker;
  }

  close() {
    this.worker?.terminate();
    this.worker = undefined;
  }
}

/** Runs the newest question only: while one is under way, a newer one replaces the one that waits. */
export class Newest {
  constructor(done, failed) {
    this.done = done;
    this.failed = failed;
    this.busy = false;
    this.next = null;
  }

  /** run: a function that gives a result or a promise of one. */
  ask(run) {
    if (this.busy) {
      this.next = run;
      return;
    }
    let found;
    try {
      found = run();
    } catch (error) {
      this.failed(error);
      return;
    }
    if (!(found instanceof Promise)) {
      this.done(found);
      return;
    }
    this.busy = true;
    found.then(this.done, this.failed).finally(() => {
      this.busy = false;
      const next = this.next;
      this.next = null;
      if (next) this.ask(next);
    });
  }
}
