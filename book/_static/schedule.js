// When a card is shown again: the memory model is FSRS-6 by ts-fsrs, the steps within a day are those of py-fsrs.
// ts-fsrs's own scheduler is not used, because it differs from py-fsrs: it counts days by the calendar, and it keeps
// the intervals of hard, good and easy apart. The same ratings must be due at the same time in `mq quiz` and here.
"use strict";

(() => {
  const RATINGS = mqJournal.RATINGS;
  const MINUTE_MS = 60_000;
  const DAY_MS = 1440 * MINUTE_MS;
  const STEPS_MINUTES = { learning: [1, 10], relearning: [10] };
  const RETENTION = 0.9;
  const algorithm = new FSRS.FSRS({ request_retention: RETENTION, enable_fuzz: false });

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
    for (const review of mqJournal.history(lines)) {
      memories.set(review.card, after(memories.get(review.card) ?? null, review));
    }
    return memories;
  }

  // How likely a card is known at a time, from 0 to 1.
  function recall(memory, now) {
    const days = Math.max(0, Math.floor((now - memory.last) / DAY_MS));
    return algorithm.forgetting_curve(days, memory.stability);
  }

  // A session as `mq quiz` plans it: the longest overdue first, then new cards from the lowest level up. `wish` may
  // limit it by topic, level and minutes, and to what is due. The first card is shown however long it takes.
  function plan(cards, memories, now, wish = {}) {
    const levels = ["J", "M", "S", "St"];
    const fitting = cards.filter(
      ({ topic, level }) => (!wish.topic || wish.topic === topic) && (!wish.level || wish.level === level),
    );
    const due = fitting.filter(({ id }) => memories.has(id) && memories.get(id).due <= now);
    due.sort((one, other) => memories.get(one.id).due - memories.get(other.id).due || (one.id < other.id ? -1 : 1));
    const fresh = fitting.filter(({ id }) => !memories.has(id));
    fresh.sort((one, other) => levels.indexOf(one.level) - levels.indexOf(other.level));
    const queue = [];
    let left = wish.minutes || Infinity;
    for (const card of wish.dueOnly ? due : [...due, ...fresh]) {
      if (queue.length > 0 && card.minutes > left) continue;
      queue.push(card);
      left -= card.minutes;
    }
    return { due, fresh, queue };
  }

  globalThis.mqSchedule = { after, replay, recall, plan };
})();
