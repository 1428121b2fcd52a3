// The explorer itself: scenarios (one, or two side by side), controls, flow, charts, figures. It knows nothing of where
// it stands; element.js puts it into a page of the book, and into a notebook.

import { asQuery, scenario, valuesOfQuery } from "./engine/scenario.js";
import { PRESETS } from "./generated/presets.js";
import { Chart, CHARTS, COLOURS, nice } from "./charts.js";
import { Controls } from "./controls.js";
import { Figures, sentence } from "./figures.js";
import { Flow } from "./flow.js";
import { labelled } from "./knobs.js";
import { Player } from "./player.js";
import { ask, verdict } from "./predict.js";
import { PythonPanel } from "./python_panel.js";
import { Newest } from "./runner.js";
import { csv, hashOf, picture, python, queriesIn, save } from "./takeaway.js";
import { equal, make } from "./words.js";

const CUSTOM = { name: "", title: "Your own scenario", look_at: "", sliders: ["rate_per_s", "service_mean_s", "consumers", "queue_limit", "on_full"] };
const NOT_RUN = "Not run yet.";
const SETTLED_MS = 400;
const FIGURES_MS = 120;
let explorers = 0; // in this page: a landmark needs a name of its own

export class View {
  /** root: where to build. options: { model, preset, values, beside, sliders, predict, id, linkable, base }. */
  constructor(host, root, css, options) {
    Object.assign(this, { host, root, options, active: 0, asked: false, picked: null });
    this.model = options.model;
    this.still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.results = [];
    this.changes = 0;
    this.settling = new AbortController();
    this.newest = [0, 1].map((side) => new Newest((result) => this.arrived(side, result), (error) => this.failed(error)));
    this.build(css);
    this.watchLook();
    this.open();
  }

  build(css) {
    const part = (name, tag = "div", attributes = {}) => (this[name] = make(tag, { class: name, ...attributes }));
    const button = (words, act) => make("button", { type: "button", onclick: act }, words);
    this.presetPick = make(
      "select",
      { name: "preset", onchange: () => this.choose(this.presetPick.value) },
      ...PRESETS.map(({ name, title }) => make("option", { value: name }, title)),
      make("option", { value: "" }, CUSTOM.title),
    );
    this.two = make("input", { type: "checkbox", name: "beside", onchange: () => this.setBeside(this.two.checked) });
    this.sidePick = make("fieldset", { class: "sides", hidden: true }, make("legend", {}, "The controls change"),
      ...["A", "B"].map((name, side) => make("label", {},
        make("input", { type: "radio", name: "side", value: side, checked: side === 0, onchange: () => this.setActive(side) }), name)));
    const bar = make("div", { class: "bar top" },
      make("label", { class: "preset" }, make("span", {}, "Scenario"), this.presetPick),
      make("label", {}, this.two, "Two side by side"), this.sidePick,
      button("Start again", () => this.choose(this.presetPick.value)));
    this.flows = [0, 1].map(() => {
      const canvas = make("canvas", { class: "flow", role: "img", "aria-label": `Messages. ${NOT_RUN}` });
      return new Flow(canvas, this.still);
    });
    this.flows[1].canvas.hidden = true;
    this.charts = CHARTS.map((spec) => new Chart(make("canvas", { class: "chart", role: "img", "data-chart": spec.key }), spec));
    this.nameCharts(NOT_RUN); // an image has a name from the start, however long the first run takes
    part("playbar");
    const takeaway = make("div", { class: "bar takeaway" },
      this.options.linkable ? button("Copy link", () => this.copyLink()) : null,
      button("PNG", () => this.savePicture()),
      button("CSV", () => save("backpressure.csv", csv(this.sides.map((_, side) => this.results[side])), "text/csv")),
      button("Python", () => save("backpressure.py", python(this.sides), "text/x-python")));
    this.playbar.classList.add("bar");
    const sheet = new CSSStyleSheet(); // not a style element, which a strict policy of the page refuses
    sheet.replaceSync(css);
    this.root.adoptedStyleSheets = [sheet];
    this.root.replaceChildren(
      make("section", { class: "explorer", "aria-label": `Backpressure explorer ${++explorers}` },
        bar, part("question"), part("error", "p", { role: "alert", hidden: true }),
        part("said", "p", { role: "status", tabindex: "-1" }), part("lookAt", "p"),
        make("div", { class: "body" },
          part("controlsHolder", "div", { role: "group", "aria-label": "Controls" }),
          make("div", { class: "stage" },
            part("flowHolder"), this.playbar,
            part("chartHolder"),
            (this.numbers = make("details", { class: "numbers", open: true }, make("summary", {}, "Figures"), part("table", "table"))))),
        takeaway, part("pythonHolder")));
    this.flowHolder.append(...this.flows.map((flow) => flow.canvas));
    this.chartHolder.append(...this.charts.map((chart) => chart.canvas));
    this.player = new Player(this.playbar, this.still, (moment, play, clock) => this.paintFlow(moment, play, clock));
    this.controls = new Controls(this.controlsHolder, (name, value, dragged) => this.change(name, value, dragged), (error) => this.failed(error));
    this.figures = new Figures(this.table);
    if (this.options.base) this.python = new PythonPanel(this.pythonHolder, this.options.base, () => this.runAll());
    for (const chart of this.charts) this.listen(chart);
  }

  /** Begin with the address's scenarios if it has any, else with the ones that the chapter gave. */
  open() {
    const { options } = this;
    addEventListener("hashchange", () => this.follow());
    const queries = options.linkable ? queriesIn(location.hash, options.id) : null;
    this.choose(options.preset ?? "", queries === null);
    this.follow(queries);
  }

  /** Show the scenarios of the address. */
  follow(queries = this.options.linkable ? queriesIn(location.hash, this.options.id) : null) {
    if (queries === null) return;
    try {
      const sides = queries.map((query) => scenario(valuesOfQuery(query)));
      this.answerGiven(null);
      this.sides = sides;
      this.active = sides.length - 1;
      this.inAddress = this.query;
      this.afterSides();
    } catch (error) {
      this.failed(error);
    }
    this.host.scrollIntoView({ block: "start" });
  }

  /** Take a preset; with the chapter's own changes when it is the chapter's own preset. */
  choose(name, mayAsk = true) {
    const { options } = this;
    const own = name === (options.preset ?? "");
    this.preset = PRESETS.find((one) => one.name === name) ?? { ...CUSTOM, values: this.sides?.[0] ?? {} };
    this.presetPick.value = this.preset.name;
    try {
      const first = scenario({ ...this.preset.values, ...(own ? options.values : {}) });
      this.sides = [first];
      if (own && options.beside) this.sides.push(scenario({ ...first, ...options.beside }));
    } catch (error) {
      this.sides = [scenario({})];
      this.failed(error);
      return;
    }
    this.active = this.sides.length - 1;
    this.asked = mayAsk && options.predict && Boolean(this.preset.choices) && !(own && options.values);
    this.picked = null;
    this.judged = false;
    for (const chart of this.charts) chart.drawn = null;
    this.question.replaceChildren();
    if (this.asked) this.question.append(ask(this.preset, (picked) => this.answerGiven(picked)));
    this.player.begin();
    this.sliders = (own && options.sliders) || this.preset.sliders;
    this.afterSides();
  }

  afterSides() {
    this.two.checked = this.sides.length > 1;
    this.sidePick.hidden = this.sides.length < 2;
    this.sidePick.querySelectorAll("input")[this.active].checked = true;
    this.flows[1].canvas.hidden = this.sides.length < 2;
    this.controls.build(this.sliders);
    this.controls.show(this.sides[this.active]);
    this.controls.mark(null);
    if (this.sides.length < 2) this.newest[1].drop();
    this.results = [];
    this.drafts = [null, null];
    this.dress();
    this.runAll();
  }

  setBeside(wanted) {
    this.sides = wanted ? [this.sides[0], this.sides[0]] : [this.sides[0]];
    this.active = wanted ? 1 : 0;
    this.answerGiven(null);
    this.judged = false;
    this.afterSides();
  }

  setActive(side) {
    this.active = side;
    this.controls.show(this.drafts[side] ?? this.sides[side]);
  }

  /** Before the prediction only the chart to draw into is there. */
  dress() {
    for (const part of [this.flowHolder, this.playbar, this.numbers]) part.hidden = this.asked;
    for (const chart of this.charts) chart.canvas.hidden = this.asked && chart.spec.key !== "waiting";
    this.lookAt.textContent = this.asked || !this.preset.look_at ? "" : `Look at: ${this.preset.look_at}`;
    this.fit();
  }

  answerGiven(picked) {
    if (!this.asked) return;
    this.asked = false;
    this.picked = picked;
    this.judged = true;
    // the button that was pressed goes away with its form: the words that answer it take the focus
    if (this.question.contains(this.root.activeElement)) this.said.focus({ preventScroll: true });
    this.question.replaceChildren();
    this.dress();
    this.drawCharts();
    this.settle();
    if (!this.still) this.player.play();
  }

  /** A control moved. `dragged`: its own display is already right. */
  change(name, value, dragged = false) {
    // what cannot be run stays as the reader set it: the next control may be what makes it whole
    const values = { ...(this.drafts[this.active] ?? this.sides[this.active]), [name]: value };
    try {
      this.sides[this.active] = scenario(values);
      this.drafts[this.active] = null;
    } catch (error) {
      this.drafts[this.active] = values;
      this.controls.show(values, name);
      this.failed(error);
      return;
    }
    if (this.asked) this.answerGiven(null);
    this.judged = false; // the question was about another scenario
    this.controls.show(this.sides[this.active], dragged ? name : null);
    this.controls.mark(null);
    this.run(this.active);
  }

  runAll() {
    this.sides.forEach((_, side) => this.run(side));
  }

  run(side) {
    const values = this.sides[side];
    this.changes += 1;
    if (!this.error.hidden) this.error.hidden = true;
    this.busy();
    const model = this.python?.ready ? this.python : this.model;
    this.settling.abort(); // a large run is as long in its journal
    this.newest[side].ask(model, values);
  }

  /** Until the words, the flow and the figures are those of this run. */
  busy() {
    if (this.host.dataset.state !== "busy") this.host.dataset.state = "busy";
  }

  arrived(side, result) {
    if (side >= this.sides.length) return;
    this.results[side] = result;
    if (this.ready) {
      this.drawCharts();
      this.drawnS ??= performance.now() / 1000; // since navigation: how soon the page was usable
      this.host.dispatchEvent(new CustomEvent("drawn"));
    }
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.settle(), SETTLED_MS);
  }

  failed(error) {
    this.error.textContent = labelled(error);
    this.error.hidden = false;
    this.controls.mark(error.field);
    this.host.dataset.state = "calm";
  }

  get ready() {
    return this.sides.every((_, side) => this.results[side]);
  }

  /** After the last change: words for the screen reader, the flow, the address. */
  async settle() {
    clearTimeout(this.timer);
    if (!this.ready) return;
    this.busy();
    if (this.settling.signal.aborted) this.settling = new AbortController();
    const { changes } = this;
    const words = this.asked ? "" : this.sentences;
    const drew = this.charts[0].drawn !== null;
    this.said.textContent = (this.judged && this.preset.choices ? verdict(this.preset, this.picked, drew) : "") + words;
    this.nameCharts(words || NOT_RUN);
    this.showFigures();
    this.keepAddress();
    this.agree();
    await this.loadFlow();
    if (changes !== this.changes) return;
    this.host.dataset.state = "calm";
    this.host.dispatchEvent(new CustomEvent("settled"));
  }

  /** What came out, a sentence for each scenario. */
  get sentences() {
    const { sides } = this;
    return this.results.slice(0, sides.length).map((result, side) => sentence(result, sides.length > 1 ? "AB"[side] : "")).join(" ");
  }

  nameCharts(words) {
    // the sentence of the run is the first chart's alone; all figures are in the table
    this.charts.forEach(({ canvas, spec }, place) => {
      const run = place === 0 || words === NOT_RUN ? ` ${words}` : "";
      canvas.setAttribute("aria-label", `Chart: ${spec.title}, ${spec.unit}.${run}`);
    });
  }

  async loadFlow() {
    const { sides } = this;
    const { signal } = this.settling;
    const wanted = this.query;
    if (this.asked || this.flowOf === wanted) return;
    this.flowOf = wanted;
    try {
      const journals = await Promise.all(sides.map((values) => this.model.journal(values, signal)));
      if (this.flowOf !== wanted) return; // the reader went on
      journals.forEach((journal, side) => this.flows[side].load(journal, sides[side]));
      this.player.load(this.playable(journals), this.deepest(), Math.max(...sides.map((one) => one.duration_s)));
    } catch (error) {
      if (this.flowOf === wanted) this.flowOf = null;
      if (error.name !== "AbortError") this.failed(error);
    }
  }

  /** Seconds of the run that the journals hold: they are as long as a page can carry, a run may be longer. */
  playable(journals) {
    const ends = journals.map(({ times }, side) =>
      times.length < this.model.journalMost ? this.sides[side].duration_s : times[times.length - 1]);
    return Math.max(...ends);
  }

  /** The moment at which most messages wait: the picture to begin with where nothing moves by itself. */
  deepest() {
    const points = this.results.slice(0, this.sides.length).map(({ series }) => {
      const most = series.waiting.reduce((best, depth, at) => (depth > series.waiting[best] ? at : best), 0);
      return { depth: series.waiting[most], at: series.time_s[most] };
    });
    return points.reduce((best, one) => (one.depth > best.depth ? one : best)).at;
  }

  paintFlow(moment, play, clock) {
    this.sides.forEach((_, side) => {
      const flow = this.flows[side];
      if (!flow.replay) return;
      flow.show(moment, play, clock);
      flow.draw(this.look, clock, COLOURS);
      if (!play) flow.canvas.setAttribute("aria-label", flow.replay.words(this.sides.length > 1 ? `${"AB"[side]} ` : "Messages "));
    });
    if (!this.asked && this.ready) this.charts.forEach((chart) => chart.spec.histogram || this.drawOne(chart));
  }

  drawCharts() {
    for (const chart of this.charts) this.drawOne(chart);
    // nobody reads figures while dragging: a few times a second leaves the frame to the charts
    this.figuresTimer ??= setTimeout(() => this.showFigures(), FIGURES_MS);
  }

  showFigures() {
    clearTimeout(this.figuresTimer);
    this.figuresTimer = undefined;
    if (!this.asked && this.ready) this.figures.show(this.results.slice(0, this.sides.length));
  }

  drawOne(chart) {
    if (!this.ready) return;
    chart.hidden = this.asked;
    chart.fixedY = this.asked && chart.spec.key === "waiting" ? roomy(this.results[0].summary.most_waiting) : undefined;
    chart.draw(this.results.slice(0, this.sides.length), this.look, this.asked ? null : this.player.moment);
  }

  /** Drawing a prediction, and choosing the moment, with a pointer. */
  listen(chart) {
    const { canvas } = chart;
    const at = (event) => {
      const [x, y] = chart.shareAt(event);
      if (this.asked && chart.spec.key === "waiting") {
        chart.drawn = [...(chart.drawn ?? []).filter(([before]) => before < x), [x, y]];
        this.drawOne(chart);
      } else if (!this.asked && !chart.spec.histogram && this.ready) {
        this.player.jump(x * this.player.durationS);
      }
    };
    canvas.addEventListener("pointerdown", (event) => {
      if (this.asked && chart.spec.key === "waiting") canvas.setPointerCapture(event.pointerId);
      if (this.asked) chart.drawn = null;
      at(event);
    });
    canvas.addEventListener("pointermove", (event) => event.buttons && at(event));
  }

  /** With Python at work, hold the two models to each other. */
  async agree() {
    if (!this.python?.ready) return;
    const [values] = this.sides;
    const [mine] = this.results;
    if (!this.python.original) {
      this.python.say("your version of the source is at work");
      return;
    }
    let other;
    try {
      other = await this.model.run(values, this.settling.signal);
    } catch {
      return; // the reader went on
    }
    const same = ["summary", "series", "latency_histogram"].every((part) => equal(mine[part], other[part]));
    this.python.say(same ? "it agrees with the JavaScript model to the last digit" : "it does NOT agree with the JavaScript model; please report this scenario");
  }

  /** An address that holds a scenario of this explorer follows the reader to the one that is shown. */
  keepAddress() {
    const holdsOurs = this.options.linkable && queriesIn(location.hash, this.options.id) !== null;
    if (holdsOurs && this.inAddress !== this.query) this.writeAddress();
  }

  writeAddress() {
    history.replaceState(null, "", hashOf(this.options.id, this.sides));
    this.inAddress = this.query;
  }

  get query() {
    return this.sides.map(asQuery).join(";");
  }

  async copyLink() {
    this.writeAddress();
    try {
      await navigator.clipboard.writeText(location.href);
      this.said.textContent = "The link to this scenario is copied.";
    } catch {
      this.said.textContent = "The address bar now holds the link to this scenario.";
    }
  }

  async savePicture() {
    const canvases = [...this.flows.slice(0, this.sides.length), ...this.charts].map(({ canvas }) => canvas);
    save("backpressure.png", await picture(this.preset.title, canvases, this.look), "image/png");
  }

  /** Colours from the page's mode, and sizes from the layout; again when either changes. */
  watchLook() {
    const again = () => {
      const dark = isDark();
      this.host.dataset.mode = dark ? "dark" : "light";
      const style = getComputedStyle(this.root.querySelector(".explorer"));
      const of = (name) => style.getPropertyValue(name).trim();
      this.look = { ink: of("--ink"), quiet: of("--quiet"), grid: of("--line"), surface: of("--surface") };
      this.redraw();
    };
    again();
    this.observer = new MutationObserver(again);
    this.observer.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    this.observer.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light"] });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
    this.sizes = new ResizeObserver(() => {
      this.fit();
      again(); // a notebook attaches the element after it was built, and only then has it colours
    });
    this.sizes.observe(this.chartHolder);
    this.sight = new IntersectionObserver(([seen]) => {
      this.player.visible = seen.isIntersecting;
    });
    this.sight.observe(this.flowHolder);
    this.printing = new AbortController();
    const { signal } = this.printing;
    addEventListener("beforeprint", () => this.print(), { signal });
    addEventListener("afterprint", () => this.printed(), { signal });
  }

  /** On paper nobody can press "Run it": the run and its answer stand there, and the question is asked again after. */
  print() {
    if (!this.asked || !this.ready) return;
    this.asked = false;
    this.dress();
    this.flowHolder.hidden = true; // it has nothing to play before the question is answered
    this.drawCharts();
    this.showFigures();
    this.nameCharts(this.sentences);
    this.said.textContent = verdict(this.preset, null, this.charts[0].drawn !== null) + this.sentences;
    this.forPaper = true;
  }

  printed() {
    if (!this.forPaper) return;
    this.forPaper = false;
    this.asked = true;
    this.said.textContent = "";
    this.nameCharts(NOT_RUN);
    this.dress();
    this.drawCharts();
  }

  fit() {
    for (const drawn of [...this.charts, ...this.flows]) drawn.fit();
  }

  redraw() {
    if (!this.sides || !this.look || !this.ready) return;
    this.drawCharts();
    this.paintFlow(this.player.moment, false, 0);
  }

  close() {
    this.observer.disconnect();
    this.sizes.disconnect();
    this.sight.disconnect();
    this.printing.abort();
    this.player.pause();
    this.model.close?.();
    this.python?.close();
  }
}

const roomy = (most) => nice(Math.max(10, most * 2.5));

function isDark() {
  const theme = document.documentElement.dataset.theme;
  if (theme === "dark" || theme === "light") return theme === "dark";
  const jupyter = document.body.dataset.jpThemeLight;
  if (jupyter) return jupyter === "false";
  return matchMedia("(prefers-color-scheme: dark)").matches;
}

