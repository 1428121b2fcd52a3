// The same events at three brokers: buttons, a column for each broker with its messages, and a table of what each event
// did. The machines are Python's, translated; only the drawing is written here. Native buttons, so keyboard and screen
// reader are the browser's own. The table is the one that the page has without scripts, with other rows.

import { EVENTS, LABELS, MOST, decoded, encoded, surprise } from "./generated/event.js";
import { PRESETS } from "./generated/preset.js";
import { BROKERS, HAS, TITLES, played } from "./generated/side_by_side.js";

const LINK = "#events=";
const SEEDS = 10000;
const LOOKS = { waits: "waits", held: "with the consumer, not settled", again: "to be delivered again", done: "settled", dead: "dead-lettered, or deleted by retention" };
const label = (event) => LABELS[EVENTS.indexOf(event)];

function make(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

function button(text, act) {
  const made = make("button", { type: "button" }, text);
  made.addEventListener("click", act);
  return made;
}

class SameEvents {
  constructor(root) {
    this.root = root;
    this.table = root.querySelector("table");
    this.body = this.table.tBodies[0];
    this.presetName = root.dataset.preset;
    this.brokers = root.dataset.brokers.split(" ").map((name) => BROKERS.indexOf(name)); // their places in a row
    this.allowed = EVENTS.filter((event) => this.brokers.some((at) => HAS[at].includes(event)));
    this.events = []; // all, also those that were taken back
    this.shown = 0; // how many of them have happened
    const form = make("div", { class: "mq-events-form" });
    form.append(this.start(), this.buttons(), this.steps());
    this.look = make("p", { class: "mq-events-look" });
    this.columns = this.brokers.map((at) => this.column(TITLES[at]));
    const stage = make("div", { class: "mq-events-stage", "data-columns": String(this.brokers.length) }, ...this.columns.map(({ box }) => box));
    this.status = make("p", { class: "mq-events-status", role: "status" });
    root.prepend(form, this.look, stage, this.legend(), this.status);
    this.follow();
    addEventListener("hashchange", () => this.follow());
  }

  start() {
    this.preset = make("select", {}, make("option", { value: "" }, "your own events"), ...PRESETS.map((one) => make("option", { value: one.name }, one.title)));
    this.preset.addEventListener("change", () => {
      const found = PRESETS.find((one) => one.name === this.preset.value);
      this.take(found ? decoded([...found.letters]) : []);
      this.tell(found?.look_at ?? "");
      this.link();
    });
    this.seed = make("input", { type: "number", min: "0", max: String(SEEDS - 1), step: "1", inputmode: "numeric" });
    this.seed.addEventListener("change", () => this.seed.value !== "" && this.draw(Number(this.seed.value)));
    const random = button("Surprise me", () => {
      this.seed.value = String(Math.floor(Math.random() * SEEDS));
      this.draw(Number(this.seed.value));
    });
    return make(
      "div",
      { class: "mq-events-row" },
      make("label", {}, "Start from ", this.preset),
      random,
      make("label", {}, "Seed ", this.seed),
    );
  }

  buttons() {
    const causes = this.allowed.map((event) => button(label(event), () => this.cause(event)));
    return make("div", { class: "mq-events-row mq-events-causes", role: "group", "aria-label": "Cause an event" }, ...causes);
  }

  steps() {
    this.back = button("Undo", () => this.move(this.shown - 1));
    this.forward = button("Redo", () => this.move(this.shown + 1));
    this.first = button("To the start", () => this.move(0));
    this.copy = button("Copy the link", async () => {
      try {
        await navigator.clipboard.writeText(location.href);
        this.say("The link is copied. It holds the events so far.");
      } catch {
        this.say("The link could not be copied. The address of this page holds the events so far.");
      }
    });
    return make("div", { class: "mq-events-row" }, this.back, this.forward, this.first, this.copy);
  }

  column(name) {
    const say = make("p", { class: "mq-events-say" });
    const shelves = make("div", {});
    const box = make("section", { class: "mq-events-broker", "aria-label": name }, make("p", { class: "mq-events-name" }, name), say, shelves);
    return { box, say, shelves };
  }

  legend() {
    const items = Object.entries(LOOKS).map(([look, text]) => make("span", {}, make("span", { class: "mq-events-token", "data-look": look }, "m1"), ` ${text}`));
    return make("p", { class: "mq-events-legend" }, ...items);
  }

  /** The events of the address, or the preset of the page. */
  follow() {
    if (location.hash.startsWith(LINK)) {
      this.take(decoded([...location.hash.slice(LINK.length)]));
      this.tell("");
      return;
    }
    const found = PRESETS.find((one) => one.name === this.presetName);
    this.take(decoded([...found.letters]));
    this.preset.value = found.name;
    this.tell(found.look_at);
  }

  draw(seed) {
    if (!Number.isInteger(seed) || seed < 0 || seed >= SEEDS) return this.say(`A seed is a whole number from 0 to ${SEEDS - 1}.`);
    this.take(surprise(seed));
    this.tell("");
    this.link();
  }

  cause(event) {
    if (this.shown >= MOST) return this.say(`A list has at most ${MOST} events. Undo some, or start again.`);
    this.take([...this.events.slice(0, this.shown), event]);
    this.tell("");
    this.link();
  }

  /** Other events, all of which have happened. */
  take(events) {
    this.events = events.filter((event) => this.allowed.includes(event));
    this.shown = this.events.length;
    this.preset.value = "";
    const same = PRESETS.find((one) => one.letters === encoded(this.events));
    if (same) this.preset.value = same.name;
    this.show();
  }

  move(shown) {
    this.shown = Math.max(0, Math.min(shown, this.events.length));
    this.show();
    this.link();
  }

  link() {
    history.replaceState(null, "", LINK + encoded(this.events.slice(0, this.shown)));
  }

  tell(text) {
    this.look.textContent = text;
    this.look.hidden = !text;
  }

  say(text) {
    this.status.textContent = text;
  }

  show() {
    const rows = played(this.events.slice(0, this.shown));
    const last = rows[rows.length - 1];
    this.columns.forEach(({ say, shelves }, index) => {
      const at = this.brokers[index];
      say.textContent = last.told[at]?.say ?? "No event has happened.";
      shelves.replaceChildren(...last.shelves[at].map(shelf));
    });
    this.table.caption.textContent = `The events so far: ${this.shown}`;
    this.body.replaceChildren(
      ...rows.slice(1).map((row, index) =>
        make("tr", {}, make("th", { scope: "row" }, `${index + 1}. ${label(row.event)}`), ...this.brokers.map((at) => make("td", { "data-broker": TITLES[at] }, row.told[at].say))),
      ),
    );
    this.back.disabled = this.first.disabled = this.shown === 0;
    this.forward.disabled = this.shown === this.events.length;
    const words = this.shown ? this.brokers.map((at) => `${TITLES[at]}: ${last.told[at].say}`).join(" ") : "";
    this.say(this.shown ? `Event ${this.shown}, ${label(last.event)}. ${words}` : "No event has happened. The queue and the partition are empty.");
  }
}

function shelf({ title, tokens, note }) {
  const items = tokens.map((token) => {
    const hidden = make("span", { class: "mq-events-hidden" }, token.note ? ` ${token.note}` : "");
    return make("li", { class: "mq-events-token", "data-look": token.look, title: token.note }, `m${token.number}`, hidden);
  });
  const list = items.length ? make("ul", {}, ...items) : make("p", { class: "mq-events-empty" }, "empty");
  const head = make("p", { class: "mq-events-shelf" }, title);
  if (note) head.append(make("span", {}, note));
  return make("div", {}, head, list);
}

if (typeof document !== "undefined") for (const root of document.querySelectorAll(".mq-events")) new SameEvents(root);
globalThis.mqWhatIf = { played, encoded, decoded, surprise };
