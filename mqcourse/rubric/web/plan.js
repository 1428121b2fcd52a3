// A plan is {level, minutes, seed}: what its code holds, and the cases that it gives.

import { fitting, minutes_for, planned } from "./generated/cases.js";
import { LEAST_MINUTES, LETTERS, MOST_MINUTES, SEEDS, code_of } from "./generated/code.js";
import { NAMES } from "./generated/levels.js";
import { draws } from "./mersenne.js";

const CODE = /^(junior|mid|senior|staff)-(\d{1,3})-(\d{1,6})-([a-z])$/;

export const codeOf = ({ level, minutes, seed }) => code_of(level, minutes, seed);

/** Why these are no plan, or an empty text. */
export function refused({ minutes, seed }) {
  if (!Number.isInteger(minutes) || minutes < LEAST_MINUTES || minutes > MOST_MINUTES) {
    return `Minutes are a whole number from ${LEAST_MINUTES} to ${MOST_MINUTES}.`;
  }
  if (!Number.isInteger(seed) || seed < 0 || seed >= SEEDS) return `The seed is a whole number from 0 to ${SEEDS - 1}.`;
  return "";
}

/** The plan of a typed code, or null: its last letter shows most mistyped ones. */
export function planOf(code) {
  const found = CODE.exec(code.trim().toLowerCase());
  if (!found) return null;
  const level = Object.keys(NAMES).find((short) => NAMES[short] === found[1]);
  const plan = { level, minutes: Number(found[2]), seed: Number(found[3]) };
  return refused(plan) === "" && codeOf(plan).endsWith(`-${found[4]}`) ? plan : null;
}

/** Three letters from the ids of the cases, as mqcourse/interview/plan_code.py makes them: two screens compare them. */
export function markOf(cases) {
  let number = 0;
  for (const sign of cases.map(({ id }) => `${id} `).join("")) number = (number * 131 + sign.charCodeAt(0)) % 12167;
  return LETTERS[Math.floor(number / 529)] + LETTERS[Math.floor(number / 23) % 23] + LETTERS[number % 23];
}

/** The cards that `mq interview` asks for this plan; `bank` has {id, topic, level, kind, minutes}, in any order. */
export function casesOf(bank, { level, minutes, seed }) {
  const entries = bank.map((card) => ({ ...card, minutes: minutes_for(card.kind, card.minutes) }));
  entries.sort((one, other) => (one.id < other.id ? -1 : 1)); // ids are ASCII, so this is Python's order too
  const cards = fitting(entries, level, "");
  return planned(cards, level, minutes, "", draws(seed, cards.length));
}
