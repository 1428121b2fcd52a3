// Generated from mqcourse/rubric/code.py by `make derived`; change it there.

// A plan as a code that two people type: the level, the minutes, the seed, and a letter that shows a mistyped one.

import { LEVELS, NAMES } from "./levels.js";

/**
 * The letters that are read for no digit. They are 23, a prime that no weight of a digit has as a factor, so one wrong
 * digit, and two neighbours that changed places, give another letter.
 */
export const LETTERS =
    ["a", "b", "c", "d", "e", "f", "g", "h", "j", "k", "m", "n", "p", "q", "r", "s", "t", "u", "v", "w", "x",
    "y", "z"];

/** A code holds a seed below this. */
export const SEEDS = 1000000;

export const LEAST_MINUTES = 3;

/** An interview has at least and at most these. */
export const MOST_MINUTES = 480;

/** The code of a plan without a topic: senior-45-7-q. */
export function code_of(level, minutes, seed) {
  const place = Object.keys(LEVELS).slice().indexOf(level);
  const number = (place * 1009 + minutes) * 1000003 + seed;
  const rest = number - Math.trunc(number / 23) * 23;
  return `${NAMES[level]}-${minutes}-${seed}-${LETTERS[rest]}`;
}
