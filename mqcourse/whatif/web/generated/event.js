// Generated from mqcourse/whatif/event.py by `make derived`; change it there.

// The events that a reader can cause, the same for the three brokers, and how a link holds a list of them.

/** settle: acknowledge, commit or complete. return: negative acknowledgement or abandon. wait: a minute. expire: retention. */
export const EVENTS = ["publish", "receive", "settle", "return", "kill", "wait", "rewind", "expire"];

/** The letter of each event in a link, in the same order. */
export const LETTERS = ["p", "r", "s", "b", "k", "w", "z", "x"];

/** What the page calls each event, in the same order. */
export const LABELS =
    ["Publish", "Receive", "Settle", "Give back", "Kill the consumer", "Wait a minute", "Rewind",
    "Retention deletes one"];

/** Events in a list; a link with more is cut here. */
export const MOST = 60;

/** Events that a seed draws. */
export const SURPRISE = 14;

/** What a seed draws from, each entry as likely as the others: an event that is listed twice is drawn twice as often. */
export const CHANCES =
    ["publish", "publish", "receive", "receive", "receive", "settle", "settle", "return", "kill", "wait",
    "rewind"];

export const MASK = 0xFFFFFFFF;

/** A list of events as letters. */
export function encoded(events) {
  return events.map((one) => LETTERS[EVENTS.indexOf(one)]).join("");
}

/** The events of a link. Letters that stand for none are left out. */
export function decoded(letters) {
  const found = [];
  for (const letter of letters) {
    if (LETTERS.includes(letter) && found.length < MOST) {
      found.push(EVENTS[LETTERS.indexOf(letter)]);
    }
  }
  return found;
}

/**
 * A list of events that a seed (0 to 2**32 - 1) draws: it begins with two publishes.
 *
 * The generator is the linear congruential one of Numerical Recipes (Press et al., 2nd ed., 7.1), of which the upper
 * bits are used.
 */
export function surprise(seed) {
  let state = seed >>> 0;
  const events = ["publish", "publish"];
  while (events.length < SURPRISE) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const share = (state >>> 8) / 16777216.0;
    events.push(CHANCES[Math.trunc(share * CHANCES.length)]);
  }
  return events;
}
