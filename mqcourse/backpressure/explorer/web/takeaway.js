// What a reader takes away: the series as CSV, the charts as a picture, the Python that gives the same figures, a link.

import { asQuery, changed, scenario, SPECS } from "./engine/scenario.js";
import { brief, FONT } from "./words.js";

/** Offer text or a blob as a file. */
export function save(name, content, type) {
  const address = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
  const link = document.createElement("a");
  Object.assign(link, { href: address, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}

/** One row a point of time; with two sides, both, told apart by the first column. */
export function csv(sides) {
  const names = Object.keys(sides[0].series);
  const rows = sides.flatMap(({ series }, side) =>
    series.time_s.map((_, i) => ["AB"[side], ...names.map((name) => series[name][i])].join(",")),
  );
  return [["scenario", ...names].join(","), ...rows].join("\r\n") + "\r\n";
}

function literal(spec, value) {
  if (value === null) return "None";
  if (Array.isArray(value)) return `(${value.map((one) => literal({ kind: "number" }, one)).join(", ")}${value.length === 1 ? "," : ""})`;
  if (typeof value === "string") return JSON.stringify(value);
  const text = String(value);
  return spec.kind !== "whole" && /^-?\d+$/.test(text) ? `${text}.0` : text;
}

const call = (values) =>
  `Scenario(\n${Object.entries(changed(scenario(values)))
    .map(([name, value]) => `    ${name}=${literal(SPECS[name], value)},\n`)
    .join("")})`;

/** A program that prints the same figures to the last digit. */
export function python(sides) {
  const names = sides.length > 1 ? ["a", "b"] : ["scenario"];
  return (
    `"""Gives the figures of the page, to the last digit."""\n\nfrom mqcourse.backpressure import Scenario, simulate\n\n` +
    sides.map((values, i) => `${names[i]} = ${call(values)}\n`).join("") +
    names.map((name) => `print(simulate(${name}).summary)\n`).join("")
  );
}

/** The address's part after "#": the explorer's id, then the scenarios as queries. */
export const hashOf = (id, sides) => `#${id}?${sides.map((values) => asQuery(scenario(values))).join(";")}`;

/** The queries that the address has for this explorer, or null. */
export function queriesIn(hash, id) {
  const start = `#${id}?`;
  return hash.startsWith(start) ? hash.slice(start.length).split(";").slice(0, 2) : null;
}

/** All canvases under a title in one picture. */
export function picture(title, canvases, look) {
  const ratio = canvases[0].width / canvases[0].clientWidth;
  const wide = Math.max(...canvases.map((canvas) => canvas.width));
  const columns = Math.max(1, Math.floor(wide / canvases.at(-1).width));
  const gap = 12 * ratio;
  let [x, y, row, column] = [gap, 44 * ratio, 0, 0];
  const places = canvases.map((canvas) => {
    const full = canvas.width === wide && columns > 1;
    if (column && (full || column >= columns)) [x, y, row, column] = [gap, y + row + gap, 0, 0];
    const place = [canvas, x, y];
    row = Math.max(row, canvas.height);
    x += canvas.width + gap;
    column += full ? columns : 1;
    return place;
  });
  const whole = document.createElement("canvas");
  whole.width = Math.max(...places.map(([canvas, at]) => at + canvas.width)) + gap;
  whole.height = y + row + gap;
  const context = whole.getContext("2d");
  context.fillStyle = look.surface;
  context.fillRect(0, 0, whole.width, whole.height);
  context.fillStyle = look.ink;
  context.font = `600 ${16 * ratio}px ${FONT}`;
  context.fillText(title, gap, 28 * ratio);
  for (const [canvas, at, down] of places) context.drawImage(canvas, at, down);
  return new Promise((resolve) => whole.toBlob(resolve, "image/png"));
}

/** The most that was waiting, in words: what a drawn curve is held to. */
export const peakWords = (result) => `${brief(result.summary.most_waiting)} messages at most`;
