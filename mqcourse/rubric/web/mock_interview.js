// A mock interview in the page, alone or for two screens with one code. The plan, the follow-ups, the rating, the level
// and the report are Python's, translated; only the drawing and the clock are written here.

import { load, renderer } from "./cards.js";
import { caseView } from "./case_view.js";
import { asJson, fresh, givenOf } from "./case_state.js";
import { compared, lastLine } from "./comparison.js";
import { make, button, save } from "./dom.js";
import { code_of } from "./generated/code.js";
import { markdown } from "./generated/report.js";
import { rating } from "./generated/ticks.js";
import { casesOf, codeOf, markOf, planOf } from "./plan.js";
import { answersJson, htmlOf, reportView } from "./report_view.js";
import { randomPlan, startView } from "./start_view.js";
import { timeLine } from "./time_line.js";

const KEPT = "mq-interview";
const VIEWS = ["solo", "interviewer", "candidate"];
const WORDS = {
  interviewer: "Your screen, the interviewer's. Ticks and notes stay here. The candidate's screen has the same cases if it shows the same three letters; both go on by hand.",
  candidate: "Your screen, the candidate's. The interviewer's screen has the same cases if it shows the same three letters; both go on by hand.",
};

// What a browser refuses to keep is lost with a reload, and with nothing else.
function remember(state) {
  try {
    if (state) sessionStorage.setItem(KEPT, JSON.stringify(state));
    else sessionStorage.removeItem(KEPT);
  } catch {} // private windows, a full disk
}

function remembered() {
  try {
    const found = JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
    return found && planOf(found.code) && VIEWS.includes(found.view) && Array.isArray(found.states) ? found : null;
  } catch {
    return null;
  }
}

/** The plan and the view that the address names; the plan is null where it names none. */
function linked() {
  const words = new URLSearchParams(location.hash.slice(1));
  const plan = planOf(words.get("code") ?? "");
  return { plan, view: VIEWS.includes(words.get("view")) ? words.get("view") : plan ? "candidate" : "solo" };
}

class MockInterview {
  constructor(root) {
    this.root = root;
    this.bank = globalThis.mqBank.cards;
    this.state = null; // {code, view, begun, ended, at, states} while an interview is on: plain values
    this.since = 0; // when the case on the screen was last counted
    this.starting = false; // the start is on the screen
    const found = remembered();
    const { plan } = linked();
    const same = found && (!plan || codeOf(plan) === found.code);
    if (same && casesOf(this.bank, planOf(found.code)).length === found.states.length) this.resume(found);
    else this.start();
    addEventListener("hashchange", () => this.starting && linked().plan && this.start()); // another code, and no heading
    addEventListener("pagehide", () => this.count());
  }

  // ---- the start ----

  start() {
    this.state = null;
    remember(null);
    this.focused(false);
    this.starting = true;
    const { plan, view } = linked();
    const cases = (one) => casesOf(this.bank, one);
    this.root.replaceChildren(startView(plan ?? randomPlan(), view, cases, (chosen, as) => this.begin(chosen, as)));
  }

  begin(plan, view) {
    const cases = casesOf(this.bank, plan);
    this.resume({ code: codeOf(plan), view, begun: Date.now(), at: 0, states: cases.map(fresh) });
    if (view !== "solo") history.replaceState(null, "", `#code=${codeOf(plan)}&view=${view}`);
  }

  resume(state) {
    this.state = state;
    this.starting = false;
    this.plan = planOf(state.code);
    this.cases = casesOf(this.bank, this.plan);
    if (state.over) {
      this.close();
      return;
    }
    this.focused(true);
    this.show();
  }

  // The rest of the page is hidden while an interview is on.
  focused(on) {
    document.documentElement.classList.toggle("mq-in-interview", on);
  }

  /** Add the time since the last count to the case on the screen. */
  count() {
    if (!this.state || !this.since) return;
    const now = Date.now();
    this.state.states[this.state.at].ms += now - this.since;
    this.since = now;
    remember(this.state);
  }

  // ---- a case ----

  async show() {
    const { state } = this;
    const { at } = state;
    this.since = 0;
    remember(state);
    let loaded;
    try {
      loaded = await load(this.cases[at], globalThis.mqBank.version);
      if (this.cases[at + 1]) load(this.cases[at + 1], globalThis.mqBank.version).catch(() => {}); // the next one without a wait
    } catch {
      loaded = null;
    }
    if (this.state !== state || state.at !== at) return;
    if (!loaded?.html) {
      this.trouble(() => this.show());
      return;
    }
    this.since = Date.now();
    const one = state.states[at];
    const { card, prompt } = caseView(loaded, one, state.view, () => this.count());
    const times = () => ({ whole: Date.now() - state.begun, ofCase: one.ms + Date.now() - this.since });
    const head = make(
      "div",
      { class: "mq-cards-bar mq-interview-bar", role: "group", "aria-label": "This interview" },
      make("p", {}, `Case ${at + 1} of ${this.cases.length}, ${this.cases[at].minutes} minutes planned.`),
      timeLine(this.plan.minutes, this.cases[at].minutes, times),
      button("End the interview", () => this.end()),
      ...(state.view === "solo" ? [] : [make("p", { class: "mq-interview-news" }, `Code ${state.code}, letters ${markOf(this.cases)}. ${WORDS[state.view]}`)]),
    );
    const last = at + 1 === this.cases.length;
    const finish = state.view === "candidate" ? "Finish" : "Finish, and show the report";
    const foot = make("div", { class: "mq-interview-foot" });
    if (at > 0) foot.append(button("Previous case", () => this.go(-1)));
    foot.append(button(last ? finish : "Next case", () => this.go(1), "mq-interview-next"));
    this.root.replaceChildren(head, card, foot);
    prompt.focus({ preventScroll: true });
    scrollTo(0, 0);
  }

  trouble(again) {
    const text = "A file of the cards could not be loaded. Try again when the network is there; what was answered is kept in this tab.";
    const message = make("p", { role: "alert", class: "mq-interview-news" }, text);
    const retry = button("Try again", again);
    this.root.replaceChildren(make("div", { class: "mq-cards-bar" }, message, retry));
    retry.focus();
  }

  go(step) {
    this.count();
    const { state } = this;
    if (step > 0) state.states[state.at].done = true;
    if (state.at + step >= this.cases.length) {
      this.close();
      return;
    }
    state.at += step;
    this.show();
  }

  end() {
    const left = this.state.states.filter(({ done }) => !done).length;
    if (confirm(`${left} of ${this.cases.length} cases are not finished. End the interview now?`)) {
      this.count();
      this.close();
    }
  }

  // ---- the end ----

  async close() {
    const { state } = this;
    this.since = 0;
    const entries = this.cases.map((entry, place) => ({ entry, one: state.states[place] })).filter(({ one }) => one.done);
    const heading = make("h2", { tabindex: "-1" }, "The interview is over");
    const begunAt = new Date(state.begun);
    let body;
    if (state.view === "candidate") body = this.notes(begunAt);
    else if (entries.length === 0) body = make("div", {}, make("p", {}, "No case was finished, so there is nothing to count."), button("Another interview", () => this.start()));
    else {
      const loaded = await Promise.all(entries.map(({ entry }) => load(entry, globalThis.mqBank.version))).catch(() => null);
      if (!loaded) {
        this.trouble(() => this.close());
        return;
      }
      const answers = entries.map(({ one }, place) => givenOf(loaded[place].card, loaded[place].right, one));
      body = reportView(this.record(answers, begunAt), begunAt, () => this.start());
    }
    remember({ ...state, over: true }); // until another interview begins
    this.state = null;
    this.focused(false);
    this.root.replaceChildren(heading, body);
    heading.focus({ preventScroll: true });
    this.root.scrollIntoView();
  }

  /** What the report is made from. Alone, the ratings are kept in the schedule of this browser's review. */
  record(answers, begunAt) {
    const solo = this.state.view === "solo";
    for (const given of solo && !this.state.rated ? answers : []) {
      const more = { ...(given.own && { answer: given.own }), ...(given.points.length > 0 && { points: given.points }) };
      mqJournal.keep(given.card.entry.id, rating(given), more);
    }
    this.state.rated = true; // a reload shows the report again, and rates nothing twice
    const memories = solo ? mqSchedule.replay(mqJournal.lines()) : new Map();
    for (const given of answers) {
      const due = memories.get(given.card.entry.id)?.due;
      given.due = due ? new Date(due).toLocaleDateString("sv") : ""; // a day here as 2026-11-28
    }
    const begun = `${begunAt.toISOString().slice(0, 16).replace("T", " ")} UTC`;
    return { ...this.plan, topic: "", cases: this.cases.length, begun, kept: solo ? "browser" : "other", ticked_by: solo ? "you" : "interviewer", answers };
  }

  /** What a candidate takes along: the own notes, and no answer. */
  notes(begunAt) {
    const texts = this.state.states.map(({ own }, place) => (own.trim() ? `## Case ${place + 1}\n\n${own.trim()}\n` : "")).filter(Boolean);
    const file = `# Notes of a mock interview, ${this.state.code}, ${begunAt.toISOString().slice(0, 10)}\n\n${texts.join("\n")}`;
    const words = texts.length > 0 ? "The report is on the interviewer's screen. Your notes are kept only in this tab, until you leave it." : "The report is on the interviewer's screen.";
    const buttons = [button("Another interview", () => this.start())];
    if (texts.length > 0) buttons.unshift(button("Save my notes", () => save("interview-notes.md", file, "text/markdown")));
    return make("div", { class: "mq-cards-bar" }, make("p", {}, words), ...buttons);
  }
}

if (typeof document !== "undefined") {
  // The bank of cards is a script behind this one.
  addEventListener("DOMContentLoaded", () => {
    for (const root of document.querySelectorAll(".mq-interview")) new MockInterview(root);
  });
}
globalThis.mqMockInterview = { answersJson, asJson, casesOf, code_of, compared, givenOf, htmlOf, lastLine, markOf, markdown, planOf, rating, renderer };
