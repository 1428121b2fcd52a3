// The page's schedule, run by Node: reads cases as JSON, writes what schedule.js gives for each.
const [tsFsrs, schedule] = process.argv.slice(2);
const { readFileSync } = require("fs");
// as a page runs them: scripts one after the other, and no module; Node itself would take ts-fsrs for one
for (const name of [tsFsrs, schedule]) require("vm").runInThisContext(readFileSync(name, "utf8"), { filename: name });
const { histories, plans } = JSON.parse(readFileSync(0, "utf8"));
const memories = (lines) => mqSchedule.replay(lines);
console.log(
  JSON.stringify({
    weights: FSRS.default_w,
    histories: histories.map((lines) => Object.fromEntries(memories(lines))),
    plans: plans.map(({ cards, lines, now, withNew }) => {
      const { due, fresh, queue } = mqSchedule.plan(cards, memories(lines), now, withNew);
      return { due: due.length, fresh: fresh.length, queue: queue.map(({ id }) => id) };
    }),
  }),
);
