// Generated from mqcourse/rubric/ticks.py by `make derived`; change it there.

// What follows from the ticks of one case: the follow-ups that are asked, and the rating.

import { LEVELS, RUBRIC } from "./levels.js";

/**
 * Which follow-ups are asked: both after a staff point, the second after a senior point, the first after a mid
 * point, and none where no point was said, because an interviewer then changes the subject.
 */
export function follow_up_places(card, ticked) {
  const said = ticked.map((place) => card.points[place].level);
  const both = Array.from({ length: card.follow_ups.length }, (_, place) => place);
  if (said.includes("staff")) {
    return both;
  }
  if (said.includes("senior")) {
    return both.slice(1);
  }
  return said.length > 0 ? both.slice(0, 1) : [];
}

/** The places of the points that were not ticked. */
export function unsaid(given) {
  const found = [];
  for (let place = 0, place_end = given.card.points.length; place < place_end; place++) {
    if (!given.points.includes(place)) {
      found.push(place);
    }
  }
  return found;
}

/**
 * The rating for the schedule, one of the journal's, by a count.
 *
 * again: no point was said, a wrong answer was ticked, or what was compared is not right. easy: every point and every
 * follow-up. good: every point up to the card's own level. hard: some.
 */
export function rating(given) {
  if (given.points.length === 0 || given.wrong.length > 0 || given.compared === "wrong") {
    return "again";
  }
  const missing = unsaid(given);
  if (missing.length === 0 && !given.heard.includes(false)) {
    return "easy";
  }
  const expected =
      Object.keys(RUBRIC).slice().slice(0,
      Math.max(Object.keys(LEVELS).slice().indexOf(given.card.entry.level), 1));
  for (const place of missing) {
    if (expected.includes(given.card.points[place].level)) {
      return "hard";
    }
  }
  return "good";
}
