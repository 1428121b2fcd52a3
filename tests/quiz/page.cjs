// The page's scripts, run by Node: reads cases as JSON, writes what each script gives for them.
const { readFileSync } = require("fs");
// as a page runs them: scripts one after the other, and no module; Node itself would take ts-fsrs for one
for (const name of process.argv.slice(2)) require("vm").runInThisContext(readFileSync(name, "utf8"), { filename: name });
const { histories, plans, statistics, merges } = JSON.parse(readFileSync(0, "utf8"));
const memories = (lines) => mqSchedule.replay(lines);
console.log(
  JSON.stringify({
    weights: FSRS.default_w,
    histories: histories.map((lines) => Object.fromEntries(memories(lines))),
    plans: plans.map(({ cards, lines, now, wish }) => {
      const { due, fresh, queue } = mqSchedule.plan(cards, memories(lines), now, wish);
      return { due: due.length, fresh: fresh.length, queue: queue.map(({ id }) => id) };
    }),
    statistics: statistics.map(({ cards, lines, now }) => mqStatistics.of(cards, lines, now)),
    merges: merges.map((journals) => {
      const merged = mqJournal.merge(...journals.map((lines) => mqJournal.read(lines)));
      return { lines: merged, history: mqJournal.history(merged), again: mqJournal.read(mqJournal.written(merged)) };
    }),
  }),
);
