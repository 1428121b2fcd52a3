// Generated from mqcourse/rubric/cases.py by `make derived`; change it there.

// The cases of an interview in their order, drawn from the cards at and around a level.

import { LEVELS } from "./levels.js";

/** A design has 45 minutes on its card. In an interview it has these, so that other cases fit beside it. */
export const DESIGN_MINUTES = 25;

/**
 * A case takes at most this share of the minutes, because one case alone is too little to count. A named topic is free of
 * it: some topics have long cases only.
 */
export const LARGEST_SHARE = 0.6;

/** The kinds of cards that each place of a cycle draws from. */
export const GROUPS =
    { recall: ["recall", "choice", "choices", "order", "spot"], claim: ["claim"],
    estimate: ["estimate", "numeric"], incident: ["incident"], design: ["design"] };

/** The order of an interview at each level, repeated while minutes are left. It begins with a short question. */
export const CYCLES =
    { J: ["recall", "claim", "recall", "estimate", "recall"],
    M: ["recall", "incident", "claim", "estimate", "recall"],
    S: ["recall", "design", "claim", "estimate", "incident", "recall"],
    St: ["recall", "design", "incident", "claim", "estimate", "recall"] };

export const AT = 1;
export const BELOW = 3;

/**
 * Powers of a draw between 0 and 1: a card of the level below has a third of the weight of one at the level, a card of
 * the level above a sixth.
 */
export const ABOVE = 6;

/** The minutes planned for a card whose own are `minutes`. */
export function minutes_for(kind, minutes) {
  return kind === "design" ? DESIGN_MINUTES : minutes;
}

/** The cards at the level and beside it, in the order of the bank; of one topic unless it is empty. */
export function fitting(bank, level, topic) {
  const found = [];
  for (const entry of bank) {
    if (power(entry.level, level) > 0 && ["", entry.topic].includes(topic)) {
      found.push(entry);
    }
  }
  return found;
}

/** The power for a card of a level; 0 where that level is not asked. */
export function power(of_card, level) {
  const levels = Object.keys(LEVELS).slice();
  const higher = levels.indexOf(of_card) - levels.indexOf(level);
  if (higher === 0) {
    return AT;
  }
  if (higher === -1) {
    return BELOW;
  }
  return higher === 1 ? ABOVE : 0;
}

/**
 * The cases in order; together they take no more than the minutes.
 *
 * `cards` are those of `fitting`, in the order of their ids, each with a draw from 0 to 1. A card's draw to its power is
 * the key of a weighted draw without replacement (Efraimidis and Spirakis, 2006), the largest first; products alone, so
 * that every machine gives the same bits. Fewer minutes than the shortest case leave it empty; it may end before the
 * minutes do when a topic has no more cards.
 */
export function planned(cards, level, minutes, topic, draws) {
  const keys = [];
  for (let entry_at = 0; entry_at < cards.length; entry_at++) {
    const entry = cards[entry_at];
    const draw = draws[entry_at];
    let key = 1.0;
    for (let _ = 0, _end = power(entry.level, level); _ < _end; _++) {
      key = key * draw;
    }
    keys.push(key);
  }
  const cycle = CYCLES[level].slice();
  let longest = Math.max(LARGEST_SHARE * minutes, _shortest(cards));
  if (topic !== "") {
    longest = minutes * 1.0;
    for (const group of Object.keys(GROUPS)) {
      if (!cycle.includes(group)) {
        cycle.push(group);
      }
    }
  }
  const used = new Array(cards.length).fill(false);
  const cases = [];
  let left = minutes;
  let before = -1;
  while (cases.length > before) {
    before = cases.length;
    for (const group of cycle) {
      const place = _first(cards, keys, used, GROUPS[group].slice(), left, longest);
      if (place >= 0) {
        used[place] = true;
        cases.push(cards[place]);
        left = left - cards[place].minutes;
      }
    }
  }
  return cases;
}

/** The minutes of the shortest card; it is asked however few minutes there are. */
function _shortest(cards) {
  let shortest = 1000;
  for (const entry of cards) {
    shortest = Math.min(shortest, entry.minutes);
  }
  return shortest;
}

/** The place of the card with the largest key that is of these kinds and fits; -1 for none. */
function _first(cards, keys, used, kinds, left, longest) {
  let found = -1;
  for (let at = 0; at < cards.length; at++) {
    const entry = cards[at];
    const fits = entry.minutes <= Math.min(left, longest);
    if (!used[at] && kinds.includes(entry.kind) && fits && (found < 0 || keys[at] > keys[found])) {
      found = at;
    }
  }
  return found;
}
