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

export const GROUPS = [
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

export const KNOBS = Object.fromEntries(
  GROUPS.flatMap(([, knobs]) => knobs.map(([name, label, low, high, more = {}]) => [name, { name, label, low, high, ...more }])),
);

/**
 * An error about a field, in the page's words: each field by the label of its control. Any other error as it is.
 * A name without an underscore is a field only where the error begins: "consumers" is also a unit.
 */
export function labelled({ message, field }) {
  if (!Object.hasOwn(KNOBS, field ?? "")) return message;
  const others = Object.keys(KNOBS).filter((name) => name.includes("_"));
  const name = new RegExp(`^${field}\\b|\\b(?:${others.join("|")})\\b`, "g");
  return message.replace(/^scenario: /, "").replace(name, (one) => `“${KNOBS[one].label}”`);
}

export const POLICY_WORDS = {
  poisson: "at random (Poisson)", regular: "regular", bursty: "in bursts", trace: "as recorded",
  constant: "always the same", exponential: "exponential", lognormal: "lognormal", pareto: "heavy-tailed (Pareto)",
  block: "block the producer", reject: "reject the new", "drop-oldest": "drop the oldest",
  "drop-lowest": "drop the least important", expire: "let old ones expire", fifo: "first in, first out",
  priority: "most important first", none: "none", "token-bucket": "token bucket", aimd: "AIMD on feedback",
  lag: "lag (waiting per consumer)", age: "age of the oldest", cpu: "share of consumers busy",
};

/** Slider position (0 .. steps) and value, both ways. */
export function scaleOf(knob, spec) {
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
