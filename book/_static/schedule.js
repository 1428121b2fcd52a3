// When a card is shown again: the memory model is FSRS-6 by ts-fsrs, the steps within a day are those of py-fsrs.
// ts-fsrs's own scheduler is not used, because it differs from py-fsrs: it counts days by the calendar, and it keeps
// the intervals of hard, good and easy apart. The same ratings must be due at the same time in `mq quiz` and here.
"use strict";

(() => {
  const RATINGS = ["again", "hard", "good", "easy"];
  const MINUTE_MS = 60_000;
  const DAY_MS = 1440 * MINUTE_MS;
  const STEPS_MINUTES = { learning: [1, 10], relearning: [10] };
  const RETENTION = 0.9;
  const algorithm = new FSRS.FSRS({ request_retention: RETENTION, enable_fuzz: false });

  // Every rating once, in the order of time, whatever the order of the lines.
  function history(lines) {
    const each = new Map();
    for (const { card, at, rating } of lines) {
      const review = { card, at: Date.parse(at), rating };
      each.set(JSON.stringify([review.at, card, rating]), review);
    }
    const compare = (one, other) => (one < other ? -1 : Number(one > other));
    return [...each.values()].sort(
      (one, other) => one.at - other.at || compare(one.card, other.card) || compare(one.rating, other.rating),
    );
  }

  // Minutes until the next step of a card that is not yet in review, or null when the steps are done.
  function nextStep(steps, step, rating) {
    if (rating === "again") return { step: 0, minutes: steps[0] };
    if (rating === "easy" || (rating === "good" && step + 1 === steps.length)) return null;
    if (rating === "good") return { step: step + 1, minutes: steps[step + 1] };
    if (step > 0) return { step, minutes: steps[step] };
    return { step, minutes: steps.length === 1 ? steps[0] * 1.5 : (steps[0] + steps[1]) / 2 };
  }

  // What is held of a card after one more rating. `before` is null for its first.
  function after(before, { at, rating }) {
    const days = before ? Math.floor((at - before.last) / DAY_MS) : 0;
    const { difficulty, stability } = algorithm.next_state(before, days, RATINGS.indexOf(rating) + 1);
    const inReview = before?.state === "review";
    const state = inReview ? "relearning" : before?.state ?? "learning";
    const next = inReview && rating !== "again" ? null : nextStep(STEPS_MINUTES[state], inReview ? 0 : before?.step ?? 0, rating);
    const waitMs = next ? next.minutes * MINUTE_MS : algorithm.next_interval(stability, days) * DAY_MS;
    return {
      difficulty,
      stability,
      state: next ? state : "review",
      step: next ? next.step : 0,
      last: at,
      due: at + waitMs,
    };
  }

  // Every card that was rated, with its memory; times in milliseconds since 1970.
  function replay(lines) {
    const memories = new Map();
    for (const review of history(lines)) memories.set(review.card, after(memories.get(review.card) ?? null, review));
    return memories;
  }

  // The cards to show now: the longest overdue first, then, if wanted, new ones from the lowest level up.
  function plan(cards, memories, now, withNew) {
    const levels = ["J", "M", "S", "St"];
    const due = cards.filter(({ id }) => memories.has(id) && memories.get(id).due <= now);
    due.sort((one, other) => memories.get(one.id).due - memories.get(other.id).due || (one.id < other.id ? -1 : 1));
    const fresh = cards.filter(({ id }) => !memories.has(id));
    fresh.sort((one, other) => levels.indexOf(one.level) - levels.indexOf(other.level));
    return { due, fresh, queue: withNew ? [...due, ...fresh] : due };
  }

  globalThis.mqSchedule = { replay, plan };
})();
