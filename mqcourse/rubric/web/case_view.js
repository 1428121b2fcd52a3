// One case on the screen. The candidate sees the prompt and a field for notes; the interviewer also the strong answer,
// the rubric to tick and the follow-ups; who practises alone sees these after the answer.

import { comparable, compared } from "./comparison.js";
import { withPlace } from "./case_state.js";
import { make, button, tick } from "./dom.js";
import { RUBRIC } from "./generated/levels.js";
import { follow_up_places } from "./generated/ticks.js";

const NOTES = {
  solo: "Answer aloud. Notes, if you like",
  interviewer: "Your notes on the answer",
  candidate: "Your notes. They stay on this screen",
};

function title(text) {
  return make("p", { class: "mq-card-part-title" }, text);
}

/** A text of the bank in Markdown, as an element. */
function inline(loaded, text, before = "") {
  const made = make("span");
  made.innerHTML = loaded.inline(text);
  if (before) made.prepend(make("strong", {}, before), " ");
  return made;
}

function pointsToTick(loaded, state, changed) {
  const group = make("fieldset", {}, make("legend", {}, "What was said"), make("p", {}, "Tick a point when all of it was said."));
  loaded.card.points.forEach((point, place) => {
    const told = (ticked) => {
      state.points = withPlace(state.points, place, ticked);
      changed();
    };
    group.append(tick(inline(loaded, point.text, `${RUBRIC[point.level]}:`), state.points.includes(place), told));
  });
  return group;
}

function wrongToTick(loaded, state, changed) {
  const group = make("fieldset", {}, make("legend", {}, "Often said, and wrong"));
  loaded.card.wrong.forEach((wrong, place) => {
    const told = (ticked) => {
      state.wrong = withPlace(state.wrong, place, ticked);
      changed();
    };
    const text = make("span", {}, "“", inline(loaded, wrong.said), "” ", inline(loaded, wrong.why));
    group.append(tick(text, state.wrong.includes(place), told));
  });
  return group;
}

/** The follow-ups; only those that the ticks lead to are shown. */
function followUps(loaded, state, changed) {
  const news = make("p", { role: "status" });
  const blocks = loaded.card.follow_ups.map((each, place) => {
    const told = (ticked) => {
      state.heard = withPlace(state.heard, place, ticked);
      changed();
    };
    const answer = make("details", {}, make("summary", {}, "The answer to it"), make("p", {}, inline(loaded, each.answer)));
    return make("div", { class: "mq-interview-follow-up" }, make("p", {}, inline(loaded, each.ask)), answer, tick("This was answered", state.heard.includes(place), told));
  });
  function update() {
    const places = follow_up_places(loaded.card, state.points);
    blocks.forEach((block, place) => {
      block.hidden = !places.includes(place);
    });
    const count = `${places.length} follow-up${places.length === 1 ? "" : "s"} by the points that are ticked.`;
    news.textContent = places.length > 0 ? count : "Tick a point, and the question that follows from it is shown here.";
  }
  update();
  return { part: make("div", { class: "mq-card-part" }, title("Then ask"), news, ...blocks), update };
}

/** The parts of the card's answer that are not ticked: the strong answer, what is right, what proves it. */
function strongParts(body) {
  for (const part of [...body.children]) {
    const head = part.querySelector(".mq-card-part-title");
    if (part.matches(".mq-card-wrong, .mq-card-rubric") || head?.textContent.trim() === "Then you are asked") part.remove();
    if (part.matches(".mq-card-sources") && head) head.textContent = "Prove it: facts and sources";
  }
  return [...body.children];
}

/** The prompt one level higher than in a list of cards: nothing is between it and the page's title. */
function heading(prompt) {
  const made = make("h2", { id: prompt.id, class: prompt.className, tabindex: "-1" }, ...prompt.childNodes);
  prompt.replaceWith(made);
  return made;
}

/** The section of a case. `changed` is called after every change of its state. */
export function caseView(loaded, state, view, changed) {
  const holder = make("template");
  holder.innerHTML = loaded.html;
  const card = holder.content.firstElementChild;
  card.classList.add("mq-interview-case");
  const details = card.querySelector("details.mq-card-answer");
  const parts = strongParts(details.querySelector(".mq-card-body"));
  const prompt = heading(card.querySelector(".mq-card-prompt"));

  const area = make("textarea", { id: "mq-interview-notes", rows: "4" });
  area.value = state.own;
  const hint = view === "candidate" ? "" : comparable(loaded.right);
  const label = make("label", { class: "mq-recall", for: area.id }, `${NOTES[view]}. ${hint}`.trim());
  const verdict = make("p", { role: "status", class: "mq-interview-compared" });
  area.addEventListener("input", () => {
    state.own = area.value;
    tellVerdict();
    changed();
  });

  function tellVerdict() {
    const found = view === "candidate" || !state.open ? "" : compared(loaded.right, state.own.trim());
    verdict.textContent = found === "" ? "" : `Compared with the card: ${found === "right" ? "right" : "not right"}.`;
  }

  details.replaceWith(label, area);
  if (view === "candidate") return { card, prompt };

  const follow = followUps(loaded, state, changed);
  const ticked = () => {
    follow.update();
    changed();
  };
  const ticks = make("div", { class: "mq-card-part mq-interview-ticks" }, pointsToTick(loaded, state, ticked), wrongToTick(loaded, state, ticked));
  const model = make("div", { class: "mq-interview-model" }, ...parts);
  const answer = make("div", { class: "mq-card-body mq-interview-beside", tabindex: "-1" }, make("div", {}, ticks, follow.part), model);
  const show = button("Show the strong answer, and tick", () => open(true), "mq-interview-show");
  card.append(show, verdict, answer);

  function open(byHand) {
    state.open = true;
    show.hidden = true;
    answer.hidden = false;
    tellVerdict();
    if (!byHand) return;
    answer.focus({ preventScroll: true });
    changed();
  }

  answer.hidden = true;
  if (view === "interviewer" || state.open) open(false);
  return { card, prompt };
}
