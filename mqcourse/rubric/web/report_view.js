// The report on the screen and as files: Markdown, one HTML page, the answers for `mq interview --answers`, and for an
// interviewer the ratings, which the candidate's review adds to its own.

import { asJson } from "./case_state.js";
import { renderer } from "./cards.js";
import { make, button, save } from "./dom.js";
import { NAMES } from "./generated/levels.js";
import { file_name, markdown, title } from "./generated/report.js";
import { PAGE } from "./generated/report_page.js";
import { rating } from "./generated/ticks.js";

const CHAPTER = /^book\/([\w/-]+)\.md$/;

/** The report as the page that report_page.py makes of it. Its title is letters and digits, so nothing is escaped. */
export function htmlOf(record, markdownit) {
  const body = renderer(markdownit).render(markdown(record)).replaceAll("<th>", '<th scope="col">');
  return [PAGE[0], title(record), PAGE[1], body, PAGE[2]].join("");
}

/** The report inside the page: its headings one level lower, and the files of chapters as links. */
function rendered(record, root) {
  const made = make("div", { class: "mq-interview-report" });
  made.innerHTML = renderer(globalThis.markdownit).render(markdown(record)).replaceAll("<th>", '<th scope="col">');
  for (const heading of made.querySelectorAll("h1, h2, h3")) {
    heading.replaceWith(make(`h${Number(heading.tagName[1]) + 1}`, {}, ...heading.childNodes));
  }
  for (const code of made.querySelectorAll("code")) {
    const found = CHAPTER.exec(code.textContent);
    if (!found) continue;
    const link = make("a", { href: `${root}book/${found[1]}.html` });
    code.replaceWith(link);
    link.append(code);
  }
  return made;
}

/** The ratings as lines of the journal of cards. */
export const ratingLines = (record, at) =>
  record.answers.map((given) => `${JSON.stringify({ card: given.card.entry.id, at, rating: rating(given) })}\n`).join("");

export const answersJson = (record, begunIso) =>
  `${JSON.stringify({ level: NAMES[record.level], minutes: record.minutes, seed: record.seed, topic: null, begun: begunIso, ticked_by: record.ticked_by, answers: record.answers.map(asJson) }, null, 2)}\n`;

/** The report with its buttons; `again` begins anew. */
export function reportView(record, begunAt, again) {
  const begunIso = `${begunAt.toISOString().slice(0, 19)}+00:00`;
  const digits = begunAt.toISOString().slice(0, 16).replace("T", "-").replace(":", "");
  const name = file_name(record, digits);
  const buttons = [
    button("Save as Markdown", () => save(`${name}.md`, markdown(record), "text/markdown")),
    button("Save as HTML", () => save(`${name}.html`, htmlOf(record, globalThis.markdownit), "text/html")),
    button("Save the answers", () => save(`${name}.json`, answersJson(record, begunIso), "application/json")),
  ];
  if (record.kept === "other" || globalThis.mqJournal.forgets) {
    const whose = record.kept === "other" ? "Save the ratings for the candidate" : "Save the ratings, which this browser refuses to keep";
    buttons.push(button(whose, () => save("cards.jsonl", ratingLines(record, new Date().toISOString()), "application/x-ndjson")));
  }
  buttons.push(button("Another interview", again));
  const bar = make("div", { class: "mq-cards-bar", role: "group", "aria-label": "The report" }, ...buttons);
  return make("div", {}, bar, rendered(record, document.documentElement.dataset.content_root ?? ""));
}
