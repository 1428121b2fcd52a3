// Generated from the modules of mqcourse/backpressure/explorer/web by `make derived`; change it there.

// ---- generated/fields.js
const generated_fields = (() => {
// Generated from scenario.py by `make derived`; change it there.

const FIELDS = [
  {
    "name": "seed",
    "default": 1,
    "kind": "whole",
    "unit": "number",
    "low": 0,
    "high": 4294967295,
    "above": false,
    "none": "",
    "help": "Same seed, same messages, same figures."
  },
  {
    "name": "duration_s",
    "default": 60.0,
    "kind": "number",
    "unit": "s",
    "low": 0.0,
    "high": 10000000.0,
    "above": true,
    "none": "",
    "help": "How long the run lasts."
  },
  {
    "name": "warm_up_s",
    "default": 0.0,
    "kind": "number",
    "unit": "s",
    "low": 0.0,
    "high": 10000000.0,
    "above": false,
    "none": "",
    "help": "The first part of the run, left out of the summary."
  },
  {
    "name": "samples",
    "default": 240,
    "kind": "whole",
    "unit": "points",
    "low": 1,
    "high": 100000,
    "above": false,
    "none": "",
    "help": "Points of each time series."
  },
  {
    "name": "arrivals",
    "default": "poisson",
    "kind": "choice",
    "unit": "one of",
    "choices": [
      "poisson",
      "regular",
      "bursty",
      "trace"
    ],
    "help": "How messages arrive at the producer."
  },
  {
    "name": "rate_per_s",
    "default": 80.0,
    "kind": "number",
    "unit": "messages/s",
    "low": 0.0,
    "high": 1000000.0,
    "above": true,
    "none": "",
    "help": "Messages offered, on average."
  },
  {
    "name": "burst_on_s",
    "default": 1.0,
    "kind": "number",
    "unit": "s",
    "low": 0.0,
    "high": 1000000.0,
    "above": true,
    "none": "",
    "help": "Bursty: mean length of a burst."
  },
  {
    "name": "burst_off_s",
    "default": 4.0,
    "kind": "number",
    "unit": "s",
    "low": 0.0,
    "high": 1000000.0,
    "above": false,
    "none": "",
    "help": "Bursty: mean length of the silence between bursts."
  },
  {
    "name": "trace_s",
    "default": [],
    "kind": "numbers",
    "unit": "s",
    "low": 0.0,
    "high": 10000000.0,
    "most": 1000000,
    "help": "Trace: recorded times of arrival, in order."
  },
  {
    "name": "surge_from_s",
    "default": 0.0,
    "kind": "number",
    "unit": "s",
    "low": 0.0,
    "high": 10000000.0,
    "above": false,
    "none": "",
    "help": "When the surge begins."
  },
  {
    "name": "surge_for_s",
    "default": 0.0,
    "kind": "number",
    "unit": "s",
    "low": 0.0,
    "high": 10000000.0,
    "above": false,
    "none": "",
    "help": "How long the surge lasts; 0 for no surge."
  },
  {
    "name": "surge_factor",
    "default": 1.0,
    "kind": "number",
    "unit": "times",
    "low": 0.0,
    "high": 1000.0,
    "above": false,
    "none": "",
    "help": "By how much the surge multiplies rate_per_s."
  },
  {
    "name": "service",
    "default": "exponential",
    "kind": "choice",
    "unit": "one of",
    "choices": [
      "constant",
      "exponential",
      "lognormal",
      "pareto"
    ],
    "help": "How the time to handle a message varies."
  },
  {
    "name": "service_mean_s",
    "default": 0.01,
    "kind": "number",
    "unit": "s",
    "low": 0.0,
    "high": 100000.0,
    "above": true,
    "none": "",
    "help": "Mean time to handle a message."
  },
  {
    "name": "service_cv",
    "default": 1.5,
    "kind": "number",
    "unit": "times",
    "low": 0.0,
    "high": 20.0,
    "above": true,
    "none": "",
    "help": "Lognormal: standard deviation over mean."
  },
  {
    "name": "service_tail",
    "default": 2.5,
    "kind": "number",
    "unit": "index",
    "low": 1.0,
    "high": 100.0,
    "above": true,
    "none": "",
    "help": "Pareto: tail index; 2 or less has no variance."
  },
  {
    "name": "consumers",
    "default": 1,
    "kind": "whole",
    "unit": "consumers",
    "low": 1,
    "high": 10000,
    "above": false,
    "none": "",
    "help": "Consumers at the start (and the fewest, when scaling)."
  },
  {
    "name": "prefetch",
    "default": 1,
    "kind": "whole",
    "unit": "messages",
    "low": 1,
    "high": 100000,
    "above": false,
    "none": "",
    "help": "Unacknowledged messages a consumer may hold."
  },
  {
    "name": "delivery_s",
    "default": 0.0,
    "kind": "number",
    "unit": "s",
    "low": 0.0,
    "high": 3600.0,
    "above": false,
    "none": "",
    "help": "From the broker to the consumer."
  },
  {
    "name": "partitions",
    "default": 0,
    "kind": "whole",
    "unit": "partitions",
    "low": 0,
    "high": 10000,
    "above": false,
    "none": "",
    "help": "0: one shared queue; else keyed partitions."
  },
  {
    "name": "hot_share",
    "default": 0.0,
    "kind": "number",
    "unit": "share",
    "low": 0.0,
    "high": 1.0,
    "above": false,
    "none": "",
    "help": "Share of messages with the one hot key (partition 0)."
  },
  {
    "name": "queue_limit",
    "default": null,
    "kind": "whole",
    "unit": "messages",
    "low": 0,
    "high": 100000000,
    "above": false,
    "none": "no limit",
    "help": "Messages that may wait (in each partition)."
  },
  {
    "name": "on_full",
    "default": "reject",
    "kind": "choice",
    "unit": "one of",
    "choices": [
      "block",
      "reject",
      "drop-oldest",
      "drop-lowest",
      "expire"
    ],
    "help": "What happens when the queue is full."
  },
  {
    "name": "expire_after_s",
    "default": null,
    "kind": "number",
    "unit": "s",
    "low": 0.0,
    "high": 10000000.0,
    "above": true,
    "none": "never",
    "help": "A message waiting longer is dropped at the head of the queue."
  },
  {
    "name": "priority_mix",
    "default": [
      1.0
    ],
    "kind": "numbers",
    "unit": "shares",
    "low": 0.0,
    "high": 1000000.0,
    "most": 10,
    "help": "Share of each class, the most important first."
  },
  {
    "name": "order",
    "default": "fifo",
    "kind": "choice",
    "unit": "one of",
    "choices": [
      "fifo",
      "priority"
    ],
    "help": "Which waiting message goes first."
  },
  {
    "name": "throttle",
    "default": "none",
    "kind": "choice",
    "unit": "one of",
    "choices": [
      "none",
      "token-bucket",
      "aimd"
    ],
    "help": "What slows the producer down."
  },
  {
    "name": "throttle_rate_per_s",
    "default": 100.0,
    "kind": "number",
    "unit": "messages/s",
    "low": 0.0,
    "high": 1000000.0,
    "above": true,
    "none": "",
    "help": "Tokens per second (AIMD: at the start)."
  },
  {
    "name": "throttle_burst",
    "default": 1.0,
    "kind": "number",
    "unit": "messages",
    "low": 1.0,
    "high": 1000000.0,
    "above": false,
    "none": "",
    "help": "Tokens the bucket holds."
  },
  {
    "name": "aimd_interval_s",
    "default": 1.0,
    "kind": "number",
    "unit": "s",
    "low": 0.0,
    "high": 3600.0,
    "above": true,
    "none": "",
    "help": "AIMD: interval at which the feedback is checked."
  },
  {
    "name": "aimd_depth",
    "default": 100,
    "kind": "whole",
    "unit": "messages",
    "low": 0,
    "high": 100000000,
    "above": false,
    "none": "",
    "help": "AIMD: waiting messages that mean 'too fast'."
  },
  {
    "name": "aimd_increase_per_s",
    "default": 5.0,
    "kind": "number",
    "unit": "messages/s",
    "low": 0.0,
    "high": 1000000.0,
    "above": true,
    "none": "",
    "help": "AIMD: added to the rate when all is well."
  },
  {
    "name": "aimd_decrease",
    "default": 0.5,
    "kind": "number",
    "unit": "times",
    "low": 0.01,
    "high": 0.99,
    "above": false,
    "none": "",
    "help": "AIMD: the rate is multiplied by this when too fast."
  },
  {
    "name": "outbox_limit",
    "default": 0,
    "kind": "whole",
    "unit": "messages",
    "low": 0,
    "high": 100000000,
    "above": false,
    "none": "no limit",
    "help": "Messages that may wait at the producer."
  },
  {
    "name": "block_timeout_s",
    "default": null,
    "kind": "number",
    "unit": "s",
    "low": 0.0,
    "high": 10000000.0,
    "above": true,
    "none": "no timeout",
    "help": "A producer gives a message up after waiting this long."
  },
  {
    "name": "client_timeout_s",
    "default": null,
    "kind": "number",
    "unit": "s",
    "low": 0.0,
    "high": 10000000.0,
    "above": true,
    "none": "no timeout",
    "help": "The caller's timeout for one attempt."
  },
  {
    "name": "client_retries",
    "default": 0,
    "kind": "whole",
    "unit": "attempts",
    "low": 0,
    "high": 100,
    "above": false,
    "none": "",
    "help": "Further attempts after a timeout or a refusal."
  },
  {
    "name": "autoscale",
    "default": "none",
    "kind": "choice",
    "unit": "one of",
    "choices": [
      "none",
      "lag",
      "age",
      "cpu"
    ],
    "help": "The signal that consumers are scaled on."
  },
  {
    "name": "autoscale_target",
    "default": 100.0,
    "kind": "number",
    "unit": "messages per consumer (lag), s (age), share busy (cpu)",
    "low": 0.0,
    "high": 10000000.0,
    "above": true,
    "none": "",
    "help": "The target value of the signal."
  },
  {
    "name": "autoscale_interval_s",
    "default": 5.0,
    "kind": "number",
    "unit": "s",
    "low": 0.0,
    "high": 100000.0,
    "above": true,
    "none": "",
    "help": "Interval at which the signal is polled."
  },
  {
    "name": "autoscale_delay_s",
    "default": 10.0,
    "kind": "number",
    "unit": "s",
    "low": 0.0,
    "high": 100000.0,
    "above": false,
    "none": "",
    "help": "From the decision to a consumer that works."
  },
  {
    "name": "autoscale_cooldown_s",
    "default": 15.0,
    "kind": "number",
    "unit": "s",
    "low": 0.0,
    "high": 100000.0,
    "above": false,
    "none": "",
    "help": "No further decision for this long."
  },
  {
    "name": "autoscale_most",
    "default": 10,
    "kind": "whole",
    "unit": "consumers",
    "low": 1,
    "high": 10000,
    "above": false,
    "none": "",
    "help": "The most consumers."
  },
  {
    "name": "crash_every_s",
    "default": null,
    "kind": "number",
    "unit": "s",
    "low": 0.0,
    "high": 1000000000.0,
    "above": true,
    "none": "never",
    "help": "Mean time a consumer runs before it crashes."
  },
  {
    "name": "repair_s",
    "default": 5.0,
    "kind": "number",
    "unit": "s",
    "low": 0.0,
    "high": 1000000.0,
    "above": true,
    "none": "",
    "help": "Mean time until a crashed consumer is back."
  },
  {
    "name": "error_share",
    "default": 0.0,
    "kind": "number",
    "unit": "share",
    "low": 0.0,
    "high": 1.0,
    "above": false,
    "none": "",
    "help": "Share of handlings that fail and may succeed next time."
  },
  {
    "name": "poison_share",
    "default": 0.0,
    "kind": "number",
    "unit": "share",
    "low": 0.0,
    "high": 1.0,
    "above": false,
    "none": "",
    "help": "Share of messages that fail every time."
  },
  {
    "name": "delivery_limit",
    "default": null,
    "kind": "whole",
    "unit": "deliveries",
    "low": 1,
    "high": 1000000,
    "above": false,
    "none": "no limit",
    "help": "Deliveries before a message is dead-lettered."
  },
  {
    "name": "retry_backoff_s",
    "default": 0.0,
    "kind": "number",
    "unit": "s",
    "low": 0.0,
    "high": 1000000.0,
    "above": false,
    "none": "",
    "help": "Wait before the first retry; doubles for each further one."
  },
  {
    "name": "retry_backoff_most_s",
    "default": 60.0,
    "kind": "number",
    "unit": "s",
    "low": 0.0,
    "high": 10000000.0,
    "above": false,
    "none": "",
    "help": "The longest wait before a retry."
  },
  {
    "name": "retry_jitter",
    "default": 0.0,
    "kind": "number",
    "unit": "share",
    "low": 0.0,
    "high": 1.0,
    "above": false,
    "none": "",
    "help": "Share of the wait that is random."
  }
];

return { FIELDS };
})();

// ---- engine/scenario.js
const engine_scenario = (() => {
// By hand, beside scenario.py: checks a scenario and writes it as an address's query. The list of fields, with units and
// ranges, is Python's (fields.js is generated), and so are the sentences of every error.

const { FIELDS } = generated_fields;

const MOST_MESSAGES = 50000000;
const MOST_BACKLOG = 2000000;
const MOST_REDELIVERIES = 10000000;
const NAMES = FIELDS.map((spec) => spec.name);
const SPECS = Object.fromEntries(FIELDS.map((spec) => [spec.name, spec]));
const LONGEST_SAID = 40; // characters of a wrong text that an error repeats
const UNSAYABLE = /[\u0000-\u001f\u007f-\u00a0\u1680\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff\ud800-\udfff]/gu; // twin of field.py's
const WRITTEN = /^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$/; // a number in an address; twin of field.py's
const DEFAULTS = Object.fromEntries(FIELDS.map((spec) => [spec.name, spec.default]));

class CourseError extends Error {
  constructor(what, { do: next = "" } = {}) {
    super((next ? `${what.replace(/\.+$/, "")}. ${next}` : what).replace(/ +/g, " ").trim());
  }
}

class ScenarioError extends CourseError {
  constructor(field, problem, allowedText) {
    super(`scenario: ${field} ${problem}`, { do: `Allowed: ${allowedText}` });
    this.field = field;
  }
}

/** The scenario of an object; missing fields have their defaults. Throws ScenarioError. */
function scenario(values = {}) {
  const unknown = Object.keys(values)
    .filter((name) => !Object.hasOwn(SPECS, name))
    .sort();
  if (unknown.length) throw unknownField(unknown[0]);
  const checkedValues = {};
  for (const spec of FIELDS) checkedValues[spec.name] = validate(spec, Object.hasOwn(values, spec.name) ? values[spec.name] : spec.default);
  checkTogether(checkedValues);
  return Object.freeze(checkedValues);
}

const unknownField = (name) => new ScenarioError(oneLine(name), "is no field of a scenario", [...NAMES].sort().join(", "));

/** The fields that differ from their defaults. */
function changed(s) {
  const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);
  return Object.fromEntries(NAMES.filter((name) => !same(s[name], DEFAULTS[name])).map((name) => [name, s[name]]));
}

/** rate_per_s=120&on_full=block; lists joined by commas. */
function asQuery(s) {
  return Object.entries(changed(s))
    .map(([name, value]) => `${name}=${encodeURIComponent(toText(value)).replaceAll("%2C", ",")}`)
    .join("&");
}

/** The values in an address's query, read but not yet checked: what a base scenario is changed by. */
function valuesOfQuery(query) {
  const values = {};
  for (const [name, text] of new URLSearchParams(query.replace(/^[?#]+/, ""))) {
    if (!Object.hasOwn(SPECS, name)) throw unknownField(name);
    values[name] = fromText(SPECS[name], text);
  }
  return values;
}

/** The value that `toText` wrote. */
function fromText(spec, text) {
  if (spec.kind === "choice") return text;
  if (text === "none" && spec.none) return null;
  const number = (one) => {
    if (!WRITTEN.test(one.trim())) throw new ScenarioError(spec.name, `is ${quoted(text)}`, allowed(spec));
    return Number(one);
  };
  return spec.kind === "numbers" ? text.split(",").filter(Boolean).map(number) : number(text);
}

/** The allowed range of a field, with its unit, in words. */
function allowed(spec) {
  if (spec.kind === "choice") return spec.choices.join(", ");
  let span = `${spec.above ? "above" : "from"} ${toText(spec.low)} to ${toText(spec.high)} ${spec.unit}`;
  if (spec.kind === "whole") span = `whole numbers ${span}`;
  if (spec.kind === "numbers") span = `a list of at most ${spec.most} numbers ${span}`;
  return spec.none ? `${span}, or None (${spec.none})` : span;
}

function capacityPerS(s) {
  let consumers = s.autoscale === "none" ? s.consumers : Math.max(s.consumers, s.autoscale_most);
  if (s.partitions) consumers = Math.min(consumers, s.partitions);
  const up = s.crash_every_s === null ? 1.0 : s.crash_every_s / (s.crash_every_s + s.repair_s);
  const tries = s.error_share >= 1.0 || s.delivery_limit === 1 ? 1.0 : 1.0 / (1.0 - s.error_share);
  return (consumers * up) / (s.service_mean_s * tries);
}

function offeredPerS(s) {
  if (s.arrivals === "trace") return s.trace_s.length / s.duration_s;
  const surgeS = Math.max(0.0, Math.min(s.surge_for_s, s.duration_s - s.surge_from_s));
  return s.rate_per_s * (1.0 + ((s.surge_factor - 1.0) * surgeS) / s.duration_s);
}

function validate(spec, value) {
  if (spec.kind === "choice") {
    if (!spec.choices.includes(value)) throw new ScenarioError(spec.name, `is ${quoted(value)}`, allowed(spec));
    return value;
  }
  if (spec.kind === "numbers") {
    if (!Array.isArray(value) || value.length > spec.most) throw new ScenarioError(spec.name, `is ${quoted(value)}`, allowed(spec));
    return value.map((one) => inRange(spec, one));
  }
  if (value === null && spec.none) return null;
  return inRange(spec, value);
}

function inRange(spec, value) {
  if (typeof value !== "number" || (spec.kind === "whole" && Number.isFinite(value) && value !== Math.trunc(value)))
    throw new ScenarioError(spec.name, `is ${quoted(value)}`, allowed(spec));
  const tooLow = spec.above ? value <= spec.low : value < spec.low;
  if (tooLow || !(value <= spec.high)) throw new ScenarioError(spec.name, `is ${quoted(value)} ${spec.unit}`, allowed(spec));
  return value;
}

function checkTogether(s) {
  if (s.warm_up_s >= s.duration_s)
    throw new ScenarioError("warm_up_s", `is ${toText(s.warm_up_s)} s`, `from 0 to less than duration_s, ${toText(s.duration_s)} s`);
  if (s.arrivals === "trace" && s.trace_s.length === 0)
    throw new ScenarioError("trace_s", "is empty", "with arrivals 'trace' at least one time of arrival in s");
  if (s.trace_s.some((later, i) => i > 0 && later < s.trace_s[i - 1]))
    throw new ScenarioError("trace_s", "is not in order", "times of arrival in s, in ascending order");
  if (!s.priority_mix.some((share) => share > 0.0))
    throw new ScenarioError("priority_mix", `is ${tuple(s.priority_mix)}`, "1 to 10 shares, at least one of them above 0");
  if (s.on_full === "expire" && s.expire_after_s === null)
    throw new ScenarioError("expire_after_s", "is None", "with on_full 'expire' a number above 0 to 10000000 s");
  if (s.autoscale !== "none" && s.autoscale_most < s.consumers)
    throw new ScenarioError("autoscale_most", `is ${s.autoscale_most}`, `from consumers, ${s.consumers}, to 10000 consumers`);
  if (s.autoscale === "cpu" && s.autoscale_target > 1.0)
    throw new ScenarioError("autoscale_target", `is ${toText(s.autoscale_target)}`, "with autoscale 'cpu' above 0 to 1 share busy");
  if (s.hot_share > 0.0 && s.partitions === 0)
    throw new ScenarioError("hot_share", `is ${toText(s.hot_share)}`, "0 without partitions; set partitions to 1 or more");
  if (s.surge_factor === 0.0 && s.surge_for_s >= s.duration_s && s.surge_from_s === 0.0)
    throw new ScenarioError("surge_factor", "is 0 for the whole run", "above 0 to 1000 times, or a shorter surge_for_s in s");
  const expected = offeredPerS(s) * s.duration_s * (s.client_timeout_s === null ? 1 : 1 + s.client_retries);
  if (expected > MOST_MESSAGES)
    throw new ScenarioError(
      "duration_s",
      `is ${toText(s.duration_s)} s: ${expected.toFixed(0)} messages`,
      `above 0 to ${general((MOST_MESSAGES / expected) * s.duration_s)} s at this rate: at most ${MOST_MESSAGES} messages in a run`,
    );
  checkPeriods(s);
  checkGrowth(s);
}

function checkPeriods(s) {
  const consumers = s.autoscale === "none" ? s.consumers : s.autoscale_most;
  for (const [name, happens, many, pauseS] of [
    ["burst_on_s", s.arrivals === "bursty", 1, s.burst_off_s],
    ["aimd_interval_s", s.throttle === "aimd", 1, 0.0],
    ["autoscale_interval_s", s.autoscale !== "none", 1, 0.0],
    ["crash_every_s", s.crash_every_s !== null, consumers, s.repair_s],
  ]) {
    const times = happens ? (many * s.duration_s) / (s[name] + pauseS) : 0.0;
    if (times > MOST_MESSAGES)
      throw new ScenarioError(
        name,
        `is ${toText(s[name])} s: ${general(times)} times in this run`,
        `from ${general((many * s.duration_s) / MOST_MESSAGES - pauseS)} to ${toText(SPECS[name].high)} s at this duration_s`,
      );
  }
}

function checkGrowth(s) {
  const comes = offeredPerS(s);
  const leaves = capacityPerS(s);
  const bounded = s.queue_limit !== null && s.queue_limit <= MOST_BACKLOG;
  let sent = s.throttle === "token-bucket" ? s.throttle_rate_per_s : comes;
  if (s.on_full === "block" && bounded) sent = Math.min(sent, leaves);
  const braked = s.throttle !== "none" || s.on_full === "block";
  if (braked && s.outbox_limit === null && s.block_timeout_s === null)
    mustNotGrow(s, "outbox_limit", comes, Math.min(sent, comes));
  if (!bounded && s.expire_after_s === null) mustNotGrow(s, "queue_limit", Math.min(sent, comes), leaves);
}

function mustNotGrow(s, field, comes, leaves) {
  if ((comes - leaves) * s.duration_s > MOST_BACKLOG)
    throw new ScenarioError(
      field,
      `is ${toText(s[field])} messages while ${general(comes)} messages/s arrive and at most ${general(leaves)} leave: ` +
        "unstable, it grows without bound",
      `whole numbers from 0 to ${MOST_BACKLOG} messages, or rate_per_s up to ` +
        `${general(leaves + MOST_BACKLOG / s.duration_s)} messages/s`,
    );
}

/** A value as it stands in an address or an error: whole numbers without a point. */
function toText(value) {
  if (value === null) return "none";
  if (Array.isArray(value)) return value.map(toText).join(",");
  return typeof value === "number" ? digits(value) : String(value);
}

/** A number with six significant digits, as Python's format "g" writes it. */
function general(value) {
  if (!Number.isFinite(value)) return value > 0 ? "inf" : value < 0 ? "-inf" : "nan";
  if (value === 0) return "0";
  const exponent = Number(value.toExponential(5).split("e")[1]);
  if (exponent < -4 || exponent >= 6) {
    const [mantissa, power] = value.toExponential(5).split("e");
    const bare = mantissa.includes(".") ? mantissa.replace(/\.?0+$/, "") : mantissa;
    return `${bare}e${power[0]}${power.slice(1).padStart(2, "0")}`;
  }
  const fixed = value.toFixed(5 - exponent);
  return fixed.includes(".") ? fixed.replace(/\.?0+$/, "") : fixed;
}

/** The shortest digits of a double, written as Python writes them. */
function digits(value) {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e16 || size < 1e-4)) {
    const [mantissa, power] = value.toExponential().split("e");
    return `${mantissa}e${power[0]}${power.slice(1).padStart(2, "0")}`;
  }
  return String(value);
}

/** A wrong value as an error repeats it: short, on one line, and in the page as in Python. */
function quoted(value) {
  if (value === null || value === undefined) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "number") return digits(value);
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return typeof value === "object" ? `a dict of ${Object.keys(value).length}` : `'${oneLine(String(value))}'`;
}

/** The beginning of a text, with what cannot stand in a line as its code. */
function oneLine(text) {
  const start = [...text.slice(0, 2 * LONGEST_SAID + 2)]; // by code point, as Python counts
  const short = start.length <= LONGEST_SAID ? text : `${start.slice(0, LONGEST_SAID).join("")}…`;
  return short.replace(UNSAYABLE, (found) => `\\u${found.codePointAt(0).toString(16).padStart(4, "0")}`);
}

const pointed = (value) => (/^-?\d+$/.test(digits(value)) ? `${digits(value)}.0` : digits(value));
const tuple = (values) => `(${values.map(pointed).join(", ")}${values.length === 1 ? "," : ""})`;

return { MOST_MESSAGES, MOST_BACKLOG, MOST_REDELIVERIES, NAMES, SPECS, DEFAULTS, CourseError, ScenarioError, scenario, changed, asQuery, valuesOfQuery, fromText, allowed, capacityPerS, offeredPerS, toText, general, FIELDS };
})();

// ---- engine/kernel.js
const engine_kernel = (() => {
// By hand, beside kernel.py: the clock and the agenda. Processes are generator functions; `yield env.timeout(s)` waits, and
// `yield event` waits until another process calls `succeed()`.

const NEW_PROCESS_FIRST = 2 ** 52;

class Event {
  constructor(env) {
    this.env = env;
    this.waiter = null;
  }

  succeed() {
    const env = this.env;
    env.schedule(env.now, env.numbers++, this.waiter);
  }
}

class Environment {
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

return { Event, Environment };
})();

// ---- engine/runtime.js
const engine_runtime = (() => {
// What the generated model needs of Python beside the language itself; tools/to_javascript names these functions.

const { Environment } = engine_kernel;

const asFloat = new Float64Array(1);
const asBits = new Uint32Array(asFloat.buffer);
// which half of a double holds its exponent depends on the machine
const HIGH = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 1 : 0;

/** math.frexp of a positive, normal, finite number: [m, k] with x = m * 2**k and 0.5 <= m < 1, exactly. */
function frexp(x) {
  asFloat[0] = x;
  const high = asBits[HIGH];
  asBits[HIGH] = (high & 0x800fffff) | 0x3fe00000;
  return [asFloat[0], ((high >>> 20) & 0x7ff) - 1022];
}

/** simulation.environment: the page has one engine, the course's own, and no SimPy. */
const environment = () => new Environment();

/** bisect.bisect_right: where a value goes into a sorted list, behind those equal to it. */
function bisectRight(sorted, value) {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (value < sorted[middle]) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** min(items, key=key): the first of the least; there must be one. */
function leastBy(items, key) {
  let least = items[0];
  for (let index = 1; index < items.length; index++) if (key(items[index]) < key(least)) least = items[index];
  return least;
}

/** next(iterator, otherwise). */
function nextOr(iterator, otherwise) {
  const { value, done } = iterator.next();
  return done ? otherwise : value;
}

class Lazy {
  constructor(items, test, make) {
    this.items = items;
    this.test = test;
    this.make = make;
    this.index = 0;
  }

  [Symbol.iterator]() {
    return this;
  }

  next() {
    while (this.index < this.items.length) {
      const item = this.items[this.index++];
      if (this.test(item)) return { value: this.make(item), done: false };
    }
    return { value: undefined, done: true };
  }
}

/** (make(item) for item in items if test(item)), for a list */
const lazily = (items, test, make) => new Lazy(items, test, make);

/** [make(a, b) for a, b in zip(one, other, strict=True)] */
function mapBoth(one, other, make) {
  if (one.length !== other.length) throw new RangeError(`zip: ${one.length} and ${other.length} elements`);
  return one.map((element, index) => make(element, other[index]));
}

/** a % b with the sign of b. */
const modulo = (a, b) => ((a % b) + b) % b;

/** list.remove(item); the item is in it. */
function removeFrom(list, item) {
  list.splice(list.indexOf(item), 1);
}

/** A text in quotes, as repr writes it. */
function quoted(text) {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  return quote + text.replaceAll("\\", "\\\\").replaceAll(quote, `\\${quote}`) + quote;
}

return { frexp, environment, bisectRight, leastBy, nextOr, lazily, mapBoth, modulo, removeFrom, quoted };
})();

// ---- engine/deque.js
const engine_deque = (() => {
// A double-ended queue in a ring: Python's deque, as far as the model uses it.

class Deque {
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

return { Deque };
})();

// ---- generated/message.js
const generated_message = (() => {
// Generated from mqcourse/backpressure/model/message.py by `make derived`; change it there.

// One message, and the queue that messages wait in.

const { Deque } = engine_deque;
const { lazily, leastBy } = engine_runtime;

/**
 * One attempt to have something done: made by the producer, ended exactly once.
 *
 * Times in seconds since the start of the run. `born_s` is when its caller first asked; an attempt that a caller
 * makes again has the same `born_s` and an `attempt` one higher.
 */
class Message {
  constructor(number, now, born_s, attempt, work_s) {
    this.number = number;
    this.created_s = now;
    this.born_s = born_s;
    this.attempt = attempt;
    this.work_s = work_s;
    this.entered_s = now; // when the broker took it
    this.ready_s = now; // when it is at the consumer
    this.kind = 0; // its class: 0 is the most important
    this.partition = 0;
    this.poison = false;
    this.deliveries = 0; // deliveries that failed
    this.abandoned = false; // its caller waits no longer
    this.answered = false; // its caller knows how it ended
  }
}

/** Messages that wait: a line for each class, all lines in the order in which the messages entered. */
class MessageQueue {
  constructor(kinds, by_priority) {
    this.lines = Array.from({ length: kinds }, () => new Deque());
    this.by_priority = by_priority;
    this.count = 0;
  }

  /** To the tail. */
  put(message) {
    this.lines[message.kind].push(message);
    this.count += 1;
  }

  /** To the head, where it came from. */
  put_back(message) {
    this.lines[message.kind].pushFront(message);
    this.count += 1;
  }

  /**
   * The line whose head goes first: the most important one, or (fifo) the one whose head entered first
   * (a tie: the more important).
   */
  _next_line() {
    const lines = this.lines;
    if (lines.length === 1) {
      return lines[0];
    }
    if (this.by_priority) {
      return lines.find((line) => line.length > 0);
    }
    return leastBy(lines.filter((line) => line.length > 0), _entered);
  }

  /** The message that goes first; the queue must not be empty. */
  take() {
    this.count -= 1;
    return this._next_line().shift();
  }

  /** The message that entered first, whatever its class (a tie: the more important one). */
  take_oldest() {
    this.count -= 1;
    return leastBy(this.lines.filter((line) => line.length > 0), _entered).shift();
  }

  /** The last message of a class. */
  take_newest_of(kind) {
    this.count -= 1;
    return this.lines[kind].pop();
  }

  /** The least important class that waits here; -1 when nothing waits. */
  lowest() {
    for (let kind = this.lines.length - 1; kind > -1; kind--) {
      if (this.lines[kind].length > 0) {
        return kind;
      }
    }
    return -1;
  }

  /** The first message of each line that is not empty, the most important class first. */
  heads() {
    return lazily(this.lines, (line) => line.length > 0, (line) => line.at(0));
  }
}

function _entered(line) {
  return line.at(0).entered_s;
}

return { Message, MessageQueue };
})();

// ---- generated/broker.js
const generated_broker = (() => {
// Generated from mqcourse/backpressure/model/broker.py by `make derived`; change it there.

// The broker: takes messages in, keeps them in order and within limits, hands them to consumers with credit.

const { Deque } = engine_deque;
const { modulo } = engine_runtime;
const { MessageQueue } = generated_message;

/** One queue, or one for each partition; at every instant no message waits while a consumer of it has credit. */
class Broker {
  constructor(env, scenario, meter) {
    this.env = env;
    this.scenario = scenario;
    this.meter = meter;
    const by_priority = scenario.order === "priority";
    this.queues =
        Array.from({ length: scenario.partitions !== 0 ? scenario.partitions : 1 },
        () => new MessageQueue(scenario.priority_mix.length, by_priority));
    this.prefetch = scenario.prefetch;
    this.limit = scenario.queue_limit === null ? 2 ** 60 : scenario.queue_limit;
    this.available = new Deque(); // shared queue: consumers with credit, the next one first
    this.owners = []; // partitions: who reads each
    this.room_wanted = new Deque(); // producers that wait for room, the first one first
    this.work_wanted = null; // the expiring process, while it has nothing to watch
    this.expire_after_s = scenario.expire_after_s === null ? 1e300 : scenario.expire_after_s;
    if (scenario.expire_after_s !== null) {
      env.process(this.expire(scenario.expire_after_s));
    }
  }

  /** The consumer that may take the next message of this queue, if one has credit. */
  next_consumer(partition) {
    if (this.owners.length > 0) {
      const owner = this.owners[partition];
      return owner.taking && owner.unacked < this.prefetch ? owner : null;
    }
    return this.available.length > 0 ? this.available.at(0) : null;
  }

  /** Whether a message would be taken in without anything having to go. */
  has_room(message) {
    return this.queues[message.partition].count < this.limit ||
        this.next_consumer(message.partition) !== null;
  }

  /** Take a message in, by the rule for a full queue; False when it was rejected. */
  publish(message) {
    const meter = this.meter;
    const partition = message.partition;
    message.entered_s = meter.now;
    const queue = this.queues[partition];
    const consumer = queue.count === 0 ? this.next_consumer(partition) : null;
    if (consumer !== null) {
      this.deliver(message, consumer);
      return true;
    }
    if (queue.count >= this.limit && !this.make_room(queue, message)) {
      meter.end(message, meter.rejected);
      message.answered = true;
      meter.note("rejected", message);
      return false;
    }
    this.put(message);
    return true;
  }

  /** Let a message wait at the tail of its queue. */
  put(message) {
    const meter = this.meter;
    this.queues[message.partition].put(message);
    meter.waiting += 1;
    if (meter.waiting > meter.most_waiting) {
      meter.most_waiting = meter.waiting;
    }
    if (meter.journal !== null) {
      meter.note("queued", message);
    }
    if (this.work_wanted !== null) {
      this.watch();
    }
  }

  /** Wake the expiring process: there is something to watch again. */
  watch() {
    this.work_wanted.succeed();
    this.work_wanted = null;
  }

  /** Drop a waiting message in favour of this one, where the rule requires it; else False. */
  make_room(queue, message) {
    const policy = this.scenario.on_full;
    let victim;
    if (policy === "drop-oldest" && queue.count > 0) {
      victim = queue.take_oldest();
    } else if (policy === "drop-lowest" && queue.lowest() > message.kind) {
      victim = queue.take_newest_of(queue.lowest());
    } else {
      // reject; block (a caller that could not wait); expire (what is too old has gone before)
      return false;
    }
    this.drop(victim, this.meter.dropped, "dropped");
    return true;
  }

  /** End a message that was taken out of a queue. */
  drop(victim, counts, what) {
    this.meter.waiting -= 1;
    this.meter.end(victim, counts);
    this.meter.note(what, victim);
  }

  /** Give a message to a consumer with credit: it counts as in flight until it is acknowledged. */
  deliver(message, consumer) {
    const meter = this.meter;
    meter.in_flight += 1;
    consumer.unacked += 1;
    message.ready_s = meter.now + this.scenario.delivery_s;
    consumer.inbox.push(message);
    if (this.owners.length === 0) {
      this.available.shift();
      if (consumer.unacked < this.prefetch) {
        this.available.push(consumer); // round robin
      }
    }
    if (meter.journal !== null) {
      meter.note("delivered", message, consumer.number);
    }
    if (consumer.asleep !== null) {
      consumer.asleep.succeed();
      consumer.asleep = null;
    }
  }

  /** Deliver waiting messages as long as a consumer has credit; then let waiting producers in. */
  dispatch(partition) {
    const queue = this.queues[partition];
    while (queue.count !== 0) {
      const consumer = this.next_consumer(partition);
      if (consumer === null) {
        break;
      }
      const message = queue.take();
      if (message.entered_s + this.expire_after_s <= this.meter.now) {
        this.drop(message, this.meter.expired, "expired"); // it came back too old
        continue;
      }
      this.meter.waiting -= 1;
      this.deliver(message, consumer);
    }
    if (this.room_wanted.length > 0) {
      this.admit_waiting();
    }
  }

  /** Wake the first waiting producer whose message would be taken in. */
  admit_waiting() {
    for (const waiter of this.room_wanted) {
      if (this.has_room(waiter.message)) {
        this.room_wanted.remove(waiter);
        waiter.wake();
        return;
      }
    }
  }

  /** A consumer is done with one message, well or badly: its credit is back, and it gets the next message. */
  acknowledged(consumer) {
    this.meter.in_flight -= 1;
    consumer.unacked -= 1;
    if (!consumer.taking) {
      return;
    }
    if (this.owners.length === 0) {
      if (consumer.unacked === this.prefetch - 1) {
        this.available.push(consumer);
      }
      this.dispatch(0);
    } else {
      this.serve(consumer);
    }
  }

  /** Deliver from a consumer's own partitions, another one first each time. */
  serve(consumer) {
    if (consumer.partitions.length > 0) {
      consumer.partitions.rotate(-1);
      for (const partition of consumer.partitions.toArray()) {
        this.dispatch(partition);
      }
    }
  }

  /** A consumer with all its credit is ready. */
  joined(consumer) {
    if (this.owners.length === 0) {
      this.available.push(consumer);
      this.dispatch(0);
    } else {
      this.serve(consumer);
    }
  }

  /** A consumer takes no more messages. */
  left(consumer) {
    if (this.available.includes(consumer)) {
      this.available.remove(consumer);
    }
  }

  /** Deal the partitions out among the consumers: partition p to consumer p modulo their number. */
  assign(consumers) {
    if (this.scenario.partitions === 0) {
      return;
    }
    for (const consumer of consumers) {
      consumer.partitions.clear();
    }
    this.owners =
        Array.from({ length: this.queues.length },
        (_, partition) => consumers[modulo(partition, consumers.length)]);
    for (let partition = 0; partition < this.owners.length; partition++) {
      const owner = this.owners[partition];
      owner.partitions.push(partition);
    }
    for (let partition = 0, partition_end = this.queues.length; partition < partition_end; partition++) {
      this.dispatch(partition);
    }
  }

  /** A delivered message returns to the head of its queue: its consumer crashed, left or returned it. */
  requeue(message) {
    this.queues[message.partition].put_back(message);
    this.meter.waiting += 1;
    this.meter.note("returned", message);
    if (this.expire_after_s < 1e300) {
      this.env.process(this.expire_returned(message));
    }
  }

  /** Age in seconds of the oldest message at the head of a line; 0 when nothing waits. */
  oldest_s() {
    let oldest = 0.0;
    for (const queue of this.queues) {
      for (const head of queue.heads()) {
        const age = this.meter.now - head.entered_s;
        if (age > oldest) {
          oldest = age;
        }
      }
    }
    return oldest;
  }

  /** Process: drop every message that reached its age at the head of its line. */
  *expire(after_s) {
    while (true) {
      let next_s = 1e300;
      for (const queue of this.queues) {
        for (const head of queue.heads()) {
          if (head.entered_s + after_s < next_s) {
            next_s = head.entered_s + after_s;
          }
        }
      }
      if (next_s < 1e300) {
        yield this.env.timeout(next_s > this.env.now ? next_s - this.env.now : 0.0);
        this.drop_expired();
      } else {
        this.work_wanted = this.env.event();
        yield this.work_wanted;
      }
    }
  }

  /** Process: a message that was returned is older than those the expiring process watches; see to it in time. */
  *expire_returned(message) {
    const due_s = message.entered_s + this.expire_after_s;
    yield this.env.timeout(due_s > this.env.now ? due_s - this.env.now : 0.0);
    this.drop_expired();
  }

  /** Drop what is too old at the head of each line; then there may be room. */
  drop_expired() {
    this.meter.tick(this.env.now);
    for (let partition = 0; partition < this.queues.length; partition++) {
      const queue = this.queues[partition];
      for (const line of queue.lines) {
        while (line.length > 0 && line.at(0).entered_s + this.expire_after_s <= this.env.now) {
          queue.count -= 1;
          this.drop(line.shift(), this.meter.expired, "expired");
        }
      }
      this.dispatch(partition);
    }
  }
}

return { Broker };
})();

// ---- generated/consumer.js
const generated_consumer = (() => {
// Generated from mqcourse/backpressure/model/consumer.py by `make derived`; change it there.

// One consumer, as the broker and the group of consumers see it.

const { Deque } = engine_deque;

/** One consumer: its buffer of delivered messages and the one it works on. */
class Consumer {
  constructor(number) {
    this.number = number;
    this.inbox = new Deque();
    this.current = null;
    this.working = false; // on `current`, which is otherwise still on its way to it
    this.unacked = 0; // delivered to it and not acknowledged: inbox and current
    this.taking = false; // gets new messages
    this.leaving = false; // finishes the current one and goes
    this.generation = 0; // goes up with each crash: work begun in an earlier one no longer counts
    this.asleep = null; // the event it waits for while its inbox is empty
    this.partitions = new Deque();
  }
}

return { Consumer };
})();

// ---- generated/numerics.js
const generated_numerics = (() => {
// Generated from mqcourse/backpressure/model/numerics.py by `make derived`; change it there.

// Logarithm, exponential and normal quantile that give the same result, to the last bit, in every language.
//
// Why not `math.log`: IEEE 754 fixes the result of + - * / and of the square root, and of nothing else. `log`, `exp`
// and `pow` come from the C library of the machine in CPython, from another one in Pyodide, and from a third in each
// browser; their last bits differ. A simulation compares times, so one such bit can swap two events and change
// every figure after it. The functions here use only + - * / and sqrt, in a fixed order, with constants written
// out. JavaScript repeats the same operations in the same order and so gives the same bits.
//
// Sources: ln and exp after W. Kahan's and K. C. Ng's fdlibm (e_log.c, e_exp.c; Sun Microsystems, 1993), error below
// 1 unit in the last place; the normal quantile is algorithm AS 241 (PPND16), M. J. Wichura, Applied Statistics 37
// (1988), relative error about 1e-16.

const { frexp } = engine_runtime;

const LN2_HI = 6.93147180369123816490e-01;
const LN2_LO = 1.90821492927058770002e-10;
const INVERSE_LN2 = 1.44269504088896338700;
const HALF_SQRT2 = 0.7071067811865476;

/**
 * Natural logarithm of a positive, normal, finite number.
 *
 * `frexp` (x = m * 2**k with 0.5 <= m < 1) is exact, so another language may take m and k from the bits of x.
 */
function ln(x) {
  const m_and_k = frexp(x);
  let m = m_and_k[0];
  let k = m_and_k[1];
  if (m < HALF_SQRT2) {
    m = m + m;
    k = k - 1;
  }
  const f = m - 1.0;
  const s = f / (2.0 + f);
  const z = s * s;
  const w = z * z;
  const even = w * (3.999999999940941908e-01 + w * (2.222219843214978396e-01 + w * 1.531383769920937332e-01));
  const odd = z *
      (6.666666666666735130e-01 + w *
      (2.857142874366239149e-01 + w * (1.818357216161805012e-01 + w * 1.479819860511658591e-01)));
  const half = 0.5 * f * f;
  return k * LN2_HI - (half - (s * (half + (odd + even)) + k * LN2_LO) - f);
}

/** e to the power x, for -700 <= x <= 700 (outside it the result is held at the edge). */
function exp(x) {
  if (x > 700.0) {
    x = 700.0;
  } else if (x < -700.0) {
    x = -700.0;
  }
  const k = x >= 0.0 ? Math.trunc(x * INVERSE_LN2 + 0.5) : -Math.trunc(0.5 - x * INVERSE_LN2);
  const high = x - k * LN2_HI;
  const low = k * LN2_LO;
  const r = high - low;
  const t = r * r;
  const c = r - t *
      (1.66666666666666019037e-01 + t *
      (-2.77777777770155933842e-03 + t *
      (6.61375632143793436117e-05 + t * (-1.65339022054652515390e-06 + t * 4.13813679705723846039e-08))));
  let y = 1.0 - (low - r * c / (2.0 - c) - high);
  const step = k >= 0 ? 2.0 : 0.5;
  for (let _ = 0, _end = k >= 0 ? k : -k; _ < _end; _++) {
    y = y * step; // a power of two: exact
  }
  return y;
}

/** The z below which a standard normal variable falls with probability u, 0 < u < 1 (AS 241, PPND16). */
function normal_quantile(u) {
  const q = u - 0.5;
  let r, num, den;
  if (-0.425 <= q && q <= 0.425) {
    r = 0.180625 - q * q;
    num =
        (((((((2509.0809287301226727 * r + 33430.575583588128105) * r + 67265.770927008700853) * r +
        45921.953931549871457) * r + 13731.693765509461125) * r + 1971.5909503065514427) * r +
        133.14166789178437745) * r + 3.387132872796366608) * q;
    den =
        ((((((5226.495278852854561 * r + 28729.085735721942674) * r + 39307.89580009271061) * r +
        21213.794301586595867) * r + 5394.1960214247511077) * r + 687.1870074920579083) * r +
        42.313330701600911252) * r + 1.0;
    return num / den;
  }
  r = Math.sqrt(-ln(q <= 0.0 ? u : 1.0 - u));
  if (r <= 5.0) {
    r = r - 1.6;
    num =
        ((((((7.74545014278341407640e-4 * r + 2.27238449892691845833e-2) * r + 2.41780725177450611770e-1) *
        r + 1.27045825245236838258) * r + 3.64784832476320460504) * r + 5.76949722146069140550) * r +
        4.63033784615654529590) * r + 1.42343711074968357734;
    den =
        ((((((1.05075007164441684324e-9 * r + 5.47593808499534494600e-4) * r + 1.51986665636164571966e-2) *
        r + 1.48103976427480074590e-1) * r + 6.89767334985100004550e-1) * r + 1.67638483018380384940) * r +
        2.05319162663775882187) * r + 1.0;
  } else {
    r = r - 5.0;
    num =
        ((((((2.01033439929228813265e-7 * r + 2.71155556874348757815e-5) * r + 1.24266094738807843860e-3) *
        r + 2.65321895265761230930e-2) * r + 2.96560571828504891230e-1) * r + 1.78482653991729133580) * r +
        5.46378491116411436990) * r + 6.65790464350110377720;
    den =
        ((((((2.04426310338993978564e-15 * r + 1.42151175831644588870e-7) * r + 1.84631831751005468180e-5) *
        r + 7.86869131145613259100e-4) * r + 1.48753612908506148525e-2) * r + 1.36929880922735805310e-1) *
        r + 5.99832206555887937690e-1) * r + 1.0;
  }
  return q > 0.0 ? num / den : -(num / den);
}

return { LN2_HI, LN2_LO, INVERSE_LN2, HALF_SQRT2, ln, exp, normal_quantile };
})();

// ---- generated/draws.js
const generated_draws = (() => {
// Generated from mqcourse/backpressure/model/draws.py by `make derived`; change it there.

// Random numbers that every language repeats: mulberry32, one stream for each purpose.
//
// mulberry32 (T. Ettinger, 2017, public domain) counts its 32-bit state up by a constant and scrambles it. A
// separate stream for arrivals, work, keys and so on keeps scenarios comparable: change the service time, and the same
// messages still arrive at the same times (common random numbers; Law, Simulation Modeling and Analysis, 11.2).

const { exp, ln, normal_quantile } = generated_numerics;

/** What each stream is for; its place in this tuple is its number in the contract. */
const STREAMS =
    ["arrivals", "bursts", "work", "class", "key", "poison", "error", "crash", "repair", "backoff", "client"];

const MASK = 0xFFFFFFFF;
const STEP = 0x6D2B79F5;

/** Draws between the starts of two streams: the largest prime below 2**28, so that sixteen streams fit. */
const STREAM_SPACING = 0x0FFFFFC7;

/** 2**28 divided by the golden ratio: successive seeds start as far apart as they can. */
const SEED_SPACING = 165_902_235;

/** The first state of a stream: the counter after `stream * STREAM_SPACING + seed * SEED_SPACING mod 2**28` steps. */
function start(seed, stream) {
  const steps = stream * STREAM_SPACING + (Math.imul(seed, SEED_SPACING) & 0x0FFFFFFF);
  return Math.imul(steps, STEP) >>> 0;
}

/** A function that draws the next number of a stream: (k + 0.5) / 2**32 with k a 32-bit number, never 0 or 1. */
function uniform(seed, purpose) {
  let state = start(seed, STREAMS.indexOf(purpose));
  const draw = () => {
    state = (state + 0x6D2B79F5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1) >>> 0;
    t = (t ^ ((t + Math.imul(t ^ (t >>> 7), t | 61)) >>> 0)) >>> 0;
    return (((t ^ (t >>> 14)) >>> 0) + 0.5) * 2.3283064365386963e-10; // times 2**-32: exact
  };
  return draw;
}

/** Exponential numbers with mean 1, one draw each, by inversion: -ln(u). */
function exponential(draw) {
  const next_one = () => {
    return -ln(draw());
  };
  return next_one;
}

/** Always the same value; draws nothing. */
function constant(value) {
  const next_one = () => {
    return value;
  };
  return next_one;
}

/** Exponential numbers with the given mean: mean * -ln(u). */
function scaled_exponential(draw, mean) {
  const next_one = () => {
    return mean * -ln(draw());
  };
  return next_one;
}

/** Lognormal numbers with the given mean and coefficient of variation: exp(mu + sigma * z), z by inversion. */
function lognormal(draw, mean, cv) {
  const variance = ln(1.0 + cv * cv);
  const sigma = Math.sqrt(variance);
  const mu = ln(mean) - 0.5 * variance;
  const next_one = () => {
    return exp(mu + sigma * normal_quantile(draw()));
  };
  return next_one;
}

/** Pareto numbers with the given mean and tail index (> 1; below 2 the variance is infinite), by inversion. */
function pareto(draw, mean, tail) {
  const least = mean * (tail - 1.0) / tail;
  const next_one = () => {
    return least * exp(-ln(draw()) / tail);
  };
  return next_one;
}

return { STREAMS, MASK, STEP, STREAM_SPACING, SEED_SPACING, start, uniform, exponential, constant, scaled_exponential, lognormal, pareto };
})();

// ---- generated/consumers.js
const generated_consumers = (() => {
// Generated from mqcourse/backpressure/model/consumers.py by `make derived`; change it there.

// The consumers: take messages, work, acknowledge; crash and return; be scaled up and down.

const { removeFrom } = engine_runtime;
const { Consumer } = generated_consumer;
const { exponential, uniform } = generated_draws;

/** All consumers of a run, and what happens to them. */
class Consumers {
  constructor(env, scenario, meter, broker) {
    this.env = env;
    this.scenario = scenario;
    this.meter = meter;
    this.broker = broker;
    this.group = []; // those that belong to the group, crashed ones included
    this.leaving = []; // scaled down, still finishing
    this.wanted = scenario.consumers;
    this.numbered = 0;
    this.error = uniform(scenario.seed, "error");
    this.crash_after = exponential(uniform(scenario.seed, "crash"));
    this.repair_after = exponential(uniform(scenario.seed, "repair"));
    this.jitter = uniform(scenario.seed, "backoff");
    this.retrying = new Map();
    for (let _ = 0, _end = scenario.consumers; _ < _end; _++) {
      this.group.push(this.new_consumer());
    }
    broker.assign(this.group);
    for (const consumer of this.group) {
      this.start(consumer);
    }
    if (scenario.autoscale !== "none") {
      env.process(this.autoscale());
    }
  }

  /** A new consumer that does not run yet. */
  new_consumer() {
    const consumer = new Consumer(this.numbered);
    this.numbered += 1;
    return consumer;
  }

  /** Let a consumer run; it has all its credit. */
  start(consumer) {
    consumer.taking = true;
    this.meter.up += 1;
    this.env.process(this.consume(consumer));
    if (this.scenario.crash_every_s !== null) {
      this.env.process(this.crash(consumer, this.scenario.crash_every_s));
    }
    this.broker.joined(consumer);
  }

  /** Process: take the next delivered message, work on it, settle it; sleep while there is none. */
  *consume(consumer) {
    const env = this.env;
    const meter = this.meter;
    const broker = this.broker;
    const inbox = consumer.inbox;
    const generation = consumer.generation;
    const may_fail = this.scenario.error_share > 0.0 || this.scenario.poison_share > 0.0;
    while (true) {
      if (inbox.length === 0) {
        consumer.asleep = env.event();
        yield consumer.asleep;
        if (consumer.generation !== generation) {
          return;
        }
        if (inbox.length === 0) { // woken to leave
          break;
        }
      }
      const message = inbox.shift();
      consumer.current = message;
      if (message.ready_s > env.now) {
        yield env.timeout(message.ready_s - env.now);
        if (consumer.generation !== generation) {
          return;
        }
      }
      meter.tick(env.now);
      meter.busy += 1;
      consumer.working = true;
      if (message.deliveries === 0) {
        meter.starts[message.kind] += 1;
        meter.wait_s[message.kind] += meter.now - message.created_s;
      }
      if (meter.journal !== null) {
        meter.note("started", message, consumer.number);
      }
      yield env.timeout(message.work_s);
      if (consumer.generation !== generation) {
        // it crashed meanwhile, and the broker has given the message to another
        return;
      }
      meter.tick(env.now);
      meter.busy -= 1;
      consumer.working = false;
      consumer.current = null;
      if (may_fail &&
          (message.poison || this.scenario.error_share > 0.0 && this.error() < this.scenario.error_share)) {
        this.failed(message);
        broker.acknowledged(consumer);
        broker.dispatch(message.partition);
      } else {
        meter.complete(message);
        if (meter.journal !== null) {
          meter.note("completed", message, consumer.number);
        }
        broker.acknowledged(consumer);
      }
      if (consumer.leaving && inbox.length === 0) {
        break;
      }
    }
    meter.tick(env.now);
    meter.up -= 1;
    removeFrom(this.leaving, consumer);
  }

  /** A handling failed: deliver the message again, later or at once, or dead-letter it. */
  failed(message) {
    const s = this.scenario;
    const meter = this.meter;
    message.deliveries += 1;
    meter.redelivered();
    if (s.delivery_limit !== null && message.deliveries >= s.delivery_limit) {
      meter.end(message, meter.dead);
      meter.note("dead-lettered", message);
    } else if (s.retry_backoff_s > 0.0) {
      meter.retrying += 1;
      this.retrying.set(message.number, message);
      meter.note("backs off", message);
      this.env.process(this.back_off(message));
    } else {
      this.broker.requeue(message);
    }
  }

  /** Process: after its backoff the message goes to the tail of its queue, whatever the limit is. */
  *back_off(message) {
    yield this.env.timeout(backoff_s(this.scenario, message.deliveries, this.jitter));
    const meter = this.meter;
    const broker = this.broker;
    meter.tick(this.env.now);
    this.retrying.delete(message.number);
    meter.retrying -= 1;
    message.entered_s = meter.now;
    broker.put(message);
    broker.dispatch(message.partition);
  }

  /** Process: the consumer runs for a while, crashes, and is repaired, again and again. */
  *crash(consumer, every_s) {
    const env = this.env;
    const meter = this.meter;
    const broker = this.broker;
    while (true) {
      yield env.timeout(every_s * this.crash_after());
      if (consumer.leaving) {
        return;
      }
      meter.tick(env.now);
      meter.crashes += 1;
      meter.up -= 1;
      if (consumer.working) {
        meter.busy -= 1;
        consumer.working = false;
      }
      consumer.generation += 1;
      consumer.taking = false;
      broker.left(consumer);
      this.return_all(consumer, true);
      if (consumer.asleep !== null) {
        consumer.asleep.succeed();
        consumer.asleep = null;
      }
      yield env.timeout(this.scenario.repair_s * this.repair_after());
      if (consumer.leaving) {
        removeFrom(this.leaving, consumer);
        return;
      }
      meter.tick(env.now);
      meter.up += 1;
      consumer.taking = true;
      env.process(this.consume(consumer));
      broker.joined(consumer);
    }
  }

  /**
   * Give every unacknowledged message of a consumer back to its queue, in the order they had there.
   *
   * `failed`: the consumer crashed, so each counts as a delivery that failed, the one it worked on included.
   */
  return_all(consumer, failed) {
    const meter = this.meter;
    const limit = this.scenario.delivery_limit;
    const unacked = consumer.inbox.toArray();
    consumer.inbox.clear();
    if (failed && consumer.current !== null) {
      unacked.splice(0, 0, consumer.current);
      consumer.current = null;
    }
    meter.in_flight -= unacked.length;
    consumer.unacked -= unacked.length;
    const partitions = [];
    for (const message of unacked.slice().reverse()) {
      if (failed) {
        message.deliveries += 1;
        meter.redelivered();
        if (limit !== null && message.deliveries >= limit) {
          meter.end(message, meter.dead);
          meter.note("dead-lettered", message);
          continue;
        }
      }
      this.broker.requeue(message);
      partitions.push(message.partition);
    }
    for (const partition of partitions) {
      this.broker.dispatch(partition);
    }
  }

  /** Process: look at the signal every interval and set the number of consumers, with delay and cooldown. */
  *autoscale() {
    const s = this.scenario;
    const env = this.env;
    const meter = this.meter;
    let calm_from_s = 0.0;
    let busy_s = 0.0;
    let up_s = 0.0;
    let desired;
    while (true) {
      yield env.timeout(s.autoscale_interval_s);
      meter.tick(env.now);
      if (s.autoscale === "lag") {
        desired = meter.waiting / s.autoscale_target;
      } else if (s.autoscale === "age") {
        desired = this.wanted * this.broker.oldest_s() / s.autoscale_target;
      } else {
        const up = meter.area_up - up_s;
        const share = up > 0.0 ? (meter.area_busy - busy_s) / up : 1.0;
        desired = this.wanted * share / s.autoscale_target;
        busy_s = meter.area_busy;
        up_s = meter.area_up;
      }
      const wanted = desired >= s.autoscale_most ? s.autoscale_most
          : Math.max(s.consumers, Math.ceil(desired));
      if (wanted === this.wanted || meter.now < calm_from_s) {
        continue;
      }
      calm_from_s = meter.now + s.autoscale_cooldown_s;
      const before = this.wanted;
      this.wanted = wanted;
      for (let _ = 0, _end = wanted - before; _ < _end; _++) {
        env.process(this.join_later());
      }
      if (wanted < before) {
        this.shrink();
      }
    }
  }

  /** Process: a consumer that was decided on starts after the delay, if it is still wanted then. */
  *join_later() {
    yield this.env.timeout(this.scenario.autoscale_delay_s);
    this.meter.tick(this.env.now);
    if (this.group.length < this.wanted) {
      const consumer = this.new_consumer();
      this.group.push(consumer);
      this.broker.assign(this.group);
      this.start(consumer);
    }
  }

  /** Let the youngest consumers go: what they hold goes back, what they work on they finish. */
  shrink() {
    const leavers = this.group.slice(this.wanted);
    this.group.splice(this.wanted);
    this.broker.assign(this.group);
    for (const consumer of leavers) {
      const crashed = !consumer.taking;
      consumer.leaving = true;
      consumer.taking = false;
      consumer.partitions.clear();
      this.leaving.push(consumer);
      this.broker.left(consumer);
      this.return_all(consumer, false);
      if (!crashed && consumer.asleep !== null) {
        consumer.asleep.succeed();
        consumer.asleep = null;
      }
    }
  }
}

/** The wait after so many failures: doubled each time up to the longest, then a random share taken off. */
function backoff_s(scenario, failures, jitter) {
  let wait = scenario.retry_backoff_s;
  for (let _ = 0, _end = failures - 1; _ < _end; _++) {
    if (wait >= scenario.retry_backoff_most_s) {
      break;
    }
    wait = wait + wait;
  }
  if (wait > scenario.retry_backoff_most_s) {
    wait = scenario.retry_backoff_most_s;
  }
  if (scenario.retry_jitter > 0.0) {
    wait = wait * (1.0 - scenario.retry_jitter * jitter());
  }
  return wait;
}

return { Consumers, backoff_s };
})();

// ---- generated/meter.js
const generated_meter = (() => {
// Generated from mqcourse/backpressure/model/meter.py by `make derived`; change it there.

// What is counted while a scenario runs: where every message is, how long it stayed, and samples over time.

const { bisectRight } = engine_runtime;
const { CourseError, MOST_REDELIVERIES, general } = engine_scenario;

/** The columns of the time series. offered ... dead, blocked_s and area_* (message-seconds) count from the start. */
const SERIES =
    ["time_s", "waiting", "oldest_s", "in_flight", "busy", "held", "retrying", "consumers", "offered",
    "completed", "good", "rejected", "dropped", "dead", "blocked_s", "send_rate_per_s", "area_waiting",
    "area_in_flight", "area_busy", "area_consumers"];

/**
 * What is counted for each class; a message is offered once and ends in exactly one of refused (at the producer,
 * never sent), rejected (by the full queue), dropped (from the queue, to make room), expired, dead (dead-lettered) or
 * completed. good: completed while its caller still waited.
 */
const COUNTS = ["offered", "refused", "rejected", "dropped", "expired", "dead", "completed", "good"];

/** Upper edges in seconds of the latency histogram: from 10 microseconds in steps of 2% to over a year. */
function histogram_edges() {
  const edges = [1e-5];
  while (edges.at(-1) < 4e7) {
    edges.push(edges.at(-1) * 1.02);
  }
  return edges;
}

const EDGES_S = histogram_edges();

/** Counters and areas under their curves; `tick(now)` before every change keeps the areas right. */
class Meter {
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

const TOTALS =
    ["now", "area_held", "area_waiting", "area_in_flight", "area_retrying", "area_busy", "area_up",
    "blocked_s", "time_outs", "redeliveries", "crashes"];

/** The sum, by a plain loop (see the contract on sums). */
function total(counts) {
  let result = 0;
  for (const count of counts) {
    result += count;
  }
  return result;
}

return { SERIES, COUNTS, histogram_edges, EDGES_S, Meter, TOTALS, total };
})();

// ---- generated/producer.js
const generated_producer = (() => {
// Generated from mqcourse/backpressure/model/producer.py by `make derived`; change it there.

// The producer: messages arrive at it, it sends them as fast as it may, and its callers time out.

const { Deque } = engine_deque;
const { nextOr } = engine_runtime;
const { backoff_s } = generated_consumers;
const { constant, exponential, lognormal, pareto, scaled_exponential, uniform } = generated_draws;
const { Message } = generated_message;

const FOREVER = 1e300;

/** A waiter for capacity or a token, until woken or until its timeout. */
class Waiter {
  constructor(env, message) {
    this.event = env.event();
    this.message = message;
    this.waiting = true;
    this.late = false;
  }

  /** The wait is over. */
  wake() {
    this.waiting = false;
    this.event.succeed();
  }
}

/** Where messages come from, and the brakes on them. */
class Producer {
  constructor(env, scenario, meter, broker) {
    this.env = env;
    this.scenario = scenario;
    this.meter = meter;
    this.broker = broker;
    const seed = scenario.seed;
    this.work = work_times(scenario);
    this.pick_kind = uniform(seed, "class");
    this.pick_key = uniform(seed, "key");
    this.pick_poison = uniform(seed, "poison");
    this.jitter = uniform(seed, "client");
    this.kind_bounds = shares_up_to(scenario.priority_mix);
    this.made = 0;
    this.send_rate_per_s = scenario.throttle_rate_per_s; // AIMD changes it
    this.full_again_s = 0.0; // when the token bucket is full again
    this.held = new Map(); // made, and neither sent nor given up
    this.outbox = new Deque();
    this.outbox_limit = scenario.outbox_limit === null ? FOREVER : scenario.outbox_limit;
    this.sender_idle = null; // the event the sender waits for while the outbox is empty
    this.outbox_wanted = new Deque(); // the source, while the outbox is full
    this.rejected_before = 0;
    this.braked = scenario.throttle !== "none" || scenario.on_full === "block";
    env.process(this.source());
    if (this.braked && this.outbox_limit > 0) {
      env.process(this.sender());
    }
    if (scenario.throttle === "aimd") {
      env.process(this.adapt());
    }
  }

  /** Process: messages arrive at the producer, one after the other, except while it is blocked. */
  *source() {
    const env = this.env;
    const meter = this.meter;
    const publish = (message) => this.broker.publish(message);
    const next_arrival = arrivals(this.scenario);
    const simple = !this.braked && this.scenario.client_timeout_s === null &&
        this.scenario.client_retries === 0;
    while (true) {
      const at = next_arrival(env.now);
      if (at >= FOREVER) {
        return;
      }
      yield env.timeout(at > env.now ? at - env.now : 0.0);
      meter.tick(env.now);
      const message = this.new_message(meter.now, 1);
      if (simple) {
        publish(message);
      } else {
        yield* this.offer(message, true);
      }
    }
  }

  /** A message, offered now: its work, class, partition and poison are drawn in this order, one stream each. */
  new_message(born_s, attempt) {
    const s = this.scenario;
    const meter = this.meter;
    const message = new Message(this.made, meter.now, born_s, attempt, this.work());
    this.made += 1;
    if (this.kind_bounds.length > 1) {
      message.kind = place(this.kind_bounds, this.pick_kind());
    }
    if (s.partitions > 0) {
      message.partition = partition_of(s, this.pick_key());
    }
    if (s.poison_share > 0.0) {
      message.poison = this.pick_poison() < s.poison_share;
    }
    meter.offered[message.kind] += 1;
    if (meter.journal !== null) {
      meter.note("offered", message);
    }
    return message;
  }

  /** Bring a message to the broker through the brakes; `from_source`: the source is blocked meanwhile. */
  *offer(message, from_source) {
    const meter = this.meter;
    if (this.scenario.client_timeout_s !== null) {
      this.env.process(this.time_out(message, this.scenario.client_timeout_s));
    }
    if (!this.braked) {
      this.sent(message);
      return;
    }
    meter.held += 1;
    this.held.set(message.number, message);
    if (from_source) {
      meter.blocked += 1;
    }
    const patience_s = this.scenario.block_timeout_s;
    const give_up_at = patience_s === null ? FOREVER : meter.now + patience_s;
    if (this.outbox_limit === 0) {
      yield* this.send(message, give_up_at);
    } else if (yield* this.wait_for_room(this.outbox_wanted, (message) => this.outbox_has_room(message),
        message, give_up_at)) {
      this.outbox.push(message);
      if (this.sender_idle !== null) {
        this.sender_idle.succeed();
        this.sender_idle = null;
      }
    } else {
      this.give_up(message);
    }
    if (from_source) {
      meter.blocked -= 1;
    }
  }

  /** Process: sends what is in the outbox, the oldest first. */
  *sender() {
    while (true) {
      if (this.outbox.length === 0) {
        this.sender_idle = this.env.event();
        yield this.sender_idle;
      }
      yield* this.send(this.outbox.at(0), FOREVER);
      this.outbox.shift();
      if (this.outbox_wanted.length > 0) {
        this.outbox_wanted.shift().wake();
      }
    }
  }

  /** Whether the outbox takes one more. */
  outbox_has_room(message) {
    return this.outbox.length < this.outbox_limit;
  }

  /** Wait for a token, then (on_full 'block') for capacity in the queue, then publish; or give up at that time. */
  *send(message, give_up_at) {
    const env = this.env;
    const meter = this.meter;
    const broker = this.broker;
    if (this.scenario.throttle !== "none") {
      const at = this.take_token(give_up_at);
      const ready_at = at === null ? give_up_at : at;
      if (ready_at > meter.now) {
        yield env.timeout(ready_at - meter.now);
        meter.tick(env.now);
      }
      if (at === null) {
        this.give_up(message);
        return;
      }
    }
    if (this.scenario.on_full === "block") {
      const has_room =
          yield* this.wait_for_room(broker.room_wanted, (message) => broker.has_room(message), message,
          give_up_at);
      if (!has_room) {
        this.give_up(message);
        return;
      }
    }
    meter.held -= 1;
    this.held.delete(message.number);
    this.sent(message);
    if (broker.room_wanted.length > 0) {
      broker.admit_waiting();
    }
  }

  /** Wait in a line until the message can be taken (then True) or the timeout (then False). */
  *wait_for_room(line, free, message, give_up_at) {
    const env = this.env;
    let first_time = true;
    while (!free(message)) {
      const waiter = new Waiter(env, message);
      if (first_time) {
        line.push(waiter);
      } else {
        line.pushFront(waiter); // it was its turn, but somebody else was quicker
      }
      if (give_up_at < FOREVER) {
        env.process(this.end_wait(waiter, line, give_up_at - env.now));
      }
      yield waiter.event;
      this.meter.tick(env.now);
      if (waiter.late) {
        return false;
      }
      first_time = false;
    }
    return true;
  }

  /**
   * When this message may go by the token bucket; None when that is after `latest_s`: no token is taken then.
   *
   * The bucket is kept as the time when it will be full again (the generic cell rate algorithm, ITU-T I.371).
   */
  take_token(latest_s) {
    const now = this.meter.now;
    const every_s = 1.0 / this.send_rate_per_s;
    const full_again_s = this.full_again_s > now ? this.full_again_s : now;
    const at = full_again_s - (this.scenario.throttle_burst - 1.0) * every_s;
    if (at > latest_s) {
      return null;
    }
    this.full_again_s = full_again_s + every_s;
    return at;
  }

  /** Process: when the timeout is reached and the waiter is still in line, remove it. */
  *end_wait(waiter, line, patience_s) {
    yield this.env.timeout(patience_s > 0.0 ? patience_s : 0.0);
    if (waiter.waiting) {
      line.remove(waiter);
      waiter.late = true;
      waiter.wake();
    }
  }

  /** A message that its producer could not send in time: surely never sent. */
  give_up(message) {
    this.meter.held -= 1;
    this.held.delete(message.number);
    this.meter.end(message, this.meter.refused);
    message.answered = true;
    this.meter.note("refused", message);
    this.try_again(message);
  }

  /** Publish; a caller whose message was rejected hears of it at once and may try again. */
  sent(message) {
    if (!this.broker.publish(message)) {
      this.try_again(message);
    }
  }

  /** The caller of a failed attempt makes another one, unless it has made enough or has already done so. */
  try_again(message) {
    if (message.attempt <= this.scenario.client_retries && !message.abandoned) {
      message.abandoned = true;
      this.env.process(this.another_attempt(message));
    }
  }

  /** Process: a caller waits so long for its answer, then tries again; its old message is still on its way. */
  *time_out(message, after_s) {
    yield this.env.timeout(after_s);
    if (message.answered || message.abandoned) {
      return;
    }
    this.meter.tick(this.env.now);
    this.meter.time_outs += 1;
    this.try_again(message);
    message.abandoned = true;
  }

  /** Process: after the backoff, the same request arrives as a new message. */
  *another_attempt(message) {
    const wait_s = backoff_s(this.scenario, message.attempt, this.jitter);
    yield this.env.timeout(wait_s);
    this.meter.tick(this.env.now);
    yield* this.offer(this.new_message(message.born_s, message.attempt + 1), false);
  }

  /** Process: additive increase, multiplicative decrease (D.-M. Chiu, R. Jain, 1989) of the sending rate. */
  *adapt() {
    const s = this.scenario;
    const meter = this.meter;
    while (true) {
      yield this.env.timeout(s.aimd_interval_s);
      let rejected = 0;
      for (const count of meter.rejected) {
        rejected += count;
      }
      if (meter.waiting > s.aimd_depth || rejected > this.rejected_before) {
        this.send_rate_per_s = Math.max(this.send_rate_per_s * s.aimd_decrease, 0.001);
      } else {
        this.send_rate_per_s = Math.min(this.send_rate_per_s + s.aimd_increase_per_s, 1e6);
      }
      this.rejected_before = rejected;
    }
  }
}

/** Draws the time in seconds that handling a message takes. */
function work_times(s) {
  const draw = uniform(s.seed, "work");
  if (s.service === "constant") {
    return constant(s.service_mean_s);
  }
  if (s.service === "exponential") {
    return scaled_exponential(draw, s.service_mean_s);
  }
  if (s.service === "lognormal") {
    return lognormal(draw, s.service_mean_s, s.service_cv);
  }
  return pareto(draw, s.service_mean_s, s.service_tail);
}

/**
 * A function from now to the time in seconds of the next arrival, both since the start of the run.
 *
 * An arrival needs an amount of load: 1 message (regular) or an exponential number with mean 1 (Poisson, bursty).
 * It arrives when the rate, which a surge and the bursts switch up and down, has supplied that amount.
 */
function arrivals(s) {
  if (s.arrivals === "trace") {
    const recorded = s.trace_s.values();
    return (now) => nextOr(recorded, FOREVER);
  }
  const need = s.arrivals === "regular" ? constant(1.0) : exponential(uniform(s.seed, "arrivals"));
  const surge_from = s.surge_from_s;
  const surge_to = s.surge_from_s + s.surge_for_s;
  const bursty = s.arrivals === "bursty";
  if (!bursty && surge_to === surge_from) {
    const every_s = 1.0 / s.rate_per_s;
    return (now) => now + need() * every_s;
  }
  const phase = exponential(uniform(s.seed, "bursts"));
  const peak = bursty ? s.rate_per_s * ((s.burst_on_s + s.burst_off_s) / s.burst_on_s) : s.rate_per_s;
  let on = false; // a burst begins at the start
  let phase_ends = bursty ? 0.0 : FOREVER;
  const next_arrival = (now) => {
    let needed = need();
    while (true) {
      while (phase_ends <= now) {
        on = !on;
        phase_ends = phase_ends + phase() * (on ? s.burst_on_s : s.burst_off_s);
      }
      let rate = on || !bursty ? peak : 0.0;
      let until = phase_ends;
      if (now < surge_from) {
        if (surge_from < until) {
          until = surge_from;
        }
      } else if (now < surge_to) {
        rate = rate * s.surge_factor;
        if (surge_to < until) {
          until = surge_to;
        }
      }
      const supplied = rate * (until - now);
      if (supplied >= needed) {
        return now + needed / rate;
      }
      needed = needed - supplied;
      now = until;
      if (now >= FOREVER) {
        return FOREVER;
      }
    }
  };
  return next_arrival;
}

/** Cumulative shares, the last one 1. */
function shares_up_to(shares) {
  let whole = 0.0;
  for (const share of shares) {
    whole += share;
  }
  const bounds = [];
  let so_far = 0.0;
  for (const share of shares) {
    so_far += share;
    bounds.push(so_far / whole);
  }
  bounds[bounds.length - 1] = 1.0;
  return bounds;
}

/** The first share that reaches above u. */
function place(bounds, u) {
  for (let index = 0; index < bounds.length; index++) {
    const bound = bounds[index];
    if (u < bound) {
      return index;
    }
  }
  return bounds.length - 1;
}

/** Partition 0 for the hot key, else any partition with the same probability. */
function partition_of(s, u) {
  if (u < s.hot_share) {
    return 0;
  }
  const partition = Math.trunc((u - s.hot_share) / (1.0 - s.hot_share) * s.partitions);
  return partition < s.partitions ? partition : s.partitions - 1;
}

return { FOREVER, Waiter, Producer, work_times, arrivals, shares_up_to, place, partition_of };
})();

// ---- generated/simulation.js
const generated_simulation = (() => {
// Generated from mqcourse/backpressure/model/simulation.py by `make derived`; change it there.

// Run a scenario: `simulate(scenario)` gives its figures.
//
// A producer (producer.py) sends messages (message.py) to a broker (broker.py), which hands them to consumers
// (consumers.py); a meter (meter.py) counts. All of them are SimPy processes over plain objects. It reads and
// changes no other state: no clock, no global state, no randomness except the scenario's own streams (draws.py).

const { environment, mapBoth, quoted } = engine_runtime;
const { CourseError, MOST_BACKLOG, general } = engine_scenario;
const { Broker } = generated_broker;
const { Consumers } = generated_consumers;
const { EDGES_S, Meter, TOTALS, total } = generated_meter;
const { Producer } = generated_producer;

/** What runs the processes: this course's kernel.py, or SimPy. Both give the same bits. */
const ENGINES = ["kernel", "simpy"];

/**
 * The result of a run. `summary` covers the time after the warm-up, `series` all of it.
 *
 * summary: see `summarise`. series: one list for each name in meter.SERIES. latency_histogram: completions in
 * each bin of meter.EDGES_S. journal: (time_s, what, message number, consumer or -1), as many as were asked for.
 */
class Result {
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
class Simulation {
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
function simulate(scenario, { engine = "kernel", journal = 0 } = {}) {
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
function summarise(scenario, before, after) {
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

const COUNT_NAMES =
    ["offered", "refused", "rejected", "dropped", "expired", "dead", "completed", "good"];

/**
 * The latency in seconds that a share of completions does not pass, to 2%; None when there is none.
 *
 * The rank is found in the bin that holds it, and the bin is taken as evenly filled.
 */
function percentile(histogram, share) {
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

return { ENGINES, Result, Simulation, simulate, summarise, COUNT_NAMES, percentile };
})();

// ---- journal.js
const journal = (() => {
// The journal of a run, packed into typed arrays so that it passes from a worker without a copy.

const WHATS = [
  "offered", "queued", "delivered", "started", "completed", "rejected", "dropped", "expired", "returned", "backs off",
  "dead-lettered", "refused",
];
const CODES = new Map(WHATS.map((what, code) => [what, code]));

/** lines: [time_s, what, message number, consumer or -1]. */
function pack(lines) {
  const size = lines.length;
  const packed = {
    times: new Float64Array(size), whats: new Uint8Array(size), numbers: new Uint32Array(size), consumers: new Int32Array(size),
  };
  lines.forEach(([time, what, number, consumer], i) => {
    packed.times[i] = time;
    packed.whats[i] = CODES.get(what);
    packed.numbers[i] = number;
    packed.consumers[i] = consumer;
  });
  return packed;
}

const buffersOf = (packed) => Object.values(packed).map((array) => array.buffer);

return { WHATS, pack, buffersOf };
})();

// ---- runner.js
const runner = (() => {
// Where a scenario is run. Small ones at once in the page, so that a slider and its charts are one frame; large ones in
// a worker, so that nothing stands still. Of what piles up meanwhile only the newest is run.

const { simulate } = generated_simulation;
const { offeredPerS, scenario } = engine_scenario;
const { buffersOf, pack } = journal;

const AT_ONCE_STEPS = 3000;
const JOURNAL_MOST = 200000;
const PATIENCE_MS = 250; // a run that takes longer is given up as soon as a newer scenario waits

/**
 * About how much a run has to do: messages, and what goes on without any: looks at a signal, bursts, crashes, and
 * handlings that fail and are redelivered at once.
 */
function steps(s) {
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
function answer({ values, journal }) {
  try {
    const result = simulate(scenario(values), { journal: journal ? JOURNAL_MOST : 0 });
    return journal ? { journal: pack(result.journal) } : { result: { ...result, journal: undefined } };
  } catch (error) {
    return { error: error.message };
  }
}

/** The other end, when this module is loaded as a worker. */
function serve(scope) {
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
class PageModel {
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
class Newest {
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

return { AT_ONCE_STEPS, JOURNAL_MOST, steps, answer, serve, PageModel, Newest };
})();

// ---- generated/style.js
const generated_style = (() => {
// Generated from explorer.css by `make derived`; change it there.

const CSS = ":host { display: block; margin: 1.4rem 0; }\n.explorer {\n  --ink: var(--pst-color-text-base, var(--jp-ui-font-color1, #1b1f24));\n  --quiet: var(--mq-quiet, #4a5661);\n  --line: var(--mq-line, #c9d3dd);\n  --box: var(--mq-box, #f4f7fa);\n  --surface: var(--mq-output, #ffffff);\n  --main: var(--pst-color-primary, #0f4c75);\n  --accent: var(--mq-accent, #b34700);\n  --warn: var(--mq-warn-box, #fff6ea);\n  color: var(--ink); background: var(--box); border: 1px solid var(--line); border-radius: 8px; padding: 0.9rem 1rem;\n  font: 0.92rem/1.5 -apple-system, \"Segoe UI\", Roboto, \"Noto Sans\", \"Liberation Sans\", \"DejaVu Sans\", sans-serif; /* no system-ui: see course.css */\n}\n:host([data-mode=\"dark\"]) .explorer {\n  --ink: var(--pst-color-text-base, var(--jp-ui-font-color1, #e6ebf0));\n  --quiet: var(--mq-quiet, #b4bfca);\n  --line: var(--mq-line, #3b4651);\n  --box: var(--mq-box, #1b222a);\n  --surface: var(--mq-output, #15191e);\n  --main: var(--pst-color-primary, #7cc4ef);\n  --accent: var(--mq-accent, #ffb454);\n  --warn: var(--mq-warn-box, #2a2114);\n}\n*, *::before, *::after { box-sizing: border-box; }\n[hidden] { display: none !important; }\np { margin: 0.3rem 0; }\nsmall { color: var(--quiet); font-size: 0.8rem; }\n.bar { display: flex; flex-wrap: wrap; gap: 0.4rem 0.9rem; align-items: center; margin-bottom: 0.5rem; }\n.bar label { display: inline-flex; gap: 0.4rem; align-items: center; min-height: 2rem; }\n.bar .preset { flex: 0 1 24rem; min-width: 0; }\n.preset select { min-width: 0; flex: 1; font-weight: 600; }\n[aria-invalid=\"true\"] { border-color: var(--accent); outline: 2px solid var(--accent); }\n.lookAt { color: var(--quiet); }\n.lookAt:empty { display: none; }\n.more > details { margin-left: 0.7rem; }\n.sides { display: inline-flex; gap: 0.6rem; border: 0; padding: 0; margin: 0; align-items: center; }\n.sides legend { float: left; padding: 0; margin-right: 0.5rem; }\nselect, textarea, input[type=\"text\"], button {\n  font: inherit; color: var(--ink); background: var(--surface); border: 1px solid var(--quiet); border-radius: 6px; padding: 0.2rem 0.5rem; min-height: 2rem;\n}\nbutton { cursor: pointer; border-color: var(--main); color: var(--main); padding: 0.25rem 0.8rem; }\nbutton:hover { text-decoration: underline; }\nbutton:disabled { cursor: default; opacity: 0.7; }\nbutton.main, button.python { background: var(--main); color: var(--surface); }\n:is(select, textarea, input, button, summary, canvas):focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }\ninput[type=\"range\"] { width: 100%; accent-color: var(--main); min-height: 1.6rem; margin: 0; touch-action: pan-y; }\ninput:is([type=\"radio\"], [type=\"checkbox\"]) { width: 1.05rem; height: 1.05rem; accent-color: var(--main); margin: 0; flex: none; }\n.body { display: grid; grid-template-columns: minmax(14rem, 17rem) minmax(0, 1fr); gap: 1.1rem; align-items: start; }\n/* the sliders stay in sight while the reader goes down the charts; the book's own bar is above them */\n.controlsHolder { position: sticky; top: 4rem; max-height: calc(100vh - 5rem); overflow-y: auto; padding: 2px 4px 4px 2px; }\n.row { display: grid; grid-template-columns: minmax(0, 1fr) 5rem; gap: 0 0.6rem; align-items: end; margin: 0.35rem 0; }\n.row > label:first-child { display: block; }\n.row > label:only-child { grid-column: 1 / -1; }\n.row select, .row label > input[type=\"text\"] { width: 100%; }\n.row label > span { display: block; line-height: 1.3; }\n.row .exact { width: 100%; text-align: right; padding-inline: 0.3rem; }\n.row .off { grid-column: 1 / -1; display: inline-flex; gap: 0.4rem; align-items: center; font-size: 0.85rem; min-height: 1.6rem; }\ndetails { border-top: 1px solid var(--line); padding: 0.25rem 0; }\nsummary { cursor: pointer; font-weight: 600; min-height: 1.8rem; display: list-item; padding: 0.2rem; }\n.predict { background: var(--warn); border-left: 4px solid var(--accent); border-radius: 8px; padding: 0.4rem 1rem; margin-bottom: 0.7rem; }\n.predict fieldset { border: 0; padding: 0; margin: 0; }\n.predict legend { font-weight: 700; padding: 0; }\n.predict label { display: flex; gap: 0.5rem; align-items: center; min-height: 2rem; }\n.hint { color: var(--quiet); font-size: 0.85rem; }\n.error { border-left: 4px solid var(--accent); background: var(--warn); padding: 0.4rem 0.8rem; border-radius: 6px; font-weight: 600; overflow-wrap: anywhere; }\n.said { min-height: 3em; }\ncanvas { display: block; width: 100%; background: var(--surface); border: 1px solid var(--line); border-radius: 6px; }\ncanvas.flow { height: 170px; margin-bottom: 0.4rem; }\ncanvas.chart { height: 165px; touch-action: pan-y; }\n.chartHolder { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 13rem), 1fr)); gap: 0.5rem; }\n.playbar input[type=\"range\"] { flex: 1 1 8rem; width: auto; }\n.playbar .moment { min-width: 4.5em; text-align: right; font-variant-numeric: tabular-nums; }\n.playbar .caption { flex-basis: 100%; }\n.caption:empty { display: none; }\ntable { border-collapse: collapse; margin: 0.3rem 0; font-size: 0.88rem; width: 100%; table-layout: fixed; }\ntr > :first-child { width: 46%; }\n.numbers, canvas { contain: layout paint; }\ncaption { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }\ntd, th { text-align: left; padding: 0.12rem 0.8rem 0.12rem 0; border-bottom: 1px solid var(--line); font-weight: 400; }\ntd, thead th { font-variant-numeric: tabular-nums; font-weight: 600; }\n.takeaway { margin: 0.7rem 0 0.4rem; border-top: 1px solid var(--line); padding-top: 0.6rem; }\n.python-state:empty { display: none; }\n.source textarea { width: 100%; font: 0.8rem/1.5 ui-monospace, \"SFMono-Regular\", Menlo, Consolas, \"DejaVu Sans Mono\", monospace; white-space: pre; }\n.source select { max-width: 100%; }\n@media (max-width: 760px) {\n  .body { grid-template-columns: minmax(0, 1fr); }\n  .controlsHolder { position: static; max-height: none; overflow: visible; padding: 0; }\n  .explorer { padding: 0.7rem; }\n  canvas.flow { height: 150px; }\n}\n@media (prefers-reduced-motion: reduce) { * { animation: none !important; transition: none !important; } }\n@media print {\n  .controlsHolder, .bar, .pythonHolder, .hint { display: none; }\n  .body { display: block; }\n  .explorer { border: 0; padding: 0; }\n  canvas, .predict { break-inside: avoid; }\n  .chartHolder { grid-template-columns: 1fr 1fr; }\n  canvas.flow, canvas.chart { height: auto; } /* drawn for the screen: a narrower page must not squeeze the letters */\n}\n";

return { CSS };
})();

// ---- generated/presets.js
const generated_presets = (() => {
// Generated from presets.py by `make derived`; change it there.

const PRESETS = [
  {
    "name": "overload",
    "title": "Overload without a limit",
    "look_at": "Depth and age of the oldest message; utilisation.",
    "question": "One consumer can handle 100 messages/s, and 120 arrive. How deep is the queue after a minute?",
    "choices": [
      "About 20",
      "About 200",
      "About 1,200"
    ],
    "answer": 2,
    "values": {
      "rate_per_s": 120.0
    },
    "sliders": [
      "rate_per_s",
      "service_mean_s",
      "consumers"
    ]
  },
  {
    "name": "scale",
    "title": "Answer 1: scale the consumers",
    "look_at": "Depth with one consumer and with two.",
    "question": "The same 120 messages/s, now with two consumers. How deep is the queue on average?",
    "choices": [
      "About 600, half as deep",
      "Less than 5",
      "About 100"
    ],
    "answer": 1,
    "values": {
      "rate_per_s": 120.0,
      "consumers": 2
    },
    "sliders": [
      "rate_per_s",
      "service_mean_s",
      "consumers"
    ]
  },
  {
    "name": "throttle",
    "title": "Answer 2: throttle the producer",
    "look_at": "Blocked time of the producer; 90 messages/s are offered instead of 120.",
    "question": "A source could send 120 messages/s, and a token bucket lets 90 pass. What happens to the other 30?",
    "choices": [
      "They wait in the queue",
      "They are not produced: the source is blocked a quarter of the time",
      "They are lost"
    ],
    "answer": 1,
    "values": {
      "rate_per_s": 120.0,
      "throttle": "token-bucket",
      "throttle_rate_per_s": 90.0,
      "throttle_burst": 10.0
    },
    "sliders": [
      "rate_per_s",
      "service_mean_s",
      "consumers",
      "throttle",
      "throttle_rate_per_s",
      "throttle_burst"
    ]
  },
  {
    "name": "block",
    "title": "Backpressure: a full queue blocks the producer",
    "look_at": "Blocked time; the queue stays at its limit.",
    "question": "The queue holds 100 messages and blocks the producer when full. How many messages are lost?",
    "choices": [
      "None",
      "20 per second",
      "All after the first 100"
    ],
    "answer": 0,
    "values": {
      "rate_per_s": 120.0,
      "queue_limit": 100,
      "on_full": "block"
    },
    "sliders": [
      "rate_per_s",
      "service_mean_s",
      "consumers",
      "queue_limit",
      "on_full"
    ]
  },
  {
    "name": "drop",
    "title": "Answer 3: drop",
    "look_at": "Rejected messages; p99 of the latency.",
    "question": "The queue holds 100 messages and rejects more. How long does an accepted message wait at most?",
    "choices": [
      "About 0.1 s",
      "About 1 s",
      "Longer and longer"
    ],
    "answer": 1,
    "values": {
      "rate_per_s": 120.0,
      "queue_limit": 100
    },
    "sliders": [
      "rate_per_s",
      "service_mean_s",
      "consumers",
      "queue_limit"
    ]
  },
  {
    "name": "burst",
    "title": "Bursts",
    "look_at": "Depth during and after each burst; utilisation.",
    "question": "On average 60 messages/s arrive and 100 can be handled, but they arrive in bursts. How deep does the queue get?",
    "choices": [
      "A few messages: the consumer has time to spare",
      "Hundreds in a burst, and it drains after it",
      "It grows without limit"
    ],
    "answer": 1,
    "values": {
      "duration_s": 120.0,
      "arrivals": "bursty",
      "rate_per_s": 60.0,
      "burst_off_s": 2.0
    },
    "sliders": [
      "rate_per_s",
      "service_mean_s",
      "consumers",
      "arrivals",
      "burst_off_s"
    ]
  },
  {
    "name": "retry-storm",
    "title": "A retry storm that outlives its surge",
    "look_at": "Goodput and throughput before, during and after the surge.",
    "question": "A surge of 20 s passes. Callers wait 1 s and try again, up to 5 times. What happens after the surge?",
    "choices": [
      "All is well within seconds",
      "It heals after a minute",
      "It stays down: the retries alone exceed the capacity"
    ],
    "answer": 2,
    "values": {
      "duration_s": 180.0,
      "rate_per_s": 70.0,
      "surge_from_s": 30.0,
      "surge_for_s": 20.0,
      "surge_factor": 2.0,
      "queue_limit": 5000,
      "client_timeout_s": 1.0,
      "client_retries": 5,
      "retry_backoff_s": 0.1
    },
    "sliders": [
      "rate_per_s",
      "service_mean_s",
      "consumers",
      "surge_from_s",
      "surge_for_s",
      "surge_factor",
      "queue_limit",
      "client_timeout_s",
      "client_retries",
      "retry_backoff_s"
    ]
  },
  {
    "name": "priority-shedding",
    "title": "Shed the messages of low priority",
    "look_at": "Dropped and rejected messages of each class; waits of each class.",
    "question": "Of 150 messages/s a fifth is important. The queue drops the least important first. How many important messages are lost?",
    "choices": [
      "A third, as of all",
      "Almost no message",
      "A fifth"
    ],
    "answer": 1,
    "values": {
      "rate_per_s": 150.0,
      "queue_limit": 50,
      "on_full": "drop-lowest",
      "priority_mix": [
        0.2,
        0.8
      ],
      "order": "priority"
    },
    "sliders": [
      "rate_per_s",
      "service_mean_s",
      "consumers",
      "queue_limit",
      "on_full",
      "priority_mix",
      "order"
    ]
  },
  {
    "name": "autoscaling-lags",
    "title": "Autoscaling that lags",
    "look_at": "Consumers and depth, one above the other.",
    "question": "The load triples for a minute. New consumers need 30 s to start. When is the queue deepest?",
    "choices": [
      "At once",
      "Around the time the new consumers start",
      "At the end of the surge"
    ],
    "answer": 1,
    "values": {
      "duration_s": 240.0,
      "surge_from_s": 30.0,
      "surge_for_s": 60.0,
      "surge_factor": 3.0,
      "autoscale": "lag",
      "autoscale_delay_s": 30.0,
      "autoscale_cooldown_s": 30.0,
      "autoscale_most": 8
    },
    "sliders": [
      "rate_per_s",
      "service_mean_s",
      "consumers",
      "surge_from_s",
      "surge_for_s",
      "surge_factor",
      "autoscale",
      "autoscale_delay_s",
      "autoscale_cooldown_s",
      "autoscale_most"
    ]
  },
  {
    "name": "hot-key",
    "title": "One hot key",
    "look_at": "Utilisation and depth although consumers have time to spare.",
    "question": "Four partitions, four consumers: 400 messages/s can be handled and 200 arrive, 60% of them with one key. Is it enough?",
    "choices": [
      "Yes, half of the capacity is free",
      "No, the hot partition grows",
      "No, all four partitions grow"
    ],
    "answer": 1,
    "values": {
      "rate_per_s": 200.0,
      "consumers": 4,
      "prefetch": 10,
      "partitions": 4,
      "hot_share": 0.6
    },
    "sliders": [
      "rate_per_s",
      "service_mean_s",
      "consumers",
      "prefetch",
      "partitions",
      "hot_share"
    ]
  },
  {
    "name": "prefetch-too-high",
    "title": "Prefetch too high",
    "look_at": "p99 of the latency with prefetch 1 and 1,000; the queue looks empty.",
    "question": "Four consumers, 80% busy, work that varies much. Prefetch goes from 1 to 1,000. What happens to the mean latency?",
    "choices": [
      "It falls, because there are fewer round trips",
      "It stays the same",
      "It rises several times, because messages wait behind a slow one"
    ],
    "answer": 2,
    "values": {
      "duration_s": 120.0,
      "warm_up_s": 10.0,
      "rate_per_s": 320.0,
      "service": "lognormal",
      "service_cv": 3.0,
      "consumers": 4,
      "prefetch": 1000
    },
    "sliders": [
      "rate_per_s",
      "service_mean_s",
      "consumers",
      "service",
      "service_cv",
      "prefetch"
    ]
  },
  {
    "name": "poison",
    "title": "Poison messages without a delivery limit",
    "look_at": "Redeliveries and goodput.",
    "question": "One message in 200 fails every time and is redelivered after a second, without a delivery limit. What happens to the other messages?",
    "choices": [
      "They are not affected, because 0.5% is little",
      "They wait a little longer",
      "They wait longer and longer, because the failing messages pile up"
    ],
    "answer": 2,
    "values": {
      "duration_s": 600.0,
      "rate_per_s": 70.0,
      "poison_share": 0.005,
      "retry_backoff_s": 1.0,
      "retry_backoff_most_s": 1.0
    },
    "sliders": [
      "rate_per_s",
      "service_mean_s",
      "consumers",
      "poison_share",
      "retry_backoff_s",
      "retry_backoff_most_s"
    ]
  }
];

return { PRESETS };
})();

// ---- words.js
const words = (() => {
// Numbers as a reader reads them, and elements made in one line.

/** The page's font, for what is drawn: a Linux without a desktop gives a serif for system-ui and for sans-serif. */
const FONT = '-apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", "DejaVu Sans", sans-serif';

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/** Three significant digits, with a comma in thousands. */
function brief(value) {
  if (value === null || value === undefined) return "–";
  if (value === 0) return "0";
  if (Math.abs(value) >= 100) return whole.format(value);
  if (Math.abs(value) < 0.001) return value.toExponential(1);
  return String(Number(value.toPrecision(3)));
}

/** A time: seconds, or milliseconds below a tenth. */
const time = (seconds) =>
  seconds === null || seconds === undefined
    ? "–"
    : seconds > 0 && seconds < 0.1
      ? `${brief(seconds * 1000)} ms`
      : `${brief(seconds)} s`;

const share = (value) => `${brief(value * 100)}%`;

/** An element with attributes and children; a name that starts with "on" adds a listener. */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** Whether two plain values are the same, number for number. */
function equal(one, other) {
  if (typeof one !== "object" || one === null || other === null) return Object.is(one, other) || one === other;
  const names = Object.keys(one);
  return names.length === Object.keys(other ?? {}).length && names.every((name) => equal(one[name], other[name]));
}

return { FONT, brief, time, share, make, equal };
})();

// ---- charts.js
const charts = (() => {
// Six small charts on canvas, redrawn whole in about a millisecond. Lines differ by dash as well as by colour; the
// colours have at least 3:1 against the light and the dark page and are told apart by colour-blind readers.

const { EDGES_S, total } = generated_meter;
const { brief, FONT } = words;

const COLOURS = ["#1a73b8", "#cf5a00", "#008f68", "#b5609a"];
const DASHES = [[], [7, 4], [2, 3], [9, 3, 2, 3]];
const MARGIN = { left: 52, right: 10, top: 38, bottom: 20 };
const ROW = 16; // of the legend
const STROKE = 20; // of a line in it

const line = (label, ys) => ({ label, ys });
const some = (ys) => ys.some((y) => y > 0);

/** What was added each second, over windows of so many points that about 48 of them make the chart. */
function perSecond(label, series, name) {
  const [ys, xs] = [[], []];
  const step = Math.max(1, Math.ceil(series.time_s.length / 48));
  let [before, since] = [0, 0];
  for (let i = step - 1; i < series.time_s.length; i += step) {
    const [value, now] = [series[name][i], series.time_s[i]];
    ys.push((value - before) / (now - since));
    xs.push(since, now); // a step: the rate holds for the whole window
    [before, since] = [value, now];
  }
  return { label, xs, ys: ys.flatMap((y) => [y, y]) };
}

const CHARTS = [
  {
    key: "waiting", title: "Waiting", unit: "messages",
    lines: ({ series: s }) => [
      line("in the queue", s.waiting),
      ...(some(s.held) ? [line("at the producer", s.held)] : []),
      ...(s.in_flight.some((y, i) => y > s.busy[i] + 2) ? [line("with consumers", s.in_flight)] : []),
      ...(some(s.retrying) ? [line("backing off", s.retrying)] : []),
    ],
  },
  { key: "age", title: "Oldest in the queue", unit: "s", lines: ({ series: s }) => [line("age", s.oldest_s)] },
  {
    key: "rates", title: "Throughput", unit: "messages/s",
    lines: ({ series: s, summary }) => [
      perSecond("done", s, "completed"),
      perSecond("offered", s, "offered"),
      ...(summary.good !== summary.completed ? [perSecond("in time", s, "good")] : []),
    ],
  },
  { key: "latency", title: "Latency of handled messages", unit: "share", histogram: true },
  {
    key: "consumers", title: "Consumers", unit: "consumers",
    lines: ({ series: s }) => [perSecond("busy (mean)", s, "area_busy"), line("running", s.consumers)],
  },
  {
    key: "lost", title: "Lost so far", unit: "messages",
    lines: ({ series: s }) => [
      line("rejected", s.rejected),
      ...(some(s.dropped) ? [line("dropped", s.dropped)] : []),
      ...(some(s.dead) ? [line("dead-lettered", s.dead)] : []),
    ],
  },
];

/** The smallest of 1, 2, 2.5, 5 times a power of ten that is not below. */
function nice(value) {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 2.5, 5, 10].find((step) => step * power >= value * 0.9999) * power;
}

const highest = (ys) => {
  let most = 0;
  for (const y of ys) if (y > most) most = y;
  return most;
};

/**
 * Where the entries of a legend stand: { entries: [{ x, row, strokes: [{ curve, name, wide }], label }], rows }.
 * An entry that does not fit goes on in the next row. A single curve without a label needs none.
 */
function legendOf(curves, two, room, measure) {
  const byLabel = new Map();
  for (const curve of curves) byLabel.set(curve.label, [...(byLabel.get(curve.label) ?? []), curve]);
  const entries = [];
  let [x, row] = [0, 0];
  for (const [label, same] of byLabel) {
    if (!two && !label) continue;
    const strokes = same.map((curve) => {
      const name = two ? "AB"[curve.side] : "";
      return { curve, name, wide: name ? measure(name) + 3 : 0 };
    });
    const wide = strokes.reduce((sum, one) => sum + one.wide + STROKE + 4, 0) + measure(label);
    if (x > 0 && x + wide > room) [x, row] = [0, row + 1];
    entries.push({ x, row, strokes, label });
    x += wide + 10;
  }
  return { entries, rows: row + 1 };
}

class Chart {
  constructor(canvas, spec) {
    this.canvas = canvas;
    this.spec = spec;
    this.context = canvas.getContext("2d");
    this.frame = null; // what the axes show now: { xMost, yMost }
    this.top = MARGIN.top; // grows with the rows of the legend
    this.drawn = null; // the reader's own curve: [[x, y] ...] in shares of the axes
  }

  /** Take the canvas's size on the page; only here is layout read. */
  fit() {
    const { clientWidth, clientHeight } = this.canvas;
    const ratio = Math.min(3, globalThis.devicePixelRatio || 1);
    const [wide, high] = [Math.round(clientWidth * ratio), Math.round(clientHeight * ratio)];
    if (this.canvas.width !== wide || this.canvas.height !== high) {
      this.canvas.width = wide;
      this.canvas.height = high;
    }
    Object.assign(this, { width: clientWidth, height: clientHeight, ratio });
  }

  /** sides: results (one or two); look: { ink, quiet, grid }; moment: seconds of the flow, or null. */
  draw(sides, look, moment) {
    if (!this.width) return;
    const { context } = this;
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    context.clearRect(0, 0, this.width, this.height);
    context.font = `12px ${FONT}`;
    if (this.spec.histogram) this.drawHistogram(sides, look);
    else this.drawLines(sides, look, moment);
  }

  drawLines(sides, look, moment) {
    const curves = sides.flatMap((result, side) =>
      this.spec.lines(result).map((one, index) => ({ xs: result.series.time_s, ...one, side, index })),
    );
    const xMost = Math.max(...sides.map((result) => result.scenario.duration_s));
    const yMost = this.fixedY ?? nice(Math.max(...curves.map(({ ys }) => highest(ys))));
    const two = sides.length > 1;
    this.legend(curves, two, look);
    this.frame = { xMost, yMost };
    this.axes(look, [0, xMost / 2, xMost].map((x) => [x / xMost, brief(x)]), yMost, "s");
    if (moment !== null && this.spec.key !== "latency") this.cursor(moment / xMost, look);
    this.mine();
    if (this.hidden) return;
    for (const curve of curves) {
      this.stroke(two ? curve.side : curve.index, two ? curve.side + 2 * curve.index : curve.index);
      const { context } = this;
      context.beginPath();
      curve.ys.forEach((y, i) => context.lineTo(this.x(curve.xs[i] / xMost), this.y(y / yMost)));
      context.stroke();
    }
    this.context.setLineDash([]);
  }

  drawHistogram(sides, look) {
    const bars = sides.map(({ latency_histogram: histogram }) => coarse(histogram));
    const used = bars.flatMap(({ shares }) => shares.flatMap((one, i) => (one > 0 ? [i] : [])));
    const from = used.length ? Math.max(0, Math.min(...used) - 1) : 60;
    const to = used.length ? Math.max(...used) + 2 : 100;
    const yMost = nice(Math.max(0.01, ...bars.map(({ shares }) => highest(shares))));
    this.frame = { xMost: to, yMost };
    this.legend(bars.map((_, side) => ({ label: "", side, index: 0 })), sides.length > 1, look);
    const place = (index) => (index - from) / (to - from);
    const ticks = [];
    for (let power = -5; power <= 7; power++) {
      const at = place(Math.log(10 ** power / 1e-5) / Math.log(1.02) / COARSE);
      if (at >= 0 && at <= 1) ticks.push([at, power < 0 ? `${10 ** (power + 3)} m` : `${10 ** power} `]);
    }
    this.axes(look, ticks, yMost, "s");
    if (this.hidden) return;
    const { context } = this;
    bars.forEach(({ shares }, side) => {
      this.stroke(side, side);
      context.beginPath();
      context.moveTo(this.x(0), this.y(0));
      for (let i = from; i < to; i++) {
        context.lineTo(this.x(place(i)), this.y((shares[i] ?? 0) / yMost));
        context.lineTo(this.x(place(i + 1)), this.y((shares[i] ?? 0) / yMost));
      }
      context.lineTo(this.x(1), this.y(0));
      context.globalAlpha = 0.25;
      context.fillStyle = COLOURS[side];
      context.fill();
      context.globalAlpha = 1;
      context.stroke();
    });
    context.setLineDash([]);
  }

  x(part) {
    return MARGIN.left + part * (this.width - MARGIN.left - MARGIN.right);
  }

  y(part) {
    return this.height - MARGIN.bottom - part * (this.height - this.top - MARGIN.bottom);
  }

  stroke(colour, dash) {
    this.context.strokeStyle = COLOURS[colour % COLOURS.length];
    this.context.lineWidth = 2;
    this.context.setLineDash(DASHES[dash % DASHES.length]);
  }

  axes(look, xTicks, yMost, xUnit) {
    const { context, spec } = this;
    context.textBaseline = "alphabetic";
    context.textAlign = "left";
    context.fillStyle = look.ink;
    context.font = `600 12px ${FONT}`;
    context.fillText(spec.title, 2, 13);
    const after = context.measureText(`${spec.title} `).width;
    context.font = `12px ${FONT}`;
    context.fillStyle = look.quiet;
    const unit = `, ${spec.unit}`;
    if (after - 1 + context.measureText(unit).width <= this.width) context.fillText(unit, after - 1, 13); // a half word says less than none
    context.lineWidth = 1;
    for (const part of [0, 0.5, 1]) {
      context.strokeStyle = look.grid;
      context.beginPath();
      context.moveTo(this.x(0), this.y(part));
      context.lineTo(this.x(1), this.y(part));
      context.stroke();
      context.textAlign = "right";
      context.fillText(brief(part * yMost), MARGIN.left - 5, this.y(part) + 4);
    }
    let free = 0; // where the next label may begin
    xTicks.forEach(([at, words], i) => {
      const label = spec.histogram ? `${words}${xUnit}` : i === xTicks.length - 1 ? `${words} ${xUnit}` : words;
      const wide = context.measureText(label).width;
      context.textAlign = at > 0.9 ? "right" : at < 0.05 ? "left" : "center";
      const begins = this.x(at) - { right: wide, left: 0, center: wide / 2 }[context.textAlign];
      if (begins < free && spec.histogram) return;
      free = begins + wide + 6;
      context.fillText(label, this.x(at), this.height - 5);
    });
  }

  /** One entry for each label; with two scenarios it has both their strokes. As many rows as the entries need. */
  legend(curves, two, look) {
    const { context } = this;
    const { entries, rows } = legendOf(curves, two, this.width - MARGIN.left, (words) => context.measureText(words).width);
    this.top = MARGIN.top + ROW * (rows - 1);
    context.textAlign = "left";
    for (const { x, row, strokes, label } of entries) {
      const y = 26 + ROW * row;
      let at = MARGIN.left + x;
      for (const { curve, name, wide } of strokes) {
        context.fillStyle = look.ink;
        context.fillText(name, at, y + 4);
        this.stroke(two ? curve.side : curve.index, two ? curve.side + 2 * curve.index : curve.index);
        context.beginPath();
        context.moveTo(at + wide, y);
        context.lineTo(at + wide + STROKE, y);
        context.stroke();
        context.setLineDash([]);
        at += wide + STROKE + 4;
      }
      context.fillStyle = look.ink;
      context.fillText(label, at, y + 4);
    }
  }

  cursor(part, look) {
    const { context } = this;
    context.strokeStyle = look.quiet;
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(this.x(part), this.y(0));
    context.lineTo(this.x(part), this.y(1));
    context.stroke();
  }

  mine() {
    if (!this.drawn || this.drawn.length < 2) return;
    const { context } = this;
    context.strokeStyle = COLOURS[3];
    context.lineWidth = 3;
    context.setLineDash([1, 5]);
    context.lineCap = "round";
    context.beginPath();
    for (const [x, y] of this.drawn) context.lineTo(this.x(x), this.y(y));
    context.stroke();
    context.setLineDash([]);
    context.lineCap = "butt";
  }

  /** Where a pointer stands, in shares of the axes (0 to 1). */
  shareAt(event) {
    const box = this.canvas.getBoundingClientRect();
    const held = (value) => Math.min(1, Math.max(0, value));
    return [
      held((event.clientX - box.left - MARGIN.left) / (this.width - MARGIN.left - MARGIN.right)),
      held((this.height - MARGIN.bottom - (event.clientY - box.top)) / (this.height - this.top - MARGIN.bottom)),
    ];
  }
}

const COARSE = 12; // bins of 2% joined into one bar of 27%

function coarse(histogram) {
  const whole = Math.max(1, total(histogram));
  const shares = new Array(Math.ceil(EDGES_S.length / COARSE) + 1).fill(0);
  histogram.forEach((count, i) => {
    if (count) shares[Math.floor(Math.max(0, i - 1) / COARSE)] += count / whole;
  });
  return { shares };
}

return { COLOURS, CHARTS, nice, legendOf, Chart };
})();

// ---- knobs.js
const knobs = (() => {
// What can be turned, in groups: [field, label, slider from, slider to, {log, off, when}]. These are the sliders' own
// spans; the number beside each takes every value that the model allows. `off`: what a field that may be None gets when
// it is switched on. `when`: whether the field matters in this scenario.

const LOG = { log: true };
const bursty = (s) => s.arrivals === "bursty";
const surging = (s) => s.surge_for_s > 0;
const braked = (s) => s.throttle !== "none" || s.on_full === "block";
const aimd = (s) => s.throttle === "aimd";
const scaling = (s) => s.autoscale !== "none";
const failing = (s) => s.error_share > 0 || s.poison_share > 0 || s.crash_every_s !== null;
const retrying = (s) => failing(s) || s.client_retries > 0;

const GROUPS = [
  ["Load", [
    ["arrivals", "Arrivals"],
    ["rate_per_s", "Messages offered", 1, 400],
    ["burst_on_s", "Length of a burst", 0.1, 30, { log: true, when: bursty }],
    ["burst_off_s", "Silence between bursts", 0, 30, { when: bursty }],
    ["trace_s", "Recorded arrivals", null, null, { when: (s) => s.arrivals === "trace" }],
    ["surge_for_s", "Length of the surge", 0, 120],
    ["surge_from_s", "Surge begins at", 0, 120, { when: surging }],
    ["surge_factor", "Surge multiplies the load by", 0, 10, { when: surging }],
    ["priority_mix", "Shares of the classes"],
  ]],
  ["Work and consumers", [
    ["service", "Time for a message"],
    ["service_mean_s", "Mean time for a message", 0.001, 1, LOG],
    ["service_cv", "Spread (deviation over mean)", 0.1, 10, { log: true, when: (s) => s.service === "lognormal" }],
    ["service_tail", "Tail index", 1.1, 10, { log: true, when: (s) => s.service === "pareto" }],
    ["consumers", "Consumers", 1, 20],
    ["prefetch", "Prefetch (credit)", 1, 1000, LOG],
    ["delivery_s", "Way to the consumer", 0, 1],
    ["partitions", "Partitions", 0, 20],
    ["hot_share", "Share of the hot key", 0, 1, { when: (s) => s.partitions > 0 }],
  ]],
  ["Queue", [
    ["queue_limit", "Limit of the queue", 1, 5000, { log: true, off: 100 }],
    ["on_full", "When it is full"],
    ["order", "Order"],
    ["expire_after_s", "Message expires after", 0.1, 60, { log: true, off: 5 }],
  ]],
  ["Producer and callers", [
    ["throttle", "Throttle"],
    ["throttle_rate_per_s", "Rate let through", 1, 400, { when: (s) => s.throttle !== "none" }],
    ["throttle_burst", "Tokens in the bucket", 1, 1000, { log: true, when: (s) => s.throttle !== "none" }],
    ["aimd_interval_s", "AIMD checks every", 0.1, 10, { log: true, when: aimd }],
    ["aimd_depth", "AIMD: too fast above", 1, 2000, { log: true, when: aimd }],
    ["aimd_increase_per_s", "AIMD adds", 0.5, 50, { log: true, when: aimd }],
    ["aimd_decrease", "AIMD multiplies by", 0.05, 0.95, { when: aimd }],
    ["outbox_limit", "Producer's buffer", 0, 1000, { off: 0, when: braked }],
    ["block_timeout_s", "Producer gives up after", 0.1, 60, { log: true, off: 5, when: braked }],
    ["client_timeout_s", "Caller's timeout", 0.1, 30, { log: true, off: 1 }],
    ["client_retries", "Caller's further attempts", 0, 10],
  ]],
  ["Autoscaling", [
    ["autoscale", "Signal"],
    ["autoscale_target", "Target of the signal", 0.1, 1000, { log: true, when: scaling }],
    ["autoscale_interval_s", "Checks every", 0.5, 60, { log: true, when: scaling }],
    ["autoscale_delay_s", "New consumer starts in", 0, 120, { when: scaling }],
    ["autoscale_cooldown_s", "Pause after a decision", 0, 120, { when: scaling }],
    ["autoscale_most", "Most consumers", 1, 40, { when: scaling }],
  ]],
  ["What goes wrong", [
    ["crash_every_s", "A consumer crashes every", 1, 600, { log: true, off: 30 }],
    ["repair_s", "It is back after", 0.1, 60, { log: true, when: (s) => s.crash_every_s !== null }],
    ["error_share", "Handlings that fail", 0, 1],
    ["poison_share", "Poison messages", 0, 0.2],
    ["delivery_limit", "Deliveries at most", 1, 50, { off: 5, when: failing }],
    ["retry_backoff_s", "Wait before a retry", 0, 10, { when: retrying }],
    ["retry_backoff_most_s", "Longest wait", 0, 120, { when: retrying }],
    ["retry_jitter", "Random share of the wait", 0, 1, { when: retrying }],
  ]],
  ["The run", [
    ["duration_s", "Length of the run", 5, 600, LOG],
    ["warm_up_s", "Left out of the summary", 0, 120],
    ["samples", "Points of each chart", 60, 600],
    ["seed", "Seed", 1, 100],
  ]],
];

const KNOBS = Object.fromEntries(
  GROUPS.flatMap(([, knobs]) => knobs.map(([name, label, low, high, more = {}]) => [name, { name, label, low, high, ...more }])),
);

/**
 * An error about a field, in the page's words: each field by the label of its control. Any other error as it is.
 * A name without an underscore is a field only where the error begins: "consumers" is also a unit.
 */
function labelled({ message, field }) {
  if (!Object.hasOwn(KNOBS, field ?? "")) return message;
  const others = Object.keys(KNOBS).filter((name) => name.includes("_"));
  const name = new RegExp(`^${field}\\b|\\b(?:${others.join("|")})\\b`, "g");
  return message.replace(/^scenario: /, "").replace(name, (one) => `“${KNOBS[one].label}”`);
}

const POLICY_WORDS = {
  poisson: "at random (Poisson)", regular: "regular", bursty: "in bursts", trace: "as recorded",
  constant: "always the same", exponential: "exponential", lognormal: "lognormal", pareto: "heavy-tailed (Pareto)",
  block: "block the producer", reject: "reject the new", "drop-oldest": "drop the oldest",
  "drop-lowest": "drop the least important", expire: "let old ones expire", fifo: "first in, first out",
  priority: "most important first", none: "none", "token-bucket": "token bucket", aimd: "AIMD on feedback",
  lag: "lag (waiting per consumer)", age: "age of the oldest", cpu: "share of consumers busy",
};

/** Slider position (0 .. steps) and value, both ways. */
function scaleOf(knob, spec) {
  const { low, high, log } = knob;
  const whole = spec.kind === "whole";
  const steps = whole && !log && high - low <= 400 ? high - low : 200;
  const value = (position) => {
    const part = position / steps;
    const raw = log ? low * (high / low) ** part : low + (high - low) * part;
    return whole ? Math.round(raw) : Number(raw.toPrecision(3));
  };
  const position = (number) => {
    const held = Math.min(high, Math.max(low, number));
    const part = log ? Math.log(held / low) / Math.log(high / low) : (held - low) / (high - low);
    return Math.round(part * steps);
  };
  return { steps, value, position };
}

return { GROUPS, KNOBS, labelled, POLICY_WORDS, scaleOf };
})();

// ---- controls.js
const controls = (() => {
// Sliders, switches and numbers: one for every field of knobs.js. Native inputs, so keyboard and screen reader are the
// browser's own.

const { SPECS, fromText, toText } = engine_scenario;
const { GROUPS, KNOBS, POLICY_WORDS, scaleOf } = knobs;
const { brief, make } = words;

class Controls {
  /** change(name, value): a new value; complain(error): what was typed is no value of that field. */
  constructor(holder, change, complain) {
    this.holder = holder;
    this.change = change;
    this.complain = complain;
    this.rows = new Map();
  }

  /** Lay the controls out anew: `first` in the open group, the rest folded away by group. */
  build(first) {
    this.rows.clear();
    const ahead = make("div", { class: "first" }, ...first.filter((name) => name in KNOBS).map((name) => this.row(KNOBS[name])));
    const groups = GROUPS.map(([title, knobs]) => {
      const rows = knobs.filter(([name]) => !first.includes(name)).map(([name]) => this.row(KNOBS[name]));
      return rows.length ? make("details", {}, make("summary", {}, title), ...rows) : null;
    });
    const more = make("details", { class: "more" }, make("summary", {}, "All controls"), ...groups.filter(Boolean));
    this.holder.replaceChildren(ahead, more);
  }

  row(knob) {
    const spec = SPECS[knob.name];
    const made = spec.kind === "choice" ? this.choice(knob, spec) : spec.kind === "numbers" ? this.text(knob, spec) : this.slider(knob, spec);
    this.rows.set(knob.name, { knob, ...made });
    return made.element;
  }

  choice(knob, spec) {
    const select = make(
      "select",
      { name: knob.name, title: spec.help, onchange: () => this.change(knob.name, select.value) },
      ...spec.choices.map((value) => make("option", { value }, POLICY_WORDS[value] ?? value)),
    );
    return {
      element: make("div", { class: "row" }, make("label", {}, make("span", {}, knob.label), select)),
      show: (value) => {
        select.value = value;
      },
    };
  }

  text(knob, spec) {
    const input = make("input", { type: "text", name: knob.name, title: spec.help, onchange: () => this.typed(spec, input.value) });
    const label = make("label", {}, make("span", {}, `${knob.label} `, make("small", {}, `${spec.unit}, commas between`)), input);
    return {
      element: make("div", { class: "row" }, label),
      show: (value) => {
        input.value = toText(value);
      },
    };
  }

  slider(knob, spec) {
    const scale = scaleOf(knob, spec);
    const unit = spec.unit === "number" ? "" : spec.unit;
    const range = make("input", {
      type: "range", name: knob.name, min: 0, max: scale.steps, step: 1, title: spec.help,
      oninput: () => this.moved(knob, scale, exact, range, unit),
    });
    const exact = make("input", {
      type: "text", inputmode: "decimal", class: "exact", name: `${knob.name}.exact`,
      "aria-label": `${knob.label}, exact value${unit ? ` in ${unit}` : ""}`,
      onchange: () => this.typed(spec, exact.value),
      // a notebook may keep Enter from becoming a change
      onkeydown: (event) => event.key === "Enter" && this.typed(spec, exact.value),
    });
    const label = make("label", {}, make("span", {}, `${knob.label} `, make("small", {}, unit)), range);
    const off = spec.none ? make("input", { type: "checkbox", name: `${knob.name}.off` }) : null;
    if (off) off.addEventListener("change", () => this.change(knob.name, off.checked ? null : knob.off));
    const row = make("div", { class: "row" }, label, exact, off ? make("label", { class: "off" }, off, spec.none) : null);
    return {
      element: row,
      show: (value) => {
        const none = value === null;
        if (off) off.checked = none;
        range.disabled = exact.disabled = none;
        exact.value = none ? "" : toText(value);
        if (!none) range.value = scale.position(value);
        range.setAttribute("aria-valuetext", none ? spec.none : `${toText(value)} ${unit}`);
      },
    };
  }

  moved(knob, scale, exact, range, unit) {
    const value = scale.value(Number(range.value));
    exact.value = toText(value);
    range.setAttribute("aria-valuetext", `${brief(value)} ${unit}`);
    this.change(knob.name, value, true);
  }

  typed(spec, text) {
    this.rows.get(spec.name).shown = undefined; // it may read "1e2": write it as all others
    try {
      this.change(spec.name, fromText(spec, text));
    } catch (error) {
      this.complain(error);
    }
  }

  /** Mark the field that an error names, or none. */
  mark(name) {
    if (!name && !this.marked) return;
    for (const [other, row] of this.rows)
      for (const input of row.element.querySelectorAll("input, select"))
        if (other === name) input.setAttribute("aria-invalid", "true");
        else input.removeAttribute("aria-invalid");
    this.marked = name;
  }

  /** Show a scenario's values; `except` is the field under the reader's hand. */
  show(values, except = null) {
    for (const [name, row] of this.rows) {
      // what has not changed is left alone: every write costs the page a part of its frame
      if (name !== except && row.shown !== values[name]) row.show(values[name]);
      row.shown = values[name];
      const hidden = row.knob.when ? !row.knob.when(values) : false;
      if (row.element.hidden !== hidden) row.element.hidden = hidden;
    }
  }
}

return { Controls };
})();

// ---- figures.js
const figures = (() => {
// The summary as a table of figures and as one sentence.

const { brief, make, share, time } = words;

const ROWS = [
  ["Offered, messages", ({ summary }) => brief(summary.offered)],
  ["Done, messages", ({ summary }) => brief(summary.completed)],
  ["Throughput, messages/s", ({ summary }) => brief(summary.throughput_per_s)],
  ["Done within the deadline (goodput), messages/s", ({ summary }) => brief(summary.goodput_per_s)],
  ["Waiting at the end, messages", ({ series }) => brief(series.waiting.at(-1))],
  ["Waiting at most, messages", ({ summary }) => brief(summary.most_waiting)],
  ["Waiting on average, messages", ({ summary }) => brief(summary.mean_waiting)],
  ["Latency, mean", ({ summary }) => time(summary.mean_latency_s)],
  ["Latency, p50", ({ summary }) => time(summary.p50_s)],
  ["Latency, p95", ({ summary }) => time(summary.p95_s)],
  ["Latency, p99", ({ summary }) => time(summary.p99_s)],
  ["Consumers busy", ({ summary }) => share(summary.utilisation)],
  ["Rejected or refused, messages", ({ summary }) => brief(summary.rejected + summary.refused)],
  ["Dropped or expired, messages", ({ summary }) => brief(summary.dropped + summary.expired)],
  ["Dead-lettered, messages", ({ summary }) => brief(summary.dead)],
  ["Producer blocked", ({ summary }) => share(summary.blocked_share)],
  ["Callers' timeouts", ({ summary }) => brief(summary.time_outs)],
  ["Redeliveries", ({ summary }) => brief(summary.redeliveries)],
];

const lostOf = (one) => one.rejected + one.refused + one.dropped + one.expired;

class Figures {
  constructor(holder) {
    this.holder = holder;
    this.shape = "";
  }

  /** sides: one or two results; the rows of the classes when there are several. */
  show(sides) {
    const classes = Math.max(...sides.map(({ summary }) => summary.classes.length));
    const rows = [...ROWS];
    if (classes > 1)
      for (let kind = 0; kind < classes; kind++) {
        const of = (result, words) => (result.summary.classes[kind] ? words(result.summary.classes[kind]) : "–");
        rows.push([`Class ${kind + 1}: lost`, (result) => of(result, (one) => `${brief(lostOf(one))} of ${brief(one.offered)}`)]);
        rows.push([`Class ${kind + 1}: mean wait`, (result) => of(result, (one) => time(one.mean_wait_s))]);
      }
    const shape = `${sides.length}/${classes}`;
    if (shape !== this.shape) this.build(rows, sides.length);
    this.shape = shape;
    rows.forEach(([, words], row) =>
      sides.forEach((result, side) => {
        const said = words(result);
        const cell = this.cells[row][side];
        if (cell.data !== said) cell.data = said;
      }),
    );
  }

  build(rows, sides) {
    this.cells = rows.map(() => Array.from({ length: sides }, () => document.createTextNode("")));
    const head = sides > 1 ? make("thead", {}, make("tr", {}, make("td"), make("th", { scope: "col" }, "A"), make("th", { scope: "col" }, "B"))) : null;
    const body = make(
      "tbody",
      {},
      ...rows.map(([title], row) =>
        make("tr", {}, make("th", { scope: "row" }, title), ...this.cells[row].map((cell) => make("td", {}, cell))),
      ),
    );
    this.holder.replaceChildren(make("caption", {}, "Figures of the run"), ...(head ? [head] : []), body);
  }
}

/** What a run came to, in a sentence, for the eye and for a screen reader. */
function sentence(result, name = "") {
  const { summary, series, scenario } = result;
  const lost = summary.rejected + summary.refused + summary.dropped + summary.expired + summary.dead;
  return (
    `${name ? `${name}: after` : "After"} ${brief(scenario.duration_s)} s, ${brief(series.waiting.at(-1))} messages wait, ` +
    `the oldest for ${time(series.oldest_s.at(-1))}. ${brief(summary.throughput_per_s)} messages/s were done, ` +
    `half of them within ${time(summary.p50_s)}, 99% within ${time(summary.p99_s)}. ` +
    `${lost ? `${brief(lost)} were lost` : "No message was lost"}; consumers were busy ${share(summary.utilisation)} of the time.`
  );
}

return { Figures, sentence };
})();

// ---- flow.js
const flow = (() => {
// Messages on their way from the producer through the queue to the consumers, played from a run's journal. Position in
// the lane is the order in the queue; a message that ends has a mark of its own (done: tick, lost: cross).

const { WHATS } = journal;
const { brief, FONT } = words;

const [OFFERED, QUEUED, DELIVERED, STARTED, COMPLETED, REJECTED, DROPPED, EXPIRED, RETURNED, BACKS_OFF, DEAD, REFUSED] =
  WHATS.map((_, code) => code);
const FLIGHT_MS = 350;
const MOST_FLYING = 80;

/** The state of a run at a moment, by applying the journal's lines. */
class Replay {
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

class Flow {
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

return { Replay, Flow };
})();

// ---- player.js
const player = (() => {
// The moment that the flow shows: played, paused, or moved by hand.

const { brief, make, share } = words;

const SPEEDS = [0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10];

class Player {
  /** flows: those to show; seen(moment): tell the charts. */
  constructor(holder, still, paint) {
    this.still = still;
    this.paint = paint; // (moment, play, clock)
    this.durationS = 60;
    this.moment = 0;
    this.playing = false;
    this.part = "";
    this.visible = true;
    this.button = make("button", { type: "button", onclick: () => this.toggle() }, "Play");
    this.slider = make("input", {
      type: "range", min: 0, max: 1000, value: 0, name: "moment", "aria-label": "Moment of the run",
      oninput: () => this.jump((this.slider.value / 1000) * this.durationS),
    });
    this.speed = make("select", { "aria-label": "Speed", name: "speed" }, ...SPEEDS.map((one) =>
      make("option", { value: one, selected: one === 0.2 }, one === 1 ? "real time" : one < 1 ? `${share(one)} speed` : `${one} × speed`)));
    this.words = make("span", { class: "moment" });
    this.caption = make("small", { class: "caption" });
    holder.replaceChildren(this.button, this.slider, this.words, this.speed, this.caption);
    this.begin();
  }

  /** Another scenario, of which no moment was chosen yet, by hand or by playing. */
  begin() {
    this.pause();
    this.moment = 0;
    this.chosen = false;
  }

  /**
   * A run of `wholeS` that can be played for `durationS`. A moment that was chosen stays, as far as the run goes; before
   * that the picture is that of the `telling` one: at its start a run has nothing to show.
   */
  load(durationS, telling, wholeS) {
    this.durationS = durationS;
    this.part = durationS < wholeS ? `The picture holds the first ${brief(durationS)} s of the run. ` : "";
    this.moment = Math.min(this.chosen ? this.moment : telling, durationS);
    this.show(this.playing, this.last ?? 0);
  }

  jump(moment) {
    this.chosen = true;
    this.moment = Math.min(moment, this.durationS);
    this.show(false, 0);
  }

  show(play, clock) {
    const caption = this.part + (this.chosen ? "" : "You see the moment when most messages wait. Play begins at the start.");
    if (this.caption.textContent !== caption) this.caption.textContent = caption;
    this.slider.value = (this.moment / this.durationS) * 1000;
    const words = `${brief(this.moment)} s`;
    this.slider.setAttribute("aria-valuetext", words);
    this.words.textContent = words;
    this.paint(this.moment, play, clock);
  }

  toggle() {
    if (this.playing) this.pause();
    else this.play();
  }

  play() {
    if (!this.chosen || this.moment >= this.durationS) this.moment = 0;
    this.chosen = true;
    this.playing = true;
    this.button.textContent = "Pause";
    this.last = null;
    requestAnimationFrame((clock) => this.step(clock));
  }

  pause() {
    this.playing = false;
    this.button.textContent = "Play";
  }

  step(clock) {
    if (!this.playing) return;
    if (!this.visible) {
      this.last = null;
      setTimeout(() => requestAnimationFrame((later) => this.step(later)), 250);
      return;
    }
    const passed = this.last === null ? 0 : clock - this.last;
    // with reduced motion the picture changes twice a second and nothing flies
    if (this.last === null || !this.still || passed >= 500) {
      this.moment = Math.min(this.durationS, this.moment + (Math.min(passed, 600) / 1000) * Number(this.speed.value));
      this.last = clock;
      this.show(true, clock);
      if (this.moment >= this.durationS) this.pause();
    }
    requestAnimationFrame((next) => this.step(next));
  }
}

return { Player };
})();

// ---- predict.js
const predict = (() => {
// "Predict first": the reader picks an answer, or draws the curve, and then runs.

const { make } = words;

let groups = 0;

/** The question as a form; done(choice or null) is called once. `figure` has choices, answer, question. */
function ask(figure, done) {
  const name = `prediction-${groups++}`;
  const run = make("button", { type: "submit", class: "main" }, "Run it");
  const skip = make("button", { type: "button", onclick: () => done(null) }, "Run without predicting");
  const picks = figure.choices.map((choice, place) =>
    make("label", {}, make("input", { type: "radio", name, value: place }), make("span", {}, choice)),
  );
  return make(
    "form",
    {
      class: "predict",
      onsubmit: (event) => {
        event.preventDefault();
        const picked = new FormData(event.target).get(name);
        done(picked === null ? null : Number(picked));
      },
    },
    make("fieldset", {}, make("legend", {}, "Predict first"), make("p", {}, figure.question), ...picks,
      make("p", { class: "hint" }, "Or draw the number waiting into the first chart, with a finger or the mouse."),
      make("div", { class: "bar" }, run, skip)),
  );
}

/** What to say after the run. */
function verdict(figure, picked, drew) {
  const right = figure.choices[figure.answer];
  if (picked === null) return `${drew ? "Your curve is the dotted one. " : ""}The answer is “${right}”. `;
  return picked === figure.answer
    ? `You predicted it: “${right}”. `
    : `You predicted “${figure.choices[picked]}”. The answer is “${right}”. Find the reason in the charts. `;
}

return { ask, verdict };
})();

// ---- python_panel.js
const python_panel = (() => {
// "Run the real Python": the course's own model on SimPy, in Pyodide, in a worker; its source shown and editable.
// Everything comes from this page's own host, and nothing of it before the reader asks.

const { make } = words;

const PATIENCE_MS = 5000; // a run that takes longer is given up as soon as a newer scenario waits

class PythonPanel {
  /** base: where python-worker.js lies; changed(): called when Python came up, went, or its source changed. */
  constructor(holder, base, changed) {
    this.base = base;
    this.changed = changed;
    this.waiting = new Map();
    this.ids = 0;
    this.ready = false;
    this.patienceMs = PATIENCE_MS;
    this.button = make("button", { type: "button", class: "python", onclick: () => (this.worker ? this.switch() : this.boot()) }, "Run the real Python");
    this.stop = make("button", { type: "button", hidden: true, onclick: () => this.stopped("you stopped it") }, "Stop Python");
    this.state = make("p", { role: "status", class: "python-state" });
    this.source = make("details", { class: "source", hidden: true }, make("summary", {}, "Read and change the model's source"));
    holder.replaceChildren(make("div", { class: "bar" }, this.button, this.stop), this.state, this.source);
  }

  async boot() {
    if (this.base.startsWith("file:")) {
      this.stopped("this page was opened from a folder, and Python needs the book to be served (`make start` does it)");
      return;
    }
    this.button.disabled = true;
    this.stop.hidden = false;
    this.state.textContent = "Python is being loaded (about 13 MB, once) …";
    const began = performance.now();
    try {
      this.worker = new Worker(new URL("python-worker.js", this.base), { type: "module" });
      this.worker.onmessage = ({ data }) => this.heard(data);
      this.worker.onerror = (event) => this.stopped(event.message || "its worker did not load");
      const { versions, sources } = await this.ask({ boot: true });
      this.shipped = sources;
      this.sources = { ...sources };
      if (this.source.hidden) this.showSource();
      this.ready = true;
      this.button.textContent = "Back to JavaScript";
      this.button.disabled = false;
      this.versions = versions;
      this.say(`ready after ${((performance.now() - began) / 1000).toFixed(1)} s`);
      this.changed();
    } catch (error) {
      this.stopped(error.message);
    }
  }

  switch() {
    this.ready = !this.ready;
    this.button.textContent = this.ready ? "Back to JavaScript" : "Run the real Python";
    this.say(this.ready ? "at work" : "at rest; the JavaScript model answers");
    this.changed();
  }

  say(words) {
    this.state.textContent = `Python ${this.versions.python} with SimPy ${this.versions.simpy} in this page: ${words}.`;
  }

  /** Python is gone: a worker cannot be interrupted, only ended. Pressing the button again begins anew. */
  stopped(why) {
    this.worker?.terminate();
    this.worker = null;
    this.loading = false;
    clearTimeout(this.patience);
    for (const { reject } of this.waiting.values()) reject(new DOMException(why, "AbortError"));
    this.waiting.clear();
    this.state.textContent = `Python does not run: ${why}. The JavaScript model goes on.`;
    this.button.textContent = "Run the real Python";
    this.button.disabled = false;
    this.stop.hidden = true;
    if (this.ready) {
      this.ready = false;
      this.changed();
    }
  }

  heard({ id, error, ...answer }) {
    const asked = this.waiting.get(id);
    if (!asked) return;
    this.waiting.delete(id);
    if (error) asked.reject(new Error(error));
    else asked.resolve(answer);
  }

  ask(question) {
    const id = this.ids++;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.worker.postMessage({ id, ...question });
    });
  }

  /** The result of a scenario by Python. Rejects with the error's one line. */
  run(values, signal) {
    const late = () => this.stopped(`it gave no answer for ${PATIENCE_MS / 1000} s while a newer scenario waited`);
    signal?.addEventListener("abort", late, { once: true });
    if (this.loading) this.patience = setTimeout(late, PATIENCE_MS); // behind a source that may never be loaded
    return this.ask({ values }).then(({ result }) => result).finally(() => {
      signal?.removeEventListener("abort", late);
      clearTimeout(this.patience);
    });
  }

  showSource() {
    const names = Object.keys(this.sources);
    const pick = make("select", { "aria-label": "File", onchange: () => open() }, ...names.map((name) => make("option", { value: name }, name)));
    const area = make("textarea", { "aria-label": "Source", rows: 22, spellcheck: "false" });
    const report = make("p", { role: "status" });
    const open = () => {
      area.value = this.sources[pick.value];
    };
    const give = async (source) => {
      const path = pick.value;
      if (!this.worker) {
        report.textContent = "Python does not run: press “Run the real Python” first. Your text stays here.";
        return;
      }
      report.textContent = "Your version is being loaded …";
      this.loading = true;
      try {
        await this.ask({ path, source });
        this.sources[path] = source;
        report.textContent = this.original ? "The original runs." : "Your version runs.";
        this.changed();
      } catch (error) {
        report.textContent = `It does not load: ${error.message}`;
      } finally {
        this.loading = false;
      }
    };
    const use = make("button", { type: "button", onclick: () => give(area.value) }, "Run my version");
    const back = make("button", { type: "button", onclick: () => { area.value = this.shipped[pick.value]; give(area.value); } }, "Put the original back");
    pick.value = names.find((name) => name.endsWith("/consumers.py")) ?? names[0];
    open();
    this.source.append(make("div", { class: "bar" }, pick, use, back), area, report);
    this.source.hidden = false;
  }

  /** Whether the source is what the page came with. */
  get original() {
    return Object.entries(this.shipped).every(([path, text]) => this.sources[path] === text);
  }

  close() {
    this.worker?.terminate();
  }
}

return { PythonPanel };
})();

// ---- takeaway.js
const takeaway = (() => {
// What a reader takes away: the series as CSV, the charts as a picture, the Python that gives the same figures, a link.

const { asQuery, changed, scenario, SPECS } = engine_scenario;
const { brief, FONT } = words;

/** Offer text or a blob as a file. */
function save(name, content, type) {
  const address = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
  const link = document.createElement("a");
  Object.assign(link, { href: address, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}

/** One row a point of time; with two sides, both, told apart by the first column. */
function csv(sides) {
  const names = Object.keys(sides[0].series);
  const rows = sides.flatMap(({ series }, side) =>
    series.time_s.map((_, i) => ["AB"[side], ...names.map((name) => series[name][i])].join(",")),
  );
  return [["scenario", ...names].join(","), ...rows].join("\r\n") + "\r\n";
}

function literal(spec, value) {
  if (value === null) return "None";
  if (Array.isArray(value)) return `(${value.map((one) => literal({ kind: "number" }, one)).join(", ")}${value.length === 1 ? "," : ""})`;
  if (typeof value === "string") return JSON.stringify(value);
  const text = String(value);
  return spec.kind !== "whole" && /^-?\d+$/.test(text) ? `${text}.0` : text;
}

const call = (values) =>
  `Scenario(\n${Object.entries(changed(scenario(values)))
    .map(([name, value]) => `    ${name}=${literal(SPECS[name], value)},\n`)
    .join("")})`;

/** A program that prints the same figures to the last digit. */
function python(sides) {
  const names = sides.length > 1 ? ["a", "b"] : ["scenario"];
  return (
    `"""Gives the figures of the page, to the last digit."""\n\nfrom mqcourse.backpressure import Scenario, simulate\n\n` +
    sides.map((values, i) => `${names[i]} = ${call(values)}\n`).join("") +
    names.map((name) => `print(simulate(${name}).summary)\n`).join("")
  );
}

/** The address's part after "#": the explorer's id, then the scenarios as queries. */
const hashOf = (id, sides) => `#${id}?${sides.map((values) => asQuery(scenario(values))).join(";")}`;

/** The queries that the address has for this explorer, or null. */
function queriesIn(hash, id) {
  const start = `#${id}?`;
  return hash.startsWith(start) ? hash.slice(start.length).split(";").slice(0, 2) : null;
}

/** All canvases under a title in one picture. */
function picture(title, canvases, look) {
  const ratio = canvases[0].width / canvases[0].clientWidth;
  const wide = Math.max(...canvases.map((canvas) => canvas.width));
  const columns = Math.max(1, Math.floor(wide / canvases.at(-1).width));
  const gap = 12 * ratio;
  let [x, y, row, column] = [gap, 44 * ratio, 0, 0];
  const places = canvases.map((canvas) => {
    const full = canvas.width === wide && columns > 1;
    if (column && (full || column >= columns)) [x, y, row, column] = [gap, y + row + gap, 0, 0];
    const place = [canvas, x, y];
    row = Math.max(row, canvas.height);
    x += canvas.width + gap;
    column += full ? columns : 1;
    return place;
  });
  const whole = document.createElement("canvas");
  whole.width = Math.max(...places.map(([canvas, at]) => at + canvas.width)) + gap;
  whole.height = y + row + gap;
  const context = whole.getContext("2d");
  context.fillStyle = look.surface;
  context.fillRect(0, 0, whole.width, whole.height);
  context.fillStyle = look.ink;
  context.font = `600 ${16 * ratio}px ${FONT}`;
  context.fillText(title, gap, 28 * ratio);
  for (const [canvas, at, down] of places) context.drawImage(canvas, at, down);
  return new Promise((resolve) => whole.toBlob(resolve, "image/png"));
}

/** The most that was waiting, in words: what a drawn curve is held to. */
const peakWords = (result) => `${brief(result.summary.most_waiting)} messages at most`;

return { save, csv, python, hashOf, queriesIn, picture, peakWords };
})();

// ---- view.js
const view = (() => {
// The explorer itself: scenarios (one, or two side by side), controls, flow, charts, figures. It knows nothing of where
// it stands; element.js puts it into a page of the book, and into a notebook.

const { asQuery, scenario, valuesOfQuery } = engine_scenario;
const { PRESETS } = generated_presets;
const { Chart, CHARTS, COLOURS, nice } = charts;
const { Controls } = controls;
const { Figures, sentence } = figures;
const { Flow } = flow;
const { labelled } = knobs;
const { Player } = player;
const { ask, verdict } = predict;
const { PythonPanel } = python_panel;
const { Newest } = runner;
const { csv, hashOf, picture, python, queriesIn, save } = takeaway;
const { equal, make } = words;

const CUSTOM = { name: "", title: "Your own scenario", look_at: "", sliders: ["rate_per_s", "service_mean_s", "consumers", "queue_limit", "on_full"] };
const NOT_RUN = "Not run yet.";
const SETTLED_MS = 400;
const FIGURES_MS = 120;
let explorers = 0; // in this page: a landmark needs a name of its own

class View {
  /** root: where to build. options: { model, preset, values, beside, sliders, predict, id, linkable, base }. */
  constructor(host, root, css, options) {
    Object.assign(this, { host, root, options, active: 0, asked: false, picked: null });
    this.model = options.model;
    this.still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.results = [];
    this.changes = 0;
    this.settling = new AbortController();
    this.newest = [0, 1].map((side) => new Newest((result) => this.arrived(side, result), (error) => this.failed(error)));
    this.build(css);
    this.watchLook();
    this.open();
  }

  build(css) {
    const part = (name, tag = "div", attributes = {}) => (this[name] = make(tag, { class: name, ...attributes }));
    const button = (words, act) => make("button", { type: "button", onclick: act }, words);
    this.presetPick = make(
      "select",
      { name: "preset", onchange: () => this.choose(this.presetPick.value) },
      ...PRESETS.map(({ name, title }) => make("option", { value: name }, title)),
      make("option", { value: "" }, CUSTOM.title),
    );
    this.two = make("input", { type: "checkbox", name: "beside", onchange: () => this.setBeside(this.two.checked) });
    this.sidePick = make("fieldset", { class: "sides", hidden: true }, make("legend", {}, "The controls change"),
      ...["A", "B"].map((name, side) => make("label", {},
        make("input", { type: "radio", name: "side", value: side, checked: side === 0, onchange: () => this.setActive(side) }), name)));
    const bar = make("div", { class: "bar top" },
      make("label", { class: "preset" }, make("span", {}, "Scenario"), this.presetPick),
      make("label", {}, this.two, "Two side by side"), this.sidePick,
      button("Start again", () => this.choose(this.presetPick.value)));
    this.flows = [0, 1].map(() => {
      const canvas = make("canvas", { class: "flow", role: "img", "aria-label": `Messages. ${NOT_RUN}` });
      return new Flow(canvas, this.still);
    });
    this.flows[1].canvas.hidden = true;
    this.charts = CHARTS.map((spec) => new Chart(make("canvas", { class: "chart", role: "img", "data-chart": spec.key }), spec));
    this.nameCharts(NOT_RUN); // an image has a name from the start, however long the first run takes
    part("playbar");
    const takeaway = make("div", { class: "bar takeaway" },
      this.options.linkable ? button("Copy link", () => this.copyLink()) : null,
      button("PNG", () => this.savePicture()),
      button("CSV", () => save("backpressure.csv", csv(this.sides.map((_, side) => this.results[side])), "text/csv")),
      button("Python", () => save("backpressure.py", python(this.sides), "text/x-python")));
    this.playbar.classList.add("bar");
    const sheet = new CSSStyleSheet(); // not a style element, which a strict policy of the page refuses
    sheet.replaceSync(css);
    this.root.adoptedStyleSheets = [sheet];
    this.root.replaceChildren(
      make("section", { class: "explorer", "aria-label": `Backpressure explorer ${++explorers}` },
        bar, part("question"), part("error", "p", { role: "alert", hidden: true }),
        part("said", "p", { role: "status", tabindex: "-1" }), part("lookAt", "p"),
        make("div", { class: "body" },
          part("controlsHolder", "div", { role: "group", "aria-label": "Controls" }),
          make("div", { class: "stage" },
            part("flowHolder"), this.playbar,
            part("chartHolder"),
            (this.numbers = make("details", { class: "numbers", open: true }, make("summary", {}, "Figures"), part("table", "table"))))),
        takeaway, part("pythonHolder")));
    this.flowHolder.append(...this.flows.map((flow) => flow.canvas));
    this.chartHolder.append(...this.charts.map((chart) => chart.canvas));
    this.player = new Player(this.playbar, this.still, (moment, play, clock) => this.paintFlow(moment, play, clock));
    this.controls = new Controls(this.controlsHolder, (name, value, dragged) => this.change(name, value, dragged), (error) => this.failed(error));
    this.figures = new Figures(this.table);
    if (this.options.base) this.python = new PythonPanel(this.pythonHolder, this.options.base, () => this.runAll());
    for (const chart of this.charts) this.listen(chart);
  }

  /** Begin with the address's scenarios if it has any, else with the ones that the chapter gave. */
  open() {
    const { options } = this;
    addEventListener("hashchange", () => this.follow());
    const queries = options.linkable ? queriesIn(location.hash, options.id) : null;
    this.choose(options.preset ?? "", queries === null);
    this.follow(queries);
  }

  /** Show the scenarios of the address. */
  follow(queries = this.options.linkable ? queriesIn(location.hash, this.options.id) : null) {
    if (queries === null) return;
    try {
      const sides = queries.map((query) => scenario(valuesOfQuery(query)));
      this.answerGiven(null);
      this.sides = sides;
      this.active = sides.length - 1;
      this.inAddress = this.query;
      this.afterSides();
    } catch (error) {
      this.failed(error);
    }
    this.host.scrollIntoView({ block: "start" });
  }

  /** Take a preset; with the chapter's own changes when it is the chapter's own preset. */
  choose(name, mayAsk = true) {
    const { options } = this;
    const own = name === (options.preset ?? "");
    this.preset = PRESETS.find((one) => one.name === name) ?? { ...CUSTOM, values: this.sides?.[0] ?? {} };
    this.presetPick.value = this.preset.name;
    try {
      const first = scenario({ ...this.preset.values, ...(own ? options.values : {}) });
      this.sides = [first];
      if (own && options.beside) this.sides.push(scenario({ ...first, ...options.beside }));
    } catch (error) {
      this.sides = [scenario({})];
      this.failed(error);
      return;
    }
    this.active = this.sides.length - 1;
    this.asked = mayAsk && options.predict && Boolean(this.preset.choices) && !(own && options.values);
    this.picked = null;
    this.judged = false;
    for (const chart of this.charts) chart.drawn = null;
    this.question.replaceChildren();
    if (this.asked) this.question.append(ask(this.preset, (picked) => this.answerGiven(picked)));
    this.player.begin();
    this.sliders = (own && options.sliders) || this.preset.sliders;
    this.afterSides();
  }

  afterSides() {
    this.two.checked = this.sides.length > 1;
    this.sidePick.hidden = this.sides.length < 2;
    this.sidePick.querySelectorAll("input")[this.active].checked = true;
    this.flows[1].canvas.hidden = this.sides.length < 2;
    this.controls.build(this.sliders);
    this.controls.show(this.sides[this.active]);
    this.controls.mark(null);
    if (this.sides.length < 2) this.newest[1].drop();
    this.results = [];
    this.drafts = [null, null];
    this.dress();
    this.runAll();
  }

  setBeside(wanted) {
    this.sides = wanted ? [this.sides[0], this.sides[0]] : [this.sides[0]];
    this.active = wanted ? 1 : 0;
    this.answerGiven(null);
    this.judged = false;
    this.afterSides();
  }

  setActive(side) {
    this.active = side;
    this.controls.show(this.drafts[side] ?? this.sides[side]);
  }

  /** Before the prediction only the chart to draw into is there. */
  dress() {
    for (const part of [this.flowHolder, this.playbar, this.numbers]) part.hidden = this.asked;
    for (const chart of this.charts) chart.canvas.hidden = this.asked && chart.spec.key !== "waiting";
    this.lookAt.textContent = this.asked || !this.preset.look_at ? "" : `Look at: ${this.preset.look_at}`;
    this.fit();
  }

  answerGiven(picked) {
    if (!this.asked) return;
    this.asked = false;
    this.picked = picked;
    this.judged = true;
    // the button that was pressed goes away with its form: the words that answer it take the focus
    if (this.question.contains(this.root.activeElement)) this.said.focus({ preventScroll: true });
    this.question.replaceChildren();
    this.dress();
    this.drawCharts();
    this.settle();
    if (!this.still) this.player.play();
  }

  /** A control moved. `dragged`: its own display is already right. */
  change(name, value, dragged = false) {
    // what cannot be run stays as the reader set it: the next control may be what makes it whole
    const values = { ...(this.drafts[this.active] ?? this.sides[this.active]), [name]: value };
    try {
      this.sides[this.active] = scenario(values);
      this.drafts[this.active] = null;
    } catch (error) {
      this.drafts[this.active] = values;
      this.controls.show(values, name);
      this.failed(error);
      return;
    }
    if (this.asked) this.answerGiven(null);
    this.judged = false; // the question was about another scenario
    this.controls.show(this.sides[this.active], dragged ? name : null);
    this.controls.mark(null);
    this.run(this.active);
  }

  runAll() {
    this.sides.forEach((_, side) => this.run(side));
  }

  run(side) {
    const values = this.sides[side];
    this.changes += 1;
    if (!this.error.hidden) this.error.hidden = true;
    this.busy();
    const model = this.python?.ready ? this.python : this.model;
    this.settling.abort(); // a large run is as long in its journal
    this.newest[side].ask(model, values);
  }

  /** Until the words, the flow and the figures are those of this run. */
  busy() {
    if (this.host.dataset.state !== "busy") this.host.dataset.state = "busy";
  }

  arrived(side, result) {
    if (side >= this.sides.length) return;
    this.results[side] = result;
    if (this.ready) {
      this.drawCharts();
      this.drawnS ??= performance.now() / 1000; // since navigation: how soon the page was usable
      this.host.dispatchEvent(new CustomEvent("drawn"));
    }
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.settle(), SETTLED_MS);
  }

  failed(error) {
    this.error.textContent = labelled(error);
    this.error.hidden = false;
    this.controls.mark(error.field);
    this.host.dataset.state = "calm";
  }

  get ready() {
    return this.sides.every((_, side) => this.results[side]);
  }

  /** After the last change: words for the screen reader, the flow, the address. */
  async settle() {
    clearTimeout(this.timer);
    if (!this.ready) return;
    this.busy();
    if (this.settling.signal.aborted) this.settling = new AbortController();
    const { changes } = this;
    const words = this.asked ? "" : this.sentences;
    const drew = this.charts[0].drawn !== null;
    this.said.textContent = (this.judged && this.preset.choices ? verdict(this.preset, this.picked, drew) : "") + words;
    this.nameCharts(words || NOT_RUN);
    this.showFigures();
    this.keepAddress();
    this.agree();
    await this.loadFlow();
    if (changes !== this.changes) return;
    this.host.dataset.state = "calm";
    this.host.dispatchEvent(new CustomEvent("settled"));
  }

  /** What came out, a sentence for each scenario. */
  get sentences() {
    const { sides } = this;
    return this.results.slice(0, sides.length).map((result, side) => sentence(result, sides.length > 1 ? "AB"[side] : "")).join(" ");
  }

  nameCharts(words) {
    // the sentence of the run is the first chart's alone; all figures are in the table
    this.charts.forEach(({ canvas, spec }, place) => {
      const run = place === 0 || words === NOT_RUN ? ` ${words}` : "";
      canvas.setAttribute("aria-label", `Chart: ${spec.title}, ${spec.unit}.${run}`);
    });
  }

  async loadFlow() {
    const { sides } = this;
    const { signal } = this.settling;
    const wanted = this.query;
    if (this.asked || this.flowOf === wanted) return;
    this.flowOf = wanted;
    try {
      const journals = await Promise.all(sides.map((values) => this.model.journal(values, signal)));
      if (this.flowOf !== wanted) return; // the reader went on
      journals.forEach((journal, side) => this.flows[side].load(journal, sides[side]));
      this.player.load(this.playable(journals), this.deepest(), Math.max(...sides.map((one) => one.duration_s)));
    } catch (error) {
      if (this.flowOf === wanted) this.flowOf = null;
      if (error.name !== "AbortError") this.failed(error);
    }
  }

  /** Seconds of the run that the journals hold: they are as long as a page can carry, a run may be longer. */
  playable(journals) {
    const ends = journals.map(({ times }, side) =>
      times.length < this.model.journalMost ? this.sides[side].duration_s : times[times.length - 1]);
    return Math.max(...ends);
  }

  /** The moment at which most messages wait: the picture to begin with where nothing moves by itself. */
  deepest() {
    const points = this.results.slice(0, this.sides.length).map(({ series }) => {
      const most = series.waiting.reduce((best, depth, at) => (depth > series.waiting[best] ? at : best), 0);
      return { depth: series.waiting[most], at: series.time_s[most] };
    });
    return points.reduce((best, one) => (one.depth > best.depth ? one : best)).at;
  }

  paintFlow(moment, play, clock) {
    this.sides.forEach((_, side) => {
      const flow = this.flows[side];
      if (!flow.replay) return;
      flow.show(moment, play, clock);
      flow.draw(this.look, clock, COLOURS);
      if (!play) flow.canvas.setAttribute("aria-label", flow.replay.words(this.sides.length > 1 ? `${"AB"[side]} ` : "Messages "));
    });
    if (!this.asked && this.ready) this.charts.forEach((chart) => chart.spec.histogram || this.drawOne(chart));
  }

  drawCharts() {
    for (const chart of this.charts) this.drawOne(chart);
    // nobody reads figures while dragging: a few times a second leaves the frame to the charts
    this.figuresTimer ??= setTimeout(() => this.showFigures(), FIGURES_MS);
  }

  showFigures() {
    clearTimeout(this.figuresTimer);
    this.figuresTimer = undefined;
    if (!this.asked && this.ready) this.figures.show(this.results.slice(0, this.sides.length));
  }

  drawOne(chart) {
    if (!this.ready) return;
    chart.hidden = this.asked;
    chart.fixedY = this.asked && chart.spec.key === "waiting" ? roomy(this.results[0].summary.most_waiting) : undefined;
    chart.draw(this.results.slice(0, this.sides.length), this.look, this.asked ? null : this.player.moment);
  }

  /** Drawing a prediction, and choosing the moment, with a pointer. */
  listen(chart) {
    const { canvas } = chart;
    const at = (event) => {
      const [x, y] = chart.shareAt(event);
      if (this.asked && chart.spec.key === "waiting") {
        chart.drawn = [...(chart.drawn ?? []).filter(([before]) => before < x), [x, y]];
        this.drawOne(chart);
      } else if (!this.asked && !chart.spec.histogram && this.ready) {
        this.player.jump(x * this.player.durationS);
      }
    };
    canvas.addEventListener("pointerdown", (event) => {
      if (this.asked && chart.spec.key === "waiting") canvas.setPointerCapture(event.pointerId);
      if (this.asked) chart.drawn = null;
      at(event);
    });
    canvas.addEventListener("pointermove", (event) => event.buttons && at(event));
  }

  /** With Python at work, hold the two models to each other. */
  async agree() {
    if (!this.python?.ready) return;
    const [values] = this.sides;
    const [mine] = this.results;
    if (!this.python.original) {
      this.python.say("your version of the source is at work");
      return;
    }
    let other;
    try {
      other = await this.model.run(values, this.settling.signal);
    } catch {
      return; // the reader went on
    }
    const same = ["summary", "series", "latency_histogram"].every((part) => equal(mine[part], other[part]));
    this.python.say(same ? "it agrees with the JavaScript model to the last digit" : "it does NOT agree with the JavaScript model; please report this scenario");
  }

  /** An address that holds a scenario of this explorer follows the reader to the one that is shown. */
  keepAddress() {
    const holdsOurs = this.options.linkable && queriesIn(location.hash, this.options.id) !== null;
    if (holdsOurs && this.inAddress !== this.query) this.writeAddress();
  }

  writeAddress() {
    history.replaceState(null, "", hashOf(this.options.id, this.sides));
    this.inAddress = this.query;
  }

  get query() {
    return this.sides.map(asQuery).join(";");
  }

  async copyLink() {
    this.writeAddress();
    try {
      await navigator.clipboard.writeText(location.href);
      this.said.textContent = "The link to this scenario is copied.";
    } catch {
      this.said.textContent = "The address bar now holds the link to this scenario.";
    }
  }

  async savePicture() {
    const canvases = [...this.flows.slice(0, this.sides.length), ...this.charts].map(({ canvas }) => canvas);
    save("backpressure.png", await picture(this.preset.title, canvases, this.look), "image/png");
  }

  /** Colours from the page's mode, and sizes from the layout; again when either changes. */
  watchLook() {
    const again = () => {
      const dark = isDark();
      this.host.dataset.mode = dark ? "dark" : "light";
      const style = getComputedStyle(this.root.querySelector(".explorer"));
      const of = (name) => style.getPropertyValue(name).trim();
      this.look = { ink: of("--ink"), quiet: of("--quiet"), grid: of("--line"), surface: of("--surface") };
      this.redraw();
    };
    again();
    this.observer = new MutationObserver(again);
    this.observer.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    this.observer.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light"] });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
    this.sizes = new ResizeObserver(() => {
      this.fit();
      again(); // a notebook attaches the element after it was built, and only then has it colours
    });
    this.sizes.observe(this.chartHolder);
    this.sight = new IntersectionObserver(([seen]) => {
      this.player.visible = seen.isIntersecting;
    });
    this.sight.observe(this.flowHolder);
    this.printing = new AbortController();
    const { signal } = this.printing;
    addEventListener("beforeprint", () => this.print(), { signal });
    addEventListener("afterprint", () => this.printed(), { signal });
  }

  /** On paper nobody can press "Run it": the run and its answer stand there, and the question is asked again after. */
  print() {
    if (!this.asked || !this.ready) return;
    this.asked = false;
    this.dress();
    this.flowHolder.hidden = true; // it has nothing to play before the question is answered
    this.drawCharts();
    this.showFigures();
    this.nameCharts(this.sentences);
    this.said.textContent = verdict(this.preset, null, this.charts[0].drawn !== null) + this.sentences;
    this.forPaper = true;
  }

  printed() {
    if (!this.forPaper) return;
    this.forPaper = false;
    this.asked = true;
    this.said.textContent = "";
    this.nameCharts(NOT_RUN);
    this.dress();
    this.drawCharts();
  }

  fit() {
    for (const drawn of [...this.charts, ...this.flows]) drawn.fit();
  }

  redraw() {
    if (!this.sides || !this.look || !this.ready) return;
    this.drawCharts();
    this.paintFlow(this.player.moment, false, 0);
  }

  close() {
    this.observer.disconnect();
    this.sizes.disconnect();
    this.sight.disconnect();
    this.printing.abort();
    this.player.pause();
    this.model.close?.();
    this.python?.close();
  }
}

const roomy = (most) => nice(Math.max(10, most * 2.5));

function isDark() {
  const theme = document.documentElement.dataset.theme;
  if (theme === "dark" || theme === "light") return theme === "dark";
  const jupyter = document.body.dataset.jpThemeLight;
  if (jupyter) return jupyter === "false";
  return matchMedia("(prefers-color-scheme: dark)").matches;
}


return { View };
})();

// ---- element.js
const element = (() => {
// The three places where this file is loaded: a page of the book (a custom element), a worker (the model alone), and a
// notebook in JupyterLab (an anywidget, whose model is the Python kernel).

const { scenario, valuesOfQuery } = engine_scenario;
const { simulate } = generated_simulation;
const { pack } = journal;
const { PageModel, serve } = runner;
const { CSS } = generated_style;
const { View } = view;

const listed = (text) => (text ? text.split(",").map((one) => one.trim()) : null);

function define() {
  class BackpressureExplorer extends HTMLElement {
    connectedCallback() {
      if (this.view) return;
      const query = this.getAttribute("scenario");
      const beside = this.getAttribute("beside");
      this.view = new View(this, this.shadowRoot ?? this.attachShadow({ mode: "open" }), CSS, {
        model: new PageModel(import.meta.url),
        preset: this.getAttribute("preset"),
        values: query ? valuesOfQuery(query) : null,
        beside: beside === null ? null : valuesOfQuery(beside),
        sliders: listed(this.getAttribute("sliders")),
        predict: this.getAttribute("predict") !== "no",
        id: this.id,
        linkable: this.id !== "",
        base: import.meta.url,
      });
    }
  }
  customElements.define("backpressure-explorer", BackpressureExplorer);
}

/** The Python kernel as the model: questions and answers by message. */
class KernelModel {
  constructor(model) {
    this.model = model;
    this.waiting = new Map();
    this.ids = 0;
    this.journalMost = 50000; // widget.py's
    this.heard = ({ id, error, result, journal }) => {
      const { resolve, reject } = this.waiting.get(id) ?? {};
      this.waiting.delete(id);
      if (error) reject?.(new Error(error));
      else resolve?.(result ?? pack(journal));
    };
    model.on("msg:custom", this.heard);
  }

  ask(question) {
    const id = `${Date.now()}-${this.ids++}`;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.model.send({ id, ...question });
    });
  }

  run(values) {
    return this.ask({ values });
  }

  journal(values) {
    return this.ask({ values, journal: true });
  }

  close() {
    this.model.off("msg:custom", this.heard);
  }
}

function render({ model, el }) {
  const holder = document.createElement("div");
  holder.dataset.lmSuppressShortcuts = "true"; // else the notebook takes the keys that are typed in here as its own
  el.append(holder);
  const view = new View(holder, holder.attachShadow({ mode: "open" }), CSS, {
    model: new KernelModel(model),
    preset: model.get("preset") || null,
    values: Object.keys(model.get("values")).length ? model.get("values") : null,
    beside: null,
    sliders: model.get("sliders").length ? model.get("sliders") : null,
    predict: model.get("predict"),
    id: "",
    linkable: false,
    base: null,
  });
  const tell = () => {
    model.set("values", { ...view.sides[0] });
    model.save_changes();
  };
  holder.addEventListener("settled", tell); // not while a slider moves: a notebook's traffic is its kernel's time
  return () => view.close();
}

if (typeof document === "undefined") {
  if (typeof WorkerGlobalScope !== "undefined") serve(globalThis);
} else if (!customElements.get("backpressure-explorer")) {
  define();
}

const widget = { render };

return { widget, scenario, simulate };
})();

export const { simulate, scenario } = element;
export default element.widget;
