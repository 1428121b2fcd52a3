// <broker-replay>: plays what a recording's story says, one event after the other. The story (places, messages, and for
// each event a sentence and what moved) was made from the recording when the book was built; nothing is computed here
// but where to draw. A classic script, so that a page opened from a folder has it too.
"use strict";

(() => {
  const SHORTEST_MS = 900; // time to read an event's sentence at normal speed
  const LONGEST_MS = 2500; // a longer pause of the recording is shortened to this
  const SPEEDS = [0.5, 1, 2, 4, 16];
  const WIDTH = 46; // of a message's place, with its margin
  const HEIGHT = 28;
  const ROWS = 3;
  const LOOKS = {
    plain: "waiting",
    sent: "sent, not confirmed",
    held: "with a program, unsettled",
    again: "returned or delivered again",
    done: "finished",
  };

  const make = (tag, properties = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(properties)) {
      if (name in element && name !== "role") element[name] = value;
      else element.setAttribute(name, value);
    }
    element.append(...children);
    return element;
  };

  // four letters of a label at most: its number at the end, else its first word, which is the key of a record
  const shown = (label) => label.match(/(?:^|\s)(\d{1,4})$/)?.[1] ?? label.split(/\s+/)[0].slice(0, 4);

  const seconds = (ms) => `${(ms / 1000).toFixed(3)} s`;

  class Replay extends HTMLElement {
    connectedCallback() {
      if (this.story) return;
      const story = JSON.parse(this.querySelector("script[type='application/json']").textContent);
      const rows = this.querySelectorAll(".mq-replay-table tbody tr");
      story.steps = story.steps.map((step, index) => {
        const [time, say] = rows[index].cells;
        return { moves: [], notes: {}, states: {}, ...step, at_ms: Number(time.textContent), say: say.textContent };
      });
      this.story = story;
      this.step = 0; // how many events have happened
      this.speed = 1;
      this.build();
      this.clear();
      this.show(true);
      new ResizeObserver(() => this.arrange()).observe(this.stage);
    }

    // ---- the elements ----

    build() {
      const { places, messages, steps, sources } = this.story;
      this.stage = make("div", { className: "mq-replay-stage", "aria-hidden": "true" });
      const columns = {};
      for (const name of ["left", "middle", "right", "end"]) {
        columns[name] = make("div", { className: `mq-replay-column mq-replay-${name}` });
      }
      this.places = new Map();
      const most = this.most();
      const notes = new Map(places.map(({ id }) => [id, new Set()]));
      for (const step of steps) for (const [id, text] of Object.entries(step.notes)) notes.get(id).add(text);
      for (const place of places) {
        const note = make("span", { className: "mq-replay-note" });
        const slots = make("div", { className: "mq-replay-slots" });
        const more = make("span", { className: "mq-replay-more" });
        const box = make(
          "div",
          { className: "mq-replay-place" },
          make("span", { className: "mq-replay-name", textContent: place.label }),
          note,
          slots,
          more,
        );
        box.dataset.kind = place.kind;
        columns[place.column].append(box);
        this.places.set(place.id, { ...place, box, note, slots, more, most: most.get(place.id) ?? 0, notes: notes.get(place.id), held: [] });
      }
      this.stage.append(...Object.values(columns).filter((column) => column.childElementCount));
      for (const side of ["left", "right"]) {
        if (!columns[side].childElementCount) this.stage.classList.add(`mq-replay-no-${side}`);
      }
      this.tokens = messages.map((label) => {
        const element = make("span", { className: "mq-replay-message", hidden: true, title: label });
        element.textContent = shown(label);
        this.stage.append(element);
        return { element, place: "", look: "", x: 0, y: 0, hidden: true, drawnLook: "", drawnPlace: "" };
      });

      this.say = make("p", { className: "mq-replay-say", role: "status" });
      this.clock = make("span", { className: "mq-replay-clock" });
      this.range = make("input", { type: "range", min: 0, max: steps.length, step: 1, value: 0 });
      this.range.setAttribute("aria-label", "Event");
      this.range.addEventListener("input", () => this.go(Number(this.range.value)));
      this.range.addEventListener("keydown", (event) => {
        if (event.key !== " ") return;
        event.preventDefault();
        this.toggle();
      });
      this.playing = make("button", { type: "button", textContent: "Play" });
      this.playing.addEventListener("click", () => this.toggle());
      const button = (text, to) => {
        const one = make("button", { type: "button", textContent: text });
        one.addEventListener("click", () => this.go(to()));
        return one;
      };
      const speed = make(
        "select",
        {},
        ...SPEEDS.map((value) =>
          make("option", { value, textContent: `${value}×`, selected: value === 1, defaultSelected: value === 1 }),
        ),
      );
      speed.addEventListener("change", () => {
        this.speed = Number(speed.value);
      });
      const marks = make("div", { className: "mq-replay-marks", "aria-hidden": "true" });
      steps.forEach((step, index) => {
        if (!step.mark) return;
        const mark = make("span", { textContent: "✕" });
        mark.style.insetInlineStart = `${(100 * (index + 1)) / steps.length}%`;
        marks.append(mark);
      });
      const controls = make(
        "div",
        { className: "mq-replay-controls", role: "group", "aria-label": "Controls of the replay" },
        this.playing,
        button("Back", () => this.step - 1),
        button("Next", () => this.step + 1),
        button("Start", () => 0),
        make("label", {}, "Speed ", speed),
        this.clock,
      );
      this.code = make("div", { className: "mq-replay-code", tabIndex: 0, role: "region" });
      const name = this.querySelector("section").getAttribute("aria-label");
      this.code.setAttribute("aria-label", `${name}, the code that caused the event`);
      this.sources = sources.map(({ name, lines }) => {
        const rows = lines.map((line) => make("code", { textContent: `${line}\n` }));
        const pre = make("pre", {}, ...rows);
        const figure = make("figure", { hidden: true }, make("figcaption", { textContent: name }), pre);
        this.code.append(figure);
        const source = { figure, rows, pre, line: 0, scrolled: 0 };
        pre.addEventListener("scroll", () => {
          source.scrolled = pre.scrollTop;
        });
        return source;
      });
      if (sources.length) this.sources[0].figure.hidden = false; // so that nothing below moves at the first event
      else this.code.hidden = true;
      const used = new Set(steps.flatMap((step) => step.moves.map((move) => move[2])));
      const legend = make("p", { className: "mq-replay-legend" });
      for (const [look, words] of Object.entries(LOOKS)) {
        if (!used.has(look)) continue;
        const sample = make("span", { className: "mq-replay-message", "aria-hidden": "true" }, "1");
        sample.dataset.look = look;
        legend.append(make("span", {}, sample, ` ${words}`));
      }
      const timeline = make("div", { className: "mq-replay-timeline" }, this.range, marks);
      const before = this.querySelector(".mq-replay-table");
      before.before(this.stage, this.say, timeline, controls, this.code, legend);
    }

    // the most messages that a place ever holds: its height never changes
    most() {
      const where = new Map();
      const now = new Map();
      const most = new Map();
      for (const step of this.story.steps) {
        for (const [message, to] of step.moves) {
          const from = where.get(message);
          if (from) now.set(from, now.get(from) - 1);
          where.set(message, to);
          now.set(to, (now.get(to) ?? 0) + 1);
          most.set(to, Math.max(most.get(to) ?? 0, now.get(to)));
        }
      }
      return most;
    }

    // ---- the state after some events ----

    clear() {
      for (const token of this.tokens) Object.assign(token, { place: "", look: "" });
      for (const place of this.places.values()) Object.assign(place, { held: [], text: "", state: "" });
      this.step = 0;
    }

    // what event number `index` did; the places whose messages changed
    apply(index) {
      const step = this.story.steps[index];
      const changed = new Set();
      for (const [message, to, look] of step.moves) {
        const token = this.tokens[message];
        if (token.place !== to) {
          if (token.place) {
            const before = this.places.get(token.place);
            before.held.splice(before.held.indexOf(message), 1);
            changed.add(token.place);
          } else token.born = step.at;
          this.places.get(to).held.push(message);
          token.place = to;
        }
        token.look = look;
        changed.add(to);
      }
      for (const [id, text] of Object.entries(step.notes)) this.places.get(id).text = text;
      for (const [id, state] of Object.entries(step.states)) this.places.get(id).state = state;
      this.step = index + 1;
      return changed;
    }

    // ---- going through time ----

    go(to) {
      const target = Math.max(0, Math.min(this.story.steps.length, to));
      if (this.plays) this.toggle();
      if (target === this.step + 1) {
        this.draw(this.apply(this.step), true);
        this.show();
        return;
      }
      if (target < this.step) this.clear();
      while (this.step < target) this.apply(this.step);
      this.show(true);
    }

    toggle() {
      if (this.plays) {
        cancelAnimationFrame(this.plays);
        this.plays = 0;
        this.say.setAttribute("aria-live", "polite");
      } else {
        if (this.step === this.story.steps.length) this.go(0);
        this.say.setAttribute("aria-live", "off"); // a sentence a second is too much to hear
        this.left = 0;
        this.last = performance.now();
        this.plays = requestAnimationFrame((now) => this.frame(now));
      }
      this.playing.textContent = this.plays ? "Pause" : "Play";
    }

    frame(now) {
      const { steps } = this.story;
      this.left -= Math.min(now - this.last, 250) * this.speed; // a tab that was hidden goes on where it was
      this.last = now;
      const changed = new Set();
      let before = this.step;
      while (this.left <= 0 && this.step < steps.length) {
        for (const id of this.apply(this.step)) changed.add(id);
        const gap = this.step < steps.length ? steps[this.step].at_ms - steps[this.step - 1].at_ms : 0;
        this.left += Math.max(SHORTEST_MS, Math.min(LONGEST_MS, gap));
      }
      if (this.step !== before) {
        this.draw(changed, true);
        this.show();
      }
      if (this.step < steps.length) this.plays = requestAnimationFrame((next) => this.frame(next));
      else this.toggle();
    }

    // ---- drawing ----

    // everything that is not a message; `all` draws those too, without motion
    show(all = false) {
      const { steps } = this.story;
      const step = steps[this.step - 1];
      this.range.value = this.step;
      const at = step ? `${seconds(step.at_ms)} of ${seconds(steps.at(-1).at_ms)}` : "before the first event";
      this.clock.textContent = `event ${this.step} of ${steps.length}, ${at}`;
      this.range.setAttribute("aria-valuetext", `${this.step} of ${steps.length}: ${step ? step.say : "before it began"}`);
      this.say.textContent = step ? step.say : "Press Play, or step with Next or the arrow keys of the timeline.";
      for (const place of this.places.values()) {
        if (place.note.textContent !== place.text) place.note.textContent = place.text;
        if (place.box.dataset.state !== place.state) place.box.dataset.state = place.state;
        const acts = String(step?.at === place.id);
        if (place.box.dataset.acts !== acts) place.box.dataset.acts = acts;
      }
      this.mark(step);
      if (all) this.draw(this.places.keys(), false);
    }

    mark(step) {
      this.marked?.removeAttribute("aria-current");
      this.marked = undefined;
      if (!step?.code) return; // the code of the event before stays in sight, with no line marked
      const [number, line] = step.code;
      const source = this.sources[number];
      for (const { figure } of this.sources) figure.hidden = figure !== source.figure;
      this.marked = source.rows[line - 1];
      if (!this.marked) return;
      this.marked.setAttribute("aria-current", "true");
      const { pre, rows } = source;
      if (this.shown !== source) {
        this.shown = source;
        source.scrolled = pre.scrollTop; // a browser may forget it while the code is hidden
      }
      if (!source.line) {
        // all lines are equally high: measured once, because asking the page while it plays costs a layout each time
        Object.assign(source, { line: rows[0].offsetHeight, first: rows[0].offsetTop, view: pre.clientHeight });
      }
      const top = source.first + (line - 1) * source.line;
      if (top < source.scrolled || top + 2 * source.line > source.scrolled + source.view) {
        source.scrolled = Math.max(0, top - source.view / 3);
        pre.scrollTop = source.scrolled;
      }
    }

    // where the slots are: measured when the width changes, never while playing. All is written before all is read, twice:
    // a page that is asked for a size between two changes computes its layout for each.
    arrange() {
      for (const source of this.sources) source.line = 0;
      const places = [...this.places.values()];
      // a place is as high as its longest note: else a note of two lines would move the slots below it
      for (const { note, notes } of places) {
        note.style.minBlockSize = "";
        note.replaceChildren(...[...notes].map((text) => make("span", { className: "mq-replay-note", textContent: text })));
      }
      const sizes = places.map(({ note, slots }) => ({
        tallest: Math.max(0, ...[...note.children].map((each) => each.offsetHeight)),
        width: slots.clientWidth,
      }));
      places.forEach((place, index) => {
        const { tallest, width } = sizes[index];
        place.note.textContent = place.text;
        place.note.style.minBlockSize = `${tallest}px`;
        const columns = Math.max(1, Math.floor(width / WIDTH));
        const rows = Math.max(1, Math.min(ROWS, Math.ceil(place.most / columns)));
        place.slots.style.blockSize = `${place.most ? rows * HEIGHT : 0}px`;
        place.columns = columns;
        place.room = columns * rows;
      });
      const base = this.stage.getBoundingClientRect();
      for (const place of places) {
        const box = place.slots.getBoundingClientRect();
        place.x = box.left - base.left;
        place.y = box.top - base.top;
      }
      this.draw(this.places.keys(), false);
    }

    draw(changed, moving) {
      if (this.places.values().next().value.room === undefined) return; // not yet measured
      const calm = !moving || matchMedia("(prefers-reduced-motion: reduce)").matches;
      for (const id of changed) {
        const place = this.places.get(id);
        const over = place.held.length - place.room;
        // with too many to show, the newest stay in sight where messages end, the oldest where they wait
        const first = over > 0 && place.kind === "end" ? over : 0;
        place.more.textContent = over > 0 ? `and ${over} more` : "";
        place.held.forEach((message, index) => {
          const token = this.tokens[message];
          const slot = index - first;
          const hidden = slot < 0 || slot >= place.room;
          const x = place.x + (slot % place.columns) * WIDTH;
          const y = place.y + Math.floor(slot / place.columns) * HEIGHT;
          if (token.hidden !== hidden) token.element.hidden = token.hidden = hidden;
          if (token.drawnLook !== token.look) token.element.dataset.look = token.drawnLook = token.look;
          if (token.drawnPlace !== id) token.element.dataset.place = token.drawnPlace = id;
          if (hidden) return;
          if (token.x !== x || token.y !== y || token.born) {
            if (token.born) {
              const origin = this.places.get(token.born);
              Object.assign(token, { x: origin.x, y: origin.y, born: undefined });
            }
            const to = `translate(${x}px, ${y}px)`;
            if (!calm) {
              token.element.animate(
                [{ transform: `translate(${token.x}px, ${token.y}px)` }, { transform: to }],
                { duration: Math.min(450, 600 / this.speed), easing: "ease-in-out" },
              );
            }
            token.element.style.transform = to;
            Object.assign(token, { x, y });
          }
        });
      }
      if (!moving) {
        for (const token of this.tokens) if (!token.place) token.element.hidden = token.hidden = true;
      }
    }
  }

  customElements.define("broker-replay", Replay);
})();
