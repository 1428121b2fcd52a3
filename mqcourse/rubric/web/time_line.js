// The time of an interview, told each second and never enforced.

import { make } from "./dom.js";

const SECOND_MS = 1000;

export function shown(ms) {
  const seconds = Math.max(0, Math.floor(ms / SECOND_MS));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** A line that tells both times until it is removed from the page; `read` gives {whole, ofCase} in milliseconds. */
export function timeLine(minutes, minutesOfCase, read) {
  const line = make("p", { class: "mq-interview-clock", role: "timer", "aria-label": "Time" });
  const over = (ms, planned) => (ms >= planned * 60 * SECOND_MS ? ", over" : "");
  function tell() {
    const { whole, ofCase } = read();
    line.textContent =
      `Interview ${shown(whole)} of ${minutes}:00${over(whole, minutes)} · ` +
      `this case ${shown(ofCase)} of ${minutesOfCase}:00${over(ofCase, minutesOfCase)}`;
  }
  tell();
  const ticking = setInterval(() => (line.isConnected ? tell() : clearInterval(ticking)), SECOND_MS);
  return line;
}
