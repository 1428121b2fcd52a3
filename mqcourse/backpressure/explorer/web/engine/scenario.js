// By hand, beside scenario.py: checks a scenario and writes it as an address's query. The list of fields, with units and
// ranges, is Python's (fields.js is generated), and so are the sentences of every error.

import { FIELDS } from "../generated/fields.js";

export { FIELDS };
export const MOST_MESSAGES = 50000000;
export const MOST_BACKLOG = 2000000;
export const MOST_REDELIVERIES = 10000000;
export const NAMES = FIELDS.map((spec) => spec.name);
export const SPECS = Object.fromEntries(FIELDS.map((spec) => [spec.name, spec]));
const LONGEST_SAID = 40; // characters of a wrong text that an error repeats
const UNSAYABLE = /[\u0000-\u001f\u007f-\u00a0\u1680\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff\ud800-\udfff]/gu; // twin of field.py's
const WRITTEN = /^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$/; // a number in an address; twin of field.py's
export const DEFAULTS = Object.fromEntries(FIELDS.map((spec) => [spec.name, spec.default]));

export class CourseError extends Error {
  constructor(what, { do: next = "" } = {}) {
    super((next ? `${what.replace(/\.+$/, "")}. ${next}` : what).replace(/ +/g, " ").trim());
  }
}

export class ScenarioError extends CourseError {
  constructor(field, problem, allowedText) {
    super(`scenario: ${field} ${problem}`, { do: `Allowed: ${allowedText}` });
    this.field = field;
  }
}

/** The scenario of an object; missing fields have their defaults. Throws ScenarioError. */
export function scenario(values = {}) {
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
export function changed(s) {
  const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);
  return Object.fromEntries(NAMES.filter((name) => !same(s[name], DEFAULTS[name])).map((name) => [name, s[name]]));
}

/** rate_per_s=120&on_full=block; lists joined by commas. */
export function asQuery(s) {
  return Object.entries(changed(s))
    .map(([name, value]) => `${name}=${encodeURIComponent(toText(value)).replaceAll("%2C", ",")}`)
    .join("&");
}

/** The values in an address's query, read but not yet checked: what a base scenario is changed by. */
export function valuesOfQuery(query) {
  const values = {};
  for (const [name, text] of new URLSearchParams(query.replace(/^[?#]+/, ""))) {
    if (!Object.hasOwn(SPECS, name)) throw unknownField(name);
    values[name] = fromText(SPECS[name], text);
  }
  return values;
}

/** The value that `toText` wrote. */
export function fromText(spec, text) {
  if (spec.kind === "choice") return text;
  if (text === "none" && spec.none) return null;
  const number = (one) => {
    if (!WRITTEN.test(one.trim())) throw new ScenarioError(spec.name, `is ${quoted(text)}`, allowed(spec));
    return Number(one);
  };
  return spec.kind === "numbers" ? text.split(",").filter(Boolean).map(number) : number(text);
}

/** The allowed range of a field, with its unit, in words. */
export function allowed(spec) {
  if (spec.kind === "choice") return spec.choices.join(", ");
  let span = `${spec.above ? "above" : "from"} ${toText(spec.low)} to ${toText(spec.high)} ${spec.unit}`;
  if (spec.kind === "whole") span = `whole numbers ${span}`;
  if (spec.kind === "numbers") span = `a list of at most ${spec.most} numbers ${span}`;
  return spec.none ? `${span}, or None (${spec.none})` : span;
}

export function capacityPerS(s) {
  let consumers = s.autoscale === "none" ? s.consumers : Math.max(s.consumers, s.autoscale_most);
  if (s.partitions) consumers = Math.min(consumers, s.partitions);
  const up = s.crash_every_s === null ? 1.0 : s.crash_every_s / (s.crash_every_s + s.repair_s);
  const tries = s.error_share >= 1.0 || s.delivery_limit === 1 ? 1.0 : 1.0 / (1.0 - s.error_share);
  return (consumers * up) / (s.service_mean_s * tries);
}

export function offeredPerS(s) {
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
export function toText(value) {
  if (value === null) return "none";
  if (Array.isArray(value)) return value.map(toText).join(",");
  return typeof value === "number" ? digits(value) : String(value);
}

/** A number with six significant digits, as Python's format "g" writes it. */
export function general(value) {
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
