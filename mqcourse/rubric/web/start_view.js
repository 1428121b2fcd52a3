// The start: the plan by its fields or by a code, and the three ways to begin.

import { make, button } from "./dom.js";
import { LEAST_MINUTES, MOST_MINUTES, SEEDS } from "./generated/code.js";
import { LEVELS } from "./generated/levels.js";
import { codeOf, markOf, planOf, refused } from "./plan.js";

const FOUND = { level: "S", minutes: 45 };
const VIEWS = [
  ["solo", "Begin alone"],
  ["interviewer", "Begin as the interviewer"],
  ["candidate", "Begin as the candidate"],
];

export const randomPlan = () => ({ ...FOUND, seed: Math.floor(Math.random() * SEEDS) });

/** The link that opens this page with a plan and a view. */
export const linkTo = (plan, view) => `${location.href.split("#")[0]}#code=${codeOf(plan)}&view=${view}`;

function number(label, value, least, most) {
  const field = make("input", { type: "number", min: String(least), max: String(most), step: "1", inputmode: "numeric" });
  field.value = String(value);
  return { field, label: make("label", {}, `${label} `, field) };
}

/** `cases` gives the cases of a plan; `begin` gets the plan and the view; `asked` is the view that a link names. */
export function startView(plan, asked, cases, begin) {
  const level = make("select", {}, ...Object.entries(LEVELS).map(([short, name]) => make("option", { value: short }, name)));
  level.value = plan.level;
  const minutes = number("Minutes", plan.minutes, LEAST_MINUTES, MOST_MINUTES);
  const seed = number("Seed", plan.seed, 0, SEEDS - 1);
  const code = make("input", { type: "text", autocomplete: "off", autocapitalize: "none", spellcheck: "false", size: "24" });
  const news = make("p", { role: "status", class: "mq-interview-news" });
  const copied = make("p", { role: "status", class: "mq-interview-news" });
  const begins = VIEWS.map(([view, text]) => button(text, () => begin(read(), view), view === asked ? "mq-interview-asked" : ""));
  const another = button("Another seed", () => {
    seed.field.value = String(randomPlan().seed);
    show();
  });
  const copy = button("Copy the candidate's link", async () => {
    try {
      await navigator.clipboard.writeText(linkTo(read(), "candidate"));
      copied.textContent = "The link is copied.";
    } catch {
      copied.textContent = `The link could not be copied. The candidate can type the code: ${codeOf(read())}`;
    }
  });

  const read = () => ({ level: level.value, minutes: Number(minutes.field.value || NaN), seed: Number(seed.field.value || NaN) });

  function allow(text) {
    for (const one of [...begins, copy]) one.disabled = text !== "";
  }

  function show() {
    const found = read();
    const why = refused(found);
    allow(why);
    copied.textContent = "";
    if (why) {
      news.textContent = why;
      return;
    }
    code.value = codeOf(found);
    const asks = cases(found);
    const planned = asks.reduce((sum, one) => sum + one.minutes, 0);
    news.textContent = `${asks.length} case${asks.length === 1 ? "" : "s"}, ${planned} minutes planned. The letters of these cases: ${markOf(asks)}.`;
  }

  function take() {
    const found = planOf(code.value);
    if (!found) {
      const why = "This is no code. A code looks like senior-45-7-q; check its digits and its last letter.";
      allow(why);
      news.textContent = why;
      return;
    }
    level.value = found.level;
    minutes.field.value = String(found.minutes);
    seed.field.value = String(found.seed);
    show();
  }

  for (const field of [level, minutes.field, seed.field]) field.addEventListener("input", show);
  code.addEventListener("input", take);
  show();
  return make(
    "div",
    { class: "mq-cards-bar mq-interview-start", role: "group", "aria-label": "A mock interview" },
    make("label", {}, "Level ", level),
    minutes.label,
    seed.label,
    another,
    make("label", { class: "mq-interview-code" }, "Code, the same on both screens ", code),
    news,
    make("div", { class: "mq-interview-begin" }, ...begins),
    copy,
    copied,
  );
}
