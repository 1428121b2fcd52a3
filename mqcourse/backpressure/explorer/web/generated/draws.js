// Generated from mqcourse/backpressure/model/draws.py by `make derived`; change it there.

// Random numbers that every language repeats: mulberry32, one stream for each purpose.
//
// mulberry32 (T. Ettinger, 2017, public domain) counts its 32-bit state up by a constant and scrambles it. A
// separate stream for arrivals, work, keys and so on keeps scenarios comparable: change the service time, and the same
// messages still arrive at the same times (common random numbers; Law, Simulation Modeling and Analysis, 11.2).

import { exp, ln, normal_quantile } from "./numerics.js";

/** What each stream is for; its place in this tuple is its number in the contract. */
export const STREAMS =
    ["arrivals", "bursts", "work", "class", "key", "poison", "error", "crash", "repair", "backoff", "client"];

export const MASK = 0xFFFFFFFF;
export const STEP = 0x6D2B79F5;

/** Draws between the starts of two streams: the largest prime below 2**28, so that sixteen streams fit. */
export const STREAM_SPACING = 0x0FFFFFC7;

/** 2**28 divided by the golden ratio: successive seeds start as far apart as they can. */
export const SEED_SPACING = 165_902_235;

/** The first state of a stream: the counter after `stream * STREAM_SPACING + seed * SEED_SPACING mod 2**28` steps. */
export function start(seed, stream) {
  const steps = stream * STREAM_SPACING + (Math.imul(seed, SEED_SPACING) & 0x0FFFFFFF);
  return Math.imul(steps, STEP) >>> 0;
}

/** A function that draws the next number of a stream: (k + 0.5) / 2**32 with k a 32-bit number, never 0 or 1. */
export function uniform(seed, purpose) {
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
export function exponential(draw) {
  const next_one = () => {
    return -ln(draw());
  };
  return next_one;
}

/** Always the same value; draws nothing. */
export function constant(value) {
  const next_one = () => {
    return value;
  };
  return next_one;
}

/** Exponential numbers with the given mean: mean * -ln(u). */
export function scaled_exponential(draw, mean) {
  const next_one = () => {
    return mean * -ln(draw());
  };
  return next_one;
}

/** Lognormal numbers with the given mean and coefficient of variation: exp(mu + sigma * z), z by inversion. */
export function lognormal(draw, mean, cv) {
  const variance = ln(1.0 + cv * cv);
  const sigma = Math.sqrt(variance);
  const mu = ln(mean) - 0.5 * variance;
  const next_one = () => {
    return exp(mu + sigma * normal_quantile(draw()));
  };
  return next_one;
}

/** Pareto numbers with the given mean and tail index (> 1; below 2 the variance is infinite), by inversion. */
export function pareto(draw, mean, tail) {
  const least = mean * (tail - 1.0) / tail;
  const next_one = () => {
    return least * exp(-ln(draw()) / tail);
  };
  return next_one;
}
