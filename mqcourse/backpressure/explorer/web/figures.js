// The summary as a table of figures and as one sentence.

import { brief, make, share, time } from "./words.js";

const ROWS = [
  ["Offered, messages", ({ summary }) => brief(summary.offered)],
  ["Done, messages", ({ summary }) => brief(summary.completed)],
  ["Throughput, messages/s", ({ summary }) => brief(summary.throughput_per_s)],
  ["Done within the deadline (goodput), messages/s", ({ summary }) => brief(summary.goodput_per_s)],
  ["Waiting at the end, messages", ({ series }) => brief(series.waiting.at(-1))],
  ["Waiting at most, messages", ({ summary }) => brief(summary.most_waiting)],
  ["Waiting on average, messages", ({ summary }) => brief(summary.mean_waiting)],
  ["Latency, mean", ({ summary }) => time(summary.mean_latency_s)],
  ["Latency, p50", ({ summary }) => time(summary.p50_s)],
  ["Latency, p95", ({ summary }) => time(summary.p95_s)],
  ["Latency, p99", ({ summary }) => time(summary.p99_s)],
  ["Consumers busy", ({ summary }) => share(summary.utilisation)],
  ["Rejected or refused, messages", ({ summary }) => brief(summary.rejected + summary.refused)],
  ["Dropped or expired, messages", ({ summary }) => brief(summary.dropped + summary.expired)],
  ["Dead-lettered, messages", ({ summary }) => brief(summary.dead)],
  ["Producer blocked", ({ summary }) => share(summary.blocked_share)],
  ["Callers' timeouts", ({ summary }) => brief(summary.time_outs)],
  ["Redeliveries", ({ summary }) => brief(summary.redeliveries)],
];

const lostOf = (one) => one.rejected + one.refused + one.dropped + one.expired;

export class Figures {
  constructor(holder) {
    this.holder = holder;
    this.shape = "";
  }

  /** sides: one or two results; the rows of the classes when there are several. */
  show(sides) {
    const classes = Math.max(...sides.map(({ summary }) => summary.classes.length));
    const rows = [...ROWS];
    if (classes > 1)
      for (let kind = 0; kind < classes; kind++) {
        const of = (result, words) => (result.summary.classes[kind] ? words(result.summary.classes[kind]) : "–");
        rows.push([`Class ${kind + 1}: lost`, (result) => of(result, (one) => `${brief(lostOf(one))} of ${brief(one.offered)}`)]);
        rows.push([`Class ${kind + 1}: mean wait`, (result) => of(result, (one) => time(one.mean_wait_s))]);
      }
    const shape = `${sides.length}/${classes}`;
    if (shape !== this.shape) this.build(rows, sides.length);
    this.shape = shape;
    rows.forEach(([, words], row) =>
      sides.forEach((result, side) => {
        const said = words(result);
        const cell = this.cells[row][side];
        if (cell.data !== said) cell.data = said;
      }),
    );
  }

  build(rows, sides) {
    this.cells = rows.map(() => Array.from({ length: sides }, () => document.createTextNode("")));
    const head = sides > 1 ? make("thead", {}, make("tr", {}, make("td"), make("th", { scope: "col" }, "A"), make("th", { scope: "col" }, "B"))) : null;
    const body = make(
      "tbody",
      {},
      ...rows.map(([title], row) =>
        make("tr", {}, make("th", { scope: "row" }, title), ...this.cells[row].map((cell) => make("td", {}, cell))),
      ),
    );
    this.holder.replaceChildren(make("caption", {}, "Figures of the run"), ...(head ? [head] : []), body);
  }
}

/** What a run came to, in a sentence, for the eye and for a screen reader. */
export function sentence(result, name = "") {
  const { summary, series, scenario } = result;
  const lost = summary.rejected + summary.refused + summary.dropped + summary.expired + summary.dead;
  return (
    `${name ? `${name}: after` : "After"} ${brief(scenario.duration_s)} s, ${brief(series.waiting.at(-1))} messages wait, ` +
    `the oldest for ${time(series.oldest_s.at(-1))}. ${brief(summary.throughput_per_s)} messages/s were done, ` +
    `half of them within ${time(summary.p50_s)}, 99% within ${time(summary.p99_s)}. ` +
    `${lost ? `${brief(lost)} were lost` : "No message was lost"}; consumers were busy ${share(summary.utilisation)} of the time.`
  );
}
