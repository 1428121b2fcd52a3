// Generated from mqcourse/rubric/level.py by `make derived`; change it there.

// The level that an interview reached: shares of the points of each level that were ticked.

import { RUBRIC } from "./levels.js";

/** Fewer cases give no level. */
export const LEAST_CASES = 3;

export const RULE =
    "A level counts as reached when two thirds of its points were ticked, and two thirds of the points of each level below it. Junior is one third of the mid points. Fewer than three cases, or no tick at all, give no level.";

/** How many points of a level were ticked, of how many; the least number that reaches the level, and whether it is. */
export class Share {
  constructor(level, said, asked, needed, holds) {
    this.level = level;
    this.said = said;
    this.asked = asked;
    this.needed = needed;
    this.holds = holds;
  }
}

/** The count of each level over all cases that were answered. */
export function shares(answers) {
  const found = [];
  for (const level of Object.keys(RUBRIC)) {
    let said = 0;
    let asked = 0;
    for (const given of answers) {
      for (let at = 0; at < given.card.points.length; at++) {
        const point = given.card.points[at];
        if (point.level === level) {
          asked = asked + 1;
          said = said + (given.points.includes(at) ? 1 : 0);
        }
      }
    }
    const needed = Math.trunc((2 * asked + 2) / 3);
    found.push(new Share(level, said, asked, needed, said >= needed));
  }
  return found;
}

/** The least number of mid points that reaches junior. */
export function junior_needs(counts) {
  return Math.trunc((counts[0].asked + 2) / 3);
}

/** Why there is no level; empty where one is given. Cases without a tick were perhaps read only, so they are no level. */
export function not_given(answers) {
  if (answers.length < LEAST_CASES) {
    return "fewer than three cases";
  }
  for (const given of answers) {
    if (given.points.length > 0) {
      return "";
    }
  }
  return "no point was ticked";
}

/** The level by the rule: "below junior", junior, mid, senior or staff; empty where `not_given` has a reason. */
export function reached(answers) {
  if (not_given(answers) !== "") {
    return "";
  }
  const counts = shares(answers);
  let found = counts[0].said >= junior_needs(counts) ? "junior" : "below junior";
  for (const share of counts) {
    if (!share.holds) {
      return found;
    }
    found = share.level;
  }
  return found;
}
