// Six small charts on canvas, redrawn whole in about a millisecond. Lines differ by dash as well as by colour; the
// colours have at least 3:1 against the light and the dark page and are told apart by colour-blind readers.

import { EDGES_S, total } from "./generated/meter.js";
import { brief, FONT } from "./words.js";

export const COLOURS = ["#1a73b8", "#cf5a00", "#008f68", "#b5609a"];
const DASHES = [[], [7, 4], [2, 3], [9, 3, 2, 3]];
const MARGIN = { left: 52, right: 10, top: 38, bottom: 20 };
const ROW = 16; // of the legend
const STROKE = 20; // of a line in it

const line = (label, ys) => ({ label, ys });
const some = (ys) => ys.some((y) => y > 0);

/** What was added each second, over windows of so many points that about 48 of them make the chart. */
function perSecond(label, series, name) {
  const [ys, xs] = [[], []];
  const step = Math.max(1, Math.ceil(series.time_s.length / 48));
  let [before, since] = [0, 0];
  for (let i = step - 1; i < series.time_s.length; i += step) {
    const [value, now] = [series[name][i], series.time_s[i]];
    ys.push((value - before) / (now - since));
    xs.push(since, now); // a step: the rate holds for the whole window
    [before, since] = [value, now];
  }
  return { label, xs, ys: ys.flatMap((y) => [y, y]) };
}

export const CHARTS = [
  {
    key: "waiting", title: "Waiting", unit: "messages",
    lines: ({ series: s }) => [
      line("in the queue", s.waiting),
      ...(some(s.held) ? [line("at the producer", s.held)] : []),
      ...(s.in_flight.some((y, i) => y > s.busy[i] + 2) ? [line("with consumers", s.in_flight)] : []),
      ...(some(s.retrying) ? [line("backing off", s.retrying)] : []),
    ],
  },
  { key: "age", title: "Oldest in the queue", unit: "s", lines: ({ series: s }) => [line("age", s.oldest_s)] },
  {
    key: "rates", title: "Throughput", unit: "messages/s",
    lines: ({ series: s, summary }) => [
      perSecond("done", s, "completed"),
      perSecond("offered", s, "offered"),
      ...(summary.good !== summary.completed ? [perSecond("in time", s, "good")] : []),
    ],
  },
  { key: "latency", title: "Latency of handled messages", unit: "share", histogram: true },
  {
    key: "consumers", title: "Consumers", unit: "consumers",
    lines: ({ series: s }) => [perSecond("busy (mean)", s, "area_busy"), line("running", s.consumers)],
  },
  {
    key: "lost", title: "Lost so far", unit: "messages",
    lines: ({ series: s }) => [
      line("rejected", s.rejected),
      ...(some(s.dropped) ? [line("dropped", s.dropped)] : []),
      ...(some(s.dead) ? [line("dead-lettered", s.dead)] : []),
    ],
  },
];

/** The smallest of 1, 2, 2.5, 5 times a power of ten that is not below. */
export function nice(value) {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 2.5, 5, 10].find((step) => step * power >= value * 0.9999) * power;
}

const highest = (ys) => {
  let most = 0;
  for (const y of ys) if (y > most) most = y;
  return most;
};

/**
 * Where the entries of a legend stand: { entries: [{ x, row, strokes: [{ curve, name, wide }], label }], rows }.
 * An entry that does not fit goes on in the next row. A single curve without a label needs none.
 */
export function legendOf(curves, two, room, measure) {
  const byLabel = new Map();
  for (const curve of curves) byLabel.set(curve.label, [...(byLabel.get(curve.label) ?? []), curve]);
  const entries = [];
  let [x, row] = [0, 0];
  for (const [label, same] of byLabel) {
    if (!two && !label) continue;
    const strokes = same.map((curve) => {
      const name = two ? "AB"[curve.side] : "";
      return { curve, name, wide: name ? measure(name) + 3 : 0 };
    });
    const wide = strokes.reduce((sum, one) => sum + one.wide + STROKE + 4, 0) + measure(label);
    if (x > 0 && x + wide > room) [x, row] = [0, row + 1];
    entries.push({ x, row, strokes, label });
    x += wide + 10;
  }
  return { entries, rows: row + 1 };
}

export class Chart {
  constructor(canvas, spec) {
    this.canvas = canvas;
    this.spec = spec;
    this.context = canvas.getContext("2d");
    this.frame = null; // what the axes show now: { xMost, yMost }
    this.top = MARGIN.top; // grows with the rows of the legend
    this.drawn = null; // the reader's own curve: [[x, y] ...] in shares of the axes
  }

  /** Take the canvas's size on the page; only here is layout read. */
  fit() {
    const { clientWidth, clientHeight } = this.canvas;
    const ratio = Math.min(3, globalThis.devicePixelRatio || 1);
    const [wide, high] = [Math.round(clientWidth * ratio), Math.round(clientHeight * ratio)];
    if (this.canvas.width !== wide || this.canvas.height !== high) {
      this.canvas.width = wide;
      this.canvas.height = high;
    }
    Object.assign(this, { width: clientWidth, height: clientHeight, ratio });
  }

  /** sides: results (one or two); look: { ink, quiet, grid }; moment: seconds of the flow, or null. */
  draw(sides, look, moment) {
    if (!this.width) return;
    const { context } = this;
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    context.clearRect(0, 0, this.width, this.height);
    context.font = `12px ${FONT}`;
    if (this.spec.histogram) this.drawHistogram(sides, look);
    else this.drawLines(sides, look, moment);
  }

  drawLines(sides, look, moment) {
    const curves = sides.flatMap((result, side) =>
      this.spec.lines(result).map((one, index) => ({ xs: result.series.time_s, ...one, side, index })),
    );
    const xMost = Math.max(...sides.map((result) => result.scenario.duration_s));
    const yMost = this.fixedY ?? nice(Math.max(...curves.map(({ ys }) => highest(ys))));
    const two = sides.length > 1;
    this.legend(curves, two, look);
    this.frame = { xMost, yMost };
    this.axes(look, [0, xMost / 2, xMost].map((x) => [x / xMost, brief(x)]), yMost, "s");
    if (moment !== null && this.spec.key !== "latency") this.cursor(moment / xMost, look);
    this.mine();
    if (this.hidden) return;
    for (const curve of curves) {
      this.stroke(two ? curve.side : curve.index, two ? curve.side + 2 * curve.index : curve.index);
      const { context } = this;
      context.beginPath();
      curve.ys.forEach((y, i) => context.lineTo(this.x(curve.xs[i] / xMost), this.y(y / yMost)));
      context.stroke();
    }
    this.context.setLineDash([]);
  }

  drawHistogram(sides, look) {
    const bars = sides.map(({ latency_histogram: histogram }) => coarse(histogram));
    const used = bars.flatMap(({ shares }) => shares.flatMap((one, i) => (one > 0 ? [i] : [])));
    const from = used.length ? Math.max(0, Math.min(...used) - 1) : 60;
    const to = used.length ? Math.max(...used) + 2 : 100;
    const yMost = nice(Math.max(0.01, ...bars.map(({ shares }) => highest(shares))));
    this.frame = { xMost: to, yMost };
    this.legend(bars.map((_, side) => ({ label: "", side, index: 0 })), sides.length > 1, look);
    const place = (index) => (index - from) / (to - from);
    const ticks = [];
    for (let power = -5; power <= 7; power++) {
      const at = place(Math.log(10 ** power / 1e-5) / Math.log(1.02) / COARSE);
      if (at >= 0 && at <= 1) ticks.push([at, power < 0 ? `${10 ** (power + 3)} m` : `${10 ** power} `]);
    }
    this.axes(look, ticks, yMost, "s");
    if (this.hidden) return;
    const { context } = this;
    bars.forEach(({ shares }, side) => {
      this.stroke(side, side);
      context.beginPath();
      context.moveTo(this.x(0), this.y(0));
      for (let i = from; i < to; i++) {
        context.lineTo(this.x(place(i)), this.y((shares[i] ?? 0) / yMost));
        context.lineTo(this.x(place(i + 1)), this.y((shares[i] ?? 0) / yMost));
      }
      context.lineTo(this.x(1), this.y(0));
      context.globalAlpha = 0.25;
      context.fillStyle = COLOURS[side];
      context.fill();
      context.globalAlpha = 1;
      context.stroke();
    });
    context.setLineDash([]);
  }

  x(part) {
    return MARGIN.left + part * (this.width - MARGIN.left - MARGIN.right);
  }

  y(part) {
    return this.height - MARGIN.bottom - part * (this.height - this.top - MARGIN.bottom);
  }

  stroke(colour, dash) {
    this.context.strokeStyle = COLOURS[colour % COLOURS.length];
    this.context.lineWidth = 2;
    this.context.setLineDash(DASHES[dash % DASHES.length]);
  }

  axes(look, xTicks, yMost, xUnit) {
    const { context, spec } = this;
    context.textBaseline = "alphabetic";
    context.textAlign = "left";
    context.fillStyle = look.ink;
    context.font = `600 12px ${FONT}`;
    context.fillText(spec.title, 2, 13);
    const after = context.measureText(`${spec.title} `).width;
    context.font = `12px ${FONT}`;
    context.fillStyle = look.quiet;
    const unit = `, ${spec.unit}`;
    if (after - 1 + context.measureText(unit).width <= this.width) context.fillText(unit, after - 1, 13); // a half word says less than none
    context.lineWidth = 1;
    for (const part of [0, 0.5, 1]) {
      context.strokeStyle = look.grid;
      context.beginPath();
      context.moveTo(this.x(0), this.y(part));
      context.lineTo(this.x(1), this.y(part));
      context.stroke();
      context.textAlign = "right";
      context.fillText(brief(part * yMost), MARGIN.left - 5, this.y(part) + 4);
    }
    let free = 0; // where the next label may begin
    xTicks.forEach(([at, words], i) => {
      const label = spec.histogram ? `${words}${xUnit}` : i === xTicks.length - 1 ? `${words} ${xUnit}` : words;
      const wide = context.measureText(label).width;
      context.textAlign = at > 0.9 ? "right" : at < 0.05 ? "left" : "center";
      const begins = this.x(at) - { right: wide, left: 0, center: wide / 2 }[context.textAlign];
      if (begins < free && spec.histogram) return;
      free = begins + wide + 6;
      context.fillText(label, this.x(at), this.height - 5);
    });
  }

  /** One entry for each label; with two scenarios it has both their strokes. As many rows as the entries need. */
  legend(curves, two, look) {
    const { context } = this;
    const { entries, rows } = legendOf(curves, two, this.width - MARGIN.left, (words) => context.measureText(words).width);
    this.top = MARGIN.top + ROW * (rows - 1);
    context.textAlign = "left";
    for (const { x, row, strokes, label } of entries) {
      const y = 26 + ROW * row;
      let at = MARGIN.left + x;
      for (const { curve, name, wide } of strokes) {
        context.fillStyle = look.ink;
        context.fillText(name, at, y + 4);
        this.stroke(two ? curve.side : curve.index, two ? curve.side + 2 * curve.index : curve.index);
        context.beginPath();
        context.moveTo(at + wide, y);
        context.lineTo(at + wide + STROKE, y);
        context.stroke();
        context.setLineDash([]);
        at += wide + STROKE + 4;
      }
      context.fillStyle = look.ink;
      context.fillText(label, at, y + 4);
    }
  }

  cursor(part, look) {
    const { context } = this;
    context.strokeStyle = look.quiet;
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(this.x(part), this.y(0));
    context.lineTo(this.x(part), this.y(1));
    context.stroke();
  }

  mine() {
    if (!this.drawn || this.drawn.length < 2) return;
    const { context } = this;
    context.strokeStyle = COLOURS[3];
    context.lineWidth = 3;
    context.setLineDash([1, 5]);
    context.lineCap = "round";
    context.beginPath();
    for (const [x, y] of this.drawn) context.lineTo(this.x(x), this.y(y));
    context.stroke();
    context.setLineDash([]);
    context.lineCap = "butt";
  }

  /** Where a pointer stands, in shares of the axes (0 to 1). */
  shareAt(event) {
    const box = this.canvas.getBoundingClientRect();
    const held = (value) => Math.min(1, Math.max(0, value));
    return [
      held((event.clientX - box.left - MARGIN.left) / (this.width - MARGIN.left - MARGIN.right)),
      held((this.height - MARGIN.bottom - (event.clientY - box.top)) / (this.height - this.top - MARGIN.bottom)),
    ];
  }
}

const COARSE = 12; // bins of 2% joined into one bar of 27%

function coarse(histogram) {
  const whole = Math.max(1, total(histogram));
  const shares = new Array(Math.ceil(EDGES_S.length / COARSE) + 1).fill(0);
  histogram.forEach((count, i) => {
    if (count) shares[Math.floor(Math.max(0, i - 1) / COARSE)] += count / whole;
  });
  return { shares };
}
