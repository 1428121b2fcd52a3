// What the journal shows, as `mq quiz stats` counts it: what is due, the days in a row, the weakest topics. Besides,
// calibration: how often an answer was known, by how sure its owner had been.
"use strict";

(() => {
  const DAY_MS = 86_400_000;
  const WEAKEST = 3;
  const WHOLE = 0.995; // from here on a share is shown as 100%
  const SURE = [25, 50, 75, 95];
  const KNOWN = ["good", "easy"];

  // The calendar day of a moment here, as a number of days.
  function day(moment) {
    const here = new Date(moment);
    return Math.round(Date.UTC(here.getFullYear(), here.getMonth(), here.getDate()) / DAY_MS);
  }

  // How many days up to today, or to yesterday, have a rating each.
  function daysInARow(moments, now) {
    const rated = new Set(moments.map(day));
    let at = rated.has(day(now)) ? day(now) : day(now) - 1;
    let count = 0;
    for (; rated.has(at); at -= 1) count += 1;
    return count;
  }

  // For each step of sureness: how many answers, and how many of them were known.
  function calibration(reviews) {
    const nearest = (sure) => SURE.reduce((best, one) => (Math.abs(one - sure) < Math.abs(best - sure) ? one : best));
    const said = reviews.filter(({ sure }) => Number.isFinite(sure));
    return SURE.map((sure) => {
      const answers = said.filter((review) => nearest(review.sure) === sure);
      return { sure, answers: answers.length, known: answers.filter(({ rating }) => KNOWN.includes(rating)).length };
    }).filter(({ answers }) => answers > 0);
  }

  function of(cards, lines, now) {
    const asked = new Set(cards.map(({ id }) => id));
    const memories = new Map([...mqSchedule.replay(lines)].filter(([id]) => asked.has(id)));
    const reviews = mqJournal.history(lines).filter(({ card }) => asked.has(card));
    const dueAt = (moment) => [...memories.values()].filter(({ due }) => due <= moment).length;
    const topics = [...new Set(cards.map(({ topic }) => topic))].map((topic) => {
      const recalls = cards
        .filter((card) => card.topic === topic && memories.has(card.id))
        .map(({ id }) => mqSchedule.recall(memories.get(id), now));
      return {
        topic,
        cards: cards.filter((card) => card.topic === topic).length,
        seen: recalls.length,
        known: recalls.length > 0 ? recalls.reduce((sum, one) => sum + one, 0) / recalls.length : 0,
      };
    });
    const begun = topics.filter(({ seen, known }) => seen > 0 && known < WHOLE);
    begun.sort((one, other) => one.known - other.known || (one.topic < other.topic ? -1 : 1));
    return {
      reviews: reviews.length,
      cards: cards.length,
      seen: memories.size,
      due: dueAt(now),
      dueInAWeek: dueAt(now + 7 * DAY_MS) - dueAt(now),
      daysInARow: daysInARow(reviews.map(({ at }) => at), now),
      topics,
      weakest: begun.slice(0, WEAKEST).map(({ topic }) => topic),
      calibration: calibration(reviews),
    };
  }

  globalThis.mqStatistics = { SURE, of };
})();
