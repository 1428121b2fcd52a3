// One case as far as it is answered, in plain values: they are kept in this tab, so that a reload loses nothing.

import { follow_up_places } from "./generated/ticks.js";
import { compared, lastLine } from "./comparison.js";

export const fresh = () => ({ own: "", points: [], wrong: [], heard: [], ms: 0, open: false, done: false });

const rising = (places) => [...places].sort((one, other) => one - other);

/** A list of places with one more, or without it. */
export const withPlace = (places, place, ticked) => rising(ticked ? [...places, place] : places.filter((one) => one !== place));

/** What the report counts of a case. */
export function givenOf(card, right, state, due = "") {
  const own = state.own.trim();
  return {
    card,
    own,
    last_line: lastLine(own),
    compared: compared(right, own),
    points: rising(state.points),
    wrong: rising(state.wrong),
    heard: follow_up_places(card, rising(state.points)).map((place) => state.heard.includes(place)),
    seconds: Math.floor(state.ms / 1000),
    due,
  };
}

const letter = (place) => String.fromCharCode(97 + place);

/** The case as `mq interview --answers` reads it. */
export function asJson(given) {
  const ticked = [...given.points.map((place) => String(place + 1)), ...given.wrong.map(letter)].join(" ");
  const heard = given.heard.map((each) => (each ? "y" : "n")).join(" ");
  return { card: given.card.entry.id, own: given.own, ticked, follow_ups: heard, seconds: given.seconds, due: given.due || null };
}
