// Twin of draws.py: mulberry32, one stream for each purpose, and variates by inversion.

import { exp, ln, normalQuantile } from "./numerics.js";

export const STREAMS = [
  "arrivals", "bursts", "work", "class", "key", "poison", "error", "crash", "repair", "back-off", "client",
];
const STEP = 0x6d2b79f5;
const STREAM_SPACING = 0x0fffffc7;
const SEED_SPACING = 165902235;

/** The first state of a stream. Products pass 2**53: Math.imul keeps their low 32 bits. */
export function start(seed, stream) {
  const steps = stream * STREAM_SPACING + (Math.imul(seed, SEED_SPACING) & 0x0fffffff);
  return Math.imul(steps, STEP) >>> 0;
}

/** A function that draws the next number of a stream: (k + 0.5) / 2**32 with k a 32-bit number. */
export function uniform(seed, purpose) {
  let state = start(seed, STREAMS.indexOf(purpose)) | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (((t ^ (t >>> 14)) >>> 0) + 0.5) * 2.3283064365386963e-10;
  };
}

export const exponential = (draw) => () => -ln(draw());
export const constant = (value) => () => value;
export const scaledExponential = (draw, mean) => () => mean * -ln(draw());

export function lognormal(draw, mean, cv) {
  const variance = ln(1.0 + cv * cv);
  const sigma = Math.sqrt(variance);
  const mu = ln(mean) - 0.5 * variance;
  return () => exp(mu + sigma * normalQuantile(draw()));
}

export function pareto(draw, mean, tail) {
  const least = (mean * (tail - 1.0)) / tail;
  return () => least * exp(-ln(draw()) / tail);
}
